"""`outnumber noise`: the same against itself, to learn what a job of pairs can tell here."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from msgspec.structs import replace

from bench.cli import options
from bench.cli.options import BadOption, duration, number
from bench.errors import MeasureError, UsageError

if TYPE_CHECKING:
    from bench.experiments.base import Target
    from bench.experiments.pairs import PairsOptions
    from bench.judging.gates import Margin, MetricName
    from bench.model.records import Result

PAIRS = 20
BUDGET_SECONDS = 120.0  # a runtime


def noise(
    context: typer.Context,
    result: Annotated[
        Path | None,
        typer.Argument(metavar="[RESULT]", help="Made by noise earlier: nothing is measured."),
    ] = None,
    runtime: options.Runtimes = None,
    runner: options.Runners = None,
    pairs: Annotated[
        int | None, number("Number of process pairs.  [default: 20]", parser=options.pairs)
    ] = None,
    budget: Annotated[
        float | None, duration("Seconds for the whole command.  [default: 120 per runtime]")
    ] = None,
    at: options.Units = None,
    gate: options.Gates = None,
    python: options.Pythons = None,
    env: options.Variables = None,
    seed: options.Seed = None,
    wait_for_quiet: options.WaitForQuiet = None,
    output: options.Output = None,
    force: options.Force = False,
    quiet: options.Quiet = False,
) -> int:
    """Measure how noisy this machine is: which margins and how many pairs are reasonable here."""
    from bench.cli import choose

    margins = margins_asked(gate or [])
    if result is not None:
        needless = [
            option.opts[0]
            for option in context.command.params
            if option.name not in ("result", "gate", "quiet")
            and getattr(context.get_parameter_source(option.name), "name", "") == "COMMANDLINE"
        ]
        if needless:
            raise UsageError(f"with a RESULT nothing is measured: leave out {', '.join(needless)}")
        show_stored(result, margins)
        return 0
    from bench.cli.session import Place, carry_out
    from bench.experiments import NOISE
    from bench.experiments.pairs import PairsOptions

    targets = ready(choose.chosen(runtime, runner, python, env, quiet=quiet))
    wish = PairsOptions(
        seed=random.randrange(2**31) if seed is None else seed,
        looks=(pairs or PAIRS,),
        at=at,
        budget=budget,
        gates=tuple(gate or []),
    )
    wish = options_for(targets, margins, wish)
    made, path = carry_out(NOISE, wish, targets, Place(output, force), quiet, wait_for_quiet)
    return report(made, path, quiet, margins)


def ready(targets: Sequence[Target]) -> tuple[Target, ...]:
    """Those that can run here; says why the others are left out."""
    for target in targets:
        if target.case.reason is not None:
            typer.echo(f"{target.key} is left out: {target.case.reason}", err=True)
    found = tuple(target for target in targets if target.case.reason is None)
    if not found:
        raise MeasureError("no runtime can run here; outnumber runtimes lists what is missing")
    return found


def report(
    made: Result, path: Path, quiet: bool, margins: Mapping[MetricName, Margin | None]
) -> int:
    """Prints what equal processes differ by."""
    from bench.cli.session import has_steps, refuse_nothing, report_busy
    from reports.wording.runs import failures

    if not quiet:
        if has_steps(made):
            _show(made, margins)
        for line in failures(made.sessions):
            typer.echo(line)
    report_busy([made], quiet)
    typer.echo(path)
    refuse_nothing(made, path, quiet)
    return 0


def margins_asked(words: Sequence[str]) -> dict[MetricName, Margin | None]:
    """The figures to look at: those asked for, or the usual ones."""
    from bench.judging.gates import CEILING, USUAL

    margins = options.gates(words) or dict.fromkeys(USUAL)
    if CEILING in margins:
        raise BadOption("--gate", "a ceiling is measured once and has no noise; leave it out here")
    return margins


def options_for(
    targets: Sequence[Target], margins: Mapping[MetricName, Margin | None], wish: PairsOptions
) -> PairsOptions:
    """The job that measures the noise of these figures."""
    from bench.judging.judge import gates_of, wanted
    from bench.judging.looks import FARTHEST
    from bench.judging.noise import FEWEST

    pairs = wish.pairs or PAIRS
    if not FEWEST <= pairs <= FARTHEST:
        raise BadOption(
            "--pairs", f"{pairs} is not between {FEWEST} and {FARTHEST}; type 20, for example"
        )
    return replace(
        wish,
        looks=(pairs,),
        wanted=dict(wanted(gates_of([target.case for target in targets], margins))),
        budget=wish.budget or BUDGET_SECONDS * len(targets),
        fewest=FEWEST,
    )


def show_stored(path: Path, margins: Mapping[MetricName, Margin | None]) -> None:
    """Shows what an earlier `noise` measured."""
    from bench.model.decoding import printable
    from bench.model.file import load

    result = load(path)
    if result.command != "noise":
        raise UsageError(
            f"{path} was made by outnumber {printable(result.command)}, whose processes are not in "
            "pairs; give a file made by outnumber noise"
        )
    _show(result, margins)


def _show(result: Result, margins: Mapping[MetricName, Margin | None]) -> None:
    from bench.judging.judge import gates_of
    from bench.judging.noise import margins_to_type, noise_by_case
    from reports.tables.noise import print_noise

    noises = noise_by_case(result, gates_of(result.cases, margins))
    print_noise(noises, margins_to_type(noises, margins))
