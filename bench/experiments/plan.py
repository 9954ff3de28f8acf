"""What a run will do: its sessions in their order, and how its time is shared. Pure.

Climbs come first (they warm the memory that a virtual machine touches for the first time), then
rounds of repeats, each round with every runtime once, then the leak checks; the order of
runtimes is shuffled in each round, so that drift of the machine is not read as a difference between
them.
"""

from __future__ import annotations

import dataclasses
import math
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Annotated, Literal

from msgspec import Meta

from bench.engine.budget import MOST_THREADS, Forecast, Job, Room, bounds, climb_stops, short_stops
from bench.experiments.base import Target
from bench.model.records import CLIMB, LEAK, MOST, REPEAT, Count, Kind, Record
from runners.catalogue import Entry

FARTHEST = 1_000_000
# On a slow machine the repeats would want all the time. This much of it is for climbs in any case;
# no more than this is kept for the leak checks.
CLIMBS_SHARE = 0.35
LEAKS_SHARE = 0.06
LEFT_TO_OTHERS = 0.2  # of what climbs need that need more


@dataclass(frozen=True)
class Preset:
    """How much a run does. Counts are for tasks and for threads; `budget_seconds` is `None` where
    time is no bound; a leak check has up to `cycles` of `leak` units."""

    name: str
    repeats: int
    budget_seconds: float | None
    short: Mapping[Kind, int]
    climb: Mapping[Kind, int] = field(
        default_factory=lambda: {"task": FARTHEST, "thread": FARTHEST}
    )
    leak: Mapping[Kind, int] = field(default_factory=lambda: {"task": 2_000, "thread": 500})
    cycles: int = 36


DEFAULT = Preset("default", 6, 172.0, {"task": 100_000, "thread": 10_000})
QUICK = Preset(
    "quick",
    6,
    32.0,
    short={"task": 5_000, "thread": 500},
    climb={"task": 20_000, "thread": 2_000},
    cycles=16,
)
THOROUGH = Preset("thorough", 12, None, {"task": 100_000, "thread": 10_000}, cycles=60)


PRESETS = {preset.name: preset for preset in (DEFAULT, QUICK, THOROUGH)}


class PopulationOptions(Record, frozen=True, kw_only=True):
    """What the user asked for; `None` leaves it to the preset, and `max` to the reserves as well.
    With a `max` time is no bound, unless `budget` is given."""

    preset: Literal["default", "quick", "thorough"] = "default"
    max: Annotated[int, Meta(gt=0, le=MOST)] | None = None
    repeats: Count | None = None
    climb: bool = True
    budget: Annotated[float, Meta(gt=0, le=1e9)] | None = None
    seed: int = 0

    @property
    def scale(self) -> Preset:
        return PRESETS[self.preset]

    @property
    def rounds(self) -> int:
        """How many repeats of each case."""
        return self.scale.repeats if self.repeats is None else self.repeats

    @property
    def budget_seconds(self) -> float | None:
        return self.budget or (self.scale.budget_seconds if self.max is None else None)

    def climb_to(self, entry: Entry) -> int:
        """Where this case's climb is to end, if nothing stops it."""
        return self.max or self.scale.climb[entry.kind]

    def repeat_to(self, entry: Entry) -> int:
        """The count N of this case's repeats."""
        wanted = min(entry.sweep_to or MOST, self.scale.short[entry.kind])
        return min(wanted, self.max or wanted)


@dataclass(frozen=True)
class Schedule:
    """The jobs of a run in the order in which they are done."""

    climbs: tuple[Job, ...]
    rounds: tuple[tuple[Job, ...], ...]
    leaks: tuple[Job, ...]

    @property
    def after_climbs(self) -> tuple[Job, ...]:
        return tuple(job for round_ in self.rounds for job in round_) + self.leaks


def schedule(options: PopulationOptions, targets: Sequence[Target]) -> Schedule:
    """The jobs of a run. Climbs are ordered by the time that they are expected to need, so that the
    neediest takes what the others leave; all others are shuffled by the seed. One session of a case
    has its release timed."""
    dice = random.Random(options.seed)

    def shuffled(make: Callable[[Target], Job]) -> tuple[Job, ...]:
        jobs = [make(target) for target in targets]
        dice.shuffle(jobs)
        return tuple(jobs)

    def climb(target: Target) -> Job:
        job = target.job(CLIMB, 1, climb_stops(options.climb_to(target.entry)))
        return dataclasses.replace(job, releases=options.rounds == 0)

    def repeat(number: int, target: Target) -> Job:
        job = target.job(REPEAT, number, short_stops(options.repeat_to(target.entry)))
        return dataclasses.replace(job, releases=number == 1)

    def leak(target: Target) -> Job:
        units = min(options.scale.leak[target.entry.kind], options.max or MOST)
        return target.job(LEAK, 1, (units,) * options.scale.cycles)

    climbs = [climb(target) for target in targets] if options.climb else []
    return Schedule(
        climbs=tuple(sorted(climbs, key=lambda job: needed(job, Forecast.of(job.entry)))),
        rounds=tuple(shuffled(partial(repeat, n)) for n in range(1, options.rounds + 1)),
        leaks=shuffled(leak),
    )


def needed(climb: Job, forecast: Forecast) -> float:
    """The seconds that a climb is expected to take to its top; threads stop at their reserve."""
    within = climb.within(MOST_THREADS) if climb.entry.kind == "thread" else climb
    return within.expected_seconds(forecast)


def share_of(
    job: Job, pending: Sequence[Job], pool: float, forecasts: Mapping[str, Forecast]
) -> float:
    """The seconds that the climb `job` may take of `pool`, `pending` (itself included) being still
    to be made: its fair share, or all that the others are not expected to need."""
    needs = {one.entry.name: needed(one, forecasts[one.entry.name]) for one in pending}
    others = sum(seconds for key, seconds in needs.items() if key != job.entry.name)
    return max(fair_shares(pool, needs)[job.entry.name], pool - others)


def fair_shares(pool: float, needs: Mapping[str, float]) -> dict[str, float]:
    """Shares of `pool`, those who need least first: each gets its need, as long as a fifth of what
    the others need is left to them, and never less than an equal part of what is left. Equal parts
    alone would stop every climb a little short of its count. The neediest gets the rest."""
    shares: dict[str, float] = {}
    left, others = max(0.0, pool), sum(needs.values())
    ordered = sorted(needs, key=lambda name: needs[name])
    for place, name in enumerate(ordered):
        others -= needs[name]
        waiting = len(ordered) - place
        most = max(left - LEFT_TO_OTHERS * others, left / waiting)
        shares[name] = min(most, needs[name]) if waiting > 1 else left
        left -= shares[name]
    return shares


@dataclass(frozen=True)
class PlannedCase:
    """What a run is expected to be, for one case: counts, seconds, and bytes at its highest."""

    target: Target
    climb_to: int | None
    repeat_to: int
    seconds: float
    bytes: float


def planned(
    options: PopulationOptions, targets: Sequence[Target], room: Room
) -> tuple[PlannedCase, ...]:
    """The plan by the catalogue's guesses: how far each climb comes within its share of the budget
    and the machine's room, and what every session of a case takes together."""
    plan = schedule(options, targets)
    forecasts = {target.key: Forecast.of(target.entry) for target in targets}
    climbs = {job.entry.name: job for job in plan.climbs}
    pool, budget = math.inf, options.budget_seconds
    if budget is not None:
        later = sum(job.expected_seconds(forecasts[job.entry.name]) for job in plan.after_climbs)
        pool = max(budget - later, CLIMBS_SHARE * budget)
    rows = []
    for target in targets:
        key, forecast = target.key, forecasts[target.key]
        jobs = [job for job in plan.after_climbs if job.entry.name == key]
        climb = climbs.get(key)
        if climb is not None:
            share = share_of(climb, plan.climbs, pool, forecasts)
            climb = _as_far_as(climb, options, room, share, forecast)
        every = [*jobs, climb] if climb else jobs
        rows.append(
            PlannedCase(
                target,
                climb.stops[-1] if climb else None,
                max((job.stops[-1] for job in jobs if job.purpose == REPEAT), default=0),
                seconds=sum(job.expected_seconds(forecast) for job in every),
                bytes=max(job.stops[-1] for job in every) * forecast.unit_bytes,
            )
        )
    return tuple(rows)


def _as_far_as(
    job: Job, options: PopulationOptions, room: Room, seconds: float | None, forecast: Forecast
) -> Job:
    """The climb cut where its bounds would stop it."""
    limits = bounds(job.entry.kind, job.stops[-1], options.max is not None, room, seconds)
    within = job.within(limits.count)
    done = 0
    for stop in within.stops:
        spent = forecast.burst_seconds(done)
        used = round(done * forecast.unit_bytes)
        if limits.objection(job, stop, done, used, spent, forecast):
            break
        done = stop
    return within.within(max(done, 1))
