"""What a figure is: a frozen value with one message, its plots, a table of the same numbers, and
what is missing. Both backends (`reports.draw`) draw any chart from this value alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from bench.derive.metrics import Metric
from bench.derive.statistics import FEWEST_FOR_INTERVAL
from bench.model.records import Kind, Machine, Result
from reports.figures.shapes import BarPart, Curves, Key, Plot, Record
from reports.tables.comparison import Row, compare
from reports.wording import units
from reports.wording.doubted import marked, note
from reports.wording.escape import short

Value = str | int | float | None
R = TypeVar("R")
# The doubts about the values of a row (names of `bench.derive.doubts`), by their columns' keys.
Doubts = Mapping[str, str]


# Tables


@dataclass(frozen=True)
class Column(Generic[R]):
    """One column of a figure's table: its heading for people and its key for programs, a row's raw
    value in seconds, bytes or counts (`None` is unknown), and how that value is said; `cell` says
    it where that depends on the row."""

    heading: str
    key: str
    value: Callable[[R], Value]
    words: Callable[..., str] = lambda value: "" if value is None else str(value)
    cell: Callable[[R], str] | None = None
    is_number: bool = True

    def said(self, row: R) -> str:
        """The row's cell in words."""
        return self.cell(row) if self.cell else self.words(self.value(row))


@dataclass(frozen=True)
class Table:
    """The figure as rows of cells, once in words and once as raw values. `doubts` has those of each
    row, whose cells bear the mark in words; `None` where no value of the table can have one."""

    headings: tuple[str, ...]
    keys: tuple[str, ...]
    is_number: tuple[bool, ...]
    words: tuple[tuple[str, ...], ...]
    values: tuple[tuple[Value, ...], ...]
    doubts: tuple[Doubts, ...] | None = None

    @property
    def note(self) -> str:
        """Why cells bear the mark, as a line below the table; empty where none does."""
        return note(doubt for row in self.doubts or () for doubt in row.values())


def tabulate(
    columns: Sequence[Column[R]], rows: Sequence[R], doubts: Callable[[R], Doubts] | None = None
) -> Table:
    """The table of `rows`, a cell a column, those marked that have a doubt among a row's
    `doubts`."""
    held = None if doubts is None else tuple(map(doubts, rows))
    return Table(
        headings=tuple(column.heading for column in columns),
        keys=tuple(column.key for column in columns),
        is_number=tuple(column.is_number for column in columns),
        words=tuple(
            tuple(marked(column.said(row), about.get(column.key)) for column in columns)
            for row, about in zip(rows, held or ({},) * len(rows), strict=True)
        ),
        values=tuple(tuple(column.value(row) for column in columns) for row in rows),
        doubts=held,
    )


def table_of(plot: Plot) -> Table:
    """A shape's own table, without columns of which nothing is known."""
    axis = plot.y if isinstance(plot, Curves) else plot.axis
    records = list(plot.records())
    keys = dict.fromkeys(key for record, _ in records for key, value in record.items() if value)

    def column(key: str) -> Column[Record]:
        is_text = any(isinstance(record[key], str) for record, _ in records)
        heading = axis.words if key == "value" and axis.words else key
        said = str if is_text else axis.said
        return Column(heading, key, lambda one: one[0][key], said, is_number=not is_text)

    return tabulate(list(map(column, keys)), records, lambda one: doubted(**one[1]))


def part_columns(
    parts: Sequence[BarPart],
    suffix: str,
    of: Callable[[R], Sequence[float | None]],
    words: Callable[..., str],
) -> Iterator[Column[R]]:
    """A column a part of a stacked bar; `of` has a row's parts in their order."""
    for place, part in enumerate(parts):

        def value(row: R, at: int = place) -> float | None:
            return of(row)[at]

        yield Column(part.words, f"{part.key}_{suffix}", value, words)


def doubted(**doubts: str | None) -> Doubts:
    """Those of these doubts, by the keys of their columns, that there are."""
    return {key: doubt for key, doubt in doubts.items() if doubt}


@dataclass(frozen=True, kw_only=True)
class Chart:
    """One figure. `title` is its one message, of this run's own figures: of values without a doubt
    where there are any, else marked, which `note` explains below the figure; `how` says how they
    were measured; `missing` what this run does not tell, a sentence each; `caption` names machine,
    versions and date. `plots` stand side by side, on the same rows. `name` stands in file names and
    is what `--figure` takes, `heading` is above the figure on a page: the list of figures gives
    both. `numbers` is the table of it; without one it is that of the first plot."""

    title: str
    how: str
    plots: tuple[Plot, ...]
    keys: tuple[Key, ...] = ()
    missing: tuple[str, ...] = ()
    caption: str = ""
    numbers: Table | None = None
    name: str = ""
    heading: str = ""

    @property
    def table(self) -> Table:
        """The numbers behind the figure."""
        return table_of(self.plots[0]) if self.numbers is None else self.numbers

    @property
    def rows(self) -> int:
        """How many rows or curves its plots have."""
        return max((len(plot.rows) for plot in self.plots), default=0)

    @property
    def note(self) -> str:
        """Why labels of the figure bear the mark; empty where none does."""
        return note(doubt for plot in self.plots for doubt in plot.doubts)

    @property
    def lacks(self) -> str:
        """What is missing, as one sentence; empty where nothing is."""
        return f"Missing in this run: {'; '.join(self.missing)}." if self.missing else ""


# What the figures of a run share

# In place of a metric that a case does not have.
UNKNOWN = Metric(case="", metric="", value=None, samples=0, better="lower", source=units.UNKNOWN)


def ran(result: Result, metrics: Sequence[Metric]) -> list[Row]:
    """The cases that have metrics, each once, in the result's order, with a label each."""
    rows = {row.case: row for row in compare(result, metrics).rows if row.metrics}
    return [replace(row, label=row.label or row.name or "unnamed") for row in rows.values()]


def left_out(result: Result, metrics: Sequence[Metric]) -> tuple[str, ...]:
    """A sentence for each case that was meant to run and did not."""
    rows = compare(result, metrics).rows
    return tuple(
        f"{short(row.name)} was left out: {short(row.reason, 120)}"
        if row.reason
        else f"{short(row.name)} did not run"
        for row in rows
        if not row.metrics
    ) or (() if rows else ("nothing was measured",))


def grouped(reasons: Iterable[tuple[str, str]], out_of: int) -> tuple[str, ...]:
    """Cases and what each lacks, as a sentence for each lack: `pthread, trio: no interval`. A lack
    of all `out_of` cases names none."""
    by_reason: dict[str, list[str]] = {}
    for name, reason in reasons:
        by_reason.setdefault(reason, []).append(short(name))
    return tuple(
        reason if len(names) == out_of > 1 else f"{', '.join(names)}: {reason}"
        for reason, names in by_reason.items()
    )


def no_interval(samples: int) -> str:
    """Why a value has no interval."""
    return f"no confidence interval ({samples} of {FEWEST_FOR_INTERVAL} repeats)"


def counted(counts: Iterable[tuple[Kind, int | None]]) -> str:
    """The counts at which figures beside each other were taken: `500 units`, `500 threads or 5,000
    tasks`, `500 to 5,000 units`; nothing where none is known."""
    of: dict[Kind, set[int]] = {}
    for kind, count in counts:
        if count is not None:
            of.setdefault(kind, set()).add(count)
    known = sorted(set().union(*of.values()))
    if len(known) < 2:
        return "".join(f"{units.count(count)} units" for count in known)
    if all(len(each) == 1 for each in of.values()):
        return " or ".join(f"{units.count(*of[kind])} {kind}s" for kind in sorted(of, reverse=True))
    return f"{units.count(known[0])} to {units.count(known[-1])} units"


def caption(result: Result) -> str:
    """Machine, versions and date in one line, for the foot of a figure."""
    machine: Machine = result.machine
    versions = [
        f"{short(r.key)} {short(r.version)}" for r in result.cases if r.version and not r.reason
    ]
    facts = [
        f"{machine.cpus or '?'} × {short(machine.cpu or 'unknown CPU', 40)}",
        short(f"{machine.system} {machine.kernel}", 40),
        ", ".join(dict.fromkeys(versions)),
        short(result.started[:10]),
        short(f"outnumber {result.version}"),
    ]
    return " · ".join(fact for fact in facts if fact)
