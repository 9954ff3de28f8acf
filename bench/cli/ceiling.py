"""`outnumber ceiling`: as far as each runtime goes, and what stops it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from bench.cli import options

if TYPE_CHECKING:
    from bench.limits.predict import Reserves

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
            parser=options.seconds,
            metavar="TIME",
            help="Seconds per runtime: 90, 3m.  [default: 60]",
        ),
    ] = None,
    reserve_memory: Annotated[
        options.Amount | None,
        typer.Option(
            parser=options.amount,
            metavar="SIZE",
            help="Memory left to other processes: 2GiB, 10%.  [default: 10%]",
        ),
    ] = None,
    reserve_pids: Annotated[
        int | None,
        typer.Option(
            parser=options.count_or_zero,
            metavar="N",
            help="Process ids left to other processes.  [default: 512]",
        ),
    ] = None,
    to_the_wall: Annotated[
        bool, typer.Option("--to-the-wall", help="Leave nothing to other processes; asks first.")
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
    from bench.cli.session import Place, carry_out, refuse_nothing, report_busy
    from bench.experiments.ceiling import BUDGET_SECONDS, CeilingExperiment, Quest

    chosen = choose.chosen(runtime, runner, python, env, quiet)
    settings = choose.settings_of(
        chosen.entries, {"stack-size": stack_size, "futex-slots": futex_slots}, chosen.tools
    )
    reserves = _reserves(reserve_pids, reserve_memory, to_the_wall)
    if to_the_wall and not yes:
        typer.confirm(WARNING, abort=True, err=True)
    quest = Quest(chosen.entries, reserves, budget or BUDGET_SECONDS, settings)
    result, path = carry_out(
        lambda rig, machine, observe, save: CeilingExperiment(
            quest, rig, machine, chosen.available, observe, save
        ),
        chosen.tools,
        Place(output, force),
        quiet,
        wait_for_quiet,
    )
    if not quiet:
        from reports.tables.limits import print_ceilings

        print_ceilings(result)
    report_busy([result], quiet)
    typer.echo(path)
    if not any(one.stop.limit for one in result.sessions):  # none at all is a ceiling as well
        refuse_nothing(result, path, quiet)
    return 0


def _reserves(pids: int | None, memory: options.Amount | None, to_the_wall: bool) -> Reserves:
    from bench.limits.predict import NO_RESERVES, PIDS, Reserves

    if to_the_wall:
        return NO_RESERVES
    left = PIDS if pids is None else pids
    if memory is None:
        return Reserves(pids=left)
    if memory.share is not None:
        return Reserves(pids=left, memory_share=memory.share)
    return Reserves(pids=left, memory_bytes=memory.bytes)
