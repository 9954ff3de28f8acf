"""What both backends decide alike: scales, their ticks and units, which bars are shown, and where
names go that would overlap."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from reports.figures.shapes import Axis, Bar, BarRow
from reports.wording import units

Ticks = tuple[tuple[float, str], ...]

LEAST = 1e-12
ELLIPSIS = "…"
NEAR = 1.15  # a mark is about so wide on a scale of four or five powers of ten
UNITS: Mapping[str, Sequence[tuple[str, float]]] = {
    "bytes": (("B", 1.0), ("KiB", 2.0**10), ("MiB", 2.0**20), ("GiB", 2.0**30), ("TiB", 2.0**40)),
    "seconds": (("ns", 1e-9), ("µs", 1e-6), ("ms", 1e-3), ("s", 1.0)),
}
HOUR, DAY = 3_600, 86_400
CLOCK_STEPS = (HOUR // 6, HOUR // 2, HOUR, 2 * HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR)


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
        ends = (self.low, self.high, min(max(value, self.low), self.high))
        low, high, inside = map(math.log, ends) if self.log else ends
        return self.start + (self.end - self.start) * (inside - low) / (high - low)


def unit_of(value: float, dimension: str) -> tuple[str, float]:
    """The largest unit of the dimension of which a value holds two at least; the smallest where it
    holds none."""
    known = UNITS.get(dimension, (("", 1.0),))
    return next((unit for unit in reversed(known) if value >= 2 * unit[1]), known[0])


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


def powers(values: Iterable[float]) -> tuple[float, float]:
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


# Ticks


def ticks(axis: Axis, low: float, high: float, most: int) -> Ticks:
    """The ticks of an axis between two values, about `most` of them, and their words."""
    if axis.dimension == "time":
        return days(low, high, most) or hours(low, high, most)
    if axis.dimension == "share":
        return tuple((part / 4, f"{25 * part} %") for part in range(5))
    if axis.log:
        return binary(low, high, most) if axis.dimension == "bytes" else decades(axis, low, high)
    unit, factor = unit_of(high, axis.dimension)
    words = f" {unit}" if unit else ""
    even_ones = even(high / factor, most, lambda value: f"{value:,g}{words}")
    return tuple((value * factor, said) for value, said in even_ones)


def decades(axis: Axis, low: float, high: float, most: int | None = None) -> Ticks:
    """Ticks at powers of ten within both; at most `most`, the last one among them."""
    first, last = math.ceil(math.log10(low) - 1e-9), math.floor(math.log10(high) + 1e-9)
    step = max(1, math.ceil((last - first + 1) / most)) if most else 1
    powers_ = (10.0**power for power in reversed(range(last, first - 1, -step)))
    said = count if axis.dimension not in UNITS else _short(axis.said)
    return tuple((power, said(power)) for power in powers_)


def binary(low: float, high: float, most: int) -> Ticks:
    """At most `most` ticks at powers of two within both, where bytes have round names."""
    first, last = math.ceil(math.log2(low) - 1e-9), math.floor(math.log2(high) + 1e-9)
    step = next(
        (step for step in (1, 2, 4, 10) if (last // step - -(-first // step) + 1) <= most), 20
    )
    start = -(-first // step) * step
    said = _short(units.size)
    return tuple((2.0**power, said(2.0**power)) for power in range(start, last + 1, step))


def even(high: float, most: int, said: Callable[[float], str]) -> Ticks:
    """At most about `most` ticks from 0 to `high`, at 1, 2 or 5 times a power of ten."""
    step = step_of(high, max(1, most))
    return tuple(
        (place * step, said(place * step)) for place in range(1 + math.floor(high / step + 1e-9))
    )


def days(first: float, last: float, most: int) -> Ticks:
    """Midnights, with their dates; none where there are fewer than two."""
    step = DAY * max(1, -(-int((last - first) / DAY + 1) // most))
    found = range(-(-int(first) // DAY) * DAY, int(last) + 1, step)
    return tuple((day, clock(day, "%Y-%m-%d")) for day in found) if len(found) > 1 else ()


def hours(first: float, last: float, most: int) -> Ticks:
    """Times of the day."""
    fitting = (step for step in CLOCK_STEPS if (last - first) / step <= most)
    step = next(fitting, CLOCK_STEPS[-1])
    found = range(-(-int(first) // step) * step, int(last) + 1, step)
    return tuple((at, clock(at, "%H:%M")) for at in found)


def clock(moment: float, form: str) -> str:
    """A moment in UTC."""
    return datetime.fromtimestamp(moment, UTC).strftime(form)


def count(value: float) -> str:
    """A tick's count: `1`, `10,000`, `10 million`."""
    for factor, word in ((1e12, "trillion"), (1e9, "billion"), (1e6, "million")):
        if value >= factor:
            return f"{value / factor:,.0f} {word}"
    return f"{value:,.0f}"


def _short(said: Callable[[float], str]) -> Callable[[float], str]:
    """A tick's words, `32 KiB` or `10 µs`: without the digits that a value has."""

    def shortly(value: float) -> str:
        number, _, unit = said(value).partition(" ")
        return f"{float(number.replace(',', '')):g} {unit}"

    return shortly


# Rows, names and words


def longest(text: str, fits: Callable[[str], bool]) -> str:
    """The longest beginning of the text that fits with an ellipsis behind it; nothing where not
    even one letter does."""
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if fits(_cut(text, middle)) else (low, middle - 1)
    return _cut(text, low) if low else ""


def _cut(text: str, letters: int) -> str:
    return f"{text[:letters].rstrip(f' {ELLIPSIS}')}{ELLIPSIS}"


def nearest_bars(rows: Sequence[BarRow], most: int) -> list[tuple[Bar, ...]]:
    """The first bars of each row, `most` in all, and every row's first one that is not quiet."""
    shown = []
    given = shared_out([len(row.bars) for row in rows], max(most, len(rows)))
    for row, count in zip(rows, given, strict=True):
        first = row.bars[:count]
        loud = next((bar for bar in row.bars if not bar.quiet), None)
        shown.append(first if loud is None or loud in first else (*first[:-1], loud))
    return shown


def shared_out(wanted: Sequence[int], most: int) -> list[int]:
    """How many of its bars each row gets: one each in turn, the first first, `most` in all."""
    given = [0] * len(wanted)
    while sum(given) < min(most, sum(wanted)):
        for place, want in enumerate(wanted):
            if given[place] < want and sum(given) < most:
                given[place] += 1
    return given


def spread(wanted: Sequence[float], apart: float, up: Scale) -> list[float]:
    """The places, lowest first, as near to the wanted ones as can be with so much between them,
    all between the scale's ends."""
    placed: list[float] = []
    for place in wanted:
        placed.append(max(place, placed[-1] + apart) if placed else max(place, up.start))
    top = up.end
    for index in reversed(range(len(placed))):
        placed[index] = min(placed[index], top)
        top = placed[index] - apart
    return placed
