"""What can stop a launch, before it and after it: tables for people, objects for programs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec
from rich.table import Table
from rich.text import Text

from bench.derive.ceiling import doubt_of, doubt_of_take, hiding
from bench.derive.doubts import MARK
from bench.model.records import Limit, Result, Session, Stop
from reports.console import Console
from reports.tables.comparison import REASONS
from reports.wording import units
from reports.wording.doubted import marked, note, reasons
from reports.wording.escape import terminal
from reports.wording.runs import error_lines

SCHEMA = 1
WHOLE = "memory.oom.group"  # in a note: an OOM kill would take the harness along


def print_limits(sweeps: Sequence[Session], console: Console | None = None) -> None:
    """Every limit that bounds a runtime, smallest first, and what follows from it."""
    out = console or Console()
    for sweep in sweeps:
        out.print(Text(terminal(sweep.case), style="bold"))
        if sweep.limits:
            out.print(_table(sweep))
            if why := note(doubt_of_take(sweep, one.measure) for one in bounding(sweep.limits)):
                out.print(Text(why))
        for line in _aside(sweep.limits):
            out.print(Text(terminal(line), style="dim"), soft_wrap=True)
        for line in (*_outlook(sweep), *_pilot(sweep)):
            out.print(Text(terminal(line)), soft_wrap=True)
        out.print()


def limits_json(sweeps: Sequence[Session]) -> str:
    """The same for programs: the stable interface of `outnumber limits --format json`."""
    return msgspec.json.encode(
        {"schema": SCHEMA, "runtimes": [_object(sweep) for sweep in sweeps]}
    ).decode()


def print_ceilings(result: Result, console: Console | None = None) -> None:
    """How far each runtime went, what stopped it with the evidence, and how to go further."""
    out = console or Console()
    climbs = [sweep for sweep in result.sessions if sweep.purpose == "climb"]
    table = Table(box=None, pad_edge=False)
    table.add_column("runtime", overflow="fold")
    for heading in ("reached", "predicted", "limit at"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("stopped by", overflow="fold")
    for sweep in climbs:
        table.add_row(*map(terminal, _ceiling(sweep)))
    out.print(table)
    for sweep in climbs:
        out.print()
        out.print(Text(terminal(sweep.case), style="bold"))
        for line in _account(sweep):
            out.print(Text(f"  {terminal(line)}"), soft_wrap=True)
        for line in error_lines(sweep.stop) if sweep.stop.status == "failed" else ():
            out.print(Text(f"  it said: {line}"), soft_wrap=True)
    for runtime in result.cases:
        if runtime.reason:
            out.print(Text(terminal(f"{runtime.key} was left out: {runtime.reason}")))


def named(limit: Limit) -> str:
    """Its name, with the cgroup that it stands in."""
    return f"{limit.name} in {limit.where}" if (limit.where or "").startswith("/") else limit.name


def amount(limit: Limit, value: float | None) -> str:
    """A value in the limit's own measure."""
    return units.count(value) if limit.measure == "count" else units.size(value)


def take(limit: Limit) -> str:
    """What one unit takes of it: `2.93`, `8.00 MiB`."""
    if limit.take is None or limit.measure == "bytes":
        return units.size(limit.take)
    return f"{limit.take:.3g}"


def rests(limit: Limit) -> str:
    """What its take and its allowance rest on; empty where no unit was seen."""
    if not limit.alive:
        return ""
    return f"by what the first {units.count(limit.alive)} units took; later ones may take more"


def bounding(limits: Iterable[Limit]) -> list[Limit]:
    """The limits that allow a number of units, in their order: smallest first."""
    return [limit for limit in limits if limit.allows is not None]


def binding(stop: Stop, limits: Iterable[Limit]) -> Limit | None:
    """The limit that a stop names, among those that were read."""
    same = [limit for limit in limits if (limit.name, limit.where) == (stop.limit, stop.where)]
    return same[0] if same else None


def told(sweep: Session) -> Stop:
    """Its stop, without a prediction that a limit of unknown use takes away (an older version made
    those)."""
    if not hiding(sweep.limits):
        return sweep.stop
    return msgspec.structs.replace(sweep.stop, predicted=None, projected=None)


def _table(sweep: Session) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column("limit", overflow="fold")
    for heading in ("value", "in use", "a unit takes", "allows"):
        table.add_column(heading, justify="right", no_wrap=True)
    for limit in bounding(sweep.limits):
        doubt = doubt_of_take(sweep, limit.measure)
        table.add_row(
            terminal(named(limit)),
            amount(limit, limit.value),
            amount(limit, limit.use),
            marked(take(limit), doubt),
            marked(_bounded(limit, limit.allows), doubt),
        )
    return table


def _aside(limits: Sequence[Limit]) -> Iterable[str]:
    """The limits that bound nothing, each kind in a line, and what is to be known beforehand."""
    rest = [limit for limit in limits if limit.allows is None]
    kinds = {
        "unknown": [named(limit) for limit in rest if not limit.known],
        "unlimited": [limit.name for limit in rest if limit.known and limit.value is None],
        "not taken by a unit": [named(each) for each in rest if each.known and each.value],
    }
    for kind, names in kinds.items():
        if names:
            yield f"{kind}: {', '.join(dict.fromkeys(names))}"
    yield from _basis(bounding(limits))
    for limit in bounding(limits):
        for words in limit.notes:
            if WHOLE in words:
                yield f"{named(limit)}: {words}, the harness too"


def _basis(rows: Sequence[Limit]) -> Iterable[str]:
    """How a row adds up: what is in use, and what the count that it allows is made of."""
    if rows and rows[0].alive:
        pilot = units.count(rows[0].alive)
        yield f"in use: by all that count, the pilot's {pilot} units among them"
        yield f"allows: these and what fits in the rest, {rests(rows[0])}"


def _outlook(sweep: Session) -> Iterable[str]:
    """The prediction, the binding limit and how to lift it, and the next."""
    rows = bounding(sweep.limits)
    if unknown := hiding(sweep.limits):
        names = " and ".join(unknown)
        yield f"no ceiling is predicted: how many units {names} would allow is unknown"
        return
    if not rows:
        if sweep.stop.status != "failed":
            yield "nothing that is known bounds it"
        return
    first = rows[0]
    less = "" if sweep.stop.predicted == first.allows else ", a reserve being left to others"
    doubt = doubt_of_take(sweep, first.measure)
    predicted = marked(_bounded(first, sweep.stop.predicted), doubt)
    yield f"predicted ceiling: {predicted}, by {named(first)}{less}"
    yield f"to lift it: {first.lift}"
    yield from _notes(first)
    if len(rows) > 1:
        at = "at most at" if rows[1].at_most else "at"
        doubt = doubt_of_take(sweep, rows[1].measure)
        yield f"next would be {named(rows[1])}, {at} {marked(units.count(rows[1].allows), doubt)}"


def _bounded(limit: Limit, count: float | None) -> str:
    """A count that a limit allows, which is an upper bound where takes were still rising."""
    return f"at most {units.count(count)}" if limit.at_most else units.count(count)


def _notes(limit: Limit) -> Iterable[str]:
    """What is to be known of the limit that binds, but for what has been said beforehand."""
    return (f"{named(limit)}: {words}" for words in limit.notes if WHOLE not in words)


def _pilot(sweep: Session) -> Iterable[str]:
    """How the pilot ended, where that was not as it was meant to."""
    stop = sweep.stop
    if stop.status != "max":
        count = marked(units.count(stop.count), doubt_of(sweep))
        yield f"the pilot was stopped at {count}: {stop.message}"
    if stop.status == "failed":
        yield from (f"it said: {line}" for line in error_lines(stop))


def _object(sweep: Session) -> dict[str, object]:
    unknown = hiding(sweep.limits)
    rows = [] if unknown else bounding(sweep.limits)
    return {
        "runtime": sweep.case,
        "predicted": None if unknown else sweep.stop.predicted,
        "unknown": unknown,
        "binding": rows[0].name if rows else None,
        "where": rows[0].where if rows else None,
        "lift": rows[0].lift if rows else None,
        "next": rows[1].name if len(rows) > 1 else None,
        "pilot": sweep.stop.count,
        "pilot_ended": sweep.stop.message,
        "limits": sweep.limits,
        "doubts": sweep.steps[-1].doubts if sweep.steps else (),
    }


def _ceiling(sweep: Session) -> tuple[str, ...]:
    stop = told(sweep)
    why = REASONS[stop.status] + ("" if stop.limit is None else f": {stop.limit}")
    return (
        sweep.case,
        marked(units.count(stop.count), doubt_of(sweep)),
        "–" if stop.predicted is None else units.count(stop.predicted),
        "–"
        if stop.projected is None
        else f"{marked(units.count(stop.projected), doubt_of(sweep))} (projected)",
        why,
    )


def _account(sweep: Session) -> Iterable[str]:
    """What stopped it, the evidence, how to go further, and what would come next."""
    stop = told(sweep)
    if unknown := hiding(sweep.limits):
        names = " and ".join(unknown)
        yield f"nothing was predicted: how many units {names} would allow is unknown"
    yield f"stopped at {marked(units.count(stop.count), doubt_of(sweep))}: {stop.message}"
    if doubt := doubt_of(sweep):
        yield ": ".join((f"{MARK} {reasons([doubt])}", *sweep.steps[-1].warnings))
    yield from stop.evidence
    if stop.projected is not None and stop.status != "budget":  # which has told it already
        projected = marked(units.count(stop.projected), doubt_of(sweep))
        yield f"the limit itself would bind at about {projected} (projected)"
    limit = binding(stop, sweep.limits)
    if limit is not None and limit.lift:
        yield f"to go further: {_further(stop, limit)}"
        yield from _notes(limit)
    others = [one for one in bounding(sweep.limits) if one is not limit]
    for one in others:
        more = _bounded(one, max(0, (one.allows or 0) - stop.count))
        room = marked(more, doubt_of_take(sweep, one.measure))
        yield f"room for {room} more: {named(one)}, {amount(one, one.value)}"
    if others and (basis := rests(others[0])):
        yield f"that is {basis}"


def _further(stop: Stop, limit: Limit) -> str:
    if stop.status == "reserve":
        reserve = "--reserve-pids" if limit.measure == "count" else "--reserve-memory"
        return f"{reserve} with less than is kept now, or --to-the-wall; then {limit.lift}"
    return limit.lift
