"""Rows of a picture: the names at the left, where the plots stand, and the scale below them."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from reports.draw import scale
from reports.draw.canvas import Canvas, drawable, fitted, width
from reports.draw.scale import Scale
from reports.figures.shapes import Axis

WIDEST = 0.3  # of the page: a longer name is cut


@dataclass(frozen=True)
class Area:
    """Where the rows of a plot stand: `edges` are the upper edge and the height of each, `bar` is
    the height that one bar has, with its distance to the next, and letters have `size` points.
    `alone`: no other plot stands beside it."""

    left: float
    right: float
    edges: tuple[tuple[float, float], ...]
    bar: float
    size: float
    alone: bool

    @property
    def top(self) -> float:
        return self.edges[0][0]

    @property
    def bottom(self) -> float:
        top, high = self.edges[-1]
        return top - high

    def middle(self, place: int) -> float:
        """The middle of the row at this place, the first being at the top."""
        top, high = self.edges[place]
        return top - high / 2


def laid_out(
    canvas: Canvas, rows: Sequence[Any], heights: Sequence[float], tallest: float, lines: int
) -> Area:
    """Draws the names of the rows, and says where their plots are. Below them, `lines` lines are
    left to the scale; a bar is at most `tallest` letters high."""
    body = canvas.shape.body
    room = canvas.top - canvas.bottom - (0.6 + 1.3 * lines) * canvas.shape.note
    bar = min(room / sum(heights), tallest * body)
    size = min(body, 0.62 * bar * min(heights))
    names = max(width(drawable(row.label), size) for row in rows) + 1.4 * size
    left = canvas.left + min(WIDEST * canvas.shape.width, names) + 0.5 * size
    tops = itertools.accumulate((-bar * high for high in heights), initial=canvas.top)
    edges = tuple(zip(tops, (bar * high for high in heights), strict=False))
    area = Area(left, canvas.right, edges, bar, size, alone=True)
    end = left - 0.4 * size
    for place, row in enumerate(rows):
        canvas.label(end, area.middle(place), row.case, row.label, end - canvas.left, size)
    return area


def grid(canvas: Canvas, area: Area, axis: Axis, across: Scale, most: int = 5) -> None:
    """A line at each tick over all rows, and below what it stands for, as many as have room: every
    one, every second and so on, the last always, since that is where the longest bars end; and what
    the scale measures."""
    size, theme = canvas.shape.note, canvas.theme
    most = max(1, min(most, int((across.end - across.start) / (3 * size))))
    named = []
    for value, words in scale.ticks(axis, across.low, across.high, most):
        x, half = across.at(value), width(words, size) / 2
        canvas.line([x, x], [area.bottom, area.top], 0.8, theme.line)
        left = canvas.left if area.alone else area.left - 8
        named.append((min(max(x, left + half), area.right - half), half, words))
    some = (named[::-every][::-1] for every in range(1, len(named) + 1))
    for x, _, words in next((few for few in some if _apart(few, size)), ()):
        canvas.text(x, area.bottom - size, words, size, theme.muted, align="center")
    said = fitted(axis.words, area.right - area.left, size)
    half = width(said, size) / 2
    middle = min(max((across.start + across.end) / 2, area.left + half), area.right - half)
    canvas.text(middle, area.bottom - 2.3 * size, said, size, theme.muted, align="center")


def _apart(named: Sequence[tuple[float, float, str]], gap: float) -> bool:
    return all(
        right - left >= before + after + gap
        for (left, before, _), (right, after, _) in itertools.pairwise(named)
    )
