"""`outnumber ceiling`: as far as each runtime goes, and what stops it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bench.cli import options, values

if TYPE_CHECKING:
    from bench.cli.choose import Chosen
    from bench.cli.session import Place
    from bench.engine.events import Observer
    from bench.engine.rig import Rig
    from bench.experiments.ceiling import CeilingExperiment, Quest
    from bench.limits.predict import Reserves
    from bench.model.records import Machine, Result

WARNING = (
    "--to-the-wall leaves nothing to other processes: while it lasts, none may be able to start, "
    "this shell included, and the kernel may kill what it likes for memory.\nGo on?"
)


def ceiling(
    runtime: options.Runtimes = None,
    runner: options.Runners = None,
    budget: Annotated[
        float | None,
        typer.Option(
            parser=values.seconds,
            metavar="TIME",
            help="Time for each runtime: 90, 3m.  [default: 60]",
        ),
    ] = None,
    reserve_memory: Annotated[
        values.Amount | None,
        typer.Option(
            parser=values.amount,
            metavar="SIZE",
            help="Memory left to other processes: 2GiB, 10%.  [default: 10%]",
        ),
    ] = None,
    reserve_pids: Annotated[
        int | None,
        typer.Option(
            parser=values.count_or_zero, metavar="N", help="Left to others.  [default: 512]"
        ),
    ] = None,
    to_the_wall: Annotated[
        bool, typer.Option("--to-the-wall", help="Leave nothing to others; asks first.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    stack_size: options.StackSize = None,
    futex_slots: options.FutexSlots = None,
    python: options.Python = None,
    env: options.Variables = None,
    wait_for_quiet: options.WaitForQuiet = None,
    output: options.Output = None,
    force: options.Force = False,
    quiet: options.Quiet = False,
) -> int:
    """Launch until something says no, and name the limit that did."""
    from bench.cli import choose
    from bench.cli.session import Place
    from bench.experiments.ceiling import BUDGET_SECONDS, Quest

    chosen = choose.chosen(runtime, runner, python, env, quiet)
    settings = choose.settings_of(
        chosen.entries, {"stack-size": stack_size, "futex-slots": futex_slots}, chosen.tools
    )
    reserves = _reserves(reserve_pids, reserve_memory, to_the_wall)
    if to_the_wall and not yes:
        typer.confirm(WARNING, abort=True, err=True)
    quest = Quest(chosen.entries, reserves, budget or BUDGET_SECONDS, settings)
    result, path = _measure(quest, chosen, Place(output, force), quiet, wait_for_quiet)
    return _report(result, path, quiet)


def _reserves(pids: int | None, memory: values.Amount | None, to_the_wall: bool) -> Reserves:
    from bench.limits.predict import NO_RESERVES, PIDS, Reserves

    if to_the_wall:
        return NO_RESERVES
    left = PIDS if pids is None else pids
    if memory is None:
        return Reserves(pids=left)
    if memory.share is not None:
        return Reserves(pids=left, memory_share=memory.share)
    return Reserves(pids=left, memory_bytes=memory.bytes)


def _measure(
    quest: Quest, chosen: Chosen, place: Place, quiet: bool, wait_seconds: float | None
) -> tuple[Result, Path]:
    from bench.cli.session import carry_out
    from bench.experiments.ceiling import CeilingExperiment

    def make(
        rig: Rig, machine: Machine, observe: Observer, save: Callable[[Result], None]
    ) -> CeilingExperiment:
        return CeilingExperiment(quest, rig, machine, chosen.available, observe, save)

    return carry_out(make, chosen.tools, place, quiet, wait_seconds)


def _report(result: Result, path: Path, quiet: bool) -> int:
    from bench.cli.quiet import report_busy
    from bench.cli.session import refuse_nothing
    from reports.tables.limits import print_ceilings

    if not quiet:
        print_ceilings(result)
    report_busy([result], quiet)
    typer.echo(path)
    if not any(sweep.stop.limit for sweep in result.sessions):  # none at all is a ceiling as well
        refuse_nothing(result, path, quiet)
    return 0
