"""Start latency by population: what starting one more unit takes while ever more are parked."""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bench.results.bins import quantile_seconds
from bench.results.choice import by_runtime
from bench.results.doubts import gravest
from bench.results.load import is_busy, slowed
from bench.results.metrics import QUANTILES
from bench.results.records import Latencies, Purpose, Result, Sweep
from bench.results.samples import doubts_of
from bench.results.statistics import Estimate, median_with_interval


@dataclass(frozen=True)
class Population:
    """Start latencies in seconds with `units` parked, an estimate for each of `QUANTILES`, from one
    value a process; `None` for one that too few were timed to tell (`bears`). `timed` units were
    started in each process (the median). `samples` processes were asked. `overhead` is the median
    of a round with nothing spawned, and `doubt` that about the median."""

    units: int
    timed: int
    samples: int
    quantiles: tuple[Estimate, ...]
    overhead: float | None = None
    doubt: str | None = None


def bears(timed: int, quantile: float) -> bool:
    """Whether so many timed units tell the quantile from the longest: where one of them at least is
    beyond it. The 99 % quantile wants a hundred, the 90 % one ten; any tell their median."""
    return quantile <= 0.5 or quantile == 1 or round(timed * (1 - quantile), 6) >= 1


def quantile_of(latencies: Latencies, quantile: float) -> float | None:
    """The quantile of one process's start latencies, in seconds; `None` where they tell none."""
    started = latencies.start
    return quantile_seconds(started, quantile) if bears(sum(started.counts), quantile) else None


def populations(result: Result) -> dict[str, tuple[Population, ...]]:
    """The populations of every runtime that ran, the smallest first; none where none was timed.

    A count that short sweeps stopped at is told from them alone, as the figures are; the climbs
    tell of all others.
    """
    slow = slowed(result.control)
    return {runtime: _populations(sweeps, slow) for runtime, sweeps in by_runtime(result)}


@dataclass(frozen=True)
class _Round:
    """One process's latencies at one count, and the doubts about them."""

    latencies: Latencies
    doubts: tuple[str, ...]


def _populations(sweeps: Sequence[Sweep], slow: bool) -> tuple[Population, ...]:
    timed = _timed(sweeps, "climb", slow) | _timed(sweeps, "short", slow)
    return tuple(_population(units, rounds) for units, rounds in sorted(timed.items()))


def _timed(sweeps: Iterable[Sweep], purpose: Purpose, slow: bool) -> dict[int, list[_Round]]:
    rounds: dict[int, list[_Round]] = defaultdict(list)
    for sweep in sweeps:
        busy = ("busy",) if slow or is_busy(sweep) else ()
        for step in sweep.steps if sweep.purpose == purpose else ():
            if step.latencies and step.latencies.start.counts and not step.swapped:
                rounds[step.alive].append(_Round(step.latencies, (*step.doubts, *busy)))
    return dict(rounds)


def _population(units: int, rounds: Sequence[_Round]) -> Population:
    latencies = [one.latencies for one in rounds]
    quantiles = tuple(_quantile(latencies, quantile) for quantile in QUANTILES)
    empty = [quantile_seconds(one.empty, 0.5) for one in latencies]
    overhead = median_with_interval([value for value in empty if value is not None]).value
    return Population(
        units,
        statistics.median_high(sum(one.start.counts) for one in latencies),
        len(rounds),
        quantiles,
        overhead,
        gravest(doubts_of([one.doubts for one in rounds], quantiles[0], overhead)),
    )


def _quantile(rounds: Sequence[Latencies], quantile: float) -> Estimate:
    values = (quantile_of(one, quantile) for one in rounds)
    return median_with_interval([value for value in values if value is not None])
