"""Text for figures: measured before it is drawn, so that nothing overlaps and nothing is cut."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from reports.draw import as_shipped
from reports.wording.escape import plain

if TYPE_CHECKING:
    from matplotlib.font_manager import FontProperties
    from matplotlib.ft2font import FT2Font

FAMILY = "DejaVu Sans"  # ships with matplotlib: every machine draws the same figure
MISSING = "□"
ELLIPSIS = "…"
UNIT = re.compile(r"(?<=\d) (?=(?:[KMGT]i)?B\b|[nµm]?s\b|%|[mbtr]+illion\b)")


def drawable(text: str) -> str:
    """The text on one line, a box in place of each letter that the font does not have."""
    known = _letters()
    return "".join(letter if ord(letter) in known else MISSING for letter in plain(text))


@functools.lru_cache(maxsize=4096)
def width(text: str, size: float, bold: bool = False) -> float:
    """How wide the text is, in points, at `size` points."""
    as_shipped()
    from matplotlib.textpath import text_to_path

    measured = text_to_path.get_text_width_height_descent(text, _font(size, bold), False)
    return float(measured[0])


def fitted(text: str, most: float, size: float, bold: bool = False) -> str:
    """The text cut with an ellipsis to `most` points; nothing where not even that fits."""
    if width(text, size, bold) <= most:
        return text
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        fits = width(_cut(text, middle), size, bold) <= most
        low, high = (middle, high) if fits else (low, middle - 1)
    return _cut(text, low) if low else ""


def wrapped(text: str, most: float, lines: int, size: float, bold: bool = False) -> tuple[str, ...]:
    """The text in at most `lines` lines of at most `most` points each, the last one cut where it is
    too long. A number and its unit stay together."""
    done: list[str] = []
    words = [word.replace("\0", " ") for word in UNIT.sub("\0", text).split()]
    while words and len(done) < lines - 1:
        taken = 1
        while taken < len(words) and width(" ".join(words[: taken + 1]), size, bold) <= most:
            taken += 1
        done.append(fitted(" ".join(words[:taken]), most, size, bold))
        words = words[taken:]
    rest = [fitted(" ".join(words), most, size, bold)] if words else []
    return (*done, *rest)


def balanced(text: str, most: float, lines: int, size: float) -> tuple[str, ...]:
    """Bold words in as few lines as `wrapped` needs, none much shorter than the others."""
    widest = wrapped(text, most, lines, size, bold=True)
    for share in (0.5, 0.6, 0.7, 0.8, 0.9):
        narrower = wrapped(text, share * most, lines + 1, size, bold=True)
        if len(narrower) == len(widest) and _whole(narrower, text):
            return narrower
    return widest


def _whole(lines: Iterable[str], text: str) -> bool:
    return " ".join(lines) == " ".join(text.split())


def _cut(text: str, letters: int) -> str:
    return f"{text[:letters].rstrip(f' {ELLIPSIS}')}{ELLIPSIS}"


@functools.cache
def _letters() -> frozenset[int]:
    as_shipped()
    from matplotlib.font_manager import findfont, get_font

    font: FT2Font = get_font(findfont(_font(10.0, False)))
    return frozenset(font.get_charmap())


@functools.cache
def _font(size: float, bold: bool) -> FontProperties:
    from matplotlib.font_manager import FontProperties

    return FontProperties(family=FAMILY, size=size, weight="bold" if bold else "normal")
