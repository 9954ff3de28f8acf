"""How far each runtime goes under small limits on memory, beside its bare program."""

from __future__ import annotations

import select
import statistics
import subprocess

import msgspec

from bench.engine.toolchain import availability
from bench.experiments.base import target
from bench.experiments.ceiling import CeilingOptions, CeilingRun
from bench.limits.predict import NO_RESERVES
from bench.machine import fingerprint
from runners.catalogue import Entry
from tests.benchmarks import bare_programs
from tests.benchmarks.machine import RIG, TOOLS
from tests.benchmarks.pairs import Options, verdict

LIMITS = ("as", "data")
MEGABYTES = (150, 200, 500)
CLOSE, FEW = (0.98, 1.02), 50
CLIMBS = 3
STALL_SECONDS = 3.0  # a bare program that is refused memory may wait for ever for its units
STEP = 1_000  # the bare program goes up by one thousandth


def beside_bare(options: Options) -> list[bool]:
    """Prints the ceilings as ratios, each the median of several climbs: under little memory, Go's
    collector alone moves its own by 3 % either way. A thread's arenas come and go with the places
    that the kernel gives: below 50 units, where 2 % are less than one, one is no difference."""
    print(
        f"\nceiling ÷ bare under RLIMIT_AS and RLIMIT_DATA, each the median of {CLIMBS}; "
        f"to reach: {CLOSE[0]} to {CLOSE[1]}, below {FEW} units within one"
    )
    cases = [(e, limit, size) for e in options.entries for limit in LIMITS for size in MEGABYTES]
    return [reached for case in cases for reached in _compared(*case)]


def _compared(entry: Entry, limit: str, megabytes: int) -> list[bool]:
    before = ("prlimit", f"--{limit}={megabytes * 1_000_000}", "--")
    climbs = [climbed(entry, before) for _ in range(CLIMBS)]
    ours = statistics.median_low(count for count, _ in climbs)
    bare = statistics.median_low(bare_ceiling(entry, before) for _ in range(CLIMBS))
    wanted = f"RLIMIT_{limit.upper()}"
    names = {name for _, name in climbs}
    what = f"{entry.name:10} {wanted:12} {megabytes:4} MB"
    if not bare:  # Go does not start in so little; named only where the harness is under it as well
        reached = ours == 0
        print(f"{what} {ours:>9,} {'does not start':>15}  {verdict(reached)}")
        return [reached]
    near = CLOSE[0] <= ours / bare <= CLOSE[1] or (bare < FEW and abs(ours - bare) <= 1)
    reached = near and names == {wanted}
    named = ", ".join(sorted(map(str, names)))
    print(f"{what} {ours:>9,} ÷ {bare:>9,} = {ours / bare:.4f}  {named}  {verdict(reached)}")
    return [reached]


def climbed(entry: Entry, before: tuple[str, ...]) -> tuple[int, str | None]:
    """The ceiling through the harness, and the limit that it names."""
    inside = msgspec.structs.replace(entry, command=(*before, *entry.command))
    experiment = CeilingRun(
        CeilingOptions(budget=600, reserves=NO_RESERVES),
        [target(inside, RIG, availability(inside, TOOLS))],
        fingerprint(RIG.system),
        lambda _event: None,
        lambda _result: None,
    )
    (sweep,) = experiment.run().sessions
    return sweep.stop.count, sweep.stop.limit


def bare_ceiling(entry: Entry, before: tuple[str, ...]) -> int:
    """The last count that the bare program reached: by steps of 2 %, then by thousandths."""
    stops, most = [1], 3_000 if entry.kind == "thread" else 3_000_000
    while stops[-1] < most:
        stops.append(max(stops[-1] + 1, int(stops[-1] * 1.02)))
    reached = _reached(entry, before, stops)
    step = max(1, reached // STEP)
    if step == 1:
        return reached
    fine = range(reached - 5 * step, reached + 40 * step, step)
    return max(reached, _reached(entry, before, list(fine)))


def _reached(entry: Entry, before: tuple[str, ...], stops: list[int]) -> int:
    words = (*before, *bare_programs.command(entry.name), *map(str, stops))
    done = 0
    pipe = subprocess.PIPE
    with subprocess.Popen(words, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        while select.select([process.stdout], [], [], STALL_SECONDS)[0]:
            if not process.stdout.readline().startswith(b"ready"):
                break
            done += 1
            if done == len(stops):
                break  # as far as was asked
            process.stdin.write(b"\n")
            process.stdin.flush()
        process.kill()
    return stops[done - 1] if done else 0
