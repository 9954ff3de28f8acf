"""Pairs of processes that are all alike, as a job of two sides makes them: all is noise."""

from __future__ import annotations

import math
from collections.abc import Callable

from msgspec.structs import replace

from bench.engine import events
from bench.experiments.pairs import PairsExperiment
from bench.experiments.side import Contender, PairsRequest
from bench.model.records import Machine, Result


class AlikeExperiment:
    """A job whose two sides are the same. `save` is given one result with the sweeps of both."""

    def __init__(
        self,
        request: PairsRequest,
        side: Contender,
        machine: Machine,
        observe: events.Observer,
        save: Callable[[Result], None],
    ) -> None:
        self._pairs = request.looks[-1]
        self._looks = request.looks
        self._budget_seconds = request.budget_seconds
        self._clock = side.rig.clock
        self._observe, self._save = observe, save
        self._sides: dict[str, Result] = {}
        self._job = PairsExperiment(
            request,
            (side, side),
            machine,
            lambda _base, _new: request.wanted,
            self._pass_on,
            (self._keep, self._keep),
        )

    def run(self) -> Result:
        """Makes the whole job: all pairs, or as many as the budget is enough for. Raises as
        `PairsExperiment` does."""
        self._began = self._clock.monotonic()
        return as_one(*self._job.run())

    def _keep(self, result: Result) -> None:
        assert result.side is not None
        self._sides[result.side.name] = result
        self._save(as_one(*self._sides.values()))

    def _pass_on(self, event: events.Event) -> None:
        """A job tells of the way to its next look; nobody looks at these pairs before their end."""
        match event:
            case events.RunStarted():
                seconds = event.seconds * self._pairs / self._looks[0]
                self._observe(events.RunStarted(event.runtimes, min(seconds, self._budget_left())))
            case events.PairStarted():
                self._observe(events.PairStarted(event.number, self._pairs))
                if made := event.number - 1:
                    each = (self._clock.monotonic() - self._began) / made
                    left = min(each * (self._pairs + 1 - event.number), self._budget_left())
                    self._observe(events.TimeLeft(left))
            case events.TimeLeft():
                pass
            case _:
                self._observe(event)

    def _budget_left(self) -> float:
        if self._budget_seconds is None:
            return math.inf
        return max(0.0, self._budget_seconds - (self._clock.monotonic() - self._began))


def as_one(*sides: Result) -> Result:
    """One result with the sweeps of both sides, in the order in which they were made. Of pair n the
    base has round 2n − 1 and the new side 2n."""
    sweeps = (
        replace(sweep, round=2 * sweep.round - (side.side is not None and side.side.name == "base"))
        for side in sides
        for sweep in side.sessions
    )
    return replace(
        sides[0],
        command="noise",
        side=None,
        finished=min(side.finished or "" for side in sides) or None,
        sessions=tuple(sorted(sweeps, key=lambda sweep: sweep.started_seconds)),
    )
