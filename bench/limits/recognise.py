"""After launching: which limit it was, by how the launch ended, what was left, what has counted.

Tried in this order: a sign that only one limit has; a counter of refusals that has moved; nothing
left for one more unit; little left. Where none of that holds, the limit is unknown.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import msgspec

from bench.errors import REFUSALS
from bench.limits.known import KNOWN, named, survey
from bench.limits.model import COUNTED, Ending, LimitState, Resource, Survey
from bench.limits.predict import Takes
from bench.limits.readers import MACHINE, OOM_KILLS
from bench.limits.runner import RunnerView
from bench.model.records import Status, Stop
from bench.system import System

# What may be left of a limit, in units against those alive, when it refuses all the same: others
# take numbers and give them back meanwhile; an allocator asks for a chunk, a table doubles.
NEAR_COUNTED = 0.02
NEAR_BYTES = 0.25
# A runner may keep memory ready that it lets go of when it is refused, so that it can still answer.
LET_GO_BYTES = 96 << 20
KILLS = "oom_kill"  # the counters of OOM kills begin so

# What a start takes at most of each resource. A Go program reserves most address space.
STARTING: dict[Resource, float] = {
    "threads": 8,
    "mappings": 1_000,
    "descriptors": 32,
    "address space": 2 << 30,
    "data": 1 << 30,
    "memory": 64 << 20,
}
OWN: tuple[Resource, ...] = ("descriptors", "address space", "data", "threads")


@dataclass(frozen=True)
class Cause:
    """The binding limit, where it stands, and why we say so. `limit` is `None` where unknown."""

    limit: str | None
    where: str | None
    evidence: tuple[str, ...]

    def of(self, stop: Stop, status: Status) -> Stop:
        """The stop with this cause, and its own evidence after the cause's."""
        evidence = (*self.evidence, *stop.evidence)
        return msgspec.structs.replace(
            stop, status=status, limit=self.limit, where=self.where, evidence=evidence
        )


@dataclass(frozen=True)
class Suspect:
    """A limit whose refusals look like the ending. `left` is in units; `moved` are its counters
    that went up."""

    state: LimitState
    left: float | None
    moved: tuple[str, ...]
    decisive: bool

    def rank(self, ending: Ending) -> tuple[bool, bool, bool, float]:
        """Least is the likeliest. Of an OOM kill the machine's counter says that it was one, a
        cgroup's that its limit was met: the cgroup's says more."""
        left = float("inf") if self.left is None else self.left
        met = any(not name.startswith(KILLS) for name in self.moved)
        used_up = bool(self.moved) if ending.dead else left < 1
        return (not self.decisive, not used_up, not met, left)

    def is_near(self, ending: Ending) -> bool:
        """Whether little of the limit was left."""
        if self.left is None:
            return False
        counted = self.state.resource in COUNTED
        if not counted and (self.state.spare or 0) <= LET_GO_BYTES and not ending.dead:
            return True
        share = NEAR_COUNTED if counted else NEAR_BYTES
        unseen = ending.asked - ending.alive if ending.dead else 0
        return self.left <= max(1.0, share * ending.alive) + unseen

    def is_likely(self, ending: Ending) -> bool:
        """Whether there is enough against this limit to name it.

        The use of a dead runner is gone from everything that can be read, so there a counter has to
        speak, or words that only this limit causes, or what little was left at the last look."""
        if self.decisive or (self.moved and ending.dead):
            return True
        return self.is_near(ending) and (bool(self.moved) or ending.signal != "SIGKILL")

    def in_words(self, ending: Ending) -> str:
        """What the limit was, and how much of it was in use."""
        if self.state.resource == "filters":
            return self.state.notes[0]
        if ending.dead or self.state.use is None:
            return f"{self.state.title} is {self.state.amount(self.state.value)}"
        room = (
            ""
            if self.left is None or self.left < 1
            else f", room for {self.left:,.0f} more at most"
        )
        return f"{self.state.in_words}{room}"


def recognise(ending: Ending, surveys: Sequence[Survey], takes: Takes) -> Cause:
    """Names the limit that ended a launch. The last of `surveys` was made when the runner had been
    refused, or was dead: then only places that outlive it say anything. The one before it is the
    last that was made while it was whole, the first the one from before anything was launched."""
    first, before, now = surveys[0], surveys[-2], surveys[-1]
    moved = {
        name: f"{first.counters[name]:,} → {count:,}"
        for name, count in now.counters.items()
        if count > first.counters.get(name, count)
    }
    changes = tuple(_changes(first, now))
    kills = [f"OOM kill counted: {name}: {moved[name]}" for name in moved if name.startswith(KILLS)]
    if ending.signal == "SIGKILL" and not kills:
        read = [name for name in now.counters if name.startswith(KILLS)]
        groups = [name for name in read if name != OOM_KILLS]
        why = "no counter of OOM kills can be read here, so the reason is unknown"
        if read:
            looked = ", ".join(groups or read)
            why = f"no counter of OOM kills moved (looked at {looked}): not memory"
        return Cause(None, None, (why, *changes))
    suspects = sorted(_suspects(ending, before, now, takes, moved), key=lambda s: s.rank(ending))
    likely = [one for one in suspects if one.is_likely(ending)]
    if not likely and ending.alive == 0:  # a filter refuses from the first unit on, or never
        likely = [one for one in suspects if one.state.resource == "filters"]
    if not likely:
        why = "no limit that could be read refuses in this way"
        left = {one.state.title: one.left for one in suspects if one.left is not None}
        if left:
            nearest = min(left, key=left.__getitem__)
            room = f"with room for {left[nearest]:,.0f} more"
            why = f"no limit was used up: {nearest} came nearest, {room}"
        return Cause(None, None, (why, *changes))
    chosen = likely[0]
    ties = [] if ending.dead or chosen.left is None else likely[1:]
    evidence = (
        chosen.in_words(ending),
        *(f"{name}: {moved[name]}" for name in chosen.moved if not name.startswith(KILLS)),
        *(kills if ending.signal else ()),
        *(
            f"{one.state.title} binds within one unit of it: {one.in_words(ending)}"
            for one in ties
            if one.left is not None and one.left < 1 and abs(one.left - (chosen.left or 0)) < 1
        ),
        *changes,
    )
    return Cause(chosen.state.name, chosen.state.where, evidence)


def _suspects(
    ending: Ending, before: Survey, now: Survey, takes: Takes, moved: Mapping[str, str]
) -> Iterator[Suspect]:
    """Every limit that has a value and whose refusal would look like this one: as it is now, or,
    where the runner is dead and its use gone with it, as it was, less what was launched since."""
    seen = before.states if ending.dead else now.states
    launched = ending.alive - before.units if ending.dead else 0
    for limit in KNOWN:
        fitting = [sign for sign in limit.signs if sign.fits(ending)]
        for state in seen if fitting else ():
            if state.name != limit.name or state.value is None:
                continue
            take = takes.get(state.resource) if state.resource else None
            left = None
            if state.spare is not None and (take or state.spare <= 0):
                left = max(0.0, state.spare / take - launched) if take else 0.0
            yield Suspect(
                state,
                left,
                tuple(name for name in state.counters if name in moved),
                any(sign.decisive for sign in fitting),
            )


def _changes(before: Survey, now: Survey) -> Iterator[str]:
    """Limits that are not what they were when the launch began. The absence of one means that it is
    unlimited, but only where every state of this limit could be read at that time."""
    earlier, later = ({s.key: s for s in survey.states if s.known} for survey in (before, now))
    readable = [
        {s.name for s in survey.states} - {s.name for s in survey.states if not s.known}
        for survey in (before, now)
    ]
    for key in dict.fromkeys((*earlier, *later)):
        one = later.get(key) or earlier[key]
        values = [states[key].value if key in states else None for states in (earlier, later)]
        unknown = any(
            key not in states and one.name not in names
            for states, names in zip((earlier, later), readable, strict=True)
        )
        if values[0] != values[1] and not unknown:
            was, is_ = ("unlimited" if value is None else one.amount(value) for value in values)
            yield f"{one.title} changed during the run, from {was} to {is_}"


def start_explained(system: System, stop: Stop, runner: int | None) -> Stop:
    """The stop of a runner that never said hello, or of a harness that could not look at it: with
    the limit that refused that, where one did. `runner` is its process id, unreaped."""
    cause = refused_start(
        system, stop.message, stop.errno, stop.stderr_tail, stop.signal, runner=runner
    )
    return stop if cause.limit is None else cause.of(stop, "refused")


def refused_start(
    system: System,
    message: str,
    errno: int | None = None,
    stderr: str = "",
    signal: str | None = None,
    surely: bool = True,
    runner: int | None = None,
) -> Cause:
    """Which limit refused the start of a runner, or something to the harness itself, though nothing
    of the runner is left to be looked at.

    A child has the harness's own limits, and its cgroups, so the harness is looked at; and a runner
    that has ended but is not reaped yet (`runner`, its process id), whose command may set limits
    for it alone (`prlimit`). `stderr` is what was written to standard error. Where the words do not
    name the limit, it is the one that leaves no room for a start, if there is one; unless something
    else may have gone wrong (`surely`), as it has where the system gave a reason that no limit
    has."""
    now = survey(RunnerView.of(system, os.getpid()), 0)
    ending = Ending(0, 1, message, errno, signal, stderr)
    ours = {state.key: state.value for state in now.states}
    # Lower for the runner than for the harness. A crash may be a refusal without a word.
    lower = [
        (state.value, state)
        for state in (survey(RunnerView.of(system, runner), 0).states if runner else ())
        if state.value is not None
        and state.value < (ours.get(state.key) or state.value + 1)
        and (ending.signal or any(sign.fits(ending) for sign in named(state.name).signs))
    ]
    tight = _tightest(lower)
    if tight is not None:
        words = f"{tight.title} is {tight.amount(tight.value)} for the runner alone"
        return Cause(tight.name, tight.where, (f"{words}: no room for a start",))
    cause = recognise(ending, (now, now, now), STARTING)
    if cause.limit is None and surely and (errno is None or errno in REFUSALS):
        # Of those that are set for few processes.
        few = [(s.spare, s) for s in now.states if s.spare is not None and s.where != MACHINE]
        tight = _tightest(few)
        if tight is not None:
            evidence = f"{tight.in_words}: no room for a start"
            return Cause(tight.name, tight.where, (evidence,))
    return cause if cause.limit is not None else Cause(None, None, ())


def _tightest(rooms: Sequence[tuple[int, LimitState]]) -> LimitState | None:
    """The limit whose room is least beside what a start takes of it; `None` where all leave
    enough. Only resources that a process has for itself are looked at."""
    shares = [
        (room / STARTING[state.resource], state) for room, state in rooms if state.resource in OWN
    ]
    share, state = min(shares, key=lambda pair: pair[0], default=(1.0, None))
    return state if share < 1 else None
