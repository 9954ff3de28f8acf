"""Drawing of how many were reached: a bar a runtime, what stopped it written on it."""

from __future__ import annotations

from collections.abc import Sequence

from reports.draw import scale
from reports.draw.canvas import MOST_ROWS, Canvas, Key
from reports.draw.rows import Plot, axis_name, grid, laid_out
from reports.draw.scale import Scale
from reports.draw.text import drawable, fitted, width
from reports.figures.how_many import HowMany, Reach
from reports.palette import colour
from reports.wording import units
from reports.wording.doubted import marked


def draw_how_many(chart: HowMany, canvas: Canvas) -> None:
    """A bar a runtime: what was reached, what is projected, and what stopped it."""
    rows = chart.rows[:MOST_ROWS]
    muted = canvas.theme.muted
    canvas.legend(
        [
            Key("alive at once", muted),
            Key("projected: as far as the limit would let it", muted, "pale"),
        ]
    )
    plot = laid_out(canvas, rows, scale_lines=2)
    most = max((row.far or 1 for row in rows), default=1)
    numbers = max((width(_number(row), plot.size, bold=True) for row in rows), default=0.0)
    across = Scale(1, max(10, most), plot.left, plot.right - numbers - 8, log=True)
    grid(canvas, plot, across, scale.decades(1, across.high, scale.count))
    axis_name(canvas, plot, "units, on a logarithmic scale", (across.start + across.end) / 2)
    words = _words(rows, plot.right - plot.left - 6, _size(canvas, plot))
    for place, row in enumerate(rows):
        _bar(canvas, plot, across, place, row)
        y = plot.middle(place) + 0.22 * plot.row
        canvas.plate(plot.left + 3, y, words[place], _size(canvas, plot))


def _bar(canvas: Canvas, plot: Plot, across: Scale, place: int, row: Reach) -> None:
    own = colour(row.runtime, canvas.theme)
    high = 0.4 * plot.row
    y = plot.middle(place) - 0.42 * plot.row
    reached, end = across.at(row.reached or 1), across.at(row.far or 1)
    if row.projected is not None:
        canvas.box(reached, y, end - reached, high, own, "pale")
    if row.reached:
        canvas.box(plot.left, y, max(2.0, reached - plot.left), high, own)
    canvas.plate(end + 8, y + high / 2, _number(row), plot.size, bold=True)


def _size(canvas: Canvas, plot: Plot) -> float:
    """Of the letters over a bar."""
    return min(canvas.shape.note, 0.4 * plot.row)


def _words(rows: Sequence[Reach], most: float, size: float) -> list[str]:
    """What stopped each, or would; where room is short, without the word that the bar says too, and
    then without what ended the launch before the limit did."""
    words = [drawable(row.words) for row in rows]
    if any(width(said, size) > most for said in words):
        words = [said.removeprefix("projected: ") for said in words]
    for place, row in enumerate(rows):
        if width(words[place], size) > most:
            words[place] = drawable(row.brief)
    return [fitted(said, most, size) for said in words]


def _number(row: Reach) -> str:
    """Where the bar ends."""
    if row.projected is None:
        return marked(units.count(row.reached), row.far_doubt)
    return marked(units.rounded(row.projected).replace("about", "≈"), row.far_doubt)
