"""A job of pairs from beginning to end: its places held, its view open, its verdict written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import typer

from bench import files
from bench.cli import judged
from bench.cli.contenders import Contenders
from bench.cli.quiet import heed_load, report_busy
from bench.cli.session import FOLDER, make_default_folder
from bench.engine import events
from bench.errors import MeasureError, ResultError, UsageError
from bench.experiments.pairs import PairsExperiment
from bench.experiments.side import Open, PairsRequest
from bench.judging.gates import Gate
from bench.judging.judge import Judge, is_one_job
from bench.judging.looks import Look
from bench.judging.samples import pairs_made
from bench.judging.verdicts import Judgement, judgement
from bench.machine import fingerprint
from bench.model.file import ResultFile, default_path, load
from bench.model.likeness import differences
from bench.model.records import Result
from bench.signals import Interrupted
from bench.system import System
from reports.live import live_view
from reports.verdicts.files import JSON
from reports.wording.escape import plain
from reports.wording.runs import failures


@dataclass(frozen=True)
class PairsPlace:
    """Where a job's files go: around a FILE, or around a new name in `outnumber-results/`; and a
    copy of its page, if anywhere."""

    output: Path | None
    force: bool
    markdown: Path | None

    def stem(self) -> Path:
        """The folder of the verdict, which the results stand beside; it is not made yet. Raises
        `UsageError` where it cannot be, or has a verdict already."""
        path = self.output or default_path(FOLDER, datetime.now())
        folder = path.with_suffix("") if path.suffix == ".json" else path
        make_default_folder(folder)
        try:
            files.check_folder(folder)
        except OSError as error:
            raise UsageError(
                f"{folder}: a verdict cannot be written there: {error.strerror}; "
                "give another place with -o FILE"
            ) from error
        if (folder / JSON).exists() and not self.force:
            raise UsageError(
                f"{folder} has a verdict already; add --force to replace it, or give another place "
                "with -o"
            )
        return folder


@dataclass(frozen=True)
class PairsAsked:
    """What a job is to judge: its gates, what it measures and reports `beside` them, when it looks,
    and which sweeps that takes, and for how many seconds it waits until the machine is quiet."""

    gates: Sequence[Gate]
    beside: Sequence[Gate]
    looks: Sequence[Look]
    request: PairsRequest
    inconclusive_ok: bool = False
    wait_seconds: float | None = None


def carry_out_pairs(
    both: Contenders, asked: PairsAsked, place: PairsPlace, quiet: bool
) -> tuple[Judgement, Path, int]:
    """Makes the job, writes what it came to, and shows it: the judgement, its file and the exit
    code. Raises `MeasureError` where a runtime could not be measured at all on a side; what was
    measured is saved by then."""
    folder = place.stem()
    places = judged.Places(folder, place.markdown)
    judge = Judge(asked.gates, asked.looks, asked.beside)
    paths = _Paths(*(folder.with_name(f"{folder.name}.{name}.json") for name in ("base", "new")))
    places.refuse_unwritable()
    force = place.force or _is_without_verdict(paths)
    heed_load(both.sides[0].rig, asked.wait_seconds, quiet)
    base, new = _made(both, asked.request, judge, paths, force, quiet)
    made = judgement(
        judge.final(base, new),
        (base, paths.base),
        (new, paths.new),
        paired=True,
        differences=tuple(map(str, differences(base, new))),
        warnings=(*both.notes, *base.warnings),
    )
    code = judged.ended(made, places, quiet, asked.inconclusive_ok)
    report_busy((base, new), quiet)
    words = _last_words((base, new))
    for line in words if not quiet else ():
        typer.echo(line)
    if made.outcome != "regression":  # that stands, whatever became of another runtime
        _refuse_unmeasured((base, new), folder, words if quiet else ())
    return made, folder / JSON, code


def _kept(paths: Sequence[Path]) -> str:
    """What is there of a job that was cut short, and what to type next."""
    match paths:
        case [base, new]:
            return f"the pairs so far are kept; to judge them: outnumber compare {base} {new}"
        case [side]:
            return f"no pair was made yet; one side of the first is in {side}"
        case _:
            return "nothing was measured yet"


class _Paths(NamedTuple):
    base: Path
    new: Path


def _made(
    both: Contenders,
    request: PairsRequest,
    judge: Judge,
    paths: _Paths,
    force: bool,
    quiet: bool,
) -> tuple[Result, Result]:
    """The job itself, both results' places being claimed meanwhile."""
    with (
        ResultFile.open(paths.base, force=force) as base_file,
        ResultFile.open(paths.new, force=force) as new_file,
        live_view(quiet=quiet) as observe,
    ):
        experiment = PairsExperiment(
            request,
            both.sides,
            fingerprint(System()),
            _telling(judge, observe),
            observe,
            (base_file.save, new_file.save),
        )
        for note in both.notes:
            observe(events.Note(note))
        try:
            return experiment.run()
        except Interrupted as cut:
            cut.tell(_kept([file.path for file in (base_file, new_file) if file.saved]))
            raise


def _is_without_verdict(paths: _Paths) -> bool:
    """Whether the two results are of a job that was ended before it was judged, which a new one
    replaces: its verdict, which comes last, is not there. Says so."""
    try:
        base, new = map(load, paths)
    except ResultError:
        return False
    if not is_one_job(base, new):
        return False
    typer.echo(f"{paths.base} and {paths.new} have no verdict; this job replaces them", err=True)
    return True


def _telling(judge: Judge, observe: events.Observer) -> Callable[[Result, Result], Open]:
    """The judge, who says at each look that there is more to look at how things stand."""
    told = 0

    def look(base: Result, new: Result) -> Open:
        from reports.verdicts.words import standing

        nonlocal told
        still_open = judge(base, new)
        assert judge.decision is not None
        made = min(judge.look.pairs, pairs_made(base, new))
        if made > told:
            pairs = "1 pair" if made == 1 else f"{made} pairs"
            observe(events.Note(f"after {pairs}: {standing(judge.decision)}"))
        told = made
        return still_open

    return look


def _last_words(results: tuple[Result, Result]) -> list[str]:
    """Why runners died, by what they said; indented lines are of the side before them."""
    return [
        line if line.startswith(" ") else f"the {name} side, {line}"
        for result, name in zip(results, ("base", "new"), strict=True)
        for line in failures(result.sessions)
    ]


def _refuse_unmeasured(
    results: tuple[Result, Result], folder: Path, words: Sequence[str] = ()
) -> None:
    """Raises `MeasureError` where a runtime has not one step on a side, with the runners' last
    words where they have not been shown."""
    for result, name in zip(results, ("base", "new"), strict=True):
        measured = {sweep.case for sweep in result.sessions if sweep.steps}
        missing = [one.key for one in result.cases if one.key not in measured]
        if missing:
            of = f" of {', '.join(map(plain, missing))}" if measured else ""
            message = (
                f"the {name} side{of} could not be measured at all; "
                f"{folder}.{name}.json tells what was tried"
            )
            raise MeasureError("\n".join((message, *words)))
