"""`outnumber ab`: two sides in one job, pair by pair, and a verdict that can be trusted."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from msgspec.structs import replace

from bench.cli import options
from bench.cli.options import BadOption, duration, flag, number, text
from bench.errors import MeasureError, ResultError, UsageError

if TYPE_CHECKING:
    from bench.cli.choose import Contenders
    from bench.engine.events import Observer
    from bench.experiments.pairs import Open, PairsOptions
    from bench.judging.gates import Gate
    from bench.judging.judge import Judge
    from bench.judging.looks import Look
    from bench.judging.verdicts import Judgement
    from bench.model.records import CaseRecord, Result

SETTING = "setting: stack-size=64KiB (repeatable)."
VARIABLE = "variable for its runners: GOGC=50 (repeatable)."


def ab(
    runtime: options.Runtimes = None,
    base_python: Annotated[str | None, text("PATH", "Base side: Python interpreter.")] = None,
    new_python: Annotated[str | None, text("PATH", "New side: Python interpreter.")] = None,
    base_runner: Annotated[Path | None, text("FILE.toml", "Base side: runner.")] = None,
    new_runner: Annotated[Path | None, text("FILE.toml", "New side: runner.")] = None,
    base_set: Annotated[list[str] | None, text("KEY=VALUE", f"Base side: {SETTING}")] = None,
    new_set: Annotated[list[str] | None, text("KEY=VALUE", f"New side: {SETTING}")] = None,
    base_env: Annotated[list[str] | None, text("NAME=VALUE", f"Base side: {VARIABLE}")] = None,
    new_env: Annotated[list[str] | None, text("NAME=VALUE", f"New side: {VARIABLE}")] = None,
    at: options.Units = None,
    pairs: Annotated[
        int | None, number("Pairs at the first look.  [default: 13]", parser=options.pairs)
    ] = None,
    pairs_max: Annotated[
        int | None, number("Pairs at the last look.  [default: 40]", parser=options.pairs)
    ] = None,
    budget: Annotated[
        float | None, duration("Start no pair after that time.  [default: 600 per runtime]")
    ] = None,
    gate: options.Gates = None,
    ceiling: Annotated[bool, flag("Judge the ceiling too.", "--ceiling/--no-ceiling")] = False,
    same_ok: Annotated[
        bool, flag("Compare a program with itself too.", "--same-ok/--no-same-ok")
    ] = False,
    seed: options.Seed = None,
    inconclusive_ok: options.InconclusiveOk = False,
    markdown: options.MarkdownFile = None,
    wait_for_quiet: options.WaitForQuiet = None,
    output: options.Output = None,
    force: options.Force = False,
    quiet: options.Quiet = False,
) -> int:
    """Compare two sides in one job of pairs, and give a verdict on bytes and leaks."""
    from bench.cli import choose
    from bench.experiments.pairs import PairsOptions

    variables = (base_env or [], new_env or [])
    asked = choose.Asked(
        runtimes=runtime or [],
        pythons=(base_python, new_python),
        runners=(base_runner, new_runner),
        settings=(base_set or [], new_set or []),
        variables=variables,
    )
    both = choose.contenders(asked)
    if not quiet:
        entries = [target.entry for side in both.sides for target in side.targets]
        given = {word.partition("=")[0]: "" for words in variables for word in words}
        choose.report_dropped(entries, given, "--base-env or --new-env")
    if not same_ok:
        both = choose.without_the_same(both)
    wish = PairsOptions(
        seed=random.randrange(2**31) if seed is None else seed,
        at=at,
        budget=budget,
        gates=tuple(gate or []),
        ceiling=ceiling,
    )
    place = PairsPlace(output, force, markdown)
    return compare_sides(
        both, wish, (pairs, pairs_max), place, quiet, inconclusive_ok, wait_for_quiet
    )


def compare_sides(
    both: Contenders,
    wish: PairsOptions,
    pairs: tuple[int | None, int | None],
    place: PairsPlace,
    quiet: bool,
    inconclusive_ok: bool = False,
    wait_seconds: float | None = None,
) -> int:
    """A whole job, with `pairs` at its first and its last look, where that was asked for: prints
    the verdict's path, and returns the exit code."""
    from bench.judging.judge import Judge

    gated, beside = gates_asked(both.cases, wish.gates, wish.ceiling)
    looks = looks_asked(len(gated), *pairs)
    whole, judge = options_for(gated, beside, looks, wish), Judge(gated, looks, beside)
    _, path, code = carry_out_pairs(both, judge, whole, place, quiet, inconclusive_ok, wait_seconds)
    typer.echo(path)
    return code


def gates_asked(
    runtimes: Sequence[CaseRecord], words: Iterable[str], ceiling: bool
) -> tuple[list[Gate], list[Gate]]:
    """What decides: the gates asked for, or the usual ones; `ceiling` adds that to either. And what
    is measured and reported beside them: where no gate was asked for, the burst."""
    from bench.judging.gates import BURST, BY_DEFAULT, CEILING
    from bench.judging.judge import gates_of

    asked = options.gates(words)
    margins = asked or dict.fromkeys(BY_DEFAULT)
    if ceiling:
        margins.setdefault(CEILING)
    beside = gates_of(runtimes, {} if asked else {BURST: None}, gated=False)
    return gates_of(runtimes, margins), beside


def looks_asked(gates: int, pairs: int | None, pairs_max: int | None) -> tuple[Look, ...]:
    """The looks asked for. Raises `BadOption` where the first could never say *regression*."""
    from bench.judging.looks import FARTHEST, MOST_PAIRS, PAIRS, fewest_pairs, looks

    most = pairs_max or max(MOST_PAIRS, pairs or 0)
    first = pairs or min(max(PAIRS, fewest_pairs(gates)), most)
    for option, asked in (("--pairs", first), ("--pairs-max", most)):
        if asked > FARTHEST:
            raise BadOption(option, f"{asked} is more than the {FARTHEST} that a job may have")
    if first > most:
        raise BadOption("--pairs-max", f"{most} is less than --pairs {first}; swap them")
    made = looks(first, most)
    needed = fewest_pairs(gates, made[0].false_failure)
    if first < needed:
        raise BadOption(
            "--pairs",
            f"{first} pairs are too few to call any of {gates} gated figures a regression and be "
            f"right in 99 of 100 jobs; give {needed} or more, or gate fewer",
        )
    return made


def options_for(
    gated: Sequence[Gate], beside: Sequence[Gate], looks: Sequence[Look], wish: PairsOptions
) -> PairsOptions:
    """The job that these gates and looks need."""
    from bench.experiments.pairs import BUDGET_SECONDS
    from bench.judging.judge import wanted
    from bench.judging.looks import fewest_a_side, fewest_pairs

    kinds = wanted([*gated, *beside])
    climbs = any("climb" in kind for kind in kinds.values())
    return replace(
        wish,
        looks=tuple(look.pairs for look in looks),
        wanted=dict(kinds),
        climbs=fewest_a_side(len(gated)) if climbs else 0,
        budget=wish.budget or BUDGET_SECONDS * len(kinds),
        fewest=fewest_pairs(len(gated), looks[0].false_failure),
    )


@dataclass(frozen=True)
class PairsPlace:
    """Where a job's files go: around a FILE, or around a new name in `outnumber-results/`; and a
    copy of its page, if anywhere."""

    output: Path | None
    force: bool
    markdown: Path | None = None

    def folder(self) -> Path:
        """The folder of the verdict, which the results stand beside; it is not made yet. Raises
        `UsageError` where it cannot be, or has a verdict already."""
        from bench.cli.compare import Places
        from bench.cli.session import FOLDER, make_default_folder
        from bench.model.file import default_path
        from reports.verdicts.files import JSON

        path = self.output or default_path(FOLDER, datetime.now())
        folder = path.with_suffix("") if path.suffix == ".json" else path
        make_default_folder(folder)
        Places(folder, self.markdown).refuse_unwritable()
        if (folder / JSON).exists() and not self.force:
            raise UsageError(
                f"{folder} has a verdict already; add --force to replace it, or give another place "
                "with -o"
            )
        return folder


def carry_out_pairs(
    both: Contenders,
    judge: Judge,
    wish: PairsOptions,
    place: PairsPlace,
    quiet: bool,
    inconclusive_ok: bool = False,
    wait_seconds: float | None = None,
) -> tuple[Judgement, Path, int]:
    """Makes the job, writes what it came to, and shows it: the judgement, its file and the exit
    code. Raises `MeasureError` where a runtime could not be measured at all on a side; what was
    measured is saved by then."""
    from bench.cli.compare import Places, ended
    from bench.cli.session import heed_load, report_busy
    from bench.judging.verdicts import judgement
    from bench.model.likeness import differences
    from reports.verdicts.files import JSON
    from reports.wording.runs import failures

    folder = place.folder()
    places = Places(folder, place.markdown)
    paths = (
        folder.with_name(f"{folder.name}.base.json"),
        folder.with_name(f"{folder.name}.new.json"),
    )
    force = place.force or _is_without_verdict(*paths)
    heed_load(both.sides[0].targets[0].rig, wait_seconds, quiet)
    base, new = _made(both, wish, judge, paths, force, quiet)
    made = judgement(
        judge.final(base, new),
        (base, paths[0]),
        (new, paths[1]),
        paired=True,
        differences=tuple(map(str, differences(base, new))),
        warnings=(*both.notes, *base.warnings),
    )
    code = ended(made, places, quiet, inconclusive_ok)
    report_busy((base, new), quiet)
    words = [  # an indented line belongs to the line before it
        line if line.startswith(" ") else f"the {name} side, {line}"
        for name, result in (("base", base), ("new", new))
        for line in failures(result.sessions)
    ]
    for line in words if not quiet else ():
        typer.echo(line)
    if made.outcome != "regression":  # that stands, whatever became of another runtime
        refuse_unmeasured((base, new), folder, words if quiet else ())
    return made, folder / JSON, code


def _is_without_verdict(base: Path, new: Path) -> bool:
    """Whether the two results are of a job that was ended before it was judged, which a new one
    replaces: its verdict, which comes last, is not there. Says so."""
    from bench.judging.judge import is_one_job
    from bench.model.file import load

    try:
        if not is_one_job(load(base), load(new)):
            return False
    except ResultError:
        return False
    typer.echo(f"{base} and {new} have no verdict; this job replaces them", err=True)
    return True


def _made(
    both: Contenders,
    wish: PairsOptions,
    judge: Judge,
    paths: tuple[Path, Path],
    force: bool,
    quiet: bool,
) -> tuple[Result, Result]:
    """The job itself, both results' places being claimed meanwhile."""
    from bench.engine import events
    from bench.experiments import PAIRS
    from bench.experiments.base import spec_of
    from bench.experiments.pairs import PairsRun
    from bench.machine import fingerprint
    from bench.model.file import ResultFile
    from bench.signals import Interrupted
    from bench.system import System
    from reports.live import live_view

    with (
        ResultFile.open(paths[0], force=force) as base,
        ResultFile.open(paths[1], force=force) as new,
        live_view(quiet=quiet) as observe,
    ):
        for note in both.notes:
            observe(events.Note(note))
        try:
            return PairsRun(
                wish,
                both.sides,
                fingerprint(System()),
                _reporting(judge, observe),
                observe,
                (base.save, new.save),
                spec_of(PAIRS.name, wish, *(side.targets for side in both.sides)),
            ).run()
        except Interrupted as cut:
            match [file.path for file in (base, new) if file.saved]:
                case [one, other]:
                    kept = (
                        f"the pairs so far are kept; to judge them: outnumber compare {one} {other}"
                    )
                case [one]:
                    kept = f"no pair was made yet; one side of the first is in {one}"
                case _:
                    kept = "nothing was measured yet"
            cut.add(kept)
            raise


def _reporting(judge: Judge, observe: Observer) -> Callable[[Result, Result], Open]:
    """The judge, which reports the state of the job at each look that has more pairs."""
    from bench.engine import events
    from bench.judging.samples import pairs_made
    from reports.verdicts.words import standing

    reported = 0

    def look(base: Result, new: Result) -> Open:
        nonlocal reported
        still_open = judge(base, new)
        assert judge.decision is not None
        made = min(judge.look.pairs, pairs_made(base, new))
        if made > reported:
            pairs = "1 pair" if made == 1 else f"{made} pairs"
            observe(events.Note(f"after {pairs}: {standing(judge.decision)}"))
        reported = made
        return still_open

    return look


def refuse_unmeasured(
    results: tuple[Result, Result], folder: Path, words: Sequence[str] = ()
) -> None:
    """Raises `MeasureError` where a runtime has not one step on a side, with the runners' last
    words where they have not been shown."""
    from reports.wording.escape import plain

    for result, name in zip(results, ("base", "new"), strict=True):
        measured = {session.case for session in result.sessions if session.steps}
        missing = [one.key for one in result.cases if one.key not in measured]
        if missing:
            of = f" of {', '.join(map(plain, missing))}" if measured else ""
            message = (
                f"the {name} side{of} could not be measured at all; "
                f"{folder}.{name}.json says what was tried"
            )
            raise MeasureError("\n".join((message, *words)))
