"""The tables of a report, each a plain value, and how one becomes Markdown and CSV.

A cell stands there twice: in words for people, and raw (seconds, bytes, counts, `None` where
unknown) for programs. Everything that a report says in numbers stands in one of these.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from bench.derive.ceiling import doubt_of_take, looked_at
from bench.derive.choice import cases_of
from bench.derive.metrics import Metric
from bench.model.records import Limit, Result
from reports.figures.chart import Chart, Column, Doubts, Table, Value, tabulate
from reports.tables import summary
from reports.tables.comparison import COLUMNS, Comparison, Row, cells
from reports.wording import escape, units

COMPARISON = "comparison"
SUMMARY = "summary"
LIMITS = "limits"
NO_LIMIT = "unlimited"
DOUBTS = "doubts"  # the last column of a CSV file


@dataclass(frozen=True)
class Titled:
    """A table with the name that its files bear, and what stands over it."""

    name: str
    title: str
    table: Table


def tables(
    result: Result, metrics: Sequence[Metric], compared: Comparison, drawn: Sequence[Chart]
) -> tuple[Titled, ...]:
    """Every table of a result, from its `figures`, its comparison and the data of its figures."""
    return (
        Titled(COMPARISON, "The runtimes side by side", comparison(compared)),
        *(Titled(chart.name, chart.title, chart.table) for chart in drawn),
        Titled(LIMITS, "Every limit that was looked at", limits(result)),
        Titled(SUMMARY, "Every figure with its 95 % interval", figures(metrics)),
    )


def as_markdown(table: Table) -> str:
    """The words of a table, for a page or a pull request, and below it why cells are marked."""
    rules = ("---:" if is_number else "---" for is_number in table.is_number)
    lines = [_line(map(escape.markdown, table.headings)), _line(rules)]
    lines += [_line(map(escape.markdown, row)) for row in table.words]
    if table.note:
        lines += ["", escape.markdown(table.note)]
    return "\n".join(lines) + "\n"


def as_csv(table: Table) -> str:
    """The raw values of a table under its keys; unknown is an empty cell. Where values can be
    doubted, a last column names those of the row that are: `total_bytes few; rss_bytes few`."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    keys, rows = table.keys, table.values
    if table.doubts is not None:
        keys = (*keys, DOUBTS)
        rows = tuple(
            (*row, "; ".join(f"{key} {name}" for key, name in about.items()))
            for row, about in zip(rows, table.doubts, strict=True)
        )
    writer.writerow(keys)
    writer.writerows(map(_csv_cell, row) for row in rows)
    return out.getvalue()


# The comparison

RAW: tuple[tuple[str, Callable[[Row], Value]], ...] = (
    ("runtime", lambda row: row.name),
    ("reached", lambda row: row.reached),
    ("stopped", lambda row: row.stopped),
    ("total_bytes", lambda row: row.total_bytes),
    ("rss_bytes", lambda row: row.rss_bytes),
    ("start_from_idle_seconds", lambda row: row.idle_start_seconds),
    ("start_awake_seconds", lambda row: row.awake_start_seconds),
    ("start_overhead_seconds", lambda row: row.start_overhead_seconds),
    ("burst_units_per_second", lambda row: row.burst_units_per_second),
    ("per_thread", lambda row: row.per_thread),
)


def comparison(compared: Comparison) -> Table:
    """A row a runtime, those that were left out among them."""
    return Table(
        headings=tuple(column.heading.replace("\n", " ") for column in COLUMNS),
        keys=tuple(key for key, _ in RAW),
        is_number=tuple(column.is_number for column in COLUMNS),
        words=tuple(map(cells, compared.rows)),
        values=tuple(map(_raw, compared.rows)),
        doubts=tuple(map(_doubts, compared.rows)),
    )


def _raw(row: Row) -> tuple[Value, ...]:
    return tuple(value(row) for _, value in RAW)


def _doubts(row: Row) -> Doubts:
    """Those about the row's values, by the keys of their columns."""
    fields = zip((column.field for column in COLUMNS), (key for key, _ in RAW), strict=True)
    return {key: doubt for field, key in fields if (doubt := row.doubt(field))}


# Every figure

FIGURES: tuple[Column[Metric], ...] = (
    Column("runtime", "runtime", lambda m: escape.plain(m.case), is_number=False),
    Column("figure (a unit)", "figure", summary.name_of, is_number=False),
    Column("at", "at", lambda m: m.at, lambda at: "" if at is None else units.count(at)),
    Column("value", "value", lambda m: m.value, cell=lambda m: summary.value_of(m, m.value)),
    Column("overhead", "overhead", lambda m: m.overhead, cell=summary.overhead),
    Column("95 % interval", "interval", summary.interval),
    Column("sweeps", "sweeps", lambda m: m.samples),
    Column("read from", "source", lambda m: escape.plain(m.source), is_number=False),
)


def figures(metrics: Iterable[Metric]) -> Table:
    """A row a figure, as `outnumber summary` has them."""
    return tabulate(FIGURES, list(metrics), lambda m: {"value": m.doubt} if m.doubt else {})


# The limits

Place = tuple[str, Limit, str | None]  # the runtime, and the doubt about what a unit takes

LIMIT_COLUMNS: tuple[Column[Place], ...] = (
    Column("runtime", "runtime", lambda one: escape.plain(one[0]), is_number=False),
    Column("limit", "limit", lambda one: escape.plain(one[1].name), is_number=False),
    Column("where", "where", lambda one: _where(one[1]), is_number=False),
    Column("its value", "value", lambda one: one[1].value, cell=lambda one: value_of(one[1])),
    Column("in use", "use", lambda one: one[1].use, cell=lambda one: _use(one[1])),
    Column("with units", "alive", lambda one: one[1].alive, units.count),
    Column("a unit takes", "take", lambda one: one[1].take, cell=lambda one: take_of(one[1])),
    Column("allows", "allows", lambda one: one[1].allows, cell=lambda one: _allows(one[1])),
)


def limits(result: Result) -> Table:
    """A row a limit and runtime, those that bound nothing among them."""
    return tabulate(LIMIT_COLUMNS, list(_places(result)), _limit_doubts)


def value_of(limit: Limit) -> str:
    """A limit's own value in words."""
    if limit.value is None:
        return NO_LIMIT if limit.known else units.UNKNOWN
    return units.size(limit.value) if limit.measure == "bytes" else units.count(limit.value)


def take_of(limit: Limit) -> str:
    """What one unit takes of a limit, in words."""
    return units.size(limit.take) if limit.measure == "bytes" else units.number(limit.take)


def _places(result: Result) -> Iterator[Place]:
    for case in cases_of(result):
        sweep = looked_at(case.sessions)
        if sweep is not None:
            for limit in sweep.limits:
                yield case.case, limit, doubt_of_take(sweep, limit.measure)


def _limit_doubts(place: Place) -> Doubts:
    _, limit, doubt = place
    known = {"take": limit.take, "allows": limit.allows}
    return {key: doubt for key, value in known.items() if doubt and value is not None}


def _where(limit: Limit) -> str:
    return escape.plain(limit.where) if limit.where else ""


def _use(limit: Limit) -> str:
    return units.size(limit.use) if limit.measure == "bytes" else units.count(limit.use)


def _allows(limit: Limit) -> str:
    if limit.allows is None:
        return "–"
    return f"at most {units.count(limit.allows)}" if limit.at_most else units.count(limit.allows)


def _csv_cell(value: Value) -> Value:
    return escape.csv(value) if isinstance(value, str) else value


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
