"""`outnumber run`: the scale experiment, shown while it goes and summed up at its end."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bench.cli import options, values
from bench.cli.working import working
from bench.errors import UsageError

if TYPE_CHECKING:
    from bench.cli.choose import Chosen
    from bench.cli.session import Place
    from bench.engine.availability import Availability
    from bench.engine.events import Observer
    from bench.engine.rig import Rig
    from bench.experiments.plan import Preset, Request
    from bench.experiments.population import ScaleExperiment
    from bench.model.records import Machine, Result
    from reports.digest import Digest


def run(
    runtime: options.Runtimes = None,
    runner: options.Runners = None,
    most: Annotated[
        int | None,
        typer.Option(
            "--max", parser=values.count, metavar="N", help="Climb to N, however long it takes."
        ),
    ] = None,
    sweeps: Annotated[
        int | None,
        typer.Option(
            parser=values.count_or_zero,
            metavar="N",
            help="Short sweeps a runtime.  [default: 6]",
        ),
    ] = None,
    no_climb: Annotated[
        bool, typer.Option("--no-climb", help="Short sweeps only: figures, no curve.")
    ] = False,
    budget: Annotated[
        float | None,
        typer.Option(
            parser=values.seconds,
            metavar="SECONDS",
            help="For the whole run.  [default: 172; none with --max]",
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
    seed: Annotated[
        int | None,
        typer.Option(
            parser=values.count_or_zero, metavar="N", help="Shuffles the order; recorded."
        ),
    ] = None,
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
    from bench.experiments.plan import Request

    chosen = choose.chosen(runtime, runner, python, env, quiet)
    preset = _preset(quick, thorough)
    request = Request(
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
    if request.sweeps == 0 and not request.climb:
        raise UsageError("--no-climb with --sweeps 0 leaves nothing to do; leave one of them out")
    _refuse_too_many(request)
    if dry_run:
        _show_plan(request, chosen.available)
        return 0
    from bench.cli.session import Place

    result, path = _measure(request, chosen, Place(output, force), quiet, wait_for_quiet)
    return _report(result, path, quiet, page=not no_report)


def _refuse_too_many(request: Request) -> None:
    """Raises `UsageError` for more sweeps than a result can hold."""
    from bench.model.records import MOST_SESSIONS

    others = 2  # a climb and a leak sweep
    most = MOST_SESSIONS // len(request.entries) - others
    if request.sweeps > most:
        raise UsageError(
            f"--sweeps {request.sweeps} of {len(request.entries)} runtimes are more than a result "
            f"holds; give --sweeps {most} or less"
        )


def _preset(quick: bool, thorough: bool) -> Preset:
    from bench.experiments import plan

    if quick and thorough:
        raise UsageError("--quick and --thorough exclude each other; give one of them")
    return plan.QUICK if quick else plan.THOROUGH if thorough else plan.DEFAULT


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


def _measure(
    request: Request, chosen: Chosen, place: Place, quiet: bool, wait_seconds: float | None
) -> tuple[Result, Path]:
    from bench.cli.session import carry_out
    from bench.experiments.population import ScaleExperiment

    def make(
        rig: Rig, machine: Machine, observe: Observer, save: Callable[[Result], None]
    ) -> ScaleExperiment:
        return ScaleExperiment(request, rig, machine, chosen.available, observe, save)

    return carry_out(make, chosen.tools, place, quiet, wait_seconds)


def _report(result: Result, path: Path, quiet: bool, page: bool) -> int:
    """Prints what the run found and where it lies. Loaded only now: figures and statistics are
    heavier than the harness may be while it measures."""
    from bench.cli.session import has_steps, refuse_nothing

    measured = has_steps(result)
    try:
        if not quiet or (page and measured):
            _show(result, path, quiet, page and measured)
    finally:  # where the page cannot be written, the result is there all the same
        typer.echo(path)
    refuse_nothing(result, path, quiet)
    return 0


def _show(result: Result, path: Path, quiet: bool, page: bool) -> None:
    from bench.derive.metrics import figures
    from reports.digest import digest
    from reports.ending import print_ending

    made = digest(result, figures(result))
    if not quiet:
        print_ending(made)
    if page:
        _write_page(made, path, quiet)


def _write_page(made: Digest, path: Path, quiet: bool) -> None:
    """Writes the report into the result's folder, and tells where it is."""
    from bench.model.file import folder_of
    from reports.page.write import write_report

    with working("drawing the page and its figures", quiet):
        page = write_report({path.stem: made}, folder_of(path))
    if not quiet:
        typer.echo(page)
