"""What a unit will cost, guessed at first and learned from each finished step.

A forecast serves deadlines, budgets and reserves; no figure is ever made from it. It is a value:
learning gives a new one.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bench.model.records import KERNEL, USER, Readings, Step, reading
from runners.catalogue import Entry

START_SECONDS = 0.25  # a fresh process until its first reply, and its end
STEP_SECONDS = 0.08  # settling, reading and probing at one step
LEAST_SECONDS = 1e-6  # no burst takes none, whatever a runner says
WORTH_LEARNING = 200  # units: a smaller burst says more about the clock than about the runtime
# Tables and lists double as they grow: before the next step, half as much again may be needed.
GROWTH_MARGIN = 1.25


@dataclass(frozen=True)
class Forecast:
    """Seconds and bytes one unit is expected to take to launch, and seconds to release."""

    unit_seconds: float
    unit_bytes: float
    unit_release_seconds: float

    @classmethod
    def of(cls, entry: Entry) -> Forecast:
        """The catalogue's guess."""
        guess = entry.guess
        return cls(guess.seconds, guess.bytes, guess.seconds / 2)

    def learned(self, before: Readings | None, step: Step) -> Forecast:
        """What `step` taught; `before` is the memory ahead of its burst. A release says nothing
        until it has happened, so its guess keeps its proportion to the launch."""
        if step.spawned < WORTH_LEARNING:
            return self
        seconds = max(step.burst_seconds, LEAST_SECONDS) / step.spawned
        grown = total_bytes(step.readings, before)
        return Forecast(
            seconds,
            max(grown / step.spawned, 1.0) if grown is not None else self.unit_bytes,
            self.unit_release_seconds * seconds / self.unit_seconds,
        )

    def released(self, units: int, seconds: float) -> Forecast:
        """The same, with what a release of `units` took."""
        if units < WORTH_LEARNING:
            return self
        seconds = max(seconds, LEAST_SECONDS)
        return dataclasses.replace(self, unit_release_seconds=seconds / units)

    def burst_seconds(self, units: int) -> float:
        return units * self.unit_seconds

    def burst_bytes(self, units: int) -> float:
        """Upper estimate of what `units` further ones take."""
        return units * self.unit_bytes * GROWTH_MARGIN

    def release_seconds(self, units: int) -> float:
        return units * self.unit_release_seconds

    def sweep_seconds(self, stops: Iterable[int]) -> float:
        """A whole sweep through growing counts: start, bursts, steps, release."""
        counts = list(stops)
        most = max(counts, default=0)
        work = self.burst_seconds(most) + self.release_seconds(most)
        return START_SECONDS + len(counts) * STEP_SECONDS + work

    def leak_seconds(self, units: int, cycles: int) -> float:
        """A leak sweep: cycles of grow and release."""
        cycle = STEP_SECONDS + self.burst_seconds(units) + self.release_seconds(units)
        return START_SECONDS + cycles * cycle


def total_bytes(now: Readings, before: Readings | None) -> int | None:
    """What user and kernel memory have grown by; `None` where either is not known."""
    if before is None:
        return None
    total = 0
    for name in (USER, KERNEL):
        was, is_ = reading(before, name).bytes, reading(now, name).bytes
        if was is None or is_ is None:
            return None
        total += is_ - was
    return total


def bytes_per_unit(steps: Sequence[Step]) -> float | None:
    """All memory of a unit, as a result's figures have it: from the first step of a sweep to the
    last, so that what the process itself has come to take is no part of it. `None` for one step."""
    if not steps or steps[-1].alive <= steps[0].alive:
        return None
    grown = total_bytes(steps[-1].readings, steps[0].readings)
    return None if grown is None else grown / (steps[-1].alive - steps[0].alive)
