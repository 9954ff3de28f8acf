"""`outnumber report`: a page to read and to print, with every figure and table beside it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bench.errors import UsageError


def report(
    results: Annotated[
        list[Path], typer.Argument(metavar="RESULT", help="Files made by run; several: compare.")
    ],
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="DIR", help="[default: the folder of RESULT's name]"
        ),
    ] = None,
) -> int:
    """Write a result as one web page that needs nothing else."""
    from bench.derive.metrics import figures
    from bench.model.file import folder_of, load
    from reports.digest import digest
    from reports.page.write import labels, write_report

    if output is None and len(results) > 1:
        raise UsageError("a report of several results needs a folder of its own; give one with -o")
    loaded = [load(path) for path in results]
    digests = [digest(one, figures(one)) for one in loaded]
    folder = output or folder_of(results[0])
    typer.echo(write_report(dict(zip(labels(results), digests, strict=True)), folder))
    return 0
