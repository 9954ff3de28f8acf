"""What the benchmarks share: sweeps through the harness, values in turn, ratios, verdicts."""

from __future__ import annotations

import math
import random
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bench.engine.budget import Job
from bench.model.records import Session
from runners.catalogue import Entry
from tests.benchmarks.machine import RIG
from tests.support.sessions import session

REST_SECONDS = 0.5  # after threads: their stacks are freed late, and would be freed in the next's


@dataclass(frozen=True)
class Options:
    """What the benchmarks are to do: the runtimes, how many pairs, and at which counts."""

    entries: tuple[Entry, ...]
    pairs: int
    tasks: int
    threads: int
    million: int


@dataclass(frozen=True)
class Ratio:
    """A ratio's estimate with its 95 % interval."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}]"


def ratio_of(pairs: Sequence[tuple[float, float]]) -> Ratio:
    """The ratio of two paired measurements: Student's interval of the mean log ratio.

    Logarithms, so that twice as slow and twice as fast weigh the same; pairs, so that what befalls
    both sides alike cancels out.
    """
    from scipy.stats import t

    logs = [math.log(above / below) for above, below in pairs]
    mean = statistics.fmean(logs)
    if len(logs) < 2:
        return Ratio(math.exp(mean), 0.0, math.inf)
    margin = float(t.ppf(0.975, len(logs) - 1)) * statistics.stdev(logs) / math.sqrt(len(logs))
    return Ratio(math.exp(mean), math.exp(mean - margin), math.exp(mean + margin))


def swept(job: Job) -> Session:
    """One sweep through the harness."""
    entry = job.entry
    RIG.prepare(entry, print)
    sweep = session(job, RIG)
    if sweep.stop.status != "max":
        sys.exit(f"{entry.name}: {sweep.stop.message}\n{sweep.stop.stderr_tail}")
    return sweep


def in_turn(entry: Entry, sides: Sequence[Callable[[], float]]) -> list[float]:
    """One value of each side, taken in shuffled order."""
    order = list(range(len(sides)))
    random.shuffle(order)
    values = [0.0] * len(sides)
    for index in order:
        values[index] = sides[index]()
        if entry.kind == "thread":
            time.sleep(REST_SECONDS)
    return values


def verdict(reached: bool) -> str:
    return "ok" if reached else "MISSED"
