"""Number formats of charts: what `units` says, so that a label changes with its value.

A format has two conditions and no more, so each label has one that suits its own value.
"""

from __future__ import annotations

import math

from bench.derive.doubts import MARK

LARGE = ((1e12, ",,,,", "trillion"), (1e9, ",,,", "billion"), (1e6, ",,", "million"))
# A little less than round: what a program works out as the next power of ten may be.
COUNTS = '[>=999999999]#,##0,,,"\u00a0billion";[>=999999]0,,"\u00a0million";#,##0'
MICROSECONDS = '[>=999999]0,,"\u00a0s";[>=999]0,"\u00a0ms";General"\u00a0µs"'
SHARE = "0\u00a0%"


def digits(value: float, scale: float = 1.0) -> str:
    """The format of a number of `scale` so that it has three significant digits, as in
    `reports.wording.units`: `0.00`, `0.0`, `#,##0`."""
    near = float(f"{value / scale:.3g}")
    places = max(0, 2 - math.floor(math.log10(near))) if near > 0 else 0
    return f"#,##0{'.' if places else ''}{'0' * min(places, 3)}"


def count(value: float) -> str:
    """The format of whole things: `8.87 million`, `23,403`."""
    for factor, commas, word in LARGE:
        if value >= 0.9995 * factor:
            return f'{digits(value, factor)}{commas}"\u00a0{word}"'
    return "#,##0"


def of_value(value: float, unit: str) -> str:
    """The format of a value in its unit: `34.9 KiB`."""
    return f'"\u00a0"{digits(value)}"\u00a0{unit}"'


def marked(format_: str, doubt: str | None) -> str:
    """The format of a label, with the mark behind the value where that is doubted."""
    if doubt is None:
        return format_
    # One literal: programs differ on what two of them side by side are.
    return f'{format_[:-1]}{MARK}"' if format_.endswith('"') else f'{format_}"{MARK}"'


def of_unit(step: float, unit: str) -> str:
    """The format of a scale's numbers: as many digits as its steps need."""
    places = max(0, -math.floor(math.log10(step)))
    return f'#,##0{"." if places else ""}{"0" * places}"\u00a0{unit}"'


def of_decades(unit: str, low: float) -> str:
    """The format of a logarithmic scale's numbers, which may be less than one. The lowest is left
    out: it would meet the other scale's."""
    whole, part = f'#,##0"\u00a0{unit}"', f'General"\u00a0{unit}"'
    above = f"{2 * low:.12f}".rstrip("0").rstrip(".")
    return f'[>{above}]{whole};""' if low >= 1 else f'[>=1]{whole};[>{above}]{part};""'
