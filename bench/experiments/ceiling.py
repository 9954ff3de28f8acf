"""The ceiling experiment: how far each runtime goes, what stops it, and what was predicted.

A pilot, steps, then, from 80 % of the prediction, slices. Between steps nothing slow is read: a
launch by slices takes as long as one without. The limits' own question, without the launch, is the
pilot alone.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated

from msgspec import Meta

from bench.engine import events
from bench.engine.budget import climb_stops
from bench.engine.session import LiveSession
from bench.errors import MeasureError
from bench.experiments.base import Run, Target, noted
from bench.limits.cgroups import OOM_GROUP
from bench.limits.model import LimitState
from bench.limits.predict import DEFAULT_RESERVES, Reserves
from bench.limits.readers import available_memory
from bench.model.records import (
    CLIMB,
    Kind,
    Machine,
    Plan,
    Record,
    Result,
    Session,
    Spec,
    Stop,
)

LEAST_SECONDS, MOST_SECONDS = 60.0, 900.0  # of a case without a budget
# The pilot is a few units, to see what one takes of every limit. Thirds: what counts is the
# marginal take over the last of them. The low ones are for limits that bind before the high ones.
RUNGS = (10, 20, 30, 100, 200, 300, 1_000, 2_000, 3_000)
NEAR = 0.8
# A runtime of tasks may die where it is refused, and then reports no more than the slice before.
# Threads are refused one at a time: there finer slices would cost time and tell nothing.
SLICE: dict[Kind, float] = {"thread": 0.01, "task": 0.0025}
ENOUGH = 1.5  # a burst slows as it grows: the time to reach a count by the pace so far, times this
WORTH_STEPPING = 0.05  # the budget's end: a step of less than this share is not worth making


class CeilingOptions(Record, frozen=True, kw_only=True):
    """What the user asked for. `budget` is for each case; `None` is as long as its limit is
    expected to take."""

    budget: Annotated[float, Meta(gt=0, le=1e9)] | None = None
    reserves: Reserves = DEFAULT_RESERVES


class CeilingRun:
    """Takes each case as far as it goes. `save` is given the result so far after each."""

    def __init__(
        self,
        options: CeilingOptions,
        targets: Sequence[Target],
        machine: Machine,
        observe: events.Observer,
        save: Callable[[Result], None],
        spec: Spec | None = None,
    ) -> None:
        self._options = options
        plan = Plan(
            sweeps=0,
            seed=0,
            climb=True,
            budget_seconds=options.budget,
            settings=noted(targets),
            preset="ceiling",
        )
        self._run = Run("ceiling", plan, targets, machine, observe, save, spec)

    def run(self) -> Result:
        """Raises `MeasureError` where nothing can run; an `Interrupted` passes through, what is
        finished being saved by then."""
        run, each = self._run, self._options.budget or LEAST_SECONDS
        ready = run.built(self._keep_refused)
        run.start(len(ready) * each)

        def note(text: str) -> None:
            run.observe(events.Note(text))

        for number, target in enumerate(ready, 1):
            run.take(self._session(target), to_the_ceiling(self._options.budget, note))
            run.observe(events.TimeLeft((len(ready) - number) * each))
        return run.ledger.finish()

    def _session(self, target: Target) -> LiveSession:
        return self._run.session(target, target.job(CLIMB, 1, ()), self._options.reserves)

    def _keep_refused(self, target: Target, stop: Stop, _: MeasureError) -> None:
        """A ceiling of none: a limit refused what the build takes."""
        live = self._session(target)
        live.end(stop)
        self._run.keep(live)


def to_the_ceiling(
    budget: float | None, note: Callable[[str], None] = lambda message: None
) -> Callable[[LiveSession], None]:
    """How a session goes as far as it can, within a budget in seconds; without one, as long as its
    limit is expected to take. `note` is told of a long way, and beforehand of what would end the
    harness as well."""

    def drive(live: LiveSession) -> None:
        started = live.rig.clock.monotonic()
        pilot(live)
        seconds = budget
        if seconds is None:
            seconds = min(max(LEAST_SECONDS, enough_seconds(live, started)), MOST_SECONDS)
            if seconds > LEAST_SECONDS:
                note(f"{live.job.entry.name} may take {seconds:,.0f} s to its limit")
        # Where the kernel kills a cgroup as a whole, the harness goes too, and tells nothing more.
        known = dict.fromkeys(words for limit in live.limits for words in limit.notes)
        for danger in (words for words in known if OOM_GROUP in words):
            note(f"{danger}, the harness too")
        Ascent(live, started, started + seconds, is_given=budget is not None).go()
        live.release()

    return drive


def pilots(
    options: CeilingOptions, targets: Sequence[Target], tell: Callable[[str], None]
) -> tuple[Session, ...]:
    """The pilot of each case alone: what every limit allows, nothing more being launched.

    Raises `MeasureError` where no case can run."""
    made = []
    for target in targets:
        try:
            if target.case.reason is not None:
                raise MeasureError(target.case.reason)
            target.rig.prepare(target.entry, lambda words: tell(f"building with {words}"))
        except MeasureError as error:
            tell(f"{target.key} is left out: {error}")
            continue
        live = LiveSession(target.job(CLIMB, 1, ()), target.rig, reserves=options.reserves)
        live.run(_pilot_alone)
        made.append(live.record(live.began))
    if not made:
        raise MeasureError("none of the requested runtimes can run here; see above")
    return tuple(made)


def _pilot_alone(live: LiveSession) -> None:
    pilot(live)
    live.end_with("max", "the trial run was done")
    live.release()


def pilot(live: LiveSession) -> None:
    """Goes up the rungs, as far as no limit is predicted to bind before the next, and keeps what
    is predicted at each as the prediction. A refusal on the way ends the session."""
    live.look()
    live.settle_prediction()
    for rung in RUNGS:
        nearest, reserve = live.prediction.nearest, live.prediction.reserve
        if nearest is not None and (nearest.units or 0) < rung:
            break
        if reserve is not None and (reserve.kept or 0) < rung:
            break
        live.grow(rung)
        live.measure(awake=True)
        if live.stop is not None:
            break
        live.look()
        live.settle_prediction()


@dataclass
class Ascent:
    """Takes one session, its pilot made, as far as it goes. `started`, before the pilot, and
    `deadline` are on the clock. A deadline that no user gave (`is_given`) moves with what is
    expected, up to `MOST_SECONDS`."""

    live: LiveSession
    started: float
    deadline: float
    is_given: bool

    def go(self) -> None:
        """Up until something says no; then the session's `stop` says what."""
        live = self.live
        for count in climb_stops(1 << 40):
            if live.stop is not None or count >= (self._near() or count + 1):
                break
            if count > live.alive:
                self._step(count)
        near = self._near()
        if live.stop is None and near is not None and near > live.alive:
            self._step(near)
        self._slice_up()

    def _near(self) -> int | None:
        """80 % of what the nearest known limit allows now; `None` where none is known."""
        nearest = self.live.prediction.nearest
        return None if nearest is None else int((nearest.kept or 0) * NEAR)

    def _step(self, count: int) -> None:
        """Not made where memory may be too short for the whole of it: slices may still fit."""
        live = self.live
        if self._memory_is_short(count - live.alive):
            return
        within = self._within_budget(count)
        if within is not None:
            live.grow(within)
            live.measure(awake=True)
            if live.stop is None:
                live.look()

    def _slice_up(self) -> None:
        live, share = self.live, SLICE[self.live.job.entry.kind]
        while live.stop is None:
            nearest = live.prediction.nearest
            size = max(1, int(share * ((nearest.kept if nearest else None) or live.alive)))
            count = self._within_reserve(live.alive + size)
            within = None if count is None else self._within_budget(count)
            if within is not None:
                live.grow(within)
        if live.stop.status in ("refused", "reserve", "budget"):
            live.measure(awake=True)

    def _within_reserve(self, count: int) -> int | None:
        """`count`, or what the reserves leave of it; `None` ends the climb."""
        live = self.live
        reserve = live.prediction.reserve
        most = count if reserve is None else min(count, reserve.kept or 0)
        if reserve is not None and most <= live.alive:
            self._end_at_reserve(reserve.state)
        elif self._memory_is_short(most - live.alive):
            self._end_at_reserve(available_memory(live.rig.system))
        else:
            return most
        return None

    def _memory_is_short(self, more: int) -> bool:
        """Whether the next units would eat into the reserve of memory, by the machine's own word:
        the prediction may be wrong, and others may have taken more meanwhile."""
        now = available_memory(self.live.rig.system)
        kept = self.live.reserves.of(now)
        return kept > 0 and (now.spare or 0) - self.live.forecast.burst_bytes(more) < kept

    def _end_at_reserve(self, held: LimitState) -> None:
        live = self.live
        kept = held.amount(live.reserves.of(held))
        live.end(
            Stop(
                status="reserve",
                count=live.alive,
                message=f"the reserve of {held.name} is left to other processes",
                limit=held.name,
                where=held.where,
                evidence=(f"{kept} of {held.name} stay free for other processes",),
            )
        )

    def _within_budget(self, count: int) -> int | None:
        """`count`, or as many as the time is enough for; `None` ends the climb."""
        live = self.live
        clock, forecast = live.rig.clock, live.forecast
        if not self.is_given:  # a burst slows as it grows, and the first steps cannot tell
            enough = min(enough_seconds(live, self.started), MOST_SECONDS)
            self.deadline = max(self.deadline, self.started + enough)
        left = self.deadline - clock.monotonic() - forecast.release_seconds(live.alive)
        each = forecast.burst_seconds(1) + forecast.release_seconds(1)
        if live.alive + left / each >= count:
            return count
        fitting = live.alive + int(left / each)
        if fitting > live.alive * (1 + WORTH_STEPPING):
            return fitting
        message, beyond = f"out of time: skipped {count:,}, too little time left", []
        if (wall := live.prediction.wall) is not None:
            seconds = enough_seconds(live, self.started)
            beyond.append(f"{wall.state.title} would stop it at about {wall.units:,} (projected)")
            beyond.append(f"to get there: --budget {seconds:.0f}")
        live.end(Stop(status="budget", count=live.alive, message=message, evidence=tuple(beyond)))
        return None


def enough_seconds(live: LiveSession, started: float) -> float:
    """The budget in which the predicted ceiling should be reached, from `started` on; 0 where none
    is predicted."""
    ceiling = live.prediction.ceiling
    if ceiling is None:
        return 0.0
    each = live.forecast.burst_seconds(1) + live.forecast.release_seconds(1)
    spent = live.rig.clock.monotonic() - started
    return math.ceil((spent + ENOUGH * each * ceiling) / 10) * 10
