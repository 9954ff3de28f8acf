"""The ceiling experiment: how far each runtime goes, what stops it, and what was foretold.

The limits' own question, without the launch, is the pilot alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial

from bench.engine import events
from bench.engine.ascent import Ascent
from bench.engine.availability import Availability
from bench.engine.build import BuildCrashed
from bench.engine.lane import Lane
from bench.engine.ledger import Ledger
from bench.engine.pilot import pilot
from bench.engine.rig import Rig
from bench.errors import MeasureError
from bench.limits.foretell import DEFAULT_RESERVES, Reserves
from bench.limits.groups import OOM_GROUP
from bench.limits.start import refused_start
from bench.model.records import CaseRecord, Machine, Plan, Result, Session, Step, Stop
from bench.system import System
from runners.catalogue import Entry

BUDGET_SECONDS = 60.0
TAIL = 2_000  # of what a failed build wrote


@dataclass(frozen=True)
class Quest:
    """What the user asked for. `budget_seconds` is for each runtime."""

    entries: tuple[Entry, ...]
    reserves: Reserves = DEFAULT_RESERVES
    budget_seconds: float = BUDGET_SECONDS
    settings: dict[str, str] = field(default_factory=dict)

    def settings_of(self, entry: Entry) -> dict[str, str]:
        """The settings that this runtime takes."""
        return {key: value for key, value in self.settings.items() if key in entry.settings}


class CeilingExperiment:
    """Takes each runtime as far as it goes. `save` is given the result so far after each."""

    command = "ceiling"

    def __init__(
        self,
        quest: Quest,
        rig: Rig,
        machine: Machine,
        available: Mapping[str, Availability],
        observe: events.Observer,
        save: Callable[[Result], None],
    ) -> None:
        self._quest = quest
        self._rig = rig
        self._observe = observe
        runtimes = tuple(runtime_of(entry, available) for entry in quest.entries)
        self._ledger = Ledger(self.command, machine, plan_of(quest), runtimes, save)

    def run(self) -> Result:
        """Raises `MeasureError` where nothing can run; an `Interrupted` passes through, what is
        finished being saved by then."""
        self._began = self._rig.clock.monotonic()
        ready = [entry for entry in self._quest.entries if self._prepared(entry)]
        if not ready and self._ledger.result.sessions:
            return self._ledger.finish()
        if not ready:
            reasons = (f"  {r.key}: {r.reason}" for r in self._ledger.result.cases)
            raise MeasureError(
                "none of the runtimes asked for can run here:\n" + "\n".join(reasons)
            )
        running = tuple(r for r in self._ledger.result.cases if r.reason is None)
        self._observe(events.RunStarted(running, len(ready) * self._quest.budget_seconds))
        for number, entry in enumerate(ready, 1):
            self._climb(entry)
            left = (len(ready) - number) * self._quest.budget_seconds
            self._observe(events.TimeLeft(left))
        return self._ledger.finish()

    def _prepared(self, entry: Entry) -> bool:
        """Whether the runtime can run; it is built by then, or left out with a word."""
        by_name = {runtime.key: runtime for runtime in self._ledger.result.cases}
        reason = by_name[entry.name].reason
        try:
            if reason is None:
                self._rig.prepare(
                    entry, lambda words: self._observe(events.BuildStarted(entry.name, words))
                )
        except MeasureError as error:
            reason = str(error)
            if (stop := refused_build(self._rig.system, error)) is not None:
                self._keep_refused(entry, stop)
                return False
        if reason is not None:
            self._ledger.leave_out(entry.name, reason)
            self._observe(events.Note(f"{entry.name} is left out: {reason}"))
        return reason is None

    def _keep_refused(self, entry: Entry, stop: Stop) -> None:
        lane = self._lane(entry)
        lane.end(stop)
        self._ledger.add(lane.record(0.0, 0.0))
        self._observe(events.SweepFinished(entry.name, "climb", stop))

    def _climb(self, entry: Entry) -> None:
        """One runtime to its ceiling; kept however it ends."""
        started = self._rig.clock.monotonic()
        self._observe(events.SweepStarted(entry.name, "climb", 1, 1))
        lane = self._lane(entry)
        try:
            deadline = started + self._quest.budget_seconds
            climb_to_ceiling(
                lane, self._rig, deadline, lambda text: self._observe(events.Note(text))
            )
        finally:
            self._keep(lane, started)

    def _lane(self, entry: Entry) -> Lane:
        def on_start(count: int) -> None:
            self._observe(events.StepStarted(entry.name, "climb", count))

        def on_step(step: Step, bytes_per_unit: float | None) -> None:
            self._observe(events.StepFinished(entry.name, "climb", step, bytes_per_unit))

        settings = self._quest.settings_of(entry)
        return Lane(entry, settings, self._quest.reserves, on_start, on_step)

    def _keep(self, lane: Lane, started: float) -> None:
        took = self._rig.clock.monotonic() - started
        sweep = lane.record(started - self._began, took)
        self._ledger.add(sweep)
        if sweep.hello is not None:
            self._ledger.told_version(sweep.case, sweep.hello.version)
        self._observe(events.SweepFinished(sweep.case, "climb", sweep.stop))


def refused_build(system: System, error: MeasureError) -> Stop | None:
    """A ceiling of none, where a limit refused what the build takes; `None` where it failed for
    anything else."""
    verdict = refused_start(system, str(error), surely=isinstance(error, BuildCrashed))
    if verdict.limit is None:
        return None
    return Stop(
        status="refused",
        count=0,
        message="the runner could not be built",
        limit=verdict.limit,
        where=verdict.where,
        evidence=verdict.evidence,
        stderr_tail=str(error)[-TAIL:],
    )


def climb_to_ceiling(
    lane: Lane, rig: Rig, deadline: float, warn: Callable[[str], None] = lambda message: None
) -> None:
    """Takes a lane as far as it goes; `deadline` is on the rig's clock. What came of it is in the
    lane, however this ends. `warn` is told beforehand of what would end the harness as well."""
    started = rig.clock.monotonic()

    def way() -> None:
        pilot(lane)
        for danger in dict.fromkeys(_dangers(lane)):
            warn(danger)
        Ascent(lane, rig.system, rig.clock, started, deadline).go()

    lane.go(rig, way)


def _dangers(lane: Lane) -> Iterable[str]:
    """Where the kernel kills a cgroup as a whole, the harness goes too, and tells nothing more."""
    for limit in lane.limits:
        yield from (f"{note}, the harness too" for note in limit.notes if OOM_GROUP in note)


def pilots(
    quest: Quest,
    rig: Rig,
    available: Mapping[str, Availability],
    tell: Callable[[str], None],
) -> tuple[Session, ...]:
    """The pilot of each runtime alone: what every limit allows, nothing more being launched.

    Raises `MeasureError` where no runtime can run."""
    sweeps = []
    for entry in quest.entries:
        try:
            reason = available[entry.name].reason
            if reason is not None:
                raise MeasureError(reason)
            rig.prepare(entry, lambda words: tell(f"building with {words}"))
        except MeasureError as error:
            tell(f"{entry.name} is left out: {error}")
            continue
        began = rig.clock.monotonic()
        lane = Lane(entry, quest.settings_of(entry), quest.reserves)
        lane.go(rig, partial(pilot_alone, lane))
        sweeps.append(lane.record(0.0, rig.clock.monotonic() - began))
    if not sweeps:
        raise MeasureError("none of the runtimes asked for can run here; see above")
    return tuple(sweeps)


def pilot_alone(lane: Lane) -> None:
    pilot(lane)
    lane.end(Stop(status="max", count=lane.alive, message="the pilot was made"))


def plan_of(quest: Quest) -> Plan:
    """What the result says of the request."""
    return Plan(
        sweeps=0,
        seed=0,
        climb=True,
        budget_seconds=quest.budget_seconds,
        settings=quest.settings,
        preset="ceiling",
    )


def runtime_of(entry: Entry, available: Mapping[str, Availability]) -> CaseRecord:
    return CaseRecord(
        runtime=entry.name,
        label=entry.label,
        kind=entry.kind,
        language=entry.language,
        version=available[entry.name].version,
        reason=available[entry.name].reason,
    )
