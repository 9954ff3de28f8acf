"""The table that a run ends with, a row for each case, and the one finding in words.

Which columns there are follows from the quantities that the metrics are of. The value is what every
other form (table, Markdown, page, explanation) draws from; none computes again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bench import quantities
from bench.derive.ceiling import Allowances, allowances
from bench.derive.doubts import gravest
from bench.derive.metrics import Metric, find
from bench.model.records import Kind, Result, Status
from bench.quantities import BYTES, CEILING
from reports.wording import escape, units
from reports.wording.doubted import marked, stated, sure
from reports.wording.escape import many, short
from reports.wording.metrics import name_of, value_of
from reports.wording.runs import stopper

# One OS thread is C's where that ran: a Python thread is an OS thread and more.
THREADS = ("pthread", "threading")
TOTAL, RSS = "total", "rss"  # the parts of the bytes per unit that are compared

# Why a launch went no further: THE list, for tables, figures and the live view.
REASONS: dict[Status, str] = {
    "max": "this run's cap",
    "refused": "refused",
    "killed": "killed",
    "reserve": "safety reserve",
    "budget": "out of time",
    "failed": "runner failed",
    "interrupted": "interrupted",
}
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


def reason(status: Status, asked: bool) -> str:
    """Why a launch went no further; `asked`: the user gave the count."""
    return "requested count" if status == "max" and asked else REASONS[status]


def compare(result: Result, metrics: Sequence[Metric]) -> Comparison:
    """The comparison of a run's cases, from the `figures` of its result."""
    allowed = {one.case: one for one in allowances(result)}
    rows = []
    for case in result.cases:
        own = tuple(metric for metric in metrics if metric.case == case.key)
        named = stopper(result.sessions, case.key, case.kind)
        rows.append(
            Row(
                case.key,
                escape.plain(case.key),
                short(case.label),
                case.kind,
                metrics=own,
                reason=escape.plain(case.reason) if case.reason and not own else None,
                asked=result.plan.max is not None,
                stopper=escape.plain(named) if named else None,
                allowed=allowed.get(case.key) if own else None,
            )
        )
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
        known = [pair for pair in known if name_of(pair[0]) == name_of(known[0][0])]
        if known:
            known = sure(known, lambda pair: pair[0].doubt)
            known.sort(key=lambda pair: pair[0].value or 0, reverse=quantity.better == "higher")
            best, worst = (
                f"{marked(value_of(metric, metric.value), metric.doubt)} for one {row.label}"
                for metric, row in (known[0], known[-1])
            )
            ends = f"{best} and {worst}" if known[1:] else best
            name = name_of(known[0][0]).capitalize()
            return stated(f"{name}: {ends}.", [metric.doubt for metric, _ in known])
    return NOTHING
