"""Memory as the units grow: points with their spread and a line, both scales logarithmic."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pptx.enum.chart import XL_CHART_TYPE, XL_MARKER_STYLE, XL_TICK_LABEL_POSITION
from pptx.enum.shapes import MSO_SHAPE

from reports import palette
from reports.deck import dress, formats, native, paint, rows, text
from reports.deck.native import Axis
from reports.deck.page import LEGEND_ROW, MOST_ROWS, Box, Key, Page, Words, described
from reports.deck.scales import BYTES, around, factor_of, unit_of
from reports.deck.workbook import by_point
from reports.draw.growth import spread
from reports.draw.scale import Scale
from reports.figures.growth import Curve, MemoryGrowth
from reports.palette import Mark

MARKERS: dict[Mark, XL_MARKER_STYLE] = {
    "circle": XL_MARKER_STYLE.CIRCLE,
    "square": XL_MARKER_STYLE.SQUARE,
    "diamond": XL_MARKER_STYLE.DIAMOND,
    "triangle": XL_MARKER_STYLE.TRIANGLE,
    "star": XL_MARKER_STYLE.STAR,
    "plus": XL_MARKER_STYLE.PLUS,
    "x": XL_MARKER_STYLE.X,
    "dash": XL_MARKER_STYLE.DASH,
}
SCALE = "memory above the baseline, by units alive; both scales logarithmic"
Scales = tuple[Axis, Axis]

RIGHT, LINE = 1.15, 0.3  # inches: for the scale of bytes, between two names at least


def draw(page: Page, chart: MemoryGrowth, free: Box) -> None:
    """The curves, and left of each its name."""
    curves = [row for row in chart.rows if row.drawn][:MOST_ROWS]
    if not curves:
        page.nothing(free)
        return
    names = max(text.width(curve.name, native.LABEL_POINTS) for curve in curves)
    left = free.left + min(rows.WIDEST, names) + 0.75
    top = free.top + rows.LEGEND
    plot = Box(left, top, free.right - RIGHT - left, free.bottom - rows.AXIS - top)
    frame = Box(left - 0.2, top - 0.1, free.right - left + 0.2, free.bottom - top + 0.1)
    unit, factor = unit_of(max(curve.drawn[-1].bytes for curve in curves) / 5, BYTES)
    across, up = _scales(curves, unit, factor)
    series = _series(curves, factor)
    kind = XL_CHART_TYPE.XY_SCATTER
    drawn = native.add(
        page,
        kind,
        by_point([(one.name, one.points) for one in series]),
        frame,
        plot,
        described(chart),
    )
    native.values_axis(drawn.category_axis, page, across)
    native.values_axis(drawn.value_axis, page, up)
    drawn.value_axis.tick_label_position = XL_TICK_LABEL_POSITION.HIGH
    _dress(page, list(drawn.plots[0].series), series, factor)
    _name(page, curves, plot, free.left, (across, up), factor)
    _explain(page, Box(free.left, free.top, free.width, LEGEND_ROW))


def _scales(curves: Sequence[Curve], unit: str, factor: float) -> tuple[Axis, Axis]:
    points = [point for curve in curves for point in curve.drawn]
    low, high = around(point.units for point in points)
    across = Axis(low, high, factor_of(low, high), formats.COUNTS, log=True)
    low, high = around(size / factor for one in points for size in (one.bytes, one.low, one.high))
    return across, Axis(low, high, factor_of(low, high), formats.of_decades(unit, low), log=True)


@dataclass(frozen=True)
class Series:
    """A curve's points, or its line at their counts: units, and bytes in the scale's unit."""

    curve: Curve
    is_line: bool
    points: tuple[tuple[int, float], ...]

    @property
    def name(self) -> str:
        return f"{self.curve.label}, fitted line" if self.is_line else self.curve.label


def _series(curves: Sequence[Curve], factor: float) -> list[Series]:
    """The longest first: of several series LibreOffice (7.4) leaves out those that come before a
    longer one. A line may begin below what a logarithmic scale can show."""
    made = []
    for curve in curves:
        line = [(p.units, curve.line.at(p.units) if curve.line else 0.0) for p in curve.drawn]
        on_line = tuple((count, size / factor) for count, size in line if size > 0)
        made += [Series(curve, True, on_line)] if on_line else []
        made.append(Series(curve, False, tuple((p.units, p.bytes / factor) for p in curve.drawn)))
    return sorted(made, key=lambda one: -len(one.points))


def _dress(page: Page, drawn: Sequence[Any], series: Sequence[Series], factor: float) -> None:
    for shape, one in zip(drawn, series, strict=True):
        colour = palette.colour(one.curve.runtime, page.theme)
        if one.is_line:
            shape.smooth = False
            shape.marker.style = XL_MARKER_STYLE.NONE
            paint.stroke(shape.format, colour, 1.75, paint.FAINT)
            continue
        shape.format.line.fill.background()
        dress.marker(shape.marker, MARKERS[palette.mark(one.curve.runtime)], 9, colour)
        spread_out = [
            ((point.bytes - point.low) / factor, (point.high - point.bytes) / factor)
            for point in one.curve.drawn
        ]
        dress.whiskers(shape, spread_out, colour)


def _name(
    page: Page, curves: Sequence[Curve], plot: Box, left: float, scales: Scales, factor: float
) -> None:
    """Each name at the height of its first point, none nearer to the next than a line's height."""
    across = Scale(scales[0].low, scales[0].high, plot.left, plot.right, log=True)
    # Heights count from the slide's upper edge: those of a scale that rises are turned round.
    up = Scale(scales[1].low, scales[1].high, -plot.bottom, -plot.top, log=True)
    high = min(LINE, plot.height / len(curves))
    points = min(native.LABEL_POINTS, high * 72 / text.LINE)
    ordered = sorted(curves, key=lambda curve: curve.drawn[0].bytes)
    wanted = [up.at(curve.drawn[0].bytes / factor) for curve in ordered]
    end, near = plot.left - 0.35, plot.left - 0.05
    for curve, y, told in zip(ordered, spread(wanted, high, up), wanted, strict=True):
        colour, name = palette.colour(curve.runtime, page.theme), f"to the first {curve.label}"
        page.line((end + 0.05, -y), (near, -told), 1, name, colour)
        page.line((near, -told), (across.at(curve.drawn[0].units), -told), 1, name, colour)
        page.mark(Box(left, -y - 0.1, 0.2, 0.2), curve.runtime)
        box = Box(left + 0.27, -y - high / 2, end - left - 0.27, high)
        words = Words(text.cut(curve.name, box.width, points), points)
        page.text(box, [words], right=True, middle=True)


def _explain(page: Page, box: Box) -> None:
    """What marks and lines are, and the scales."""
    muted = page.theme.muted
    keys = [Key("median of the processes", muted, MSO_SHAPE.OVAL), Key("least to most")]
    page.legend(box, [*keys, Key("fitted line", muted, MSO_SHAPE.MATH_MINUS), Key(SCALE, "")])
