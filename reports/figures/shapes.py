"""The four shapes of a figure: bars, stacked bars, ranges, curves.

They are frozen values, which say all that is drawn; `reports.draw` has one drawing of each shape
for each backend. Numbers are seconds, bytes and counts, and the dimension of an axis says how they
are shown. Texts are on one line and free of control characters, yet still to be escaped for where
they are shown (`reports.wording.escape`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from bench.derive.doubts import gravest
from reports.palette import Mark
from reports.wording import units

# A row of a shape's table, and the doubts about its values, both by the same keys.
Record = tuple[Mapping[str, str | float | None], Mapping[str, str | None]]


def date_of(moment: float | None) -> str:
    """A moment in seconds since 1970 as its date, in UTC."""
    return "" if moment is None else f"{datetime.fromtimestamp(moment, UTC):%Y-%m-%d}"


# How values are said whose dimension is of no quantity, but of figures alone.
DERIVED: Mapping[str, Callable[[float | None], str]] = {
    "rate": units.rate,
    "share": units.share,
    "time": date_of,
}


@dataclass(frozen=True)
class Axis:
    """A scale: what it measures in words, the dimension that decides its unit (that of a quantity,
    or one of `DERIVED`), and whether it is logarithmic."""

    words: str
    dimension: str
    log: bool = False

    def said(self, value: float | None) -> str:
        """A value in the unit that suits it."""
        own = DERIVED.get(self.dimension)
        return own(value) if own else units.amount(self.dimension, value)


@dataclass(frozen=True)
class Key:
    """An entry of a legend: a symbol and what it stands for. `colour` is a role of the theme, the
    key of a part of a bar, or a colour (`palette.role`)."""

    words: str
    form: Mark | Literal["box", "pale", "upright", "line", "none"] = "none"
    colour: str = "muted"


@dataclass(frozen=True, kw_only=True)
class Bar:
    """One bar, from the scale's beginning to `value`, and pale from there to `projected`. `said`
    stands at its end, `name` says which of several it is; a `quiet` one is not in its case's
    colour. `doubt` is about where it ends."""

    value: float | None
    said: str
    projected: float | None = None
    low: float | None = None
    high: float | None = None
    name: str = ""
    quiet: bool = False
    doubt: str | None = None

    @property
    def far(self) -> float | None:
        """Where the bar ends."""
        return self.value if self.projected is None else self.projected


@dataclass(frozen=True, kw_only=True)
class PlotRow:
    """What the rows of three shapes have in common. `case` decides colour and mark; `label` is
    short enough for an axis. `notes` are at most two phrases about the row, the more important one
    first, and `briefs` say the same in ever fewer words, for where there is little room. `mark` is
    the place of an upright line. `doubts` are those about what else the row says."""

    case: str
    label: str
    notes: tuple[str, ...] = ()
    briefs: tuple[str, ...] = ()
    mark: float | None = None
    doubts: tuple[str | None, ...] = ()


@dataclass(frozen=True, kw_only=True)
class BarRow(PlotRow):
    """One case's bars: the backends show as many as there is room for, the first ones and every one
    that is not quiet."""

    bars: tuple[Bar, ...]


@dataclass(frozen=True, kw_only=True)
class Bars:
    """A row a case, of one bar or several. `solid` and `pale` name the two pieces of a bar, and
    `mark` the upright line."""

    axis: Axis
    rows: tuple[BarRow, ...]
    solid: str = ""
    pale: str = ""
    mark: str = ""

    @property
    def several(self) -> bool:
        """Whether rows have bars with names of their own; no other plot stands beside these."""
        return any(bar.name for row in self.rows for bar in row.bars)

    @property
    def doubts(self) -> Iterator[str | None]:
        for row in self.rows:
            yield from (*row.doubts, *(bar.doubt for bar in row.bars))

    def records(self) -> Iterator[Record]:
        for row in self.rows:
            for bar in row.bars:
                ends = {"value": bar.value, "projected": bar.projected}
                known = {"of": bar.name, **ends, "low": bar.low, "high": bar.high}
                yield {"runtime": row.case, **known}, {"value": bar.doubt}


@dataclass(frozen=True)
class BarPart:
    """A part of a stacked bar: the key of its colour, and its name."""

    key: str
    words: str


@dataclass(frozen=True, kw_only=True)
class StackRow(PlotRow):
    """One case's bar of parts, in the order of the plot's; `None` is unknown and takes no room.
    `said` is about the whole bar, whose `total` may be unknown; `low` and `high` are its interval.
    The parts of a `rough` row are known roughly. `doubt` is about the bar."""

    parts: tuple[float | None, ...]
    said: str
    total: float | None = None
    low: float | None = None
    high: float | None = None
    rough: bool = False
    doubt: str | None = None

    @property
    def long(self) -> float:
        """How long the bar is."""
        return sum(part or 0 for part in self.parts)


@dataclass(frozen=True, kw_only=True)
class StackedBars:
    """A bar of parts a case. On an axis of shares each part says how large it is, and `said` stands
    beside the bar; on any other `said` is the total at its end."""

    axis: Axis
    parts: tuple[BarPart, ...]
    rows: tuple[StackRow, ...]
    mark: str = ""
    unknown: str = "unknown"

    @property
    def doubts(self) -> Iterator[str | None]:
        for row in self.rows:
            yield from (*row.doubts, row.doubt)

    def records(self) -> Iterator[Record]:
        names = [part.words for part in self.parts]
        for row in self.rows:
            parts = dict(zip(names, row.parts, strict=True))
            whole = {"total": row.total, "low": row.low, "high": row.high}
            yield {"runtime": row.case, **parts, **whole}, {"total": row.doubt}


@dataclass(frozen=True, kw_only=True)
class Range:
    """One range of a case: its points in the plot's order, `None` where unknown. `said` stands at
    its end; `doubt` is the gravest about its points."""

    points: tuple[float | None, ...]
    said: str
    doubt: str | None = None


@dataclass(frozen=True, kw_only=True)
class RangeRow(PlotRow):
    """One case's ranges, one below the other."""

    ranges: tuple[Range, ...]


@dataclass(frozen=True, kw_only=True)
class Ranges:
    """A row a case, of ranges from the first of `points` (their names) over others to the last;
    `unknown` says that a row has none."""

    axis: Axis
    points: tuple[str, ...]
    rows: tuple[RangeRow, ...]
    unknown: str = "unknown"
    mark: str = ""

    @property
    def doubts(self) -> Iterator[str | None]:
        for row in self.rows:
            yield from (*row.doubts, *(one.doubt for one in row.ranges))

    def records(self) -> Iterator[Record]:
        for row in self.rows:
            for one in row.ranges:
                points = dict(zip(self.points, one.points, strict=True))
                yield {"runtime": row.case, "range": one.said, **points}, {"range": one.doubt}


@dataclass(frozen=True)
class CurvePoint:
    """A point of a curve with its spread. `sign` says what begins with it, if something does."""

    x: float
    y: float
    low: float | None = None
    high: float | None = None
    doubt: str | None = None
    sign: Literal["", "up", "down", "accepted"] = ""


@dataclass(frozen=True, kw_only=True)
class Curve:
    """One case's points, in `segments` that are not joined; `line` is the slope and the offset of a
    line through them. A curve on a scale of its own spans `least_span` at least."""

    case: str
    label: str
    segments: tuple[tuple[CurvePoint, ...], ...]
    line: tuple[float, float] | None = None
    least_span: float = 0.0

    @property
    def points(self) -> tuple[CurvePoint, ...]:
        return tuple(point for segment in self.segments for point in segment)

    @property
    def doubt(self) -> str | None:
        """The gravest about its points."""
        return gravest(point.doubt for point in self.points)


@dataclass(frozen=True, kw_only=True)
class Curves:
    """Curves on the same scales or, if `apart`, each in a row with a scale of its own."""

    x: Axis
    y: Axis
    rows: tuple[Curve, ...]
    apart: bool = False

    @property
    def doubts(self) -> Iterator[str | None]:
        return (point.doubt for row in self.rows for point in row.points)

    def records(self) -> Iterator[Record]:
        for row in self.rows:
            for one in row.points:
                known = {"value": one.y, "low": one.low, "high": one.high}
                yield {"runtime": row.case, "at": self.x.said(one.x), **known}, {"value": one.doubt}


Plot = Bars | StackedBars | Ranges | Curves
