"""How close every limit is: how many units each allows a case, and which one binds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bench.derive.ceiling import Allowance, Allowances
from bench.derive.metrics import Metric
from bench.model.records import Result
from reports.figures.chart import Chart, Column, doubted, grouped, ran, tabulate
from reports.figures.shapes import Axis, Bar, BarRow, Bars, Key
from reports.tables.comparison import THREADS, Row
from reports.wording import units
from reports.wording.doubted import marked, sure
from reports.wording.escape import many, plain, short

EXACT = 1_000_000  # what a limit allows is exact below, and three digits from here on
LETTERS = 40  # of a limit's name
HOW = (
    "How many units each limit of the machine allows, projected from what one unit uses. The "
    "coloured limit ended the launch, or would be the first to end it. Limits that a unit does "
    "not use are not shown."
)
REACHED = "units reached"
Place = tuple[Row, Allowance]


def _amount(bound: Allowance, value: float | None) -> str:
    """The limit's own value, or what a unit takes of it, in words."""
    return units.amount(bound.measure or "count", value)


COLUMNS: tuple[Column[Place], ...] = (
    Column("runtime", "runtime", lambda one: one[0].name, is_number=False),
    Column("limit", "limit", lambda one: short(one[1].limit, LETTERS), is_number=False),
    Column("where", "where", lambda one: plain(one[1].where or "") or None, is_number=False),
    Column("allows", "allows", lambda one: one[1].units, units.count),
    Column("its value", "value", lambda o: o[1].value, cell=lambda o: _amount(o[1], o[1].value)),
    Column("per unit", "take", lambda o: o[1].take, cell=lambda o: _amount(o[1], o[1].take)),
    Column("binds", "binding", lambda o: "yes" if _binds(*o) else "", is_number=False),
    Column("reached", "reached", lambda one: _allowed(one[0]).reached, units.count),
)


def closeness(result: Result, metrics: Sequence[Metric]) -> Chart:
    """The case with the nearest limit first, those that nothing known bounds last."""
    known = [row for row in ran(result, metrics) if row.allowed]
    rows = sorted(known, key=lambda row: min((o.units for o in _binding([row])), default=1e99))
    return Chart(
        title=_title([row for row in rows if _allowed(row).binding]),
        how=HOW,
        plots=(
            Bars(
                axis=Axis("units that a limit allows, on a logarithmic scale", "count", log=True),
                rows=tuple(map(_bars, rows)),
                solid="units that the limit allows",
                mark=REACHED,
            ),
        ),
        keys=(
            Key("in colour: ended the launch, or would be the first to", "box"),
            Key("other limits, the nearest first", "box", "quiet"),
            Key(REACHED, "upright", "ink"),
        ),
        missing=grouped(_lacks(rows), len(rows)),
        numbers=tabulate(
            COLUMNS,
            [(row, bound) for row in rows for bound in _allowed(row).rows],
            lambda one: doubted(
                allows=one[1].doubt, take=one[1].doubt, reached=one[0].reached_doubt
            ),
        ),
    )


def _allowed(row: Row) -> Allowances:
    assert row.allowed is not None  # no others are in the figure
    return row.allowed


def _binds(row: Row, bound: Allowance) -> bool:
    return bound is _allowed(row).binding


def _bars(row: Row) -> BarRow:
    """The label is marked where the line of what was reached is doubted."""
    allowed = _allowed(row)
    bars = tuple(
        Bar(
            value=one.units,
            name=short(one.limit, LETTERS),
            said=marked(
                units.count(one.units)
                if one.units < EXACT
                else units.rounded(one.units).removeprefix("about "),
                one.doubt,
            ),
            quiet=not _binds(row, one),
            doubt=one.doubt,
        )
        for one in allowed.rows
    )
    return BarRow(
        case=row.name,
        label=marked(row.label, row.reached_doubt),
        bars=bars,
        mark=(allowed.reached or None) if bars else None,
        doubts=(row.reached_doubt,),
    )


def _title(bound: Sequence[Row]) -> str:
    """What kind of limit ends threads and what kind tasks, where each kind has one; else the
    nearest limit of the thread and of a task, or of whatever ran."""
    threads = [row for row in bound if row.kind == "thread"]
    tasks = [row for row in bound if row.kind == "task"]
    kinds = [{one.measure for one in _binding(rows)} for rows in (threads, tasks)]
    if kinds == [{"count"}, {"bytes"}]:
        first, then = (
            " or ".join(dict.fromkeys(short(one.limit, LETTERS) for one in _binding(rows)))
            for rows in (threads, tasks)
        )
        return f"Threads run into a count, {first}; tasks into memory, {then}."
    if threads and tasks:
        threads, tasks = sure(threads, _doubt), sure(tasks, _doubt)
        first_threads = [row for name in THREADS for row in threads if row.name == name]
        shown = [(first_threads or threads)[0], tasks[0]]
    else:
        shown = sure(bound, _doubt)[:1]
    if not shown:
        return "Which limit is the nearest is unknown."
    return f"{'; '.join(map(_nearest, shown))}."


def _binding(rows: Sequence[Row]) -> list[Allowance]:
    return [one for row in rows if (one := _allowed(row).binding)]


def _doubt(row: Row) -> str | None:
    """That about the count at which a limit ended it or would."""
    allowed = _allowed(row)
    ended = allowed.ended or allowed.binding is None
    return row.reached_doubt if ended or allowed.binding is None else allowed.binding.doubt


def _nearest(row: Row) -> str:
    allowed, (binding,) = _allowed(row), _binding([row])
    ended = allowed.ended
    count = units.count(allowed.reached) if ended else units.rounded(binding.units)
    verb = "ended" if ended else "would end"
    return (
        f"{short(binding.limit, LETTERS)} {verb} {many(row.label)} at {marked(count, _doubt(row))}"
    )


def _lacks(rows: Sequence[Row]) -> Iterator[tuple[str, str]]:
    for row in rows:
        allowed = _allowed(row)
        if allowed.unknown and not allowed.ended:
            names = " and ".join(short(name, LETTERS) for name in allowed.unknown)
            yield row.name, f"the nearest limit is unknown, as what {names} would allow is"
        elif not allowed.rows:
            yield row.name, "no limit that bounds it was read"
