"""Drawing of where the time goes: each launch as a whole, and its parts as shares of it."""

from __future__ import annotations

from reports.draw.canvas import MOST_ROWS, Canvas, Key
from reports.draw.rows import Plot, grid, laid_out
from reports.draw.scale import Scale
from reports.draw.text import width
from reports.figures.where_time_goes import PARTS, Times, WhereTimeGoes
from reports.palette import on
from reports.wording import units
from reports.wording.doubted import marked


def draw_where_time_goes(chart: WhereTimeGoes, canvas: Canvas) -> None:
    """A bar of shares a runtime; beside it what a unit took in all."""
    rows = chart.rows[:MOST_ROWS]
    keys = [Key(words, canvas.theme.time[part]) for part, words in PARTS]
    keys.append(Key("the wall clock", canvas.theme.ink, "mark"))
    if chart.bursts:
        keys.append(Key(f"in bursts that ended at {chart.bursts}", canvas.theme.ink, "none"))
    canvas.legend(keys)
    plot = laid_out(canvas, rows, scale_lines=1)
    room = max((_room(row, plot, canvas) for row in rows), default=0.0)
    across = Scale(0, 1, plot.left, plot.right - room - 14)
    grid(canvas, plot, across, tuple((t / 4, f"{25 * t} %") for t in range(5)))
    for place, row in enumerate(rows):
        _bar(canvas, plot, across, place, row)
        _aside(canvas, plot, across.end + 14, place, row)


def _bar(canvas: Canvas, plot: Plot, across: Scale, place: int, row: Times) -> None:
    y, high = plot.middle(place), 0.66 * plot.row
    if row.shares is None or not row.whole:
        canvas.text(plot.left + 4, y, "unknown", plot.size, canvas.theme.muted)
        return
    wall = None if row.wall is None else across.at(row.wall / row.whole)
    start = 0.0
    for (part, _), share in zip(PARTS, row.shares, strict=True):
        left, wide = across.at(start), across.at(start + share) - across.at(start)
        fill = canvas.theme.time[part]
        if share:
            canvas.box(left, y - high / 2, wide, high, fill)
        said = marked(f"{'≈ ' if row.rough else ''}{units.share(share)}", row.drawn_doubt)
        middle, room = _widest(left, left + wide, wall)
        if width(said, plot.size, bold=True) + 10 < room:
            canvas.text(middle, y, said, plot.size, on(fill), bold=True, align="center")
        start += share
    if wall is not None:
        canvas.line([wall, wall], [y - 0.45 * plot.row, y + 0.45 * plot.row], 2.5)


def _widest(left: float, right: float, wall: float | None) -> tuple[float, float]:
    """The middle and the width of a part, or of the larger side of it where the clock's mark
    divides it."""
    if wall is not None and left < wall < right:
        left, right = (left, wall) if wall - left > right - wall else (wall, right)
    return (left + right) / 2, right - left


def _aside(canvas: Canvas, plot: Plot, x: float, place: int, row: Times) -> None:
    """What a unit took by the clock, and its page faults, in two lines."""
    time, faults = _words(row)
    up = 0.23 * plot.row
    small = _small(plot, canvas)
    canvas.text(x, plot.middle(place) + up, time, min(plot.size, 0.42 * plot.row), bold=True)
    canvas.text(x, plot.middle(place) - up, faults, small, canvas.theme.muted)


def _room(row: Times, plot: Plot, canvas: Canvas) -> float:
    time, faults = _words(row)
    return max(width(time, plot.size, bold=True), width(faults, _small(plot, canvas)))


def _small(plot: Plot, canvas: Canvas) -> float:
    return min(canvas.shape.note, 0.36 * plot.row)


def _words(row: Times) -> tuple[str, str]:
    known = row.faults is not None
    number = marked(units.number(row.faults), row.faults_doubt)
    faults = f"{number} page faults" if known else "page faults unknown"
    return marked(units.seconds(row.wall), row.drawn_doubt), faults
