"""Drawing of memory as units grow: points with their spread and a line, both scales logarithmic."""

from __future__ import annotations

from collections.abc import Sequence

from reports.draw import scale
from reports.draw.canvas import MOST_ROWS, Canvas, Key
from reports.draw.rows import WIDEST
from reports.draw.scale import Scale
from reports.draw.text import drawable, width
from reports.figures.growth import Curve, MemoryGrowth
from reports.palette import colour, mark

LINE_POINTS = 24  # a straight line is bent by a logarithmic scale where it does not start at 0


def draw_growth(chart: MemoryGrowth, canvas: Canvas) -> None:
    """A curve a runtime, its name left of where it begins."""
    curves = [row for row in chart.rows if row.drawn][:MOST_ROWS]
    if not curves:
        canvas.nothing()
        return
    muted = canvas.theme.muted
    canvas.legend(
        [
            Key("median of the processes", muted, "point"),
            Key("least to most", muted, "mark"),
            Key("fitted line", muted, "line"),
        ]
    )
    across, up = _scales(curves, canvas)
    _grid(canvas, across, up)
    for curve in curves:
        _curve(canvas, across, up, curve)
    _names(canvas, across, up, curves)


def _scales(curves: Sequence[Curve], canvas: Canvas) -> tuple[Scale, Scale]:
    """Names stand left of the plot, the scale of bytes right of it."""
    points = [point for curve in curves for point in curve.drawn]
    counts = [point.units for point in points]
    sizes = [size for p in points for size in (p.bytes, p.high, p.low) if size > 0]
    body, note = canvas.shape.body, canvas.shape.note
    names = max(width(drawable(curve.name), body) for curve in curves) + 1.4 * body
    left = canvas.left + min(names, WIDEST * canvas.shape.width) + 1.6 * body
    right = canvas.right - width("100 MiB", note) - 0.6 * note
    bottom = canvas.bottom + 3.2 * note
    across = Scale(*_padded(counts), left, right, log=True)
    return across, Scale(*_padded(sizes), bottom, canvas.top, log=True)


def _padded(values: Sequence[float]) -> tuple[float, float]:
    """From a little under the least to a little over the most."""
    low, high = min(values), max(values)
    return low / 1.3, high * 1.3


def _grid(canvas: Canvas, across: Scale, up: Scale) -> None:
    size, theme = canvas.shape.note, canvas.theme
    most = 4 if canvas.shape.name == "square" else 7
    for value, words in scale.decades(across.low, across.high, scale.count, most):
        x = across.at(value)
        canvas.line([x, x], [up.start, up.end], 0.8, theme.line)
        canvas.text(x, up.start - size, words, size, theme.muted, align="center")
    for value, words in scale.binary(up.low, up.high, 6):
        y = up.at(value)
        canvas.line([across.start, across.end], [y, y], 0.8, theme.line)
        canvas.text(across.end + 0.6 * size, y, words, size, theme.muted)
    middle = (across.start + across.end) / 2
    words = "memory above the baseline, by the units alive"
    canvas.text(middle, up.start - 2.4 * size, words, size, theme.muted, align="center")


def _curve(canvas: Canvas, across: Scale, up: Scale, curve: Curve) -> None:
    own = colour(curve.runtime, canvas.theme)
    xs = [across.at(point.units) for point in curve.drawn]
    if curve.line:
        _line(canvas, across, up, curve)
    for x, point in zip(xs, curve.drawn, strict=True):
        if point.high > point.low > 0:
            canvas.line([x, x], [up.at(point.low), up.at(point.high)], 2, own)
    ys = [up.at(point.bytes) for point in curve.drawn]
    canvas.marks(xs, ys, mark(curve.runtime), own, 0.6 * canvas.shape.body)


def _line(canvas: Canvas, across: Scale, up: Scale, curve: Curve) -> None:
    assert curve.line
    first, last = curve.drawn[0].units, curve.drawn[-1].units
    counts = [first * (last / first) ** (step / LINE_POINTS) for step in range(LINE_POINTS + 1)]
    drawn = [(count, curve.line.at(count)) for count in counts]
    inside = [(across.at(count), up.at(size)) for count, size in drawn if size >= up.low]
    xs, ys = [x for x, _ in inside], [y for _, y in inside]
    canvas.line(xs, ys, 1.8, colour(curve.runtime, canvas.theme), faint=True)


def _names(canvas: Canvas, across: Scale, up: Scale, curves: Sequence[Curve]) -> None:
    """Each name left of its first point, none nearer to the next than a line's height."""
    size = canvas.shape.body
    ordered = sorted(curves, key=lambda curve: curve.drawn[0].bytes)
    wanted = [up.at(curve.drawn[0].bytes) for curve in ordered]
    end = across.start - 1.6 * size
    for curve, y, told in zip(ordered, spread(wanted, 1.25 * size, up), wanted, strict=True):
        own = colour(curve.runtime, canvas.theme)
        first = across.at(curve.drawn[0].units)
        canvas.line(
            [end + 0.3 * size, across.start - 2, first], [y, told, told], 1, own, faint=True
        )
        canvas.label(end, y, curve.runtime, curve.name, end - canvas.left, size)


def spread(wanted: Sequence[float], apart: float, up: Scale) -> list[float]:
    """The places, lowest first, as near to the wanted ones as can be with so much between them,
    all between the scale's ends."""
    placed: list[float] = []
    for place in wanted:
        placed.append(max(place, placed[-1] + apart) if placed else max(place, up.start))
    top = up.end
    for index in reversed(range(len(placed))):
        placed[index] = min(placed[index], top)
        top = placed[index] - apart
    return placed
