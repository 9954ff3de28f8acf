"""What can stop a launch, before it and after it: tables for people, objects for programs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import msgspec
from rich.table import Table as RichTable
from rich.text import Text

from bench.derive.ceiling import doubt_of, doubt_of_take, hiding, looked_at
from bench.derive.choice import cases_of
from bench.derive.doubts import MARK
from bench.model.records import CLIMB, Limit, Result, Session, Stop
from reports.console import Console
from reports.figures.chart import Column, Doubts, Table, tabulate
from reports.tables.columns import ABSENT
from reports.tables.comparison import REASONS
from reports.wording import units
from reports.wording.doubted import marked, note, reasons
from reports.wording.escape import plain
from reports.wording.runs import error_lines

SCHEMA = 1
WHOLE = "memory.oom.group"  # in a note: an OOM kill would end the harness too


def print_limits(sessions: Sequence[Session], console: Console | None = None) -> None:
    """Every limit that bounds a case, smallest first, and what follows from it."""
    out = console or Console()
    for session in sessions:
        out.print(Text(plain(session.case), style="bold"))
        if session.limits:
            _print_bounding(session, out)
        for line in _aside(session.limits):
            out.print(Text(plain(line), style="dim"), soft_wrap=True)
        stop, lines = session.stop, list(_prediction(session))
        if stop.status != "max":  # the trial run ended too early
            count = marked(units.count(stop.count), doubt_of(session))
            lines.append(f"the trial run stopped at {count}: {stop.message}")
        if stop.status == "failed":
            lines += [f"it said: {line}" for line in error_lines(stop)]
        for line in lines:
            out.print(Text(plain(line)), soft_wrap=True)
        out.print()


def _print_bounding(session: Session, out: Console) -> None:
    """The limits that allow a number of units as a table, and why its values are marked."""
    table = _table(("limit",), ("value", "in use", "per unit", "allows"))
    doubts = set()
    for limit in bounding(session.limits):
        doubt = doubt_of_take(session, limit.measure)
        doubts.add(doubt)
        table.add_row(
            plain(named(limit)),
            units.amount(limit.measure, limit.value),
            units.amount(limit.measure, limit.use),
            marked(units.amount(limit.measure, limit.take), doubt),
            marked(_at_most(limit, limit.allows), doubt),
        )
    out.print(table)
    if why := note(doubts):
        out.print(Text(why))


def limits_json(sessions: Sequence[Session]) -> str:
    """The same for programs: the stable interface of `outnumber limits --format json`."""
    objects = []
    for session in sessions:
        unknown = hiding(session.limits)
        first, second = (*([] if unknown else bounding(session.limits)), None, None)[:2]
        objects.append(
            {
                "runtime": session.case,
                "predicted": None if unknown else session.stop.predicted,
                "unknown": unknown,
                "binding": first.name if first else None,
                "where": first.where if first else None,
                "lift": first.lift if first else None,
                "next": second.name if second else None,
                "pilot": session.stop.count,
                "pilot_ended": session.stop.message,
                "limits": session.limits,
                "doubts": session.steps[-1].doubts if session.steps else (),
            }
        )
    return msgspec.json.encode({"schema": SCHEMA, "runtimes": objects}).decode()


def print_ceilings(result: Result, console: Console | None = None) -> None:
    """How far each case went, what stopped it with the evidence, and how to go further."""
    out = console or Console()
    climbs = [session for session in result.sessions if session.purpose == CLIMB]
    table = _table(("runtime",), ("reached", "predicted", "limit at"), ("stopped by",))
    for climb in climbs:
        stop, doubt = _stop(climb), doubt_of(climb)
        projected = f"{marked(units.count(stop.projected), doubt)} (projected)"
        table.add_row(
            plain(climb.case),
            marked(units.count(stop.count), doubt),
            ABSENT if stop.predicted is None else units.count(stop.predicted),
            ABSENT if stop.projected is None else projected,
            plain(REASONS[stop.status] + (f": {stop.limit}" if stop.limit else "")),
        )
    out.print(table)
    for climb in climbs:
        out.print()
        out.print(Text(plain(climb.case), style="bold"))
        for line in _account(climb):
            out.print(Text(f"  {plain(line)}"), soft_wrap=True)
        for line in error_lines(climb.stop) if climb.stop.status == "failed" else ():
            out.print(Text(f"  it said: {line}"), soft_wrap=True)
    for case in result.cases:
        if case.reason:
            out.print(Text(plain(f"{case.key} was left out: {case.reason}")))


def named(limit: Limit) -> str:
    """Its name, with the cgroup that it stands in."""
    return f"{limit.name} in {limit.where}" if (limit.where or "").startswith("/") else limit.name


def bounding(limits: Iterable[Limit]) -> list[Limit]:
    """The limits that allow a number of units, in their order: smallest first."""
    return [limit for limit in limits if limit.allows is not None]


def _table(words: Iterable[str], numbers: Iterable[str], after: Iterable[str] = ()) -> RichTable:
    """A table with these headings; numbers are never cut."""
    table = RichTable(box=None, pad_edge=False)
    for heading in words:
        table.add_column(heading, overflow="fold")
    for heading in numbers:
        table.add_column(heading, justify="right", no_wrap=True)
    for heading in after:
        table.add_column(heading, overflow="fold")
    return table


def _at_most(limit: Limit, count: float | None) -> str:
    """A count that a limit allows, which is an upper bound where use per unit was still rising."""
    return f"at most {units.count(count)}" if limit.at_most else units.count(count)


def _estimated(limit: Limit) -> str:
    """What its use per unit and its allowance rest on; empty where no unit was seen."""
    if not limit.alive:
        return ""
    return f"estimated from the first {units.count(limit.alive)} units; later units may take more"


def _aside(limits: Sequence[Limit]) -> Iterator[str]:
    """The limits that bound nothing, each kind in a line, and how the table's rows add up."""
    rest = [limit for limit in limits if limit.allows is None]
    kinds = {
        "unknown": [named(limit) for limit in rest if not limit.known],
        "unlimited": [limit.name for limit in rest if limit.known and limit.value is None],
        "not used by a unit": [named(each) for each in rest if each.known and each.value],
    }
    for kind, names in kinds.items():
        if names:
            yield f"{kind}: {', '.join(dict.fromkeys(names))}"
    rows = bounding(limits)
    if rows and rows[0].alive:
        alive = units.count(rows[0].alive)
        yield f"in use: all that counts against the limit, including {alive} trial units"
        yield f"allows: the {alive} plus as many as still fit, {_estimated(rows[0])}"
    for limit in rows:
        for words in limit.notes:
            if WHOLE in words:
                yield f"{named(limit)}: {words}, the harness too"


def _notes(limit: Limit) -> Iterable[str]:
    """The notes on a limit, except what `_aside` has printed."""
    return (f"{named(limit)}: {words}" for words in limit.notes if WHOLE not in words)


def _prediction(session: Session) -> Iterator[str]:
    """The predicted count, the limit that sets it and how to lift that, and the next limit."""
    rows = bounding(session.limits)
    if unknown := hiding(session.limits):
        names = " and ".join(unknown)
        yield f"no ceiling is predicted: how many units {names} would allow is unknown"
        return
    if not rows:
        if session.stop.status != "failed":
            yield "no known limit applies"
        return
    first = rows[0]
    reserve = "" if session.stop.predicted == first.allows else ", after the safety reserve"
    doubt = doubt_of_take(session, first.measure)
    predicted = marked(_at_most(first, session.stop.predicted), doubt)
    yield f"predicted ceiling: {predicted}, set by {named(first)}{reserve}"
    yield f"to lift it: {first.lift}"
    yield from _notes(first)
    if len(rows) > 1:
        doubt = doubt_of_take(session, rows[1].measure)
        allows = marked(_at_most(rows[1], rows[1].allows), doubt)
        yield f"next limit: {named(rows[1])}, which allows {allows}"


def _stop(session: Session) -> Stop:
    """Its stop, without a prediction that a limit of unknown use takes away (an older version made
    those)."""
    if not hiding(session.limits):
        return session.stop
    return msgspec.structs.replace(session.stop, predicted=None, projected=None)


def _account(climb: Session) -> Iterator[str]:
    """What stopped it, the evidence, how to go further, and which limits would come next."""
    stop = _stop(climb)
    if unknown := hiding(climb.limits):
        names = " and ".join(unknown)
        yield f"nothing was predicted: how many units {names} would allow is unknown"
    doubt = doubt_of(climb)
    yield f"stopped at {marked(units.count(stop.count), doubt)}: {stop.message}"
    if doubt:
        yield ": ".join((f"{MARK} {reasons([doubt])}", *climb.steps[-1].warnings))
    yield from stop.evidence
    if stop.projected is not None and stop.status != "budget":  # its message has the number
        projected = marked(units.count(stop.projected), doubt)
        yield f"the limit itself would stop it at about {projected} (projected)"
    same = [one for one in climb.limits if (one.name, one.where) == (stop.limit, stop.where)]
    if same and same[0].lift:
        reserve = "--reserve-pids" if same[0].measure == "count" else "--reserve-memory"
        first = f"a smaller {reserve}, or --to-the-wall; then " if stop.status == "reserve" else ""
        yield f"to go further: {first}{same[0].lift}"
        yield from _notes(same[0])
    others = [one for one in bounding(climb.limits) if one not in same[:1]]
    for one in others:
        more = _at_most(one, max(0, (one.allows or 0) - stop.count))
        room = marked(more, doubt_of_take(climb, one.measure))
        yield f"room for {room} more: {named(one)}, {units.amount(one.measure, one.value)}"
    if others and (basis := _estimated(others[0])):
        yield f"room is {basis}"


# All limits of a result, for a report

Place = tuple[str, Limit, str | None]  # the case, a limit, and the doubt about its use per unit


def _value(limit: Limit) -> str:
    if limit.value is None and limit.known:
        return "unlimited"
    return units.amount(limit.measure, limit.value)


COLUMNS: tuple[Column[Place], ...] = (
    Column("runtime", "runtime", lambda one: plain(one[0]), is_number=False),
    Column("limit", "limit", lambda one: plain(one[1].name), is_number=False),
    Column("where", "where", lambda one: plain(one[1].where or ""), is_number=False),
    Column("value", "value", lambda one: one[1].value, cell=lambda one: _value(one[1])),
    Column(
        "in use",
        "use",
        lambda one: one[1].use,
        cell=lambda one: units.amount(one[1].measure, one[1].use),
    ),
    Column("units alive", "alive", lambda one: one[1].alive, units.count),
    Column(
        "per unit",
        "take",
        lambda one: one[1].take,
        cell=lambda one: units.amount(one[1].measure, one[1].take),
    ),
    Column(
        "allows",
        "allows",
        lambda one: one[1].allows,
        cell=lambda one: ABSENT if one[1].allows is None else _at_most(one[1], one[1].allows),
    ),
)


def limits(result: Result) -> Table:
    """A row for each limit and case, those that bound nothing among them."""
    places: list[Place] = []
    for case in cases_of(result):
        if session := looked_at(case.sessions):
            places += [
                (case.case, one, doubt_of_take(session, one.measure)) for one in session.limits
            ]
    return tabulate(COLUMNS, places, _doubts)


def _doubts(place: Place) -> Doubts:
    _, limit, doubt = place
    known = {"take": limit.take, "allows": limit.allows}
    return {key: doubt for key, value in known.items() if doubt and value is not None}
