"""Bytes: what one unit takes, part by part; what a process takes before its first unit; and what a
unit leaks.

The slope is the cost: (M(N) − M(n)) / (N − n) between the two stops of a session. Readings of
unlike sources are never subtracted. No part is negative and none is clamped: a negative difference
is unknown. The total is user and kernel memory, unknown where either is. The kernel's memory is
counted as a whole; where its division is less than the counters can resolve (a light unit's
remainder after stack and page tables is a page or two of the whole process), the remainder alone is
unknown.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace

from bench.derive.choice import CaseSessions, Choice, Stops
from bench.derive.doubts import SHARED
from bench.derive.series import Quantity, Sample, Series
from bench.derive.statistics import theil_sen
from bench.model.records import (
    COLLECTED,
    HUGE_PAGES,
    KERNEL,
    KERNEL_STACK,
    LEAK,
    PAGE_TABLES,
    RSS,
    UNCOLLECTED,
    USER,
    Session,
    Step,
)

UNKNOWN = "unknown"
TOTAL, KERNEL_OTHER = "total", "kernel_other"
READ = (USER, KERNEL, KERNEL_STACK, PAGE_TABLES, RSS)
PARTS = (TOTAL, USER, KERNEL, KERNEL_STACK, PAGE_TABLES, KERNEL_OTHER, RSS)
# Parts that huge pages move: 2 MiB come at once, whether or not units fill them.
RESIDENT = frozenset({TOTAL, USER, RSS})
DROPPED = 4  # the first cycles of a leak check fill the allocator's pools
FEWEST_CYCLES = 12
NOT_APART = "its runner collects garbage with each release, or has no collector"


def bytes_per_unit(quantity: Quantity, case: CaseSessions) -> Iterator[Series]:
    """What one unit takes at N: every part's slope between the two stops of each session."""
    slopes = [slopes_of(stops) for stops in case.choice.stops]
    for part in quantity.parts:
        samples = doubted((each[part] for each in slopes), case, case.choice)
        warnings = case.choice.warnings
        yield Series(case.case, quantity, samples, part=part, warnings=warnings)


def fixed_bytes(quantity: Quantity, case: CaseSessions) -> Iterator[Series]:
    """What the process takes with no unit: the intercept."""
    samples = doubted(map(intercept_of, case.choice.stops), case, case.choice)
    yield Series(case.case, quantity, samples, warnings=case.choice.warnings)


def leaked_bytes_per_unit(quantity: Quantity, case: CaseSessions) -> Iterator[Series]:
    """How memory creeps up over cycles of grow and release.

    Memory is read while the cycle's units are alive, so that what an allocator keeps between two
    cycles is used again and does not count. User memory alone: the kernel's counters move by more,
    between two cycles, than the leak that is looked for, and no unit of a runtime leaks there
    unseen for long.
    """
    yield _of_leak_checks(quantity, case, leaked)


def uncollected_bytes_per_unit(quantity: Quantity, case: CaseSessions) -> Iterator[Series]:
    """What an ended unit leaves behind until the collector runs."""
    yield _of_leak_checks(quantity, case, uncollected)


def _of_leak_checks(
    quantity: Quantity, case: CaseSessions, derive: Callable[[Session], Sample]
) -> Series:
    samples = tuple(
        replace(derive(session), doubts=case.doubts(session, session.steps))
        for session in case.of(LEAK)
    )
    warnings = () if samples else ("no leak check was made",)
    return Series(case.case, quantity, samples, warnings=warnings)


def doubted(samples: Iterable[Sample], case: CaseSessions, choice: Choice) -> tuple[Sample, ...]:
    """The samples, each with the doubts about its session and the steps that it is made from."""
    return tuple(
        replace(sample, doubts=case.doubts(stops.session, stops.steps))
        for sample, stops in zip(samples, choice.stops, strict=True)
    )


def slopes_of(stops: Stops) -> Mapping[str, Sample]:
    """Every part's slope between the two stops, all unknown where the session has one stop only."""
    first, last = stops.first, stops.last
    if first is None:
        only = Sample(None, UNKNOWN, last.alive, warnings=(_one_step(last),))
        return dict.fromkeys(PARTS, only)
    read = {part: _slope(part, first, last) for part in READ}
    read[TOTAL] = _combined((read[USER], 1), (read[KERNEL], 1))
    rest = _combined((read[KERNEL], 1), (read[KERNEL_STACK], -1), (read[PAGE_TABLES], -1))
    if rest.value is not None:
        # In whole bytes of all units: no rounding of quotients makes nothing of it less than
        # nothing.
        units = last.alive - first.alive
        rest = replace(rest, value=round(rest.value * units) / units)
    read[KERNEL_OTHER] = _not_negative(KERNEL_OTHER, rest)
    huge, noted = huge_pages(first, last), stops.warnings
    return {
        part: replace(one, warnings=(*one.warnings, *(huge if part in RESIDENT else ()), *noted))
        for part, one in read.items()
    }


def intercept_of(stops: Stops) -> Sample:
    """The intercept, M(n) − slope · n: what the process takes with no unit.

    User and kernel memory, where the kernel's counter is of the session's own cgroup. A counter
    that others share has no zero of ours: then user memory alone, as the source and a warning say.
    """
    if stops.first is None:
        return Sample(None, UNKNOWN, warnings=(_one_step(stops.last),))
    user = _intercept(USER, stops.first, stops.last)
    kernel = _intercept(KERNEL, stops.first, stops.last)
    if kernel.value is None or any(word in kernel.source for word in SHARED):
        alone = "user memory alone: the kernel's part is unknown, or counts other processes too"
        return Sample(user.value, user.source, warnings=(*user.warnings, alone, *stops.warnings))
    return _combined((user, 1), (kernel, 1), warnings=stops.warnings)


def huge_pages(*steps: Step) -> tuple[str, ...]:
    """The doubt where huge pages were in use at one of the steps."""
    most = max(step.read(HUGE_PAGES).bytes or 0 for step in steps)
    return (f"transparent huge pages held {most:,} bytes of the process",) if most else ()


def _slope(part: str, first: Step, last: Step) -> Sample:
    before, after = first.read(part), last.read(part)
    name = part.replace("_", " ")
    if before.bytes is None or after.bytes is None:
        return Sample(None, UNKNOWN, last.alive, warnings=(f"{name}: could not be read",))
    if before.source != after.source:
        change = f"{name}: read from {before.source}, then from {after.source}: no difference"
        return Sample(None, UNKNOWN, last.alive, warnings=(change,))
    slope = (after.bytes - before.bytes) / (last.alive - first.alive)
    return _not_negative(part, Sample(slope, after.source, last.alive))


def _not_negative(part: str, sample: Sample) -> Sample:
    """The sample; unknown where it is negative."""
    if sample.value is None or sample.value >= 0:
        return sample
    name = part.replace("_", " ")
    wrong = f"{name}: {sample.value:,.1f} bytes by {sample.source}, which counts something else too"
    return Sample(None, UNKNOWN, sample.at, warnings=(*sample.warnings, wrong))


def _intercept(part: str, first: Step, last: Step) -> Sample:
    slope, start = _slope(part, first, last), first.read(part).bytes
    if slope.value is None or start is None:
        return Sample(None, UNKNOWN, warnings=slope.warnings)
    fixed = Sample(start - slope.value * first.alive, slope.source)
    return _not_negative(f"fixed {part}", fixed)


def _combined(*terms: tuple[Sample, int], warnings: tuple[str, ...] = ()) -> Sample:
    """The signed sum of samples; unknown where one of them is."""
    warnings = (*(doubt for sample, _ in terms for doubt in sample.warnings), *warnings)
    total = 0.0
    source = ""
    for sample, sign in terms:
        if sample.value is None:
            return Sample(None, UNKNOWN, sample.at, warnings=warnings)
        total += sign * sample.value
        source += f" {'+' if sign > 0 else '−'} {sample.source}" if source else sample.source
    return Sample(total, source, terms[0][0].at, warnings=warnings)


def _one_step(last: Step) -> str:
    return f"one step only, at {last.alive:,}: a slope needs two"


def leaked(session: Session) -> Sample:
    """The Theil-Sen slope of user memory over the cycles, divided by a cycle's units. Over those
    after the first ones, as far as they are like each other."""
    cycles = {
        place: step
        for place, step in enumerate(session.steps)
        if place >= DROPPED and not step.swapped and step.refusal is None and step.alive
    }
    steps = [*cycles.values()]
    users = [step.read(USER) for step in steps]
    counts, sources = {step.alive for step in steps}, {user.source for user in users}
    short = f"need at least {FEWEST_CYCLES} cycles for a leak"
    reasons = {
        f"{short}, of which {DROPPED} are dropped": not users,
        "the cycles differ in their units: a leak cannot be measured": len(counts) > 1,
        "user: could not be read": any(user.bytes is None for user in users),
        "user: read from more than one source: no difference": len(sources) > 1,
    }
    for reason, holds in reasons.items():
        if holds:
            return Sample(None, UNKNOWN, warnings=(reason, *session.warnings))
    units, have = steps[0].alive, len(session.steps)
    estimate = theil_sen([*cycles], [float(user.bytes or 0) / units for user in users])
    few = (f"{short}, have {have}",) if have < FEWEST_CYCLES else ()
    noted = (warning for step in steps for warning in step.warnings)
    warnings = (*estimate.warnings, *few, *huge_pages(*steps), *session.warnings, *noted)
    (source,) = sources
    return Sample(estimate.value, source, units, estimate.low, estimate.high, warnings)


def uncollected(session: Session) -> Sample:
    """What an ended unit leaves behind until the collector runs: objects that refer to each other.
    The median over the cycles in which memory was read before and after it ran, and the least and
    most of them."""
    amounts, source = [], UNKNOWN
    for step in session.steps:
        before, after = step.read(UNCOLLECTED), step.read(COLLECTED)
        if before.bytes is None or after.bytes is None:
            continue
        if before.source == after.source and step.alive:
            amounts.append((before.bytes - after.bytes) / step.alive)
            source = before.source
    if not amounts:
        return Sample(None, UNKNOWN, warnings=(NOT_APART,))
    middle, units = statistics.median(amounts), session.steps[0].alive
    return Sample(middle, source, units, low=min(amounts), high=max(amounts))


def grown_bytes_per_unit(session: Session) -> float | None:
    """By how much user memory grew from the first cycle to the last, a unit and cycle: with what
    comes in jumps, which a slope over the cycles leaves out. `None` where it is unknown."""
    cycles = [(place, step) for place, step in enumerate(session.steps) if step.alive]
    if len(cycles) < 2:
        return None
    (first, before), (last, after) = cycles[0], cycles[-1]
    was, now = before.read(USER), after.read(USER)
    if was.bytes is None or now.bytes is None or was.source != now.source:
        return None
    return (now.bytes - was.bytes) / (last - first) / after.alive
