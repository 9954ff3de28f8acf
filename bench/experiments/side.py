"""One side of a job of pairs: what it is, and its sweeps as they are made and kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Literal

from bench.engine import events
from bench.engine.forecast import Forecast
from bench.engine.job import Job, short_stops
from bench.engine.ledger import Ledger
from bench.engine.reserves import bounds
from bench.engine.rig import Rig
from bench.engine.session import LiveSession
from bench.engine.toolchain import Availability
from bench.errors import MeasureError
from bench.experiments.ceiling import ceiling_session, climb_to_ceiling, runtime_of
from bench.experiments.plan import DEFAULT
from bench.experiments.population import take_steps
from bench.model.records import Kind, Machine, Plan, Result, Session, Side
from runners.catalogue import Entry

AT: Mapping[Kind, int] = {"task": 10_000, "thread": 1_000}
BUDGET_SECONDS = 600.0  # a runtime
CEILING_SECONDS = 20.0

Open = Mapping[str, frozenset[str]]


@dataclass(frozen=True)
class Contender:
    """One side: what it is in words, where its runners are started, and with which settings. The
    entries of both sides have the same names, in the same order."""

    subject: str
    rig: Rig
    entries: tuple[Entry, ...]
    available: Mapping[str, Availability]
    settings: dict[str, str] = field(default_factory=dict)

    def settings_of(self, entry: Entry) -> dict[str, str]:
        """The settings that this runtime takes."""
        return {key: value for key, value in self.settings.items() if key in entry.settings}


@dataclass(frozen=True)
class PairsRequest:
    """What a job was asked for: `looks` are how many pairs are there at each look, `wanted` what
    kinds of sweeps the gates of each runtime need, `climbs` how many of them a side go to the
    ceiling. `budget_seconds` are the job's: no pair is begun that would not fit. From under
    `fewest` pairs nothing could be told."""

    seed: int
    looks: tuple[int, ...]
    wanted: Open
    at: int | None = None
    climbs: int = 0
    ceiling_seconds: float = CEILING_SECONDS
    budget_seconds: float | None = None
    fewest: int = 1

    def units(self, entry: Entry) -> int:
        """The count N of this runtime."""
        return self.at or AT[entry.kind]


class SideOfJob:
    """One side while its job runs: its ledger, what was learned of its runtimes, what broke."""

    def __init__(
        self,
        side: Contender,
        name: Literal["base", "new"],
        request: PairsRequest,
        machine: Machine,
        job: str,
        observe: events.Observer,
        save: Callable[[Result], None],
    ) -> None:
        self.side, self.name = side, name
        self.broken: Counter[str] = Counter()
        self._request = request
        self._observe = observe
        self._forecasts = {entry.name: Forecast.of(entry) for entry in side.entries}
        self._began = side.rig.clock.monotonic()
        runtimes = tuple(runtime_of(entry, side.available) for entry in side.entries)
        which = Side(job=job, name=name, subject=side.subject, looks=request.looks)
        self.ledger = Ledger("ab", machine, plan_of(request, side), runtimes, save, which)

    def row(self, runtime: str) -> str:
        """What this side of a runtime is called in events."""
        return f"{runtime} ({self.name})"

    def prepare(self) -> None:
        """Raises `MeasureError` where one of the runtimes cannot run on this side."""
        for entry in self.side.entries:
            reason = self.side.available[entry.name].reason
            if reason is not None:
                raise MeasureError(f"the {self.name} side: {entry.name} cannot run: {reason}")
            try:
                self.side.rig.prepare(entry, partial(self._tell_build, self.row(entry.name)))
            except MeasureError as error:
                raise MeasureError(f"the {self.name} side: {error}") from error

    def _tell_build(self, row: str, words: str) -> None:
        self._observe(events.BuildStarted(row, words))

    def foretold_seconds(self, entry: Entry, purpose: str) -> float:
        if purpose == "climb":
            return 0.0
        return self._job(entry, purpose, 1).foretold_seconds(self._forecasts[entry.name])

    def climbs(self, runtime: str) -> list[Session]:
        """Those made so far."""
        sweeps = self.ledger.result.sessions
        return [one for one in sweeps if (one.case, one.purpose) == (runtime, "climb")]

    def met_a_limit(self, runtime: str) -> bool:
        return any(one.stop.status in ("refused", "killed") for one in self.climbs(runtime))

    def sweep(self, entry: Entry, purpose: str, number: int) -> None:
        """Makes one sweep, tells of it and keeps it, however it ends. Climbs are in no pairs, and
        have numbers of their own."""
        row = self.row(entry.name)
        if purpose == "climb":
            number = len(self.climbs(entry.name)) + 1
        self._observe(events.SweepStarted(row, purpose, number, self._request.looks[-1]))
        name, settings = entry.name, self.side.settings_of(entry)
        rig = self.side.rig
        if purpose == "climb":
            live = ceiling_session(
                entry, settings, rig, observe=self._observe, row=row, round_=number
            )
            deadline = rig.clock.monotonic() + self._request.ceiling_seconds
            self._take(live, lambda: climb_to_ceiling(live, deadline))
            return
        job = self._job(entry, purpose, number)
        limits = bounds(entry.kind, job.stops[-1], True, rig.room())
        live = LiveSession(job, rig, self._forecasts[name], observe=self._observe, row=row)
        self._take(live, lambda: live.run(lambda _: take_steps(live, limits)))
        self._forecasts[name] = live.forecast
        self.broken[name] += live.hopeless

    def _take(self, live: LiveSession, run: Callable[[], None]) -> None:
        try:
            run()
        finally:
            made = live.record(self._began)
            self.ledger.add(made)
            if made.hello is not None:
                self.ledger.told_version(made.case, made.hello.version)
            self._observe(events.SweepFinished(self.row(made.case), made.purpose, made.stop))

    def _job(self, entry: Entry, purpose: str, number: int) -> Job:
        units = self._request.units(entry)
        stops: Mapping[str, Sequence[int]] = {
            "short": short_stops(units),
            "burst": (units,),
            "leak": (min(DEFAULT.leak[entry.kind], units),) * DEFAULT.cycles,
        }
        return Job(entry, purpose, number, tuple(stops[purpose]), self.side.settings_of(entry))


def plan_of(request: PairsRequest, side: Contender) -> Plan:
    """What a side's result says of the request."""
    return Plan(
        sweeps=request.looks[-1],
        seed=request.seed,
        climb=request.climbs > 0,
        max=request.at,
        budget_seconds=request.budget_seconds,
        settings=side.settings,
        preset="ab",
    )
