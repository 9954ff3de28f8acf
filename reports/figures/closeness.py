"""How close every limit is: how many units each allows a case, and which one binds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from bench.derive.ceiling import Allowances, allowances
from bench.derive.metrics import Metric, find
from bench.model.records import CaseRecord, Result
from bench.quantities import CEILING
from reports.figures.chart import CaseRow, Chart, Column, doubted, grouped, ran, tabulate, who
from reports.figures.shapes import Axis, Bar, BarRow, Bars, Key
from reports.tables.comparison import THREADS
from reports.wording import units
from reports.wording.doubted import marked, sure
from reports.wording.escape import many, plain, short

Measure = Literal["count", "bytes"]
EXACT = 1_000_000  # what a limit allows is exact below, and three digits from here on
HOW = (
    "How many units in all each limit of the machine lets the runtime have, by what a unit was "
    "seen to take of it. The coloured limit is the one that ended the launch, or would be the "
    "first to. Limits that a unit takes nothing of are not shown."
)
REACHED = "units reached"


@dataclass(frozen=True, kw_only=True)
class Bound:
    """One limit: it allows `units` in all. `name` is short; `where` the cgroup or whom it counts;
    `value` the limit's own and `take` what a unit takes of it, in its `measure`; `binding` that it
    ended the launch or would end it first; `lift` what to type to go further; `doubt` is about what
    a unit takes, and so about `units`."""

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
class Closeness(CaseRow):
    """One case's limits, those that allow the fewest units first. `reached` were alive; `ended`
    says that the binding limit did end the launch. With `unknown` limits, which may bind before
    those that are known, none is marked that did not."""

    bounds: tuple[Bound, ...]
    reached: int
    ended: bool
    unknown: tuple[str, ...] = ()

    @property
    def binding(self) -> Bound | None:
        """The one that ended the launch, or would."""
        return next((bound for bound in self.bounds if bound.binding), None)


Place = tuple[Closeness, Bound]


def _said(bound: Bound, value: float | None, count: bool) -> str:
    """The limit's own value, or what one unit takes of it, in words."""
    if bound.measure == "bytes":
        return units.size(value)
    return units.count(value) if count else units.number(value)


COLUMNS: tuple[Column[Place], ...] = (
    Column("runtime", "runtime", lambda one: one[0].runtime, is_number=False),
    Column("limit", "limit", lambda one: one[1].name, is_number=False),
    Column("where", "where", lambda one: one[1].where, is_number=False),
    Column("allows", "allows", lambda one: one[1].units, units.count),
    Column(
        "its value",
        "value",
        lambda one: one[1].value,
        cell=lambda one: _said(one[1], one[1].value, count=True),
    ),
    Column(
        "a unit takes",
        "take",
        lambda one: one[1].take,
        cell=lambda one: _said(one[1], one[1].take, count=False),
    ),
    Column("binds", "binding", lambda one: "yes" if one[1].binding else "", is_number=False),
    Column("reached", "reached", lambda one: one[0].reached, units.count),
)


def closeness(result: Result, metrics: Sequence[Metric]) -> Chart:
    """The case with the nearest limit first, those that nothing known bounds last."""
    rows = nearest(result, metrics)
    places = [(row, bound) for row in rows for bound in row.bounds]
    bars = Bars(
        axis=Axis("units that a limit allows, on a logarithmic scale", "count", log=True),
        rows=tuple(map(_bars, rows)),
        solid="units that the limit allows",
        mark=REACHED,
    )
    return Chart(
        title=_title(rows),
        how=HOW,
        plots=(bars,),
        keys=(
            Key("in colour: ended the launch, or would be the first to", "box"),
            Key("other limits, the nearest first", "box", "quiet"),
            Key(REACHED, "mark", "ink"),
        ),
        missing=grouped(_lacks(rows), len(rows)),
        numbers=tabulate(
            COLUMNS,
            places,
            lambda one: doubted(
                allows=one[1].doubt, take=one[1].doubt, reached=one[0].doubt("reached")
            ),
        ),
    )


def nearest(result: Result, metrics: Sequence[Metric]) -> list[Closeness]:
    """The limits of each case that ran, in the figure's order."""
    found = {one.case: one for one in allowances(result)}
    rows = [
        _row(one, found[one.key], find(metrics, one.key, CEILING.name))
        for one in ran(result, metrics)
    ]
    return sorted(rows, key=lambda row: row.binding.units if row.binding else float("inf"))


def _row(case: CaseRecord, found: Allowances, ceiling: Metric | None) -> Closeness:
    bounds = tuple(
        Bound(
            name=short(one.limit, 40),
            where=plain(one.where) if one.where else None,
            units=one.units,
            measure=one.measure,
            value=one.value,
            take=one.take,
            binding=one is found.binding,
            lift=plain(one.lift),
            doubt=one.doubt,
        )
        for one in found.rows
    )
    return Closeness(
        **who(case),
        bounds=bounds,
        reached=found.reached,
        ended=found.ended,
        unknown=tuple(short(name, 40) for name in found.unknown),
        doubts=doubted(reached=ceiling.doubt if ceiling else None),
    )


def _bars(row: Closeness) -> BarRow:
    """The label is marked where the line of what was reached is doubted."""
    return BarRow(
        case=row.runtime,
        label=marked(row.label, row.doubt("reached")),
        bars=tuple(
            Bar(
                value=bound.units,
                name=bound.name,
                said=marked(_allowed(bound.units), bound.doubt),
                quiet=not bound.binding,
                doubt=bound.doubt,
            )
            for bound in row.bounds
        ),
        mark=(row.reached or None) if row.bounds else None,
        doubts=(row.doubt("reached"),),
    )


def _allowed(value: int) -> str:
    return units.count(value) if value < EXACT else units.rounded(value).removeprefix("about ")


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
        shown = [(first or threads)[0], tasks[0]]
    else:
        shown = sure(bound, _doubt)[:1]
    if not shown:
        return "Which limit is the nearest is unknown."
    return f"{'; '.join(map(_nearest, shown))}."


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
