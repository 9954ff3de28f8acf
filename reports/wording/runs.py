"""Sentences about a whole run: what broke, which limit stopped a runtime, which were disturbed, and
what to type to repeat it."""

from __future__ import annotations

import shlex
import statistics
from collections.abc import Iterable

from msgspec.structs import replace

from bench.derive.choice import cases_of
from bench.derive.doubts import MARK, is_busy, slowed
from bench.model.records import (
    BURST_FROM_NOTHING,
    CLIMB,
    LEAK,
    REPEAT,
    Kind,
    Result,
    Session,
    Stop,
)
from reports.wording import units
from reports.wording.escape import plain

# What people call a session of each purpose.
PURPOSES = {
    CLIMB: "climb",
    REPEAT: "repeat",
    BURST_FROM_NOTHING: "burst",
    LEAK: "leak check",
}
MOST_LINES = 6
CUT = "\n…\n"  # stands between the beginning and the end of what was long; the reason comes first
PRESETS = ("quick", "thorough")
NOUNS = {
    "vm.max_map_count": "mappings",
    "kernel.pid_max": "pids",
    "pids.max": "pids",
    "RLIMIT_NOFILE": "files",
}


def error_lines(stop: Stop) -> list[str]:
    """A few lines of the runner's standard error, free of control characters and indented as they
    were; none where it wrote nothing."""
    beginning, cut, _ = stop.stderr_tail.partition(CUT)
    lines = [line for line in beginning.splitlines() if plain(line)]
    kept = lines[:MOST_LINES] if cut else lines[-MOST_LINES:]
    return [f"{' ' * (len(line) - len(line.lstrip(' ')))}{plain(line)}" for line in kept]


def failures(sessions: Iterable[Session]) -> list[str]:
    """Lines on the first session of each case that broke: why, and the runner's own words."""
    broken: dict[str, Stop] = {}
    for one in sessions:
        stop = one.stop
        if stop.status == "failed" or (stop.status == "killed" and not stop.limit):
            broken.setdefault(one.case, stop)
    lines = []
    for name, stop in broken.items():
        said = error_lines(stop)
        lines.append(plain(f"{name}: {stop.message}{'; it said:' if said else ''}"))
        lines += [f"  {line}" for line in said]
    return lines


def stopper(sessions: Iterable[Session], case: str, kind: Kind) -> str | None:
    """The limit that the farthest climb names, with its value and a unit's average use, unless each
    unit used one or others used most of it: `vm.max_map_count, 65,530 mappings, 2.93 a thread`."""
    climbs = [one for one in sessions if (one.case, one.purpose) == (case, CLIMB)]
    if not climbs:
        return None
    climb = max(climbs, key=lambda one: one.stop.count)
    stop = climb.stop
    same = [one for one in climb.limits if (one.name, one.where) == (stop.limit, stop.where)]
    if stop.limit is None or not same or same[0].value is None:
        return stop.limit
    limit, each = same[0], same[0].value / stop.count if stop.count else 0.0
    noun = "" if limit.measure == "bytes" else f" {NOUNS.get(limit.name, 'threads')}"
    said = f"{stop.limit}, {units.amount(limit.measure, limit.value)}{noun}"
    if limit.shared or each < 1.5:
        return said
    each_said = units.size(each) if limit.measure == "bytes" else f"{each:.2f}"
    return f"{said}, {each_said} a {kind}"


def busy_line(*results: Result) -> str | None:
    """Which cases were measured while the machine did other work, and what to do; `None` where none
    was. One counts where half of its sessions ran beside other work."""
    busy: dict[str, list[Session]] = {}
    for result in results:
        slow = slowed(result.control)
        for case in cases_of(result):
            timed = [one for one in case.sessions if one.steps]  # others have no times
            if timed and 2 * sum(slow or is_busy(one) for one in timed) >= len(timed):
                busy.setdefault(plain(case.case), []).extend(timed)
    if not busy:
        return None
    shares = [
        one.others_share + (one.stolen_share or 0)
        for sessions in busy.values()
        for one in sessions
        if one.others_share is not None
    ]
    share = units.share(statistics.median(shares)) if shares else "an unknown share"
    return (
        f"{MARK} Other work took {share} of the processors while these were measured, so their "
        f"times may be too long: {', '.join(busy)}. Repeat the run with --wait-for-quiet 60."
    )


def repeat(result: Result) -> str:
    """The command with this result's plan, seed and runtimes, quoted for a shell. A user's own
    runner is named, not given: the path of its file is not recorded."""
    plan, ran = result.plan, {one.case for one in result.sessions}
    options: list[tuple[str, object]] = []
    if result.command == "run":
        options += [("--sweeps", plan.sweeps), ("--seed", plan.seed)]
    options += [("--max", plan.max)] if plan.max is not None else []
    if plan.budget_seconds is not None:
        options.append(("--budget", f"{plan.budget_seconds:g}"))
    own = ("stack-size", "futex-slots")
    options += [(f"--{name}", plan.settings[name]) for name in own if name in plan.settings]
    options += [
        ("--env", f"{name.removeprefix('env ')}={value}")
        for name, value in plan.settings.items()
        if name.startswith("env ")
    ]
    if result.spec and any(case.python for case in result.cases):  # several interpreters
        pythons = dict.fromkeys(case.python for case in result.spec.cases if case.python)
        options += [("--python", python) for python in pythons]
    keys = [replace(case, python=None).key for case in result.cases if case.key in ran]
    options += [("-r", key) for key in dict.fromkeys(keys)]
    words = ["outnumber", plain(result.command)]
    words += [f"--{plan.preset}"] if plan.preset in PRESETS else []
    words += ["--no-climb"] if result.command == "run" and not plan.climb else []
    words += [plain(str(word)) for option in options for word in option]
    return shlex.join(words)
