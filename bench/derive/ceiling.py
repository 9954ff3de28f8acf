"""Where launching stopped: the last count that was confirmed alive, what stopped it there, and how
many units each limit allows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from msgspec.structs import replace

from bench.derive.choice import (
    ENDED,
    CaseSessions,
    cases_of,
    farthest,
    farthest_stop,
)
from bench.derive.doubts import COUNT, MEMORY, gravest
from bench.derive.series import Quantity, Sample, Series
from bench.model.records import CLIMB, LEAK, MEMORY_LIMIT, Limit, Result, Session, Stop

SOURCE = "runner's count, confirmed parked"
# Which doubts about a runner spoil what its units were seen to take of a limit. A limit of a count
# takes as many whatever else the runner does.
SPOILING = {
    "count": COUNT,
    "bytes": MEMORY,
}


_NO_CLIMB = "no climb was made: the farthest that any session went"


def ceiling(quantity: Quantity, case: CaseSessions) -> Iterator[Series]:
    """The ceiling of the climb that went farthest; without a climb, of any session.

    A runner that broke, or a run that ended, before anything was alive says nothing of a ceiling:
    that is unknown. A refusal of the very first unit is a ceiling of 0.
    """
    session, stop = farthest(case.sessions), farthest_stop(case.sessions)
    climbed = () if session.purpose == CLIMB else (_NO_CLIMB,)
    unknown = hiding(session.limits)
    known = stop.count > 0 or stop.status in ("refused", "killed")
    yield Series(
        case.case,
        quantity,
        (
            Sample(
                stop.count if known else None,
                SOURCE if known else "unknown",
                doubts=session.steps[-1].doubts if session.steps else (),
            ),
        ),
        stop=replace(stop, predicted=None, projected=None) if unknown else stop,
        warnings=(*_warnings(stop), *climbed, *map(_not_projected, unknown), *session.warnings),
    )


def doubt_of(session: Session) -> str | None:
    """What was seen of the runner at the count itself."""
    return gravest(COUNT.intersection(session.steps[-1].doubts if session.steps else ()))


def _not_projected(limit: str) -> str:
    return f"nothing is projected: how many units {limit} would allow is unknown"


def _warnings(stop: Stop) -> tuple[str, ...]:
    """The runner's own words where no limit is named, and those of every broken end."""
    if stop.status == "refused" and stop.limit is None:
        return (f"no limit was recognised: {stop.message}",)
    if stop.status in ("killed", "failed", "interrupted"):
        return (stop.message, *stop.evidence)
    return ()


@dataclass(frozen=True)
class Allowance:
    """A limit that allows `units` in all. `value` is the limit's own, and `take` what a unit takes
    of it, in its `measure`; `None` is unknown. `doubt` is about what a unit takes, and so
    about `units`."""

    limit: str
    where: str | None
    units: int
    measure: Literal["count", "bytes"] | None = None
    value: int | None = None
    take: float | None = None
    lift: str = ""
    doubt: str | None = None


@dataclass(frozen=True)
class Allowances:
    """What bounds one case, the fewest units first. `binding` is the limit that its farthest
    climb names, or else the one that would bind first; `ended` says that it did end the launch.
    `reached` units were alive. `unknown` are limits that may bind first, of which it is unknown how
    many units they allow: with any of them nothing is projected."""

    case: str
    rows: tuple[Allowance, ...]
    binding: Allowance | None
    ended: bool
    reached: int
    unknown: tuple[str, ...] = ()


def allowances(result: Result) -> tuple[Allowances, ...]:
    """What bounds every case that ran."""
    return tuple(_allowances(case.case, case.sessions) for case in cases_of(result))


def _allowances(case: str, sweeps: Sequence[Session]) -> Allowances:
    stop = farthest_stop(sweeps)
    limits = tuple(limits_of(sweeps))
    rows, unknown = _rows(looked_at(sweeps)), hiding(limits)
    named = _named(stop, rows, doubt_of_take(farthest(sweeps), "count"))
    if named and named not in rows:
        rows = [*rows, named]
    rows.sort(key=lambda row: row.units)
    ended = named is not None and stop.status in ENDED
    binding = named or (rows[0] if rows else None)
    if unknown and not ended:
        binding = None
    return Allowances(case, tuple(rows), binding, ended, stop.count, unknown)


def hiding(limits: Iterable[Limit]) -> tuple[str, ...]:
    """The names of limits that may bind first, of which it is unknown how many units they allow: a
    unit's use of them was not determined; or the limit itself could not be read, though each unit
    takes at least one of it, or it is the machine's memory. With any of them nothing is projected:
    the next limit is often far beyond them. (A limit without a use refuses nothing by itself.)"""
    return tuple(dict.fromkeys(one.name for one in limits if _may_bind_first(one)))


def _may_bind_first(one: Limit) -> bool:
    if not one.known:
        takes_one = one.measure == "count" and (one.take or 0) >= 1
        return one.name == MEMORY_LIMIT or takes_one
    return one.value is not None and one.use is not None and one.take is None


def limits_of(sweeps: Sequence[Session]) -> Iterable[Limit]:
    """The limits of the sweep that is `looked_at`."""
    sweep = looked_at(sweeps)
    return sweep.limits if sweep else ()


def looked_at(sweeps: Sequence[Session]) -> Session | None:
    """The farthest climb; where it looked at no limits, the sweep that went farthest among those
    that did. A leak sweep's few units tell too little of what one takes."""
    looked = [sweep for sweep in sweeps if sweep.limits and sweep.purpose != LEAK]
    if not looked:
        return None
    first = farthest(sweeps)
    return first if first.limits else farthest(looked)


def _rows(sweep: Session | None) -> list[Allowance]:
    """What the limits allow by what this sweep's units were seen to take of them."""
    return [
        Allowance(
            one.name,
            one.where,
            one.allows,
            one.measure,
            one.value,
            one.take,
            one.lift,
            doubt_of_take(sweep, one.measure),
        )
        for one in (sweep.limits if sweep else ())
        if sweep and one.allows is not None
    ]


def doubt_of_take(sweep: Session, measure: Literal["count", "bytes"]) -> str | None:
    """That about what a unit takes of a limit, and so about how many it allows: what was seen of
    the runner at its last step."""
    return gravest(SPOILING[measure].intersection(sweep.steps[-1].doubts if sweep.steps else ()))


def _named(stop: Stop, rows: Iterable[Allowance], doubt: str | None) -> Allowance | None:
    """The limit that the stop names; where none like it was read, as many as were alive when it
    said no, of which there may be a `doubt`."""
    if stop.limit is None:
        return None
    same = [row for row in rows if (row.limit, row.where) == (stop.limit, stop.where)]
    if same or stop.status not in ENDED:
        return same[0] if same else None
    return Allowance(stop.limit, stop.where, stop.count, doubt=doubt)
