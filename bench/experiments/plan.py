"""What a run will do: its sweeps in their order, and how its time is shared. Pure.

Climbs come first (they warm the memory that a virtual machine touches for the first time), then
rounds of short sweeps, each round with every runtime once, then the leak sweeps; the order of
runtimes is shuffled each time, so that drift of the machine is not read as a difference between
them.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field

from bench.engine.forecast import Forecast
from bench.engine.job import Job, climb_stops, short_stops
from bench.engine.reserves import Room, bounds
from bench.model.records import Kind
from runners.catalogue import Entry

FARTHEST = 1_000_000
# The two lightest are what a reader wants to see at a million: they are served first, the others
# share what is left of the time for climbs.
FIRST_IN_LINE = ("goroutine", "asyncio")


# On a slow machine the rounds of short sweeps would want all the time. This much of it is for the
# climbs of those not first in line in any case; no more than this is kept for the leak sweeps.
OTHERS_SHARE = 0.12
LEAKS_SHARE = 0.08


@dataclass(frozen=True)
class Preset:
    """How much a run does. Counts are for tasks and for threads; `budget_seconds` is `None` where
    time is no bound; a leak sweep has up to `cycles` of `leak` units."""

    name: str
    sweeps: int
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
    38.0,
    short={"task": 5_000, "thread": 500},
    climb={"task": 20_000, "thread": 2_000},
    cycles=16,
)
THOROUGH = Preset("thorough", 12, None, {"task": 100_000, "thread": 10_000}, cycles=60)


@dataclass(frozen=True)
class Request:
    """What the user asked for. `most` is `--max`; `None` leaves it to preset and reserves."""

    entries: tuple[Entry, ...]
    seed: int
    preset: Preset = DEFAULT
    sweeps: int = DEFAULT.sweeps
    climb: bool = True
    most: int | None = None
    budget_seconds: float | None = None
    settings: dict[str, str] = field(default_factory=dict)

    def climb_to(self, entry: Entry) -> int:
        """Where this runtime's climb is to end, if nothing stops it."""
        return self.most or self.preset.climb[entry.kind]

    def short_to(self, entry: Entry) -> int:
        """The count N of this runtime's short sweeps."""
        wanted = entry.sweep_to or self.preset.short[entry.kind]
        return min(wanted, self.preset.short[entry.kind], self.most or wanted)

    def settings_of(self, entry: Entry) -> dict[str, str]:
        """The settings that this runtime takes."""
        return {key: value for key, value in self.settings.items() if key in entry.settings}


@dataclass(frozen=True)
class Schedule:
    """The jobs of a run in the order in which they are done."""

    climbs: tuple[Job, ...]
    rounds: tuple[tuple[Job, ...], ...]
    leaks: tuple[Job, ...]

    @property
    def after_climbs(self) -> tuple[Job, ...]:
        return tuple(job for round_ in self.rounds for job in round_) + self.leaks


def schedule(request: Request) -> Schedule:
    """The jobs of a run, shuffled by its seed."""
    dice = random.Random(request.seed)

    def shuffled(jobs: list[Job]) -> tuple[Job, ...]:
        dice.shuffle(jobs)
        return tuple(jobs)

    entries = request.entries
    return Schedule(
        climbs=shuffled([_climb(request, entry) for entry in entries] if request.climb else []),
        rounds=tuple(
            shuffled([_short(request, entry, number) for entry in entries])
            for number in range(1, request.sweeps + 1)
        ),
        leaks=shuffled([_leak(request, entry) for entry in entries]),
    )


def _climb(request: Request, entry: Entry) -> Job:
    stops = climb_stops(request.climb_to(entry))
    return Job(entry, "climb", 1, stops, request.settings_of(entry))


def _short(request: Request, entry: Entry, number: int) -> Job:
    stops = short_stops(request.short_to(entry))
    return Job(entry, "short", number, stops, request.settings_of(entry))


def _leak(request: Request, entry: Entry) -> Job:
    units = min(request.preset.leak[entry.kind], request.most or FARTHEST)
    stops = (units,) * request.preset.cycles
    return Job(entry, "leak", 1, stops, request.settings_of(entry))


def share_of(
    job: Job,
    pending: tuple[Job, ...],
    spare: float,
    floor: float,
    forecasts: Mapping[str, Forecast],
) -> float:
    """The seconds that the climb `job` may take, `pending` (itself included) being still to be
    made: its fair share of what those first in line leave of `spare`, or at least of `floor`."""
    needs = {
        other.entry.name: other.foretold_seconds(forecasts[other.entry.name]) for other in pending
    }
    served_first = sum(needs.pop(name) for name in FIRST_IN_LINE if name in needs)
    return fair_shares(max(spare - served_first, floor), needs)[job.entry.name]


def fair_shares(pool: float, needs: Mapping[str, float]) -> dict[str, float]:
    """Max-min fair shares of `pool`: who needs less than an equal part gets its need, and what it
    leaves is shared by the others. The neediest get the rest, more than their need if there is."""
    shares: dict[str, float] = {}
    left = max(0.0, pool)
    for waiting, name in zip(
        range(len(needs), 0, -1), sorted(needs, key=lambda name: needs[name]), strict=True
    ):
        equal = left / waiting
        shares[name] = min(equal, needs[name]) if waiting > 1 else left
        left -= shares[name]
    return shares


@dataclass(frozen=True)
class Foretold:
    """What a run is expected to be, for one runtime: counts, seconds, and bytes at its highest."""

    entry: Entry
    climb_to: int | None
    short_to: int
    seconds: float
    bytes: float


def foretold(request: Request, room: Room) -> tuple[Foretold, ...]:
    """The plan by the catalogue's guesses: how far each climb comes within its share of the budget
    and the machine's room, and what every sweep of a runtime takes together."""
    plan = schedule(request)
    forecasts = {entry.name: Forecast.of(entry) for entry in request.entries}
    shares = _foretold_shares(request, plan, forecasts)
    reached = {
        job.entry.name: _as_far_as(
            job, request, room, shares.get(job.entry.name), forecasts[job.entry.name]
        )
        for job in plan.climbs
    }
    return tuple(
        _foretold_of(entry, reached.get(entry.name), plan, forecasts[entry.name])
        for entry in request.entries
    )


def _foretold_shares(
    request: Request, plan: Schedule, forecasts: Mapping[str, Forecast]
) -> dict[str, float]:
    """The seconds of each climb that is not first in line; none where time is no bound."""
    budget = request.budget_seconds
    if budget is None:
        return {}
    later = sum(job.foretold_seconds(forecasts[job.entry.name]) for job in plan.after_climbs)
    floor = OTHERS_SHARE * budget
    return {
        job.entry.name: share_of(job, plan.climbs, budget - later, floor, forecasts)
        for job in plan.climbs
        if job.entry.name not in FIRST_IN_LINE
    }


def _as_far_as(
    job: Job, request: Request, room: Room, seconds: float | None, forecast: Forecast
) -> Job:
    """The climb cut where its bounds would stop it."""
    limits = bounds(job.entry.kind, job.stops[-1], request.most is not None, room, seconds)
    within = job.within(limits.count)
    done = 0
    for stop in within.stops:
        spent = forecast.burst_seconds(done)
        if limits.objection(stop, done, round(done * forecast.unit_bytes), spent, forecast):
            break
        done = stop
    return within.within(max(done, 1))


def _foretold_of(entry: Entry, climb: Job | None, plan: Schedule, forecast: Forecast) -> Foretold:
    own = [job for job in plan.after_climbs if job.entry == entry]
    jobs = [*own, climb] if climb else own
    return Foretold(
        entry=entry,
        climb_to=climb.stops[-1] if climb else None,
        short_to=max((job.stops[-1] for job in own if job.purpose == "short"), default=0),
        seconds=sum(job.foretold_seconds(forecast) for job in jobs),
        bytes=max(job.stops[-1] for job in jobs) * forecast.unit_bytes,
    )
