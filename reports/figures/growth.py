"""Memory as the units grow: what a process takes above its baseline at each count, and a line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from bench.derive.doubts import gravest
from bench.derive.growth import Growth, GrowthPoint, Line, growths
from bench.derive.metrics import Metric
from bench.model.records import CaseRecord, Result
from reports.figures.chart import (
    Chart,
    Column,
    Row,
    Table,
    caption,
    grouped,
    left_out,
    ran,
    tabulate,
    who,
)
from reports.tables.comparison import compare, pair_of
from reports.wording import units
from reports.wording.doubted import marked, sure
from reports.wording.escape import many, plain

HOW = (
    "User and kernel memory above what the process took before its first unit, from the climb and "
    "the short sweeps: the median at each count, the bar from the least to the most of the "
    "processes. The line is the median slope between all pairs of points (Theil and Sen)."
)


@dataclass(frozen=True, kw_only=True)
class Curve(Row):
    """One runtime's points, bytes above the baseline, the fewest units first, and the line through
    them; `None` where there are too few. `source` is where the bytes were read."""

    points: tuple[GrowthPoint, ...]
    line: Line | None
    source: str

    @property
    def drawn(self) -> tuple[GrowthPoint, ...]:
        """The points that a logarithmic scale can show: the first units may fit into memory that
        the process held already."""
        return tuple(point for point in self.points if point.bytes > 0)

    @property
    def drawn_doubt(self) -> str | None:
        """The gravest about its points."""
        return gravest(point.doubt for point in self.drawn)

    @property
    def name(self) -> str:
        """What stands beside the curve: the label, marked where any of its points is doubted."""
        return marked(self.label, self.drawn_doubt)

    @property
    def last(self) -> GrowthPoint | None:
        """The point of the most units."""
        return self.points[-1] if self.points else None


Place = tuple[Curve, GrowthPoint]

COLUMNS: tuple[Column[Place], ...] = (
    Column("runtime", "runtime", lambda one: one[0].runtime, is_number=False),
    Column("units", "units", lambda one: one[1].units, units.count),
    Column("memory above the baseline", "bytes", lambda one: one[1].bytes, units.size),
    Column("least", "low_bytes", lambda one: one[1].low, units.size),
    Column("most", "high_bytes", lambda one: one[1].high, units.size),
    Column("sweeps", "sweeps", lambda one: one[1].samples, units.count),
    Column("line", "line_bytes", lambda one: _on_line(*one), units.size),
)


@dataclass(frozen=True, kw_only=True)
class MemoryGrowth(Chart):
    """The curves in the result's order, those without a point among them."""

    name: ClassVar[str] = "growth"
    rows: tuple[Curve, ...]

    @property
    def table(self) -> Table:
        return tabulate(
            COLUMNS,
            [(row, point) for row in self.rows for point in row.points],
            lambda one: {"bytes": one[1].doubt} if one[1].doubt else {},
        )

    @property
    def drawn_doubts(self) -> Iterable[str]:
        return filter(None, (row.drawn_doubt for row in self.rows))


def growth(result: Result, metrics: Sequence[Metric]) -> MemoryGrowth:
    """A curve for each runtime that ran."""
    grown = {one.case: one for one in growths(result)}
    rows = tuple(_curve(runtime, grown[runtime.key]) for runtime in ran(result, metrics))
    lacks = grouped(_lacks(rows, [grown[r.key] for r in ran(result, metrics)]), len(rows))
    return MemoryGrowth(
        title=_title(rows, result, metrics),
        how=HOW,
        missing=(*left_out(result, metrics), *lacks),
        caption=caption(result),
        rows=rows,
    )


def _curve(runtime: CaseRecord, grown: Growth) -> Curve:
    return Curve(
        **who(runtime),
        points=grown.points,
        line=grown.line,
        source=plain(grown.source),
    )


def _on_line(row: Curve, point: GrowthPoint) -> float | None:
    return row.line.at(point.units) if row.line else None


def _title(rows: Sequence[Curve], result: Result, metrics: Sequence[Metric]) -> str:
    """What the most units took: of the two that the finding sets against each other, else of the
    runtime that took most."""
    seen = {row.runtime: row for row in rows if row.drawn}
    pair = pair_of(compare(result, metrics))
    if pair and all(row.name in seen for row in pair):
        heavy, light = (seen[row.name] for row in pair)
        return f"{_took(heavy)}, {_took(light).replace(' took', '')}."
    if seen:
        sound = sure(list(seen.values()), lambda row: row.drawn[-1].doubt)
        return f"{_took(max(sound, key=lambda row: row.drawn[-1].bytes))}."
    return "How memory grows is unknown."


def _took(row: Curve) -> str:
    last = row.drawn[-1]
    took = marked(units.size(last.bytes), last.doubt)
    return f"{units.count(last.units)} {many(row.label)} took {took}"


def _lacks(rows: Sequence[Curve], grown: Sequence[Growth]) -> Iterator[tuple[str, str]]:
    for row, own in zip(rows, grown, strict=True):
        if own.reason:
            yield row.runtime, f"no curve: {own.reason}"
        elif not row.drawn:
            yield row.runtime, "no curve: nothing was taken above the baseline"
        elif row.line is None:
            yield row.runtime, "one count only: no line"
