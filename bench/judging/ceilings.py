"""Ceilings: a count with the reason for it. Where the reasons differ, that is the event. Pure.

The count at which nothing said no is only the least that a ceiling can be. So a new side that could
have gone on is never worse, and a base side that could have gone on clears nobody.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from bench.judging.samples import Ceilings, Stopped
from bench.judging.verdicts import STOPPED_BY, Event


def usable(climbs: Sequence[Stopped]) -> list[Stopped]:
    """The climbs that came to an end of their own: not those that broke or were cut."""
    return [climb for climb in climbs if climb.status not in ("failed", "interrupted")]


def badness(climbs: Sequence[Stopped]) -> list[float]:
    """The counts on a scale on which more is worse; a refusal of the very first unit is as bad as
    one of the second."""
    return [-math.log(max(climb.count, 1)) for climb in usable(climbs)]


def met_limits(climbs: Sequence[Stopped]) -> bool:
    """Whether every climb went as far as it could."""
    return bool(usable(climbs)) and all(climb.met_a_limit for climb in usable(climbs))


def event(ceilings: Ceilings) -> Event | None:
    """Whether another limit stopped the new side, or the same one at another value. Each side must
    agree with itself, and one of them have met a limit."""
    sides = usable(ceilings.base), usable(ceilings.new)
    if not any(climb.met_a_limit for side in sides for climb in side):
        return None
    reasons = [{(one.status, one.limit, one.where) for one in side} for side in sides]
    if any(len(side) != 1 for side in reasons):
        return None
    if reasons[0] != reasons[1]:
        return "changed limit"
    values = [{climb.value for climb in side} for side in sides]
    is_known = all(len(side) == 1 and None not in side for side in values)
    return "limit of another value" if is_known and values[0] != values[1] else None


def reasons(ceilings: Ceilings) -> tuple[str, ...]:
    """What stopped each side, in words, and what that leaves open."""
    sides = []
    for name, climbs in (("base", ceilings.base), ("new", ceilings.new)):
        if stops := " or ".join(dict.fromkeys(map(_stop, usable(climbs)))):
            sides.append(f"the {name} side {STOPPED_BY} {stops}")
    nothing = not met_limits(ceilings.base) and not met_limits(ceilings.new)
    open_end = "neither side always went as far as it could: the counts are the least they can be"
    return (*sides, *((open_end,) if nothing and len(sides) == 2 else ()), *ceilings.doubts)


STATUS_WORDS = {
    "budget": "the end of its time",
    "reserve": "the safety reserve",
    "max": "the requested count",
    "refused": "a refusal of which no limit is known",
    "killed": "a kill of which no limit is known",
}


def _stop(climb: Stopped) -> str:
    if climb.limit is None or not climb.met_a_limit:
        return STATUS_WORDS.get(climb.status, climb.status)
    value = f" = {climb.value:,}" if climb.value is not None else ""
    where = f" ({climb.where})" if climb.where else ""
    return f"{climb.limit}{value}{where}"
