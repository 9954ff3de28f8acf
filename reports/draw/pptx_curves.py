"""Curves on a slide: a native chart of points and lines, and left of each curve its name."""

from __future__ import annotations

from collections.abc import Sequence

from pptx.enum.chart import XL_CHART_TYPE, XL_MARKER_STYLE, XL_TICK_LABEL_POSITION

from reports.draw import pptx_chart as native
from reports.draw import scale
from reports.draw import slide_text as text
from reports.draw.pptx_chart import Span, by_point
from reports.draw.scale import Scale, spread
from reports.draw.slide import FAINT, MOST_ROWS, Box, Page, Words, described, stroke
from reports.figures.chart import Chart
from reports.figures.shapes import Curve, Curves
from reports.palette import colour, mark
from reports.wording.doubted import marked

WIDEST = 3.3  # inches, of the names
RIGHT, LINE = 1.15, 0.3  # inches: for the scale of values, between two names at least


def draw_curves(page: Page, chart: Chart, plot: Curves, free: Box) -> None:
    """Points with their spread and a line through them, and left of each curve its name. A series a
    curve or line: the longest first, since of several LibreOffice (7.4) leaves out those that come
    before a longer one. A line may begin below what a logarithmic scale can show."""
    curves = [row for row in plot.rows if row.points][:MOST_ROWS]
    named = {id(curve): marked(curve.label, curve.doubt) for curve in curves}
    names = max(text.width(name, native.LABEL_POINTS) for name in named.values())
    left = free.left + min(WIDEST, names) + 0.75
    bottom = free.bottom - native.AXIS - native.AXIS_WORDS
    box = Box(left, free.top + 0.1, free.right - RIGHT - left, bottom - free.top - 0.1)
    frame = Box(left - 0.2, free.top, free.right - left + 0.2, bottom + native.AXIS - free.top)
    across, up = _spans(plot, curves)
    series: list[tuple[Curve, bool, list[tuple[float, float]]]] = []
    for curve in curves:
        slope, offset = curve.line or (0.0, 0.0)
        line = [(one.x, slope * one.x + offset) for one in curve.points] if curve.line else []
        for is_line, found in ((True, line), (False, [(one.x, one.y) for one in curve.points])):
            known = [(across.of(x), up.of(y)) for x, y in found if y > 0 or not plot.y.log]
            if known:
                series.append((curve, is_line, known))
    series.sort(key=lambda one: -len(one[2]))
    data = by_point(
        [(f"{one.label}, fitted line" if line else one.label, known) for one, line, known in series]
    )
    drawn = native.add(page, XL_CHART_TYPE.XY_SCATTER, data, frame, box, described(chart))
    native.values_axis(drawn.category_axis, page, across)
    native.values_axis(drawn.value_axis, page, up)
    drawn.value_axis.tick_label_position = XL_TICK_LABEL_POSITION.HIGH
    scales = "; both scales logarithmic" if plot.x.log and plot.y.log else ""
    native.axis_words(page, box, f"{plot.y.words}, by {plot.x.words}{scales}")
    for shape, (curve, is_line, _) in zip(drawn.plots[0].series, series, strict=True):
        own = colour(curve.case, page.theme)
        if is_line:
            shape.smooth = False
            shape.marker.style = XL_MARKER_STYLE.NONE
            stroke(shape.format, own, 1.75, FAINT)
            continue
        shape.format.line.fill.background()
        native.marker(shape.marker, mark(curve.case), 9, own)
        spreads = [native.reach(up, one.y, one.low, one.high) for one in curve.points]
        native.whiskers(shape, spreads, own)
    _names(page, curves, named, box, free.left, (across, up))


def _spans(plot: Curves, curves: Sequence[Curve]) -> tuple[Span, Span]:
    points = [point for curve in curves for point in curve.points]
    ys = [value for one in points for value in (one.y, one.low, one.high) if value is not None]
    spans = []
    for axis, values in ((plot.x, [float(one.x) for one in points]), (plot.y, ys)):
        if axis.log:
            factor = scale.unit_of(max(values) / 5, axis.dimension)[1]
            low, high = (end * factor for end in scale.around(value / factor for value in values))
        else:
            low, high = min(values) if axis.dimension == "time" else 0.0, max(values)
        spans.append(native.span(axis, low, max(high, low + 1e-9)))
    return spans[0], spans[1]


def _names(
    page: Page,
    curves: Sequence[Curve],
    named: dict[int, str],
    plot: Box,
    left: float,
    spans: tuple[Span, Span],
) -> None:
    """Each name at the height of its first point, none nearer to the next than a line's height."""
    across = Scale(spans[0].low, spans[0].high, plot.left, plot.right, spans[0].axis.log)
    # Heights count from the slide's upper edge: those of a scale that rises are turned round.
    up = Scale(spans[1].low, spans[1].high, -plot.bottom, -plot.top, spans[1].axis.log)
    high = min(LINE, plot.height / len(curves))
    points = min(native.LABEL_POINTS, high * 72 / text.LINE)
    ordered = sorted(curves, key=lambda curve: curve.points[0].y)
    wanted = [up.at(spans[1].of(curve.points[0].y)) for curve in ordered]
    end, near = plot.left - 0.35, plot.left - 0.05
    for curve, y, told in zip(ordered, spread(wanted, high, up), wanted, strict=True):
        own, name = colour(curve.case, page.theme), f"to the first {curve.label}"
        page.line((end + 0.05, -y), (near, -told), 1, name, own)
        first = across.at(spans[0].of(curve.points[0].x))
        page.line((near, -told), (first, -told), 1, name, own)
        page.mark(Box(left, -y - 0.1, 0.2, 0.2), curve.case)
        box = Box(left + 0.27, -y - high / 2, end - left - 0.27, high)
        words = Words(text.cut(named[id(curve)], box.width, points), points)
        page.text(box, [words], right=True, middle=True)
