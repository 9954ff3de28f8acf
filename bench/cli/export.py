"""`outnumber export`: a result's figures for another tool, and what that tool cannot hold."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bench.cli import options
from bench.errors import MeasureError

if TYPE_CHECKING:
    from reports.exports.figure import Export


class Format(StrEnum):
    """The tools, by the names in `reports.exports.formats`, which is too heavy for --help."""

    pyperf = "pyperf"
    pytest_benchmark = "pytest-benchmark"
    github_action_benchmark = "github-action-benchmark"
    bencher = "bencher"
    go = "go"


class Direction(StrEnum):
    """Which figures a file of github-action-benchmark holds."""

    smaller = "smaller"
    bigger = "bigger"


def export(
    result: Annotated[Path, typer.Argument(metavar="RESULT", help="A file made by run.")],
    form: Annotated[Format, typer.Option("--format", help="Target tool.")],
    direction: Annotated[
        Direction | None,
        typer.Option(
            help="Which is better, for github-action-benchmark: a file holds one.  "
            "[default: smaller]",
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="[default: standard output]"),
    ] = None,
    force: options.Force = False,
) -> int:
    """Write the figures of a result for another tool."""
    from bench.cli.made import refuse_place, write_made
    from bench.files import as_bytes
    from bench.model.file import load
    from reports.exports import formats

    if output is not None:
        refuse_place(output, result)
    made = formats.export(load(result), form.value, direction.value if direction else None)
    if made.text is None:
        _tell(made)
        raise MeasureError(
            f"{result}: nothing in it fits --format {form}; "
            f"`outnumber summary {result}` shows what it holds"
        )
    if output is None:
        typer.echo(made.text, nl=False)
    else:
        write_made(as_bytes(made.text), output, force)
    _tell(made)
    return 0


def _tell(made: Export) -> None:
    from reports.exports.names import doubted, told

    for line in (*told(made.left_out), *doubted(made.doubted)):
        typer.echo(line, err=True)
