"""Figures whose rows are runtimes: the column of names, the height of a row, the scale below."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from reports.draw.canvas import Canvas
from reports.draw.scale import Scale, Ticks
from reports.draw.text import drawable, fitted, width
from reports.figures.chart import Row

WIDEST = 0.3  # of the page: a longer name is cut
TALLEST = 6  # letters: few rows are not stretched over the page


@dataclass(frozen=True)
class Plot:
    """Where rows of `row` points each stand, right of their names in letters of `size` points."""

    left: float
    right: float
    top: float
    bottom: float
    row: float
    size: float

    def middle(self, place: int) -> float:
        """The middle of the row at this place, the first being at the top."""
        return self.top - (place + 0.5) * self.row


def laid_out(
    canvas: Canvas, rows: Sequence[Row], scale_lines: float = 1.0, tallest: float = TALLEST
) -> Plot:
    """Draws the names of the rows, and tells where their plot is. Below it, `scale_lines` lines are
    left to the scale; a row is at most `tallest` letters high."""
    row = min(room(canvas, scale_lines) / max(1, len(rows)), tallest * canvas.shape.body)
    size = min(canvas.shape.body, 0.62 * row)
    left = column(canvas, rows, size)
    plot = Plot(left, canvas.right, canvas.top, canvas.top - row * len(rows), row, size)
    for place, one in enumerate(rows):
        name(canvas, plot, plot.middle(place), one, size)
    return plot


def room(canvas: Canvas, scale_lines: float) -> float:
    """The height that is left to rows above a scale of so many lines."""
    return canvas.top - canvas.bottom - (0.6 + 1.3 * scale_lines) * canvas.shape.note


def column(canvas: Canvas, rows: Sequence[Row], size: float) -> float:
    """Where the column of names in letters of `size` points ends."""
    names = [width(drawable(one.label), size) + 1.4 * size for one in rows]
    return canvas.left + min(WIDEST * canvas.shape.width, max(names, default=0.0)) + 0.5 * size


def name(canvas: Canvas, plot: Plot, y: float, row: Row, size: float) -> None:
    """The row's name, left of the plot."""
    end = plot.left - 0.4 * size
    canvas.label(end, y, row.runtime, row.label, end - canvas.left, size)


def grid(canvas: Canvas, plot: Plot, scale: Scale, ticks: Ticks) -> None:
    """A line at each tick over all rows, and what it stands for below as many as have room: every
    one, every second and so on, the last always, since that is where the longest bars end."""
    size = canvas.shape.note
    for value, _ in ticks:
        x = scale.at(value)
        canvas.line([x, x], [plot.bottom, plot.top], 0.8, canvas.theme.line)
    named = [_named(canvas, scale.at(value), words) for value, words in ticks]
    some = (named[::-every][::-1] for every in range(1, len(named) + 1))
    for x, _, words in next((few for few in some if _apart(few, size)), ()):
        canvas.text(x, plot.bottom - size, words, size, canvas.theme.muted, align="center")


def _named(canvas: Canvas, x: float, words: str) -> tuple[float, float, str]:
    """Where a tick's words have their middle, on the page, and half their width."""
    half = width(words, canvas.shape.note) / 2
    return min(max(x, canvas.left + half), canvas.right - half), half, words


def _apart(named: Sequence[tuple[float, float, str]], gap: float) -> bool:
    return all(
        right - left >= before + after + gap
        for (left, before, _), (right, after, _) in itertools.pairwise(named)
    )


def axis_name(canvas: Canvas, plot: Plot, words: str, x: float | None = None) -> None:
    """What the scale below the rows counts, as near to under `x` as the plot allows."""
    size = canvas.shape.note
    said = fitted(words, plot.right - plot.left, size)
    half = width(said, size) / 2
    wanted = (plot.left + plot.right) / 2 if x is None else x
    middle = min(max(wanted, plot.left + half), plot.right - half)
    canvas.text(middle, plot.bottom - 2.3 * size, said, size, canvas.theme.muted, align="center")
