"""Figures whose rows are runtimes: names, plot, and what is said of each row beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reports.deck import text
from reports.deck.native import LABEL_POINTS
from reports.deck.page import LEGEND_ROW, Box, Page, Words
from reports.figures.chart import Row

TALLEST = 1.1  # inches: few rows are not stretched over the slide
LOWERED = 0.3  # of what is left then stands above them
WIDEST = 3.3  # of the names
WIDEST_WORDS = 4.4
WORDS_POINTS = 14.0
LEGEND = LEGEND_ROW + 0.1  # above the plot
AXIS = 0.4  # below the plot, for its numbers
MARK = 0.2
GAP = 0.15

Said = tuple[str, str]


@dataclass(frozen=True)
class Rows:
    """The boxes of chart, legend and plot, what is left beside the chart, and the size of the
    names' letters."""

    frame: Box
    legend: Box
    plot: Box
    beside: Box
    points: float
    count: int

    @property
    def height(self) -> float:
        """Of one row."""
        return self.plot.height / self.count

    def row(self, place: int, left: float, width: float) -> Box:
        """The part of a row, the first being at the top."""
        return Box(left, self.plot.top + place * self.height, width, self.height)


def laid_out(
    free: Box,
    rows: Sequence[Row],
    words: Sequence[Said],
    above: float = 0.0,
    numbers: float = 0.0,
    marks: bool = False,
) -> Rows:
    """Where the rows go in what is free: `above` them a legend, left of the names `marks`, right of
    the plot `numbers` inches for those at the ends of bars, then `words`."""
    count = max(1, len(rows))
    height = min(TALLEST, (free.height - above - AXIS) / count)
    top = free.top + above + LOWERED * (free.height - above - AXIS - height * count)
    points = min(LABEL_POINTS, 0.55 * height * 72)
    names = max((text.width(row.label, points) for row in rows), default=0.0)
    long = max((text.width(one, WORDS_POINTS) for said in words for one in said), default=0.0)
    beside = min(WIDEST_WORDS, long + 0.05)
    start = free.left + (MARK + 0.05 if marks else 0.0)
    left = start + min(WIDEST, names) + GAP
    right = free.right - beside - GAP
    plot = Box(left, top, right - numbers - left, height * count)
    frame = Box(start, top, right - start, plot.height + AXIS)
    legend = Box(free.left, top - above, free.width, LEGEND_ROW)
    beside_box = Box(free.right - beside, plot.top, beside, plot.height)
    return Rows(frame, legend, plot, beside_box, points, count)


def say_beside(page: Page, rows: Rows, place: int, first: str, second: str = "") -> None:
    """What is said of a row: what is read first in bold, what is read second below it."""
    wide, high = rows.beside.width, rows.height
    box = rows.row(place, rows.beside.left, wide)
    if not second:
        fitted = text.fit(first, wide, high, (WORDS_POINTS, 12, 10))
        page.text(box, [Words(fitted.text, fitted.size, bold=True)], middle=True)
        return
    points = min(WORDS_POINTS, 0.98 * high * 72 / (2 * text.LINE))
    lines = [
        Words(text.cut(first, wide, points), points, bold=True),
        Words(text.cut(second, wide, points), points, muted=True),
    ]
    page.text(box, lines, middle=True)


def mark(page: Page, rows: Rows, place: int, runtime: str) -> None:
    """The runtime's mark left of its name."""
    row = rows.row(place, rows.frame.left - MARK - 0.05, MARK)
    page.mark(Box(row.left, row.top + (row.height - MARK) / 2, MARK, MARK), runtime)


def tick(page: Page, rows: Rows, place: int, share: float, name: str) -> None:
    """A line across a row's bar, at a share of the plot's width."""
    row = rows.row(place, 0, 0)
    x = rows.plot.left + min(1.0, share) * rows.plot.width
    inset = 0.08 * row.height
    page.line((x, row.top + inset), (x, row.bottom - inset), 3, name)
