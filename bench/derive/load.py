"""Whether the machine did other work during a sweep, by what was recorded of it. Pure.

Unknown is not busy: a system that reports no processor time is not doubted for that.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence

from bench.model.records import SYSTEM, THREADS, USER, Session, Step

# Of all processors' time. What the kernel's own threads and interrupts take beside a run is under
# 0.01, and the grain of the clocks moves a sweep of a third of a second by 0.03. On two processors
# one busy loop takes 0.5.
BUSY_SHARE = 0.1
# CPU time against the clock's, of a burst by one thread: 0.98 to 1.01 on a quiet machine, 0.65
# beside two busy loops on two processors.
LEAST_CPU = 0.9
LEAST_SECONDS = 0.2  # a shorter burst is only a few of the ticks that CPU time is counted in
ONE_THREAD = 2  # and the runner's watcher, which waits
# The control against its fastest moment in the same run.
SLOWED = 1.25
FEWEST_CONTROLS = 4


def is_busy(sweep: Session) -> bool:
    """Whether others took so much of the processors that the sweep's times say more of them."""
    shares = (sweep.others_share, sweep.stolen_share)
    if sum(share for share in shares if share is not None) >= BUSY_SHARE:
        return True
    return any(_waited(step) for step in sweep.steps)


def slowed(control: Sequence[float] | None) -> bool:
    """Whether the control took longer than at its fastest in most moments of the run."""
    if control is None or len(control) < FEWEST_CONTROLS or not min(control):
        return False
    return statistics.median(control) > SLOWED * min(control)


def _waited(step: Step) -> bool:
    """Whether a burst by one thread had to wait for a processor."""
    if step.counts.get(THREADS, ONE_THREAD + 1) > ONE_THREAD or step.burst_seconds < LEAST_SECONDS:
        return False
    user, system = step.seconds.get(USER), step.seconds.get(SYSTEM)
    if user is None or system is None or step.swapped:
        return False
    return user + system < LEAST_CPU * step.burst_seconds
