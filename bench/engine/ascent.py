"""The way up to a ceiling: in steps, then, from 80 % of the prediction, in slices of a quarter of
1 %: a runtime that dies where it is refused reports no more than the slice before.

Between steps nothing slow is read: a launch by slices takes as long as one without.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from bench.clock import Clock
from bench.engine.job import climb_stops
from bench.engine.lane import Lane
from bench.limits.machine import available_memory
from bench.limits.model import Allowance
from bench.model.records import Stop
from bench.system import System

NEAR = 0.8
SLICE = 0.0025
ENOUGH = 1.5  # a burst slows as it grows: the time to reach a count by the pace so far, times this
WORTH_STEPPING = 0.05  # the budget's end: a step of less than this share is not worth making


@dataclass(frozen=True)
class Ascent:
    """Takes one lane, its pilot made, as far as it goes. `started`, before the pilot, and
    `deadline` are on the clock."""

    lane: Lane
    system: System
    clock: Clock
    started: float
    deadline: float

    def go(self) -> None:
        """Up until something says no; then the lane's `stop` tells what."""
        self._step_up()
        self._slice_up()

    def _step_up(self) -> None:
        lane = self.lane
        for count in climb_stops(1 << 40):
            if lane.stop is not None or count >= (self._near() or count + 1):
                break
            if count > lane.alive:
                self._step(count)
        near = self._near()
        if lane.stop is None and near is not None and near > lane.alive:
            self._step(near)

    def _near(self) -> int | None:
        """80 % of what the nearest known limit allows now; `None` where none is known."""
        nearest = self.lane.foretold.nearest
        return None if nearest is None else int((nearest.kept or 0) * NEAR)

    def _step(self, count: int) -> None:
        """Not made where memory may be too short for the whole of it: slices may still fit."""
        if self._memory_is_short(count - self.lane.alive):
            return
        within = self._within_budget(count)
        if within is not None:
            self.lane.grow(within)
            self.lane.measure(within)
            if self.lane.stop is None:
                self.lane.look()

    def _slice_up(self) -> None:
        lane = self.lane
        while lane.stop is None:
            nearest = lane.foretold.nearest
            size = max(1, int(SLICE * ((nearest.kept if nearest else None) or lane.alive)))
            count = self._within_reserve(lane.alive + size)
            within = None if count is None else self._within_budget(count)
            if within is not None:
                lane.grow(within)
        if lane.stop.status in ("refused", "reserve", "budget"):
            lane.measure(lane.alive)

    def _within_reserve(self, count: int) -> int | None:
        """`count`, or what the reserves leave of it; `None` ends the climb."""
        lane = self.lane
        reserve = lane.foretold.reserve
        most = count if reserve is None else min(count, reserve.kept or 0)
        if reserve is not None and most <= lane.alive:
            self._end_at_reserve(reserve.allowance)
        elif self._memory_is_short(most - lane.alive):
            self._end_at_reserve(available_memory(self.system))
        else:
            return most
        return None

    def _memory_is_short(self, more: int) -> bool:
        """Whether the next units would eat into the reserve of memory, by the machine's own word:
        what was foretold may be wrong, and others may have taken more meanwhile."""
        now = available_memory(self.system)
        kept = self.lane.reserves.of(now)
        return kept > 0 and (now.spare or 0) - self.lane.forecast.burst_bytes(more) < kept

    def _end_at_reserve(self, held: Allowance) -> None:
        lane = self.lane
        kept, wall = held.amount(lane.reserves.of(held)), lane.foretold.wall
        lane.end(
            Stop(
                status="reserve",
                count=lane.alive,
                message=f"the reserve of {held.limit} is left to other processes",
                limit=held.limit,
                where=held.where,
                evidence=(f"{kept} of {held.limit} are kept for others",),
                projected=wall.units if wall else None,
            )
        )

    def _within_budget(self, count: int) -> int | None:
        """`count`, or as many as the time is enough for; `None` ends the climb."""
        lane = self.lane
        left = self.deadline - self.clock.monotonic() - lane.forecast.release_seconds(lane.alive)
        each = lane.forecast.burst_seconds(1) + lane.forecast.release_seconds(1)
        if lane.alive + left / each >= count:
            return count
        fitting = lane.alive + int(left / each)
        if fitting > lane.alive * (1 + WORTH_STEPPING):
            return fitting
        wall = lane.foretold.wall
        lane.end(
            Stop(
                status="budget",
                count=lane.alive,
                message=f"out of time: skipped {count:,}, too little time left",
                evidence=self._beyond_budget(each),
                projected=wall.units if wall else None,
            )
        )
        return None

    def _beyond_budget(self, each: float) -> tuple[str, ...]:
        """What would have come, and the budget for it, a unit taking `each` seconds in all."""
        wall, ceiling = self.lane.foretold.wall, self.lane.foretold.ceiling
        if wall is None or ceiling is None:
            return ()
        enough = self.clock.monotonic() - self.started + ENOUGH * each * ceiling
        return (
            f"{wall.allowance.title} would bind at about {wall.units:,} (projected)",
            f"to get there: --budget {math.ceil(enough / 10) * 10}",
        )
