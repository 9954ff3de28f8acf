"""All that is to be seen of a history at once: its trends, what their check came to, and the
commands that confirm or accept a suspected change."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from bench.history import FOLDER
from bench.history.check import Check, Nomination, check
from bench.history.store import Acknowledgement, History, Point
from bench.history.trends import (
    Period,
    SegmentStart,
    Trend,
    control_trend,
    periods,
    segment_starts,
    trends,
)
from bench.judging.gates import MetricName
from bench.model.decoding import printable
from bench.model.likeness import UNKNOWN, version_of
from bench.model.records import CaseRecord

BEFORE, AFTER = "before", "after"
NO_COMMIT = "no commit is recorded: history add --commit SHA records one"
ONE_COMMIT = "both runs are of this commit: what changed is installed beside it, or is the machine"
VARIABLE = "env "  # begins the name of a setting that is a variable of the runners
OFTEN = 2  # borders by one fact: the fact may be what is being tested


@dataclass(frozen=True)
class Review:
    """A history with its trends, in periods, and the check of them. `control` is looked at where
    a figure moved, and not judged by itself; `lost` are acknowledgements of points that the history
    does not have."""

    history: History
    trends: tuple[Trend, ...]
    periods: tuple[Period, ...]
    segment_starts: tuple[SegmentStart, ...]
    check: Check
    control: Trend | None
    lost: tuple[Acknowledgement, ...]

    @property
    def unjudged(self) -> tuple[Trend, ...]:
        """The trends of which no period is long enough for a verdict."""
        judged = {one.trend.key for one in self.check.judged}
        thin = {one.trend.key for one in self.check.thin}
        return tuple(one for one in self.trends if one.key in thin - judged)

    @property
    def advisory(self) -> tuple[Trend, ...]:
        """The trends whose last period has a verdict and cannot alarm yet."""
        last = {one.trend.key: one for one in self.periods}
        young = {one.trend.key for one in self.check.advisory if last[one.trend.key] is one}
        return tuple(one for one in self.trends if one.key in young)

    @property
    def open_ended(self) -> tuple[Trend, ...]:
        """The ceilings that nothing stopped in their last segment."""
        return tuple(one for one in self.trends if not one.segments[-1].is_judged)

    @property
    def without_control(self) -> int:
        """How many runs have no control."""
        return self.control.missing if self.control else len(self.history.points)

    @property
    def often_changed(self) -> tuple[str, ...]:
        """What keeps changing, where trends have no verdict for it."""
        unjudged = {trend.key for trend in self.unjudged}
        borders = {
            (one.first.point, difference.name)
            for one in self.segment_starts
            if one.trend.key in unjudged
            for difference in one.changed
        }
        times = Counter(name for _, name in borders)
        return tuple(name for name, count in times.items() if count >= OFTEN)


def review(
    history: History,
    cases: Collection[str] = (),
    metrics: Collection[MetricName] = (),
    across: Collection[str] = (),
) -> Review:
    """The review of these cases and metrics: of all, and of the headlines, where none are given."""
    made = trends(history, cases, metrics, across)
    pieces = periods(history, made)
    known = {point.id for point in history.points}
    return Review(
        history=history,
        trends=made,
        periods=pieces,
        segment_starts=segment_starts(made),
        check=check(pieces),
        control=control_trend(history),
        lost=tuple(one for one in history.acknowledged if one.point not in known),
    )


@dataclass(frozen=True)
class SuspectedChange:
    """What changed for one case between two runs: the nominations that one job confirms, with what
    to type."""

    nominations: tuple[Nomination, ...]
    history: History

    @property
    def case(self) -> CaseRecord:
        return self.nominations[0].period.trend.case

    @property
    def is_machine(self) -> bool:
        return all(one.is_machine for one in self.nominations)

    @property
    def prepare(self) -> tuple[str, ...]:
        """The commands that make both sides from the commits of the two runs, with what else is
        recorded of them as comments. No line has an end inside."""
        points = {point.id: point for point in self.history.points}
        one = self.nominations[0]
        old, new = (points[night.point] for night in (one.last, one.first))
        lines = [*_side(BEFORE, old, self.case), *_side(AFTER, new, self.case)]
        if old.commit is not None and old.commit == new.commit:
            lines.append(f"# {ONE_COMMIT}")
        return tuple(printable(line) for line in lines)

    @property
    def confirm(self) -> str:
        """The command of the job, with the settings and variables that both nights had. A runtime
        of Python is measured in the environments `before` and `after`, any other by the runner
        files of these names."""
        case, words = self.case, ["outnumber", "ab"]
        if case.by_python:
            words += ["--runtime", case.key]
            words += ["--base-python", f"{BEFORE}/bin/python"]
            words += ["--new-python", f"{AFTER}/bin/python"]
        else:
            words += ["--base-runner", f"{BEFORE}.toml", "--new-runner", f"{AFTER}.toml"]
        for name, value in self.nominations[0].period.segment.facts.get("setting", {}).items():
            if name.startswith(VARIABLE):
                variable = f"{name.removeprefix(VARIABLE)}={value}"
                words += ["--base-env", variable, "--new-env", variable]
            elif case.kind == "thread":  # the others are settings of threads
                words += ["--base-set", f"{name}={value}", "--new-set", f"{name}={value}"]
        # A unit weighs, and takes to spawn, what it does at that many.
        if counts := [one.first.at for one in self.nominations if one.first.at]:
            words += ["--at", str(max(counts))]
        for metric in dict.fromkeys(one.period.trend.metric.words for one in self.nominations):
            words += ["--gate", metric]
        return shlex.join(words)

    @property
    def accept(self) -> tuple[str, ...]:
        """The command for each nomination that accepts it as it is, in this history."""
        folder = self.history.folder
        where = () if folder == FOLDER else ("--folder", str(folder))
        made = []
        for one in self.nominations:
            trend = one.period.trend
            words = ("outnumber", "history", "acknowledge", one.first.point)
            about = ("--runtime", trend.case.key, "--metric", trend.metric.words)
            made.append(shlex.join((*words, *about, "--reason", "…", *where)))
        return tuple(made)


def suspected_changes(
    nominations: Iterable[Nomination], history: History
) -> tuple[SuspectedChange, ...]:
    """The nominations, those of one case between the same two runs together."""
    found: dict[tuple[str, str, str], list[Nomination]] = {}
    for one in nominations:
        key = (one.period.trend.case.key, one.last.point, one.first.point)
        found.setdefault(key, []).append(one)
    return tuple(SuspectedChange(tuple(each), history) for each in found.values())


def _side(name: str, point: Point, case: CaseRecord) -> tuple[str, ...]:
    version = point.facts.get("version", {}).get(version_of(case.key), UNKNOWN)
    of_version = "" if version == UNKNOWN else f", with {case.key} {version}"
    made = f"# {name}: the run of {point.started}{of_version}"
    if point.commit is None:
        return (f"{made}; {NO_COMMIT}",)
    checkout = shlex.join(("git", "worktree", "add", "--detach", f"{name}-code", point.commit))
    if not case.by_python:
        return (made, f"{checkout}  # and {name}.toml, a runner file for what it builds")
    install = f"python3 -m venv {name} && {name}/bin/pip install ./{name}-code"
    return (made, checkout, install)
