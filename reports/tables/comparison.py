"""The comparison that a run ends with: one row a runtime, as a plain value and as a table.

The value is what every other form (table, Markdown, page, finding) draws from; none computes again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from rich.console import Console, ConsoleOptions, RenderResult
from rich.table import Table
from rich.text import Text

from bench.derive.doubts import gravest
from bench.derive.metrics import Metric, find
from bench.model.records import CaseRecord, Kind, Result, Status
from bench.quantities import AWAKE_START, BURST, BYTES, CEILING, START
from reports.wording import escape, units
from reports.wording.doubted import marked, note
from reports.wording.escape import short
from reports.wording.runs import stopper

# One OS thread is C's where that ran: a Python thread is an OS thread and more.
THREADS = ("pthread", "threading")

# Why a launch went no further: the one list, for tables, figures and the live view.
REASONS: dict[Status, str] = {
    "max": "this run's cap",
    "refused": "refused",
    "killed": "killed",
    "reserve": "safety reserve",
    "budget": "out of time",
    "failed": "runner failed",
    "interrupted": "interrupted",
}


@dataclass(frozen=True)
class Row:
    """One runtime's figures in bytes, seconds and units; `None` is unknown.

    Texts are free of control characters, yet still to be escaped for where they are shown; the
    label is short enough for a sentence.
    `stopped` says in words why the launch went no further, or why there was none; `stopper` is the
    limit with its value and what a unit took of it. `per_thread` is how many of this unit fit in
    the memory of one OS thread, told where both were read from the same sources. Of the median
    starts, from idle and awake, `start_overhead_seconds` are measuring. `bytes_at`,
    `start_at` and `burst_at` are the counts at which those figures were taken. `doubts` are those
    about the values (names of `bench.derive.doubts`), by the field's name.
    """

    name: str
    label: str
    kind: Kind
    stopped: str
    status: Status | None = None
    limit: str | None = None
    stopper: str | None = None
    reached: int | None = None
    total_bytes: float | None = None
    rss_bytes: float | None = None
    idle_start_seconds: float | None = None
    awake_start_seconds: float | None = None
    start_overhead_seconds: float | None = None
    burst_units_per_second: float | None = None
    per_thread: float | None = None
    bytes_at: int | None = None
    start_at: int | None = None
    burst_at: int | None = None
    source: str = units.UNKNOWN
    warnings: tuple[str, ...] = ()
    doubts: Mapping[str, str] = field(default_factory=dict)

    def doubt(self, name: str) -> str | None:
        """The doubt about the field's value, if any."""
        return self.doubts.get(name)


@dataclass(frozen=True)
class Comparison:
    """The rows in the result's order; `thread` names the one that stands for an OS thread."""

    rows: tuple[Row, ...]
    thread: str | None

    @property
    def note(self) -> str:
        """Why cells of its tables bear the mark; empty where none does."""
        return note(doubt for row in self.rows for doubt in row.doubts.values())


def reason(status: Status, asked: bool) -> str:
    """Why a launch went no further; `asked`: the user gave the count."""
    return "requested count" if status == "max" and asked else REASONS[status]


def compare(result: Result, metrics: Sequence[Metric]) -> Comparison:
    """The comparison of a run's runtimes, from the `figures` of its result."""
    rows = tuple(_row(runtime, metrics, result) for runtime in result.cases)
    thread = next((row for name in THREADS for row in rows if _weighed(row, name)), None)
    return Comparison(
        rows=tuple(_with_ratio(row, thread) for row in rows),
        thread=thread.name if thread else None,
    )


@dataclass(frozen=True)
class Column:
    """One column: its heading, and a row's cell in words. `narrow` stands in its place where there
    is little room: the unit in the heading, and not in every cell. `at` is the count at which the
    figure was taken, where it has one, and `field` the row's field whose doubt is the cell's."""

    heading: str
    cell: Callable[[Row], str]
    is_number: bool = True
    narrow: Column | None = None
    at: Callable[[Row], int | None] = lambda _: None
    field: str = ""

    def said(self, row: Row) -> str:
        """The cell, with the mark where its value is doubted; a dash for the numbers of a runtime
        that did not run, which are not unknown but absent."""
        if row.status is None and self.is_number:
            return "–"
        return marked(self.cell(row), row.doubt(self.field))

    @property
    def brief(self) -> Column:
        """The column that stands in its place where there is little room."""
        return replace(self.narrow, at=self.at, field=self.field) if self.narrow else self


WIDE = 100  # columns of a terminal that hold every cell with its unit
KIB, MICROSECOND = 1024, 1e-6


def _in(scale: float, value: float | None) -> str:
    return units.number(None if value is None else value / scale)


def _brief(seconds: float | None) -> str:
    """Microseconds in as few letters as will do: `2.5`, `0.03`, `0`."""
    if seconds is None:
        return units.UNKNOWN
    scaled = seconds / MICROSECOND
    return f"{scaled:.0f}" if scaled >= 10 else f"{scaled:.2g}" if scaled >= 1e-3 else "0"


COLUMNS = (
    Column("runtime", lambda row: row.name, is_number=False),
    Column("reached", lambda row: units.count(row.reached), field="reached"),
    Column("stopped by", lambda row: row.stopped, is_number=False),
    Column(
        "bytes\na unit",
        lambda row: units.size(row.total_bytes),
        narrow=Column("KiB\na\nunit", lambda row: _in(KIB, row.total_bytes)),
        at=lambda row: row.bytes_at,
        field="total_bytes",
    ),
    Column(
        "as RSS\nshows",
        lambda row: units.size(row.rss_bytes),
        narrow=Column("KiB\nas\nRSS", lambda row: _in(KIB, row.rss_bytes)),
        at=lambda row: row.bytes_at,
        field="rss_bytes",
    ),
    Column(
        "start\nfrom idle",
        lambda row: units.seconds(row.idle_start_seconds),
        narrow=Column("start\nidle\nµs", lambda row: _in(MICROSECOND, row.idle_start_seconds)),
        at=lambda row: row.start_at,
        field="idle_start_seconds",
    ),
    Column(
        "start\nawake",
        lambda row: units.seconds(row.awake_start_seconds),
        narrow=Column("start\nawake\nµs", lambda row: _in(MICROSECOND, row.awake_start_seconds)),
        at=lambda row: row.start_at,
        field="awake_start_seconds",
    ),
    Column(
        "overhead\nin a start",
        lambda row: units.seconds(row.start_overhead_seconds),
        narrow=Column("over-\nhead\nµs", lambda row: _brief(row.start_overhead_seconds)),
        at=lambda row: row.start_at,
    ),
    Column(
        "burst",
        lambda row: units.rate(row.burst_units_per_second),
        narrow=Column("burst\na\nsecond", lambda row: units.number(row.burst_units_per_second)),
        at=lambda row: row.burst_at,
        field="burst_units_per_second",
    ),
    Column(
        "in one\nthread",
        lambda row: units.ratio(row.per_thread),
        at=lambda row: row.bytes_at,
        field="per_thread",
    ),
)


def cells(row: Row, columns: Sequence[Column] = COLUMNS) -> tuple[str, ...]:
    """The row in words, a cell a column."""
    return tuple(column.said(row) for column in columns)


@dataclass(frozen=True)
class Fitted:
    """A table that sees how wide its console is when it is printed."""

    comparison: Comparison

    def __rich_console__(self, _: Console, options: ConsoleOptions) -> RenderResult:
        wide = options.max_width >= WIDE
        columns = COLUMNS if wide else [column.brief for column in COLUMNS]
        yield _table(self.comparison, columns, gap=2 if wide else 1)
        if self.comparison.note:
            yield Text(self.comparison.note)


def table(comparison: Comparison) -> Fitted:
    """For a terminal: from 80 columns on no number is ever cut, and words wrap to leave room. Below
    it, why cells are marked."""
    return Fitted(comparison)


def _table(comparison: Comparison, columns: Sequence[Column], gap: int) -> Table:
    made = Table(box=None, padding=(0, 0, 0, gap), pad_edge=False)
    for column in columns:
        made.add_column(
            column.heading,
            justify="right" if column.is_number else "left",
            no_wrap=column.is_number,
            overflow="fold",
        )
    for row in comparison.rows:
        style = "dim" if row.status is None else ""
        made.add_row(*(Text(escape.terminal(cell), style) for cell in cells(row, columns)))
    return made


def markdown(comparison: Comparison) -> str:
    """The same as a Markdown table."""
    rules = ("---:" if column.is_number else "---" for column in COLUMNS)
    lines = [_line(column.heading.replace("\n", " ") for column in COLUMNS), _line(rules)]
    lines += [_line(map(escape.markdown, cells(row))) for row in comparison.rows]
    if comparison.note:
        lines += ["", escape.markdown(comparison.note)]
    return "\n".join(lines) + "\n"


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _row(runtime: CaseRecord, metrics: Sequence[Metric], result: Result) -> Row:
    name, label = escape.plain(runtime.key), short(runtime.label)
    own = [metric for metric in metrics if metric.case == runtime.key]
    find_own = partial(find, own, runtime.key)
    ceiling, total = find_own(CEILING.name), find_own(BYTES.name, "total")
    if ceiling is None or total is None:
        why = f"left out: {escape.plain(runtime.reason)}" if runtime.reason else "did not run"
        return Row(name, label, runtime.kind, why)
    launched = find_own(BURST.name)
    from_idle, awake = (find_own(one.name, quantile=0.5) for one in (START, AWAKE_START))
    burst = _value(launched)
    stopped_by = stopper(result.sessions, runtime.key, runtime.kind)
    return Row(
        name,
        label,
        runtime.kind,
        stopped=_stopped(ceiling, result.plan.max is not None),
        status=ceiling.status,
        limit=escape.plain(ceiling.limit) if ceiling.limit else None,
        stopper=escape.plain(stopped_by) if stopped_by else None,
        reached=None if ceiling.value is None else int(ceiling.value),
        total_bytes=total.value,
        rss_bytes=_value(find_own(BYTES.name, "rss")),
        idle_start_seconds=_value(from_idle),
        awake_start_seconds=_value(awake),
        start_overhead_seconds=from_idle.overhead if from_idle else None,
        burst_units_per_second=1 / burst if burst else None,
        bytes_at=total.at,
        start_at=from_idle.at if from_idle else None,
        burst_at=launched.at if launched else None,
        source=total.source,
        warnings=tuple(dict.fromkeys((*ceiling.warnings, *total.warnings))),
        doubts={
            name: metric.doubt
            for name, metric in {
                "reached": ceiling,
                "total_bytes": total,
                "rss_bytes": find_own(BYTES.name, "rss"),
                "idle_start_seconds": from_idle,
                "awake_start_seconds": awake,
                "burst_units_per_second": launched,
            }.items()
            if metric and metric.doubt
        },
    )


def _value(metric: Metric | None) -> float | None:
    return metric.value if metric else None


def _stopped(ceiling: Metric, asked: bool) -> str:
    """Why it stopped, in a few words: the limit where one is known."""
    if ceiling.status is None:
        return units.UNKNOWN
    if ceiling.limit is None:
        return reason(ceiling.status, asked)
    limit = escape.plain(ceiling.limit)
    return limit if ceiling.status == "refused" else f"{REASONS[ceiling.status]}: {limit}"


def _weighed(row: Row, name: str) -> bool:
    return row.name == name and (row.total_bytes or 0) > 0


def _with_ratio(row: Row, thread: Row | None) -> Row:
    """The row with how many of its units weigh as much as the thread."""
    if thread is None or row.source != thread.source or not _weighed(row, row.name):
        return row
    assert thread.total_bytes
    assert row.total_bytes
    doubt = gravest((row.doubt("total_bytes"), thread.doubt("total_bytes")))
    doubts = {**row.doubts, **({"per_thread": doubt} if doubt else {})}
    return replace(row, per_thread=thread.total_bytes / row.total_bytes, doubts=doubts)
