"""Seconds and faults: what launching, starting and ending a unit takes, one value a process.

Bursts, longest spawn, start latency and release are by the runner's own clock; CPU time and page
faults are those of its process, read from outside before and after the burst.

Start latency is two quantities. *From idle*, the machine is as it is: a new thread is mostly put on
a processor that sleeps, and most of its latency may be the time in which that wakes. *Awake*, the
unit is handed over on one processor, where nothing has to wake.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from bench.derive.choice import (
    CaseSessions,
    Choice,
    Stops,
    cases_of,
    steps_by_count,
    stop_warnings,
)
from bench.derive.doubts import LATENCY, gravest
from bench.derive.memory import doubted
from bench.derive.series import Quantity, Sample, Series, doubts_of
from bench.derive.statistics import Estimate, median_with_interval, outliers, quantile_seconds
from bench.model.records import (
    AWAKE_START,
    EMPTY,
    FUTEX_SLOTS,
    GC,
    LONGEST_SPAWN,
    MAJOR_FAULTS,
    MINOR_FAULTS,
    RELEASE,
    REPEAT,
    START,
    SYSTEM,
    USER,
    Bins,
    Result,
    Session,
    Step,
)

CLOCK = "runner's clock"
CPU = "process CPU clock"
FAULTS = "process fault counters"
RUNTIME = "runtime's own account"
QUANTILES = (0.5, 0.9, 0.99, 1.0)
OUTLIER_FACTOR = 2.0
# The kernel counts CPU time in ticks of 10 ms: of less than this, a tick is more than a tenth.
FEWEST_CPU_SECONDS = 0.1
COARSE = "CPU time is counted in ticks of about 10 ms, and the burst took only a few"

Formula = Callable[[Quantity, CaseSessions], Iterator[Series]]


def burst(quantity: Quantity, case: CaseSessions) -> Iterator[Series]:
    """Seconds a unit of the burst from nothing, 0 → n, at n: a session's first step."""
    samples = doubted(map(_burst, case.bursts.stops), case, case.bursts)
    warnings = (*case.bursts.warnings, *slow_faults(case.bursts))
    yield Series(case.case, quantity, samples, warnings=warnings)


def _burst(stops: Stops) -> Sample:
    first = stops.session.steps[0]
    if first.spawned != first.alive or first.swapped:
        return _unknown(first, "the session has no steady burst from nothing")
    return _each(first, first.burst_seconds, CLOCK)


def _at_n(derive: Callable[[Stops], Sample], cpu: str | None = None) -> Formula:
    """The formula of a value of the burst that ended at N. `cpu` is the CPU time in question, which
    is counted in coarse ticks."""

    def formula(quantity: Quantity, case: CaseSessions) -> Iterator[Series]:
        choice = case.choice
        samples = doubted(map(derive, choice.stops), case, choice)
        coarse = coarse_clock(choice, cpu) if cpu else ()
        warnings = (*choice.warnings, *slow_faults(choice), *coarse)
        yield Series(case.case, quantity, samples, warnings=warnings)

    return formula


def _seconds(name: str, source: str) -> Callable[[Stops], Sample]:
    """Seconds a unit, of this name."""

    def derive(stops: Stops) -> Sample:
        return _each(stops.last, stops.last.seconds.get(name), source, stop_warnings(stops))

    return derive


def _marginal_burst(stops: Stops) -> Sample:
    if stops.last.spawned == stops.last.alive:
        return _unknown(stops.last, "one burst only, from nothing")
    return _each(stops.last, stops.last.burst_seconds, CLOCK, stop_warnings(stops))


def _longest_spawn(stops: Stops) -> Sample:
    longest = stops.last.seconds.get(LONGEST_SPAWN)
    return _at(stops.last, longest, CLOCK, stop_warnings(stops))


def _page_faults(stops: Stops) -> Sample:
    return _each(stops.last, _faults(stops.last), FAULTS, stop_warnings(stops))


def _release(stops: Stops) -> Sample:
    """Of the units at the release."""
    step = next((s for s in reversed(stops.session.steps) if RELEASE in s.seconds), None)
    if step is None:
        return _unknown(stops.last, "the session ended without a timed release")
    return _at(step, _quotient(step.seconds[RELEASE], step.alive), CLOCK, stop_warnings(stops))


# Seconds a unit of the burst that ended at N, on top of the units that were there.
marginal_burst = _at_n(_marginal_burst)
longest_spawn = _at_n(_longest_spawn)  # seconds of the longest single spawn call in that burst
user_time = _at_n(_seconds(USER, CPU), USER)
system_time = _at_n(_seconds(SYSTEM, CPU), SYSTEM)
collector_time = _at_n(_seconds(GC, RUNTIME))
page_faults = _at_n(_page_faults)  # minor and major ones a unit
release = _at_n(_release)  # seconds a unit from waking the first to the end of the last


@dataclass(frozen=True)
class Latencies:
    """Start latencies of units spawned one at a time, and the same round with nothing spawned."""

    start: Bins
    empty: Bins


@dataclass(frozen=True)
class Start:
    """One of the two start latencies: its name beside the other, and the name of its samples."""

    name: str
    samples: str

    def of(self, step: Step) -> Latencies | None:
        """What a step has of it."""
        start, empty = step.samples.get(self.samples), step.samples.get(self.samples + EMPTY)
        return None if start is None or empty is None else Latencies(start, empty)


FROM_IDLE = Start("from idle", START)
AWAKE = Start("awake", AWAKE_START)
STARTS = (FROM_IDLE, AWAKE)


def start_latency(start: Start) -> Formula:
    """The formula of one start latency: its quantiles in each process, with N units parked."""

    def formula(quantity: Quantity, case: CaseSessions) -> Iterator[Series]:
        choice = case.choice
        timed = (one for stops in choice.stops if (one := start.of(stops.last)))
        overhead = overhead_of(timed)
        warnings = (*choice.warnings, *slow_faults(choice))
        for quantile in quantity.quantiles:
            taken = (_start(start, stops, quantile) for stops in choice.stops)
            samples = doubted(taken, case, choice)
            yield Series(
                case.case,
                quantity,
                samples,
                quantile=quantile,
                overhead=overhead,
                warnings=warnings,
            )

    return formula


def _start(start: Start, stops: Stops, quantile: float) -> Sample:
    """Unknown where too few were timed to tell the quantile from the longest."""
    latencies = start.of(stops.last)
    if latencies is None:
        return _unknown(stops.last, f"start latency {start.name} was not taken at this step")
    timed = sum(latencies.start.counts)
    if timed and not bears(timed, quantile):
        few = f"{timed} starts were timed, too few to tell their {100 * quantile:.0f} % quantile"
        return _unknown(stops.last, few)
    return _at(stops.last, quantile_of(latencies, quantile), CLOCK, stop_warnings(stops))


@dataclass(frozen=True)
class Population:
    """Start latencies in seconds with `units` parked, an estimate for each of `QUANTILES`, from one
    value a process; `None` for one that too few were timed to tell (`bears`). `timed` units were
    started in each process (the median). `samples` processes were asked. `overhead` is the median
    round with nothing spawned, in seconds; `doubts` has that about each quantile. `purpose` is that
    of the sweeps; `futex_slots` are those that the processes had, the fewest."""

    start: Start
    units: int
    timed: int
    samples: int
    quantiles: tuple[Estimate, ...]
    overhead: float | None
    doubts: tuple[str | None, ...] = ()
    purpose: str = REPEAT
    futex_slots: int | None = None

    @property
    def doubt(self) -> str | None:
        """The one about the median."""
        return next(iter(self.doubts), None)


def bears(timed: int, quantile: float) -> bool:
    """Whether so many timed units tell the quantile from the longest: where one of them at least is
    beyond it. The 99 % quantile wants a hundred, the 90 % one ten; any tell their median."""
    return quantile <= 0.5 or quantile == 1 or round(timed * (1 - quantile), 6) >= 1


def quantile_of(latencies: Latencies, quantile: float) -> float | None:
    """The quantile of one process's start latencies, in seconds; `None` where they tell none."""
    started = latencies.start
    return quantile_seconds(started, quantile) if bears(sum(started.counts), quantile) else None


def overhead_of(rounds: Iterable[Latencies]) -> float | None:
    """The median, over processes, of the median round with nothing spawned, in seconds: what the
    clock and the hand-over take of each start latency."""
    medians = (quantile_seconds(each.empty, 0.5) for each in rounds)
    return median_with_interval([median for median in medians if median is not None]).value


def populations(result: Result) -> dict[str, tuple[Population, ...]]:
    """The populations of every case that ran, *from idle* first, the smallest first; none where
    none was timed. Which sweeps tell of a count is the rule of `steps_by_count`."""
    return {case.case: tuple(_populations(case)) for case in cases_of(result)}


def _populations(case: CaseSessions) -> Iterator[Population]:
    for start in STARTS:
        by_count = steps_by_count(case.sessions, _timed_by(start))
        for units, timed in by_count.items():
            yield _population(start, units, timed, case)


def _timed_by(start: Start) -> Callable[[Session, Step], bool]:
    """Whether a step has starts of this kind."""

    def is_timed(_: Session, step: Step) -> bool:
        latencies = start.of(step)
        return latencies is not None and bool(latencies.start.counts)

    return is_timed


def _population(
    start: Start, units: int, timed: Sequence[tuple[Session, Step]], case: CaseSessions
) -> Population:
    rounds = [latencies for _, step in timed if (latencies := start.of(step))]
    seen = [case.doubts(session, [step]) for session, step in timed]
    quantiles = tuple(_quantile(rounds, quantile) for quantile in QUANTILES)
    overhead = overhead_of(rounds)
    return Population(
        start,
        units,
        timed=statistics.median_high(sum(one.start.counts) for one in rounds),
        samples=len(rounds),
        quantiles=quantiles,
        overhead=overhead,
        doubts=tuple(
            gravest(LATENCY & doubts_of(seen, quantile, overhead)) for quantile in quantiles
        ),
        purpose=timed[0][0].purpose,
        futex_slots=min(
            (step.counts[FUTEX_SLOTS] for _, step in timed if FUTEX_SLOTS in step.counts),
            default=None,
        ),
    )


def _quantile(rounds: Sequence[Latencies], quantile: float) -> Estimate:
    values = (quantile_of(one, quantile) for one in rounds)
    return median_with_interval([value for value in values if value is not None])


def slow_faults(choice: Choice) -> tuple[str, ...]:
    """The doubt about each session whose system time a page fault is out of the ordinary: another
    guest, or memory that the virtual machine touched for the first time."""
    told = [stops for stops in choice.stops if _tells_fault_cost(stops.last)]
    costs = [_fault_cost(stops.last) for stops in told]
    return tuple(
        f"session {told[place].session.round}: {costs[place] * 1e6:.2f} µs of system time a page "
        f"fault, out of line with the other sessions"
        for place in outliers(costs, OUTLIER_FACTOR)
    )


def coarse_clock(choice: Choice, name: str) -> tuple[str, ...]:
    """The doubt where a burst's CPU time is no more than a few of the ticks it is counted in."""
    spent = _median(stops.last.seconds.get(name) for stops in choice.stops)
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
