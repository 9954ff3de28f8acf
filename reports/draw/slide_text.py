"""Text for slides, measured before it is placed, so that nothing overlaps and nothing is cut.

Slides are drawn elsewhere, by a program and with letters that are not known here. So every letter
is taken to be as wide as in Arial bold: the deck asks for Arial, of which every office suite has a
metric twin, and regular letters are narrower still.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from reports.draw.scale import ELLIPSIS, longest
from reports.wording.escape import plain

FONT = "Arial"
LINE = 1.2  # a line's height, in sizes of its letters

# In thousandths of the size of the letters, as in Adobe's published metrics of Helvetica Bold.
_WIDTHS = {
    278: " \u00a0',./I\\`ijl|·",
    333: "!()-:;[]ft",
    389: "*r{}",
    474: '"',
    500: "z",
    556: "#$0123456789J_aceksvxy–",
    584: "+<=>^~×",
    611: "?FLTZbdghnopquµ",
    667: "EPSVXY",
    722: "&ABCDHKNRU",
    778: "GOQw",
    833: "M",
    889: "%m",
    944: "W",
    975: "@",
    1000: "…—",
}
_WIDTH = {letter: width for width, letters in _WIDTHS.items() for letter in letters}
_MEASURE = re.compile(r"(?<=\d) (?=(?:[KMGT]?i?B|[nµm]?s|%|[mbtr]+illion)\b|%)")
_FULL, _OTHER = 1000, 750


@dataclass(frozen=True)
class FittedText:
    """Text as it will be broken into `lines` at `size` points."""

    text: str
    size: float
    lines: int

    @property
    def height(self) -> float:
        """Of all lines, in inches."""
        return self.lines * self.size * LINE / 72


def width(text: str, size: float) -> float:
    """How wide the text is on one line at most, in inches, at `size` points."""
    return sum(map(_width, text)) * size / 72_000


def cut(text: str, most: float, size: float) -> str:
    """The text on one line, cut with an ellipsis to `most` inches."""
    line = plain(text)
    if width(line, size) <= most:
        return line
    return longest(line, lambda beginning: width(beginning, size) <= most) or ELLIPSIS


def kept(text: str) -> str:
    """The text with each number and its unit held together where lines are broken."""
    return _MEASURE.sub("\u00a0", text)


def shortened(text: str, most: int) -> str:
    """The text on one line, cut with an ellipsis to `most` letters."""
    line = plain(text)
    return line if len(line) <= most else f"{line[: most - 1].rstrip()}{ELLIPSIS}"


def fit(text: str, wide: float, high: float, sizes: Sequence[float]) -> FittedText:
    """The text at the first of `sizes` at which it fits into so many inches; at the last one it is
    cut to what does."""
    line = "\u00a0".join(map(plain, text.split("\u00a0")))  # which `plain` makes common spaces
    for size in sizes:
        fitted = FittedText(line, size, count_lines(line, wide, size))
        if fitted.height <= high:
            return fitted
    most = max(1, int(high * 72 / LINE / size))
    line = longest(line, lambda beginning: count_lines(beginning, wide, size) <= most)
    return FittedText(line, size, count_lines(line, wide, size))


def count_lines(text: str, wide: float, size: float) -> int:
    """How many lines the text takes at most, a word that is too long being broken anywhere."""
    lines, used = 1, 0.0
    space = width(" ", size)
    for word in text.split(" "):
        long = width(word, size)
        if used and used + space + long > wide:
            lines, used = lines + 1, 0.0
        used += long + (space if used else 0.0)
        while used > wide:
            lines, used = lines + 1, max(0.0, used - 0.9 * wide)
    return lines


@functools.lru_cache(maxsize=1024)
def _width(letter: str) -> int:
    known = _WIDTH.get(letter)
    if known is not None:
        return known
    if unicodedata.category(letter).startswith("M"):
        return 0
    return _FULL if unicodedata.east_asian_width(letter) in "WF" else _OTHER
