"""Why a value must not be quoted alone: THE list of doubts.

A doubt belongs to a metric. Every place that shows the value shows `MARK` beside it, with the
reason under the table or figure; a title, a sentence or a verdict uses another value where there is
one.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bench.model.records import SYSTEM, THREADS, USER, Session

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
# from a counter that others move too (`SHARED`). A ceiling is counted once, of units that are
# parked, and is proved by its last step.
COUNT = frozenset(("unproved", "restless"))
MEMORY = COUNT | {"few"}
TIME = MEMORY | {"busy"}
LATENCY = TIME | {"overhead"}
# A source that says one of these counts other processes too: good for differences alone, and only
# while those are quiet.
SHARED = ("meminfo", "system-wide", "shared", "harness")

# Of all processors' time. What the kernel's own threads and interrupts take beside a run is under
# 0.01, and the grain of the clocks moves a session of a third of a second by 0.03. On two
# processors one busy loop takes 0.5.
BUSY_SHARE = 0.1
# CPU time against the clock's, of a burst by one thread: 0.98 to 1.01 on a quiet machine, 0.65
# beside two busy loops on two processors.
LEAST_CPU = 0.9
LEAST_SECONDS = 0.2  # a shorter burst is only a few of the ticks that CPU time is counted in
ONE_THREAD = 2  # and the runner's watcher, which waits
# The control against its fastest moment in the same run.
SLOWED = 1.25
FEWEST_CONTROLS = 4


def is_busy(session: Session) -> bool:
    """Whether others took so much of the processors that the session's times say more of them.
    Unknown is not busy: a system that reports no processor time is not doubted for that."""
    shares = (session.others_share, session.stolen_share)
    if sum(share for share in shares if share is not None) >= BUSY_SHARE:
        return True
    for step in session.steps:
        user, system = step.seconds.get(USER), step.seconds.get(SYSTEM)
        by_one_thread = step.counts.get(THREADS, ONE_THREAD + 1) <= ONE_THREAD
        if not by_one_thread or step.burst_seconds < LEAST_SECONDS or step.swapped:
            continue
        if user is None or system is None:
            continue
        if user + system < LEAST_CPU * step.burst_seconds:  # it had to wait for a processor
            return True
    return False


def slowed(control: Sequence[float] | None) -> bool:
    """Whether the control took longer than at its fastest in most moments of the run."""
    if control is None or len(control) < FEWEST_CONTROLS or not min(control):
        return False
    return statistics.median(control) > SLOWED * min(control)
