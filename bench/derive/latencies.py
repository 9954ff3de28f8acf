"""Start latency by population: what starting one more unit takes while ever more are parked.

It is two quantities. *From idle*, the machine is as it is: a new thread is mostly put on a
processor that sleeps, and most of its latency may be the time in which that wakes. *Awake*, the
unit is handed over on one processor, where nothing has to wake.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from bench.derive.bins import quantile_seconds
from bench.derive.choice import by_runtime, steps_by_count
from bench.derive.doubts import APPLY, gravest
from bench.derive.load import is_busy, slowed
from bench.derive.metrics import QUANTILES, Name
from bench.derive.samples import doubts_of
from bench.derive.statistics import Estimate, median_with_interval
from bench.model.records import (
    AWAKE_START,
    EMPTY,
    FUTEX_SLOTS,
    START,
    Bins,
    Purpose,
    Result,
    Session,
    Step,
)


@dataclass(frozen=True)
class Latencies:
    """Start latencies of units spawned one at a time, and the same round with nothing spawned."""

    start: Bins
    empty: Bins


@dataclass(frozen=True)
class Start:
    """One of the two start latencies: its metric, its name beside the other, and the name of its
    samples."""

    metric: Name
    name: str
    samples: str

    def of(self, step: Step) -> Latencies | None:
        """What a step has of it."""
        start, empty = step.samples.get(self.samples), step.samples.get(self.samples + EMPTY)
        return None if start is None or empty is None else Latencies(start, empty)


STARTS = (
    Start("start_latency_seconds", "from idle", START),
    Start("awake_start_latency_seconds", "awake", AWAKE_START),
)


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
    purpose: Purpose = "short"
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
    """The populations of every runtime that ran, *from idle* first, the smallest first; none where
    none was timed. Which sweeps tell of a count is the rule of `steps_by_count`."""
    slow = slowed(result.control)
    return {runtime: tuple(_populations(sweeps, slow)) for runtime, sweeps in by_runtime(result)}


def _populations(sweeps: Sequence[Session], slow: bool) -> Iterator[Population]:
    for start in STARTS:
        by_count = steps_by_count(sweeps, _timed_by(start))
        for units, timed in by_count.items():
            yield _population(start, units, timed, slow)


def _timed_by(start: Start) -> Callable[[Session, Step], bool]:
    """Whether a step has starts of this kind."""

    def is_timed(_: Session, step: Step) -> bool:
        latencies = start.of(step)
        return latencies is not None and bool(latencies.start.counts)

    return is_timed


def _population(
    start: Start, units: int, timed: Sequence[tuple[Session, Step]], slow: bool
) -> Population:
    rounds = [latencies for _, step in timed if (latencies := start.of(step))]
    seen = [(*step.doubts, *(("busy",) if slow or is_busy(sweep) else ())) for sweep, step in timed]
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
            gravest(APPLY[start.metric] & doubts_of(seen, quantile, overhead))
            for quantile in quantiles
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
