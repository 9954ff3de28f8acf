"""`outnumber runtimes`: what can run here, its version, and what to type for what cannot."""

from __future__ import annotations

from dataclasses import astuple
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bench.cli import options
from bench.errors import MeasureError

if TYPE_CHECKING:
    from bench.engine.toolchain import Tools


def runtimes(
    check: Annotated[
        Path | None,
        options.text("FILE.toml", "Check a runner of your own against the contract."),
    ] = None,
    python: options.Python = None,
    env: options.Variables = None,
) -> int:
    """List the runtimes: which can run here, and what is missing."""
    from bench.cli import choose
    from bench.engine.toolchain import availability
    from reports.tables.plan import print_runtimes
    from runners.catalogue import shipped

    tools = choose.tools_of(python, variables=options.variables(env or []))
    if check is not None:
        _check(check, tools)
        return 0
    found = {entry.name: availability(entry, tools) for entry in shipped()}
    print_runtimes(shipped(), {name: (one.version, one.reason) for name, one in found.items()})
    return 0


def _check(path: Path, tools: Tools) -> None:
    """Prints each check as it is made. Raises `MeasureError` where the contract was broken."""
    from bench.cli import choose
    from bench.clock import RealClock
    from bench.engine.cache import command_of, default_cache, filled
    from bench.engine.conformance import ENDLESS, checks
    from bench.engine.environment import started_with
    from bench.engine.rig import launch_of
    from bench.engine.runner import RunnerNotStarted
    from bench.engine.toolchain import availability
    from bench.limits.recognise import refused_start
    from bench.model.decoding import printable
    from bench.system import System

    (entry,) = choose.entries_of([], [path], "--check")
    if reason := availability(entry, tools).reason:
        raise MeasureError(f"{entry.name} cannot run here: {reason}")
    command = command_of(
        entry, tools, default_cache(), lambda words: typer.echo(f"building: {printable(words)}")
    )
    most = {"most": str(min(ENDLESS, entry.most))}
    words, changes = started_with(filled(command, most), tools.variables)
    failed = 0
    try:
        for outcome in checks(entry, launch_of(entry, words, changes), RealClock()):
            failed += not outcome.passed
            sentence = outcome.sentence.replace("\n", "\n      ")
            typer.echo(f"{'ok  ' if outcome.passed else 'FAIL'}  {sentence}")
    except RunnerNotStarted as error:
        limit, _, evidence = astuple(refused_start(System(), str(error), error.errno))
        by = f"\n{limit} refused it: {evidence[0]}" if limit else ""
        raise MeasureError(f"{error}{by}") from error
    if failed:
        places = "one place" if failed == 1 else f"{failed} places"
        raise MeasureError(f"{entry.name} breaks the contract in {places}, listed above")
    typer.echo(f"{entry.name} keeps the contract")
