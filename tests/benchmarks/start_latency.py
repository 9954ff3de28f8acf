"""Start latency awake against another program's: how long stress-ng's threads take to start."""

from __future__ import annotations

import re
import shutil
import statistics
import subprocess

from bench.derive.statistics import bins_of, quantile_seconds
from bench.engine.protocol import Probed
from tests.benchmarks.machine import RIG
from tests.benchmarks.pairs import Options, verdict

ROUNDS = 11
PARKED, PROBED = 512, 200  # stress-ng starts 1,024 threads one after the other: 512 on average
NEAR = (0.85, 1.15)
STARTED = re.compile(r"([\d.]+) nanosecs to start a pthread")


def awake_against_stress_ng(options: Options) -> list[bool]:
    """Prints the median start of a C thread, awake, and stress-ng's mean, measured in turn; the
    machine must be quiet, since stress-ng's mean holds every wait for a processor."""
    low, high = NEAR
    print(f"\nStart of a C thread, awake ÷ stress-ng's mean; to reach: {low} to {high}")
    entries = [entry for entry in options.entries if entry.name == "pthread"]
    program = shutil.which("stress-ng")
    if program is None or not entries:
        missing = "stress-ng is not installed; type: apt install stress-ng"
        print(f"left out: {'pthread was not asked for' if program else missing}")
        return []
    RIG.prepare(entries[0], print)
    idle, awake, theirs = [], [], []
    with RIG.start(entries[0], {}) as subject:
        subject.runner.hello()
        subject.runner.grow(PARKED, 1.0)
        for _ in range(ROUNDS):
            theirs.append(_stress_ng(program))
            idle.append(_median(subject.runner.probe(PROBED)))
            with subject.monitor.on_one_processor():
                awake.append(_median(subject.runner.probe(PROBED)))
    ratio = statistics.median(awake) / statistics.median(theirs)
    reached = low <= ratio <= high
    for name, values in (("from idle", idle), ("awake", awake), ("stress-ng", theirs)):
        spread = f"({min(values):.1f} to {max(values):.1f})"
        print(f"{name:10} {statistics.median(values):6.1f} µs  {spread}")
    print(f"{'ratio':10} {ratio:6.2f}  {verdict(reached)}", flush=True)
    return [reached]


def _median(probed: Probed) -> float:
    """In microseconds."""
    median = quantile_seconds(bins_of(probed.start_ns), 0.5)
    assert median is not None
    return median * 1e6


def _stress_ng(program: str) -> float:
    """Its mean over a second, in microseconds."""
    command = (program, "--pthread", "1", "--metrics", "--timeout", "1")
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found = STARTED.search(done.stdout + done.stderr)
    if found is None:
        raise SystemExit("stress-ng reports no time to start a pthread; version 0.15 does")
    return float(found[1]) / 1e3
