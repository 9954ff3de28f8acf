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
from dataclasses import dataclass, replace
from functools import partial

from bench.derive.choice import (
    CaseSessions,
    Choice,
    Stops,
    cases_of,
    steps_by_count,
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


def _formula(
    derive: Callable[[Stops], Sample],
    *,
    bursts: bool = False,
    cpu: str | None = None,
    timed: str | None = None,
) -> Formula:
    """The formula of what `derive` makes of each session: of those behind the headline metrics, or
    of the `bursts` from nothing. `cpu` is the CPU time in question, which is counted in coarse
    ticks. `timed` is a duration that few sessions may have: then it is of those."""

    def formula(quantity: Quantity, case: CaseSessions) -> Iterator[Series]:
        choice = case.bursts if bursts else case.choice
        have = tuple(
            s for s in choice.stops if any(timed in one.seconds for one in s.session.steps)
        )
        choice = replace(choice, stops=have) if have else choice
        samples = doubted(map(derive, choice.stops), case, choice)
        coarse = coarse_clock(choice, cpu) if cpu else ()
        warnings = (*choice.warnings, *slow_faults(choice), *coarse)
        yield Series(case.case, quantity, samples, warnings=warnings)

    return formula


@partial(_formula, bursts=True)
def burst(stops: Stops) -> Sample:
    """Seconds a unit of the burst from nothing, 0 → n, at n: a session's first step."""
    first = stops.session.steps[0]
    if first.spawned != first.alive or first.swapped:
        return _unknown(first, "the session has no steady burst from nothing")
    return _at(first, _quotient(first.burst_seconds, first.spawned), CLOCK)


@_formula
def marginal_burst(stops: Stops) -> Sample:
    """Seconds a unit of the burst that ended at N, on top of the units that were there."""
    last = stops.last
    if last.spawned == last.alive:
        return _unknown(last, "one burst only, from nothing")
    return _at(last, _quotient(last.burst_seconds, last.spawned), CLOCK, stops.warnings)


@_formula
def longest_spawn(stops: Stops) -> Sample:
    """Seconds of the longest single spawn call in that burst."""
    return _at(stops.last, stops.last.seconds.get(LONGEST_SPAWN), CLOCK, stops.warnings)


def _spent(name: str, source: str) -> Callable[[Stops], Sample]:
    """The seconds of this name over that burst, a unit."""

    def derive(stops: Stops) -> Sample:
        each = _quotient(stops.last.seconds.get(name), stops.last.spawned)
        return _at(stops.last, each, source, stops.warnings)

    return derive


user_time = _formula(_spent(USER, CPU), cpu=USER)
system_time = _formula(_spent(SYSTEM, CPU), cpu=SYSTEM)
collector_time = _formula(_spent(GC, RUNTIME))


@_formula
def page_faults(stops: Stops) -> Sample:
    """Minor and major ones, a unit."""
    each = _quotient(_faults(stops.last), stops.last.spawned)
    return _at(stops.last, each, FAULTS, stops.warnings)


@partial(_formula, timed=RELEASE)
def release(stops: Stops) -> Sample:
    """Seconds a unit, of the units at the release, from waking the first to the end of the last."""
    step = next((s for s in reversed(stops.session.steps) if RELEASE in s.seconds), None)
    if step is None:
        return _unknown(stops.last, "the session ended without a timed release")
    return _at(step, _quotient(step.seconds[RELEASE], step.alive), CLOCK, stops.warnings)


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

    def is_timed(self, _: Session, step: Step) -> bool:
        """Whether the step has starts of this kind."""
        latencies = self.of(step)
        return latencies is not None and bool(latencies.start.counts)

    def sample(self, stops: Stops, quantile: float) -> Sample:
        """A quantile in one process with N units parked; unknown where too few were timed to know
        it from the longest."""
        latencies = self.of(stops.last)
        if latencies is None:
            return _unknown(stops.last, f"start latency {self.name} was not taken at this step")
        timed = sum(latencies.start.counts)
        if timed and not bears(timed, quantile):
            few = (
                f"{timed} starts were timed, too few to tell their {100 * quantile:.0f} % quantile"
            )
            return _unknown(stops.last, few)
        return _at(stops.last, quantile_of(latencies, quantile), CLOCK, stops.warnings)


FROM_IDLE = Start("from idle", START)
AWAKE = Start("awake", AWAKE_START)
STARTS = (FROM_IDLE, AWAKE)


def start_latency(start: Start) -> Formula:
    """The formula of one start latency: its quantiles in each process."""

    def formula(quantity: Quantity, case: CaseSessions) -> Iterator[Series]:
        choice = case.choice
        overhead = overhead_of(one for stops in choice.stops if (one := start.of(stops.last)))
        warnings = (*choice.warnings, *slow_faults(choice))
        for quantile in quantity.quantiles:
            samples = (start.sample(stops, quantile) for stops in choice.stops)
            yield Series(
                case.case,
                quantity,
                doubted(samples, case, choice),
                quantile=quantile,
                overhead=overhead,
                warnings=warnings,
            )

    return formula


@dataclass(frozen=True)
class Population:
    """Start latencies in seconds with `units` parked, an estimate for each of `QUANTILES`, from one
    value a process; `None` for one that too few were timed for (`bears`). `timed` units were
    started in each process (the median). `samples` processes were asked. `overhead` is the median
    round with nothing spawned, in seconds; `doubts` has that about each quantile. `purpose` is that
    of the sessions; `futex_slots` are those that the processes had, the fewest."""

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
    """Whether so many timed units give the quantile apart from the longest: where one of them at
    least is beyond it. The 99 % quantile wants a hundred, the 90 % one ten; any give their
    median."""
    return quantile <= 0.5 or quantile == 1 or round(timed * (1 - quantile), 6) >= 1


def quantile_of(latencies: Latencies, quantile: float) -> float | None:
    """The quantile of one process's start latencies, in seconds; `None` where they are too few."""
    started = latencies.start
    return quantile_seconds(started, quantile) if bears(sum(started.counts), quantile) else None


def overhead_of(rounds: Iterable[Latencies]) -> float | None:
    """The median, over processes, of the median round with nothing spawned, in seconds: what the
    clock and the hand-over take of each start latency."""
    medians = (quantile_seconds(each.empty, 0.5) for each in rounds)
    return median_with_interval([median for median in medians if median is not None]).value


def populations(result: Result) -> dict[str, tuple[Population, ...]]:
    """The populations of every case that ran, *from idle* first, the smallest first; none where
    none was timed. Which sessions have a count is the rule of `steps_by_count`."""
    return {
        case.case: tuple(
            _population(case, start, units, timed)
            for start in STARTS
            for units, timed in steps_by_count(case.sessions, start.is_timed).items()
        )
        for case in cases_of(result)
    }


def _population(
    case: CaseSessions, start: Start, units: int, timed: Sequence[tuple[Session, Step]]
) -> Population:
    rounds = [latencies for _, step in timed if (latencies := start.of(step))]
    values = ([quantile_of(one, quantile) for one in rounds] for quantile in QUANTILES)
    quantiles = [median_with_interval([v for v in row if v is not None]) for row in values]
    seen = [case.doubts(session, [step]) for session, step in timed]
    overhead = overhead_of(rounds)
    slots = [step.counts[FUTEX_SLOTS] for _, step in timed if FUTEX_SLOTS in step.counts]
    return Population(
        start,
        units,
        timed=statistics.median_high(sum(one.start.counts) for one in rounds),
        samples=len(rounds),
        quantiles=tuple(quantiles),
        overhead=overhead,
        doubts=tuple(gravest(LATENCY & doubts_of(seen, each, overhead)) for each in quantiles),
        purpose=timed[0][0].purpose,
        futex_slots=min(slots, default=None),
    )


def slow_faults(choice: Choice) -> tuple[str, ...]:
    """The doubt about each session whose system time a page fault is out of the ordinary: another
    guest, or memory that the virtual machine touched for the first time."""
    costs: dict[int, float] = {}
    for stops in choice.stops:
        system, faults = stops.last.seconds.get(SYSTEM, 0), _faults(stops.last)
        if system >= FEWEST_CPU_SECONDS and faults:
            costs[stops.session.round] = system / faults
    rounds = [*costs]
    return tuple(
        f"session {rounds[place]}: {costs[rounds[place]] * 1e6:.2f} µs of system time a page "
        "fault, out of line with the other sessions"
        for place in outliers([*costs.values()], OUTLIER_FACTOR)
    )


def coarse_clock(choice: Choice, name: str) -> tuple[str, ...]:
    """The doubt where a burst's CPU time is no more than a few of the ticks it is counted in."""
    spent = [stops.last.seconds.get(name) for stops in choice.stops]
    known = [seconds for seconds in spent if seconds is not None]
    return (COARSE,) if known and statistics.median(known) < FEWEST_CPU_SECONDS else ()


def _faults(step: Step) -> int | None:
    minor, major = step.counts.get(MINOR_FAULTS), step.counts.get(MAJOR_FAULTS)
    return None if minor is None or major is None else minor + major


def _at(step: Step, value: float | None, source: str, warnings: tuple[str, ...] = ()) -> Sample:
    return Sample(value, source, step.alive, warnings=warnings)


def _quotient(amount: float | None, units: int) -> float | None:
    return amount / units if amount is not None and units else None


def _unknown(step: Step, reason: str) -> Sample:
    return Sample(None, "unknown", step.alive, warnings=(reason,))
