"""Curves of a picture: all on the same scales, or each in a row with a scale of its own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from reports.draw import scale
from reports.draw.canvas import Canvas, drawable, fitted, width
from reports.draw.matplotlib_rows import WIDEST, grid, laid_out
from reports.draw.scale import Scale, spread
from reports.figures.shapes import Axis, Curve, Curves
from reports.palette import colour, mark
from reports.wording.doubted import marked

TALLEST_CURVE = 20  # letters: a curve of its own may fill the page
LINE_POINTS = 24  # a straight line is bent by a logarithmic scale where it does not start at 0
FULL = 0.36  # of a row's height, from its middle to where the values of its own scale end
SIGNS = {"up": "▲", "down": "▼", "accepted": "◇"}


def draw_curves(canvas: Canvas, plot: Curves, curves: Sequence[Curve]) -> None:
    """The curves on the same scales: names left of the plot, the scale of values right of it."""
    body, note, theme = canvas.shape.body, canvas.shape.note, canvas.theme
    points = [point for curve in curves for point in curve.points]
    sizes = [size for p in points for size in (p.y, p.high or p.y, p.low or p.y)]
    names = max(width(drawable(_name(curve)), body) for curve in curves) + 1.4 * body
    left = canvas.left + min(names, WIDEST * canvas.shape.width) + 1.6 * body
    right = canvas.right - width("100 MiB", note) - 0.6 * note
    across = _padded(plot.x, [point.x for point in points], left, right)
    up = _padded(plot.y, sizes, canvas.bottom + 3.2 * note, canvas.top)
    every = 2 if canvas.shape.name == "square" and plot.x.log else 1
    for value, words in scale.ticks(plot.x, across.low, across.high, 7)[::every]:
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


def draw_apart(canvas: Canvas, plot: Curves, curves: Sequence[Curve]) -> None:
    """A row a curve, each on a scale of its own, with the borders of its segments and its signs."""
    moments = [point.x for curve in curves for point in curve.points]
    ends = window(moments)
    days = scale.days(*ends, 6)
    area = laid_out(canvas, curves, [1.0] * len(curves), TALLEST_CURVE, 1 if days else 2)
    size, theme = min(canvas.shape.note, 0.3 * area.bar), canvas.theme
    spans = [_span(curve) for curve in curves]
    numbers = max(width(plot.y.said(end), size) for span in spans for end in span)
    across = Scale(*ends, area.left + 6, area.right - numbers - 14)
    first, last = (scale.clock(moment, "%Y-%m-%d") for moment in (min(moments), max(moments)))
    day = "" if days else f"{first if first == last else f'{first} to {last}'}, UTC"
    grid(canvas, area, Axis(day, plot.x.dimension), across, most=6)
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
