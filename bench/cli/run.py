"""`outnumber run`: the scale experiment, shown while it goes and summed up at its end."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bench.cli import options
from bench.cli.options import BadOption, duration, flag, number
from bench.cli.streams import working
from bench.errors import UsageError

if TYPE_CHECKING:
    from bench.experiments.base import Target
    from bench.experiments.plan import PopulationOptions
    from bench.model.records import Result


def run(
    runtime: options.Runtimes = None,
    runner: options.Runners = None,
    most: Annotated[int | None, number("Climb to N, however long it takes.", "--max")] = None,
    sweeps: Annotated[
        int | None, number("Repeats per runtime.  [default: 6]", parser=options.count_or_zero)
    ] = None,
    no_climb: Annotated[
        bool, flag("Repeats only: costs per unit, no curve.", "--no-climb")
    ] = False,
    budget: Annotated[
        float | None, duration("Seconds for the whole run.  [default: 172; none with --max]")
    ] = None,
    quick: Annotated[bool, flag("About 20 seconds, at smaller counts.", "--quick")] = False,
    thorough: Annotated[bool, flag("To a million wherever memory allows.", "--thorough")] = False,
    stack_size: options.StackSize = None,
    futex_slots: options.FutexSlots = None,
    python: options.Pythons = None,
    env: options.Variables = None,
    seed: options.Seed = None,
    dry_run: Annotated[
        bool, flag("Show plan, time and memory; measure nothing.", "--dry-run")
    ] = False,
    wait_for_quiet: options.WaitForQuiet = None,
    output: options.Output = None,
    force: options.Force = False,
    quiet: options.Quiet = False,
    no_report: Annotated[bool, flag("Write the result alone, no page.", "--no-report")] = False,
) -> int:
    """Launch growing numbers of units, measure them, and compare."""
    from bench.cli import choose
    from bench.cli.session import Place, carry_out
    from bench.experiments import POPULATION
    from bench.experiments.plan import PopulationOptions

    if quick and thorough:
        raise UsageError("--quick and --thorough exclude each other; give one of them")
    wish = PopulationOptions(
        preset="quick" if quick else "thorough" if thorough else "default",
        max=most,
        repeats=sweeps,
        climb=not no_climb,
        budget=budget,
        seed=random.randrange(2**31) if seed is None else seed,
    )
    settings = {"stack-size": stack_size, "futex-slots": futex_slots}
    targets = choose.chosen(runtime, runner, python, env, settings, quiet)
    _refuse_sweeps(wish, len(targets))
    if dry_run:
        _show_plan(wish, targets)
        return 0
    result, path = carry_out(POPULATION, wish, targets, Place(output, force), quiet, wait_for_quiet)
    return report(result, path, quiet, page=not no_report)


def _refuse_sweeps(wish: PopulationOptions, cases: int) -> None:
    """Raises `UsageError` for no sweeps at all, and for more than a result can hold."""
    from bench.model.records import MOST_SESSIONS

    if wish.rounds == 0 and not wish.climb:
        raise UsageError("--no-climb with --sweeps 0 leaves nothing to do; leave one of them out")
    others = 2  # a climb and a leak check
    most = MOST_SESSIONS // cases - others
    if wish.rounds > most:
        raise BadOption(
            "--sweeps",
            f"{wish.rounds} of {cases} runtimes are more than a result holds; give {most} or less",
        )


def _show_plan(wish: PopulationOptions, targets: Sequence[Target]) -> None:
    """Prints what would be done; starts nothing, builds nothing, writes nothing."""
    from bench.engine.budget import room
    from bench.experiments.plan import planned
    from bench.system import System
    from reports.tables.plan import PlanFoot, PlanRow, print_plan

    rows = [
        PlanRow(
            name=row.target.key,
            climb_to=row.climb_to,
            short_to=row.repeat_to,
            seconds=row.seconds,
            bytes=row.bytes,
            reason=row.target.case.reason,
        )
        for row in planned(wish, targets, room(System()))
    ]
    print_plan(rows, PlanFoot(wish.rounds, wish.seed, wish.budget_seconds))


def report(result: Result, path: Path, quiet: bool, page: bool) -> int:
    """Prints what the run found and where it lies. Loaded only now: figures and statistics are
    heavier than the harness may be while it measures."""
    from bench.cli.report import mention_figures
    from bench.cli.session import has_steps, refuse_nothing
    from bench.derive.metrics import figures
    from bench.model.file import folder_of
    from reports.digest import digest
    from reports.ending import print_ending
    from reports.page.write import write_report

    page = page and has_steps(result)
    try:
        if not quiet or page:
            made = digest(result, figures(result))
            if not quiet:
                print_ending(made)
        if page:
            with working("drawing the page and its figures", quiet):
                written = write_report({path.stem: made}, folder_of(path))
            if not quiet:
                mention_figures()
                typer.echo(written)
    finally:  # where the page cannot be written, the result is there all the same
        typer.echo(path)
    refuse_nothing(result, path, quiet)
    return 0
