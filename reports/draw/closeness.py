"""Drawing of how close limits are: bars of what each allows, grouped by runtime, one marked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from reports.draw import scale
from reports.draw.canvas import MOST_ROWS, Canvas, Key
from reports.draw.rows import Plot, axis_name, column, grid, name, room
from reports.draw.scale import Scale
from reports.draw.text import drawable, fitted, width
from reports.figures.closeness import Bound, Closeness, LimitsCloseness
from reports.palette import colour
from reports.wording import units
from reports.wording.doubted import marked

MOST_BARS = 14
GAP = 0.45  # of a bar, between two runtimes
TALLEST = 2.4  # letters
MOST_WORDS = 0.6  # of the plot: longer words are drawn smaller, and then cut
SMALLEST = 0.75  # of the size that there is room for


def draw_closeness(chart: LimitsCloseness, canvas: Canvas) -> None:
    """The nearest limits of each runtime, as many as can be read."""
    rows = [replace(row, label=row.name) for row in chart.rows[:MOST_ROWS]]
    canvas.legend(
        [
            Key("in colour: ended the launch, or would be the first to", canvas.theme.muted),
            Key("other limits, the nearest first", canvas.theme.quiet),
            Key("units reached", canvas.theme.ink, "mark"),
        ]
    )
    groups = [_shown(row, most) for row, most in zip(rows, _shares(rows), strict=True)]
    plot = _laid_out(canvas, rows, groups)
    far = max((bound.units for group in groups for bound in group), default=1)
    words = [width(_words(one, plot), plot.size, one.binding) for all_ in groups for one in all_]
    end = plot.right - max(words, default=0.0) - 10
    across = Scale(1, max(10, far), plot.left, end, log=True)
    most = 3 if canvas.shape.name == "square" else 5
    grid(canvas, plot, across, scale.decades(1, across.high, scale.count, most))
    axis_name(canvas, plot, "units that a limit allows, on a logarithmic scale")
    top = plot.top
    for row, group in zip(rows, groups, strict=True):
        top = _group(canvas, plot, across, top, row, group)


def _shares(rows: Sequence[Closeness]) -> list[int]:
    return shared_out([len(row.bounds) for row in rows], MOST_BARS)


def shared_out(wanted: Sequence[int], most: int) -> list[int]:
    """How many of its bars each runtime gets: one each in turn, the first first, `most` in all."""
    given = [0] * len(wanted)
    while sum(given) < min(most, sum(wanted)):
        for place, want in enumerate(wanted):
            if given[place] < want and sum(given) < most:
                given[place] += 1
    return given


def _shown(row: Closeness, most: int) -> tuple[Bound, ...]:
    """The nearest bounds, the binding one always among them."""
    nearest = row.bounds[:most]
    if row.binding and row.binding not in nearest and most:
        return (*nearest[:-1], row.binding)
    return nearest


def _laid_out(canvas: Canvas, rows: Sequence[Closeness], groups: Sequence[Sequence[Bound]]) -> Plot:
    """A plot whose rows are single bars."""
    bars = sum(_height(group) for group in groups)
    bar = min(room(canvas, 2) / max(1, bars), TALLEST * canvas.shape.body)
    left = column(canvas, rows, canvas.shape.body)
    size = min(canvas.shape.body, 0.74 * bar)
    words = (width(_said(one), size, one.binding) for group in groups for one in group)
    too_wide = max(words, default=0.0) / (MOST_WORDS * (canvas.right - left))
    size = max(SMALLEST * size, size / max(1.0, too_wide))
    return Plot(left, canvas.right, canvas.top, canvas.top - bar * bars, bar, size)


def _height(group: Sequence[Bound]) -> float:
    return max(1, len(group)) + GAP


def _group(
    canvas: Canvas,
    plot: Plot,
    across: Scale,
    top: float,
    row: Closeness,
    group: Sequence[Bound],
) -> float:
    """One runtime's bars from `top` on, behind each what the limit allows and its name; returns
    where the next runtime's begin."""
    high = _height(group) * plot.row
    name(canvas, plot, top - high / 2, row, min(canvas.shape.body, 0.62 * high))
    if not group:
        canvas.plate(plot.left + 4, top - high / 2, "unknown", plot.size)
    ys = [top - (GAP / 2 + place + 0.5) * plot.row for place in range(len(group))]
    ends = [max(across.at(bound.units), plot.left + 3) for bound in group]
    for y, end, bound in zip(ys, ends, group, strict=True):
        fill = colour(row.runtime, canvas.theme) if bound.binding else canvas.theme.quiet
        thick = 0.84 * plot.row
        canvas.box(plot.left, y - thick / 2, end - plot.left, thick, fill)
    if row.reached and group:
        x, inset = across.at(row.reached), 0.12 * plot.row
        canvas.line([x, x], [top - high + inset, top - inset], 2.5)
    for y, end, bound in zip(ys, ends, group, strict=True):
        canvas.plate(end + 8, y, _words(bound, plot), plot.size, bold=bound.binding)
    return top - high


def _words(bound: Bound, plot: Plot) -> str:
    """The limit's name, cut where it is too long, and what it allows."""
    number = f": {_number(bound)}"
    room = MOST_WORDS * (plot.right - plot.left) + 1
    most = room - width(number, plot.size, bold=bound.binding)
    return f"{fitted(drawable(bound.name), most, plot.size, bold=bound.binding)}{number}"


def _said(bound: Bound) -> str:
    return f"{drawable(bound.name)}: {_number(bound)}"


def _number(bound: Bound) -> str:
    """What it allows, exact where that is short."""
    if bound.units < 1_000_000:
        return marked(units.count(bound.units), bound.doubt)
    return marked(units.rounded(bound.units).removeprefix("about "), bound.doubt)
