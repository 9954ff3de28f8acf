"""A start that was refused: by which limit, though nothing of the runner is left to be looked at.

A child has the harness's own limits, and its cgroups. So it is the harness that is looked at; and a
runner that has ended but is not reaped yet, whose command may set limits for it alone (`prlimit`).
"""

from __future__ import annotations

import os

import msgspec

from bench.errors import REFUSALS
from bench.limits.child import RunnerView
from bench.limits.known import named, survey
from bench.limits.model import Ending, LimitState, Resource, Survey
from bench.limits.recognise import Cause, recognise
from bench.model.records import Stop
from bench.system import System

# What a start takes at most of each resource. A Go program reserves most address space.
TAKES: dict[Resource, float | None] = {
    "threads": 8,
    "mappings": 1_000,
    "descriptors": 32,
    "address space": 2 << 30,
    "data": 1 << 30,
    "memory": 64 << 20,
}
OWN: tuple[Resource, ...] = ("descriptors", "address space", "data", "threads")
UNNAMED = Cause(None, None, ())


def start_explained(system: System, stop: Stop, runner: int | None) -> Stop:
    """The stop of a runner that never said hello, or of a harness that could not look at it: with
    the limit that refused that, where one did. `runner` is its process id, unreaped."""
    verdict = refused_start(
        system, stop.message, stop.errno, stop.stderr_tail, stop.signal, runner=runner
    )
    if verdict.limit is None:
        return stop
    return msgspec.structs.replace(
        stop,
        status="refused",
        limit=verdict.limit,
        where=verdict.where,
        evidence=(*verdict.evidence, *stop.evidence),
    )


def refused_start(
    system: System,
    message: str,
    errno: int | None = None,
    said: str = "",
    signal: str | None = None,
    surely: bool = True,
    runner: int | None = None,
) -> Cause:
    """Which limit refused the start of a runner, or something to the harness itself. `said` is what
    was written to standard error. Where the words do not tell, it is the limit that leaves no room
    for a start, if there is one; unless something else may have gone wrong (`surely`), as it has
    where the system gave a reason that no limit has. `runner` is its process id, unreaped."""
    now = survey(RunnerView.of(system, os.getpid()), 0)
    ending = Ending(0, 1, message, errno, signal, said)
    alone = None if runner is None else _of_the_runner_alone(system, runner, now, ending)
    if alone is not None:
        value = f"{alone.title} is {alone.amount(alone.value)} for the runner alone"
        return Cause(alone.limit, alone.where, (f"{value}: no room for a start",))
    verdict = recognise(ending, (now, now, now), TAKES)
    if verdict.limit is not None:
        return verdict
    surely = surely and (errno is None or errno in REFUSALS)
    tight = tightest(now) if surely else None
    if tight is None:
        return UNNAMED
    state = f"{tight.title} is {tight.amount(tight.value)}, {tight.amount(tight.use)} in use"
    return Cause(tight.limit, tight.where, (f"{state}: no room for a start",))


def _of_the_runner_alone(
    system: System, runner: int, now: Survey, ending: Ending
) -> LimitState | None:
    """The limit that is lower for the runner than for the harness, and too low for a start; `None`
    where its end does not look like a refusal. A crash may be one without a word."""
    ours = {one.key: one.value for one in now.allowances}
    lower = [
        (one.value / (TAKES[one.resource] or 1), one)
        for one in survey(RunnerView.of(system, runner), 0).allowances
        if one.resource in OWN
        and one.value is not None
        and one.value < (ours.get(one.key) or one.value + 1)
        and (ending.signal or any(sign.fits(ending) for sign in named(one.limit).signs))
    ]
    share, one = min(lower, key=lambda pair: pair[0], default=(1.0, None))
    return one if share < 1 else None


def tightest(now: Survey) -> LimitState | None:
    """The limit, of those that are set for few processes, that leaves least of what a start takes;
    `None` where all leave enough."""
    rooms = [
        (one.spare / (TAKES[one.resource] or 1), one)
        for one in now.allowances
        if one.resource in OWN and one.spare is not None and one.where != "the machine"
    ]
    left, one = min(rooms, key=lambda room: room[0], default=(1.0, None))
    return one if left < 1 else None
