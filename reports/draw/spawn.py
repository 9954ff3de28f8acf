"""Drawing of spawning: start latency by population left, the burst's rate right."""

from __future__ import annotations

from collections.abc import Sequence

from bench.derive.times import Population
from reports.draw import scale
from reports.draw.canvas import MOST_ROWS, Canvas, Key
from reports.draw.rows import Plot, axis_name, grid, laid_out
from reports.draw.scale import Scale
from reports.draw.text import fitted, width
from reports.figures.spawn import Spawn, Spawns, start_and_overhead
from reports.palette import colour, mark
from reports.wording import units
from reports.wording.doubted import marked

MARK = 0.75  # of the letters' size
LATENCY_SHARE = {"wide": 0.6, "square": 0.52}  # of the plot: the rest is the burst's


def draw_spawn(chart: Spawns, canvas: Canvas) -> None:
    """A row a runtime: ranges of start latency, and a bar of its burst."""
    rows = chart.rows[:MOST_ROWS]
    muted = canvas.theme.muted
    canvas.legend(
        [
            Key("median start, then 90 % and 99 %", muted, "point"),
            Key("to the longest", muted, "line"),
            Key("at its end: which start, and overhead in it", muted, "none"),
            *([Key(f"with {chart.parked} parked", muted, "none")] if chart.parked else []),
            *([Key(f"bars: bursts of {chart.bursts}", muted, "none")] if chart.bursts else []),
        ]
    )
    plot = laid_out(canvas, rows, scale_lines=2)
    cut = plot.left + LATENCY_SHARE[canvas.shape.name] * (plot.right - plot.left)
    _latencies(canvas, Plot(plot.left, cut, plot.top, plot.bottom, plot.row, plot.size), rows)
    burst = Plot(cut + 20, plot.right, plot.top, plot.bottom, plot.row, plot.size)
    _bursts(canvas, burst, rows)


def _latencies(canvas: Canvas, plot: Plot, rows: Sequence[Spawn]) -> None:
    known = [
        quantile.value
        for row in rows
        for one in row.starts
        for quantile in one.quantiles
        if quantile.value
    ]
    for place, row in enumerate(rows):
        if not row.starts:
            words = "start latency unknown"
            canvas.text(plot.left + 6, plot.middle(place), words, plot.size, canvas.theme.muted)
    if not known:
        return
    size = _lane_size(canvas, plot)
    beside = max(width(start_and_overhead(one), size) for row in rows for one in row.starts)
    end = plot.right - beside - 8
    across = Scale(*scale.around(known), plot.left + 6, end, log=True)
    grid(canvas, plot, across, scale.decades(across.low, across.high, scale.seconds))
    axis_name(canvas, plot, "start latency", (plot.left + end) / 2)
    for place, row in enumerate(rows):
        for lane, one in enumerate(row.starts):
            y = plot.middle(place) + (0.2 - 0.4 * lane if len(row.starts) > 1 else 0) * plot.row
            _range(canvas, across, y, row, one, size)


def _lane_size(canvas: Canvas, plot: Plot) -> float:
    """Of the letters beside a range, two of which share a row."""
    return min(canvas.shape.note, 0.36 * plot.row)


def _range(
    canvas: Canvas, across: Scale, y: float, row: Spawn, one: Population, size: float
) -> None:
    """From the median over 90 % and 99 %, as far as they are told, to the longest; then which of
    the two it is, and the overhead in it."""
    told = [across.at(quantile.value) if quantile.value else None for quantile in one.quantiles]
    median, *between, longest = told
    if median is None or longest is None:
        return
    own = colour(row.runtime, canvas.theme)
    known = [x for x in between if x is not None]
    canvas.line([median, longest], [y, y], 1.5, own)
    canvas.line([median, max((median, *known))], [y, y], 0.3 * size, own)
    canvas.marks([median], [y], mark(row.runtime), own, MARK * size)
    for x in known:  # over the mark, which they may be close to
        canvas.line([x, x], [y - 0.5 * size, y + 0.5 * size], 2, own)
    canvas.line([longest, longest], [y - 0.45 * size, y + 0.45 * size], 1.5, own)
    canvas.plate(max(longest, median + 0.7 * MARK * size) + 5, y, start_and_overhead(one), size)


def _bursts(canvas: Canvas, plot: Plot, rows: Sequence[Spawn]) -> None:
    most = max((row.burst.high or row.burst.value or 0 for row in rows), default=0)
    words = [marked(units.rate(row.burst.value), row.burst.doubt) for row in rows]
    size = min(plot.size, canvas.shape.note * 1.15)
    room = max((width(rate, size, bold=True) for rate in words), default=0.0)
    across = Scale(0, most or 1, plot.left, max(plot.left + 20, plot.right - room - 10))
    canvas.line([plot.left] * 2, [plot.bottom, plot.top], 0.8, canvas.theme.line)
    axis_name(canvas, plot, "units a second")
    for place, row in enumerate(rows):
        _burst(canvas, plot, across, place, row)
        end = across.at(row.burst.high or row.burst.value or 0)
        rate = fitted(words[place], plot.right - end - 8, size, bold=True)
        canvas.text(end + 8, plot.middle(place), rate, size, bold=True)


def _burst(canvas: Canvas, plot: Plot, across: Scale, place: int, row: Spawn) -> None:
    y, high, burst = plot.middle(place), 0.5 * plot.row, row.burst
    if burst.value:
        wide = across.at(burst.value) - plot.left
        canvas.box(plot.left, y - high / 2, wide, high, colour(row.runtime, canvas.theme))
    if burst.low is not None and burst.high is not None:
        canvas.interval(across.at(burst.low), across.at(burst.high), y)
