"""The limits of a sweep of the scale experiment: looked at while few units are alive, recognised
when they end it."""

from __future__ import annotations

import msgspec

from bench.engine.availability import lacking
from bench.engine.rig import Subject
from bench.limits.foretell import NO_RESERVES
from bench.limits.model import Ending
from bench.limits.start import refused_start
from bench.limits.watch import Watch, limits_of
from bench.model.records import Limit, Status, Step, Stop
from bench.system import System
from runners.catalogue import Entry

# Where a unit's marginal take is seen without much to read: above, what it takes has settled.
LOOKS = range(1_000, 5_001)


class LimitWitness:
    """Sees one sweep. A leak sweep's cycles and a death before the first burst tell it nothing."""

    limits: tuple[Limit, ...] = ()

    def __init__(self, system: System, entry: Entry) -> None:
        self._system = system
        self._entry = entry
        self._pid: int | None = None
        self._watch: Watch | None = None

    def started(self, subject: Subject) -> None:
        self._pid = subject.runner.pid

    def greeted(self, subject: Subject) -> None:
        self._watch = Watch(
            self._system, subject.runner.pid, self._entry.language, self._entry.kind
        )

    def stepped(self, step: Step) -> None:
        """Looks at every limit, and keeps what they allow. Of fewer units it is kept what they
        hold: what memory the further ones take is known by comparison alone."""
        if self._watch is None:
            return
        if step.alive < LOOKS.start:
            self._watch.hold(step.alive, step.readings)
        if step.alive not in LOOKS:
            return
        self._watch.look(step.alive, step.readings)
        self.limits = limits_of(self._watch.foretell(NO_RESERVES))

    def ended(self, stop: Stop, asked: int) -> Stop:
        """The stop with the limit behind it; where a reserve or the time came first, with the count
        at which the limit itself would bind."""
        if self._watch is None:
            return self._start_named(stop)
        if not asked:
            return stop
        wall = self._watch.foretell(NO_RESERVES).ceiling
        if stop.status in ("reserve", "budget"):
            return msgspec.structs.replace(stop, projected=wall)
        if stop.status not in ("refused", "killed", "failed"):
            return stop
        return msgspec.structs.replace(self._named(self._watch, stop, asked), predicted=wall)

    def _start_named(self, stop: Stop) -> Stop:
        """A runner that never said hello, for whatever it was refused."""
        if stop.status not in ("killed", "failed") or lacking(self._entry, stop.stderr_tail):
            return stop
        verdict = refused_start(
            self._system,
            stop.message,
            stop.errno,
            stop.stderr_tail,
            stop.signal,
            runner=self._pid,
        )
        if verdict.limit is None:
            return stop
        return msgspec.structs.replace(
            stop,
            status="refused",
            limit=verdict.limit,
            where=verdict.where,
            evidence=(*verdict.evidence, *stop.evidence),
        )

    def _named(self, watch: Watch, stop: Stop, asked: int) -> Stop:
        dead = stop.status != "refused"
        verdict = watch.judge(
            Ending(stop.count, asked, stop.message, stop.errno, stop.signal, stop.stderr_tail, dead)
        )
        # A runtime that ends itself where it is refused has been refused all the same.
        itself = stop.status == "failed" and verdict.limit is not None
        status: Status = "refused" if itself else stop.status
        return msgspec.structs.replace(
            stop,
            status=status,
            limit=verdict.limit,
            where=verdict.where,
            evidence=(*verdict.evidence, *stop.evidence),
        )
