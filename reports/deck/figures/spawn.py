"""Spawning: how fast a burst goes, and how long one more unit takes to start."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pptx.enum.chart import XL_CHART_TYPE, XL_MARKER_STYLE
from pptx.enum.shapes import MSO_SHAPE

from reports import palette
from reports.deck import dress, formats, native, paint, rows, text
from reports.deck.page import LEGEND_ROW, MOST_ROWS, Box, Key, Page, Words, described
from reports.deck.scales import decades, factor_of, step_of
from reports.deck.workbook import by_category, by_point
from reports.figures.spawn import NAMES, Rate, Spawn, Spawns, start_and_overhead
from reports.wording import units
from reports.wording.doubted import marked

BURST = "burst, units a second"
LATENCY = "start latency"
MICRO = 1e-6
HALF = 0.5  # of the slide, for the bursts, where latencies stand beside them
APART, OVERHANG = 0.5, 0.35
MARKS = (
    (XL_MARKER_STYLE.CIRCLE, 12, MSO_SHAPE.OVAL),
    (XL_MARKER_STYLE.DIAMOND, 8, MSO_SHAPE.DIAMOND),
    (XL_MARKER_STYLE.TRIANGLE, 8, MSO_SHAPE.ISOSCELES_TRIANGLE),
    (XL_MARKER_STYLE.SQUARE, 6, MSO_SHAPE.RECTANGLE),
)


@dataclass(frozen=True)
class Lane:
    """One of a runtime's start latencies in its part of the runtime's row, from `top` to `bottom`,
    the first row beginning at 0. `said` is which start it is and the overhead in it. `quantiles`
    are those that are known, in microseconds, each with its place in `MARKS`."""

    runtime: str
    label: str
    said: str
    top: float
    bottom: float
    quantiles: tuple[tuple[int, float], ...]


def draw(page: Page, chart: Spawns, free: Box) -> None:
    """Bars of the bursts; right of them, row by row, points of the start latencies where any were
    taken."""
    shown = chart.rows[:MOST_ROWS]
    lanes = [lane for number, row in enumerate(shown) for lane in _lanes(number, row)]
    wide = free.width * (HALF if lanes else 1)
    left = Box(free.left, free.top, wide, free.height)
    words = [_said(row) for row in shown]
    place = rows.laid_out(left, shown, words, above=rows.LEGEND)
    _bursts(page, chart, shown, place)
    for number, said in enumerate(words):
        rows.say_beside(page, place, number, *said)
    if lanes:
        start = left.right + APART
        _latencies(page, chart, lanes, place, Box(start, free.top, free.right - start, free.height))


def _lanes(number: int, row: Spawn) -> Iterator[Lane]:
    high = 1 / max(1, len(row.starts))
    for place, one in enumerate(row.starts):
        values = [None if each.value is None else each.value / MICRO for each in one.quantiles]
        told = tuple((form, value) for form, value in enumerate(values) if value is not None)
        if told and all(value > 0 for _, value in told):  # a logarithmic scale has no 0
            top = number + place * high
            yield Lane(
                row.runtime, row.label, f"{start_and_overhead(one)} overhead", top, top + high, told
            )


def _said(row: Spawn) -> rows.Said:
    """The burst's rate, and how sure it is."""
    burst = row.burst
    first = marked(units.rate(burst.value), burst.doubt)
    if burst.rough:
        return first, f"rough: of {units.count(burst.at)}"
    if burst.low is None or burst.high is None:
        return first, ""
    return first, f"{units.number(burst.low)} to {units.number(burst.high)}"


def _bursts(page: Page, chart: Spawns, shown: Sequence[Spawn], place: rows.Rows) -> None:
    rates = {BURST: [row.burst.value for row in shown]}
    data = by_category([row.label for row in shown], rates, "#,##0")
    kind = XL_CHART_TYPE.BAR_CLUSTERED
    drawn = native.add(page, kind, data, place.frame, place.plot, described(chart))
    most = max((row.burst.high or row.burst.value or 0 for row in shown), default=0) or 1
    native.rows_axis(drawn.category_axis, page, place.points)
    scale = native.Axis(0, 1.05 * most, step_of(most, 2), formats.COUNTS)
    native.values_axis(drawn.value_axis, page, scale, rows=True)
    bars = drawn.plots[0]
    bars.gap_width = 45
    (series,) = bars.series
    for number, row in enumerate(shown):
        paint.fill(series.points[number].format, palette.colour(row.runtime, page.theme))
    dress.whiskers(series, [_reach(row.burst) for row in shown], page.theme.ink)
    heading = Box(
        place.plot.left, place.legend.top, place.beside.right - place.plot.left, LEGEND_ROW
    )
    page.text(heading, [Words(BURST, rows.WORDS_POINTS)], middle=True)


def _reach(burst: Rate) -> tuple[float, float]:
    """How far the interval reaches below and above the rate."""
    if burst.value is None or burst.low is None or burst.high is None:
        return 0.0, 0.0
    return burst.value - burst.low, burst.high - burst.value


def _latencies(
    page: Page, chart: Spawns, lanes: Sequence[Lane], place: rows.Rows, free: Box
) -> None:
    """Points in lanes level with the rows, and at the end of each which start it is."""
    beside = max(text.width(lane.said, rows.WORDS_POINTS) for lane in lanes) + 0.05
    plot = Box(
        free.left + 0.1, place.plot.top, free.width - 0.1 - OVERHANG - beside, place.plot.height
    )
    frame = Box(
        free.left, plot.top - 0.05, plot.right + OVERHANG - free.left, plot.height + rows.AXIS
    )
    # LibreOffice (7.4) draws no series that stands before a longer one.
    longest_first = sorted(lanes, key=lambda lane: -len(lane.quantiles))
    kind = XL_CHART_TYPE.XY_SCATTER
    drawn = native.add(
        page, kind, _points(longest_first, place.count), frame, plot, described(chart)
    )
    low, high = decades(value for lane in lanes for _, value in lane.quantiles)
    across = native.Axis(low, high, factor_of(low, high, 5), formats.MICROSECONDS, log=True)
    native.values_axis(drawn.category_axis, page, across)
    up = native.Axis(0, place.count, 1, "General")
    native.values_axis(drawn.value_axis, page, up)
    native.no_names(drawn.value_axis)
    _dress(page, list(drawn.plots[0].series), longest_first)
    keys = [
        Key(name, page.theme.muted, form) for name, (_, _, form) in zip(NAMES, MARKS, strict=True)
    ]
    page.legend(Box(free.left, place.legend.top, free.width, LEGEND_ROW), [Key(LATENCY, ""), *keys])
    for lane in lanes:
        high = (lane.bottom - lane.top) * place.height
        box = Box(free.right - beside, plot.top + lane.top * place.height, beside, high)
        points = min(rows.WORDS_POINTS, 0.98 * high * 72 / text.LINE)
        page.text(box, [Words(lane.said, points)], middle=True)


def _points(lanes: Sequence[Lane], count: int) -> Any:
    """A series a lane: its quantiles in microseconds across, its height up."""
    return by_point(
        [
            (
                f"{lane.label}, {lane.said}",
                [(value, count - (lane.top + lane.bottom) / 2) for _, value in lane.quantiles],
            )
            for lane in lanes
        ]
    )


def _dress(page: Page, drawn: Sequence[Any], lanes: Sequence[Lane]) -> None:
    """A mark a quantile in the runtime's colour, and a line from the median to the longest."""
    for series, lane in zip(drawn, lanes, strict=True):
        colour = palette.colour(lane.runtime, page.theme)
        series.smooth = False
        paint.stroke(series.format, colour, 1.5)
        for number, (place, _) in enumerate(lane.quantiles):
            form, points, _ = MARKS[place]
            dress.marker(series.points[number].marker, form, points, colour)
