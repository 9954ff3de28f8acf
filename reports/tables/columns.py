"""The comparison as a table: its columns, which follow from the quantities that there are, and how
they fit a terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.table import Table as RichTable
from rich.text import Text

from bench import quantities
from bench.derive.metrics import Metric
from bench.model.records import Status
from bench.quantities import CEILING, LEAKED, RELEASE
from reports.figures.chart import Column, Table, tabulate
from reports.tables.comparison import RSS, Comparison, Row
from reports.wording import escape, units
from reports.wording.doubted import marked

# Why a launch went no further, in one word for a narrow table.
BRIEF: dict[Status, str] = {
    "max": "cap",
    "refused": "limit",
    "killed": "killed",
    "reserve": "reserve",
    "budget": "time",
    "failed": "failed",
    "interrupted": "Ctrl-C",
}
ABSENT = "–"
PROJECTED = "≈ is a projection from what one unit uses."
# Headlines without a column like the others': the ceiling has its own, and the summary has these.
APART = (CEILING, LEAKED, RELEASE)


@dataclass(frozen=True)
class Fitting(Column[Row]):
    """A column that may have little room: then `brief` is its cell, under the heading `narrow`,
    which holds the unit, and of all columns those of the highest `rank` are left out first. `at`
    is the count at which the value was taken, where it has one; `doubt` is that about the value."""

    narrow: str = ""
    brief: Callable[[Row], str] | None = None
    rank: int = 0
    at: Callable[[Row], int | None] = lambda _: None
    doubt: Callable[[Row], str | None] = lambda _: None


def columns_of(comparison: Comparison) -> list[Fitting]:
    """The case; where launching was counted, how far it got, why it ended, and the limit; then each
    headline quantity that there is, by its whole and its median; and units per thread."""
    rows = comparison.rows
    columns = [Fitting("runtime", "runtime", lambda row: row.name, is_number=False)]
    if any(row.ceiling for row in rows) or not any(row.metrics for row in rows):
        columns += LIMIT_COLUMNS
    kinds = {_kind(metric): metric for row in rows for metric in row.metrics}
    for quantity in quantities.all_():
        if quantity.headline and quantity not in APART:
            parts = (None, RSS, *quantity.parts[:1])
            quantiles = (None, *quantity.quantiles[:1])
            columns += [
                _column(metric)
                for metric in kinds.values()
                if metric.metric == quantity.name
                if metric.part in parts and metric.quantile in quantiles
            ]
    if any(m.overhead is not None for row in rows for m in row.metrics):
        columns.append(OVERHEAD)
    if comparison.thread:
        columns.append(PER_THREAD)
    return columns


def _limit(row: Row) -> str:
    """The limit that ended the launch, or would be the first to."""
    if row.allowed is None:
        return ""
    binding = row.allowed.binding
    if binding:
        return escape.plain(binding.limit)
    return units.UNKNOWN if row.allowed.unknown else "none known"


def _limit_at(row: Row) -> int | None:
    binding = row.allowed.binding if row.allowed else None
    if binding is None or row.allowed is None:
        return None
    return row.reached if row.allowed.ended else binding.units


def _limit_at_words(row: Row, brief: bool = False) -> str:
    at = _limit_at(row)
    if at is None:
        return ""
    if row.allowed and row.allowed.ended:
        return units.count(at)
    about = units.rounded(at).replace("about ", "≈")
    for word, letter in ((" million", "M"), (" billion", "G"), (" trillion", "T")):
        about = about.replace(word, letter) if brief else about
    return about


def _limit_doubt(row: Row) -> str | None:
    if row.allowed is None or row.allowed.binding is None:
        return None
    if row.allowed.ended:
        return row.reached_doubt
    return row.allowed.binding.doubt


LIMIT_COLUMNS = (
    Fitting(
        "reached",
        "reached",
        lambda row: row.reached,
        units.count,
        doubt=lambda row: row.reached_doubt,
    ),
    Fitting(
        "stopped by",
        "stopped",
        lambda row: row.stopped,
        is_number=False,
        narrow="stopped\nby",
        brief=lambda row: BRIEF[row.status] if row.status else row.stopped,
    ),
    Fitting("limit", "limit", _limit, is_number=False),
    Fitting(
        "limit at",
        "limit_at",
        _limit_at,
        cell=_limit_at_words,
        narrow="limit\nat",
        brief=lambda row: _limit_at_words(row, brief=True),
        doubt=_limit_doubt,
    ),
)


def _overhead(row: Row) -> float | None:
    return next((m.overhead for m in row.metrics if m.overhead is not None), None)


OVERHEAD = Fitting(
    "overhead in a start",
    "start_overhead_seconds",
    _overhead,
    units.seconds,
    narrow="over-\nhead\nµs",
    brief=lambda row: units.number(None if (cost := _overhead(row)) is None else cost * 1e6),
    rank=3,
)
PER_THREAD = Fitting(
    "units per thread's memory",
    "units_per_thread",
    lambda row: row.per_thread,
    units.ratio,
    narrow="units\nper\nthread",
    doubt=lambda row: row.per_thread_doubt,
)
# How a value of each dimension is shown under a heading that holds its unit.
NARROW = {"bytes": (1024.0, "KiB"), "seconds": (1e-6, "µs"), "count": (1.0, "")}


def _kind(metric: Metric) -> tuple[object, ...]:
    """What a column holds the values of, a case each."""
    return (metric.metric, metric.part, metric.quantile, *sorted(metric.with_.items()))


def _column(example: Metric) -> Fitting:
    """The column of a metric and of those like it of the other cases."""
    quantity, rss = example.quantity, example.part == RSS
    scale, unit = NARROW[quantity.dimension]
    about = " ".join(str(value) for value in example.with_.values())
    whole = ", ".join(f"{key} {value}" for key, value in example.with_.items())

    def metric(row: Row) -> Metric | None:
        return next((one for one in row.metrics if _kind(one) == _kind(example)), None)

    def value(row: Row) -> float | None:
        one = metric(row)
        return one.value if one else None

    def brief(row: Row) -> str:
        known = value(row)
        return units.number(None if known is None else known / scale)

    narrow = " ".join(filter(None, ("as RSS shows" if rss else quantity.short, about, unit)))
    median = "" if example.quantile is None else "median"
    return Fitting(
        f"{'as RSS shows' if rss else quantity.label}{f' ({whole})' if whole else ''}",
        "_".join(filter(None, (quantity.name, example.part, median, *about.split()))),
        value,
        lambda known: units.amount(quantity.dimension, known),
        narrow="\n".join(textwrap.wrap(narrow, 7, break_long_words=False)),
        brief=brief,
        rank=3 if rss else 2 if quantity.quantiles else 1,
        at=lambda row: one.at if (one := metric(row)) else None,
        doubt=lambda row: one.doubt if (one := metric(row)) else None,
    )


def cells(row: Row, columns: Iterable[Fitting], narrow: bool = False) -> tuple[str, ...]:
    """The row in words, a cell for each column; a dash for the numbers of a case that did not run,
    which are not unknown but absent."""
    return tuple(
        ABSENT
        if not row.metrics and column.is_number
        else marked(
            column.brief(row) if narrow and column.brief else column.said(row), column.doubt(row)
        )
        for column in columns
    )


# The table on a terminal


@dataclass(frozen=True)
class _Shown:
    """A column as it is printed: the lines of its heading, and its cells."""

    heading: tuple[str, ...]
    cells: tuple[str, ...]
    is_number: bool
    rank: int

    @property
    def whole(self) -> int:
        """The width in which no cell needs a second line."""
        return max(map(cell_len, (*self.heading, *self.cells)))

    @property
    def least(self) -> int:
        """The width in which no number is cut and no word broken."""
        words = (word for cell in self.cells for word in cell.split())
        return self.whole if self.is_number else max(map(cell_len, (*self.heading, *words)))


@dataclass(frozen=True)
class Fitted:
    """A table that sees how wide its console is when it is printed. Where there is not enough room
    for every value with its unit, units go into the headings; then columns are left out. No number
    is cut, and no word broken."""

    comparison: Comparison

    def __rich_console__(self, _: Console, options: ConsoleOptions) -> RenderResult:
        shown, gap = self._columns(narrow=False), 2
        if sum(column.whole + gap for column in shown) - gap > options.max_width:
            shown, gap = self._columns(narrow=True), 1
        while (spare := options.max_width + gap - sum(c.least + gap for c in shown)) < 0:
            rank = max(column.rank for column in shown)
            if not rank:
                break
            del shown[max(place for place, column in enumerate(shown) if column.rank == rank)]
        table = RichTable(box=None, padding=(0, 0, 0, gap), pad_edge=False)
        for column in shown:
            more = min(max(spare, 0), column.whole - column.least)
            spare -= more
            table.add_column(
                "\n".join(column.heading),
                justify="right" if column.is_number else "left",
                width=column.least + more,
                overflow="fold",
            )
        for row, cells_ in zip(
            self.comparison.rows, zip(*(column.cells for column in shown), strict=True), strict=True
        ):
            style = "" if row.metrics else "dim"
            table.add_row(*(Text(escape.plain(cell), style) for cell in cells_))
        yield table
        lines = (table_of(self.comparison).note, *notes(self.comparison))
        yield from (Text(line) for line in lines if line)

    def _columns(self, narrow: bool) -> list[_Shown]:
        columns = columns_of(self.comparison)
        rows = [cells(row, columns, narrow) for row in self.comparison.rows]
        return [
            _Shown(
                tuple((column.narrow or column.heading).split("\n"))
                if narrow
                else tuple(textwrap.wrap(column.heading, 9, break_long_words=False)),
                tuple(row[place] for row in rows),
                column.is_number,
                column.rank,
            )
            for place, column in enumerate(columns)
        ]


def table_of(comparison: Comparison) -> Table:
    """Every column, as a value."""
    columns = columns_of(comparison)
    return tabulate(
        columns,
        comparison.rows,
        lambda row: {c.key: doubt for c in columns if (doubt := c.doubt(row))},
    )


def notes(comparison: Comparison) -> tuple[str, ...]:
    """Lines below the table that are not about doubts: what is projected, and who was left out."""
    rows = comparison.rows
    projected = any(row.allowed and not row.allowed.ended for row in rows if _limit_at(row))
    left_out = [f"{row.name} was left out: {row.reason}" for row in rows if row.reason]
    return (*([PROJECTED] if projected else []), *left_out)
