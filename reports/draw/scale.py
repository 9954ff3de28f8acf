"""Scales: from a value to a place on the page, with the ticks that tell the way back."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from reports.wording import units

Ticks = tuple[tuple[float, str], ...]


@dataclass(frozen=True)
class Scale:
    """Takes `low` to the place `start` and `high` to `end`, in points, by their logarithms if
    `log`; a value beyond them stays at the edge."""

    low: float
    high: float
    start: float
    end: float
    log: bool = False

    def at(self, value: float) -> float:
        """The place of a value."""
        inside = min(max(value, self.low), self.high)
        low, high, value = (
            (math.log(self.low), math.log(self.high), math.log(inside))
            if self.log
            else (self.low, self.high, inside)
        )
        return self.start + (self.end - self.start) * (value - low) / (high - low)


def around(values: Iterable[float]) -> tuple[float, float]:
    """The powers of ten between which all values are: at least one apart."""
    known = list(values)
    low, high = math.floor(math.log10(min(known)) + 1e-9), math.ceil(math.log10(max(known)) - 1e-9)
    return 10.0**low, 10.0 ** max(high, low + 1)


def decades(
    low: float, high: float, said: Callable[[float], str], most: int | None = None
) -> Ticks:
    """Ticks at powers of ten within both; at most `most`, the last one among them."""
    first, last = math.ceil(math.log10(low) - 1e-9), math.floor(math.log10(high) + 1e-9)
    step = max(1, math.ceil((last - first + 1) / most)) if most else 1
    powers = range(last, first - 1, -step)
    return tuple((10.0**power, said(10.0**power)) for power in reversed(powers))


def binary(low: float, high: float, most: int) -> Ticks:
    """At most `most` ticks at powers of two within both, where bytes have round names."""
    first, last = math.ceil(math.log2(low) - 1e-9), math.floor(math.log2(high) + 1e-9)
    step = next(
        (step for step in (1, 2, 4, 10) if (last // step - -(-first // step) + 1) <= most), 20
    )
    start = -(-first // step) * step
    return tuple((2.0**power, size(2.0**power)) for power in range(start, last + 1, step))


def even(high: float, most: int, said: Callable[[float], str]) -> Ticks:
    """At most about `most` ticks from 0 to `high`, at 1, 2 or 5 times a power of ten."""
    rough = high / max(1, most)
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough)
    return tuple(
        (place * step, said(place * step)) for place in range(1 + math.floor(high / step + 1e-9))
    )


def count(value: float) -> str:
    """A tick's count: `1`, `10,000`, `10 million`."""
    for factor, word in ((1e12, "trillion"), (1e9, "billion"), (1e6, "million")):
        if value >= factor:
            return f"{value / factor:,.0f} {word}"
    return f"{value:,.0f}"


def size(value: float) -> str:
    """A tick's bytes: `32 KiB`. The digits that `units.size` keeps are of no use here."""
    number, _, unit = units.size(value).partition(" ")
    return f"{float(number.replace(',', '')):g} {unit}"


def seconds(value: float) -> str:
    """A tick's duration: `10 µs`."""
    number, _, unit = units.seconds(value).partition(" ")
    return f"{float(number.replace(',', '')):g} {unit}"
