"""Slides: each shape of a figure as a native chart, which can be edited.

Bars, stacked bars and ranges have a row a case: its name left of the chart, and beside the plot
what is said of the row. Several plots stand side by side on the same rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pptx.enum.chart import XL_CHART_TYPE, XL_MARKER_STYLE, XL_TICK_LABEL_POSITION
from pptx.enum.shapes import MSO_SHAPE

from reports.draw import pptx_chart as native
from reports.draw import scale
from reports.draw import slide_text as text
from reports.draw.pptx_chart import ROUGH, SHARE, VALUE_POINTS, Label, Span, by_category, by_point
from reports.draw.scale import Scale, nearest_bars, spread
from reports.draw.slide import (
    FAINT,
    MOST_ROWS,
    Box,
    Page,
    Symbol,
    Words,
    clear,
    described,
    edged,
    fill,
    stroke,
)
from reports.figures.chart import Chart
from reports.figures.shapes import Axis, Bar, Bars, Curve, Curves, Ranges, StackedBars, StackRow
from reports.palette import Mark, colour, mark, on, role
from reports.wording.doubted import marked

TALLEST, TALLEST_BAR = 1.1, 0.5  # inches: few rows are not stretched over the slide
LOWERED = 0.3  # of what is left then stands above them
MOST_BARS = 18  # in rows of several
WIDEST, WIDEST_WORDS = 3.3, 4.4  # inches: of the names, of what is said beside
WORDS_POINTS = 14.0
NUMBERS = 1.15  # inches right of a plot, for the labels at the ends of its bars
AXIS, AXIS_WORDS = 0.4, 0.27  # below a plot, for its numbers and what they measure
MARK_SIDE, GAP, APART, OVERHANG = 0.2, 0.15, 0.5, 0.35
HALF = 0.5  # of the slide, for the first of two plots
RIGHT, LINE = 1.15, 0.3  # inches: for the scale of values, between two names at least
ROOM = 0.15  # around a share
QUANTILES = (
    (XL_MARKER_STYLE.CIRCLE, 12, MSO_SHAPE.OVAL),
    (XL_MARKER_STYLE.DIAMOND, 8, MSO_SHAPE.DIAMOND),
    (XL_MARKER_STYLE.TRIANGLE, 8, MSO_SHAPE.ISOSCELES_TRIANGLE),
    (XL_MARKER_STYLE.SQUARE, 6, MSO_SHAPE.RECTANGLE),
)
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
Said = tuple[str, ...]


def draw(page: Page, chart: Chart, free: Box) -> None:
    """The figure in what is free of its slide."""
    first = chart.plots[0]
    rows = [row for row in first.rows if not isinstance(row, Curve) or row.points][:MOST_ROWS]
    if not rows:
        page.nothing(free)
        return
    keys = [
        Symbol(name, page.theme.muted, form)
        for plot in chart.plots
        if isinstance(plot, Ranges)
        for name, (_, _, form) in zip(plot.points, QUANTILES, strict=False)
    ]
    under = page.legend(free, [*keys, *chart.keys]) + 0.1
    free = Box(free.left, under, free.width, free.bottom - under)
    if isinstance(first, Curves):
        _curves(page, chart, first, free)
    else:
        _rows(page, chart, free)


def _rows(page: Page, chart: Chart, free: Box) -> None:
    """One plot, or two side by side on the same rows."""
    sides = [free]
    if len(chart.plots) > 1:
        cut = free.left + HALF * free.width
        sides = [Box(free.left, free.top, cut - free.left, free.height)]
        sides.append(Box(cut + APART, free.top, free.right - cut - APART, free.height))
    area: Rows | None = None
    for plot, side in zip(chart.plots, sides, strict=False):
        match plot:
            case Bars() if plot.several:
                _several_bars(page, chart, plot, side)
            case Bars():
                area = _bars(page, chart, plot, side)
            case StackedBars():
                area = _stacked(page, chart, plot, side)
            case Ranges():
                _ranges(page, chart, plot, side, area)


# Rows


@dataclass(frozen=True)
class Rows:
    """The boxes of the chart and its plot, what is left beside the chart, the size of the names'
    letters, and how many lines the plot has."""

    frame: Box
    plot: Box
    beside: Box
    points: float
    count: int

    @property
    def height(self) -> float:
        """Of one line."""
        return self.plot.height / self.count

    def row(self, place: float, left: float, width: float, lines: float = 1) -> Box:
        """The part of a line, the first being at the top."""
        top = self.plot.top + place * self.height
        return Box(left, top, width, lines * self.height)


def _laid_out(
    free: Box, labels: Sequence[str], words: Sequence[Said], numbers: float, axis: str
) -> Rows:
    """Where the rows go in what is free: left of the plot their marks and names, right of it
    `numbers` inches for those at the ends of bars, then `words`."""
    count, under = len(labels), AXIS + (AXIS_WORDS if axis else 0)
    height = min(TALLEST, (free.height - under) / count)
    top = free.top + LOWERED * (free.height - under - height * count)
    points = min(native.LABEL_POINTS, 0.55 * height * 72)
    names = max(text.width(label, points) for label in labels)
    long = max((text.width(one, WORDS_POINTS) for said in words for one in said), default=0.0)
    beside = min(WIDEST_WORDS, long + 0.05)
    start = free.left + MARK_SIDE + 0.05
    left = start + min(WIDEST, names) + GAP
    right = free.right - beside - GAP
    plot = Box(left, top, right - numbers - left, height * count)
    frame = Box(start, top, right - start, plot.height + AXIS)
    return Rows(frame, plot, Box(free.right - beside, top, beside, plot.height), points, count)


def _around(
    page: Page, area: Rows, plot: Bars | StackedBars, words: Sequence[Said], across: Span
) -> None:
    """What stands around the chart of a row each: marks of the cases, upright lines, and what is
    said beside each row."""
    to = Scale(across.low, across.high, area.plot.left, area.plot.right, across.axis.log)
    for place, said in enumerate(words):
        row = plot.rows[place]
        _case(page, area, place, row.case)
        _beside(page, area.row(place, area.beside.left, area.beside.width), said)
        if row.mark is not None:
            _upright(page, area, place, to.at(across.of(row.mark)), plot.mark)


def _case(page: Page, area: Rows, place: int, case: str) -> None:
    """The mark of a row's case, left of its name."""
    line = area.row(place, area.frame.left - MARK_SIDE - 0.05, MARK_SIDE)
    middle = line.top + (line.height - MARK_SIDE) / 2
    page.mark(Box(line.left, middle, MARK_SIDE, MARK_SIDE), case)


def _beside(page: Page, box: Box, said: Said) -> None:
    """What is said of a row: the first phrase in bold, the second below it."""
    if len(said) == 1:
        fitted = text.fit(said[0], box.width, box.height, (WORDS_POINTS, 12, 10))
        page.text(box, [Words(fitted.text, fitted.size, bold=True)], middle=True)
    elif said:
        points = min(WORDS_POINTS, 0.98 * box.height * 72 / (2 * text.LINE))
        first, second = (text.cut(one, box.width, points) for one in said[:2])
        lines = [Words(first, points, bold=True), Words(second, points, muted=True)]
        page.text(box, lines, middle=True)


def _upright(page: Page, area: Rows, place: float, x: float, name: str, lines: float = 1) -> None:
    """A line across the bars of a row."""
    row = area.row(place, 0, 0, lines)
    inset = 0.08 * area.height
    page.line((x, row.top + inset), (x, row.bottom - inset), 3, name)


def _axis_words(page: Page, plot: Box, words: str) -> None:
    """What a scale measures, below its numbers."""
    if words:
        points = native.TICK_POINTS
        said = text.cut(words, plot.width + NUMBERS, points)
        box = Box(plot.left, plot.bottom + AXIS, text.width(said, points) + 0.05, AXIS_WORDS)
        page.text(box, [Words(said, points, muted=True)])


def _chart(
    page: Page, chart: Chart, area: Rows, data: Any, kind: XL_CHART_TYPE, across: Span, names: bool
) -> Any:
    """A chart of bars, with the names of its rows or without."""
    drawn = native.add(page, kind, data, area.frame, area.plot, described(chart))
    native.names_axis(drawn.category_axis, page, area.points if names else None)
    native.values_axis(drawn.value_axis, page, across, rows=True)
    _axis_words(page, area.plot, across.axis.words)
    return drawn.plots[0]


# Bars


def _bars(page: Page, chart: Chart, plot: Bars, free: Box) -> Rows:
    """A bar a row. Its label is native where no interval is in its way."""
    rows = plot.rows[:MOST_ROWS]
    bars = [row.bars[0] if row.bars else Bar(value=None, said="unknown") for row in rows]
    native_labels = all(bar.low is None for bar in bars)
    words = [
        _said(bar, row.notes, native_labels, plot.axis.log)
        for bar, row in zip(bars, rows, strict=True)
    ]
    labels = [row.label for row in rows]
    numbers = NUMBERS if native_labels else 0.0
    area = _laid_out(free, labels, words, numbers, plot.axis.words)
    across = _across(plot, bars, area.plot.width)
    series = {plot.solid or plot.axis.words: [across.known(bar.value) for bar in bars]}
    if plot.pale:  # behind the other
        series = {plot.pale: [across.known(bar.projected) for bar in bars]} | series
    data = by_category(labels, series, "General" if across.unit or plot.pale else "#,##0")
    drawn = _chart(page, chart, area, data, XL_CHART_TYPE.BAR_CLUSTERED, across, names=True)
    drawn.overlap, drawn.gap_width = 100, 45  # one bar over the other, not beside it
    for one in drawn.series:
        pale = bool(plot.pale) and one.name == plot.pale
        for number, row in enumerate(rows):
            shape, own = one.points[number].format, colour(row.case, page.theme)
            if plot.pale:
                edged(shape, own, pale)
            else:
                fill(shape, own)
        ends = {
            number: Label(across.label(bar.far, bar.doubt))
            for number, bar in enumerate(bars)
            if native_labels and bar.far and (bar.projected is not None) == pale
        }
        native.labels(one, ends, page)
    if not native_labels:
        reach = [native.reach(across, bar.value, bar.low, bar.high) for bar in bars]
        native.whiskers(drawn.series[len(series) - 1], reach, page.theme.ink)
    _around(page, area, plot, words, across)
    return area


def _said(bar: Bar, notes: Said, native_label: bool, log: bool) -> Said:
    """What stands beside a bar; no bar shows none on a logarithmic scale, nor what is unknown."""
    if not native_label:
        return (bar.said, *notes[:1])
    if bar.far is None or (log and not bar.far):
        nothing = "none" if bar.far == 0 else bar.said
        return (f"{nothing}: {notes[0]}" if notes else nothing, *notes[1:2])
    return notes[:2]


def _across(plot: Bars, bars: Sequence[Bar], room: float) -> Span:
    ends = [float(max(bar.far or 0, bar.high or 0)) for bar in bars]
    if plot.axis.log:
        low, high = scale.around([1.0 if max(ends, default=0) >= 1 else 0, *ends])
        return native.span(plot.axis, low, high, room / native.TICK)
    return native.span(plot.axis, 0.0, 1.05 * max(ends, default=0) or 1.0, room)


def _place(plot: Box, across: Span) -> Scale:
    return Scale(across.low, across.high, plot.left, plot.right, across.axis.log)


def _several_bars(page: Page, chart: Chart, plot: Bars, free: Box) -> None:
    """Several bars a row: left of them their names, and left of these the row's; the upright line
    crosses all of them."""
    rows = plot.rows[:MOST_ROWS]
    shown = nearest_bars(rows, MOST_BARS)
    lines = [(row, bar) for row, bars in zip(rows, shown, strict=True) for bar in (bars or (None,))]
    under = AXIS + AXIS_WORDS
    high = min(TALLEST_BAR, (free.height - under) / len(lines))
    points = min(WORDS_POINTS, 0.95 * high * 72 / text.LINE)
    said = [_bar_name(bar) for _, bar in lines]
    labels = min(WIDEST, max(text.width(row.label, points) for row in rows) + 0.05)
    names = min(WIDEST, max(text.width(one, points) for one in said) + 0.05)
    first = free.left + MARK_SIDE + 0.07
    left = first + labels + GAP + names + 0.1
    plot_box = Box(left, free.top, free.right - NUMBERS - left, high * len(lines))
    frame = Box(left - 0.05, free.top, free.right - left + 0.05, plot_box.height + AXIS)
    area = Rows(frame, plot_box, Box(free.right, free.top, 0, plot_box.height), points, len(lines))
    across = _across(plot, [bar for _, bar in lines if bar], plot_box.width)
    categories = [f"{row.label}: {bar.name}" if bar else row.label for row, bar in lines]
    values = [across.known(bar.far) if bar else None for _, bar in lines]
    data = by_category(categories, {plot.solid or plot.axis.words: values}, "#,##0")
    drawn = _chart(page, chart, area, data, XL_CHART_TYPE.BAR_CLUSTERED, across, names=False)
    drawn.gap_width = 30
    (series,) = drawn.series
    ends = {}
    for number, (row, bar) in enumerate(lines):
        if bar and bar.far:
            own = page.theme.quiet if bar.quiet else colour(row.case, page.theme)
            fill(series.points[number].format, own)
            ends[number] = Label(across.label(bar.far, bar.doubt))
    native.labels(series, ends, page)
    to, at = _place(plot_box, across), 0
    for row, bars in zip(rows, shown, strict=True):
        count = max(1, len(bars))
        line = area.row(at, first, labels, count)
        middle = line.top + line.height / 2
        page.mark(Box(free.left, middle - MARK_SIDE / 2, MARK_SIDE, MARK_SIDE), row.case)
        words = Words(text.cut(row.label, labels, points), points, bold=True)
        page.text(line, [words], middle=True)
        for number, bar in enumerate(bars or (None,)):
            name = Words(text.cut(_bar_name(bar), names, points), points, muted=bar is None)
            box = area.row(at + number, left - 0.1 - names, names)
            page.text(box, [name], right=True, middle=True)
        if row.mark is not None:
            _upright(page, area, at, to.at(across.of(row.mark)), plot.mark, count)
        if at:
            ends_of = ((free.left, line.top), (free.right, line.top))
            page.line(*ends_of, 0.75, "between two rows", page.theme.line)
        at += count


def _bar_name(bar: Bar | None) -> str:
    """What stands left of a bar; there is no bar of none."""
    if bar is None:
        return "unknown"
    return bar.name if bar.far else marked(f"{bar.name}: none", bar.doubt)


# Stacked bars


def _stacked(page: Page, chart: Chart, plot: StackedBars, free: Box) -> Rows:
    """A series a part; where they are no shares also the total, of which only the label is seen."""
    rows = plot.rows[:MOST_ROWS]
    shares = plot.axis.dimension == "share"
    labels = [row.label for row in rows]
    words = [(row.said, *row.notes[:1]) if shares else row.notes[:2] for row in rows]
    area = _laid_out(free, labels, words, 0.3 if shares else NUMBERS, plot.axis.words)
    most = max(max(row.long, row.mark or 0, row.high or 0) for row in rows) or 1.0
    across = native.span(plot.axis, 0.0, 1.0 if shares else most, area.plot.width)
    series = {
        part.words: [across.known(row.parts[at]) for row in rows]
        for at, part in enumerate(plot.parts)
    }
    if not shares:
        series["total"] = [across.known(row.total) for row in rows]
    kind = XL_CHART_TYPE.BAR_STACKED_100 if shares else XL_CHART_TYPE.BAR_STACKED
    data = by_category(labels, series, SHARE if shares else "General")
    drawn = _chart(page, chart, area, data, kind, across, names=True)
    drawn.gap_width = 45
    for at, (part, one) in enumerate(zip(plot.parts, drawn.series, strict=False)):
        own = role(part.key, page.theme)
        fill(one.format, own)
        if shares:
            ends = {
                place: Label(_share_format(row), position, on(own))
                for place, row in enumerate(rows)
                if (position := _position(row, at, area.plot.width))
            }
            native.labels(one, ends, page)
    if not shares:
        total = drawn.series[len(plot.parts)]
        clear(total.format)
        known = {place: row for place, row in enumerate(rows) if row.total is not None}
        ends = {
            place: Label(across.label(row.total or 0.0, row.doubt), "inBase")
            for place, row in known.items()
        }
        native.labels(total, ends, page)
        reach = [native.reach(across, row.total, row.low, row.high) for row in rows]
        native.whiskers(drawn.series[len(plot.parts) - 1], reach, page.theme.ink)
    _around(page, area, plot, words, across)
    return area


def _share_format(row: StackRow) -> str:
    return native.with_mark(ROUGH if row.rough else SHARE, row.doubt)


def _position(row: StackRow, at: int, wide: float) -> str | None:
    """Where in a part its share stands: in the larger side where the upright line divides it."""
    if not row.long:
        return None
    start = sum(part or 0 for part in row.parts[:at])
    end = start + (row.parts[at] or 0)
    line = min(1.0, row.mark or 0.0)
    before, after = (line - start) * wide, (end - line) * wide
    widest = marked("≈ 100 %" if row.rough else "100 %", row.doubt)
    room = text.width(widest, VALUE_POINTS) + ROOM
    if min(before, after) <= 0 or abs(before - after) > room:
        return "ctr" if before + after > room else None
    return ("inBase" if before > after else "inEnd") if max(before, after) > room else None


# Ranges


@dataclass(frozen=True)
class Strip:
    """One range in its part of its row, from `top` to `bottom`, the first row beginning at 0.
    `points` are those that are known, in the axis's unit, each with its place among all."""

    case: str
    name: str
    said: str
    top: float
    bottom: float
    points: tuple[tuple[int, float], ...]


def _strips(plot: Ranges) -> Iterator[Strip]:
    for number, row in enumerate(plot.rows[:MOST_ROWS]):
        high = 1 / max(1, len(row.ranges))
        for place, one in enumerate(row.ranges):
            known = tuple((at, value) for at, value in enumerate(one.points) if value is not None)
            if known and all(value > 0 for _, value in known):  # a logarithmic scale has no 0
                top = number + place * high
                yield Strip(row.case, row.label, one.said, top, top + high, known)


def _ranges(page: Page, chart: Chart, plot: Ranges, free: Box, beside: Rows | None) -> None:
    """Points level with the rows, whose names stand beside another plot or left of this one, and at
    the end of each range what is said of it."""
    strips = list(_strips(plot))
    if not strips:
        return
    rows = plot.rows[:MOST_ROWS]
    if beside is None:
        beside = _laid_out(free, [row.label for row in rows], [], 0.0, plot.axis.words)
        for place, row in enumerate(rows):
            _case(page, beside, place, row.case)
            box = beside.row(place, beside.frame.left, beside.plot.left - beside.frame.left)
            page.text(
                box,
                [Words(text.cut(row.label, box.width, beside.points), beside.points)],
                middle=True,
            )
        free = Box(
            beside.plot.left - 0.1, free.top, free.right - beside.plot.left + 0.1, free.height
        )
    words = max(text.width(one.said, WORDS_POINTS) for one in strips) + 0.05
    wide = free.width - 0.1 - OVERHANG - words
    box = Box(free.left + 0.1, beside.plot.top, wide, beside.plot.height)
    frame = Box(free.left, box.top - 0.05, wide + 0.1 + OVERHANG, box.height + AXIS)
    low, high = scale.powers(value for one in strips for _, value in one.points)
    across = (
        native.span(plot.axis, low, high, 5) if plot.axis.log else native.span(plot.axis, 0, high)
    )
    # LibreOffice (7.4) draws no series that stands before a longer one.
    longest_first = sorted(strips, key=lambda one: -len(one.points))
    data = by_point(
        [
            (
                f"{one.name}, {one.said}",
                [(across.of(v), beside.count - (one.top + one.bottom) / 2) for _, v in one.points],
            )
            for one in longest_first
        ]
    )
    drawn = native.add(page, XL_CHART_TYPE.XY_SCATTER, data, frame, box, described(chart))
    native.values_axis(drawn.category_axis, page, across)
    up = Span(Axis("", "count"), 0, beside.count, 1, "", 1.0)
    native.values_axis(drawn.value_axis, page, up)
    drawn.value_axis.tick_label_position = XL_TICK_LABEL_POSITION.NONE
    _axis_words(page, box, plot.axis.words)
    for series, one in zip(drawn.plots[0].series, longest_first, strict=True):
        own = colour(one.case, page.theme)
        series.smooth = False
        stroke(series.format, own, 1.5)
        for number, (place, _) in enumerate(one.points):
            form, size, _ = QUANTILES[min(place, len(QUANTILES) - 1)]
            native.marker(series.points[number].marker, form, size, own)
    for one in strips:
        line = beside.row(one.top, free.right - words, words, one.bottom - one.top)
        points = min(WORDS_POINTS, 0.98 * line.height * 72 / text.LINE)
        page.text(line, [Words(one.said, points)], middle=True)


# Curves


def _curves(page: Page, chart: Chart, plot: Curves, free: Box) -> None:
    """Points with their spread and a line through them, and left of each curve its name. A series a
    curve or line: the longest first, since of several LibreOffice (7.4) leaves out those that come
    before a longer one. A line may begin below what a logarithmic scale can show."""
    curves = [row for row in plot.rows if row.points][:MOST_ROWS]
    named = {id(curve): marked(curve.label, curve.doubt) for curve in curves}
    names = max(text.width(name, native.LABEL_POINTS) for name in named.values())
    left = free.left + min(WIDEST, names) + 0.75
    bottom = free.bottom - AXIS - AXIS_WORDS
    box = Box(left, free.top + 0.1, free.right - RIGHT - left, bottom - free.top - 0.1)
    frame = Box(left - 0.2, free.top, free.right - left + 0.2, bottom + AXIS - free.top)
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
    _axis_words(page, box, f"{plot.y.words}, by {plot.x.words}{scales}")
    for shape, (curve, is_line, _) in zip(drawn.plots[0].series, series, strict=True):
        own = colour(curve.case, page.theme)
        if is_line:
            shape.smooth = False
            shape.marker.style = XL_MARKER_STYLE.NONE
            stroke(shape.format, own, 1.75, FAINT)
            continue
        shape.format.line.fill.background()
        native.marker(shape.marker, MARKERS[mark(curve.case)], 9, own)
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
    across = _place(plot, spans[0])
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
