"""Seconds and faults: what launching, starting and ending a unit takes, one value a process.

Bursts, longest spawn, start latency and release are by the runner's own clock; CPU time and page
faults are those of its process, read from outside before and after the burst.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Mapping

from bench.derive.choice import Choice, Stops, doubts
from bench.derive.latencies import Start, bears, overhead_of, quantile_of
from bench.derive.metrics import Name
from bench.derive.samples import Sample
from bench.derive.statistics import outliers
from bench.model.records import (
    GC,
    LONGEST_SPAWN,
    MAJOR_FAULTS,
    MINOR_FAULTS,
    RELEASE,
    SYSTEM,
    USER,
    Step,
)

CLOCK = "runner's clock"
CPU = "process CPU clock"
FAULTS = "process fault counters"
RUNTIME = "runtime's own account"
OUTLIER_FACTOR = 2.0
# The kernel counts CPU time in ticks of 10 ms: of less than this, a tick is more than a tenth.
FEWEST_CPU_SECONDS = 0.1
COARSE = "CPU time is counted in ticks of about 10 ms, and the burst took only a few"


def burst(stops: Stops) -> Sample:
    """Seconds a unit of the burst from nothing, 0 → n, at n: the sweep's first step."""
    first = stops.sweep.steps[0]
    if first.spawned != first.alive or first.swapped:
        return _unknown(first, "the sweep has no steady burst from nothing")
    return _each(first, first.burst_seconds, CLOCK)


def marginal_burst(stops: Stops) -> Sample:
    """Seconds a unit of the burst that ended at N, on top of the units that were there."""
    if stops.last.spawned == stops.last.alive:
        return _unknown(stops.last, "one burst only, from nothing")
    return _each(stops.last, stops.last.burst_seconds, CLOCK, doubts(stops))


def longest_spawn(stops: Stops) -> Sample:
    """Seconds of the longest single spawn call in the burst that ended at N."""
    return _at(stops.last, stops.last.seconds.get(LONGEST_SPAWN), CLOCK, doubts(stops))


def user_time(stops: Stops) -> Sample:
    """User CPU seconds a unit over the burst that ended at N."""
    return _each(stops.last, stops.last.seconds.get(USER), CPU, doubts(stops))


def system_time(stops: Stops) -> Sample:
    """System CPU seconds a unit over the burst that ended at N."""
    return _each(stops.last, stops.last.seconds.get(SYSTEM), CPU, doubts(stops))


def collector_time(stops: Stops) -> Sample:
    """Seconds a unit that the garbage collector took of the burst that ended at N."""
    return _each(stops.last, stops.last.seconds.get(GC), RUNTIME, doubts(stops))


def page_faults(stops: Stops) -> Sample:
    """Minor and major page faults a unit over the burst that ended at N."""
    return _each(stops.last, _faults(stops.last), FAULTS, doubts(stops))


def start_latency(start: Start, stops: Stops, quantile: float) -> Sample:
    """The quantile of this process's start latencies, in seconds, with N units parked; unknown
    where too few were timed to tell it from the longest."""
    latencies = start.of(stops.last)
    if latencies is None:
        return _unknown(stops.last, f"start latency {start.name} was not taken at this step")
    timed = sum(latencies.start.counts)
    if timed and not bears(timed, quantile):
        few = f"{timed} starts were timed, too few to tell their {100 * quantile:.0f} % quantile"
        return _unknown(stops.last, few)
    value = quantile_of(latencies, quantile)
    return _at(stops.last, value, CLOCK, doubts(stops))


def start_overhead(start: Start, choice: Choice) -> float | None:
    """What measuring takes of each of these start latencies, in seconds."""
    return overhead_of(timed for stops in choice.stops if (timed := start.of(stops.last)))


def release(stops: Stops) -> Sample:
    """Seconds a unit from waking the first to the end of the last, of the units at the release."""
    step = next((s for s in reversed(stops.sweep.steps) if RELEASE in s.seconds), None)
    if step is None:
        return _unknown(stops.last, "the sweep ended without a release")
    return _at(step, _quotient(step.seconds[RELEASE], step.alive), CLOCK, doubts(stops))


CPU_TIMES: Mapping[Name, Callable[[Step], float | None]] = {
    "user_seconds_per_unit": lambda step: step.seconds.get(USER),
    "system_seconds_per_unit": lambda step: step.seconds.get(SYSTEM),
}
BURST_TIMES: Mapping[Name, Callable[[Stops], Sample]] = {
    "marginal_burst_seconds_per_unit": marginal_burst,
    "longest_spawn_seconds": longest_spawn,
    "user_seconds_per_unit": user_time,
    "system_seconds_per_unit": system_time,
    "gc_seconds_per_unit": collector_time,
    "page_faults_per_unit": page_faults,
}


def slow_faults(choice: Choice) -> tuple[str, ...]:
    """The doubt about each sweep whose system time a page fault is out of the ordinary: another
    guest, or memory that the virtual machine touched for the first time."""
    told = [stops for stops in choice.stops if _tells_fault_cost(stops.last)]
    costs = [_fault_cost(stops.last) for stops in told]
    return tuple(
        f"sweep {told[place].sweep.round}: {costs[place] * 1e6:.2f} µs of system time a page "
        f"fault, out of line with the other sweeps"
        for place in outliers(costs, OUTLIER_FACTOR)
    )


def coarse_clock(choice: Choice, metric: Name) -> tuple[str, ...]:
    """The doubt where a burst's CPU time is no more than a few of the ticks it is counted in."""
    spent = _median(CPU_TIMES[metric](stops.last) for stops in choice.stops)
    if spent is None or spent >= FEWEST_CPU_SECONDS:
        return ()
    return (COARSE,)


def _median(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return statistics.median(known) if known else None


def _tells_fault_cost(step: Step) -> bool:
    return step.seconds.get(SYSTEM, 0) >= FEWEST_CPU_SECONDS and bool(_faults(step))


def _fault_cost(step: Step) -> float:
    return step.seconds.get(SYSTEM, 0) / (_faults(step) or 1)


def _faults(step: Step) -> int | None:
    minor, major = step.counts.get(MINOR_FAULTS), step.counts.get(MAJOR_FAULTS)
    return None if minor is None or major is None else minor + major


def _each(step: Step, amount: float | None, source: str, warnings: tuple[str, ...] = ()) -> Sample:
    """`amount` a unit of the step's burst."""
    return _at(step, _quotient(amount, step.spawned), source, warnings)


def _at(step: Step, value: float | None, source: str, warnings: tuple[str, ...]) -> Sample:
    return Sample(value, source, step.alive, warnings=warnings)


def _quotient(amount: float | None, units: int) -> float | None:
    return amount / units if amount is not None and units else None


def _unknown(step: Step, reason: str) -> Sample:
    return Sample(None, "unknown", step.alive, warnings=(reason,))
