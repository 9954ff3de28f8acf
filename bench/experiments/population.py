"""The population experiment: how many of each runtime's units can be launched, and what one costs.

On one screen: prepare, climb, repeat in rounds, look for leaks, the control in between; after every
session the result is saved, and an observer is told.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from bench.engine import events
from bench.engine.budget import Bounds, Forecast, Job, Pace, bounds, is_level, short_stops
from bench.engine.ledger import USED_UP
from bench.engine.protocol import MOST_PROBED
from bench.engine.quiet import busy_share
from bench.engine.session import LiveSession
from bench.experiments.base import Run, SessionKind, Target, noted
from bench.experiments.plan import (
    CLIMBS_SHARE,
    DEFAULT,
    LEAKS_SHARE,
    PopulationOptions,
    schedule,
    share_of,
)
from bench.model.records import (
    BURST_FROM_NOTHING,
    CLIMB,
    LEAK,
    REPEAT,
    Machine,
    Plan,
    Result,
    Spec,
)

# A leak check takes the longest, and what a process leaks hardly varies.
LEAK_PAIRS = 20
LOOK_SECONDS = 0.1  # at other work, before the run
GARBAGE_CYCLES = range(5, 9)  # counted from 1: the first ones fill an allocator's pools
# A probe's units are one in so many of the population. A thread takes the longer to start the more
# there are, so that more of them would take most of a climb's time.
PROBED_SHARE, MOST_PROBED_THREADS = 50, 200
# Where a unit's marginal take is seen without much to read: above, what it takes has settled.
LOOKS = range(1_000, 5_001)


class PopulationRun:
    """One run of the experiment. `save` is given the result so far after every session. What there
    was no time for is told at the end alone, with the result."""

    def __init__(
        self,
        options: PopulationOptions,
        targets: Sequence[Target],
        machine: Machine,
        observe: events.Observer,
        save: Callable[[Result], None],
        spec: Spec | None = None,
    ) -> None:
        self._options = options
        plan = Plan(
            sweeps=options.rounds,
            seed=options.seed,
            climb=options.climb,
            max=options.max,
            budget_seconds=options.budget_seconds,
            settings=noted(targets),
            preset=options.preset,
        )
        self._run = Run(
            "run",
            plan,
            targets,
            machine,
            observe,
            save,
            spec,
            budget_seconds=options.budget_seconds,
        )
        self._pace = Pace.of(machine, busy_share(targets[0].rig, LOOK_SECONDS) is not None)
        self._given_up: set[str] = set()
        self._pending: list[Job] = []

    def run(self) -> Result:
        """Makes the whole run. Raises `MeasureError` where nothing can run; an `Interrupted` passes
        through, everything finished being saved by then."""
        run = self._run
        self._targets = {target.key: target for target in run.built()}
        self._plan = schedule(self._options, tuple(self._targets.values()))
        self._pending = [*self._plan.climbs, *self._plan.after_climbs]
        run.prepare_control()
        run.start(self._expected(self._pending))
        run.take_control()
        self._climb()
        self._repeat_in_rounds()
        self._look_for_leaks()
        if not run.ledger.result.sessions:  # not even one fitted: the cheapest case's first step
            jobs = [*self._plan.climbs, *self._plan.after_climbs]
            first = min((job.first for job in jobs), key=lambda job: self._expected([job]))
            self._pending.append(first)
            self._take(first, 1)
        run.take_control()
        return run.ledger.finish()

    def _climb(self) -> None:
        """Every climb, within its share of the time."""
        clock, budget = self._run.clock, self._options.budget_seconds
        spent, missed = 0.0, []
        for number, job in enumerate(self._plan.climbs):
            began, deadline = clock.monotonic(), None
            if budget is not None:
                spare = self._run.left() - self._expected(self._plan.after_climbs)
                pool = max(spare, CLIMBS_SHARE * budget - spent) / self._pace.factor
                share = share_of(job, self._plan.climbs[number:], pool, self._run.forecasts)
                deadline = began + self._pace.factor * share
                if began + self._expected([job.first]) > deadline:
                    self._pending.remove(job)
                    missed.append(job.entry.name)
                    continue
            self._take(job, 1, deadline)
            spent += clock.monotonic() - began
        if missed:
            names = self._run.in_order(missed)
            self._run.ledger.warn(f"no climb of {names} was made: {USED_UP}")

    def _repeat_in_rounds(self) -> None:
        """Round after round. Where time is short, the cases that take most of it miss rounds, so
        that the others have enough samples for an interval; where not all of the first fits, the
        shortest sessions come first, so that as many cases as can be have a value."""
        run, rounds = self._run, self._plan.rounds
        missed: Counter[str] = Counter()
        for number, drawn in enumerate(rounds):
            jobs: Sequence[Job] = drawn
            if run.left() > 0:
                run.take_control()
            if not number and self._expected(jobs) > run.left():
                jobs = sorted(jobs, key=lambda job: self._expected([job]))
            for job in jobs:
                if self._has_time_for(job, self._plan.leaks if number else ()):
                    self._take(job, len(rounds), run.end)
                else:
                    self._pending.remove(job)
                    missed[job.entry.name] += 1
        for count in dict.fromkeys(missed.values()):
            made = f"{len(rounds) - count} of {len(rounds)} repeats"
            names = run.in_order(name for name, times in missed.items() if times == count)
            run.ledger.warn(f"{made} of {names} were made: {USED_UP}")

    def _has_time_for(self, job: Job, leaks: tuple[Job, ...]) -> bool:
        """Whether `job` fits beside every repeat to come of the cases that take less, and beside
        some of the `leaks`: a few, since a value without its interval is worth less than a leak
        that is not looked for."""
        own = self._expected([job])
        repeats = [one for one in self._pending if one.purpose == REPEAT]
        if job.round == 1:
            repeats = [one for one in repeats if one.round == 1]
        shorter = (one for one in repeats if self._expected([one]) < own)
        kept = min(self._expected(leaks), LEAKS_SHARE * (self._options.budget_seconds or 0))
        return own + self._expected(shorter) <= self._run.left() - kept

    def _look_for_leaks(self) -> None:
        run, missed = self._run, []
        for job in self._plan.leaks:
            key = job.entry.name
            if key in self._given_up:
                self._pending.remove(job)
            elif run.left() < self._expected([job]):
                self._pending.remove(job)
                missed.append(key)
            else:
                self._take(job, 1, run.end)
                made = run.ledger.result.sessions[-1]
                if not made.steps and made.stop.status == "budget":
                    missed.append(key)
        if missed:
            run.ledger.warn(f"no leak check of {run.in_order(missed)}: {USED_UP}")

    def _take(self, job: Job, rounds: int, deadline: float | None = None) -> None:
        """Makes one session, tells of it and keeps it, however it ends. A case that could only fail
        again is given up, and one whose interpreter lacks its module is left out."""
        key = job.entry.name
        self._pending.remove(job)
        if key in self._given_up:
            return
        run, target, asked = self._run, self._targets[key], self._options.max is not None
        limits = bounds(job.entry.kind, job.stops[-1], asked, target.rig.room(), deadline)
        live = run.session(target, job.within(limits.count))
        made = run.take(live, lambda _: take_steps(live, limits), rounds)
        self._pace = self._pace.learned(job.made(len(made.steps)), live.forecast, made.seconds)
        if job.purpose == CLIMB:  # repeats stop sooner, where a unit takes less than at the top
            most = self._options.repeat_to(job.entry)
            steps = (step for step in made.steps if step.alive <= most)
            run.forecasts[key] = Forecast.of(job.entry).after(made.baseline, steps)
        run.observe(events.TimeLeft(max(0.0, min(self._expected(self._pending), run.left()))))
        if not live.hopeless:
            return
        self._given_up.add(key)
        if live.lacks is None:
            run.warn(f"{key} was given up after a session that could not be made")
        else:
            run.leave_out(key, live.lacks)

    def _expected(self, jobs: Iterable[Job]) -> float:
        return self._pace.factor * sum(
            job.expected_seconds(self._run.forecasts[job.entry.name])
            for job in jobs
            if job.entry.name not in self._given_up
        )


def take_steps(live: LiveSession, limits: Bounds) -> None:
    """Takes a session through the stops of its job, within `limits`; in a leak check the units are
    released after each."""
    job = live.job
    for count in job.stops:
        now = live.rig.clock.monotonic()
        objection = limits.objection(job, count, live.alive, live.used_bytes, now, live.forecast)
        if objection is not None:
            live.end(objection)
            break
        live.grow(count)
        most = MOST_PROBED_THREADS if job.entry.kind == "thread" else MOST_PROBED
        units = min(most, max(1, count // PROBED_SHARE))
        live.measure(units if count in job.probed else 0)
        if live.stop is not None:
            break
        if job.purpose == LEAK:
            live.release(reads_garbage=len(live.steps) in GARBAGE_CYCLES)
            if is_level(live.steps):
                break
        elif job.purpose == CLIMB or job.round == 1:
            _look(live)
    live.end_with(limits.status, limits.message)
    if job.releases:
        live.release()


# What a job of two sides makes of this experiment.
SESSIONS = (
    SessionKind(REPEAT, lambda units, _: short_stops(units), take_steps),
    SessionKind(BURST_FROM_NOTHING, lambda units, _: (units,), take_steps),
    SessionKind(
        LEAK,
        lambda units, kind: (min(DEFAULT.leak[kind], units),) * DEFAULT.cycles,
        take_steps,
        most_pairs=LEAK_PAIRS,
    ),
)


def _look(live: LiveSession) -> None:
    """Looks at the limits while few units are alive."""
    if live.alive < LOOKS.start:
        live.hold()
    elif live.alive in LOOKS:
        live.look()
        live.settle_prediction()
