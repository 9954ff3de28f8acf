"""Pictures: each shape of a figure as matplotlib draws it.

Bars, stacked bars and ranges have a row a case, its name at the left; several of them stand side by
side on the same rows. Curves have the page for themselves.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from reports.draw import scale
from reports.draw.canvas import MOST_ROWS, Canvas, Shape, drawable, fitted, width
from reports.draw.matplotlib_curves import draw_apart, draw_curves
from reports.draw.matplotlib_rows import Area, grid, laid_out
from reports.draw.scale import Scale, nearest_bars
from reports.figures.chart import Chart
from reports.figures.shapes import (
    Axis,
    Bar,
    BarRow,
    Bars,
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

TALLEST = 6  # letters: few rows are not stretched over the page
TALLEST_BAR, GAP = 2.4, 0.45  # letters, where a row has several bars; of a bar, between two rows
MOST_BARS = 14  # in rows of several
MOST_WORDS = 0.6  # of a plot: longer words at bars are drawn smaller, and then cut
SMALLEST = 0.75  # of the size that there is room for
FIRST_SHARE = {"wide": 0.36, "square": 0.36}  # of the width, for the first of two plots
MARK_SIZE = 0.75  # of the letters' size


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
            draw_apart(canvas, first, shown)
        else:
            canvas.legend(chart.keys)
            draw_curves(canvas, first, shown)
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
    inner = [Key(" and ".join(between), "upright")] if between else []
    return (Key(first, "circle"), *inner, Key(f"to the {last}", "line"))


# Rows


def _rows(canvas: Canvas, chart: Chart) -> None:
    """The names of the rows, and their plots."""
    rows = chart.plots[0].rows[:MOST_ROWS]
    first, heights, tallest = chart.plots[0], [1.0] * len(rows), float(TALLEST)
    if isinstance(first, Bars) and first.several:
        shown = nearest_bars(first.rows[:MOST_ROWS], MOST_BARS)
        heights, tallest = [max(1, len(bars)) + GAP for bars in shown], TALLEST_BAR
    lines = 2 if any(plot.axis.words for plot in chart.plots) else 1  # type: ignore[union-attr]
    area = laid_out(canvas, rows, heights, tallest, lines)
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


# Bars


def _bars(canvas: Canvas, plot: Bars, area: Area) -> None:
    """A bar a row with notes over it, or several bars with their names behind them."""
    rows = plot.rows[: len(area.edges)]
    shown = nearest_bars(rows, MOST_BARS) if plot.several else [row.bars for row in rows]
    every, room = [bar for bars in shown for bar in bars], area.right - area.left
    size = area.size if area.alone else min(area.size, 1.15 * canvas.shape.note)
    if plot.several:
        size, room = min(canvas.shape.body, 0.74 * area.bar), MOST_WORDS * room
        widest = max((width(_words(bar), size, not bar.quiet) for bar in every), default=0.0)
        size = max(SMALLEST * size, size / max(1.0, widest / room))
    said = [[_fitted(bar, room, size) for bar in bars] for bars in shown]
    widest = max((width(words, size, bold=True) for each in said for words in each), default=0.0)
    far = max((max(bar.far or 0, bar.high or 0) for bar in every), default=0)
    end = max(area.left + 20, area.right - widest - 10)
    across = _across(plot.axis, [bar.far for bar in every], far, area.left, end)
    grid(canvas, area, plot.axis, across)
    small = min(canvas.shape.note, 0.4 * area.bar)
    over = area.alone and not plot.several and any(row.notes for row in rows)
    notes = _notes(rows, room - 6, small) if over else [""] * len(rows)
    thick = (0.84 if plot.several else 0.4 if over else 0.56) * area.bar
    for place, (row, bars) in enumerate(zip(rows, shown, strict=True)):
        top, high = area.edges[place]
        middle = area.middle(place) - (0.22 * area.bar if over else 0)
        ys = [middle + ((len(bars) - 1) / 2 - number) * area.bar for number in range(len(bars))]
        for bar, y in zip(bars, ys, strict=True):
            own = canvas.theme.quiet if bar.quiet else colour(row.case, canvas.theme)
            _bar(canvas, across, bar, y, thick, own)
        if row.mark is not None:
            x, inset = across.at(row.mark), 0.12 * area.bar
            canvas.line([x, x], [top - high + inset, top - inset], 2.5)
        for bar, y, words in zip(bars, ys, said[place], strict=True):
            ends = [across.at(value) for value in (bar.far, bar.high) if value is not None]
            x = max((*ends, area.left + (3 if plot.several else 0)))
            canvas.plate(x + 8, y, words, size, bold=not bar.quiet)
        canvas.plate(area.left + 3, area.middle(place) + 0.22 * high, notes[place], small)
        if not bars:
            canvas.plate(area.left + 4, middle, "unknown", size)


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
    bold, number = not bar.quiet, f": {bar.said}"
    name = fitted(drawable(bar.name), most + 1 - width(number, size, bold), size, bold)
    return f"{name}{number}"


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
    grid(canvas, area, plot.axis, across)
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
    grid(canvas, area, plot.axis, across)
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
