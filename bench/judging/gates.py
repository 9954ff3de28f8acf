"""What is judged, and how much worse is still the same: a metric of a case, with its margin."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from bench import quantities
from bench.derive.series import Margin as Margin
from bench.derive.series import Quantity
from bench.model.records import BURST_FROM_NOTHING, CLIMB, REPEAT, CaseRecord
from bench.model.records import LEAK as LEAK_CHECK

BYTES_SHARE, SECONDS_SHARE = quantities.BYTES.margin.value, quantities.BURST.margin.value
TOTAL = quantities.BYTES.parts[0]
MEDIAN = 0.5
# Margins that people choose, where they are shares.
SHARES = (0.01, 0.02, 0.03, 0.05, 0.075, 0.10, 0.15, 0.20, 0.30, 0.50)


About = tuple[tuple[str, str | float], ...]


class Named(Protocol):
    """Whatever says which metric it is of: a metric, a series, what a history stores."""

    @property
    def metric(self) -> str: ...
    @property
    def part(self) -> str | None: ...
    @property
    def quantile(self) -> float | None: ...
    @property
    def with_(self) -> Mapping[str, str | float]: ...


@dataclass(frozen=True)
class MetricName:
    """Which metric of a case: a quantity's name, with its part or quantile where it has those, and
    what else the values belong to."""

    metric: str
    part: str | None = None
    quantile: float | None = None
    with_: About = ()

    @classmethod
    def of(cls, one: Named) -> MetricName:
        return cls(one.metric, one.part, one.quantile, tuple(sorted(one.with_.items())))

    @property
    def quantity(self) -> Quantity:
        return quantities.find(self.metric)

    @property
    def words(self) -> str:
        """As it is typed: `bytes_per_unit`, `bytes_per_unit/rss`, `start_latency_seconds/0.99`."""
        part = self.part if self.part != TOTAL else None
        quantile = None if self.quantile is None else f"{self.quantile:g}"
        about = (f"{key}={value}" for key, value in self.with_)
        return "/".join(filter(None, (self.metric, part, quantile, *about)))

    @property
    def label(self) -> str:
        """As it is read: `bytes per unit`, `bytes per unit: rss`, `start latency awake, 99 %`."""
        return self._after(self.quantity.label)

    @property
    def short(self) -> str:
        """As a table has room for it."""
        return self._after(self.quantity.short)

    def _after(self, words: str) -> str:
        words += f": {self.part.replace('_', ' ')}" if self.part not in (None, TOTAL) else ""
        if self.quantile is not None:
            names = {MEDIAN: "median", 1.0: "longest"}
            words += f", {names.get(self.quantile, f'{100 * self.quantile:.3g} %')}"
        about = ", ".join(f"{key} {value}" for key, value in self.with_)
        return f"{words} ({about})" if about else words


# Of a margin that is an amount, as it is typed, by its quantity's dimension.
TYPED = {"bytes": (1.0, "B"), "seconds": (1e-9, "ns"), "count": (1.0, "")}


def typed(metric: MetricName, margin: Margin | None) -> str:
    """A gate as it is typed: `burst_seconds_per_unit:5%`, `leaked_bytes_per_unit:20B`."""
    if margin is None:
        return metric.words
    one, unit = (0.01, "%") if not margin.absolute else TYPED[metric.quantity.dimension]
    return f"{metric.words}:{margin.value / one:g}{unit}"


@dataclass(frozen=True)
class Gate:
    """One metric of one case, by the case's key, and the margin that it is judged by. One that is
    not `gated` is reported and decides nothing."""

    case: str
    metric: MetricName
    margin: Margin
    gated: bool = True


BYTES = MetricName(quantities.BYTES.name, part=TOTAL)
LEAK = MetricName(quantities.LEAKED.name)
UNCOLLECTED = MetricName(quantities.UNCOLLECTED.name)
BURST = MetricName(quantities.BURST.name)
CEILING = MetricName(quantities.CEILING.name)
# What decides unless other gates are asked for. Bytes and leaks hardly vary between two equal
# processes; times do, on any machine that has other work, so they decide only where asked.
BY_DEFAULT = (BYTES, LEAK)
# What a job measures and reports unless other gates are asked for.
USUAL = (*BY_DEFAULT, BURST)
# The sessions that a job makes for a metric; those of any other quantity are repeats, or of the
# quantity's own experiment.
MADE_IN = {
    LEAK: LEAK_CHECK,
    UNCOLLECTED: LEAK_CHECK,
    BURST: BURST_FROM_NOTHING,
    CEILING: CLIMB,
}


def metric_names() -> dict[str, MetricName]:
    """Every metric that can be gated, by the words for it."""
    every = [
        MetricName(one.name, part, quantile)
        for one in quantities.all_()
        for part in one.parts or (None,)
        for quantile in one.quantiles or (None,)
    ]
    return {one.words: one for one in every}


def split_about(words: str) -> tuple[str, About]:
    """A metric as it is typed, in two: without what else its values belong to, and that."""
    parts = words.split("/")
    about: dict[str, str | float] = {}
    for part in parts:
        key, equals, text = part.partition("=")
        if equals:
            value: str | float = text
            for number in (float, int):  # a whole number is one
                with contextlib.suppress(ValueError):
                    value = number(text)
            about[key] = value
    return "/".join(part for part in parts if "=" not in part), tuple(sorted(about.items()))


def headlines() -> tuple[MetricName, ...]:
    """One metric of each headline: its whole and its median, where it has parts and quantiles."""
    return tuple(
        MetricName(one.name, next(iter(one.parts), None), MEDIAN if one.quantiles else None)
        for one in quantities.all_()
        if one.headline
    )


def default_margin(metric: MetricName, case: CaseRecord) -> Margin:
    """The margin of a metric unless another is given."""
    if metric == LEAK:
        return Margin(case.leak_margin, absolute=True)
    return metric.quantity.margin


def purpose_of(metric: MetricName) -> str:
    """The purpose of the sessions from which a job derives the metric."""
    purposes = metric.quantity.purposes
    return MADE_IN.get(metric) or (REPEAT if REPEAT in purposes else min(purposes))


@dataclass(frozen=True)
class GateScale:
    """On which a gate's values are compared: there, more is worse, and sides are apart by a step.
    Logarithms for a margin that is a share, else the values themselves; turned round where higher
    is better."""

    margin: Margin
    sign: int

    @classmethod
    def of(cls, gate: Gate, values: Iterable[float]) -> GateScale:
        """The gate's own; differences where a value that is not above 0 leaves no ratio."""
        quantity = gate.metric.quantity
        sign = -1 if quantity.better == "higher" else 1
        if gate.margin.absolute or all(value > 0 for value in values):
            return cls(gate.margin, sign)
        return cls(Margin(quantity.negligible, absolute=True), sign)

    def place(self, value: float) -> float:
        """A value's place on the scale."""
        return self.sign * (value if self.margin.absolute else math.log(value))

    @property
    def limit(self) -> float:
        """The margin as a step on the scale."""
        if self.margin.absolute:
            return self.margin.value
        return self.sign * math.log1p(self.sign * self.margin.value)

    def effect(self, step: float) -> float:
        """A step on the scale as new ÷ base or new − base."""
        return self.sign * step if self.margin.absolute else math.exp(self.sign * step)

    def worsening(self, step: float) -> float:
        """A step on the scale in the terms of the margin."""
        return step if self.margin.absolute else self.sign * math.expm1(self.sign * step)
