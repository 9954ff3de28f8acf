"""What it costs to go up to a ceiling by steps and slices, beside a bare loop to the same count."""

from __future__ import annotations

import sys
from pathlib import Path

import msgspec

from bench.engine.toolchain import availability
from bench.experiments.base import target
from bench.experiments.ceiling import CeilingOptions, CeilingRun
from bench.limits.predict import NO_RESERVES
from bench.machine import fingerprint
from bench.model.records import Session
from runners.catalogue import Entry
from tests.benchmarks import bare_programs
from tests.benchmarks.machine import RIG, TOOLS
from tests.benchmarks.pairs import Options, in_turn, ratio_of, verdict
from tests.support import cgroups

PIDS = 20_000
SLOWEST = 1.05
CLOSE = (0.98, 1.02)
PAIRS = 20  # with 6 the ratio came out anywhere between 1.00 and 1.13


def to_a_pids_cgroup(options: Options) -> list[bool]:
    """Prints how long C threads take to a pids cgroup's limit, through the harness and bare."""
    print(
        f"\nC threads to a pids cgroup of {PIDS:,}, launching added up, {PAIRS} pairs; to reach: "
        f"a ratio of at most {SLOWEST}, foretold within 2 %"
    )
    return [reached for e in options.entries if e.name == "pthread" for reached in _compared(e)]


def _compared(entry: Entry) -> list[bool]:
    with cgroups.made("pids", PIDS) as group:
        stop = climbed(entry, group).stop  # not counted: it warms the memory
        count = stop.count
        sides = (
            lambda: sum(step.burst_seconds for step in climbed(entry, group).steps),
            lambda: bare(entry, group, count),
            lambda: bare(entry, group, count),
        )
        taken = [in_turn(entry, sides) for _ in range(PAIRS)]
    ratio = ratio_of([(harness, once) for harness, once, _ in taken])
    same = ratio_of([(again, once) for _, once, again in taken])
    foretold = (stop.predicted or 0) / count
    reached = [ratio.value <= SLOWEST, CLOSE[0] <= foretold <= CLOSE[1]]
    print(f"harness ÷ bare {ratio!s:24} bare ÷ bare {same!s:24} {verdict(reached[0])}")
    print(f"foretold ÷ reached {foretold:.4f} ({count:,} threads)  {verdict(reached[1])}")
    return reached


def climbed(entry: Entry, group: Path) -> Session:
    """The ceiling of a runner that stands in the cgroup."""
    inside = msgspec.structs.replace(entry, command=(*cgroups.inside(group), *entry.command))
    experiment = CeilingRun(
        CeilingOptions(budget=600, reserves=NO_RESERVES),
        [target(inside, RIG, availability(inside, TOOLS))],
        fingerprint(RIG.system),
        lambda _event: None,
        lambda _result: None,
    )
    (sweep,) = experiment.run().sessions
    if sweep.stop.limit != "pids.max":
        sys.exit(f"{entry.name} was not stopped by the cgroup: {sweep.stop}")
    return sweep


def bare(entry: Entry, group: Path, count: int) -> float:
    """The bare program's own time to the same count, in the same cgroup."""
    words = (*cgroups.inside(group), *bare_programs.command(entry.name), str(count))
    with bare_programs.started(words) as (process, _):
        return process.ready()
