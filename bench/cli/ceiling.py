"""`outnumber ceiling`: as far as each runtime goes, and what stops it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer
from msgspec import convert

from bench.cli import options
from bench.cli.options import duration, flag, number

if TYPE_CHECKING:
    from pathlib import Path

    from bench.model.records import Result

WARNING = (
    "--to-the-wall leaves nothing to other processes: while it lasts, none may be able to start, "
    "this shell included, and the kernel may kill any process for memory.\nGo on?"
)


def ceiling(
    runtime: options.Runtimes = None,
    runner: options.Runners = None,
    budget: Annotated[
        float | None,
        duration("Seconds per runtime: 90, 3m.  [default: what its limit takes, 60 to 900]"),
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
        number(
            "Process ids left to other processes.  [default: 512]", parser=options.count_or_zero
        ),
    ] = None,
    to_the_wall: Annotated[
        bool, flag("Leave nothing to other processes; asks first.", "--to-the-wall")
    ] = False,
    yes: Annotated[bool, flag("Do not ask.", "--yes")] = False,
    stack_size: options.StackSize = None,
    futex_slots: options.FutexSlots = None,
    python: options.Pythons = None,
    env: options.Variables = None,
    wait_for_quiet: options.WaitForQuiet = None,
    output: options.Output = None,
    force: options.Force = False,
    quiet: options.Quiet = False,
) -> int:
    """Launch until something says no, and name the limit that did."""
    from bench.cli import choose
    from bench.cli.session import Place, carry_out
    from bench.experiments import CEILING
    from bench.experiments.ceiling import CeilingOptions
    from bench.limits.predict import NO_RESERVES, Reserves

    settings = {"stack-size": stack_size, "futex-slots": futex_slots}
    targets = choose.chosen(runtime, runner, python, env, settings, quiet)
    left = reserve_memory or options.Amount()
    typed = {"pids": reserve_pids, "memory_bytes": left.bytes, "memory_share": left.share}
    reserves = {key: value for key, value in typed.items() if value is not None}
    if to_the_wall and not yes:
        typer.confirm(WARNING, abort=True, err=True)
    wish = CeilingOptions(
        budget=budget, reserves=NO_RESERVES if to_the_wall else convert(reserves, Reserves)
    )
    result, path = carry_out(CEILING, wish, targets, Place(output, force), quiet, wait_for_quiet)
    return report(result, path, quiet)


def report(result: Result, path: Path, quiet: bool) -> int:
    """Prints how far each case went and what stopped it."""
    from bench.cli.session import refuse_nothing, report_busy
    from reports.tables.limits import print_ceilings

    if not quiet:
        print_ceilings(result)
    report_busy([result], quiet)
    typer.echo(path)
    if not any(one.stop.limit for one in result.sessions):  # none at all is a ceiling as well
        refuse_nothing(result, path, quiet)
    return 0
