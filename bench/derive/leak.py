"""What a unit leaks: how memory creeps up over cycles of grow and release.

Memory is read while the cycle's units are alive, so that what an allocator keeps between two cycles
is used again and does not count. User memory alone: the kernel's counters move by more, between two
cycles, than the leak that is looked for, and no unit of a runtime leaks there unseen for long.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence

from bench.derive.memory import huge_pages
from bench.derive.samples import UNKNOWN, Sample
from bench.derive.statistics import theil_sen
from bench.model.records import COLLECTED, UNCOLLECTED, USER, Session, Step

DROPPED = 4  # the first cycles fill the allocator's pools
FEWEST_CYCLES = 12
NOT_APART = "its runner collects garbage with each release, or has no collector"


def leaked_bytes_per_unit(sweep: Session) -> Sample:
    """The Theil-Sen slope of user memory over the cycles, divided by a cycle's units."""
    cycles = _steady(sweep)
    reason = _reason_against(cycles)
    if reason:
        return Sample(None, UNKNOWN, warnings=(reason, *sweep.warnings))
    units = cycles[0][1].alive
    memory = [float(step.read(USER).bytes or 0) / units for _, step in cycles]
    estimate = theil_sen([place for place, _ in cycles], memory)
    return Sample(
        estimate.value,
        cycles[0][1].read(USER).source,
        units,
        estimate.low,
        estimate.high,
        (*estimate.warnings, *_doubts(sweep, [step for _, step in cycles])),
    )


def uncollected_bytes_per_unit(sweep: Session) -> Sample:
    """What an ended unit leaves behind until the collector runs: objects that refer to each other.
    The median over the cycles in which memory was read before and after it ran, and the least and
    most of them."""
    amounts, source = [], UNKNOWN
    for step in sweep.steps:
        before, after = step.read(UNCOLLECTED), step.read(COLLECTED)
        if before.bytes is None or after.bytes is None:
            continue
        if before.source == after.source and step.alive:
            amounts.append((before.bytes - after.bytes) / step.alive)
            source = before.source
    if not amounts:
        return Sample(None, UNKNOWN, warnings=(NOT_APART,))
    middle, units = statistics.median(amounts), sweep.steps[0].alive
    return Sample(middle, source, units, low=min(amounts), high=max(amounts))


def grown_bytes_per_unit(sweep: Session) -> float | None:
    """By how much user memory grew from the first cycle to the last, a unit and cycle: with what
    comes in jumps, which a slope over the cycles leaves out. `None` where it cannot be told."""
    cycles = [(place, step) for place, step in enumerate(sweep.steps) if step.alive]
    if len(cycles) < 2:
        return None
    (first, before), (last, after) = cycles[0], cycles[-1]
    was, now = before.read(USER), after.read(USER)
    if was.bytes is None or now.bytes is None or was.source != now.source:
        return None
    return (now.bytes - was.bytes) / (last - first) / after.alive


def _steady(sweep: Session) -> list[tuple[int, Step]]:
    """The cycles after the first ones, with their number, as far as they are like each other."""
    return [
        (place, step)
        for place, step in enumerate(sweep.steps)
        if place >= DROPPED and not step.swapped and step.refusal is None and step.alive
    ]


def _reason_against(cycles: Sequence[tuple[int, Step]]) -> str | None:
    users = [step.read(USER) for _, step in cycles]
    if not users:
        return f"need at least {FEWEST_CYCLES} cycles for a leak, of which {DROPPED} are dropped"
    if len({step.alive for _, step in cycles}) > 1:
        return "the cycles differ in their units: a leak cannot be told"
    if any(user.bytes is None for user in users):
        return "user: could not be read"
    if len({user.source for user in users}) > 1:
        return "user: read from more than one source: no difference"
    return None


def _doubts(sweep: Session, steps: Sequence[Step]) -> tuple[str, ...]:
    have = len(sweep.steps)
    few = (f"need at least {FEWEST_CYCLES} cycles for a leak, have {have}",)
    return (
        *(few if have < FEWEST_CYCLES else ()),
        *huge_pages(*steps),
        *sweep.warnings,
        *(warning for step in steps for warning in step.warnings),
    )
