"""What is judged, and how much worse is still the same: a metric with its margin."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from bench.derive.metrics import BY_QUANTILE, PARTS, QUANTILES, Name, Part
from bench.model.records import CaseRecord, Purpose

# Found on recorded values of this project's own runs; `outnumber noise` finds them on a machine.
BYTES_SHARE, SECONDS_SHARE, CEILING_SHARE = 0.01, 0.03, 0.03
LEAKED_BYTES, LEAKED_BYTES_OF_A_PYTHON_THREAD = 10.0, 64.0
UNCOLLECTED_BYTES = 64.0  # what a collection also gives back of free lists and half-empty pools
# Where a base of 0 leaves no ratio: bytes, seconds and faults a unit that nobody would miss.
WITHOUT_RATIO = {"bytes": 10.0, "seconds": 1e-7, "faults": 0.01}


@dataclass(frozen=True)
class Margin:
    """How much worse is no regression: a share of the base (`0.01` is 1 %) or, if `absolute`, an
    amount in the metric's own unit."""

    value: float
    absolute: bool = False


@dataclass(frozen=True)
class Figure:
    """Which figure of a result: a metric's name, and its part or quantile where it has those."""

    metric: Name
    part: Part | None = None
    quantile: float | None = None

    @property
    def words(self) -> str:
        """As it is typed: `bytes_per_unit`, `bytes_per_unit/rss`, `start_latency_seconds/0.99`."""
        if self.part is not None and self.part != "total":
            return f"{self.metric}/{self.part}"
        return self.metric if self.quantile is None else f"{self.metric}/{self.quantile:g}"

    @property
    def better(self) -> Literal["lower", "higher"]:
        return "higher" if self.metric == "ceiling" else "lower"


@dataclass(frozen=True)
class Gate:
    """One figure of one runtime, and the margin that it is judged by. One that is not `gated` is
    told and decides nothing."""

    runtime: str
    figure: Figure
    margin: Margin
    gated: bool = True


BYTES = Figure("bytes_per_unit", part="total")
LEAK = Figure("leaked_bytes_per_unit")
UNCOLLECTED = Figure("uncollected_bytes_per_unit")
BURST = Figure("burst_seconds_per_unit")
CEILING = Figure("ceiling")
# What decides unless other gates are asked for. Bytes and leaks hardly vary between two processes
# that are alike; times do, on any machine that has other work, so they decide only where asked.
BY_DEFAULT = (BYTES, LEAK)
# What a job measures and reports unless other gates are asked for.
USUAL = (*BY_DEFAULT, BURST)


def figures() -> dict[str, Figure]:
    """Every figure that can be gated, by the words for it."""
    every = [
        *(Figure("bytes_per_unit", part=part) for part in PARTS),
        *(Figure(name, quantile=quantile) for name in BY_QUANTILE for quantile in QUANTILES),
        *(Figure(name) for name in get_args(Name) if name not in ("bytes_per_unit", *BY_QUANTILE)),
    ]
    return {figure.words: figure for figure in every}


def default_margin(figure: Figure, runtime: CaseRecord) -> Margin:
    """The margin of a figure unless another is given."""
    if figure == LEAK:
        a_python_thread = runtime.kind == "thread" and runtime.language == "Python"
        bytes_ = LEAKED_BYTES_OF_A_PYTHON_THREAD if a_python_thread else LEAKED_BYTES
        return Margin(bytes_, absolute=True)
    if figure == UNCOLLECTED:
        return Margin(UNCOLLECTED_BYTES, absolute=True)
    if figure == CEILING:
        return Margin(CEILING_SHARE)
    return Margin(BYTES_SHARE if "bytes" in figure.metric else SECONDS_SHARE)


def margin_without_ratio(figure: Figure) -> Margin:
    """What takes the place of a share where the base is 0."""
    dimension = next((word for word in WITHOUT_RATIO if word in figure.metric), None)
    return Margin(WITHOUT_RATIO[dimension] if dimension else 1.0, absolute=True)


def default_gate(figure: Figure, runtime: CaseRecord) -> Gate:
    return Gate(runtime.key, figure, default_margin(figure, runtime))


def purpose_of(figure: Figure) -> Purpose:
    """The kind of sweep that a figure of a job is made from."""
    known: Mapping[Figure, Purpose] = {
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
