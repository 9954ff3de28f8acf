"""Memory as the units grow: what a process takes above its baseline at each count, and a line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bench.derive.growth import Growth, GrowthPoint, growths
from bench.derive.metrics import Metric
from bench.model.records import Result
from reports.figures.chart import Chart, Column, doubted, grouped, ran, tabulate
from reports.figures.shapes import Axis, Curve, CurvePoint, Curves, Key
from reports.tables.comparison import Row, compare, pair_of
from reports.wording import units
from reports.wording.doubted import marked, sure
from reports.wording.escape import many

HOW = (
    "User and kernel memory above the memory of the empty process, from the climb and the "
    "repeats. A point is the median at its count, its bar spans all processes. The line is the "
    "median slope between all pairs of points (Theil and Sen)."
)
Place = tuple[Curve, Growth, GrowthPoint]

COLUMNS: tuple[Column[Place], ...] = (
    Column("runtime", "runtime", lambda one: one[0].case, is_number=False),
    Column("units", "units", lambda one: one[2].units, units.count),
    Column("memory above the baseline", "bytes", lambda one: one[2].bytes, units.size),
    Column("least", "low_bytes", lambda one: one[2].low, units.size),
    Column("most", "high_bytes", lambda one: one[2].high, units.size),
    Column("repeats", "sweeps", lambda one: one[2].samples, units.count),
    Column(
        "line",
        "line_bytes",
        lambda one: one[1].line.at(one[2].units) if one[1].line else None,
        units.size,
    ),
)


def growth(result: Result, metrics: Sequence[Metric]) -> Chart:
    """A curve for each case that ran, in the result's order."""
    grown = {one.case: one for one in growths(result)}
    rows = [(row, grown[row.case]) for row in ran(result, metrics) if row.case in grown]
    both = [(_curve(row, own), own) for row, own in rows]
    curves = tuple(curve for curve, _ in both)
    return Chart(
        title=_title(curves, result, metrics),
        how=HOW,
        plots=(
            Curves(
                x=Axis("units alive", "count", log=True),
                y=Axis("memory above the baseline", "bytes", log=True),
                rows=curves,
            ),
        ),
        keys=(
            Key("median of the processes", "circle"),
            Key("least to most", "upright"),
            Key("fitted line", "line"),
        ),
        missing=grouped(_lacks(both), len(both)),
        numbers=tabulate(
            COLUMNS,
            [(curve, own, point) for curve, own in both for point in own.points],
            lambda one: doubted(bytes=one[2].doubt),
        ),
    )


def _curve(row: Row, grown: Growth) -> Curve:
    """The points that a logarithmic scale can show: the first units may fit into memory that the
    process held already."""
    points = tuple(
        CurvePoint(one.units, one.bytes, one.low, one.high, one.doubt)
        for one in grown.points
        if one.bytes > 0
    )
    line = (grown.line.bytes_per_unit, grown.line.offset_bytes) if grown.line else None
    return Curve(case=row.name, label=row.label, segments=(points,) if points else (), line=line)


def _title(curves: Sequence[Curve], result: Result, metrics: Sequence[Metric]) -> str:
    """What the most units took: of the two that the finding compares, else of the case that took
    most."""
    seen = {curve.case: curve for curve in curves if curve.points}
    pair = pair_of(compare(result, metrics))
    if pair and all(row.name in seen for row in pair):
        heavy, light = (seen[row.name] for row in pair)
        return f"{_took(heavy)}, {_took(light).replace(' took', '')}."
    if seen:
        sound = sure(list(seen.values()), lambda curve: curve.points[-1].doubt)
        return f"{_took(max(sound, key=lambda curve: curve.points[-1].y))}."
    return "How memory grows is unknown."


def _took(curve: Curve) -> str:
    last = curve.points[-1]
    took = marked(units.size(last.y), last.doubt)
    return f"{units.count(last.x)} {many(curve.label)} took {took}"


def _lacks(both: Sequence[tuple[Curve, Growth]]) -> Iterator[tuple[str, str]]:
    for curve, own in both:
        if own.reason:
            yield curve.case, f"no curve: {own.reason}"
        elif not curve.points:
            yield curve.case, "no curve: nothing was taken above the baseline"
        elif own.line is None:
            yield curve.case, "one count only: no line"
