"""The paired job that would confirm a nomination, as words to type."""

from __future__ import annotations

import shlex
from pathlib import Path

from bench.regression.history import FOLDER
from bench.regression.history.check import Nomination

BEFORE, AFTER = "before", "after"


def confirmation(nomination: Nomination) -> str:
    """The command. `before` and `after` stand for what the user makes of the two commits: an
    environment each for a runtime of Python, else a runner each."""
    trend = nomination.stretch.trend
    sides = (
        ("--base-python", f"{BEFORE}/bin/python", "--new-python", f"{AFTER}/bin/python")
        if trend.runtime.language == "Python"
        else ("--base-runner", f"{BEFORE}.toml", "--new-runner", f"{AFTER}.toml")
    )
    named = ("--runtime", trend.runtime.name) if "--base-python" in sides else ()
    at = nomination.first.at  # a unit weighs, and takes to spawn, what it does at that many
    units = ("--at", str(at)) if at else ()
    words = ("outnumber", "ab", *named, *sides, *_settings(nomination), *units, "--gate")
    return shlex.join((*words, trend.figure.words))


def acceptance(nomination: Nomination, folder: Path) -> str:
    """The command that accepts the change as it is, in the history of this folder."""
    trend = nomination.stretch.trend
    words = ("outnumber", "history", "acknowledge", nomination.first.point)
    about = ("--runtime", trend.runtime.name, "--metric", trend.figure.words)
    where = () if folder == FOLDER else ("--folder", str(folder))
    return shlex.join((*words, *about, "--reason", "…", *where))


def _settings(nomination: Nomination) -> tuple[str, ...]:
    """Those of the nights, for both sides; they are settings of threads."""
    if nomination.stretch.trend.runtime.kind != "thread":
        return ()
    settings = nomination.stretch.segment.facts.get("setting", {})
    return tuple(
        word
        for name, value in settings.items()
        for word in ("--base-set", f"{name}={value}", "--new-set", f"{name}={value}")
    )
