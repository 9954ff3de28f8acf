"""What is read of a result: `report` (a page), `summary` (every figure), `explain` (in words)."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Annotated, Literal

import typer

from bench.cli import options
from bench.cli.options import choice, text
from bench.errors import UsageError


def report(
    results: Annotated[
        list[Path], typer.Argument(metavar="RESULT", help="Files made by run; several: compare.")
    ],
    output: Annotated[
        Path | None, text("DIR", "[default: the folder of RESULT's name]", "--output", "-o")
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
    mention_figures()
    typer.echo(write_report(dict(zip(labels(results), digests, strict=True)), folder))
    return 0


def mention_figures() -> None:
    """Says what to type for pictures, where nothing can draw them."""
    from reports.draw import can_draw

    if not can_draw():
        typer.echo(
            "the page has no pictures, since matplotlib is not installed; "
            "type: pip install 'outnumber[figures]'",
            err=True,
        )


def summary(
    result: options.ResultFile,
    form: Annotated[
        Literal["table", "json", "csv", "markdown"],
        choice("Output format; json and csv are for programs.", "--format"),
    ] = "table",
) -> int:
    """Print the figures of a result, with intervals and sources."""
    from bench.model.file import load
    from reports.tables.summary import render

    typer.echo(render(load(result), form), nl=False)
    return 0


def explain(
    result: options.ResultFile,
    form: Annotated[Literal["text", "markdown"], choice("Output format.", "--format")] = "text",
) -> int:
    """Explain in words why tasks outnumber threads."""
    from bench.derive.metrics import figures
    from bench.model.file import load
    from reports.digest import digest
    from reports.explanation.explain import explain as explanation
    from reports.explanation.text import render

    loaded = load(result)
    width = shutil.get_terminal_size().columns
    typer.echo(render(explanation(digest(loaded, figures(loaded))), form, width), nl=False)
    return 0
