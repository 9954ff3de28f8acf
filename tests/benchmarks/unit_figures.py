"""Figures of a unit that no bare program is needed for: how well they repeat, what of a thread lies
in the kernel, what leaks."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from bench.derive.memory import leaked
from bench.engine.budget import Job
from bench.model.records import Reading
from runners.catalogue import Entry
from tests.benchmarks.machine import RIG
from tests.benchmarks.pairs import Options, swept, verdict
from tests.support.leaking import LEAK, LEAKED_BYTES, asyncio_with

COMMAND = (sys.executable, "-c", "from outnumber.__main__ import main; main()")
APART = 0.01
STACK_BYTES = 16_384
# By hand-written programs: kernel bytes of a C thread charged to a cgroup, by its stack's size.
KERNEL_BYTES = {"": 27_202, "65536": 23_200}
NEAR = {True: 0.03, False: 0.05}  # by cgroup, and by /proc/meminfo, where not all is charged
SWEEPS = 3
CYCLES = 36
LEAKED_MOST = {"threading": 64.0}  # glibc's arenas
LEAKED_MOST_OF_OTHERS = 10.0
LEAKED_OF_INJECTED = (190.0, 240.0)


def spread_between_runs(options: Options) -> list[bool]:
    """Prints how far bytes a unit of two runs of the same command lie apart."""
    print(f"\nBytes a unit of the same command twice; to reach: apart by under {APART:.0%}")
    words = [word for entry in options.entries for word in ("--runtime", entry.name)]
    first, second = (bytes_of_run(words) for _ in range(2))
    return [_compared(name, first[name], second[name]) for name in first]


def bytes_of_run(words: list[str]) -> dict[str, float]:
    """Bytes a unit of every runtime, by a whole `outnumber run` without climbs."""
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "result.json")
        run = ("run", *words, "--no-climb", "--budget", "900", "--no-report", "-q", "-o", path)
        subprocess.run([*COMMAND, *run], stdout=subprocess.DEVNULL, check=True)
        summary = [*COMMAND, "summary", path, "--format", "json"]
        said = subprocess.run(summary, stdout=subprocess.PIPE, text=True, check=True).stdout
    return {
        metric["runtime"]: metric["value"]
        for metric in json.loads(said)["metrics"]
        if (metric["metric"], metric["part"]) == ("bytes_per_unit", "total")
    }


def _compared(name: str, first: float | None, second: float | None) -> bool:
    if first is None or second is None:
        sys.exit("memory cannot be read on this machine")
    apart = abs(second / first - 1)
    print(f"{name:10} {first:10,.1f} {second:10,.1f}  {apart:6.2%}  {verdict(apart < APART)}")
    return apart < APART


def kernel_parts_of_a_thread(options: Options) -> list[bool]:
    """Prints what of a C thread lies in the kernel, with stacks of two sizes."""
    print(
        f"\nKernel bytes of a C thread, 1,000 to 10,000; to reach: {STACK_BYTES:,} ± 1 % of stack, "
        "all parts the reference ± 3 % by cgroup, ± 5 % by meminfo"
    )
    threads = [entry for entry in options.entries if entry.name == "pthread"]
    return [
        reached
        for entry in threads
        for size, reference in KERNEL_BYTES.items()
        for reached in _kernel_parts(entry, size, reference)
    ]


def _kernel_parts(entry: Entry, size: str, reference: int) -> tuple[bool, bool]:
    settings = {"stack-size": size} if size else {}
    job = Job(entry, "short", 1, (1_000, 10_000), settings)
    pairs = [swept(job).steps for _ in range(SWEEPS)]
    stack = _median_slope(
        [(a.readings["kernel_stack"], b.readings["kernel_stack"]) for a, b in pairs]
    )
    whole = _median_slope([(a.readings["kernel"], b.readings["kernel"]) for a, b in pairs])
    near = NEAR["cgroup" in pairs[0][1].readings["kernel"].source]
    reached = abs(stack / STACK_BYTES - 1) <= 0.01, abs(whole / reference - 1) <= near
    name = f"{int(size) >> 10} KiB stack" if size else "default stack"
    print(f"{name:14} kernel stack {stack:10,.1f}  {STACK_BYTES:8,}  {verdict(reached[0])}")
    print(f"{'':14} all parts    {whole:10,.1f}  {reference:8,}  {verdict(reached[1])}")
    return reached


def _median_slope(pairs: list[tuple[Reading, Reading]]) -> float:
    values = [(first.bytes, last.bytes) for first, last in pairs]
    known = [(first, last) for first, last in values if first is not None and last is not None]
    if len(known) < len(values):
        sys.exit("kernel memory cannot be read on this machine")
    return statistics.median((last - first) / 9_000 for first, last in known)


def leaks(options: Options) -> list[bool]:
    """Prints what a unit of each runtime seems to leak, and what is told of a real leak."""
    low, high = LEAKED_OF_INJECTED
    print(
        f"\nLeak in bytes a unit; to reach: under {LEAKED_MOST_OF_OTHERS:.0f}, threading under "
        f"{LEAKED_MOST['threading']:.0f}, an injected {LEAKED_BYTES} reads {low:.0f} to {high:.0f}"
    )
    told = [_leak(entry, entry.name, _bounds(entry)) for entry in options.entries]
    if any(entry.name == "asyncio" for entry in options.entries):
        with tempfile.TemporaryDirectory() as folder:
            leaking = asyncio_with(Path(folder), LEAK)
            told.append(_leak(leaking, f"asyncio + {LEAKED_BYTES}", LEAKED_OF_INJECTED))
    return told


def _bounds(entry: Entry) -> tuple[float, float]:
    most = LEAKED_MOST.get(entry.name, LEAKED_MOST_OF_OTHERS)
    return -most, most


def _leak(entry: Entry, name: str, bounds: tuple[float, float]) -> bool:
    units = {"task": 2_000, "thread": 500}[entry.kind]
    value = leaked(swept(Job(entry, "leak", 1, (units,) * CYCLES))).value
    if value is None:
        sys.exit("memory cannot be read on this machine")
    reached = bounds[0] <= value <= bounds[1]
    print(f"{name:14} {value:10.1f}  {verdict(reached)}", flush=True)
    if entry.kind == "thread":
        RIG.clock.sleep(0.5)
    return reached
