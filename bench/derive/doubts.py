"""Why a value must not be quoted alone: THE list of doubts.

A doubt belongs to a metric. Every place that shows the value shows `MARK` beside it, with the
reason under the table or figure; a title, a sentence or a verdict uses another value where there is
one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bench.derive.metrics import Name

MARK = "†"


@dataclass(frozen=True)
class Doubt:
    """`name` is what `summary` prints; `reason` ends the sentence "† …" under a table."""

    name: str
    reason: str


# The gravest first: a value has one doubt, the first of those that hold.
DOUBTS = (
    Doubt("unproved", "the kernel does not confirm what the runner reported"),
    Doubt("restless", "the runner was not at rest while its units were parked"),
    Doubt("busy", "the machine did other work meanwhile"),
    Doubt("overhead", "measuring overhead is over a quarter of the value"),
    Doubt("overlap", "the units hardly ran at the same time"),
    Doubt("few", "too few samples for an interval"),
)
REASONS = {doubt.name: doubt.reason for doubt in DOUBTS}


def gravest(names: Iterable[str | None]) -> str | None:
    """The first of `DOUBTS` among `names`; `None` where there is none."""
    held = {*names}
    return next((doubt.name for doubt in DOUBTS if doubt.name in held), None)


# Which doubts a quantity can have. Memory stands still while others work, but for what is read
# from a counter that others move too (`SHARED`); faults are the process's own. A ceiling is counted
# once, of units that are parked, and is proved by its last step.
_ALWAYS = ("unproved", "restless", "few")
_TIME = (*_ALWAYS, "busy")
APPLY: Mapping[Name, frozenset[str]] = {
    "bytes_per_unit": frozenset(_ALWAYS),
    "fixed_bytes": frozenset(_ALWAYS),
    "leaked_bytes_per_unit": frozenset(_ALWAYS),
    "uncollected_bytes_per_unit": frozenset(_ALWAYS),
    "burst_seconds_per_unit": frozenset(_TIME),
    "marginal_burst_seconds_per_unit": frozenset(_TIME),
    "longest_spawn_seconds": frozenset(_TIME),
    "user_seconds_per_unit": frozenset(_TIME),
    "system_seconds_per_unit": frozenset(_TIME),
    "gc_seconds_per_unit": frozenset(_TIME),
    "page_faults_per_unit": frozenset(_ALWAYS),
    "start_latency_seconds": frozenset((*_TIME, "overhead")),
    "awake_start_latency_seconds": frozenset((*_TIME, "overhead")),
    "release_seconds_per_unit": frozenset(_TIME),
    "ceiling": frozenset(("unproved", "restless")),
}
# A source that says one of these counts other processes too: good for differences alone, and only
# while those are quiet.
SHARED = ("meminfo", "system-wide", "shared", "harness")


def applying(metric: Name, source: str) -> frozenset[str]:
    """The doubts that a value of `metric` read from `source` can have."""
    shared = any(word in source for word in SHARED)
    return APPLY[metric] | (frozenset(("busy",)) if shared else frozenset())
