"""How close every limit is: how many units each allows a runtime, and which one binds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

from bench.derive.ceiling import Allowance, Allowances, allowances
from bench.derive.metrics import Metric, find
from bench.model.records import CaseRecord, Result
from reports.figures.chart import (
    Chart,
    Column,
    Doubts,
    Row,
    Table,
    caption,
    grouped,
    known_doubts,
    left_out,
    ran,
    tabulate,
    who,
)
from reports.tables.comparison import THREADS
from reports.wording import units
from reports.wording.doubted import marked, sure
from reports.wording.escape import many, plain, short

Measure = Literal["count", "bytes"]
HOW = (
    "How many units in all each limit of the machine lets the runtime have, by what a unit was "
    "seen to take of it. The marked limit is the one that ended the launch, or would be the first "
    "to. Limits that a unit takes nothing of are not shown."
)


@dataclass(frozen=True, kw_only=True)
class Bound:
    """One limit's bar: it allows `units` in all. `name` is short; `where` the cgroup or whom it
    counts; `value` the limit's own and `take` what a unit takes of it, in its `measure`; `binding`
    that it ended the launch or would end it first; `lift` what to type to go further; `doubt` is
    about what a unit takes, and so about `units`."""

    name: str
    where: str | None
    units: int
    measure: Measure | None
    value: int | None
    take: float | None
    binding: bool
    lift: str
    doubt: str | None = None


@dataclass(frozen=True, kw_only=True)
class Closeness(Row):
    """One runtime's limits, those that allow the fewest units first. `reached` were alive; `ended`
    says that the binding limit did end the launch. With `unknown` limits, which may bind before
    those that are known, none is marked that did not."""

    bounds: tuple[Bound, ...]
    reached: int
    ended: bool
    unknown: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """What stands beside the bars: the label, marked where the line of what was reached is
        doubted."""
        return marked(self.label, self.doubt("reached"))

    @property
    def binding(self) -> Bound | None:
        """The marked one."""
        return next((bound for bound in self.bounds if bound.binding), None)


Place = tuple[Closeness, Bound]


def _doubts(place: Place) -> Doubts:
    row, bound = place
    found = {"allows": bound.doubt, "take": bound.doubt, "reached": row.doubt("reached")}
    return {key: doubt for key, doubt in found.items() if doubt}


def own_value(bound: Bound) -> str:
    """The limit's own value in words."""
    return units.size(bound.value) if bound.measure == "bytes" else units.count(bound.value)


def taken(bound: Bound) -> str:
    """What one unit takes of it, in words."""
    return units.size(bound.take) if bound.measure == "bytes" else units.number(bound.take)


COLUMNS: tuple[Column[Place], ...] = (
    Column("runtime", "runtime", lambda one: one[0].runtime, is_number=False),
    Column("limit", "limit", lambda one: one[1].name, is_number=False),
    Column("where", "where", lambda one: one[1].where, is_number=False),
    Column("allows", "allows", lambda one: one[1].units, units.count),
    Column("its value", "value", lambda one: one[1].value, cell=lambda one: own_value(one[1])),
    Column("a unit takes", "take", lambda one: one[1].take, cell=lambda one: taken(one[1])),
    Column("binds", "binding", lambda one: "yes" if one[1].binding else "", is_number=False),
    Column("reached", "reached", lambda one: one[0].reached, units.count),
)


@dataclass(frozen=True, kw_only=True)
class LimitsCloseness(Chart):
    """The runtime with the nearest limit first, those that nothing known bounds last."""

    name: ClassVar[str] = "closeness"
    rows: tuple[Closeness, ...]

    @property
    def table(self) -> Table:
        places = [(row, bound) for row in self.rows for bound in row.bounds]
        return tabulate(COLUMNS, places, _doubts)

    @property
    def drawn_doubts(self) -> Iterable[str]:
        bounds = (bound.doubt for row in self.rows for bound in row.bounds)
        return filter(None, (*bounds, *(row.doubt("reached") for row in self.rows)))


def closeness(result: Result, metrics: Sequence[Metric]) -> LimitsCloseness:
    """The limits of each runtime that ran."""
    found = {one.case: one for one in allowances(result)}
    rows = [
        _row(one, found[one.key], find(metrics, one.key, "ceiling")) for one in ran(result, metrics)
    ]
    rows.sort(key=lambda row: row.binding.units if row.binding else float("inf"))
    return LimitsCloseness(
        title=_title(rows),
        how=HOW,
        missing=(*left_out(result, metrics), *grouped(_lacks(rows), len(rows))),
        caption=caption(result),
        rows=tuple(rows),
    )


def _row(runtime: CaseRecord, found: Allowances, ceiling: Metric | None) -> Closeness:
    return Closeness(
        **who(runtime),
        bounds=tuple(_bound(one, one is found.binding) for one in found.rows),
        reached=found.reached,
        ended=found.ended,
        unknown=tuple(short(name, 40) for name in found.unknown),
        doubts=known_doubts({"reached": ceiling}),
    )


def _bound(one: Allowance, binding: bool) -> Bound:
    return Bound(
        name=short(one.limit, 40),
        where=plain(one.where) if one.where else None,
        units=one.units,
        measure=one.measure,
        value=one.value,
        take=one.take,
        binding=binding,
        lift=plain(one.lift),
        doubt=one.doubt,
    )


def _title(rows: Sequence[Closeness]) -> str:
    """What kind of limit ends threads and what kind tasks, where each kind has one; else the
    nearest limit of the thread and of a task, or of whatever ran."""
    bound = [row for row in rows if row.binding]
    threads = [row for row in bound if row.kind == "thread"]
    tasks = [row for row in bound if row.kind == "task"]
    if threads and tasks and _measures(threads) == {"count"} and _measures(tasks) == {"bytes"}:
        return f"Threads run into a count, {_names(threads)}; tasks into memory, {_names(tasks)}."
    if threads and tasks:
        threads, tasks = sure(threads, _doubt), sure(tasks, _doubt)
        first = [row for name in THREADS for row in threads if row.runtime == name]
        told = [(first or threads)[0], tasks[0]]
    else:
        told = sure(bound, _doubt)[:1]
    if not told:
        return "Which limit is the nearest is unknown."
    return f"{'; '.join(map(_nearest, told))}."


def _doubt(row: Closeness) -> str | None:
    """That about the count at which a limit ended it or would."""
    bound = row.binding
    return row.doubt("reached") if row.ended or bound is None else bound.doubt


def _measures(rows: Sequence[Closeness]) -> set[Measure | None]:
    return {row.binding.measure for row in rows if row.binding}


def _names(rows: Sequence[Closeness]) -> str:
    names = dict.fromkeys(row.binding.name for row in rows if row.binding)
    return " or ".join(names)


def _nearest(row: Closeness) -> str:
    assert row.binding
    if row.ended:
        at = marked(units.count(row.reached), _doubt(row))
        return f"{row.binding.name} ended {many(row.label)} at {at}"
    at = marked(units.rounded(row.binding.units), _doubt(row))
    return f"{row.binding.name} would end {many(row.label)} at {at}"


def _lacks(rows: Sequence[Closeness]) -> Iterator[tuple[str, str]]:
    for row in rows:
        if row.unknown and not row.ended:
            names = " and ".join(row.unknown)
            yield row.runtime, f"the nearest limit is unknown, as what {names} would allow is"
        elif not row.bounds:
            yield row.runtime, "no limit that bounds it was read"
