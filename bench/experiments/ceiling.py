"""The ceiling experiment: how far each runtime goes, what stops it, and what was foretold.

The limits' own question, without the launch, is the pilot alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from bench.engine import events
from bench.engine.cache import BuildCrashed
from bench.engine.job import Job
from bench.engine.ledger import Ledger
from bench.engine.rig import Rig
from bench.engine.session import LiveSession
from bench.engine.toolchain import Availability, case_of
from bench.errors import MeasureError
from bench.experiments.ascent import Ascent, pilot
from bench.limits.cgroups import OOM_GROUP
from bench.limits.predict import DEFAULT_RESERVES, Reserves
from bench.limits.recognise import refused_start
from bench.model.records import CaseRecord, Machine, Plan, Result, Session, Stop
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
        live = self._session(entry)
        live.end(stop)
        self._keep(live)

    def _climb(self, entry: Entry) -> None:
        """One runtime to its ceiling; kept however it ends."""
        self._observe(events.SweepStarted(entry.name, "climb", 1, 1))
        live = self._session(entry)
        deadline = self._rig.clock.monotonic() + self._quest.budget_seconds
        try:
            climb_to_ceiling(live, deadline, lambda text: self._observe(events.Note(text)))
        finally:
            self._keep(live)

    def _session(self, entry: Entry) -> LiveSession:
        return ceiling_session(
            entry, self._quest.settings_of(entry), self._rig, self._quest.reserves, self._observe
        )

    def _keep(self, live: LiveSession) -> None:
        session = live.record(self._began)
        self._ledger.add(session)
        if session.hello is not None:
            self._ledger.told_version(session.case, session.hello.version)
        self._observe(events.SweepFinished(session.case, "climb", session.stop))


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


def ceiling_session(
    entry: Entry,
    settings: dict[str, str],
    rig: Rig,
    reserves: Reserves = DEFAULT_RESERVES,
    observe: events.Observer = lambda event: None,
    row: str | None = None,
    round_: int = 1,
) -> LiveSession:
    """A session that is to go as far as it can."""
    return LiveSession(Job(entry, "climb", round_, (), settings), rig, None, reserves, observe, row)


def climb_to_ceiling(
    live: LiveSession, deadline: float, warn: Callable[[str], None] = lambda message: None
) -> None:
    """Takes a session as far as it goes; `deadline` is on its rig's clock. What came of it is in
    the session, however this ends. `warn` is told beforehand of what would end the harness too."""
    started = live.rig.clock.monotonic()

    def drive(_: LiveSession) -> None:
        pilot(live)
        for danger in dict.fromkeys(_dangers(live)):
            warn(danger)
        Ascent(live, started, deadline).go()
        live.release()

    live.run(drive)


def _dangers(live: LiveSession) -> Iterable[str]:
    """Where the kernel kills a cgroup as a whole, the harness goes too, and tells nothing more."""
    for limit in live.limits:
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
        live = ceiling_session(entry, quest.settings_of(entry), rig, quest.reserves)
        live.run(pilot_alone)
        sweeps.append(live.record(live.began))
    if not sweeps:
        raise MeasureError("none of the runtimes asked for can run here; see above")
    return tuple(sweeps)


def pilot_alone(live: LiveSession) -> None:
    """A session that is the pilot and nothing else."""
    pilot(live)
    live.end_with("max", "the pilot was made")
    live.release()


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
    return case_of(entry, available[entry.name])
