"""What is judged, and how much worse is still the same: a metric with its margin."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bench import quantities
from bench.derive.series import Better, Quantity
from bench.derive.series import Margin as Margin
from bench.model.records import CaseRecord

BYTES_SHARE, SECONDS_SHARE = quantities.BYTES.margin.value, quantities.BURST.margin.value


@dataclass(frozen=True)
class Figure:
    """Which figure of a result: a metric's name, and its part or quantile where it has those."""

    metric: str
    part: str | None = None
    quantile: float | None = None

    @property
    def words(self) -> str:
        """As it is typed: `bytes_per_unit`, `bytes_per_unit/rss`, `start_latency_seconds/0.99`."""
        if self.part is not None and self.part != "total":
            return f"{self.metric}/{self.part}"
        return self.metric if self.quantile is None else f"{self.metric}/{self.quantile:g}"

    @property
    def quantity(self) -> Quantity:
        return quantities.find(self.metric)

    @property
    def better(self) -> Better:
        return self.quantity.better


@dataclass(frozen=True)
class Gate:
    """One figure of one runtime, and the margin that it is judged by. One that is not `gated` is
    told and decides nothing."""

    runtime: str
    figure: Figure
    margin: Margin
    gated: bool = True


BYTES = Figure(quantities.BYTES.name, part="total")
LEAK = Figure(quantities.LEAKED.name)
UNCOLLECTED = Figure(quantities.UNCOLLECTED.name)
BURST = Figure(quantities.BURST.name)
CEILING = Figure(quantities.CEILING.name)
# What decides unless other gates are asked for. Bytes and leaks hardly vary between two processes
# that are alike; times do, on any machine that has other work, so they decide only where asked.
BY_DEFAULT = (BYTES, LEAK)
# What a job measures and reports unless other gates are asked for.
USUAL = (*BY_DEFAULT, BURST)


def figures() -> dict[str, Figure]:
    """Every figure that can be gated, by the words for it."""
    every = [
        Figure(one.name, part, quantile)
        for one in quantities.all_()
        for part in one.parts or (None,)
        for quantile in one.quantiles or (None,)
    ]
    return {figure.words: figure for figure in every}


def default_margin(figure: Figure, case: CaseRecord) -> Margin:
    """The margin of a figure unless another is given."""
    if figure == LEAK:
        return Margin(case.leak_margin, absolute=True)
    return figure.quantity.margin


def margin_without_ratio(figure: Figure) -> Margin:
    """What takes the place of a share where the base is 0."""
    return Margin(figure.quantity.negligible, absolute=True)


def default_gate(figure: Figure, runtime: CaseRecord) -> Gate:
    return Gate(runtime.key, figure, default_margin(figure, runtime))


def purpose_of(figure: Figure) -> str:
    """The kind of sweep that a figure of a job is made from."""
    known: Mapping[Figure, str] = {
        LEAK: "leak",
        UNCOLLECTED: "leak",
        BURST: "burst",
        CEILING: "climb",
    }
    return known.get(figure, "short")


@dataclass(frozen=True)
class Scale:
    """On which a gate's values are compared: there, more is worse, and sides are apart by a step.
    Logarithms for a margin that is a share, else the values themselves; turned round where higher
    is better."""

    margin: Margin
    sign: int

    @classmethod
    def of(cls, gate: Gate, values: Iterable[float]) -> Scale:
        """The gate's own; differences where a value that is not above 0 leaves no ratio."""
        sign = -1 if gate.figure.better == "higher" else 1
        if gate.margin.absolute or all(value > 0 for value in values):
            return cls(gate.margin, sign)
        return cls(margin_without_ratio(gate.figure), sign)

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
