"""The scale on which a gate's values are compared: there, more is worse, and the sides differ by a
difference."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from bench.judging.gates import Gate, Margin, margin_without_ratio


@dataclass(frozen=True)
class Scale:
    """Logarithms for a margin that is a share, else the values themselves; turned round where
    higher is better."""

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
