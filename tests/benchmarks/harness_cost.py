"""What the harness itself costs: each runtime's work by a bare program and through the harness.

Both sides are read by the same probes in cgroups of the same kind, in turn, in shuffled order. A
burst's ratio has the bare program against itself beside it: what a machine does to two equal bursts
is no fault of the harness.
"""

from __future__ import annotations

import statistics
import sys

from bench.engine.budget import Job
from bench.model.records import Readings
from runners.catalogue import Entry
from tests.benchmarks import bare_programs
from tests.benchmarks.pairs import Options, in_turn, ratio_of, swept, verdict

LIKE = (0.98, 1.02)
SLOWEST = 1.05


def slope(first: Readings, last: Readings, units: int) -> float:
    """User and kernel bytes a unit."""
    readings = (last["user"], last["kernel"], first["user"], first["kernel"])
    if any(reading.bytes is None for reading in readings):
        sys.exit("memory cannot be read on this machine")
    user, kernel, user_first, kernel_first = (reading.bytes or 0 for reading in readings)
    return (user - user_first + kernel - kernel_first) / units


def bytes_through_harness(entry: Entry, count: int) -> float:
    first, last = swept(Job(entry, "short", 1, (count // 10, count))).steps
    return slope(first.readings, last.readings, last.alive - first.alive)


def bytes_bare(entry: Entry, count: int) -> float:
    first, last = bare_programs.run(entry.name, (count // 10, count))
    return slope(first.memory, last.memory, last.alive - first.alive)


def burst_through_harness(entry: Entry, count: int) -> float:
    return swept(Job(entry, "short", 1, (count,))).steps[0].burst_seconds


def burst_bare(entry: Entry, count: int) -> float:
    return bare_programs.run(entry.name, (count,))[0].burst_seconds


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


def all_bytes(options: Options) -> list[bool]:
    print(f"\nBytes a unit from N/10 to N; to reach: a ratio of {LIKE[0]} to {LIKE[1]}")
    print(f"{'runtime':10} {'N':>9}  {'harness':>10} {'bare':>10}  ratio")
    counts = {"task": options.tasks, "thread": 2 * options.threads}
    return [compare_bytes(e, counts[e.kind], 3) for e in options.entries]


def all_bursts(options: Options) -> list[bool]:
    print(
        f"\nBurst from 0 to N in µs a unit, {options.pairs} pairs; "
        f"to reach: the lower end of the ratio's 95 % interval at most {SLOWEST}"
    )
    heading = f"{'harness':>8} {'bare':>8}  {'harness ÷ bare':24} {'bare ÷ bare':24}"
    print(f"{'runtime':10} {'N':>9}  {heading}")
    counts = {"task": options.tasks, "thread": options.threads}
    return [compare_bursts(e, counts[e.kind], options.pairs) for e in options.entries]
