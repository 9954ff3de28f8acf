"""The limits of one runner, from its greeting to its end: read, predicted with, recognised."""

from __future__ import annotations

import msgspec

from bench.limits.child import RunnerView
from bench.limits.known import named, survey
from bench.limits.model import COUNTED, Ending, Resource, Survey
from bench.limits.predict import Allowed, Prediction, Reserves, predict
from bench.limits.recognise import Cause, recognise
from bench.limits.takes import Holding, first_takes, rising, takes
from bench.model.records import KERNEL, MOST_LIMITS, USER, Kind, Limit, Readings, Stop
from bench.system import System


class Watch:
    """Made when the runner has greeted and nothing is launched yet."""

    def __init__(self, system: System, pid: int, language: str, kind: Kind = "task") -> None:
        self._kind = kind
        self._child = RunnerView.of(system, pid, language)
        self._surveys: list[Survey] = [survey(self._child, 0)]
        self._bare = Holding.of(self._child, 0, None, None)
        self._holdings: list[Holding] = []
        self._takes: dict[Resource, float | None] = {}
        self._rising: frozenset[Resource] = frozenset()

    def look(self, units: int, memory: Readings) -> None:
        """Takes in what the runner holds at rest with `units` alive, and how every limit stands."""
        self.hold(units, memory)
        self._surveys.append(survey(self._child, units))

    def hold(self, units: int, memory: Readings) -> None:
        """Takes in what the runner holds, which takes a few ms, and looks at no limit. The takes
        are those of the units launched since the holding before."""
        now = Holding.of(self._child, units, memory[USER].bytes, memory[KERNEL].bytes)
        self._learn(now)
        self._holdings.append(now)

    def _learn(self, now: Holding) -> None:
        """The bare runner, with no unit yet, is what is compared with only for want of better."""
        earlier = [one for one in self._holdings if 0 < one.units < now.units]
        if earlier or now.units:
            self._takes = takes(earlier or [self._bare], now)
            self._rising = rising(earlier, now)

    def predict(self, reserves: Reserves) -> Prediction:
        """How many units each limit allows, as far as the looks tell."""
        return predict(self._surveys[-1], self._takes, reserves, self._rising)

    def explained(self, stop: Stop, asked: int) -> Stop:
        """The stop of a launch to `asked` units, with the limit behind it where that is known. A
        runtime that ends itself where it is refused has been refused all the same."""
        dead = stop.status != "refused"
        verdict = self.judge(
            Ending(stop.count, asked, stop.message, stop.errno, stop.signal, stop.stderr_tail, dead)
        )
        itself = stop.status == "failed" and verdict.limit is not None
        return msgspec.structs.replace(
            stop,
            status="refused" if itself else stop.status,
            limit=verdict.limit,
            where=verdict.where,
            evidence=(*verdict.evidence, *stop.evidence),
        )

    def judge(self, ending: Ending) -> Cause:
        """Which limit ended the launch."""
        if not self._takes and ending.alive and not ending.dead:
            self._learn(Holding.of(self._child, ending.alive, None, None))
        surveys = (*self._surveys, survey(self._child, ending.alive))
        return recognise(ending, surveys, self._takes or first_takes(self._child, self._kind))


def limits_of(prediction: Prediction) -> tuple[Limit, ...]:
    """The limits as a result keeps them."""
    return tuple(_limit(row) for row in prediction.rows[:MOST_LIMITS])


def _limit(row: Allowed) -> Limit:
    one = row.allowance
    return Limit(
        name=one.limit,
        measure="count" if one.resource in COUNTED else "bytes",
        value=one.value,
        use=one.use,
        where=one.where,
        known=one.known,
        shared=one.shared,
        alive=row.seen,
        take=row.take,
        allows=row.units,
        at_most=row.at_most,
        lift=named(one.limit).to_lift(one) if row.units is not None else "",
        notes=one.notes,
    )
