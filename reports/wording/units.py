"""Figures as a person reads them: three significant digits, and the unit that suits.

Inside the code everything is seconds and bytes; only what ends in front of somebody is scaled.
`None` is shown as unknown, never as 0.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

UNKNOWN = "unknown"
NOTHING = 5e-4  # less than this much of the smallest unit is rounding, and said as 0

_SIZES = (("B", 1.0), ("KiB", 2.0**10), ("MiB", 2.0**20), ("GiB", 2.0**30), ("TiB", 2.0**40))
_SECONDS = (("ns", 1e-9), ("µs", 1e-6), ("ms", 1e-3), ("s", 1.0))


def size(value: float | None) -> str:
    """Bytes: `961 B`, `1.13 KiB`, `34.8 KiB`."""
    return _scaled(value, _SIZES)


def seconds(value: float | None) -> str:
    """A duration: `450 ns`, `12.3 µs`, `1.20 s`."""
    return _scaled(value, _SECONDS)


def amount(dimension: str, value: float | None) -> str:
    """A value of this dimension (`bytes`, `seconds`, `count`): whole counts are given exactly."""
    if dimension == "bytes":
        return size(value)
    if dimension == "seconds":
        return seconds(value)
    return count(value) if value is not None and value == int(value) else number(value)


def rate(value: float | None) -> str:
    """How many a second: `83,300/s`."""
    return UNKNOWN if value is None else f"{number(value)}/s"


def count(value: float | None) -> str:
    """Whole things: `1,000,000`."""
    return UNKNOWN if value is None else f"{value:,.0f}"


def rounded(value: float | None) -> str:
    """A count that is expected, not measured: `about 32,500`, `about 8.87 million`."""
    if value is None:
        return UNKNOWN
    near = _rounded(value)
    words = ((1e12, "trillion"), (1e9, "billion"), (1e6, "million"))
    scaled = (f"about {number(near / factor)} {word}" for factor, word in words if near >= factor)
    return next(scaled, f"about {near:,.0f}")


def share(value: float | None) -> str:
    """A part of a whole: `94 %`, `0.4 %`."""
    if value is None:
        return UNKNOWN
    percent = value * 100
    return f"{percent:.0f} %" if percent >= 9.95 or not percent else f"{percent:.1f} %"


def ratio(value: float | None) -> str:
    """How many times as much: `31`, `7.3`, `0.85`."""
    if value is None:
        return UNKNOWN
    if abs(value) >= 9.95:
        return count(value)
    return f"{value:.1f}" if abs(value) >= 0.95 else f"{value:.2f}"


def number(value: float | None) -> str:
    """A number without a unit: `0.250`, `12.3`, `83,300`."""
    if value is None:
        return UNKNOWN
    value = _rounded(value)
    if abs(value) < NOTHING:
        return "0"
    places = max(0, 2 - math.floor(math.log10(abs(value))))
    return f"{value:,.{places}f}"


def _scaled(value: float | None, scale: Sequence[tuple[str, float]]) -> str:
    """In the smallest unit that leaves no more than three digits before the point."""
    if value is None:
        return UNKNOWN
    if abs(value) < NOTHING * scale[0][1]:
        return "0 " + next(name for name, factor in scale if factor == 1)
    fitting = (unit for unit in scale if abs(_rounded(value / unit[1])) < 1000)
    name, factor = next(fitting, scale[-1])
    return f"{number(value / factor)} {name}"


def _rounded(value: float) -> float:
    """To three significant digits."""
    return float(f"{value:.3g}")
