"""What every experiment stands on: cases that are ready, a result that grows, the time that is
left, and the word to the observer."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

import msgspec

from bench.engine import events
from bench.engine.budget import Bounds, Forecast, Job
from bench.engine.cache import BuildCrashed
from bench.engine.ledger import Ledger
from bench.engine.reference import CONTROL
from bench.engine.rig import Rig
from bench.engine.session import LiveSession
from bench.engine.toolchain import Availability, case_of
from bench.errors import MeasureError
from bench.limits.predict import NO_RESERVES, Reserves
from bench.limits.recognise import refused_start
from bench.model.records import (
    CaseRecord,
    CaseSpec,
    Kind,
    Machine,
    Plan,
    Result,
    Session,
    Side,
    Spec,
    Stop,
)
from bench.system import System
from runners.catalogue import Entry

TAIL = 2_000  # of what a failed build wrote
AT: Mapping[Kind, int] = {"task": 10_000, "thread": 1_000}


@dataclass(frozen=True)
class SessionKind:
    """A kind of session that a job of two sides can make in pairs: its purpose; its counts, by the
    units asked for and the kind of the runtime; what takes a session through them, within bounds;
    and how many pairs tell enough, where that is fewer than all."""

    purpose: str
    stops: Callable[[int, Kind], Sequence[int]]
    drive: Callable[[LiveSession, Bounds], None]
    most_pairs: int | None = None

    def within(self, limits: Bounds) -> Callable[[LiveSession], None]:
        """What takes a session along, within these bounds."""
        return lambda live: self.drive(live, limits)


@dataclass(frozen=True)
class Target:
    """A case as it is launched: its entry, which has the case's key as its name, where its runners
    are started, what a spec says of it, and the settings given to its runners. `noted` is all that
    was set for it and for others, variables included, as a plan keeps it. `case.reason` says why it
    cannot run here."""

    case: CaseRecord
    entry: Entry
    rig: Rig
    asked: CaseSpec
    settings: Mapping[str, str] = field(default_factory=dict)
    noted: Mapping[str, str] = field(default_factory=dict)

    @property
    def key(self) -> str:
        return self.entry.name

    def job(self, purpose: str, round_: int, stops: tuple[int, ...]) -> Job:
        """A session of this case."""
        return Job(self.entry, purpose, round_, stops, dict(self.settings))


def target(
    entry: Entry,
    rig: Rig,
    available: Availability,
    settings: Mapping[str, str] = MappingProxyType({}),
    asked: CaseSpec | None = None,
) -> Target:
    """The case of an entry on one rig, with those of the settings that it takes. `asked` is what a
    spec says of it."""
    asked = asked or CaseSpec(runtime=entry.name)
    python = asked.label
    case = case_of(entry, available)
    words = [f"{name}={value}" for name, value in asked.own.items()]
    words += [f"Python {python}"] if python is not None else []
    if words:
        label = f"{entry.label} ({', '.join(words)})"
        own = dict(asked.own)
        case = msgspec.structs.replace(case, python=python, settings=own, label=label)
    taken = {key: value for key, value in settings.items() if key in entry.settings}
    named = msgspec.structs.replace(entry, name=case.key)
    return Target(case, named, rig, asked, taken, settings)


def spec_of(
    experiment: str,
    options: msgspec.Struct,
    targets: Iterable[Target],
    new: Iterable[Target] = (),
) -> Spec:
    """The run of an experiment as data."""
    return Spec(
        experiment=experiment,
        cases=tuple(target.asked for target in targets),
        new=tuple(target.asked for target in new),
        options=msgspec.to_builtins(options),
    )


def noted(targets: Iterable[Target]) -> dict[str, str]:
    """All that was set for these cases, as a plan keeps it."""
    return {key: value for target in targets for key, value in target.noted.items()}


def why_refused(_: Target, stop: Stop, error: MeasureError) -> str:
    """Why a case is left out of which a limit refused the build."""
    return f"{stop.limit} refused it: {stop.evidence[0]}\n{error}"


class Run:
    """One result in the making. `targets` are its cases, in the order shown; `save` is given the
    result so far after every session. `began` is on the clock, and `budget_seconds` from there.
    With a `side`, events name that too."""

    def __init__(
        self,
        command: str,
        plan: Plan,
        targets: Sequence[Target],
        machine: Machine,
        observe: events.Observer,
        save: Callable[[Result], None],
        spec: Spec | None = None,
        side: Side | None = None,
        budget_seconds: float | None = None,
    ) -> None:
        self.targets = tuple(targets)
        self.observe = observe
        self.clock = targets[0].rig.clock
        self.began = self.clock.monotonic()
        cases = tuple(target.case for target in targets)
        self.ledger = Ledger(command, machine, plan, cases, save, spec, side)
        self.forecasts = {target.key: Forecast.of(target.entry) for target in targets}
        self._budget_seconds = budget_seconds
        self._side = f" ({side.name})" if side else ""
        self._has_control = False

    def row(self, key: str) -> str:
        """What a case is called in events."""
        return f"{key}{self._side}"

    def build(self, target: Target) -> None:
        """Raises `MeasureError` where the case cannot run here, or not be built."""
        if target.case.reason is not None:
            raise MeasureError(target.case.reason)
        row = self.row(target.key)
        target.rig.prepare(
            target.entry, lambda words: self.observe(events.BuildStarted(row, words))
        )

    def built(
        self, refused: Callable[[Target, Stop, MeasureError], str | None] = why_refused
    ) -> tuple[Target, ...]:
        """The cases that can run here, built; the others are left out with the reason. Of a build
        that a limit refused `refused` gives the reason, or `None` where it has kept that itself.
        Raises `MeasureError` where there is nothing to show for any."""
        ready, reasons = [], {}
        for target in self.targets:
            try:
                self.build(target)
                ready.append(target)
            except MeasureError as error:
                reason: str | None = str(error)
                stop = refused_build(target.rig.system, error) if not target.case.reason else None
                if stop is not None:
                    reason = refused(target, stop, error)
                if reason is not None:
                    reasons[target.key] = reason
                    self.leave_out(target.key, reason)
        if not ready and len(reasons) == len(self.targets):
            raise MeasureError(
                "none of the requested runtimes can run here:\n"
                + "\n".join(f"  {key}: {reason}" for key, reason in reasons.items())
            )
        return tuple(ready)

    def start(self, seconds: float) -> None:
        """The time counts from here; `seconds` are expected."""
        self.began = self.clock.monotonic()
        running = tuple(case for case in self.ledger.result.cases if case.reason is None)
        self.observe(events.RunStarted(running, min(seconds, self.left())))

    def left(self) -> float:
        """The seconds that the budget has left; without one, time has no end."""
        if self._budget_seconds is None:
            return math.inf
        return self.began + self._budget_seconds - self.clock.monotonic()

    @property
    def end(self) -> float | None:
        """When the budget will be used up, on the clock; `None` where it has no end."""
        return None if self._budget_seconds is None else self.began + self._budget_seconds

    def session(self, target: Target, job: Job, reserves: Reserves = NO_RESERVES) -> LiveSession:
        """A session of a case, which begins with what was learned of it."""
        return LiveSession(
            job,
            target.rig,
            self.forecasts[target.key],
            reserves,
            self.observe,
            self.row(target.key),
        )

    def take(
        self, live: LiveSession, drive: Callable[[LiveSession], None], rounds: int = 1
    ) -> Session:
        """Makes one session, tells of it and keeps it, however it ends."""
        job, row = live.job, self.row(live.job.entry.name)
        self.observe(events.SessionStarted(row, job.purpose, job.round, rounds))
        try:
            live.run(drive)
        finally:
            made = self.keep(live)
        return made

    def keep(self, live: LiveSession) -> Session:
        """Keeps what a session has come to, and what was learned in it."""
        made = live.record(self.began)
        self.forecasts[made.case] = live.forecast
        self.ledger.add(made)
        if made.hello is not None:
            self.ledger.note_version(made.case, made.hello.version)
        self.observe(events.SessionFinished(self.row(made.case), made.purpose, made.stop))
        return made

    def leave_out(self, key: str, reason: str) -> None:
        """Notes that a case is not part of the run, and why."""
        self.ledger.leave_out(key, reason)
        self.observe(events.Note(f"{key} is left out: {reason}"))

    def warn(self, message: str) -> None:
        """Warns at once and in the result."""
        self.ledger.warn(message)
        self.observe(events.Note(message))

    def in_order(self, keys: Iterable[str]) -> str:
        """The cases as they are shown everywhere else, not as they were drawn."""
        wanted = {*keys}
        return ", ".join(target.key for target in self.targets if target.key in wanted)

    def prepare_control(self) -> None:
        """Builds the control on first use, outside the run's time. A run goes on without one."""
        rig, name = self.targets[0].rig, CONTROL.name
        self._control(
            lambda: rig.prepare_control(
                lambda words: self.observe(events.BuildStarted(name, words))
            )
        )

    def take_control(self) -> None:
        """One sample of the control, unless there is none here."""
        if self._has_control:
            rig = self.targets[0].rig
            self._control(lambda: self.ledger.add_control(rig.control_seconds()))

    def _control(self, act: Callable[[], None]) -> None:
        try:
            act()
            self._has_control = True
        except MeasureError as error:
            self._has_control = False
            self.warn(f"no control was measured: {error}")


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
