"""`outnumber summary`: the figures of a result, for people and for programs."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class Format(StrEnum):
    """How figures are written. `json` is the stable interface for programs."""

    table = "table"
    json = "json"
    csv = "csv"
    markdown = "markdown"


def summary(
    result: Annotated[Path, typer.Argument(metavar="RESULT", help="A file made by run.")],
    form: Annotated[Format, typer.Option("--format", help="How to write it.")] = Format.table,
) -> int:
    """Print the figures of a result, with intervals and sources."""
    from bench.model.file import load
    from reports.tables.summary import render

    typer.echo(render(load(result), form.value), nl=False)
    return 0
