"""What one unit costs, part by part, and how much of it RSS shows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bench.derive.doubts import gravest
from bench.derive.metrics import Metric, find
from bench.model.records import CaseRecord, Result
from bench.quantities import BYTES
from reports.figures.chart import (
    CaseRow,
    Chart,
    Column,
    counted,
    doubted,
    grouped,
    ran,
    tabulate,
    who,
)
from reports.figures.shapes import Axis, BarPart, Key, StackedBars, StackRow
from reports.tables.comparison import compare, weight_finding
from reports.wording import units
from reports.wording.doubted import marked

PARTS = (
    BarPart("user", "user memory"),
    BarPart("kernel_stack", "kernel stack"),
    BarPart("page_tables", "page tables"),
    BarPart("kernel_other", "other kernel memory"),
)
UNDIVIDED = BarPart("muted", "not divided")
RSS = "where RSS ends"
ROUNDING = 0.002  # less than the three digits of a label show
HOW = (
    "What one unit adds: the difference in memory between two counts of parked units, read from "
    "outside the process, divided by the units between them; the median of several fresh "
    "processes, with its 95 % interval. The mark is where RSS, which most tools show, ends."
)


NO_METRIC = Metric(
    case="", metric=BYTES.name, value=None, samples=0, better="lower", source="unknown"
)


@dataclass(frozen=True, kw_only=True)
class Cost(CaseRow):
    """What one unit of a case costs. `parts` are bytes in the order of `PARTS`, `None` where
    unknown: those of a known total add up to it, as far as they are known."""

    parts: tuple[float | None, ...]
    total: Metric
    rss: Metric

    @property
    def known(self) -> float:
        """What is known of a unit's bytes: the length of the bar."""
        parts = sum(part or 0 for part in self.parts)
        return parts if self.total.value is None else self.total.value

    @property
    def undivided(self) -> float | None:
        """The bar's bytes that are no known part's; `None` where the parts are the whole bar."""
        if self.total.value is None or None not in self.parts:
            return None
        return max(self.total.value - sum(part or 0 for part in self.parts), 0.0)


def _part(place: int) -> Column[Cost]:
    part = PARTS[place]
    return Column(part.words, f"{part.key}_bytes", lambda row: row.parts[place], units.size)


COLUMNS: tuple[Column[Cost], ...] = (
    Column("runtime", "runtime", lambda row: row.runtime, is_number=False),
    Column("at", "at", lambda row: row.total.at, units.count),
    *(_part(place) for place in range(len(PARTS))),
    Column("total a unit", "total_bytes", lambda row: row.total.value, units.size),
    Column("low", "low_bytes", lambda row: row.total.low, units.size),
    Column("high", "high_bytes", lambda row: row.total.high, units.size),
    Column("as RSS shows", "rss_bytes", lambda row: row.rss.value, units.size),
    Column("sweeps", "sweeps", lambda row: row.total.samples, units.count),
)


def unit_cost(result: Result, metrics: Sequence[Metric]) -> Chart:
    """A bar for each case that ran: the dearest first, those of unknown cost last."""
    rows = sorted(costs(result, metrics), key=lambda one: (one.total.value is None, -one.known))
    parts = (*PARTS, UNDIVIDED) if any(row.undivided is not None for row in rows) else PARTS
    at = counts(rows)
    return Chart(
        title=weight_finding(compare(result, metrics)),
        how=HOW,
        plots=(
            StackedBars(
                axis=Axis("memory of one unit", "bytes"),
                parts=parts,
                rows=tuple(_bar(row, parts) for row in rows),
                mark=RSS,
            ),
        ),
        keys=(
            *(Key(_key(rows, part), "box", part.key) for part in parts),
            Key(RSS, "mark", "ink"),
            *([Key(f"with {at} alive")] if at else []),
        ),
        missing=grouped(_lacks(rows), len(rows)),
        numbers=tabulate(COLUMNS, rows, lambda row: row.doubts),
    )


def costs(result: Result, metrics: Sequence[Metric]) -> list[Cost]:
    """What a unit of each case that ran costs."""
    return [_cost(case, metrics) for case in ran(result, metrics)]


def counts(rows: Sequence[Cost]) -> str:
    """The counts of units at which the costs were measured."""
    return counted((row.kind, row.total.at) for row in rows if row.total.value is not None)


def _key(rows: Sequence[Cost], part: BarPart) -> str:
    """A part's name: marked where it is doubted in a bar whose total, and so the label, is not."""
    sound = (row for row in rows if row.doubt("total_bytes") is None)
    return marked(part.words, gravest(row.doubt(f"{part.key}_bytes") for row in sound))


def _cost(case: CaseRecord, metrics: Sequence[Metric]) -> Cost:
    names = ("total", "rss", *(part.key for part in PARTS))
    found = {name: find(metrics, case.key, BYTES.name, part=name) or NO_METRIC for name in names}
    return Cost(
        **who(case),
        parts=_adding_up([found[part.key].value for part in PARTS], found["total"].value),
        total=found["total"],
        rss=found["rss"],
        doubts=doubted(**{f"{name}_bytes": one.doubt for name, one in found.items()}),
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


def _bar(row: Cost, parts: Sequence[BarPart]) -> StackRow:
    total, rss = row.total, row.rss
    known = total.value is not None
    interval = "no interval" if known else "total unknown"
    if total.low is not None and total.high is not None:
        low, high = units.size(total.low), units.size(total.high)
        interval = f"95 %: {low} to {high}" if low != high else "95 %: within rounding"
    shown = marked(units.size(rss.value), row.doubt("rss_bytes"))
    return StackRow(
        case=row.runtime,
        label=row.label,
        parts=(*row.parts, row.undivided)[: len(parts)],
        said=marked(units.size(total.value), total.doubt) if known else "total unknown",
        total=total.value,
        low=total.low,
        high=total.high,
        mark=rss.value,
        notes=(f"RSS shows {shown}", interval),
        doubt=total.doubt,
        doubts=tuple(row.doubts.values()),
    )


def _lacks(rows: Sequence[Cost]) -> Iterator[tuple[str, str]]:
    for row in rows:
        missing = [one.words for one, part in zip(PARTS, row.parts, strict=True) if part is None]
        if row.undivided is not None and len(missing) == len(PARTS):
            yield row.runtime, "the parts do not add up to the total, so the bar is not divided"
        elif missing and row.known:
            yield row.runtime, f"unknown: {', '.join(missing)}"
        elif missing or row.total.value is None:
            yield row.runtime, "what a unit costs is unknown"
        elif row.total.low is None:
            yield row.runtime, "too few sweeps for an interval"
