"""Slides: each shape of a figure as a native chart, which can be edited.

Bars, stacked bars and ranges have a row a case: its name left of the chart, and beside the plot
what is said of the row. Several plots stand side by side on the same rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pptx.enum.chart import XL_CHART_TYPE, XL_TICK_LABEL_POSITION

from reports.draw import pptx_chart as native
from reports.draw import scale
from reports.draw import slide_text as text
from reports.draw.pptx_chart import (
    AXIS,
    AXIS_WORDS,
    NUMBERS,
    ROUGH,
    SHARE,
    VALUE_POINTS,
    Label,
    Span,
    by_category,
    by_point,
)
from reports.draw.pptx_curves import draw_curves
from reports.draw.scale import Scale, nearest_bars
from reports.draw.slide import (
    MOST_ROWS,
    Box,
    Page,
    Words,
    clear,
    described,
    fill,
    fill_pale,
    stroke,
)
from reports.figures.chart import Chart
from reports.figures.shapes import (
    Axis,
    Bar,
    BarRow,
    Bars,
    Curve,
    Curves,
    Key,
    Ranges,
    StackedBars,
    StackRow,
)
from reports.palette import Mark, colour, on, role
from reports.wording.doubted import marked

TALLEST, TALLEST_BAR = 1.1, 0.5  # inches: few rows are not stretched over the slide
LOWERED = 0.3  # of what is left then stands above them
MOST_BARS = 16  # in rows of several
WIDEST, WIDEST_WORDS = 3.3, 4.4  # inches: of the names, of what is said beside
WORDS_POINTS = 14.0
MARK_SIDE, GAP, APART, OVERHANG = 0.2, 0.15, 0.5, 0.35
HALF = 0.5  # of the slide, for the first of two plots
ROOM = 0.15  # around a share
# The marks of a range's points, and their sizes.
POINTS: tuple[tuple[Mark, int], ...] = (
    ("circle", 12),
    ("diamond", 8),
    ("triangle", 8),
    ("square", 6),
)
Said = tuple[str, ...]


def draw(page: Page, chart: Chart, free: Box) -> None:
    """The figure in what is free of its slide."""
    first = chart.plots[0]
    rows = [row for row in first.rows if not isinstance(row, Curve) or row.points][:MOST_ROWS]
    if not rows:
        page.nothing(free)
        return
    keys = [
        Key(name, form)
        for plot in chart.plots
        if isinstance(plot, Ranges)
        for name, (form, _) in zip(plot.points, POINTS, strict=False)
    ]
    under = page.legend(free, [*keys, *chart.keys]) + 0.1
    free = Box(free.left, under, free.width, free.bottom - under)
    if isinstance(first, Curves):
        draw_curves(page, chart, first, free)
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
    free: Box,
    names: Sequence[str],
    words: Sequence[Said],
    numbers: float,
    axis: str,
    several: bool = False,
) -> Rows:
    """Where the lines go in what is free: left of the plot their marks and names, right of it
    `numbers` inches for those at the ends of bars, then `words`. Where rows have `several` bars,
    lines are lower and their names longer."""
    count, under = len(names), AXIS + (AXIS_WORDS if axis else 0)
    height = min(TALLEST_BAR if several else TALLEST, (free.height - under) / count)
    top = free.top + LOWERED * (free.height - under - height * count)
    points = min(native.LABEL_POINTS, (0.75 if several else 0.55) * height * 72)
    widest = max(text.width(name, points) for name in names)
    long = max((text.width(one, WORDS_POINTS) for said in words for one in said), default=0.0)
    beside = min(WIDEST_WORDS, long + 0.05)
    start = free.left + MARK_SIDE + 0.05
    left = start + min(1.5 * WIDEST if several else WIDEST, widest) + GAP
    right = free.right - (beside + GAP if long else 0.0)
    plot = Box(left, top, right - numbers - left, height * count)
    frame = Box(start, top, right - start, plot.height + AXIS)
    return Rows(frame, plot, Box(free.right - beside, top, beside, plot.height), points, count)


def _around(
    page: Page,
    area: Rows,
    plot: Bars | StackedBars | Ranges,
    lines: Sequence[int],
    words: Sequence[Said],
    across: Span,
) -> None:
    """What stands around the chart: marks of the cases and upright lines, which cross all `lines`
    of a row, and what is said beside each line."""
    to, at = Scale(across.low, across.high, area.plot.left, area.plot.right, across.axis.log), 0
    for row, count in zip(plot.rows, lines, strict=False):
        first = area.row(at, area.frame.left - MARK_SIDE - 0.05, MARK_SIDE)
        middle = first.top + (first.height - MARK_SIDE) / 2
        page.mark(Box(first.left, middle, MARK_SIDE, MARK_SIDE), row.case)
        if row.mark is not None:
            whole, x = area.row(at, 0, 0, count), to.at(across.of(row.mark))
            inset = 0.08 * area.height
            page.line((x, whole.top + inset), (x, whole.bottom - inset), 3, plot.mark)
        at += count
    for place, said in enumerate(words):
        _beside(page, area.row(place, area.beside.left, area.beside.width), said)


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


def _chart(
    page: Page, chart: Chart, area: Rows, data: Any, kind: XL_CHART_TYPE, across: Span
) -> Any:
    """A chart of bars, with the names of its lines."""
    drawn = native.add(page, kind, data, area.frame, area.plot, described(chart))
    native.names_axis(drawn.category_axis, page, area.points)
    native.values_axis(drawn.value_axis, page, across, rows=True)
    native.axis_words(page, area.plot, across.axis.words)
    return drawn.plots[0]


# Bars


def _bars(page: Page, chart: Chart, plot: Bars, free: Box) -> Rows:
    """A line a bar. Its label is native where no interval is in its way; of several bars of a row
    the first one names the row too."""
    rows = plot.rows[:MOST_ROWS]
    shown = nearest_bars(rows, MOST_BARS) if plot.several else [row.bars[:1] for row in rows]
    shown = [bars or (Bar(value=None, said="unknown"),) for bars in shown]
    lines = [(row, bar) for row, bars in zip(rows, shown, strict=True) for bar in bars]
    names = [
        _name(row.label if bar is bars[0] else "", bar)
        for row, bars in zip(rows, shown, strict=True)
        for bar in bars
    ]
    plain = all(bar.low is None for _, bar in lines)
    words = [_said(row, bar, plain, plot) for row, bar in lines]
    area = _laid_out(free, names, words, NUMBERS if plain else 0.0, plot.axis.words, plot.several)
    names = [text.cut(name, area.plot.left - area.frame.left, area.points) for name in names]
    across = _across(plot, [bar for _, bar in lines], area.plot.width)
    series = {plot.solid or plot.axis.words: [across.known(bar.value) for _, bar in lines]}
    if plot.pale:  # behind the other
        series = {plot.pale: [across.known(bar.projected) for _, bar in lines]} | series
    data = by_category(names, series, "General" if across.unit or plot.pale else "#,##0")
    drawn = _chart(page, chart, area, data, XL_CHART_TYPE.BAR_CLUSTERED, across)
    drawn.overlap, drawn.gap_width = 100, 30 if plot.several else 45  # one over the other
    for one in drawn.series:
        pale = bool(plot.pale) and one.name == plot.pale
        ends = {}
        for number, (row, bar) in enumerate(lines):
            own = page.theme.quiet if bar.quiet else colour(row.case, page.theme)
            (fill_pale if pale else fill)(one.points[number].format, own)
            if plot.pale and not pale:  # or the dashed edge behind it would show
                stroke(one.points[number].format, own, 1.25)
            if plain and bar.far and (bar.projected is not None) == pale:
                ends[number] = Label(across.label(bar.far, bar.doubt))
        native.labels(one, ends, page)
    if not plain:
        reach = [native.reach(across, bar.value, bar.low, bar.high) for _, bar in lines]
        native.whiskers(drawn.series[len(series) - 1], reach, page.theme.ink)
    _around(page, area, plot, list(map(len, shown)), words, across)
    return area


def _name(label: str, bar: Bar) -> str:
    """What stands left of a bar, its row's label first; of none there is no bar to say so."""
    name = bar.name if bar.far or not bar.name else marked(f"{bar.name}: none", bar.doubt)
    return ": ".join(filter(None, (label, name)))


def _said(row: BarRow, bar: Bar, native_label: bool, plot: Bars) -> Said:
    """What stands beside a bar; no bar shows none on a logarithmic scale, nor what is unknown."""
    if not native_label:
        return (bar.said, *row.notes[:1])
    if plot.several and row.bars:
        return ()
    if bar.far is None or (plot.axis.log and not bar.far):
        nothing = "none" if bar.far == 0 else bar.said
        return (": ".join((nothing, *row.notes[:1])), *row.notes[1:2])
    return row.notes[:2]


def _across(plot: Bars, bars: Sequence[Bar], room: float) -> Span:
    ends = [float(max(bar.far or 0, bar.high or 0)) for bar in bars]
    if plot.axis.log:
        low, high = scale.around([1.0 if max(ends) >= 1 else 0, *ends])
        return native.span(plot.axis, low, high, room / native.TICK)
    return native.span(plot.axis, 0.0, 1.05 * max(ends) or 1.0, room)


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
    drawn = _chart(page, chart, area, data, kind, across)
    drawn.gap_width = 45
    for at, (part, one) in enumerate(zip(plot.parts, drawn.series, strict=False)):
        own = role(part.key, page.theme)
        fill(one.format, own)
        if shares:
            ends = {
                place: Label(
                    native.with_mark(ROUGH if row.rough else SHARE, row.doubt), position, on(own)
                )
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
    _around(page, area, plot, [1] * len(rows), words, across)
    return area


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


def _named(page: Page, plot: Ranges, free: Box) -> tuple[Rows, Box]:
    """The lines of ranges that no other plot stands left of, with their names; what is left."""
    names = [row.label for row in plot.rows[:MOST_ROWS]]
    lines = _laid_out(free, names, [], 0.0, plot.axis.words)
    start, left = lines.frame.left, lines.plot.left
    for place, name in enumerate(names):
        words = Words(text.cut(name, left - start, lines.points), lines.points)
        page.text(lines.row(place, start, left - start), [words], middle=True)
    return lines, Box(left - 0.1, free.top, free.right - left + 0.1, free.height)


def _ranges(page: Page, chart: Chart, plot: Ranges, free: Box, beside: Rows | None) -> None:
    """Points level with the rows, whose names stand beside another plot or left of this one, and at
    the end of each range what is said of it."""
    strips = list(_strips(plot))
    if not strips:
        return
    if beside is None:
        beside, free = _named(page, plot, free)
    words = max(text.width(one.said, WORDS_POINTS) for one in strips) + 0.05
    wide = free.width - 0.1 - OVERHANG - words
    box = Box(free.left + 0.1, beside.plot.top, wide, beside.plot.height)
    frame = Box(free.left, box.top - 0.05, wide + 0.1 + OVERHANG, box.height + AXIS)
    low, high = scale.powers(value for one in strips for _, value in one.points)
    across = native.span(plot.axis, low if plot.axis.log else 0.0, high, 5)
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
    native.axis_words(page, box, plot.axis.words)
    for series, one in zip(drawn.plots[0].series, longest_first, strict=True):
        own = colour(one.case, page.theme)
        series.smooth = False
        stroke(series.format, own, 1.5)
        for number, (place, _) in enumerate(one.points):
            form, size = POINTS[min(place, len(POINTS) - 1)]
            native.marker(series.points[number].marker, form, size, own)
    for one in strips:
        line = beside.row(one.top, free.right - words, words, one.bottom - one.top)
        points = min(WORDS_POINTS, 0.98 * line.height * 72 / text.LINE)
        page.text(line, [Words(one.said, points)], middle=True)
