"""Which sessions and which of their steps a metric is made from: the one rule.

A figure without a count (bytes per unit, start latency) is made from the repeats, at their highest
count (`choose`); from the climb only where no repeat was finished. A figure at a count is made from
the repeats that stopped at that count, and from the climb at any other (`steps_by_count`). So the
two agree wherever both have a value; whatever shows a value of the second kind shows its count.
"""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import msgspec

from bench.derive.doubts import is_busy, slowed
from bench.model.records import (
    BURST_FROM_NOTHING,
    CLIMB,
    REPEAT,
    Result,
    Session,
    Step,
    Stop,
)

LIKE = 0.1  # sessions whose last stops differ by more than this share are not pooled
SPREAD = 10  # N is this many times n
ENDED = frozenset({"refused", "killed"})  # ends of a launch that no harness chose
RISING = (CLIMB, BURST_FROM_NOTHING, REPEAT)  # whose word counts more and more


@dataclass(frozen=True)
class Stops:
    """The step at N units, and the one at n units (N/10) where the session has one: the two between
    which a unit's cost is a difference."""

    session: Session
    last: Step
    first: Step | None

    @property
    def steps(self) -> tuple[Step, ...]:
        """Those that there are, and the session's first, whose burst came from nothing."""
        return tuple(step for step in (self.session.steps[0], self.first, self.last) if step)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What was noted while the session and its two steps were made."""
        first = self.first.warnings if self.first else ()
        refused = f"the stop at {self.last.alive:,} was refused, not chosen"
        noted = (*self.session.warnings, *first, *self.last.warnings)
        return (*noted, refused) if self.last.refusal else noted


@dataclass(frozen=True)
class Choice:
    """The sessions behind a runtime's figures, and the doubts about all of them alike."""

    stops: tuple[Stops, ...]
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class CaseSessions:
    """The sessions of one case, in the order in which they ran. `slow`: the machine was slower
    through most of the run than at its best."""

    case: str
    sessions: tuple[Session, ...]
    slow: bool = False

    def of(self, purpose: str) -> tuple[Session, ...]:
        """Those made for one purpose."""
        return tuple(session for session in self.sessions if session.purpose == purpose)

    def doubts(self, session: Session, steps: Iterable[Step]) -> tuple[str, ...]:
        """The doubts about what is made from these steps of a session."""
        seen = dict.fromkeys(name for step in steps for name in step.doubts)
        return (*seen, "busy") if self.slow or is_busy(session) else (*seen,)

    @cached_property
    def choice(self) -> Choice:
        """The stops of the case's headline metrics."""
        return choose(self.sessions)

    @cached_property
    def bursts(self) -> Choice:
        """The stops of its bursts from nothing."""
        return choose_bursts(self.sessions)


def cases_of(result: Result) -> tuple[CaseSessions, ...]:
    """The cases that ran, in the result's order, each with its sessions."""
    slow = slowed(result.control)
    every = (
        CaseSessions(key, tuple(s for s in result.sessions if s.case == key), slow)
        for key in dict.fromkeys(case.key for case in result.cases)
    )
    return tuple(case for case in every if case.sessions)


def farthest(sessions: Sequence[Session]) -> Session:
    """The climb that went farthest; without a climb, any session that did. One for which there was
    no time at all is none."""
    climbs = [
        session
        for session in sessions
        if session.purpose == CLIMB and (session.stop.count or session.stop.status != "budget")
    ]
    return max(climbs or sessions, key=lambda session: session.stop.count)


def farthest_stop(sessions: Sequence[Session]) -> Stop:
    """Why one runtime's launch went no further, with the most units that were alive at once.

    The climb says why, since nothing else tries to go further. Where it ran out of time, or kept a
    reserve, under a count that another session reached, that count was alive all the same; where it
    was refused there, the other session's end is the truer one.
    """
    stop = farthest(sessions).stop
    most = max((session.stop for session in sessions), key=lambda one: one.count)
    if most.count <= stop.count:
        return stop
    if stop.status in ENDED:
        return most
    return msgspec.structs.replace(stop, count=most.count)


def choose(sessions: Sequence[Session]) -> Choice:
    """The stops of one runtime's headline figures.

    Repeats with two stops; where none was finished, the climb with its widest fitting stops;
    where there is neither, a single step, which gives times but no slope.
    """
    short = _stops_of(sessions, REPEAT)
    climbs = _stops_of(sessions, CLIMB)
    made = sum(session.purpose == REPEAT for session in sessions)
    if pairs := [stops for stops in short if stops.first]:
        return _pooled(pairs, made)
    if pairs := [stops for stops in climbs if stops.first]:
        chosen = _farthest(pairs)
        steps = " and ".join(f"{step.alive:,}" for step in (chosen.first, chosen.last) if step)
        return Choice((chosen,), (f"no repeat was finished: from one climb, its steps at {steps}",))
    if short:
        return _pooled(short, made)
    return Choice((_farthest(climbs),) if climbs else ())


def choose_bursts(sessions: Sequence[Session]) -> Choice:
    """The stops of one case's bursts from nothing: of the sessions that go straight to N; where
    there are none, the first stop of each session behind the other figures."""
    bursts = _stops_of(sessions, BURST_FROM_NOTHING)
    made = sum(session.purpose == BURST_FROM_NOTHING for session in sessions)
    return _pooled(bursts, made, "bursts") if bursts else choose(sessions)


def steps_by_count(
    sessions: Sequence[Session], has: Callable[[Session, Step], bool]
) -> dict[int, tuple[tuple[Session, Step], ...]]:
    """The steps of one case at each count, each with its session, the fewest units first. `has`
    says whether a step has the value in question: repeats do not take all that a climb takes at a
    count. A step at which the machine swapped is not used, nor one of a leak session."""
    found: dict[int, tuple[tuple[Session, Step], ...]] = {}
    for purpose in RISING:
        at: dict[int, list[tuple[Session, Step]]] = defaultdict(list)
        for session in sessions:
            for step in session.steps if session.purpose == purpose else ():
                if step.alive and not step.swapped and has(session, step):
                    at[step.alive].append((session, step))
        found |= {count: tuple(steps) for count, steps in at.items()}
    return dict(sorted(found.items()))


def stops_of(session: Session) -> Stops | None:
    """The two stops of one session; `None` where no step is usable.

    N is the highest step, n the highest at or under N/10, or else the lowest. A step at which the
    machine swapped is not used; one that was refused only where there are not two others.
    """
    steady = [step for step in session.steps if not step.swapped and step.alive]
    whole = [step for step in steady if step.refusal is None]
    steps = sorted(whole if len(whole) > 1 else steady, key=lambda step: step.alive)
    if not steps:
        return None
    last = steps[-1]
    lower = [step for step in steps if step.alive < last.alive]
    fitting = [step for step in lower if step.alive * SPREAD <= last.alive]
    return Stops(session, last, first=(fitting[-1] if fitting else lower[0]) if lower else None)


def _stops_of(sessions: Iterable[Session], purpose: str) -> list[Stops]:
    found = (stops_of(session) for session in sessions if session.purpose == purpose)
    return [stops for stops in found if stops]


def _pooled(found: Sequence[Stops], made: int, name: str = "repeats") -> Choice:
    """The sessions that stopped at about the same count: a unit's cost moves with N."""
    count = statistics.median_high(stops.last.alive for stops in found)
    alike = tuple(stops for stops in found if abs(stops.last.alive - count) <= LIKE * count)
    warnings = []
    if len(found) < made:
        warnings.append(f"{made - len(found)} of {made} {name} could not be used")
    if len(alike) < len(found):
        others = len(found) - len(alike)
        warnings.append(f"{others} of {made} {name} ended far from {count:,}: left out")
    return Choice(alike, tuple(warnings))


def _farthest(found: Sequence[Stops]) -> Stops:
    return max(found, key=lambda stops: stops.last.alive)
