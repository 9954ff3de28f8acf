"""What one process says of one figure, and the figure's whole series of them.

The fresh process is the unit of replication: whatever is repeated inside one is one sample.
"""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bench.derive.doubts import applying, gravest
from bench.derive.metrics import Metric, Name, Part
from bench.derive.statistics import Estimate, median_with_interval

UNKNOWN = "unknown"
PASSING = ("busy", "overhead")  # doubts that spoil a median when half of its processes met them
OVERHEAD = 0.25  # a share of the value: above it the value says too much of the measuring


@dataclass(frozen=True)
class Sample:
    """One process's value, in the metric's own unit (seconds, bytes, a count); `None` is unknown,
    with the reason among `warnings`. `low` and `high` bound it where the process alone can.
    `doubts` are names of `bench.derive.doubts`."""

    value: float | None
    source: str
    at: int | None = None
    low: float | None = None
    high: float | None = None
    warnings: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Series:
    """One figure of one runtime as its processes gave it, in the order in which they ran.
    `overhead` is what measuring itself takes of the value, where that is known."""

    case: str
    metric: Name
    samples: tuple[Sample, ...]
    part: Part | None = None
    quantile: float | None = None
    warnings: tuple[str, ...] = ()
    overhead: float | None = None

    @property
    def comparable(self) -> tuple[Sample, ...]:
        """The known samples of the one source that most of them have: figures of unlike sources
        are never pooled."""
        known = [sample for sample in self.samples if sample.value is not None]
        if not known:
            return ()
        source = Counter(sample.source for sample in known).most_common(1)[0][0]
        return tuple(sample for sample in known if sample.source == source)

    @property
    def values(self) -> tuple[float, ...]:
        """The comparable samples' values: what a figure, or a test of two sides, is made from."""
        return tuple(sample.value for sample in self.comparable if sample.value is not None)


def metric_of(series: Series) -> Metric:
    """The figure: the median of the samples with its interval, and every doubt about them."""
    pooled = series.comparable
    estimate = _estimate(series)
    stops = [sample.at for sample in pooled or series.samples if sample.at is not None]
    return Metric(
        case=series.case,
        metric=series.metric,
        part=series.part,
        quantile=series.quantile,
        at=statistics.median_high(stops) if stops else None,
        value=estimate.value,
        low=estimate.low,
        high=estimate.high,
        overhead=series.overhead,
        samples=len(pooled),
        better="lower",
        source=pooled[0].source if pooled else UNKNOWN,
        doubt=_doubt(series, estimate),
        warnings=_warnings(series, estimate),
    )


def _doubt(series: Series, estimate: Estimate) -> str | None:
    pooled = series.comparable
    if not pooled:
        return None
    allowed = applying(series.metric, pooled[0].source)
    held = doubts_of([sample.doubts for sample in pooled], estimate, series.overhead)
    return gravest(held & allowed)


def doubts_of(
    seen: Sequence[Sequence[str]], estimate: Estimate, overhead: float | None = None
) -> set[str]:
    """The doubts about a value from those `seen` of each process behind it. One process whose
    runner gave a false report or was not at rest is enough; other work moves a median when half of
    the processes met it."""
    if estimate.value is None:
        return set()
    held = spoiling(seen)
    if estimate.low is None:
        held.add("few")
    if overhead is not None and overhead > OVERHEAD * estimate.value:
        held.add("overhead")
    return held


def spoiling(seen: Sequence[Iterable[str]]) -> set[str]:
    """Which of the doubts `seen` of each process spoil a median over them all."""
    met = Counter(name for names in seen for name in dict.fromkeys(names))
    return {name for name in met if name not in PASSING or 2 * met[name] >= len(seen)}


def _estimate(series: Series) -> Estimate:
    pooled = series.comparable
    if len(pooled) == 1 and pooled[0].low is not None:
        return Estimate(pooled[0].value, pooled[0].low, pooled[0].high)
    return median_with_interval(series.values)


def _warnings(series: Series, estimate: Estimate) -> tuple[str, ...]:
    """Each doubt once, those about all the samples first."""
    doubts = [*series.warnings, *estimate.warnings]
    left_out = len(series.samples) - len(series.comparable)
    if series.comparable and left_out:
        doubts.append(f"unknown or of another source in {left_out} of {len(series.samples)} sweeps")
    for sample in series.samples:
        doubts.extend(sample.warnings)
    return tuple(dict.fromkeys(doubts))
