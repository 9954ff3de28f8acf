"""`outnumber noise`: the same against itself, to learn what a job of pairs can tell here."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bench.cli import options, values
from bench.errors import MeasureError, UsageError

if TYPE_CHECKING:
    from bench.cli.choose import Chosen
    from bench.cli.session import Place
    from bench.engine.events import Observer
    from bench.engine.rig import Rig
    from bench.experiments.alike import AlikeExperiment
    from bench.experiments.side import PairsRequest
    from bench.judging.gates import Figure, Margin
    from bench.model.records import Machine, Result

PAIRS = 20
BUDGET_SECONDS = 120.0  # a runtime


def noise(
    result: Annotated[
        Path | None,
        typer.Argument(metavar="[RESULT]", help="Made by noise earlier: nothing is measured."),
    ] = None,
    runtime: options.Runtimes = None,
    runner: options.Runners = None,
    pairs: Annotated[
        int | None,
        typer.Option(
            parser=values.pairs, metavar="N", help="Number of process pairs.  [default: 20]"
        ),
    ] = None,
    budget: Annotated[
        float | None,
        typer.Option(
            parser=values.seconds,
            metavar="SECONDS",
            help="For the whole command.  [default: 120 a runtime]",
        ),
    ] = None,
    at: Annotated[
        int | None,
        typer.Option(
            parser=values.count, metavar="N", help="Units.  [default: 10,000; threads 1,000]"
        ),
    ] = None,
    gate: options.Gates = None,
    python: options.Python = None,
    env: options.Variables = None,
    seed: Annotated[
        int | None,
        typer.Option(
            parser=values.count_or_zero, metavar="N", help="Shuffles the order; recorded."
        ),
    ] = None,
    wait_for_quiet: options.WaitForQuiet = None,
    output: options.Output = None,
    force: options.Force = False,
    quiet: options.Quiet = False,
) -> int:
    """Measure how noisy this machine is: which margins and how many pairs are reasonable here."""
    margins = _margins(gate)
    if result is not None:
        _refuse(
            {
                "--runtime": runtime,
                "--runner": runner,
                "--pairs": pairs,
                "--budget": budget,
                "--at": at,
                "--python": python,
                "--env": env,
                "--seed": seed,
                "--wait-for-quiet": wait_for_quiet,
                "-o": output,
                "--force": force or None,
            }
        )
        _show_stored(result, margins)
        return 0
    from bench.cli.session import Place

    chosen = _chosen(runtime, runner, python, env, quiet)
    request = _request(chosen, margins, pairs or PAIRS, budget, at, seed)
    place = Place(output, force)
    return _report(*_measure(request, chosen, place, quiet, wait_for_quiet), margins, quiet)


def _refuse(measuring: Mapping[str, object]) -> None:
    """Raises `UsageError` where an option was typed that says what to measure."""
    typed = [option for option, value in measuring.items() if value is not None and value != []]
    if typed:
        raise UsageError(f"with a RESULT nothing is measured: leave out {', '.join(typed)}")


def _chosen(
    runtime: Sequence[str] | None,
    runner: Sequence[Path] | None,
    python: str | None,
    variables: Sequence[str] | None,
    quiet: bool,
) -> Chosen:
    """The runtimes asked for; where none was, those that can run here, the others named."""
    from bench.cli import choose

    found = choose.chosen(runtime, runner, python, variables, quiet)
    reasons = {name: a.reason for name, a in found.available.items() if a.reason}
    for name, reason in reasons.items():
        typer.echo(f"{name} is left out: {reason}", err=True)
    entries = tuple(entry for entry in found.entries if entry.name not in reasons)
    if not entries:
        raise MeasureError("no runtime can run here; outnumber runtimes lists what is missing")
    return choose.Chosen(entries, found.tools, found.available)


def _margins(typed: Sequence[str] | None) -> dict[Figure, Margin | None]:
    from bench.cli.gates import gates
    from bench.judging.gates import CEILING, USUAL

    margins = gates(typed or ()) or dict.fromkeys(USUAL)
    if CEILING in margins:
        raise UsageError("--gate: a ceiling is looked at once and has no noise; leave it out here")
    return margins


def _request(
    chosen: Chosen,
    margins: Mapping[Figure, Margin | None],
    pairs: int,
    budget: float | None,
    at: int | None,
    seed: int | None,
) -> PairsRequest:
    from bench.experiments.ceiling import runtime_of
    from bench.experiments.side import PairsRequest
    from bench.judging.judge import gates_of, wanted
    from bench.judging.looks import FARTHEST
    from bench.judging.noise import FEWEST

    if not FEWEST <= pairs <= FARTHEST:
        raise UsageError(f"--pairs {pairs} is not between {FEWEST} and {FARTHEST}; type 20, say")
    runtimes = [runtime_of(entry, chosen.available) for entry in chosen.entries]
    return PairsRequest(
        seed=random.randrange(2**31) if seed is None else seed,
        looks=(FEWEST, pairs) if pairs > FEWEST else (pairs,),
        wanted=wanted(gates_of(runtimes, margins)),
        at=at,
        budget_seconds=budget or BUDGET_SECONDS * len(runtimes),
        fewest=FEWEST,
    )


def _measure(
    request: PairsRequest,
    chosen: Chosen,
    place: Place,
    quiet: bool,
    wait_seconds: float | None,
) -> tuple[Result, Path]:
    from bench.cli.choose import as_settings
    from bench.cli.session import carry_out
    from bench.experiments.alike import AlikeExperiment
    from bench.experiments.side import Contender

    def make(
        rig: Rig, machine: Machine, observe: Observer, save: Callable[[Result], None]
    ) -> AlikeExperiment:
        settings = as_settings(chosen.tools.variables)
        side = Contender("alike", rig, chosen.entries, chosen.available, settings)
        return AlikeExperiment(request, side, machine, observe, save)

    return carry_out(make, chosen.tools, place, quiet, wait_seconds)


def _report(
    result: Result, path: Path, margins: Mapping[Figure, Margin | None], quiet: bool
) -> int:
    from bench.cli.quiet import report_busy
    from bench.cli.session import has_steps, refuse_nothing
    from reports.wording.runs import failures

    if not quiet:
        if has_steps(result):
            _show(result, margins)
        for line in failures(result.sessions):
            typer.echo(line)
    report_busy([result], quiet)
    typer.echo(path)
    refuse_nothing(result, path, quiet)
    return 0


def _show(result: Result, margins: Mapping[Figure, Margin | None]) -> None:
    from bench.judging.judge import gates_of
    from bench.judging.noise import margins_to_type, noise_by_case
    from reports.tables.noise import print_noise

    noises = noise_by_case(result, gates_of(result.cases, margins))
    print_noise(noises, margins_to_type(noises, margins))


def _show_stored(path: Path, margins: Mapping[Figure, Margin | None]) -> None:
    from bench.model.decoding import printable
    from bench.model.file import load

    result = load(path)
    if result.command != "noise":
        raise UsageError(
            f"{path} was made by outnumber {printable(result.command)}, whose processes are not in "
            "pairs; give a file made by outnumber noise"
        )
    _show(result, margins)
