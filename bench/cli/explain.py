"""`outnumber explain`: why one outnumbers the other, told from a result's own figures."""

from __future__ import annotations

import shutil
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class Format(StrEnum):
    """How the text is written."""

    text = "text"
    markdown = "markdown"


def explain(
    result: Annotated[Path, typer.Argument(metavar="RESULT", help="A file made by run.")],
    form: Annotated[Format, typer.Option("--format", help="How to write it.")] = Format.text,
) -> int:
    """Explain in words why tasks outnumber threads."""
    from bench.derive.metrics import figures
    from bench.model.file import load
    from reports.digest import digest
    from reports.explanation.render import render
    from reports.explanation.tell import explain as told

    loaded = load(result)
    width = shutil.get_terminal_size().columns
    typer.echo(render(told(digest(loaded, figures(loaded))), form.value, width), nl=False)
    return 0
