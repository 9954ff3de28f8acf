"""The job that would confirm a suspected change, as commands to type: its sides, then the pairs."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from bench.history import FOLDER
from bench.history.check import Nomination
from bench.history.reading import History
from bench.history.records import Point
from bench.model.decoding import printable
from bench.model.likeness import UNKNOWN, version_of
from bench.model.records import CaseRecord

BEFORE, AFTER = "before", "after"
NO_COMMIT = "no commit is recorded: history add --commit SHA records one"
ONE_COMMIT = "both runs are of this commit: what changed is installed beside it, or is the machine"


@dataclass(frozen=True)
class Change:
    """What changed for one runtime between two runs: the nominations that one job confirms."""

    nominations: tuple[Nomination, ...]

    @property
    def runtime(self) -> CaseRecord:
        return self.nominations[0].stretch.trend.runtime

    @property
    def is_machine(self) -> bool:
        return all(one.is_machine for one in self.nominations)


def changes(nominations: Iterable[Nomination]) -> tuple[Change, ...]:
    """The nominations, those of one runtime between the same two runs together."""
    found: dict[tuple[str, str, str], list[Nomination]] = {}
    for one in nominations:
        key = (one.stretch.trend.runtime.key, one.last.point, one.first.point)
        found.setdefault(key, []).append(one)
    return tuple(Change(tuple(each)) for each in found.values())


def preparation(change: Change, history: History) -> tuple[str, ...]:
    """The commands that make both sides from the commits of the two runs, with what else is
    recorded of them as comments. No line has an end inside."""
    points = {point.id: point for point in history.points}
    one = change.nominations[0]
    old, new = (points[night.point] for night in (one.last, one.first))
    lines = [*_side(BEFORE, old, change.runtime), *_side(AFTER, new, change.runtime)]
    if old.commit is not None and old.commit == new.commit:
        lines.append(f"# {ONE_COMMIT}")
    return tuple(printable(line) for line in lines)


def confirmation(change: Change) -> str:
    """The command of the job. A runtime of Python is measured in the environments `before` and
    `after`, any other by the runner files of these names."""
    runtime = change.runtime
    sides = (
        ("--base-python", f"{BEFORE}/bin/python", "--new-python", f"{AFTER}/bin/python")
        if runtime.language == "Python"
        else ("--base-runner", f"{BEFORE}.toml", "--new-runner", f"{AFTER}.toml")
    )
    named = ("--runtime", runtime.key) if "--base-python" in sides else ()
    # A unit weighs, and takes to spawn, what it does at that many.
    counts = [one.first.at for one in change.nominations if one.first.at]
    units = ("--at", str(max(counts))) if counts else ()
    figures = dict.fromkeys(one.stretch.trend.figure.words for one in change.nominations)
    gates = (word for figure in figures for word in ("--gate", figure))
    return shlex.join(("outnumber", "ab", *named, *sides, *_settings(change), *units, *gates))


def acceptance(nomination: Nomination, folder: Path) -> str:
    """The command that accepts the change as it is, in the history of this folder."""
    trend = nomination.stretch.trend
    words = ("outnumber", "history", "acknowledge", nomination.first.point)
    about = ("--runtime", trend.runtime.key, "--metric", trend.figure.words)
    where = () if folder == FOLDER else ("--folder", str(folder))
    return shlex.join((*words, *about, "--reason", "…", *where))


def _side(name: str, point: Point, runtime: CaseRecord) -> tuple[str, ...]:
    version = point.facts.get("version", {}).get(version_of(runtime.key), UNKNOWN)
    of_version = "" if version == UNKNOWN else f", with {runtime.key} {version}"
    made = f"# {name}: the run of {point.started}{of_version}"
    if point.commit is None:
        return (f"{made}; {NO_COMMIT}",)
    checkout = shlex.join(("git", "worktree", "add", "--detach", f"{name}-code", point.commit))
    if runtime.language != "Python":
        return (made, f"{checkout}  # and {name}.toml, a runner file for what it builds")
    install = f"python3 -m venv {name} && {name}/bin/pip install ./{name}-code"
    return (made, checkout, install)


def _settings(change: Change) -> tuple[str, ...]:
    """Those of the nights, for both sides; they are settings of threads."""
    if change.runtime.kind != "thread":
        return ()
    settings = change.nominations[0].stretch.segment.facts.get("setting", {})
    return tuple(
        word
        for name, value in settings.items()
        for word in ("--base-set", f"{name}={value}", "--new-set", f"{name}={value}")
    )
