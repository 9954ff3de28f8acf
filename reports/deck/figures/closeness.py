"""How close every limit is: bars of what each allows, by runtime, the binding one marked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pptx.enum.chart import XL_CHART_TYPE

from reports import palette
from reports.deck import dress, formats, native, paint, rows, text
from reports.deck.page import LEGEND_ROW, MOST_ROWS, Box, Key, Page, Words, described
from reports.deck.scales import around, factor_of
from reports.deck.workbook import by_category
from reports.draw.closeness import shared_out
from reports.draw.scale import Scale
from reports.figures.closeness import Bound, Closeness, LimitsCloseness
from reports.wording.doubted import marked

MOST_LINES = 16  # of a column: more would be too small to read
MOST_ALONE = 9  # lines that need no second column
APART, NUMBERS = 0.45, 1.15
NAMES = 0.45  # of a column at most
TALLEST = 0.5
REACHED = "units reached"
ALLOWED = "units that the limit allows"


@dataclass(frozen=True)
class Group:
    """A runtime with the limits that are shown of it."""

    row: Closeness
    bounds: tuple[Bound, ...]

    @property
    def lines(self) -> int:
        """A heading, and a line a limit."""
        return 1 + max(1, len(self.bounds))


def draw(page: Page, chart: LimitsCloseness, free: Box) -> None:
    """A chart, or two side by side on the same scale."""
    groups = _groups(chart.rows[:MOST_ROWS])
    columns = _columns(groups)
    wide = (free.width - APART * (len(columns) - 1)) / len(columns)
    most = max((sum(group.lines for group in column) for column in columns), default=1)
    high = min(TALLEST, (free.height - rows.LEGEND - rows.AXIS) / most)
    far = around([1, *(bound.units for group in groups for bound in group.bounds)])[1]
    for number, column in enumerate(columns):
        left = free.left + number * (wide + APART)
        box = Box(left, free.top + rows.LEGEND, wide, high * sum(one.lines for one in column))
        _draw(page, chart, column, box, far)
    _explain(page, Box(free.left, free.top, free.width, LEGEND_ROW))


def _groups(shown: Sequence[Closeness]) -> list[Group]:
    """The nearest limits of each, the binding one among them, as many as there is room for."""
    wanted = [len(row.bounds) for row in shown]
    given = shared_out(wanted, max(len(shown), 2 * MOST_LINES - len(shown)))
    return [Group(row, _nearest(row, most)) for row, most in zip(shown, given, strict=True)]


def _nearest(row: Closeness, most: int) -> tuple[Bound, ...]:
    nearest = row.bounds[:most]
    if row.binding and row.binding not in nearest:
        return (*nearest[:-1], row.binding)
    return nearest


def _columns(groups: Sequence[Group]) -> list[Sequence[Group]]:
    """One column, or two of about the same length."""
    lines = sum(group.lines for group in groups)
    if lines <= MOST_ALONE or len(groups) < 2:
        return [groups]
    ends = range(1, len(groups))
    cut = min(ends, key=lambda end: abs(lines - 2 * sum(one.lines for one in groups[:end])))
    return [groups[:cut], groups[cut:]]


def _draw(
    page: Page, chart: LimitsCloseness, groups: Sequence[Group], box: Box, far: float
) -> None:
    """A column: names left, bars right, lines where the units that were reached end."""
    high = box.height / sum(group.lines for group in groups)
    points = min(rows.WORDS_POINTS, 0.95 * high * 72 / text.LINE)
    said = [name for group in groups for name in _said(group)]
    names = min(NAMES * box.width, max((text.width(one, points) for one in said), default=1.0))
    left = box.left + names + 0.1
    plot = Box(left, box.top, box.right - NUMBERS - left, box.height)
    frame = Box(left - 0.05, box.top, box.right - left + 0.05, box.height + rows.AXIS)
    lines = [(group, bound) for group in groups for bound in (None, *(group.bounds or (None,)))]
    names_of = [
        f"{one.row.label}: {bound.name}" if bound else one.row.label for one, bound in lines
    ]
    allowed = {ALLOWED: [bound.units or None if bound else None for _, bound in lines]}
    data = by_category(names_of, allowed, "#,##0")
    kind = XL_CHART_TYPE.BAR_CLUSTERED
    drawn = native.add(page, kind, data, frame, plot, described(chart))
    native.rows_axis(drawn.category_axis, page)
    native.no_names(drawn.category_axis)
    step = factor_of(1, far, plot.width / native.TICK)
    axis = native.Axis(1, far, step, formats.COUNTS, log=True)
    native.values_axis(drawn.value_axis, page, axis, rows=True)
    _dress(page, drawn.plots[0], lines)
    _name(page, groups, Box(box.left, box.top, names, high), points, plot, axis)


def _dress(page: Page, bars: Any, lines: Sequence[tuple[Group, Bound | None]]) -> None:
    bars.gap_width = 30
    (series,) = bars.series
    ends = {}
    for number, (group, bound) in enumerate(lines):
        if bound and bound.units:
            own = palette.colour(group.row.runtime, page.theme)
            paint.fill(series.points[number].format, own if bound.binding else page.theme.quiet)
            ends[number] = dress.Label(formats.marked(formats.count(bound.units), bound.doubt))
    dress.labels(series, ends, page)


def _name(
    page: Page, groups: Sequence[Group], first: Box, points: float, plot: Box, axis: native.Axis
) -> None:
    """The runtimes as headings, their limits' names, and how far they got."""
    across = Scale(axis.low, axis.high, plot.left, plot.right, log=True)
    top, high = first.top, first.height
    for group in groups:
        mark = min(rows.MARK, 0.7 * high)
        page.mark(Box(first.left, top + (high - mark) / 2, mark, mark), group.row.runtime)
        left = first.left + rows.MARK + 0.07
        heading = text.cut(group.row.name, plot.right - left, points)
        box = Box(left, top, text.width(heading, points) + 0.05, high)
        page.text(box, [Words(heading, points, bold=True)], middle=True)
        for number, name in enumerate(_said(group)):
            box = Box(first.left, top + (number + 1) * high, first.width, high)
            words = Words(text.cut(name, first.width, points), points, muted=not group.bounds)
            page.text(box, [words], right=True, middle=True)
        if group.row.reached and group.bounds:
            x = across.at(group.row.reached)
            page.line((x, top + high), (x, top + high * group.lines), 2.5, REACHED)
        top += high * group.lines


def _said(group: Group) -> list[str]:
    """The limits' names; no bar tells of what allows none."""
    names = [
        bound.name if bound.units else marked(f"{bound.name}: none", bound.doubt)
        for bound in group.bounds
    ]
    return names or ["unknown"]


def _explain(page: Page, box: Box) -> None:
    keys = [
        Key("ended the launch, or would first", page.theme.muted),
        Key("other limits, the nearest first", page.theme.quiet),
        Key(REACHED),
        Key("units, logarithmic scale", ""),
    ]
    page.legend(box, keys)
