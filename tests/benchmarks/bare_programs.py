"""Starting and reading the programs in `bare/`, in a memory cgroup like that of a sweep."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.engine.cache import GO_SETTINGS
from bench.engine.children import Launch
from bench.engine.rig import ProcessMonitor
from bench.engine.runner import RunnerProcess
from bench.model.records import Readings
from bench.probes.cgroup import oom_kill_counter, session_cgroup
from bench.probes.memory import MemoryProbe
from runners.catalogue import shipped
from tests.benchmarks.machine import RIG, TOOLS

FOLDER = Path(__file__).with_name("bare")
BUILT = Path(__file__).parents[2] / "build" / "bare"
PATIENCE_SECONDS = 120.0

PROGRAMS = {
    "pthread": "pthread.c",
    "threading": "threading_thread.py",
    "goroutine": "goroutine.go",
    "greenlet": "greenlet_raw.py",
    "gevent": "gevent_greenlet.py",
    "asyncio": "asyncio_task.py",
    "trio": "trio_task.py",
}


class BareProcess(RunnerProcess):
    """A bare program as a process that surely ends. It speaks no protocol but `ready SECONDS`."""

    def ready(self) -> float:
        """Waits until the next count is reached; returns the burst's seconds."""
        word, seconds = self._line("a count", PATIENCE_SECONDS).split()
        assert word == b"ready"
        return float(seconds)

    def go_on(self) -> None:
        """Lets it launch up to the next count."""
        self._input.write(b"\n")


@dataclass(frozen=True)
class Stop:
    """One count of a bare program: how long the burst took, and the memory at rest."""

    alive: int
    burst_seconds: float
    memory: Readings


def command(name: str) -> tuple[str, ...]:
    """The words that start a runtime's bare program, built if it must be."""
    source = FOLDER / PROGRAMS[name]
    if source.suffix == ".py":
        return (sys.executable, "-I", str(source))
    built = BUILT / source.stem
    if not built.exists() or built.stat().st_mtime < source.stat().st_mtime:
        BUILT.mkdir(parents=True, exist_ok=True)
        build(source, built)
    return (str(built),)


def build(source: Path, built: Path) -> None:
    entries = {one.name: one for one in shipped()}
    if source.suffix == ".go":
        go = TOOLS.program("go", entries["goroutine"]) or "go"
        words = [go, "build", "-o", str(built), str(source)]
    else:
        cc = TOOLS.program("cc", entries["pthread"]) or "cc"
        words = [cc, "-std=gnu11", "-O2", "-pthread", "-o", str(built), str(source)]
    environment = os.environ | GO_SETTINGS | {"GOCACHE": str(BUILT / "go-cache")}
    subprocess.run(words, env=environment, check=True)


def run(name: str, counts: tuple[int, ...]) -> list[Stop]:
    """Takes a fresh bare program through the counts."""
    words = (*command(name), *map(str, counts))
    stops = []
    with started(words) as (process, monitor):
        for count in counts:
            seconds = process.ready()
            monitor.settle(exact=len(counts) > 1)
            stops.append(Stop(count, seconds, monitor.memory()))
            process.go_on()
    return stops


@contextmanager
def started(words: tuple[str, ...]) -> Iterator[tuple[BareProcess, ProcessMonitor]]:
    """A process in a cgroup of its own, as `MachineRig` starts a runner."""
    with session_cgroup(RIG.system, RIG.clock) as group:
        process = BareProcess(Launch(words, (str(group.procs),) if group else ()), RIG.clock)
        try:
            probe = MemoryProbe(RIG.system, process.pid, group)
            kills = oom_kill_counter(RIG.system, group)
            yield process, ProcessMonitor(process.pid, probe, RIG.system, RIG.clock, kills)
        finally:
            process.stop()
