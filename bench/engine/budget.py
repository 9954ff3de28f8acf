"""What a session is to do, what that is expected to take, and how far kindness to the machine lets
it go.

A forecast serves deadlines, budgets and reserves; no figure is ever made from it. `run` takes at
most half of the memory that is available, 30,000 threads, and leaves 512 pids to other processes.
Pure, but for `room`, which looks at the machine.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from bench.model.records import (
    CLIMB,
    KERNEL,
    LEAK,
    REPEAT,
    USER,
    Kind,
    Machine,
    Readings,
    Step,
    Stop,
    reading,
)
from bench.probes import cgroup, memory
from bench.system import System, whole_number
from runners.catalogue import Entry

START_SECONDS = 0.2  # a fresh process until its first reply, and its end
STEP_SECONDS = 0.07  # settling, reading and probing at one step
LEAST_SECONDS = 1e-6  # no burst takes none, whatever a runner says
# A smaller burst that takes less says more about the clock than about the runtime.
WORTH_LEARNING, WORTH_SECONDS = 200, 0.05
# Tables and lists double as they grow: before the next step, half as much again may be needed.
GROWTH_MARGIN = 1.25
MEMORY_SHARE = 0.5
MOST_THREADS = 30_000
RESERVED_PIDS = 512
TRUSTED_SECONDS = 2.0  # of sessions that outweigh the load at the start
SLOWEST = 10.0
FEWEST_CYCLES, LEVEL_CYCLES, LEVEL_BYTES = 12, 8, 16
USUAL_CYCLES = 15  # until a leak check is level


@dataclass(frozen=True)
class Job:
    """A session to be made. `stops` are the counts; in a leak check each is grown and released, and
    they are as many as it may take (see `is_level`). Where it `releases` nothing the runner is
    simply ended with its units."""

    entry: Entry
    purpose: str
    round: int
    stops: tuple[int, ...]
    settings: dict[str, str] = field(default_factory=dict)
    releases: bool = True

    def within(self, most: int) -> Job:
        """The same job with no stop above `most`, which becomes its last if it was to go higher."""
        stops = tuple(min(stop, most) for stop in self.stops)
        distinct = stops if self.purpose == LEAK else tuple(dict.fromkeys(stops))
        return dataclasses.replace(self, stops=distinct)

    @property
    def first(self) -> Job:
        """The job cut after its first stop."""
        return self.made(1)

    def made(self, stops: int) -> Job:
        """The job as far as its first so many stops."""
        return dataclasses.replace(self, stops=self.stops[:stops])

    @property
    def probed(self) -> frozenset[int]:
        """The stops at which start latency is taken: a climb's every one, a repeat's last,
        since probing at the first would touch the memory that the last is compared with."""
        stops = {CLIMB: self.stops, REPEAT: self.stops[-1:]}
        return frozenset(stops.get(self.purpose, ()))

    def expected_seconds(self, forecast: Forecast) -> float:
        """How long the whole session is expected to take. A leak check by the catalogue's guess:
        its counts are small, and a thread among ten thousand takes longer to start than few do."""
        if self.purpose == LEAK:
            cycles = min(USUAL_CYCLES, len(self.stops))
            return Forecast.of(self.entry).leak_seconds(self.stops[0], cycles)
        most = max(self.stops, default=0)
        released = forecast.release_seconds(most) if self.releases else 0.0
        burst = forecast.burst_seconds(most)
        return START_SECONDS + len(self.stops) * STEP_SECONDS + burst + released


@dataclass(frozen=True)
class Pace:
    """How much longer sessions take here than their bursts and releases do (which forecasts learn
    for each runtime): what they took so far, divided by what was expected of them. Until much was
    made, the machine's load counts as well."""

    expected_seconds: float
    taken_seconds: float

    @classmethod
    def of(cls, machine: Machine, busy: bool) -> Pace:
        """At the start: other work takes its share of the processors, as many as the load says.
        That stays high for minutes after the work has ended, so it counts only if `busy`."""
        waiting = 1 + ((machine.load or 0.0) if busy else 0.0) / (machine.cpus or 1)
        return cls(TRUSTED_SECONDS, TRUSTED_SECONDS * min(waiting, SLOWEST))

    def learned(self, job: Job, forecast: Forecast, seconds: float) -> Pace:
        """The same with a session that took so many seconds; `forecast` has learned from it."""
        if not job.stops:
            return self
        expected = job.expected_seconds(forecast)
        return Pace(self.expected_seconds + expected, self.taken_seconds + seconds)

    @property
    def factor(self) -> float:
        return self.taken_seconds / self.expected_seconds


def is_level(cycles: Sequence[Step]) -> bool:
    """Whether a leak check has seen enough: 12 cycles, the last 8 alike within 16 bytes a unit.

    Else it goes on: an allocator's chunk that comes and goes (1 MiB in CPython, 524 bytes for each
    of 2,000 units) looks like a leak over few cycles, and like nothing over many.
    """
    last = [cycle.read(USER).bytes for cycle in cycles[-LEVEL_CYCLES:]]
    known = [bytes_ for bytes_ in last if bytes_ is not None]
    if len(cycles) < FEWEST_CYCLES or len(known) < len(last):
        return False
    return max(known) - min(known) <= LEVEL_BYTES * cycles[-1].alive


def climb_stops(most: int) -> tuple[int, ...]:
    """1, 2 and 5 times each power of ten from 100 up, the last exactly `most`."""
    steps = (factor * 10**power for power in itertools.count(2) for factor in (1, 2, 5))
    return (*itertools.takewhile(lambda step: step < most, steps), most)


def short_stops(most: int) -> tuple[int, ...]:
    """The two stops of a repeat: N/10 and N."""
    return (most // 10, most) if most >= 10 else (most,)


@dataclass(frozen=True)
class Forecast:
    """Seconds and bytes one unit is expected to take to launch, and seconds to release."""

    unit_seconds: float
    unit_bytes: float
    unit_release_seconds: float

    @classmethod
    def of(cls, entry: Entry) -> Forecast:
        """The catalogue's guess."""
        guess = entry.guess
        return cls(guess.seconds, guess.bytes, guess.seconds / 2)

    def learned(self, before: Readings | None, step: Step) -> Forecast:
        """What `step` taught; `before` is the memory ahead of its burst. A release says nothing
        until it has happened, so its guess keeps its proportion to the launch."""
        few = step.spawned < WORTH_LEARNING and step.burst_seconds < WORTH_SECONDS
        if few or not step.spawned:
            return self
        seconds = max(step.burst_seconds, LEAST_SECONDS) / step.spawned
        grown = total_bytes(step.readings, before)
        return Forecast(
            seconds,
            max(grown / step.spawned, 1.0) if grown is not None else self.unit_bytes,
            self.unit_release_seconds * seconds / self.unit_seconds,
        )

    def after(self, before: Readings | None, steps: Iterable[Step]) -> Forecast:
        """What several steps taught, one after the other."""
        forecast = self
        for step in steps:
            forecast, before = forecast.learned(before, step), step.readings
        return forecast

    def released(self, units: int, seconds: float) -> Forecast:
        """The same, with what a release of `units` took."""
        if units < WORTH_LEARNING:
            return self
        seconds = max(seconds, LEAST_SECONDS)
        return dataclasses.replace(self, unit_release_seconds=seconds / units)

    def burst_seconds(self, units: int) -> float:
        return units * self.unit_seconds

    def burst_bytes(self, units: int) -> float:
        """Upper estimate of what `units` further ones take."""
        return units * self.unit_bytes * GROWTH_MARGIN

    def release_seconds(self, units: int) -> float:
        return units * self.unit_release_seconds

    def leak_seconds(self, units: int, cycles: int) -> float:
        """A leak check: cycles of grow and release."""
        cycle = STEP_SECONDS + self.burst_seconds(units) + self.release_seconds(units)
        return START_SECONDS + cycles * cycle


def total_bytes(now: Readings, before: Readings | None) -> int | None:
    """What user and kernel memory have grown by; `None` where either is not known."""
    if before is None:
        return None
    total = 0
    for name in (USER, KERNEL):
        was, is_ = reading(before, name).bytes, reading(now, name).bytes
        if was is None or is_ is None:
            return None
        total += is_ - was
    return total


def bytes_per_unit(steps: Sequence[Step]) -> float | None:
    """All memory of a unit, as a result's figures have it: from the first step of a session
    to the last, so that what the process itself has come to take is no part of it. `None` for one
    step."""
    if not steps or steps[-1].alive <= steps[0].alive:
        return None
    grown = total_bytes(steps[-1].readings, steps[0].readings)
    return None if grown is None else grown / (steps[-1].alive - steps[0].alive)


@dataclass(frozen=True)
class Room:
    """What the machine can spare now: bytes, and kernel threads; `None` where unknown."""

    memory_bytes: int | None
    threads: int | None


@dataclass(frozen=True)
class Bounds:
    """How far one session may go. `count` is its last stop and `status` and `message` say what
    stands behind that number; `deadline` is on the harness's clock."""

    count: int
    status: Literal["max", "reserve"]
    message: str
    memory_bytes: int | None = None
    deadline: float | None = None

    def objection(
        self, job: Job, count: int, alive: int, used_bytes: int, now: float, forecast: Forecast
    ) -> Stop | None:
        """Why the step of `job` to `count` is not to be begun; `None` where nothing speaks against
        it. `used_bytes` is what the session's units take already, `now` the harness's clock."""
        more = count - alive
        needed = used_bytes + forecast.burst_bytes(more)
        if self.memory_bytes is not None and needed > self.memory_bytes:
            return Stop(
                status="reserve",
                count=alive,
                message=f"safety reserve: {count:,} would take more than half of the available "
                "memory",
                evidence=(
                    f"{needed / 2**20:,.0f} MiB expected for {count:,} units",
                    f"{self.memory_bytes / 2**20:,.0f} MiB may be used",
                ),
            )
        seconds = forecast.burst_seconds(more)
        if job.releases:
            seconds += forecast.release_seconds(count)
        if self.deadline is None or now + seconds <= self.deadline:
            return None
        left = max(0.0, self.deadline - now)
        return Stop(
            status="budget",
            count=alive,
            message=f"out of time: skipped {count:,}, too little time left",
            evidence=(f"{seconds:.1f} s expected, {left:.1f} s left for this session",),
        )


def room(system: System) -> Room:
    """What the machine can spare now, by `/proc` and the memory cgroups this process is in."""
    available = memory.available_bytes(system)
    below_limits = cgroup.memory_room(system)
    if below_limits is not None:
        available = min(available or below_limits.bytes, below_limits.bytes)
    return Room(None if available is None else int(available * MEMORY_SHARE), spare_pids(system))


def spare_pids(system: System) -> int | None:
    """How many more threads the machine can number, 512 left to others.

    The lesser of `kernel.pid_max` and `kernel.threads-max`, less what runs; `None` where the
    system does not say.
    """
    limits = [system.integer(f"proc/sys/kernel/{name}") for name in ("pid_max", "threads-max")]
    known = [limit for limit in limits if limit is not None]
    running = whole_number(((system.text("proc/loadavg") or "").split("/")[-1].split() or [""])[0])
    if not known or running is None:
        return None
    return max(0, min(known) - running - RESERVED_PIDS)


def bounds(
    kind: Kind, wanted: int, asked: bool, room_: Room, deadline: float | None = None
) -> Bounds:
    """The bounds of a session to `wanted` units. `asked`: the user gave that number, which lifts
    the 30,000 threads, where the machine's own reserve is known, but no other reserve."""
    reserves = []
    if kind == "thread" and not asked:
        reserves.append((MOST_THREADS, f"at most {MOST_THREADS:,} threads without --max"))
    elif kind == "thread" and room_.threads is None:
        unknown = "how many the machine can number is unknown"
        reserves.append((MOST_THREADS, f"at most {MOST_THREADS:,}, as {unknown}"))
    if kind == "thread" and room_.threads is not None:
        reserves.append((room_.threads, f"{RESERVED_PIDS} pids are left to other processes"))
    most, why = min(reserves, default=(wanted, ""))
    if most < wanted:
        words = f"safety reserve: {why}"
        return Bounds(most, "reserve", words, room_.memory_bytes, deadline)
    words = "reached the requested count" if asked else "reached this run's cap"
    return Bounds(wanted, "max", words, room_.memory_bytes, deadline)
