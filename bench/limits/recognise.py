"""After launching: which limit it was, by how the launch ended, what was left, what has counted.

Told in this order: a sign that only one limit has; a counter of refusals that has moved; nothing
left for one more unit; little left. Where none of that holds, the limit is unknown.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from bench.limits.known import KNOWN
from bench.limits.machine import OOM_KILLS
from bench.limits.model import COUNTED, Ending, LimitState, Survey
from bench.limits.takes import Takes

# What may be left of a limit, in units against those alive, when it refuses all the same: others
# take numbers and give them back meanwhile; an allocator asks for a chunk, a table doubles.
NEAR_COUNTED = 0.02
NEAR_BYTES = 0.25
# A runner may keep memory ready that it lets go of when it is refused, so that it can still answer.
LET_GO_BYTES = 96 << 20


@dataclass(frozen=True)
class Cause:
    """The binding limit, where it stands, and why we say so. `limit` is `None` where unknown."""

    limit: str | None
    where: str | None
    evidence: tuple[str, ...]


@dataclass(frozen=True)
class Suspect:
    """A limit whose refusals look like the ending. `left` is in units; `moved` are its counters
    that went up."""

    allowance: LimitState
    left: float | None
    moved: tuple[str, ...]
    decisive: bool

    def rank(self, ending: Ending) -> tuple[bool, bool, bool, float]:
        """Least is the likeliest. Of an OOM kill the machine's counter says that it was one, a
        cgroup's that its limit was met: the cgroup's says more."""
        left = float("inf") if self.left is None else self.left
        met = any(not name.startswith("oom_kill") for name in self.moved)
        used_up = (self.moved if ending.dead else left < 1) or False
        return (not self.decisive, not used_up, not met, left)


def recognise(ending: Ending, surveys: Sequence[Survey], takes: Takes) -> Cause:
    """Names the limit that ended a launch. The last of `surveys` was made when the runner had been
    refused, or was dead: then only places that outlive it still tell. The one before it is the last
    that was made while it was whole, the first the one from before anything was launched."""
    first, before, now = surveys[0], surveys[-2], surveys[-1]
    moved = _moved(first.counters, now.counters)
    changes = tuple(_changes(first, now))
    kills = tuple(
        f"OOM kill counted: {name}: {text}"
        for name, text in moved.items()
        if name.startswith("oom_kill")
    )
    if ending.signal == "SIGKILL" and not kills:
        return Cause(None, None, (*_unexplained_kill(now), *changes))
    suspects = sorted(_suspects(ending, before, now, takes, moved), key=lambda s: s.rank(ending))
    likely = [one for one in suspects if _convicted(one, ending)]
    if not likely and ending.alive == 0:  # a filter refuses from the first unit on, or never
        likely = [one for one in suspects if one.allowance.resource == "filters"]
    if not likely:
        return Cause(None, None, (*_nothing_near(suspects), *changes))
    chosen = likely[0]
    evidence = (
        _state(chosen, ending),
        *(f"{name}: {moved[name]}" for name in chosen.moved if not name.startswith("oom_kill")),
        *(kills if ending.signal else ()),
        *_ties(chosen, likely[1:], ending),
        *changes,
    )
    return Cause(chosen.allowance.limit, chosen.allowance.where, evidence)


def _moved(before: Mapping[str, int], now: Mapping[str, int]) -> dict[str, str]:
    """The counters that went up, each as `2 → 3`."""
    return {
        name: f"{before[name]:,} → {count:,}"
        for name, count in now.items()
        if name in before and count > before[name]
    }


def _suspects(
    ending: Ending, before: Survey, now: Survey, takes: Takes, moved: Mapping[str, str]
) -> Iterable[Suspect]:
    """Every limit that stands somewhere and whose refusal would look like this one."""
    launched = ending.alive - before.units if ending.dead else 0
    for limit in KNOWN:
        fitting = [sign for sign in limit.signs if sign.fits(ending)]
        for one in _standing(before, now, ending.dead) if fitting else ():
            if one.limit == limit.name:
                yield Suspect(
                    allowance=one,
                    left=_left(one, takes, launched),
                    moved=tuple(name for name in one.witnesses if name in moved),
                    decisive=any(sign.decisive for sign in fitting),
                )


def _standing(before: Survey, now: Survey, dead: bool) -> tuple[LimitState, ...]:
    """The limits that have a value: as they are now, or, where the runner is dead and its use is
    gone with it, as they were."""
    seen = before.allowances if dead else now.allowances
    return tuple(one for one in seen if one.value is not None)


def _left(one: LimitState, takes: Takes, launched: int = 0) -> float | None:
    """Units that still fit, after `launched` more than when the allowance was read."""
    take = takes.get(one.resource) if one.resource else None
    if one.spare is None or (not take and one.spare > 0):
        return None
    return max(0.0, one.spare / take - launched) if take else 0.0


def _convicted(one: Suspect, ending: Ending) -> bool:
    """Whether there is enough against this limit to name it.

    The use of a dead runner is gone from everything that can be read, so there a counter has to
    speak, or words that only this limit causes, or what little was left at the last look."""
    if one.decisive or (one.moved and (ending.dead or _near(one, ending))):
        return True
    if ending.signal == "SIGKILL":
        return False
    return _near(one, ending)


def _near(one: Suspect, ending: Ending) -> bool:
    if one.left is None:
        return False
    counted = one.allowance.resource in COUNTED
    if not counted and (one.allowance.spare or 0) <= LET_GO_BYTES and not ending.dead:
        return True
    share = NEAR_COUNTED if counted else NEAR_BYTES
    unseen = ending.asked - ending.alive if ending.dead else 0
    return one.left <= max(1.0, share * ending.alive) + unseen


def _state(one: Suspect, ending: Ending) -> str:
    """What the limit was, and how much of it was in use."""
    held = one.allowance
    if held.resource == "filters":
        return held.notes[0]
    value = held.amount(held.value)
    if ending.dead or held.use is None:
        return f"{held.title} is {value}"
    left = "" if one.left is None or one.left < 1 else f", room for {one.left:,.0f} more at most"
    return f"{held.title} is {value}, {held.amount(held.use)} in use{left}"


def _ties(chosen: Suspect, others: Iterable[Suspect], ending: Ending) -> Iterable[str]:
    """Other limits that would have refused within one unit."""
    for one in others:
        if ending.dead or chosen.left is None or one.left is None:
            continue
        if abs(one.left - chosen.left) < 1 and one.left < 1:
            yield f"{one.allowance.title} binds within one unit of it: {_state(one, ending)}"


def _changes(before: Survey, now: Survey) -> Iterable[str]:
    """Limits that are not what they were when the launch began."""
    earlier = {one.key: one for one in before.allowances if one.known}
    later = {one.key: one for one in now.allowances if one.known}
    for key in dict.fromkeys((*earlier, *later)):
        old, new = earlier.get(key), later.get(key)
        was, is_ = old.value if old else None, new.value if new else None
        one = new or old
        if was == is_ or one is None:
            continue
        if old is None and not _stood(one, before):  # it could not be read before
            continue
        if new is None and not _stood(one, now):
            continue
        yield (f"{one.title} changed during the run, from {_said(one, was)} to {_said(one, is_)}")


def _stood(one: LimitState, survey: Survey) -> bool:
    """Whether the limit could be read at that time, so that its absence means unlimited."""
    same = [other for other in survey.allowances if other.limit == one.limit]
    return bool(same) and all(other.known for other in same)


def _said(one: LimitState, value: int | None) -> str:
    return "unlimited" if value is None else one.amount(value)


def _unexplained_kill(now: Survey) -> tuple[str, ...]:
    if not any(name.startswith("oom_kill") for name in now.counters):
        return ("no counter of OOM kills can be read here, so who killed it is unknown",)
    return (f"no counter of OOM kills moved (looked at {', '.join(_kill_names(now))}): not memory",)


def _kill_names(now: Survey) -> list[str]:
    return [name for name in now.counters if name.startswith("oom_kill") and name != OOM_KILLS] or [
        OOM_KILLS
    ]


def _nothing_near(suspects: Iterable[Suspect]) -> tuple[str, ...]:
    known = [one for one in suspects if one.left is not None]
    if not known:
        return ("no limit that could be read refuses in this way",)
    near = min(known, key=lambda one: one.left or 0)
    title = near.allowance.title
    return (f"no limit was used up: {title} came nearest, with room for {near.left:,.0f} more",)
