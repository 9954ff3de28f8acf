"""`outnumber runtimes`: what can run here, its version, and what to type for what cannot."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bench.cli import options
from bench.errors import MeasureError


def runtimes(
    check: Annotated[
        Path | None,
        typer.Option(metavar="FILE.toml", help="Take a runner of your own through the contract."),
    ] = None,
    python: options.Python = None,
) -> int:
    """List the runtimes: which can run here, and what is missing."""
    if check is None:
        _list(python)
    else:
        _check(check, python)
    return 0


def _list(python: str | None) -> None:
    from bench.cli import choose
    from reports.plan import RuntimeRow, print_runtimes
    from runners.catalogue import shipped

    entries = shipped()
    available = choose.availabilities(entries, choose.tools_of(python))
    print_runtimes(
        [
            RuntimeRow(
                e.name,
                e.language,
                e.kind,
                e.default,
                available[e.name].version,
                available[e.name].reason,
            )
            for e in entries
        ]
    )


def _check(path: Path, python: str | None) -> None:
    """Prints each check as it is made. Raises `MeasureError` where the contract was broken."""
    from bench.cli import choose
    from bench.clock import RealClock
    from bench.measure.build import command_of
    from bench.measure.cache import default_cache
    from bench.measure.conformance import checks
    from bench.results.decoding import printable

    (entry,) = choose.entries_of([], [path])
    tools = choose.tools_of(python)
    choose.refuse_missing(choose.availabilities([entry], tools))
    command = command_of(
        entry, tools, default_cache(), lambda words: typer.echo(f"building: {printable(words)}")
    )
    failed = 0
    for outcome in checks(entry, command, RealClock()):
        failed += not outcome.passed
        sentence = outcome.sentence.replace("\n", "\n      ")
        typer.echo(f"{'ok  ' if outcome.passed else 'FAIL'}  {sentence}")
    if failed:
        places = "one place" if failed == 1 else f"{failed} places"
        raise MeasureError(f"{entry.name} breaks the contract in {places}, listed above")
    typer.echo(f"{entry.name} keeps the contract")
