"""The options that several commands share, each with its one spelling and its one explanation."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bench.cli import values


def _names(begun: str) -> list[str]:
    """The runtimes whose names begin so, for a shell that completes."""
    from runners.catalogue import shipped

    return [entry.name for entry in shipped() if entry.name.startswith(begun)]


Runtimes = Annotated[
    list[str] | None,
    typer.Option(
        "--runtime",
        "-r",
        metavar="NAME",
        autocompletion=_names,
        help="Measure this runtime (repeatable).",
    ),
]
Runners = Annotated[
    list[Path] | None,
    typer.Option("--runner", metavar="FILE.toml", help="A runner of your own; may be repeated."),
]
StackSize = Annotated[
    int | None,
    typer.Option(parser=values.size, metavar="SIZE", help="Stack of each thread: 64KiB, 8MiB."),
]
FutexSlots = Annotated[
    int | None,
    typer.Option(
        parser=values.futex_slots,
        metavar="N",
        help="Slots of the hash in which the kernel finds sleeping threads: 16384.",
    ),
]
Python = Annotated[
    str | None, typer.Option(metavar="PATH", help="The interpreter of Python runners.")
]
Variables = Annotated[
    list[str] | None,
    typer.Option(
        "--env",
        metavar="NAME=VALUE",
        help="Set a variable for the runners (PYTHONMALLOC=debug); may be repeated.",
    ),
]
Output = Annotated[
    Path | None,
    typer.Option("--output", "-o", metavar="FILE", help="[default: in outnumber-results/]"),
]
Force = Annotated[bool, typer.Option("--force", help="Overwrite an existing FILE.")]
Quiet = Annotated[
    bool, typer.Option("--quiet", "-q", help="Print the result's path, nothing else.")
]
WaitForQuiet = Annotated[
    float | None,
    typer.Option(
        "--wait-for-quiet",
        parser=values.seconds,
        metavar="SECONDS",
        help="Wait until the machine is quiet, at most that long.",
    ),
]
Gates = Annotated[
    list[str] | None,
    typer.Option(
        metavar="FIGURE[:MARGIN]",
        help="Judge this figure instead; burst_seconds_per_unit:5%. May be repeated.",
    ),
]
InconclusiveOk = Annotated[
    bool | None,
    typer.Option("--inconclusive-ok/--no-inconclusive-ok", help="Exit with 0 instead of 3."),
]
MarkdownFile = Annotated[
    Path | None,
    typer.Option("--markdown", metavar="FILE", help="Write the page for a pull request here too."),
]
