"""The scale experiment: how many of each runtime's units can be launched, and what one costs.

On one screen: prepare, climb, sweep in rounds, look for leaks, the control in between; after every
sweep the result is saved, and an observer is told.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence

from bench.engine import events
from bench.engine.cache import BuildCrashed
from bench.engine.control import ControlTaker
from bench.engine.forecast import Forecast
from bench.engine.job import Job, Pace, is_level
from bench.engine.ledger import USED_UP, Ledger
from bench.engine.protocol import MOST_PROBED
from bench.engine.reserves import Bounds, bounds
from bench.engine.rig import Rig
from bench.engine.session import LiveSession
from bench.engine.toolchain import Availability, case_of
from bench.errors import MeasureError
from bench.experiments.plan import (
    FIRST_IN_LINE,
    LEAKS_SHARE,
    OTHERS_SHARE,
    Request,
    Schedule,
    schedule,
    share_of,
)
from bench.limits.recognise import refused_start
from bench.model.records import CaseRecord, Machine, Plan, Result, Session
from runners.catalogue import Entry

GARBAGE_CYCLES = range(5, 9)  # counted from 1: the first ones fill an allocator's pools
PROBED_SHARE = 50  # a probe's units are one in so many of the population, and at most 1,000
# Where a unit's marginal take is seen without much to read: above, what it takes has settled.
LOOKS = range(1_000, 5_001)


class ScaleExperiment:
    """One run of the scale experiment. `save` is given the result so far after every sweep. What
    there was no time for is told at the end alone, with the result."""

    def __init__(
        self,
        request: Request,
        rig: Rig,
        machine: Machine,
        available: Mapping[str, Availability],
        observe: events.Observer,
        save: Callable[[Result], None],
    ) -> None:
        self._request = request
        self._rig = rig
        self._observe = observe
        self._available = available
        self._ledger = Ledger(
            "run", machine, plan_of(request), runtimes_of(request, available), save
        )
        self._control = ControlTaker(rig, self._ledger, observe, self._warn)
        self._forecasts = {entry.name: Forecast.of(entry) for entry in request.entries}
        self._pace = Pace.of(machine)
        self._given_up: set[str] = set()
        self._pending: list[Job] = []

    def run(self) -> Result:
        """Makes the whole run. Raises `MeasureError` where nothing can run; an `Interrupted` passes
        through, everything finished being saved by then."""
        plan = schedule(dataclasses.replace(self._request, entries=self._prepared()))
        self._control.prepare()
        self._start(plan)
        self._control.take()
        self._climb(plan)
        self._sweep_in_rounds(plan)
        self._look_for_leaks(plan)
        self._launch_something(plan)
        self._control.take()
        return self._ledger.finish()

    def _prepared(self) -> tuple[Entry, ...]:
        """The runtimes that can run, built; the others are left out with a word."""
        reasons = {entry.name: self._reason_against(entry) for entry in self._request.entries}
        for name, reason in reasons.items():
            if reason is not None:
                self._ledger.leave_out(name, reason)
                self._observe(events.Note(f"{name} is left out: {reason}"))
        ready = tuple(e for e in self._request.entries if reasons[e.name] is None)
        if not ready:
            raise MeasureError(
                "none of the runtimes asked for can run here:\n"
                + "\n".join(f"  {name}: {reason}" for name, reason in reasons.items())
            )
        return ready

    def _reason_against(self, entry: Entry) -> str | None:
        reason = self._available[entry.name].reason
        if reason is not None:
            return reason
        try:
            self._rig.prepare(
                entry, lambda command: self._observe(events.BuildStarted(entry.name, command))
            )
        except MeasureError as error:
            verdict = refused_start(
                self._rig.system, str(error), surely=isinstance(error, BuildCrashed)
            )
            by = f"{verdict.limit} refused it: {verdict.evidence[0]}\n" if verdict.limit else ""
            return f"{by}{error}"
        return None

    def _start(self, plan: Schedule) -> None:
        self._began = self._rig.clock.monotonic()
        self._pending = [*plan.climbs, *plan.after_climbs]
        running = tuple(r for r in self._ledger.result.cases if r.reason is None)
        self._observe(events.RunStarted(running, self._time_left()))

    def _climb(self, plan: Schedule) -> None:
        spent_by_others = 0.0
        missed: list[str] = []
        for number, job in enumerate(plan.climbs):
            began = self._rig.clock.monotonic()
            deadline = self._deadline(job, plan, plan.climbs[number:], spent_by_others)
            if deadline is not None and began + self._foretold([job.first]) > deadline:
                self._drop([job])
                missed.append(job.entry.name)
                continue
            self._sweep(job, 1, deadline)
            if job.entry.name not in FIRST_IN_LINE:
                spent_by_others += self._rig.clock.monotonic() - began
        if missed:
            self._ledger.warn(f"no climb of {self._in_order(missed)} was made: {USED_UP}")

    def _deadline(
        self, job: Job, plan: Schedule, climbs: tuple[Job, ...], spent_by_others: float
    ) -> float | None:
        """When the climb `job` must have come to its end. Who is first in line leaves the time for
        one round of short sweeps; the others leave it for all, or share what is theirs anyway."""
        budget = self._request.budget_seconds
        if budget is None:
            return None
        if job.entry.name in FIRST_IN_LINE:
            first_round = next(iter(plan.rounds), ())
            share = self._budget_left() - self._foretold((*first_round, *plan.leaks))
        else:
            spare = self._budget_left() - self._foretold(plan.after_climbs)
            floor = OTHERS_SHARE * budget - spent_by_others
            share = share_of(job, climbs, spare, floor, self._forecasts)
        return self._rig.clock.monotonic() + max(0.0, share)

    def _sweep_in_rounds(self, plan: Schedule) -> None:
        """Round after round. Where time is short, the runtimes that take most of it miss rounds, so
        that the others have enough samples for an interval."""
        missed: Counter[str] = Counter()
        for number, jobs in enumerate(plan.rounds):
            if self._budget_left() > 0:
                self._control.take()
            for job in jobs if number else self._shortest_first(jobs):
                if self._has_time_for(job, plan.leaks if number else ()):
                    self._sweep(job, len(plan.rounds), self._end())
                else:
                    self._drop([job])
                    missed[job.entry.name] += 1
        for count in dict.fromkeys(missed.values()):
            made = f"{len(plan.rounds) - count} of {len(plan.rounds)} short sweeps"
            names = self._in_order(name for name, times in missed.items() if times == count)
            self._ledger.warn(f"{made} of {names} were made: {USED_UP}")

    def _shortest_first(self, jobs: Sequence[Job]) -> Sequence[Job]:
        """The first round as it was drawn; where not all of it fits, the shortest sweeps first, so
        that as many runtimes as can be have a figure."""
        if self._foretold(jobs) <= self._budget_left():
            return jobs
        return sorted(jobs, key=lambda job: self._foretold([job]))

    def _has_time_for(self, job: Job, leaks: tuple[Job, ...]) -> bool:
        """Whether `job` fits beside every short sweep to come of the runtimes that take less."""
        own = self._foretold([job])
        alike = (j for j in self._pending if j.purpose == "short" and j.round == job.round)
        rounds = self._pending if job.round > 1 else alike
        shorter = (j for j in rounds if j.purpose == "short" and self._foretold([j]) < own)
        return own + self._foretold(shorter) <= self._budget_left() - self._kept_for(leaks)

    def _kept_for(self, leaks: tuple[Job, ...]) -> float:
        """The seconds that rounds leave to the leak sweeps: a few, since a figure without its
        interval is worth less than a leak that is not looked for."""
        return min(self._foretold(leaks), LEAKS_SHARE * (self._request.budget_seconds or 0))

    def _look_for_leaks(self, plan: Schedule) -> None:
        missed: list[str] = []
        for job in plan.leaks:
            if job.entry.name in self._given_up:
                self._drop([job])
            elif self._budget_left() < self._foretold([job]):
                self._drop([job])
                missed.append(job.entry.name)
            else:
                self._sweep(job, 1, self._end())
                made = self._ledger.result.sessions[-1]
                if not made.steps and made.stop.status == "budget":
                    missed.append(job.entry.name)
        if missed:
            self._ledger.warn(f"no leak sweep of {self._in_order(missed)}: {USED_UP}")

    def _launch_something(self, plan: Schedule) -> None:
        """Where not even one sweep fitted, the first step of the runtime that needs least time."""
        if self._ledger.result.sessions:
            return
        jobs = [*plan.climbs, *plan.after_climbs]
        first = min((job.first for job in jobs), key=lambda job: self._foretold([job]))
        self._pending.append(first)
        self._sweep(first, 1)

    def _in_order(self, names: Iterable[str]) -> str:
        """The names as they are shown everywhere else, not as they were drawn."""
        wanted = {*names}
        return ", ".join(e.name for e in self._request.entries if e.name in wanted)

    def _sweep(self, job: Job, rounds: int, deadline: float | None = None) -> None:
        """Makes one sweep, tells of it and keeps it, however it ends."""
        name = job.entry.name
        self._drop([job])
        if name in self._given_up:
            return
        asked = self._request.most is not None
        limits = bounds(job.entry.kind, job.stops[-1], asked, self._rig.room(), deadline)
        live = LiveSession(
            job.within(limits.count), self._rig, self._forecasts[name], observe=self._observe
        )
        self._observe(events.SweepStarted(name, job.purpose, job.round, rounds))
        try:
            live.run(lambda _: take_steps(live, limits))
        finally:
            self._forecasts[name] = live.forecast
            made = live.record(self._began)
            done = job.made(len(made.steps))
            self._pace = self._pace.learned(done, live.forecast, made.seconds)
            self._keep(made)
        if live.hopeless:
            self._give_up(name, live.lacks)

    def _give_up(self, name: str, lacks: str | None) -> None:
        """Makes no more sweeps of a runtime; one whose interpreter lacks its module is left out."""
        self._given_up.add(name)
        if lacks is None:
            self._warn(f"{name} was given up after a sweep that could not be made")
            return
        self._ledger.leave_out(name, lacks)
        self._observe(events.Note(f"{name} is left out: {lacks}"))

    def _keep(self, sweep: Session) -> None:
        self._ledger.add(sweep)
        if sweep.hello is not None:
            self._ledger.told_version(sweep.case, sweep.hello.version)
        self._observe(events.SweepFinished(sweep.case, sweep.purpose, sweep.stop))
        self._observe(events.TimeLeft(self._time_left()))

    def _warn(self, message: str) -> None:
        self._ledger.warn(message)
        self._observe(events.Note(message))

    def _drop(self, jobs: Iterable[Job]) -> None:
        for job in jobs:
            self._pending.remove(job)

    def _end(self) -> float | None:
        """When the budget will be used up, on the harness's clock; `None` where it has no end."""
        budget = self._request.budget_seconds
        return None if budget is None else self._began + budget

    def _budget_left(self) -> float:
        end = self._end()
        return float("inf") if end is None else end - self._rig.clock.monotonic()

    def _time_left(self) -> float:
        """The expected seconds until the end, never more than the budget has left."""
        return max(0.0, min(self._foretold(self._pending), self._budget_left()))

    def _foretold(self, jobs: Iterable[Job]) -> float:
        return self._pace.factor * sum(
            job.foretold_seconds(self._forecasts[job.entry.name])
            for job in jobs
            if job.entry.name not in self._given_up
        )


def take_steps(live: LiveSession, limits: Bounds) -> None:
    """Takes a session through the stops of its job, within `limits`; a leak check is released
    after each."""
    job = live.job
    for count in job.stops:
        now = live.rig.clock.monotonic()
        objection = limits.objection(count, live.alive, live.used_bytes, now, live.forecast)
        if objection is not None:
            live.end(objection)
            break
        live.grow(count)
        units = min(MOST_PROBED, max(1, count // PROBED_SHARE))
        live.measure(units if count in job.probed else 0)
        if live.stop is not None:
            break
        if job.purpose != "leak":
            _look(live)
            continue
        live.release(reads_garbage=len(live.steps) in GARBAGE_CYCLES)
        if is_level(live.steps):
            break
    live.end_with(limits.status, limits.message)
    live.release()


def _look(live: LiveSession) -> None:
    """Looks at the limits while few units are alive."""
    if live.alive < LOOKS.start:
        live.hold()
    elif live.alive in LOOKS:
        live.look()
        live.settle_prediction()


def plan_of(request: Request) -> Plan:
    """What the result says of the request."""
    return Plan(
        sweeps=request.sweeps,
        seed=request.seed,
        climb=request.climb,
        max=request.most,
        budget_seconds=request.budget_seconds,
        settings=request.settings,
        preset=request.preset.name,
    )


def runtimes_of(request: Request, available: Mapping[str, Availability]) -> tuple[CaseRecord, ...]:
    """The runtimes of the run as the catalogue has them."""
    return tuple(case_of(entry, available[entry.name]) for entry in request.entries)
