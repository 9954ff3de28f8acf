"""Pictures: each shape of a figure as matplotlib draws it.

Bars, stacked bars and ranges have a row a case, its name at the left; several of them stand side by
side on the same rows. Curves have the page for themselves.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from reports.draw import scale
from reports.draw.canvas import MOST_ROWS, Canvas, Shape, drawable, fitted, width
from reports.draw.scale import Scale, nearest_bars, spread
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
from reports.palette import Theme, colour, mark, on, role
from reports.wording import units
from reports.wording.doubted import marked

if TYPE_CHECKING:
    from matplotlib.figure import Figure

WIDEST = 0.3  # of the page: a longer name is cut
TALLEST = 6  # letters: few rows are not stretched over the page
TALLEST_BAR, GAP = 2.4, 0.45  # letters, where a row has several bars; of a bar, between two rows
TALLEST_CURVE = 20  # letters: a curve of its own may fill the page
MOST_BARS = 14  # in rows of several
MOST_WORDS = 0.6  # of a plot: longer words at bars are drawn smaller, and then cut
SMALLEST = 0.75  # of the size that there is room for
FIRST_SHARE = {"wide": 0.36, "square": 0.4}  # of the width, for the first of two plots
MARK_SIZE = 0.75  # of the letters' size
LINE_POINTS = 24  # a straight line is bent by a logarithmic scale where it does not start at 0
FULL = 0.36  # of a row's height, from its middle to where the values of its own scale end
SIGNS = {"up": "▲", "down": "▼", "accepted": "◇"}


def draw(chart: Chart, theme: Theme, shape: Shape) -> Figure:
    """The picture, ready to be rendered (`reports.draw.save`)."""
    canvas = Canvas(theme, shape)
    canvas.figure.set_label(drawable(chart.title))
    canvas.frame(chart)
    first = chart.plots[0]
    if isinstance(first, Curves):
        shown = [row for row in first.rows if row.points][:MOST_ROWS]
        if not shown:
            canvas.nothing()
        elif first.apart:
            canvas.legend(chart.keys)
            _curves_apart(canvas, first, shown)
        else:
            canvas.legend(chart.keys)
            _curves(canvas, first, shown)
    elif not first.rows:
        canvas.nothing()
    else:
        points = [key for plot in chart.plots if isinstance(plot, Ranges) for key in _keys(plot)]
        canvas.legend([*points, *chart.keys])
        _rows(canvas, chart)
    return canvas.figure


def _keys(plot: Ranges) -> tuple[Key, ...]:
    """What the marks of a range are."""
    first, *between, last = plot.points
    inner = [Key(" and ".join(between), "mark")] if between else []
    return (Key(first, "point"), *inner, Key(f"to the {last}", "line"))


# Rows


@dataclass(frozen=True)
class Area:
    """Where the rows of a plot stand: `edges` are the upper edge and the height of each, `bar` is
    the height that one bar has, with its distance to the next, and letters have `size` points.
    `alone`: no other plot stands beside it."""

    left: float
    right: float
    edges: tuple[tuple[float, float], ...]
    bar: float
    size: float
    alone: bool

    @property
    def top(self) -> float:
        return self.edges[0][0]

    @property
    def bottom(self) -> float:
        top, high = self.edges[-1]
        return top - high

    def middle(self, place: int) -> float:
        """The middle of the row at this place, the first being at the top."""
        top, high = self.edges[place]
        return top - high / 2


def _rows(canvas: Canvas, chart: Chart) -> None:
    """The names of the rows, and their plots."""
    rows = chart.plots[0].rows[:MOST_ROWS]
    first, heights, tallest = chart.plots[0], [1.0] * len(rows), float(TALLEST)
    if isinstance(first, Bars) and first.several:
        shown = nearest_bars(first.rows[:MOST_ROWS], MOST_BARS)
        heights, tallest = [max(1, len(bars)) + GAP for bars in shown], TALLEST_BAR
    lines = 2 if any(plot.axis.words for plot in chart.plots) else 1  # type: ignore[union-attr]
    area = _laid_out(canvas, rows, heights, tallest, lines)
    plots = chart.plots
    cut = area.left + FIRST_SHARE[canvas.shape.name] * (area.right - area.left)
    sides = (
        ((area.left, cut), (cut + 16, area.right)) if len(plots) > 1 else ((area.left, area.right),)
    )
    for plot, (left, right) in zip(plots, sides, strict=False):
        own = Area(left, right, area.edges, area.bar, area.size, alone=len(plots) == 1)
        match plot:
            case Bars():
                _bars(canvas, plot, own)
            case StackedBars():
                _stacked(canvas, plot, own)
            case Ranges():
                _ranges(canvas, plot, own)


def _laid_out(
    canvas: Canvas, rows: Sequence[Any], heights: Sequence[float], tallest: float, lines: int
) -> Area:
    """Draws the names of the rows, and says where their plots are. Below them, `lines` lines are
    left to the scale; a bar is at most `tallest` letters high."""
    body = canvas.shape.body
    room = canvas.top - canvas.bottom - (0.6 + 1.3 * lines) * canvas.shape.note
    bar = min(room / sum(heights), tallest * body)
    size = min(body, 0.62 * bar * min(heights))
    names = max(width(drawable(row.label), size) for row in rows) + 1.4 * size
    left = canvas.left + min(WIDEST * canvas.shape.width, names) + 0.5 * size
    tops = itertools.accumulate((-bar * high for high in heights), initial=canvas.top)
    edges = tuple(zip(tops, (bar * high for high in heights), strict=False))
    area = Area(left, canvas.right, edges, bar, size, alone=True)
    end = left - 0.4 * size
    for place, row in enumerate(rows):
        canvas.label(end, area.middle(place), row.case, row.label, end - canvas.left, size)
    return area


def _grid(canvas: Canvas, area: Area, axis: Axis, across: Scale, most: int = 5) -> None:
    """A line at each tick over all rows, and below what it stands for, as many as have room: every
    one, every second and so on, the last always, since that is where the longest bars end; and what
    the scale measures."""
    size, theme = canvas.shape.note, canvas.theme
    low, high = across.low, across.high
    named = []
    for value, words in scale.ticks(axis, low, high, most):
        x, half = across.at(value), width(words, size) / 2
        canvas.line([x, x], [area.bottom, area.top], 0.8, theme.line)
        left = canvas.left if area.alone else area.left - 8
        named.append((min(max(x, left + half), area.right - half), half, words))
    some = (named[::-every][::-1] for every in range(1, len(named) + 1))
    for x, _, words in next((few for few in some if _apart(few, size)), ()):
        canvas.text(x, area.bottom - size, words, size, theme.muted, align="center")
    said = fitted(axis.words, area.right - area.left, size)
    half = width(said, size) / 2
    middle = min(max((across.start + across.end) / 2, area.left + half), area.right - half)
    canvas.text(middle, area.bottom - 2.3 * size, said, size, theme.muted, align="center")


def _apart(named: Sequence[tuple[float, float, str]], gap: float) -> bool:
    return all(
        right - left >= before + after + gap
        for (left, before, _), (right, after, _) in itertools.pairwise(named)
    )


# Bars


def _bars(canvas: Canvas, plot: Bars, area: Area) -> None:
    """A bar a row with notes over it, or several bars with their names behind them."""
    several = plot.several
    rows = plot.rows[: len(area.edges)]
    shown = nearest_bars(rows, MOST_BARS) if several else [row.bars for row in rows]
    every = [bar for bars in shown for bar in bars]
    over = area.alone and not several and any(row.notes for row in rows)
    room = area.right - area.left
    if several:
        size = min(canvas.shape.body, 0.74 * area.bar)
        widest = max((width(_words(bar), size, not bar.quiet) for bar in every), default=0.0)
        size = max(SMALLEST * size, size / max(1.0, widest / (MOST_WORDS * room)))
    else:
        size = area.size if area.alone else min(area.size, 1.15 * canvas.shape.note)
    words = {id(bar): _fitted(bar, MOST_WORDS * room if several else room, size) for bar in every}
    widest = max((width(words[id(bar)], size, not bar.quiet) for bar in every), default=0.0)
    far = max((max(bar.far or 0, bar.high or 0) for bar in every), default=0)
    end = max(area.left + 20, area.right - widest - 10)
    across = _across(plot.axis, [bar.far for bar in every], far, area.left, end)
    _grid(canvas, area, plot.axis, across)
    small = min(canvas.shape.note, 0.4 * area.bar)
    notes = _notes(rows, room - 6, small) if over else [""] * len(rows)
    for place, (row, bars) in enumerate(zip(rows, shown, strict=True)):
        top, high = area.edges[place]
        first = (
            area.middle(place) + (len(bars) - 1) / 2 * area.bar - (0.22 * area.bar if over else 0)
        )
        thick = (0.84 if several else 0.4 if over else 0.56) * area.bar
        ys = [first - number * area.bar for number in range(len(bars))]
        for bar, y in zip(bars, ys, strict=True):
            own = canvas.theme.quiet if bar.quiet else colour(row.case, canvas.theme)
            _bar(canvas, across, bar, y, thick, own)
        if not bars:
            canvas.plate(area.left + 4, area.middle(place), "unknown", size)
        if row.mark is not None:
            x, inset = across.at(row.mark), 0.12 * area.bar
            canvas.line([x, x], [top - high + inset, top - inset], 2.5)
        for bar, y in zip(bars, ys, strict=True):
            ends = [across.at(value) for value in (bar.far, bar.high) if value is not None]
            x = max((*ends, area.left + (3 if several else 0)))
            canvas.plate(x + 8, y, words[id(bar)], size, bold=not bar.quiet)
        canvas.plate(area.left + 3, area.middle(place) + 0.22 * high, notes[place], small)


def _across(
    axis: Axis, values: Sequence[float | None], far: float, left: float, right: float
) -> Scale:
    if not axis.log:
        return Scale(0, far or 1, left, right)
    least = min((value for value in values if value), default=1.0)
    low = 1.0 if least >= 1 else scale.around([least])[0]
    return Scale(low, max(10 * low, far), left, right, log=True)


def _bar(canvas: Canvas, across: Scale, bar: Bar, y: float, thick: float, own: str) -> None:
    """The bar, with a pale piece to where it is projected, and its interval."""
    value = across.at(bar.value or across.low)
    if bar.projected is not None:
        end = across.at(bar.projected)
        canvas.box(value, y - thick / 2, end - value, thick, own, "pale")
    if bar.value:
        canvas.box(across.start, y - thick / 2, max(2.0, value - across.start), thick, own)
    if bar.low is not None and bar.high is not None:
        canvas.interval(across.at(bar.low), across.at(bar.high), y)


def _words(bar: Bar) -> str:
    return f"{drawable(bar.name)}: {bar.said}" if bar.name else bar.said


def _fitted(bar: Bar, most: float, size: float) -> str:
    """What stands behind the bar, its name cut where it is too long."""
    if not bar.name:
        return fitted(bar.said, most, size, bold=True)
    rest = f": {bar.said}"
    name = fitted(
        drawable(bar.name), most + 1 - width(rest, size, not bar.quiet), size, not bar.quiet
    )
    return f"{name}{rest}"


def _notes(rows: Sequence[BarRow], most: float, size: float) -> list[str]:
    """The notes over the bars; where those of one are too long, fewer words for all of them."""
    whole = [drawable("; ".join(row.notes)) for row in rows]
    if all(width(words, size) <= most for words in whole):
        return whole
    found = []
    for row, words in zip(rows, whole, strict=True):
        briefs = [drawable(brief) for brief in row.briefs] or [words]
        fitting = (brief for brief in briefs if width(brief, size) <= most)
        found.append(next(fitting, None) or fitted(briefs[-1], most, size))
    return found


# Stacked bars


def _stacked(canvas: Canvas, plot: StackedBars, area: Area) -> None:
    """Each row's parts one after the other, the mark across them, the interval, and behind them
    what is said of the whole bar: at its end, or beside bars of shares, which are all as long."""
    rows = plot.rows[: len(area.edges)]
    shares = plot.axis.dimension == "share"
    small = min(canvas.shape.note, 0.36 * area.bar)
    size = min(area.size, 0.42 * area.bar) if any(row.notes for row in rows) else area.size
    said = [width(row.said, size, bold=True) for row in rows]
    widest = max(said + [width(note, small) for row in rows for note in row.notes[:1]])
    most = 1.0 if shares else max(max(row.long, row.mark or 0, row.high or 0) for row in rows)
    end = max(area.left + 20, area.right - widest - 14)
    across = Scale(0, most or 1024.0, area.left, end)
    _grid(canvas, area, plot.axis, across)
    for place, row in enumerate(rows):
        y = area.middle(place)
        _stack(canvas, plot, area, across, row, y)
        reach = max(row.long, row.mark or 0, row.high or 0)
        x = across.end + 14 if shares else max(across.at(reach), area.left) + 10
        up = 0.23 * area.bar if row.notes else 0.0
        canvas.plate(x, y + up, row.said, size, bold=True)
        if row.notes:
            canvas.plate(x, y - up, row.notes[0], small, colour=canvas.theme.muted)


def _stack(
    canvas: Canvas, plot: StackedBars, area: Area, across: Scale, row: StackRow, y: float
) -> None:
    """A row's bar. A part of a bar of shares says how large it is, where it has room."""
    shares, high = plot.axis.dimension == "share", 0.64 * area.bar
    if shares and not row.long:
        canvas.text(area.left + 4, y, "unknown", area.size, canvas.theme.muted)
        return
    line = None if row.mark is None else across.at(row.mark)
    start = 0.0
    for part, value in zip(plot.parts, row.parts, strict=True):
        if value:
            left, right = across.at(start), across.at(start + value)
            own = role(part.key, canvas.theme)
            canvas.box(left, y - high / 2, right - left, high, own)
            if shares:
                _share(canvas, row, value, _larger(left, right, line), y, area.size, on(own))
            start += value
    if line is not None:
        canvas.line([line, line], [y - 0.44 * area.bar, y + 0.44 * area.bar], 2.5)
    if row.low is not None and row.high is not None:
        canvas.interval(across.at(row.low), across.at(row.high), y)


def _share(
    canvas: Canvas,
    row: StackRow,
    value: float,
    ends: tuple[float, float],
    y: float,
    size: float,
    ink: str,
) -> None:
    """How large a part is, where it has room."""
    said = marked(f"{'≈ ' if row.rough else ''}{units.share(value)}", row.doubt)
    if width(said, size, bold=True) + 10 < ends[1] - ends[0]:
        canvas.text(sum(ends) / 2, y, said, size, ink, bold=True, align="center")


def _larger(left: float, right: float, line: float | None) -> tuple[float, float]:
    """A part, or the larger side of it where the upright line divides it."""
    if line is None or not left < line < right:
        return left, right
    return (left, line) if line - left > right - line else (line, right)


# Ranges


def _ranges(canvas: Canvas, plot: Ranges, area: Area) -> None:
    """Each row's ranges, one below the other."""
    rows = plot.rows[: len(area.edges)]
    for place, row in enumerate(rows):
        if not row.ranges:
            words = fitted(plot.unknown, area.right - area.left - 6, area.size)
            canvas.text(area.left + 6, area.middle(place), words, area.size, canvas.theme.muted)
    known = [value for row in rows for one in row.ranges for value in one.points if value]
    if not known:
        return
    size = min(canvas.shape.note, 0.36 * area.bar)
    beside = max(width(one.said, size) for row in rows for one in row.ranges)
    end = area.right - beside - 8
    low, high = scale.powers(known) if plot.axis.log else (0.0, max(known))
    across = Scale(low, high, area.left + 6, end, plot.axis.log)
    _grid(canvas, area, plot.axis, across)
    for place, row in enumerate(rows):
        lane = min(0.4, 0.8 / max(1, len(row.ranges))) * area.bar
        for number, one in enumerate(row.ranges):
            y = area.middle(place) + ((len(row.ranges) - 1) / 2 - number) * lane
            _range(canvas, across, one.points, row.case, one.said, y, size)


def _range(
    canvas: Canvas,
    across: Scale,
    points: Sequence[float | None],
    case: str,
    said: str,
    y: float,
    size: float,
) -> None:
    """From the first point over those between, as far as they are known, to the last."""
    first, *between, last = (across.at(value) if value else None for value in points)
    if first is None or last is None:
        return
    own = colour(case, canvas.theme)
    known = [x for x in between if x is not None]
    canvas.line([first, last], [y, y], 1.5, own)
    canvas.line([first, max((first, *known))], [y, y], 0.3 * size, own)
    canvas.marks([first], [y], mark(case), own, MARK_SIZE * size)
    for x in known:  # over the mark, which they may be close to
        canvas.line([x, x], [y - 0.5 * size, y + 0.5 * size], 2, own)
    canvas.line([last, last], [y - 0.45 * size, y + 0.45 * size], 1.5, own)
    canvas.plate(max(last, first + 0.7 * MARK_SIZE * size) + 5, y, said, size)


# Curves


def _curves(canvas: Canvas, plot: Curves, curves: Sequence[Curve]) -> None:
    """The curves on the same scales: names left of the plot, the scale of values right of it."""
    body, note, theme = canvas.shape.body, canvas.shape.note, canvas.theme
    points = [point for curve in curves for point in curve.points]
    sizes = [size for p in points for size in (p.y, p.high or p.y, p.low or p.y)]
    names = max(width(drawable(_name(curve)), body) for curve in curves) + 1.4 * body
    left = canvas.left + min(names, WIDEST * canvas.shape.width) + 1.6 * body
    right = canvas.right - width("100 MiB", note) - 0.6 * note
    across = _padded(plot.x, [point.x for point in points], left, right)
    up = _padded(plot.y, sizes, canvas.bottom + 3.2 * note, canvas.top)
    for value, words in scale.ticks(plot.x, across.low, across.high, 7)[:: _every(canvas, plot.x)]:
        x = across.at(value)
        canvas.line([x, x], [up.start, up.end], 0.8, theme.line)
        canvas.text(x, up.start - note, words, note, theme.muted, align="center")
    for value, words in scale.ticks(plot.y, up.low, up.high, 6):
        y = up.at(value)
        canvas.line([across.start, across.end], [y, y], 0.8, theme.line)
        canvas.text(across.end + 0.6 * note, y, words, note, theme.muted)
    words = fitted(f"{plot.y.words}, by {plot.x.words}", right - canvas.left, note)
    canvas.text((left + right) / 2, up.start - 2.4 * note, words, note, theme.muted, align="center")
    for curve in curves:
        _curve(canvas, across, up, curve)
    ordered = sorted(curves, key=lambda curve: curve.points[0].y)
    wanted = [up.at(curve.points[0].y) for curve in ordered]
    end = across.start - 1.6 * body
    for curve, y, told in zip(ordered, spread(wanted, 1.25 * body, up), wanted, strict=True):
        xs = [end + 0.3 * body, across.start - 2, across.at(curve.points[0].x)]
        canvas.line(xs, [y, told, told], 1, colour(curve.case, theme), faint=True)
        canvas.label(end, y, curve.case, _name(curve), end - canvas.left, body)


def _every(canvas: Canvas, axis: Axis) -> int:
    return 2 if canvas.shape.name == "square" and axis.log else 1


def _name(curve: Curve) -> str:
    return marked(curve.label, curve.doubt)


def _padded(axis: Axis, values: Iterable[float], start: float, end: float) -> Scale:
    """From a little under the least to a little over the most; from 0 on an even scale."""
    known = list(values)
    if axis.log:
        known = [value for value in known if value > 0]
        return Scale(min(known) / 1.3, max(known) * 1.3, start, end, log=True)
    low = min(known) if axis.dimension == "time" else min(0.0, *known)
    return Scale(low, max(*known, low + 1e-9), start, end)


def _curve(canvas: Canvas, across: Scale, up: Scale, curve: Curve) -> None:
    own = colour(curve.case, canvas.theme)
    points = [point for point in curve.points if point.y >= up.low]
    if curve.line:
        slope, offset = curve.line
        first, last = points[0].x, points[-1].x
        steps = [step / LINE_POINTS for step in range(LINE_POINTS + 1)]
        counts = [
            first * (last / first) ** step if across.log else first + (last - first) * step
            for step in steps
        ]
        inside = [(across.at(x), y) for x in counts if (y := slope * x + offset) >= up.low]
        ys = [up.at(y) for _, y in inside]
        canvas.line([x for x, _ in inside], ys, 1.8, own, faint=True)
    for point in points:
        if point.low is not None and point.high is not None and point.high > point.low >= up.low:
            x = across.at(point.x)
            canvas.line([x, x], [up.at(point.low), up.at(point.high)], 2, own)
    xs, ys = [across.at(point.x) for point in points], [up.at(point.y) for point in points]
    canvas.marks(xs, ys, mark(curve.case), own, 0.6 * canvas.shape.body)


def _curves_apart(canvas: Canvas, plot: Curves, curves: Sequence[Curve]) -> None:
    """A row a curve, each on a scale of its own, with the borders of its segments and its signs."""
    moments = [point.x for curve in curves for point in curve.points]
    ends = window(moments)
    days = scale.days(*ends, 6)
    area = _laid_out(canvas, curves, [1.0] * len(curves), TALLEST_CURVE, 1 if days else 2)
    size, theme = min(canvas.shape.note, 0.3 * area.bar), canvas.theme
    spans = [_span(curve) for curve in curves]
    numbers = max(width(plot.y.said(end), size) for span in spans for end in span)
    across = Scale(*ends, area.left + 6, area.right - numbers - 14)
    first, last = (scale.clock(moment, "%Y-%m-%d") for moment in (min(moments), max(moments)))
    day = "" if days else f"{first if first == last else f'{first} to {last}'}, UTC"
    _grid(canvas, area, Axis(day, plot.x.dimension), across, most=6)
    for place, (curve, (low, high)) in enumerate(zip(curves, spans, strict=True)):
        middle, full = area.middle(place), FULL * area.bar
        up = Scale(low, high, middle - full, middle + full)
        _segments(canvas, across, up, curve, middle, area.bar)
        for y, value in ((middle - full, low), (middle + full, high)):
            canvas.text(area.right, y, plot.y.said(value), size, theme.muted, align="right")
        edge = middle - 0.5 * area.bar
        canvas.line([area.left, area.right], [edge, edge], 0.8, theme.line)


def _segments(
    canvas: Canvas, across: Scale, up: Scale, curve: Curve, middle: float, row: float
) -> None:
    own, theme = colour(curve.case, canvas.theme), canvas.theme
    for number, points in enumerate(curve.segments):
        xs = [across.at(point.x) for point in points]
        ys = [up.at(point.y) for point in points]
        if number:
            edge = [middle - 0.46 * row, middle + 0.46 * row]
            canvas.line([xs[0] - 2.5] * 2, edge, 1.4, theme.muted)
        canvas.line(xs, ys, 1.3, own, faint=True)
        canvas.marks(xs, ys, "circle", own, 4.5)
        hollow = [place for place, point in enumerate(points) if point.doubt]
        ground = canvas.theme.ground
        canvas.marks([xs[at] for at in hollow], [ys[at] for at in hollow], "circle", ground, 2)
        for x, point in zip(xs, points, strict=True):
            if point.sign:  # above the point that something begins with
                ink = theme.muted if point.sign == "accepted" else theme.ink
                size = min(canvas.shape.note, 0.24 * row)
                canvas.line([x, x], [middle - 0.46 * row, middle + 0.3 * row], 1, ink, faint=True)
                canvas.text(x, middle + 0.42 * row, SIGNS[point.sign], size, ink, align="center")


def _span(curve: Curve) -> tuple[float, float]:
    """The values at the bottom and the top of the row."""
    values = [point.y for point in curve.points]
    more = max(0.0, curve.least_span - (max(values) - min(values))) / 2
    return min(values) - more, max(values) + more


def window(moments: Sequence[float]) -> tuple[float, float]:
    """From the first moment to the last, an hour at least, with the moments in its middle."""
    more = max(0.0, scale.HOUR - (max(moments) - min(moments))) / 2
    return min(moments) - more, max(moments) + more
