"""Real faults, and real jobs without one, through the command that users type.

    .venv/bin/python -m tests.calibration.inject                    everything: some 40 minutes
    .venv/bin/python -m tests.calibration.inject --only leak        one kind of job
    .venv/bin/python -m tests.calibration.inject --jobs 10 --only heavier --runtime trio

The units are those of shipped runners, with a fault that is set on the new side alone
(`faults/faulty.py`; for the ceiling, `faults/confined.sh`). What came of each job is kept in
`recorded/injected.json`, from which `make calibrate` makes the page's tables.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from bench.engine.budget import Job
from bench.judging.verdicts import Judgement
from bench.probes.cgroup import find
from bench.system import System
from runners.catalogue import Entry, stranger
from tests.benchmarks.machine import RIG
from tests.calibration import outcomes
from tests.support.sessions import session

HERE = Path(__file__).parent
FAULTS = HERE / "faults"
MORE = 0.10  # of spawn time
TURNS, TIMES = 2_000, 16  # of the loop, and processes, to calibrate the spin by
BYTES = {"asyncio": 1_179, "trio": 2_170}  # a unit's
BASE_PIDS, NEW_PIDS = 3_000, 2_000
ALIKE = (
    "asyncio", "asyncio", "asyncio", "trio", "trio", "greenlet", "gevent", "goroutine", "pthread",
    "threading",
)  # fmt: skip
RUNTIMES = tuple(dict.fromkeys(ALIKE))
# Faults of each kind are looked for at once; by default the burst is advisory.
EVERY_GATE = ("--gate", "bytes", "--gate", "leak", "--gate", "burst")


@dataclass(frozen=True)
class Case:
    """One job: its kind, what was done to the new side, and the words after `outnumber ab`."""

    kind: str
    fault: str
    words: tuple[str, ...]


def cases(kinds: Sequence[str], runtimes: Sequence[str]) -> Iterator[Case]:
    """The jobs of these kinds and runtimes, each made ready as its turn comes."""
    for kind in kinds:
        yield from KINDS[kind](runtimes)


def alike(runtimes: Sequence[str]) -> Iterator[Case]:
    """Both sides the same, the burst gated too."""
    for name in filter(runtimes.__contains__, ALIKE):
        yield Case("alike", "none", (*_the_same(name), *EVERY_GATE))


def default(runtimes: Sequence[str]) -> Iterator[Case]:
    """Both sides the same, judged by what decides by default: two jobs of each of `ALIKE`."""
    for name in filter(runtimes.__contains__, (*ALIKE, *ALIKE)):
        yield Case("default", "none", _the_same(name))


def heavier(runtimes: Sequence[str]) -> Iterator[Case]:
    """A held buffer of 2 % and 10 % of a unit's bytes."""
    for name in filter(runtimes.__contains__, BYTES):
        for share in (0.02, 0.10):
            hold = round(share * BYTES[name])
            words = (*_both(name), "--new-set", f"hold={hold}")
            yield Case("heavier", f"{hold} bytes held a unit, +{share * 100:.0f} %", words)


def slower(runtimes: Sequence[str]) -> Iterator[Case]:
    """A spin of 10 % of a spawn's time, calibrated just before."""
    for name in filter(runtimes.__contains__, BYTES):
        turns = calibrated(stranger(FAULTS / f"{name}.toml"))
        fault = f"{turns} turns of an empty loop a spawn, +{MORE * 100:.0f} %"
        yield Case("slower", fault, (*_both(name), "--new-set", f"spin={turns}"))


def leak(runtimes: Sequence[str]) -> Iterator[Case]:
    """Objects kept after the release."""
    for name in filter(runtimes.__contains__, (*BYTES, "threading")):
        yield Case("leak", "200 bytes a unit kept", (*_both(name), "--new-set", "leak=200"))


def ceiling(runtimes: Sequence[str]) -> Iterator[Case]:
    """A lower pids cgroup: the same cgroup at another value, then another cgroup."""
    if "pthread" not in runtimes:
        return
    with _groups() as (outer, inner):
        base = ("--ceiling", "--base-set", f"within={outer}", "--base-set", f"pids={BASE_PIDS}")
        for group, words in ((outer, "the same cgroup"), (inner, "a cgroup below it")):
            new = ("--new-set", f"within={group}", "--new-set", f"pids={NEW_PIDS}")
            fault = f"{words} at pids.max {NEW_PIDS:,}, not {BASE_PIDS:,}"
            yield Case("ceiling", fault, (*_both("pthread"), *base, *new))


KINDS = {
    "alike": alike,
    "default": default,
    "heavier": heavier,
    "slower": slower,
    "leak": leak,
    "ceiling": ceiling,
}


def calibrated(entry: Entry) -> int:
    """How many turns make a burst `MORE` longer: by processes with and without, in turn."""
    RIG.prepare(entry, print)
    without, with_ = [], []
    for _ in range(TIMES):
        without.append(_burst_seconds(entry, 0))
        with_.append(_burst_seconds(entry, TURNS))
    base = statistics.median(without)
    each = (statistics.median(with_) - base) / TURNS
    return round(MORE * base / each)


def _burst_seconds(entry: Entry, turns: int) -> float:
    units = 10_000
    job = Job(entry, "burst", 1, (units,), {"spin": str(turns)})
    return session(job, RIG).steps[0].burst_seconds


def _the_same(name: str) -> tuple[str, ...]:
    python = ("--base-python", sys.executable, "--new-python", sys.executable)
    return ("--runtime", name, *python, "--same-ok")


def _both(name: str) -> tuple[str, ...]:
    file = FAULTS / f"{name}.toml"
    return ("--base-runner", str(file), "--new-runner", str(file), *EVERY_GATE)


@contextlib.contextmanager
def _groups() -> Iterator[tuple[Path, Path]]:
    """A pids cgroup and one below it, gone after the block."""
    own = find(System(), "pids")
    if own is None or own.version != 1:
        sys.exit("the ceiling needs a v1 hierarchy with the pids controller")
    outer = Path(own.path) / f"outnumber-calibration-{os.getpid()}"
    inner = outer / "inner"
    outer.mkdir()
    inner.mkdir()
    try:
        yield outer, inner
    finally:
        inner.rmdir()
        outer.rmdir()


def carry_out(case: Case) -> outcomes.Outcome:
    """Types the command and reads its verdict."""
    began, load = time.monotonic(), os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "bench.cli.main", "ab", *case.words]
        place = Path(folder) / "job"
        done = subprocess.run([*command, "-q", "-o", str(place)], check=False, capture_output=True)
        verdict = place / "verdict.json"
        if not verdict.exists():
            sys.exit(f"{case.words}: no verdict\n{done.stderr.decode()}")
        judgement = msgspec.json.decode(verdict.read_bytes(), type=Judgement)
    seconds = time.monotonic() - began
    words = tuple(_shown(word) for word in case.words)
    return outcomes.outcome_of(
        case.kind, case.fault, words, judgement, done.returncode, seconds, load
    )


def _shown(word: str) -> str:
    """A word without what is of this machine alone."""
    if word == sys.executable:
        return "python"
    return word.replace(f"{HERE.parents[1]}/", "")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--only", action="append", choices=KINDS, help="may be repeated")
    parser.add_argument("--runtime", action="append", choices=RUNTIMES, help="may be repeated")
    parser.add_argument("--jobs", type=int, default=1, help="a fault; those without one are ten")
    return parser.parse_args()


def main() -> None:
    options = arguments()
    made: list[outcomes.Outcome] = []
    for case in cases(options.only or list(KINDS), options.runtime or RUNTIMES):
        for _ in range(1 if case.fault == "none" else options.jobs):
            made.append(carry_out(case))
            print(made[-1].line, flush=True)
            outcomes.keep(made)


if __name__ == "__main__":
    main()
