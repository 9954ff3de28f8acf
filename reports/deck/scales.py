"""Scales of native charts: where they end, a line every so much, and what their numbers count."""

from __future__ import annotations

import math
from collections.abc import Iterable

LEAST = 1e-12
NEAR = 1.15  # a mark is about so wide on a scale of four or five powers of ten
BYTES = (("B", 1.0), ("KiB", 2.0**10), ("MiB", 2.0**20), ("GiB", 2.0**30), ("TiB", 2.0**40))
SECONDS = (("ns", 1e-9), ("µs", 1e-6), ("ms", 1e-3), ("s", 1.0))


def unit_of(value: float, units: tuple[tuple[str, float], ...]) -> tuple[str, float]:
    """The largest unit of which a value holds two at least; the smallest where it holds none."""
    return next((unit for unit in reversed(units) if value >= 2 * unit[1]), units[0])


def step_of(high: float, most: int = 5) -> float:
    """Of a scale from 0: 1, 2 or 5 times a power of ten, so that there are at most `most` steps."""
    rough = max(high, LEAST) / most
    power = 10.0 ** math.floor(math.log10(rough))
    return next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough * 0.9999)


def around(values: Iterable[float]) -> tuple[float, float]:
    """Where a logarithmic scale begins and ends so that all values are between: at 1, 2 or 5 times
    a power of ten, a power apart at least; about 1 of none."""
    known = [value for value in values if value > 0] or [1.0]
    low, high = _round(min(known), up=False), _round(max(known), up=True)
    return low, max(high, 10 * low)


def decades(values: Iterable[float]) -> tuple[float, float]:
    """Where a logarithmic scale begins and ends so that the marks of all values are within: at
    powers of ten, none of which a value is almost at."""
    known = list(values)
    low = 10.0 ** math.floor(math.log10(min(known) / NEAR))
    return low, max(10.0 ** math.ceil(math.log10(max(known) * NEAR)), 10 * low)


def _round(value: float, up: bool) -> float:
    """The next such number. LibreOffice (7.4) leaves out a point on the very edge of a scale where
    that is no power of ten."""
    power = 10.0 ** math.floor(math.log10(value) + 1e-12)
    if math.isclose(value, power):
        return power
    steps = [float(f"{power * factor:.1g}") for factor in (1, 2, 5, 10)]
    if up:
        return min(step for step in steps if step > 1.01 * value or step == steps[-1])
    return max(step for step in steps if step < value / 1.01 or step == steps[0])


def factor_of(low: float, high: float, most: float = 6) -> float:
    """The factor between two lines of a logarithmic scale, so that there are at most `most` steps;
    a power of ten."""
    span = math.ceil(math.log10(high / low) - 1e-9)
    return float(10.0 ** max(1, math.ceil(span / max(1.0, most))))
