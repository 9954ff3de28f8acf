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
from bench.model.records import CLIMB, LEAK, MEMORY_LIMIT, Limit, Result, Session

SOURCE = "runner's count, confirmed parked"
# Which doubts about a runner spoil what its units were seen to take of a limit. A limit of a count
# takes as many whatever else the runner does.
SPOILING = {
    "count": COUNT,
    "bytes": MEMORY,
}


def ceiling(quantity: Quantity, case: CaseSessions) -> Iterator[Series]:
    """The ceiling of the climb that went farthest; without a climb, of any session.

    A runner that broke, or a run that ended, before anything was alive says nothing of a ceiling:
    that is unknown. A refusal of the very first unit is a ceiling of 0. Warnings are the runner's
    own words where no limit is named, and those of every broken end.
    """
    session, stop = farthest(case.sessions), farthest_stop(case.sessions)
    warnings: list[str] = []
    if stop.status == "refused" and stop.limit is None:
        warnings.append(f"no limit was recognised: {stop.message}")
    if stop.status in ("killed", "failed", "interrupted"):
        warnings += (stop.message, *stop.evidence)
    if session.purpose != CLIMB:
        warnings.append("no climb was made: the farthest that any session went")
    unknown = hiding(session.limits)
    for limit in unknown:
        warnings.append(f"nothing is projected: how many units {limit} would allow is unknown")
    known = stop.count > 0 or stop.status in ("refused", "killed")
    sample = Sample(
        stop.count if known else None,
        SOURCE if known else "unknown",
        doubts=session.steps[-1].doubts if session.steps else (),
    )
    yield Series(
        case.case,
        quantity,
        (sample,),
        stop=replace(stop, predicted=None, projected=None) if unknown else stop,
        warnings=(*warnings, *session.warnings),
    )


def doubt_of(session: Session) -> str | None:
    """What was seen of the runner at the count itself."""
    return gravest(COUNT.intersection(session.steps[-1].doubts if session.steps else ()))


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
    return tuple(allowances_of(case.case, case.sessions) for case in cases_of(result))


def allowances_of(case: str, sessions: Sequence[Session]) -> Allowances:
    """What the limits allow by what the units of the session that is `looked_at` were seen to take
    of them; and the limit that the stop names. Where none like it was read, it allows as many as
    were alive when it refused."""
    stop, looked = farthest_stop(sessions), looked_at(sessions)
    rows = [
        Allowance(
            one.name,
            one.where,
            one.allows,
            one.measure,
            one.value,
            one.take,
            one.lift,
            doubt_of_take(looked, one.measure),
        )
        for one in (looked.limits if looked else ())
        if looked and one.allows is not None
    ]
    named = None
    if stop.limit is not None:
        same = (row for row in rows if (row.limit, row.where) == (stop.limit, stop.where))
        named = next(same, None)
        if named is None and stop.status in ENDED:
            doubt = doubt_of_take(farthest(sessions), "count")
            named = Allowance(stop.limit, stop.where, stop.count, doubt=doubt)
            rows.append(named)
    rows.sort(key=lambda row: row.units)
    ended = named is not None and stop.status in ENDED
    unknown = hiding(looked.limits if looked else ())
    binding = None
    if ended or not unknown:
        binding = named or next(iter(rows), None)
    return Allowances(case, tuple(rows), binding, ended, stop.count, unknown)


def hiding(limits: Iterable[Limit]) -> tuple[str, ...]:
    """The names of limits that may bind first, of which it is unknown how many units they allow: a
    unit's use of them was not determined; or the limit itself could not be read, though each unit
    takes at least one of it, or it is the machine's memory. With any of them nothing is projected:
    the next limit is often far beyond them. (A limit without a use refuses nothing itself.)"""
    unread = (
        one.name
        for one in limits
        if (
            one.value is not None and one.use is not None and one.take is None
            if one.known
            else one.name == MEMORY_LIMIT or (one.measure == "count" and (one.take or 0) >= 1)
        )
    )
    return tuple(dict.fromkeys(unread))


def looked_at(sessions: Sequence[Session]) -> Session | None:
    """The farthest climb; where it looked at no limits, the session that went farthest among those
    that did. A leak check's few units show too little of what one takes."""
    looked = [session for session in sessions if session.limits and session.purpose != LEAK]
    if not looked:
        return None
    first = farthest(sessions)
    return first if first.limits else farthest(looked)


def doubt_of_take(session: Session, measure: Literal["count", "bytes"]) -> str | None:
    """That about what a unit takes of a limit, and so about how many it allows: what was seen of
    the runner at its last step."""
    return gravest(
        SPOILING[measure].intersection(session.steps[-1].doubts if session.steps else ())
    )
