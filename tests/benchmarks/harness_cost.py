"""What the harness itself costs: each runtime's work by a bare program and through the harness.

    .venv/bin/python -m tests.benchmarks.harness_cost         everything: some 8 minutes
    .venv/bin/python -m tests.benchmarks.harness_cost --runtime trio --only bytes
    .venv/bin/python -m tests.benchmarks.harness_cost --only burst --pairs 20

Both sides are read by the same probes in cgroups of the same kind, in turn, in shuffled order. A
burst's ratio has the bare program against itself beside it: what a machine does to two equal bursts
is no fault of the harness. Ends with 1 where a figure was not reached.
"""

from __future__ import annotations

import argparse
import math
import random
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bench.measure.forecast import Forecast
from bench.measure.job import Job
from bench.measure.reserves import Bounds
from bench.measure.sweep import SweepTaker
from bench.results.records import Memory, Sweep
from runners.catalogue import Entry
from tests.benchmarks import bare_programs, own_cost
from tests.benchmarks.machine import RIG, default_entries, missing

PARTS = ("bytes", "burst", "memory", "help")
LIKE = (0.98, 1.02)
SLOWEST = 1.05
REST_SECONDS = 0.5  # after threads: their stacks are freed late, and would be freed in the next's


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


def swept(entry: Entry, counts: tuple[int, ...]) -> Sweep:
    """One short sweep through the harness."""
    RIG.prepare(entry, print)
    bounds = Bounds(counts[-1], "max", "")
    taker = SweepTaker(Job(entry, "short", 1, counts), bounds, Forecast.of(entry), RIG.clock)
    taker.take(RIG, lambda _count: None, lambda _step, _bytes: None)
    sweep = taker.record(0)
    if sweep.stop.status != "max":
        sys.exit(f"{entry.name}: {sweep.stop.message}\n{sweep.stop.stderr_tail}")
    return sweep


def slope(first: Memory, last: Memory, units: int) -> float:
    """User and kernel bytes a unit."""
    readings = (last.user, last.kernel, first.user, first.kernel)
    if any(reading.bytes is None for reading in readings):
        sys.exit("memory cannot be read on this machine")
    user, kernel, user_first, kernel_first = (reading.bytes or 0 for reading in readings)
    return (user - user_first + kernel - kernel_first) / units


def bytes_through_harness(entry: Entry, count: int) -> float:
    first, last = swept(entry, (count // 10, count)).steps
    return slope(first.memory, last.memory, last.alive - first.alive)


def bytes_bare(entry: Entry, count: int) -> float:
    first, last = bare_programs.run(entry.name, (count // 10, count))
    return slope(first.memory, last.memory, last.alive - first.alive)


def burst_through_harness(entry: Entry, count: int) -> float:
    return swept(entry, (count,)).steps[0].burst_seconds


def burst_bare(entry: Entry, count: int) -> float:
    return bare_programs.run(entry.name, (count,))[0].burst_seconds


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


def compare_bytes(entry: Entry, count: int, pairs: int) -> bool:
    """Prints one runtime's line; whether the ratio is within its bounds."""
    sides = (lambda: bytes_through_harness(entry, count), lambda: bytes_bare(entry, count))
    taken = [in_turn(entry, sides) for _ in range(pairs)]
    harness, bare = (statistics.median(values) for values in zip(*taken, strict=True))
    reached = bool(LIKE[0] <= harness / bare <= LIKE[1])
    say(entry, count, f"{harness:10,.1f} {bare:10,.1f}  {harness / bare:.4f}", reached)
    return reached


def compare_bursts(entry: Entry, count: int, pairs: int) -> bool:
    """Prints one runtime's line; whether the ratio's lower end is within its bound."""
    sides = (
        lambda: burst_through_harness(entry, count),
        lambda: burst_bare(entry, count),
        lambda: burst_bare(entry, count),
    )
    taken = [in_turn(entry, sides) for _ in range(pairs)]
    ratio = ratio_of([(harness, bare) for harness, bare, _ in taken])
    same = ratio_of([(again, bare) for _, bare, again in taken])
    each = [statistics.median(values) / count * 1e6 for values in zip(*taken, strict=True)]
    reached = ratio.low <= SLOWEST
    say(entry, count, f"{each[0]:8.2f} {each[1]:8.2f}  {ratio!s:24} {same!s:24}", reached)
    return reached


def say(entry: Entry, count: int, figures: str, reached: bool) -> None:
    print(f"{entry.name:10} {count:9,}  {figures}  {verdict(reached)}", flush=True)


def verdict(reached: bool) -> str:
    return "ok" if reached else "MISSED"


def all_bytes(options: argparse.Namespace) -> list[bool]:
    print(f"\nBytes a unit from N/10 to N; to reach: a ratio of {LIKE[0]} to {LIKE[1]}")
    print(f"{'runtime':10} {'N':>9}  {'harness':>10} {'bare':>10}  ratio")
    counts = {"task": options.tasks, "thread": 2 * options.threads}
    return [compare_bytes(e, counts[e.kind], 3) for e in chosen(options)]


def all_bursts(options: argparse.Namespace) -> list[bool]:
    print(
        f"\nBurst from 0 to N in µs a unit, {options.pairs} pairs; "
        f"to reach: the lower end of the ratio's 95 % interval at most {SLOWEST}"
    )
    heading = f"{'harness':>8} {'bare':>8}  {'harness ÷ bare':24} {'bare ÷ bare':24}"
    print(f"{'runtime':10} {'N':>9}  {heading}")
    counts = {"task": options.tasks, "thread": options.threads}
    return [compare_bursts(e, counts[e.kind], options.pairs) for e in chosen(options)]


def chosen(options: argparse.Namespace) -> list[Entry]:
    """The runtimes asked for, those that cannot run here left out with a word."""
    wanted = [e for e in default_entries() if not options.runtime or e.name in options.runtime]
    for entry in wanted:
        if reason := missing(entry):
            print(f"{entry.name} is left out: {reason}")
    return [entry for entry in wanted if missing(entry) is None]


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    names = [entry.name for entry in default_entries()]
    parser.add_argument("--runtime", action="append", choices=names, help="may be repeated")
    parser.add_argument("--only", action="append", choices=PARTS, help="may be repeated")
    parser.add_argument("--pairs", type=int, default=8, help="of bursts a runtime")
    parser.add_argument("--tasks", type=int, default=100_000, help="count of tasks")
    parser.add_argument("--threads", type=int, default=2_000, help="count of threads")
    parser.add_argument("--million", type=int, default=1_000_000, help="the larger --max of memory")
    return parser.parse_args()


def main() -> int:
    options = arguments()
    parts = {
        "bytes": lambda: all_bytes(options),
        "burst": lambda: all_bursts(options),
        "memory": lambda: own_cost.peak_memory(options.million),
        "help": own_cost.help_time,
    }
    wanted = options.only or PARTS
    reached = [result for part in PARTS if part in wanted for result in parts[part]()]
    print(f"\n{sum(reached)} of {len(reached)} figures were reached")
    return 0 if all(reached) else 1


if __name__ == "__main__":
    sys.exit(main())
