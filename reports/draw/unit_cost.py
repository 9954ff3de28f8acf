"""Drawing of what one unit costs: its bytes part by part, and a mark where RSS ends."""

from __future__ import annotations

from reports.draw import scale
from reports.draw.canvas import MOST_ROWS, Canvas, Key
from reports.draw.rows import Plot, axis_name, grid, laid_out
from reports.draw.scale import Scale
from reports.draw.text import width
from reports.figures.unit_cost import PARTS, UNDIVIDED, Cost, UnitCost
from reports.wording import units
from reports.wording.doubted import marked

KIB = 1024.0


def draw_unit_cost(chart: UnitCost, canvas: Canvas) -> None:
    """A stacked bar a runtime."""
    rows = chart.rows[:MOST_ROWS]
    keys = [Key(chart.key_of(part, words), canvas.theme.memory[part]) for part, words in PARTS]
    if any(row.undivided is not None for row in rows):
        keys.append(Key(UNDIVIDED, canvas.theme.muted))
    keys.append(Key(chart.key_of("rss", "where RSS ends"), canvas.theme.ink, "mark"))
    if chart.counts:
        keys.append(Key(f"with {chart.counts} alive", canvas.theme.ink, "none"))
    canvas.legend(keys)
    plot = laid_out(canvas, rows, scale_lines=2)
    most = max((max(row.known, row.rss or 0, row.high or 0) for row in rows), default=0) or KIB
    totals = max((width(_total(row), plot.size, bold=True) for row in rows), default=0.0)
    across = Scale(0, most, plot.left, plot.right - totals - 12)
    grid(canvas, plot, across, _ticks(most))
    axis_name(canvas, plot, "memory of one unit", (across.start + across.end) / 2)
    for place, row in enumerate(rows):
        _bar(canvas, plot, across, place, row)


def _ticks(most: float) -> scale.Ticks:
    """In KiB, or in bytes where that is too coarse."""
    factor, name = (KIB, "KiB") if most >= 2 * KIB else (1.0, "B")
    ticks = scale.even(most / factor, 5, lambda value: f"{value:,g} {name}")
    return tuple((value * factor, words) for value, words in ticks)


def _bar(canvas: Canvas, plot: Plot, across: Scale, place: int, row: Cost) -> None:
    """The parts one after the other, the end of RSS, the interval, the total in words."""
    middle, high = plot.middle(place), 0.62 * plot.row
    end = 0.0
    colours = [*(canvas.theme.memory[part] for part, _ in PARTS), canvas.theme.muted]
    for colour, value in zip(colours, (*row.parts, row.undivided), strict=True):
        if value:
            left, end = end, end + value
            wide = across.at(end) - across.at(left)
            canvas.box(across.at(left), middle - high / 2, wide, high, colour)
    if row.rss is not None:
        x = across.at(row.rss)
        canvas.line([x, x], [middle - 0.44 * plot.row, middle + 0.44 * plot.row], 2.5)
    if row.low is not None and row.high is not None:
        canvas.interval(across.at(row.low), across.at(row.high), middle)
    x = max(across.at(max(end, row.rss or 0, row.high or 0)), plot.left)
    canvas.plate(x + 10, middle, _total(row), plot.size, bold=True)


def _total(row: Cost) -> str:
    said = units.size(row.total) if row.total is not None else "total unknown"
    return marked(said, row.doubt("total_bytes"))
