"""What one unit costs, part by part, and how much of it RSS shows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from bench.derive.doubts import gravest
from bench.derive.metrics import Metric, find
from bench.model.records import CaseRecord, Result
from reports.figures.chart import (
    Chart,
    Column,
    Row,
    Table,
    caption,
    counted,
    grouped,
    known_doubts,
    left_out,
    ran,
    tabulate,
    who,
)
from reports.tables.comparison import compare, weight_finding
from reports.wording import units
from reports.wording.doubted import marked

PARTS: tuple[tuple[str, str], ...] = (
    ("user", "user memory"),
    ("kernel_stack", "kernel stack"),
    ("page_tables", "page tables"),
    ("kernel_other", "other kernel memory"),
)
UNDIVIDED = "not divided"
ROUNDING = 0.002  # less than the three digits of a label show
HOW = (
    "What one unit adds: the difference in memory between two counts of parked units, read from "
    "outside the process, divided by the units between them; the median of several fresh "
    "processes, with its 95 % interval. The mark is where RSS, which tools show, ends."
)


@dataclass(frozen=True, kw_only=True)
class Cost(Row):
    """One runtime's bar. `parts` are bytes in the order of `PARTS`, `None` where unknown: those of
    a known total add up to it, as far as they are known. `rss` is where RSS ends; `low` and `high`
    the total's interval; `at` the count N, `samples` the processes behind it."""

    parts: tuple[float | None, ...]
    total: float | None
    low: float | None
    high: float | None
    rss: float | None
    at: int | None
    samples: int

    @property
    def known(self) -> float:
        """What is known of a unit's bytes: the length of the bar."""
        parts = sum(part or 0 for part in self.parts)
        return parts if self.total is None else self.total

    @property
    def undivided(self) -> float | None:
        """The bar's bytes that are no known part's; `None` where the parts are the whole bar."""
        if self.total is None or None not in self.parts:
            return None
        return max(self.total - sum(part or 0 for part in self.parts), 0.0)


def _part(place: int) -> Column[Cost]:
    key, words = PARTS[place]
    return Column(words, f"{key}_bytes", lambda row: row.parts[place], units.size)


COLUMNS: tuple[Column[Cost], ...] = (
    Column("runtime", "runtime", lambda row: row.runtime, is_number=False),
    Column("at", "at", lambda row: row.at, units.count),
    *(_part(place) for place in range(len(PARTS))),
    Column("total a unit", "total_bytes", lambda row: row.total, units.size),
    Column("low", "low_bytes", lambda row: row.low, units.size),
    Column("high", "high_bytes", lambda row: row.high, units.size),
    Column("as RSS shows", "rss_bytes", lambda row: row.rss, units.size),
    Column("sweeps", "sweeps", lambda row: row.samples, units.count),
)


@dataclass(frozen=True, kw_only=True)
class UnitCost(Chart):
    """The dearest first, those of unknown cost last."""

    name: ClassVar[str] = "bytes-per-unit"
    rows: tuple[Cost, ...]

    @property
    def counts(self) -> str:
        """The counts of units at which the costs were told."""
        return counted((row.kind, row.at) for row in self.rows if row.total is not None)

    def key_of(self, key: str, words: str) -> str:
        """What a part is called in the legend: marked where it is doubted in a bar whose total, and
        so the label, is not."""
        rows = (row for row in self.rows if row.doubt("total_bytes") is None)
        return marked(words, gravest(row.doubt(f"{key}_bytes") for row in rows))

    @property
    def table(self) -> Table:
        return tabulate(COLUMNS, self.rows, lambda row: row.doubts)


def unit_cost(result: Result, metrics: Sequence[Metric]) -> UnitCost:
    """A bar for each runtime that ran."""
    costs = [_cost(runtime, metrics) for runtime in ran(result, metrics)]
    rows = tuple(sorted(costs, key=lambda cost: (cost.total is None, -cost.known)))
    return UnitCost(
        title=weight_finding(compare(result, metrics)),
        how=HOW,
        missing=(*left_out(result, metrics), *grouped(_lacks(rows), len(rows))),
        caption=caption(result),
        rows=rows,
    )


def _cost(runtime: CaseRecord, metrics: Sequence[Metric]) -> Cost:
    total = find(metrics, runtime.key, "bytes_per_unit", part="total")
    rss = find(metrics, runtime.key, "bytes_per_unit", part="rss")
    found = [find(metrics, runtime.key, "bytes_per_unit", part=part) for part, _ in PARTS]
    parts = tuple(part.value if part else None for part in found)
    return Cost(
        **who(runtime),
        parts=_adding_up(parts, total.value if total else None),
        total=total.value if total else None,
        low=total.low if total else None,
        high=total.high if total else None,
        rss=rss.value if rss else None,
        at=total.at if total else None,
        samples=total.samples if total else 0,
        doubts=known_doubts(
            {"total_bytes": total, "rss_bytes": rss}
            | {f"{part}_bytes": one for (part, _), one in zip(PARTS, found, strict=True)}
        ),
    )


def _adding_up(parts: Sequence[float | None], total: float | None) -> tuple[float | None, ...]:
    """The parts; all unknown where the known ones are more than a known total, or all of them less:
    medians of sweeps that differ much from each other do not add up, and would draw a bar of
    another length."""
    if total is None:
        return tuple(parts)
    rest = total - sum(part or 0 for part in parts)
    adds_up = rest >= -ROUNDING * total and (None in parts or rest <= ROUNDING * total)
    return tuple(parts) if adds_up else (None,) * len(parts)


def _lacks(rows: Sequence[Cost]) -> Iterator[tuple[str, str]]:
    for row in rows:
        parts = [words for (_, words), part in zip(PARTS, row.parts, strict=True) if part is None]
        if row.undivided is not None and len(parts) == len(PARTS):
            yield row.runtime, "the parts do not add up to the total, so the bar is not divided"
        elif parts and row.known:
            yield row.runtime, f"unknown: {', '.join(parts)}"
        elif parts or row.total is None:
            yield row.runtime, "what a unit costs is unknown"
        elif row.low is None:
            yield row.runtime, "too few sweeps for an interval"
