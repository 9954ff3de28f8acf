"""What one unit costs: a bar of its parts, and a mark where RSS ends."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pptx.enum.chart import XL_CHART_TYPE

from reports.deck import dress, formats, native, paint, rows
from reports.deck.page import MOST_ROWS, Box, Key, Page, described
from reports.deck.scales import BYTES, step_of, unit_of
from reports.deck.workbook import by_category
from reports.figures.unit_cost import PARTS, UNDIVIDED, Cost, UnitCost
from reports.wording import units
from reports.wording.doubted import marked

NUMBERS = 1.05
TOTAL = "total a unit"
RSS = "where RSS ends"


def draw(page: Page, chart: UnitCost, free: Box) -> None:
    """The chart, the marks of RSS over it, and beside each bar what RSS shows and the interval."""
    shown = chart.rows[:MOST_ROWS]
    words = [_said(row) for row in shown]
    place = rows.laid_out(free, shown, words, above=rows.LEGEND, numbers=NUMBERS, marks=True)
    most = max((max(row.known, row.rss or 0, row.high or 0) for row in shown), default=0.0) or 1.0
    unit, factor = unit_of(most, BYTES)
    data = _data(shown, factor)
    kind = XL_CHART_TYPE.BAR_STACKED
    drawn = native.add(page, kind, data, place.frame, place.plot, described(chart))
    native.rows_axis(drawn.category_axis, page, place.points)
    high = most / factor
    step = step_of(high)
    scale = native.Axis(0, high, step, formats.of_unit(step, unit))
    native.values_axis(drawn.value_axis, page, scale, rows=True)
    _dress(page, drawn.plots[0], shown, factor, unit)
    keys = [Key(chart.key_of(part, name), page.theme.memory[part]) for part, name in PARTS]
    if any(row.undivided is not None for row in shown):
        keys.append(Key(UNDIVIDED, page.theme.muted))
    page.legend(place.legend, [*keys, Key(RSS)])
    for number, row in enumerate(shown):
        rows.mark(page, place, number, row.runtime)
        rows.say_beside(page, place, number, *words[number])
        if row.rss is not None:
            rows.tick(page, place, number, row.rss / most, RSS)


def _said(row: Cost) -> rows.Said:
    """What RSS shows, and how sure the total is."""
    first = f"RSS shows {marked(units.size(row.rss), row.doubt('rss_bytes'))}"
    if row.total is None:
        return first, "total unknown"
    if row.low is None or row.high is None:
        return first, "no interval"
    low, high = units.size(row.low), units.size(row.high)
    return first, f"95 %: {low} to {high}" if low != high else "95 %: within rounding"


def _data(shown: Sequence[Cost], factor: float) -> Any:
    """A series a part, one for what is not divided where anything is, and the total, which is not
    drawn but for its label."""
    values = {name: [row.parts[number] for row in shown] for number, (_, name) in enumerate(PARTS)}
    if any(row.undivided is not None for row in shown):
        values[UNDIVIDED] = [row.undivided or 0.0 for row in shown]
    values[TOTAL] = [row.total for row in shown]
    scaled = {
        name: [None if value is None else value / factor for value in column]
        for name, column in values.items()
    }
    return by_category([row.label for row in shown], scaled)


def _dress(page: Page, bars: Any, shown: Sequence[Cost], factor: float, unit: str) -> None:
    bars.gap_width = 45
    *parts, total = bars.series
    colours = [*(page.theme.memory[part] for part, _ in PARTS), page.theme.muted]
    for colour, series in zip(colours, parts, strict=False):
        paint.fill(series.format, colour)
    paint.clear(total.format)
    ends = {
        number: dress.Label(
            formats.marked(formats.of_value(row.total / factor, unit), row.doubt("total_bytes")),
            "inBase",
        )
        for number, row in enumerate(shown)
        if row.total is not None
    }
    dress.labels(total, ends, page)
    reach = [_reach(row, factor) for row in shown]
    dress.whiskers(parts[-1], reach, page.theme.ink)


def _reach(row: Cost, factor: float) -> tuple[float, float]:
    """How far the interval reaches below and above the total."""
    if row.total is None or row.low is None or row.high is None:
        return 0.0, 0.0
    return (row.total - row.low) / factor, (row.high - row.total) / factor
