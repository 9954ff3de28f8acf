"""What one unit costs, part by part, and how much of it RSS shows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bench.derive.doubts import gravest
from bench.derive.metrics import Metric
from bench.model.records import Result
from bench.quantities import BYTES
from reports.figures.chart import (
    UNKNOWN,
    Chart,
    Column,
    Doubts,
    counted,
    doubted,
    grouped,
    no_interval,
    part_columns,
    ran,
    tabulate,
)
from reports.figures.shapes import Axis, BarPart, Key, StackedBars, StackRow
from reports.tables.comparison import RSS, TOTAL, Row, compare, weight_finding
from reports.wording import units
from reports.wording.doubted import marked

PARTS = (
    BarPart("user", "user memory"),
    BarPart("kernel_stack", "kernel stack"),
    BarPart("page_tables", "page tables"),
    BarPart("kernel_other", "other kernel memory"),
)
UNDIVIDED = BarPart("muted", "not divided")
RSS_ENDS = "where RSS ends"
ROUNDING = 0.002  # less than the three digits of a label show
HOW = (
    "The memory of one unit is the difference between two counts of parked units, read from "
    "outside the process, divided by the units between. It is the median of several new "
    "processes, with its 95 % interval. The mark shows where RSS ends, which is what most tools "
    "report."
)


@dataclass(frozen=True)
class Cost:
    """What one unit of a case costs: its metrics by part, and `parts`, their bytes in the order of
    `PARTS`, `None` where unknown: those of a known total add up to it, as far as they are known."""

    row: Row
    of: dict[str, Metric]
    parts: tuple[float | None, ...]

    @property
    def total(self) -> Metric:
        return self.of[TOTAL]

    @property
    def undivided(self) -> float | None:
        """The bar's bytes that are no known part's; `None` where the parts are the whole bar."""
        if self.total.value is None or None not in self.parts:
            return None
        return max(self.total.value - sum(part or 0 for part in self.parts), 0.0)

    @property
    def known(self) -> float:
        """What is known of a unit's bytes: the length of the bar."""
        return sum(part or 0 for part in (*self.parts, self.undivided))

    @property
    def doubts(self) -> Doubts:
        return doubted(**{f"{part}_bytes": one.doubt for part, one in self.of.items()})


COLUMNS: tuple[Column[Cost], ...] = (
    Column("runtime", "runtime", lambda one: one.row.name, is_number=False),
    Column("at", "at", lambda one: one.total.at, units.count),
    *part_columns(PARTS, "bytes", lambda one: one.parts, units.size),
    Column("total per unit", "total_bytes", lambda one: one.total.value, units.size),
    Column("low", "low_bytes", lambda one: one.total.low, units.size),
    Column("high", "high_bytes", lambda one: one.total.high, units.size),
    Column("as RSS shows", "rss_bytes", lambda one: one.of[RSS].value, units.size),
    Column("repeats", "sweeps", lambda one: one.total.samples, units.count),
)


def unit_cost(result: Result, metrics: Sequence[Metric]) -> Chart:
    """A bar for each case that ran: the dearest first, those of unknown cost last."""
    costs = map(_cost, ran(result, metrics))
    rows = sorted(costs, key=lambda one: (one.total.value is None, -one.known))
    parts = (*PARTS, UNDIVIDED) if any(one.undivided is not None for one in rows) else PARTS
    at = counted((one.row.kind, one.total.at) for one in rows if one.total.value is not None)
    bars = StackedBars(
        axis=Axis("memory of one unit", "bytes"),
        parts=parts,
        rows=tuple(_bar(one, parts) for one in rows),
        mark=RSS_ENDS,
    )
    return Chart(
        title=weight_finding(compare(result, metrics)),
        how=HOW,
        plots=(bars,),
        keys=(
            *(Key(_key(rows, part), "box", part.key) for part in parts),
            Key(RSS_ENDS, "upright", "ink"),
            *([Key(f"with {at} alive")] if at else []),
        ),
        missing=grouped(_lacks(rows), len(rows)),
        numbers=tabulate(COLUMNS, rows, lambda one: one.doubts),
    )


def _key(rows: Sequence[Cost], part: BarPart) -> str:
    """A part's name: marked where it is doubted in a bar whose total, and so the label, is not."""
    sound = (one.of[part.key].doubt for one in rows if not one.total.doubt and part.key in one.of)
    return marked(part.words, gravest(sound))


def _cost(row: Row) -> Cost:
    """The parts are unknown where the known ones are more than a known total, or all of them less:
    medians of repeats that differ much from each other do not add up, and would draw a bar of
    another length."""
    names = (TOTAL, RSS, *(part.key for part in PARTS))
    found = {name: row.metric(BYTES.name, name) or UNKNOWN for name in names}
    parts, total = tuple(found[part.key].value for part in PARTS), found[TOTAL].value
    if total is not None:
        rest, most = total - sum(part or 0 for part in parts), ROUNDING * total
        if rest < -most or (None not in parts and rest > most):
            parts = (None,) * len(parts)
    return Cost(row, found, parts)


def _bar(one: Cost, parts: Sequence[BarPart]) -> StackRow:
    total, rss = one.total, one.of[RSS]
    known = total.value is not None
    interval = "no interval" if known else "total unknown"
    if total.low is not None and total.high is not None:
        low, high = units.size(total.low), units.size(total.high)
        interval = f"95 %: {low} to {high}" if low != high else "95 %: within rounding"
    return StackRow(
        case=one.row.name,
        label=one.row.label,
        parts=(*one.parts, one.undivided)[: len(parts)],
        said=marked(units.size(total.value), total.doubt) if known else "total unknown",
        total=total.value,
        low=total.low,
        high=total.high,
        mark=rss.value,
        notes=(f"RSS shows {marked(units.size(rss.value), rss.doubt)}", interval),
        doubt=total.doubt,
        doubts=tuple(one.doubts.values()),
    )


def _lacks(rows: Sequence[Cost]) -> Iterator[tuple[str, str]]:
    for one in rows:
        missing = [part.words for part, n in zip(PARTS, one.parts, strict=True) if n is None]
        if one.undivided is not None and len(missing) == len(PARTS):
            lack = "the parts do not add up to the total, so the bar is not divided"
        elif missing and one.known:
            lack = f"unknown: {', '.join(missing)}"
        elif missing or one.total.value is None:
            lack = "what a unit costs is unknown"
        elif one.total.low is None:
            lack = no_interval(one.total.samples)
        else:
            continue
        yield one.row.name, lack
