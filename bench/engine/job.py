"""What a sweep is to do: its counts, where it probes, when a leak sweep has seen enough. Pure."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field

from bench.engine.forecast import Forecast
from bench.model.records import USER, Machine, Step
from runners.catalogue import Entry

TRUSTED_SECONDS = 2.0  # of sweeps that outweigh the load at the start
SLOWEST = 10.0
FEWEST_CYCLES, LEVEL_CYCLES, LEVEL_BYTES = 12, 8, 16


@dataclass(frozen=True)
class Job:
    """One sweep to be made. `stops` are the counts; in a leak sweep each is grown and released, and
    they are as many as it may take (see `is_level`)."""

    entry: Entry
    purpose: str
    round: int
    stops: tuple[int, ...]
    settings: dict[str, str] = field(default_factory=dict)

    def within(self, most: int) -> Job:
        """The same job with no stop above `most`, which becomes its last if it was to go higher."""
        stops = tuple(min(stop, most) for stop in self.stops)
        distinct = stops if self.purpose == "leak" else tuple(dict.fromkeys(stops))
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
        """The stops at which start latency is taken: a climb's every one, a short sweep's last,
        since probing at the first would touch the memory that the last is compared with."""
        match self.purpose:
            case "climb":
                return frozenset(self.stops)
            case "short":
                return frozenset(self.stops[-1:])
            case _:
                return frozenset()

    def foretold_seconds(self, forecast: Forecast) -> float:
        """How long the whole sweep is expected to take. A leak sweep by the catalogue's guess: its
        counts are small, and a thread among ten thousand takes longer to start than one of few."""
        if self.purpose == "leak":
            cycles = (FEWEST_CYCLES + len(self.stops)) // 2
            return Forecast.of(self.entry).leak_seconds(self.stops[0], cycles)
        return forecast.sweep_seconds(self.stops)


@dataclass(frozen=True)
class Pace:
    """How much longer sweeps take here than their bursts and releases do (which forecasts learn for
    each runtime): what they took so far, divided by what was expected of them. Until much was made,
    the machine's load counts as well."""

    expected_seconds: float
    taken_seconds: float

    @classmethod
    def of(cls, machine: Machine) -> Pace:
        """At the start: other work takes its share of the processors."""
        waiting = 1 + (machine.load or 0.0) / (machine.cpus or 1)
        return cls(TRUSTED_SECONDS, TRUSTED_SECONDS * min(waiting, SLOWEST))

    def learned(self, job: Job, forecast: Forecast, seconds: float) -> Pace:
        """The same with a sweep that took so many seconds; `forecast` has learned from it."""
        if not job.stops:
            return self
        expected = job.foretold_seconds(forecast)
        return Pace(self.expected_seconds + expected, self.taken_seconds + seconds)

    @property
    def factor(self) -> float:
        return self.taken_seconds / self.expected_seconds


def is_level(cycles: Sequence[Step]) -> bool:
    """Whether a leak sweep has seen enough: 12 cycles, the last 8 alike within 16 bytes a unit.

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
    """The two stops of a short sweep: N/10 and N."""
    return (most // 10, most) if most >= 10 else (most,)
