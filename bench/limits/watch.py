"""The limits of one runner, from its greeting to its end: read, predicted with, recognised."""

from __future__ import annotations

from bench.limits.known import named, survey
from bench.limits.model import COUNTED, Ending, Resource, Survey
from bench.limits.predict import (
    Holding,
    Prediction,
    Reserves,
    first_takes,
    predict,
    rising,
    takes,
)
from bench.limits.recognise import Cause, recognise
from bench.limits.runner import RunnerView
from bench.model.records import KERNEL, MOST_LIMITS, USER, Kind, Limit, Readings, Stop
from bench.system import System


class Watch:
    """Made when the runner has greeted and nothing is launched yet."""

    def __init__(
        self, system: System, pid: int, own_limits: tuple[str, ...] = (), kind: Kind = "task"
    ) -> None:
        self._kind = kind
        self._runner = RunnerView.of(system, pid, own_limits)
        self._surveys: list[Survey] = [survey(self._runner, 0)]
        self._bare = Holding.of(self._runner, 0, None, None)
        self._holdings: list[Holding] = []
        self._takes: dict[Resource, float | None] = {}
        self._rising: frozenset[Resource] = frozenset()

    def look(self, units: int, memory: Readings) -> None:
        """Reads what the runner holds at rest with `units` alive, and every limit."""
        self.hold(units, memory)
        self._surveys.append(survey(self._runner, units))

    def hold(self, units: int, memory: Readings) -> None:
        """Reads what the runner holds, which takes a few ms, and no limit. The takes are those of
        the units launched since the holding before."""
        now = Holding.of(self._runner, units, memory[USER].bytes, memory[KERNEL].bytes)
        self._learn(now)
        self._holdings.append(now)

    def _learn(self, now: Holding) -> None:
        """Compares with the bare runner, which has no unit yet, only where there is no other."""
        earlier = [one for one in self._holdings if 0 < one.units < now.units]
        if earlier or now.units:
            self._takes = takes(earlier or [self._bare], now)
            self._rising = rising(earlier, now)

    def predict(self, reserves: Reserves) -> Prediction:
        """How many units each limit allows, by what was read so far."""
        return predict(self._surveys[-1], self._takes, reserves, self._rising)

    def explained(self, stop: Stop, asked: int) -> Stop:
        """The stop of a launch to `asked` units, with the limit behind it where that is known. A
        runtime that ends itself where it is refused has been refused all the same."""
        dead = stop.status != "refused"
        cause = self.judge(
            Ending(stop.count, asked, stop.message, stop.errno, stop.signal, stop.stderr_tail, dead)
        )
        itself = stop.status == "failed" and cause.limit is not None
        return cause.of(stop, "refused" if itself else stop.status)

    def judge(self, ending: Ending) -> Cause:
        """Which limit ended the launch."""
        if not self._takes and ending.alive and not ending.dead:
            self._learn(Holding.of(self._runner, ending.alive, None, None))
        surveys = (*self._surveys, survey(self._runner, ending.alive))
        return recognise(ending, surveys, self._takes or first_takes(self._runner, self._kind))


def limits_of(prediction: Prediction) -> tuple[Limit, ...]:
    """The limits as a result keeps them."""
    return tuple(
        Limit(
            name=row.state.name,
            measure="count" if row.state.resource in COUNTED else "bytes",
            value=row.state.value,
            use=row.state.use,
            where=row.state.where,
            known=row.state.known,
            shared=row.state.shared,
            alive=row.seen,
            take=row.take,
            allows=row.units,
            at_most=row.at_most,
            lift=named(row.state.name).to_lift(row.state) if row.units is not None else "",
            notes=row.state.notes,
        )
        for row in prediction.rows[:MOST_LIMITS]
    )
