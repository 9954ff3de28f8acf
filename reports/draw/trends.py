"""Drawing of a history: a line a runtime, night by night, each on a scale of its own."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from bench.derive.doubts import MARK
from reports.draw.canvas import MOST_ROWS, Canvas, Key
from reports.draw.rows import Plot, axis_name, grid, laid_out
from reports.draw.scale import Scale, Ticks
from reports.draw.text import width
from reports.history.charts import Dot, TrendChart, TrendRow
from reports.palette import colour

FULL = 0.36  # of a row's height, from its middle to where its values end
MOST_TICKS = 6
TALLEST = 20  # letters: a line of its own may fill the page
HOUR, DAY = 3_600, 86_400
STEPS = (HOUR // 6, HOUR // 2, HOUR, 2 * HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR)


def draw_trends(chart: TrendChart, canvas: Canvas) -> None:
    """A line a runtime, with the borders of its segments and what was nominated."""
    rows = chart.rows[:MOST_ROWS]
    muted = canvas.theme.muted
    canvas.legend(
        [
            Key("a run", muted, "point"),
            Key("measured otherwise from here on", muted, "mark"),
            Key("▲ ▼ a suspected change", muted, "none"),
            Key("◇ accepted", muted, "none"),
            *([Key(f"○ doubted {MARK}", muted, "none")] if chart.note else []),
        ]
    )
    moments = [dot.date.timestamp() for row in rows for dot in row.dots]
    ends = window(moments)
    days = _days(*ends)
    plot = laid_out(canvas, rows, scale_lines=1 if days else 2, tallest=TALLEST)
    size = min(canvas.shape.note, 0.3 * plot.row)
    numbers = max(width(said, size) for row in rows for said in _ends(row))
    across = Scale(*ends, plot.left + 6, plot.right - numbers - 14)
    grid(canvas, plot, across, days or _hours(*ends))
    if not days:
        first, last = (_said(moment, "%Y-%m-%d") for moment in (min(moments), max(moments)))
        name = f"{first if first == last else f'{first} to {last}'}, UTC"
        axis_name(canvas, plot, name, (across.start + across.end) / 2)
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
        hollow = [place for place, dot in enumerate(dots) if dot.doubt]
        ground = canvas.theme.ground
        canvas.marks([xs[at] for at in hollow], [ys[at] for at in hollow], "circle", ground, 2)
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
    more = max(0.0, row.least_span - (max(values) - min(values))) / 2
    return min(values) - more, max(values) + more


def window(moments: Sequence[float]) -> tuple[float, float]:
    """From the first run to the last, an hour at least, with the runs in its middle."""
    more = max(0.0, HOUR - (max(moments) - min(moments))) / 2
    return min(moments) - more, max(moments) + more


def _days(first: float, last: float) -> Ticks:
    """Midnights, at most so many, with their dates; none where there are fewer than two."""
    step = DAY * max(1, -(-int((last - first) / DAY + 1) // MOST_TICKS))
    begin = -(-int(first) // DAY) * DAY
    days = range(begin, int(last) + 1, step)
    return tuple((day, _said(day, "%Y-%m-%d")) for day in days) if len(days) > 1 else ()


def _hours(first: float, last: float) -> Ticks:
    """Times of the day, at most so many."""
    step = next((step for step in STEPS if (last - first) / step <= MOST_TICKS), STEPS[-1])
    begin = -(-int(first) // step) * step
    return tuple((at, _said(at, "%H:%M")) for at in range(begin, int(last) + 1, step))


def _said(moment: float, form: str) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime(form)
