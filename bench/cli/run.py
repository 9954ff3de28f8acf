"""`outnumber run`: the scale experiment, shown while it goes and summed up at its end."""

from __future__ import annotations

import random
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bench.cli import options
from bench.cli.options import BadOption
from bench.cli.streams import working
from bench.errors import UsageError

if TYPE_CHECKING:
    from bench.engine.toolchain import Availability
    from bench.experiments.plan import Request
    from bench.model.records import Result


def run(
    runtime: options.Runtimes = None,
    runner: options.Runners = None,
    most: Annotated[
        int | None,
        typer.Option(
            "--max", parser=options.count, metavar="N", help="Climb to N, however long it takes."
        ),
    ] = None,
    sweeps: Annotated[
        int | None,
        typer.Option(
            parser=options.count_or_zero,
            metavar="N",
            help="Repeats per runtime.  [default: 6]",
        ),
    ] = None,
    no_climb: Annotated[
        bool, typer.Option("--no-climb", help="Repeats only: costs per unit, no curve.")
    ] = False,
    budget: Annotated[
        float | None,
        typer.Option(
            parser=options.seconds,
            metavar="SECONDS",
            help="Seconds for the whole run.  [default: 172; none with --max]",
        ),
    ] = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="Under 45 seconds, at smaller counts.")
    ] = False,
    thorough: Annotated[
        bool, typer.Option("--thorough", help="To a million wherever memory allows.")
    ] = False,
    stack_size: options.StackSize = None,
    futex_slots: options.FutexSlots = None,
    python: options.Python = None,
    env: options.Variables = None,
    seed: options.Seed = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show plan, time and memory; measure nothing.")
    ] = False,
    wait_for_quiet: options.WaitForQuiet = None,
    output: options.Output = None,
    force: options.Force = False,
    quiet: options.Quiet = False,
    no_report: Annotated[
        bool, typer.Option("--no-report", help="Write the result alone, no page.")
    ] = False,
) -> int:
    """Launch growing numbers of units, measure them, and compare."""
    from bench.cli import choose
    from bench.experiments import plan

    chosen = choose.chosen(runtime, runner, python, env, quiet)
    if quick and thorough:
        raise UsageError("--quick and --thorough exclude each other; give one of them")
    preset = plan.QUICK if quick else plan.THOROUGH if thorough else plan.DEFAULT
    request = plan.Request(
        entries=chosen.entries,
        seed=random.randrange(2**31) if seed is None else seed,
        preset=preset,
        sweeps=preset.sweeps if sweeps is None else sweeps,
        climb=not no_climb,
        most=most,
        budget_seconds=budget or (preset.budget_seconds if most is None else None),
        settings=choose.settings_of(
            chosen.entries, {"stack-size": stack_size, "futex-slots": futex_slots}, chosen.tools
        ),
    )
    _refuse_sweeps(request)
    if dry_run:
        _show_plan(request, chosen.available)
        return 0
    from bench.cli.session import Place, carry_out
    from bench.experiments.population import ScaleExperiment

    result, path = carry_out(
        lambda rig, machine, observe, save: ScaleExperiment(
            request, rig, machine, chosen.available, observe, save
        ),
        chosen.tools,
        Place(output, force),
        quiet,
        wait_for_quiet,
    )
    return _report(result, path, quiet, page=not no_report)


def _refuse_sweeps(request: Request) -> None:
    """Raises `UsageError` for no sweeps at all, and for more than a result can hold."""
    from bench.model.records import MOST_SESSIONS

    if request.sweeps == 0 and not request.climb:
        raise UsageError("--no-climb with --sweeps 0 leaves nothing to do; leave one of them out")
    others = 2  # a climb and a leak check
    most = MOST_SESSIONS // len(request.entries) - others
    if request.sweeps > most:
        raise BadOption(
            "--sweeps",
            f"{request.sweeps} of {len(request.entries)} runtimes are more than a result holds; "
            f"give {most} or less",
        )


def _show_plan(request: Request, available: dict[str, Availability]) -> None:
    """Prints what would be done; starts nothing, builds nothing, writes nothing."""
    from bench.engine.reserves import room
    from bench.experiments.plan import foretold
    from bench.system import System
    from reports.tables.plan import PlanFoot, PlanRow, print_plan

    rows = [
        PlanRow(
            name=row.entry.name,
            climb_to=row.climb_to,
            short_to=row.short_to,
            seconds=row.seconds,
            bytes=row.bytes,
            reason=available[row.entry.name].reason,
        )
        for row in foretold(request, room(System()))
    ]
    print_plan(rows, PlanFoot(request.sweeps, request.seed, request.budget_seconds))


def _report(result: Result, path: Path, quiet: bool, page: bool) -> int:
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
