"""How many: a bar to what was alive, a pale one to where a limit would bind, and that limit."""

from __future__ import annotations

from pptx.enum.chart import XL_CHART_TYPE

from reports import palette
from reports.deck import dress, formats, native, paint, rows
from reports.deck.page import MOST_ROWS, Box, Key, Page, described
from reports.deck.scales import around, factor_of
from reports.deck.workbook import by_category
from reports.figures.how_many import HowMany, Reach

NUMBERS = 1.15
PROJECTED, ALIVE = "projected", "alive at once"
WOULD = "projected: as far as the limit would let it"


def draw(page: Page, chart: HowMany, free: Box) -> None:
    """The chart and, beside each bar, what stopped it there or would."""
    shown = chart.rows[:MOST_ROWS]
    words = [_said(row) for row in shown]
    place = rows.laid_out(free, shown, words, above=rows.LEGEND, numbers=NUMBERS)
    data = by_category(
        [row.label for row in shown],
        {
            PROJECTED: [row.projected for row in shown],
            ALIVE: [row.reached or None for row in shown],
        },
    )
    kind = XL_CHART_TYPE.BAR_CLUSTERED
    drawn = native.add(page, kind, data, place.frame, place.plot, described(chart))
    native.rows_axis(drawn.category_axis, page, place.points)
    far = around([1, *(row.far or 1 for row in shown)])[1]
    step = factor_of(1, far, place.plot.width / native.TICK)
    axis = native.Axis(1, far, step, formats.COUNTS, log=True)
    native.values_axis(drawn.value_axis, page, axis, rows=True)
    bars = drawn.plots[0]
    bars.overlap, bars.gap_width = 100, 45  # one bar over the other, not beside it
    for number, row in enumerate(shown):
        colour = palette.colour(row.runtime, page.theme)
        paint.edged(bars.series[0].points[number].format, colour, pale=True)
        paint.edged(bars.series[1].points[number].format, colour)
        rows.say_beside(page, place, number, *words[number])
    for series in bars.series:
        ends = {
            number: dress.Label(formats.marked(formats.count(row.far), row.far_doubt))
            for number, row in enumerate(shown)
            if row.far and (row.projected is not None) == (series.name == PROJECTED)
        }
        dress.labels(series, ends, page)
    muted = page.theme.muted
    keys = [Key(ALIVE, muted), Key(WOULD, muted, pale=True), Key("logarithmic scale", "")]
    page.legend(place.legend, keys)


def _said(row: Reach) -> rows.Said:
    """What stopped it, or what would and how far it got; no bar tells of none."""
    first, _, second = row.words.partition("; ")
    return (f"none: {first}" if row.far == 0 else first, second)
