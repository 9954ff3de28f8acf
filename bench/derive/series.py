"""A quantity, and what each process says of it.

The fresh process is the unit of replication: whatever is repeated inside one is one sample.
"""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from bench.derive.choice import CaseSessions
from bench.derive.doubts import SHARED, gravest
from bench.derive.statistics import Estimate, median_with_interval
from bench.model.records import Stop

Dimension = Literal["bytes", "seconds", "count"]
Better = Literal["lower", "higher"]

PASSING = ("busy", "overhead")  # doubts that spoil a median when half of its processes met them
OVERHEAD = 0.25  # a share of the value: above it the value says too much of the measuring


@dataclass(frozen=True)
class Margin:
    """How much worse is no regression: a share of the base (`0.01` is 1 %) or, if `absolute`, an
    amount in the quantity's own unit."""

    value: float
    absolute: bool = False


@dataclass(frozen=True)
class Quantity:
    """A kind of number that the product reports: a row of `bench.quantities`.

    `label` is its name where a person reads it, `short` the name that tables have room for; options
    take `name`, `label` and `short`. `derive` makes its series from the sessions of one case, which
    it is reported of where there are sessions of one of `purposes`; each series is of one of
    `parts` or `quantiles`, where the quantity has those. `per_unit` values are divided by the
    units. `doubts` are those that can spoil it. `margin` is a gate's unless another is given, and
    `negligible` takes its place where the base is 0. `counted` says what `Metric.at`
    counts, where results that differ in it are unlike. A
    `headline` is judged in a history unless other quantities are asked for.
    """

    name: str
    dimension: Dimension
    label: str
    short: str
    derive: Callable[[Quantity, CaseSessions], Iterable[Series]]
    purposes: frozenset[str]
    doubts: frozenset[str]
    margin: Margin
    negligible: float
    better: Better = "lower"
    per_unit: bool = True
    parts: tuple[str, ...] = ()
    quantiles: tuple[float, ...] = ()
    counted: str = ""
    headline: bool = False

    def doubts_from(self, source: str) -> frozenset[str]:
        """The doubts that a value read from `source` can have: what others move too is spoiled by
        their work."""
        return doubts_from(self.doubts, source)


@dataclass(frozen=True)
class Sample:
    """One process's value, in the quantity's own unit; `None` is unknown, with the reason among
    `warnings`. `low` and `high` bound it where the process alone can. `doubts` are names of
    `bench.derive.doubts`."""

    value: float | None
    source: str
    at: int | None = None
    low: float | None = None
    high: float | None = None
    warnings: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Series:
    """A quantity of one case as its processes gave it, in the order in which they ran. `with_` is
    what else the values belong to (`{"calls": 100}`). `overhead` is what measuring itself takes of
    the value, where that is known. `stop` says what ended the launch, where the value is where it
    ended; that one is no median."""

    case: str
    quantity: Quantity
    samples: tuple[Sample, ...]
    part: str | None = None
    quantile: float | None = None
    with_: Mapping[str, str | float] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    overhead: float | None = None
    stop: Stop | None = None

    @property
    def metric(self) -> str:
        """The quantity's name."""
        return self.quantity.name

    @property
    def comparable(self) -> tuple[Sample, ...]:
        """The known samples of the one source that most of them have: values of unlike sources are
        never pooled."""
        known = [sample for sample in self.samples if sample.value is not None]
        if not known:
            return ()
        source = Counter(sample.source for sample in known).most_common(1)[0][0]
        return tuple(sample for sample in known if sample.source == source)

    @property
    def values(self) -> tuple[float, ...]:
        """The comparable samples' values: what a metric, or a test of two sides, is made from."""
        return tuple(sample.value for sample in self.comparable if sample.value is not None)

    def estimate(self) -> Estimate:
        """The median of the values with its interval; one process's own where it alone has one."""
        pooled = self.comparable
        if self.stop is not None:
            return Estimate(pooled[0].value if pooled else None)
        if len(pooled) == 1 and pooled[0].low is not None:
            return Estimate(pooled[0].value, pooled[0].low, pooled[0].high)
        return median_with_interval(self.values)

    def doubt(self, estimate: Estimate) -> str | None:
        """The gravest doubt about the estimate."""
        pooled = self.comparable
        if not pooled:
            return None
        held = doubts_of([sample.doubts for sample in pooled], estimate, self.overhead)
        return gravest(held & self.quantity.doubts_from(pooled[0].source))

    def all_warnings(self, estimate: Estimate) -> tuple[str, ...]:
        """Each warning once, those about all the samples first."""
        found = [*self.warnings, *estimate.warnings]
        left_out = len(self.samples) - len(self.comparable)
        if self.comparable and left_out:
            found.append(
                f"unknown or of another source in {left_out} of {len(self.samples)} sessions"
            )
        for sample in self.samples:
            found.extend(sample.warnings)
        return tuple(dict.fromkeys(found))


def doubts_from(doubts: frozenset[str], source: str) -> frozenset[str]:
    """`doubts`, and that others worked, where `source` counts them too."""
    return doubts | {"busy"} if any(word in source for word in SHARED) else doubts


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


def middle_count(samples: Iterable[Sample]) -> int | None:
    """The count that most of the samples belong to, or the one in their middle."""
    counts = [sample.at for sample in samples if sample.at is not None]
    return statistics.median_high(counts) if counts else None
