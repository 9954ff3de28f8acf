"""`outnumber export`: a result's figures for another tool, and what that tool cannot hold.

A file that is made from a result in one go is written here, for `slides` too.
"""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Annotated, Literal

import typer

from bench import files
from bench.cli import options
from bench.cli.options import choice, text
from bench.errors import MeasureError, UsageError

# The tools, by the names in `reports.exports.formats`, which is too heavy for --help.
Format = Literal["pyperf", "pytest-benchmark", "github-action-benchmark", "bencher", "go"]
Direction = Literal["smaller", "bigger"]


def export(
    result: options.ResultFile,
    form: Annotated[Format, choice("Target tool.", "--format")],
    direction: Annotated[
        Direction | None,
        choice(
            "Which figures a file for github-action-benchmark holds: those where smaller, or "
            "where bigger, is better.  [default: smaller]",
        ),
    ] = None,
    output: Annotated[
        Path | None, text("FILE", "[default: standard output]", "--output", "-o")
    ] = None,
    force: options.Force = False,
) -> int:
    """Write the figures of a result for another tool."""
    from bench.model.file import load
    from reports.exports import formats
    from reports.exports.metrics import doubted, reasons_left_out

    if output is not None:
        refuse_place(output, result)
    made = formats.export(load(result), form, direction)
    if made.text is not None and output is None:
        typer.echo(made.text, nl=False)
    elif made.text is not None and output is not None:
        write_made(files.as_bytes(made.text), output, force)
    for line in (*reasons_left_out(made.left_out), *doubted(made.doubted)):
        typer.echo(line, err=True)
    if made.text is None:
        raise MeasureError(
            f"{result}: nothing in it fits --format {form}; "
            f"`outnumber summary {result}` shows what it holds"
        )
    return 0


def refuse_place(place: Path, result: Path) -> None:
    """Raises `UsageError` where nothing can be written, or the result itself is."""
    with contextlib.suppress(OSError):
        if place.samefile(result):
            raise UsageError(f"{place} is the result itself; give another place with -o FILE")
    try:
        files.check(place)
    except OSError as error:
        raise UsageError(
            f"{place}: a file cannot be written there: {error.strerror}; "
            "give another place with -o FILE"
        ) from error


def write_made(content: bytes, place: Path, force: bool) -> None:
    """Writes all of it, or leaves the place as it was. Without `force` a file that is there may be
    somebody's own: raises `UsageError`, unless it is this very content or the beginning of it,
    which a command that was cut short has left. Raises `MeasureError` where the disk fails."""
    begun = None
    with contextlib.suppress(OSError), place.open("rb") as file:
        there = file.read(len(content) + 1)
        begun = len(there) if content.startswith(there) else None
    if begun is not None and begun < len(content) and not force:
        typer.echo(f"{place} was cut short; it is replaced", err=True)
    try:
        files.write(place, content, replace=force or begun is not None)
    except FileExistsError as error:
        raise UsageError(
            f"{place} is there already; add --force to replace it, or give another place with -o"
        ) from error
    except OSError as error:
        kept = "what was there is kept" if place.exists() else "nothing was written"
        raise MeasureError(f"{place}: cannot be written: {error.strerror}; {kept}") from error
