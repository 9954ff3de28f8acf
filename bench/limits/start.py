"""A start that was refused: by which limit, though nothing of the runner is left to be looked at.

A child has the harness's own limits, and its cgroups. So it is the harness that is looked at.
"""

from __future__ import annotations

import os

from bench.errors import REFUSALS
from bench.limits.child import Child
from bench.limits.known import survey
from bench.limits.model import Allowance, Ending, Resource, Survey
from bench.limits.recognise import Verdict, recognise
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
UNNAMED = Verdict(None, None, ())


def refused_start(
    system: System,
    message: str,
    errno: int | None = None,
    said: str = "",
    signal: str | None = None,
    surely: bool = True,
) -> Verdict:
    """Which limit refused the start of a runner, or something to the harness itself. `said` is what
    was written to standard error. Where the words do not tell, it is the limit that leaves no room
    for a start, if there is one; unless something else may have gone wrong (`surely`), as it has
    where the system gave a reason that no limit has."""
    now = survey(Child.of(system, os.getpid()), 0)
    verdict = recognise(Ending(0, 1, message, errno, signal, said), (now, now, now), TAKES)
    if verdict.limit is not None:
        return verdict
    surely = surely and (errno is None or errno in REFUSALS)
    tight = tightest(now) if surely else None
    if tight is None:
        return UNNAMED
    state = f"{tight.title} is {tight.amount(tight.value)}, {tight.amount(tight.use)} in use"
    return Verdict(tight.limit, tight.where, (f"{state}: no room for a start",))


def tightest(now: Survey) -> Allowance | None:
    """The limit, of those that are set for few processes, that leaves least of what a start takes;
    `None` where all leave enough."""
    rooms = [
        (one.spare / (TAKES[one.resource] or 1), one)
        for one in now.allowances
        if one.resource in OWN and one.spare is not None and one.where != "the machine"
    ]
    left, one = min(rooms, key=lambda room: room[0], default=(1.0, None))
    return one if left < 1 else None
