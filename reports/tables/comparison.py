"""The table that a run ends with, a row for each case, and the one finding in words.

Which columns there are follows from the quantities that the metrics are of. The value is what every
other form (table, Markdown, page, explanation) draws from; none computes again.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.table import Table as RichTable
from rich.text import Text

from bench import quantities
from bench.derive.ceiling import Allowances, allowances
from bench.derive.doubts import gravest
from bench.derive.metrics import Metric, find
from bench.model.records import CaseRecord, Kind, Result, Status
from bench.quantities import BYTES, CEILING, LEAKED, RELEASE
from reports.figures.chart import Column, Table, tabulate
from reports.wording import escape, units
from reports.wording.doubted import marked, stated, sure
from reports.wording.escape import many, short
from reports.wording.metrics import value_of
from reports.wording.runs import stopper

# One OS thread is C's where that ran: a Python thread is an OS thread and more.
THREADS = ("pthread", "threading")
TOTAL, RSS = "total", "rss"  # the parts of the bytes per unit that are compared

# Why a launch went no further: THE list, in full for tables, figures and the live view, and in one
# word for a narrow table.
REASONS: dict[Status, str] = {
    "max": "this run's cap",
    "refused": "refused",
    "killed": "killed",
    "reserve": "safety reserve",
    "budget": "out of time",
    "failed": "runner failed",
    "interrupted": "interrupted",
}
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
# Headlines without a column like the others': the ceiling has its own, and the summary has these.
APART = (CEILING, LEAKED, RELEASE)
SAME = 1.05  # two units whose memory differs by less than this factor take about the same
NOTHING = "This run measured too little for a finding."


@dataclass(frozen=True)
class Row:
    """One case with its metrics. Texts are free of control characters, yet still to be escaped for
    where they are shown; the label is short enough for a sentence.

    Without metrics it did not run, for `reason` if one is known. `stopper` is the limit that
    stopped it with its value and a unit's use, `allowed` what each limit allows. `per_thread` is
    how many of this unit take the memory of one OS thread, where both were read from the same
    sources.
    """

    case: str
    name: str
    label: str
    kind: Kind
    metrics: tuple[Metric, ...] = ()
    reason: str | None = None
    asked: bool = False
    stopper: str | None = None
    allowed: Allowances | None = None
    per_thread: float | None = None
    per_thread_doubt: str | None = None

    def metric(
        self, name: str, part: str | None = None, quantile: float | None = None
    ) -> Metric | None:
        return find(self.metrics, self.case, name, part, quantile)

    @property
    def ceiling(self) -> Metric | None:
        return self.metric(CEILING.name)

    @property
    def status(self) -> Status | None:
        return self.ceiling.status if self.ceiling else None

    @property
    def reached(self) -> int | None:
        ceiling = self.ceiling
        return None if ceiling is None or ceiling.value is None else int(ceiling.value)

    @property
    def reached_doubt(self) -> str | None:
        return self.ceiling.doubt if self.ceiling else None

    @property
    def total(self) -> Metric | None:
        """The bytes per unit, where they are known and more than nothing."""
        total = self.metric(BYTES.name, TOTAL)
        return total if total and total.value and total.value > 0 else None

    @property
    def bytes(self) -> float:
        return (self.total and self.total.value) or 0.0

    @property
    def total_doubt(self) -> str | None:
        return self.total.doubt if self.total else None

    @property
    def stopped(self) -> str:
        """Why the launch went no further, or why there was none, in a few words."""
        if self.status is None:
            return "left out" if self.reason else "did not run" if not self.metrics else ""
        if self.status == "refused" and self.ceiling and self.ceiling.limit:
            return "limit reached"
        return reason(self.status, self.asked)


@dataclass(frozen=True)
class Comparison:
    """The rows in the result's order; `thread` names the one that stands for an OS thread."""

    rows: tuple[Row, ...]
    thread: str | None

    @property
    def table(self) -> Table:
        """Every column of it, as a value."""
        columns = columns_of(self)
        return tabulate(
            columns,
            self.rows,
            lambda row: {c.key: doubt for c in columns if (doubt := c.doubt(row))},
        )

    @property
    def notes(self) -> tuple[str, ...]:
        """Lines below the table: why cells carry a mark, and who was left out."""
        projected = any(
            row.allowed and not row.allowed.ended for row in self.rows if _limit_at(row)
        )
        left_out = (f"{row.name} was left out: {row.reason}" for row in self.rows if row.reason)
        about = "≈ is a projection from what one unit uses." if projected else ""
        return (*filter(None, (about, self.table.note)), *left_out)


def reason(status: Status, asked: bool) -> str:
    """Why a launch went no further; `asked`: the user gave the count."""
    return "requested count" if status == "max" and asked else REASONS[status]


def compare(result: Result, metrics: Sequence[Metric]) -> Comparison:
    """The comparison of a run's cases, from the `figures` of its result."""
    allowed = {one.case: one for one in allowances(result)}
    rows = [_row(case, metrics, result, allowed.get(case.key)) for case in result.cases]
    weighed = [row for name in THREADS for row in rows if row.name == name and row.total]
    thread = weighed[0] if weighed else None
    if thread is None or thread.total is None:
        return Comparison(tuple(rows), None)
    for place, row in enumerate(rows):
        if row.total and row.total.source == thread.total.source:
            ratio = thread.bytes / row.bytes
            doubt = gravest((row.total_doubt, thread.total_doubt))
            rows[place] = replace(row, per_thread=ratio, per_thread_doubt=doubt)
    return Comparison(tuple(rows), thread.name)


def _row(
    case: CaseRecord, metrics: Sequence[Metric], result: Result, allowed: Allowances | None
) -> Row:
    row = Row(case.key, escape.plain(case.key), short(case.label), case.kind)
    own = tuple(metric for metric in metrics if metric.case == case.key)
    if not own:
        return replace(row, reason=escape.plain(case.reason) if case.reason else None)
    named = stopper(result.sessions, case.key, case.kind)
    return replace(
        row,
        metrics=own,
        asked=result.plan.max is not None,
        stopper=escape.plain(named) if named else None,
        allowed=allowed,
    )


# Columns


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
    headline quantity, and the median of each latency, that there is; and units per thread."""
    rows = comparison.rows
    columns = [Fitting("runtime", "runtime", lambda row: row.name, is_number=False)]
    if any(row.ceiling for row in rows) or not any(row.metrics for row in rows):
        columns += LIMIT_COLUMNS
    kinds = dict.fromkeys((m.metric, m.part, m.quantile) for row in rows for m in row.metrics)
    for quantity in quantities.all_():
        if quantity in APART or not (quantity.headline or quantity.quantiles):
            continue
        own = [kind for kind in kinds if kind[0] == quantity.name]
        shown = [kind for kind in own if kind[1] in (None, TOTAL, RSS) and kind[2] in (None, 0.5)]
        columns += [_column(*kind) for kind in shown]
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
    return about.replace(" million", "M").replace(" billion", "G") if brief else about


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


def _microseconds(seconds: float | None) -> str:
    """Microseconds in as few letters as possible: `2.5`, `0.03`, `0`."""
    if seconds is None:
        return units.UNKNOWN
    scaled = seconds * 1e6
    return f"{scaled:.0f}" if scaled >= 10 else f"{scaled:.2g}" if scaled >= 1e-3 else "0"


OVERHEAD = Fitting(
    "overhead in a start",
    "start_overhead_seconds",
    _overhead,
    units.seconds,
    narrow="over-\nhead\nµs",
    brief=lambda row: _microseconds(_overhead(row)),
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


def _column(name: str, part: str | None, quantile: float | None) -> Fitting:
    """The column of a quantity, or of one of its parts or quantiles."""
    quantity = quantities.find(name)
    scale, unit = NARROW[quantity.dimension]

    def metric(row: Row) -> Metric | None:
        return row.metric(name, part, quantile)

    def value(row: Row) -> float | None:
        one = metric(row)
        return one.value if one else None

    def brief(row: Row) -> str:
        known = value(row)
        return units.number(None if known is None else known / scale)

    rss = part == RSS
    heading = "as RSS shows" if rss else quantity.label
    narrow = f"{'as RSS shows' if rss else quantity.short} {unit}"
    return Fitting(
        heading,
        "_".join(filter(None, (name, part, None if quantile is None else "median"))),
        value,
        lambda known: units.amount(quantity.dimension, known),
        narrow="\n".join(textwrap.wrap(narrow, 7, break_long_words=False)),
        brief=brief,
        rank=3 if rss else 1 if quantity.headline else 2,
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
        yield from (Text(line) for line in self.comparison.notes)

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


def table(comparison: Comparison) -> Fitted:
    """For a terminal, with notes below it."""
    return Fitted(comparison)


# The finding


def finding(comparison: Comparison) -> str:
    """What the run found, in a sentence or two. Labels in it are plain text, to be escaped for
    where it is shown.

    The thread against the lightest task where the memory of both was read from the same sources;
    else the heaviest against the lightest; else one unit alone; else how many were alive; else the
    first quantity that was measured. Of those whose value is not doubted, where there are enough;
    else the doubt is stated.
    """
    pair, weighed = pair_of(comparison), _weighed(comparison)
    rows = list(pair or weighed[:1])
    counted = sorted((row for row in comparison.rows if row.reached), key=lambda row: -row.reached)  # type: ignore[operator]
    if rows:
        said = [weight_finding(comparison)]
        said += [_reached(rows)] if all(row.reached for row in rows) else []
    elif counted:
        rows = [counted[0], counted[-1]] if counted[1:] else counted
        said = [f"{_reached(rows).removesuffix('.')}; the memory of one unit is unknown."]
    else:
        return _other_finding(comparison)
    doubts = [doubt for row in rows for doubt in (row.total_doubt, row.reached_doubt)]
    return stated(" ".join(said), doubts)


def weight_finding(comparison: Comparison) -> str:
    """The part of the finding that is about memory: the title of the figure that shows it, which
    says below why values are marked."""
    pair, weighed = pair_of(comparison), _weighed(comparison)
    if pair is None:
        if not weighed:
            return "The memory of one unit is unknown."
        return f"One {weighed[0].label} takes {_size(weighed[0])} of memory."
    heavy, light = pair
    sizes = f"{_size(heavy)} against {_size(light)} per unit"
    times = heavy.bytes / light.bytes
    if times >= SAME:
        ratio = marked(units.ratio(times), gravest((heavy.total_doubt, light.total_doubt)))
        taken = f"as much memory as {ratio} {many(light.label)}"
    elif times > 1 / SAME:
        taken = f"about as much memory as one {light.label}"
    else:
        taken = f"less memory than one {light.label}"
    return f"One {heavy.label} takes {taken}: {sizes}."


def pair_of(comparison: Comparison) -> tuple[Row, Row] | None:
    """The heavy and the light row that the finding compares: the OS thread and the lightest task,
    or else the heaviest and the lightest, read from the same sources; `None` where there is no such
    pair."""
    weighed = _weighed(comparison)
    for rows in (sure(weighed, lambda row: row.total_doubt), weighed):
        thread = next((row for row in rows if row.name == comparison.thread), None)
        tasks = [row for row in rows if row.kind == "task" and row.per_thread]
        if thread and tasks:
            return thread, min(tasks, key=lambda row: row.bytes)
        light = min(rows, key=lambda row: row.bytes, default=None)
        alike = [
            row for row in rows if row is not light and light and _source(row) == _source(light)
        ]
        if light and alike:
            return max(alike, key=lambda row: row.bytes), light
    return None


def _weighed(comparison: Comparison) -> list[Row]:
    """The rows whose bytes per unit are known, those without a doubt first."""
    weighed = [row for row in comparison.rows if row.total]
    return sorted(weighed, key=lambda row: row.total_doubt is not None)


def _source(row: Row) -> str | None:
    return row.total.source if row.total else None


def _size(row: Row) -> str:
    return marked(units.size(row.bytes), row.total_doubt)


def _reached(rows: Sequence[Row]) -> str:
    """How many were alive; that threads *stopped* is said only where something stopped them."""
    counts = [marked(units.count(row.reached), row.reached_doubt) for row in rows]
    names = [many(row.label) for row in rows]
    if len(rows) == 1:
        return f"This run kept {counts[0]} {names[0]} alive."
    heavy, light = rows
    if (heavy.kind, light.kind) == ("thread", "task"):
        names[0] = "threads"
    if heavy.status in ("refused", "killed") and (light.reached or 0) > (heavy.reached or 0):
        named = heavy.stopper or (heavy.ceiling and heavy.ceiling.limit)
        limit = f" ({escape.plain(named)})" if named else ""
        first = f"{names[0][:1].upper()}{names[0][1:]}"
        return f"{first} stopped at {counts[0]}{limit}, and {names[1]} reached {counts[1]}."
    return f"This run kept {counts[0]} {names[0]} and {counts[1]} {names[1]} alive."


def _other_finding(comparison: Comparison) -> str:
    """The best and the worst value of the first headline quantity that has one."""
    for quantity in quantities.all_():
        known = [
            (metric, row)
            for row in comparison.rows
            for metric in row.metrics
            if metric.metric == quantity.name and quantity.headline and metric.value is not None
        ]
        if known:
            known = sure(known, lambda pair: pair[0].doubt)
            known.sort(key=lambda pair: pair[0].value or 0, reverse=quantity.better == "higher")
            best, worst = (
                f"{marked(value_of(metric, metric.value), metric.doubt)} for one {row.label}"
                for metric, row in (known[0], known[-1])
            )
            ends = f"{best} and {worst}" if known[1:] else best
            name = f"{quantity.label[:1].upper()}{quantity.label[1:]}"
            return stated(f"{name}: {ends}.", [metric.doubt for metric, _ in known])
    return NOTHING
