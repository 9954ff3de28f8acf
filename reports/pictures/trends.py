"""Drawing of a history: a line a runtime, night by night, each on a scale of its own."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from datetime import UTC, datetime

from reports.palette import colour
from reports.pictures.canvas import MOST_ROWS, Canvas, Key
from reports.pictures.rows import Plot, grid, laid_out
from reports.pictures.scale import Scale
from reports.pictures.text import width
from reports.trends.charts import Dot, TrendChart, TrendRow

LEAST_SPAN = 0.1  # of the figure: noise is not blown up to the full height
FULL = 0.36  # of a row's height, from its middle to where its values end
MOST_TICKS = 6
DAY = 86_400


def draw_trends(chart: TrendChart, canvas: Canvas) -> None:
    """A line a runtime, with the borders of its segments and what was nominated."""
    rows = chart.rows[:MOST_ROWS]
    muted = canvas.theme.muted
    canvas.legend(
        [
            Key("a run", muted, "point"),
            Key("measured otherwise from here on", muted, "mark"),
            Key("▲ ▼ a change is nominated", muted, "none"),
            Key("◇ accepted", muted, "none"),
        ]
    )
    plot = laid_out(canvas, rows)
    size = min(canvas.shape.note, 0.3 * plot.row)
    numbers = max(width(said, size) for row in rows for said in _ends(row))
    moments = [dot.date.timestamp() for row in rows for dot in row.dots]
    ends = min(moments), max(max(moments), min(moments) + DAY)
    across = Scale(*ends, plot.left + 6, plot.right - numbers - 14)
    grid(canvas, plot, across, tuple(_ticks(*ends)))
    for place, row in enumerate(rows):
        _line(canvas, plot, across, place, row)
        _scale(canvas, plot, place, row, size)


def _line(canvas: Canvas, plot: Plot, across: Scale, place: int, row: TrendRow) -> None:
    middle = plot.middle(place)
    up = Scale(*_span(row), middle - FULL * plot.row, middle + FULL * plot.row)
    own = colour(row.runtime, canvas.theme)
    for number, dots in enumerate(row.segments):
        xs = [across.at(dot.date.timestamp()) for dot in dots]
        ys = [up.at(dot.value) for dot in dots]
        if number:
            edge = [middle - 0.46 * plot.row, middle + 0.46 * plot.row]
            canvas.line([xs[0] - 2.5] * 2, edge, 1.4, canvas.theme.muted)
        canvas.line(xs, ys, 1.3, own, faint=True)
        canvas.marks(xs, ys, "circle", own, 4.5)
        for x, dot in zip(xs, dots, strict=True):
            _sign(canvas, x, middle, plot.row, dot)


def _sign(canvas: Canvas, x: float, middle: float, row: float, dot: Dot) -> None:
    """Above the night that something begins with."""
    if not dot.sign:
        return
    signs = {"up": "▲", "down": "▼", "accepted": "◇"}
    ink = canvas.theme.muted if dot.sign == "accepted" else canvas.theme.ink
    size = min(canvas.shape.note, 0.24 * row)
    canvas.line([x, x], [middle - 0.46 * row, middle + 0.3 * row], 1, ink, faint=True)
    canvas.text(x, middle + 0.42 * row, signs[dot.sign], size, ink, align="center")


def _scale(canvas: Canvas, plot: Plot, place: int, row: TrendRow, size: float) -> None:
    """What the row's bottom and top stand for, right of it, with a line between rows."""
    middle, theme = plot.middle(place), canvas.theme
    low, high = _ends(row)
    canvas.text(plot.right, middle - FULL * plot.row, low, size, theme.muted, align="right")
    canvas.text(plot.right, middle + FULL * plot.row, high, size, theme.muted, align="right")
    edge = middle - 0.5 * plot.row
    canvas.line([plot.left, plot.right], [edge, edge], 0.8, theme.line)


def _ends(row: TrendRow) -> tuple[str, str]:
    low, high = _span(row)
    return row.said(low), row.said(high)


def _span(row: TrendRow) -> tuple[float, float]:
    """The values at the bottom and the top of the row."""
    values = [dot.value for dot in row.dots]
    least = LEAST_SPAN * abs(statistics.median(values)) or 1.0
    more = max(0.0, least - (max(values) - min(values))) / 2
    return min(values) - more, max(values) + more


def _ticks(first: float, last: float) -> Sequence[tuple[float, str]]:
    """Midnights, at most so many, with their dates."""
    step = DAY * max(1, -(-int((last - first) / DAY + 1) // MOST_TICKS))
    begin = -(-int(first) // DAY) * DAY
    days = range(begin, int(last) + 1, step) or [int(first)]
    return [(day, datetime.fromtimestamp(day, UTC).strftime("%Y-%m-%d")) for day in days]
