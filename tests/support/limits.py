"""A made-up machine with one runner on it, whose limits can be set one by one."""

from __future__ import annotations

from pathlib import Path

from bench.limits.known import survey
from bench.limits.model import LimitState, Survey
from bench.limits.runner import RunnerView
from bench.system import System

RUNNER = 900
HARNESS = 800
ROWS = {
    "processes": "Max processes",
    "data": "Max data size",
    "stack": "Max stack size",
    "descriptors": "Max open files",
    "address": "Max address space",
}
MEMINFO = {
    "MemTotal": 1 << 20,
    "MemAvailable": 1 << 19,
    "CommitLimit": 1 << 19,
    "Committed_AS": 1 << 10,
}


def made(root: Path, files: dict[str, str] | None = None, **limits: str) -> System:
    """A machine at `root`: cgroup v2, an ordinary user's harness and its runner of 101 threads.

    `limits` are the runner's rlimits (`processes`, `data`, `stack`, `descriptors`, `address`),
    unlimited unless given; `files` are written last.
    """
    rows = [f"{words:25} {limits.get(key, 'unlimited'):20} 0" for key, words in ROWS.items()]
    known = {
        "proc/1/status": _status(1, 0, 0, 1),
        "proc/800/status": _status(HARNESS, 1, 1000, 2),
        "proc/900/status": _status(RUNNER, HARNESS, 1000, 101),
        "proc/900/limits": "\n".join(rows),
        "proc/900/cgroup": "0::/box/inner",
        "proc/900/maps": "1000-2000 r--p\n7ffdf0000000-7ffdf0021000 rw-p [stack]\n"
        "ffffffffff600000-ffffffffff601000 --xp [vsyscall]",
        "proc/loadavg": "0.1 0.1 0.1 1/400 900",
        "proc/meminfo": "\n".join(f"{name}: {value} kB" for name, value in MEMINFO.items()),
        "proc/vmstat": "oom_kill 5",
        "proc/sys/kernel/pid_max": "32768",
        "proc/sys/kernel/threads-max": "60000",
        "proc/sys/vm/max_map_count": "65530",
        "proc/sys/vm/overcommit_memory": "0",
        "proc/self/mountinfo": "30 1 0:1 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw",
        "sys/fs/cgroup/cgroup.controllers": "memory pids",
        "sys/fs/cgroup/cgroup.procs": "1",
    }
    for name in ("box", "box/inner"):
        known |= {f"sys/fs/cgroup/{name}/{file}": text for file, text in GROUP.items()}
    known["sys/fs/cgroup/box/inner/cgroup.procs"] = f"{HARNESS}\n{RUNNER}"
    for name, text in (known | (files or {})).items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text + "\n")
    (root / "proc/900/fd").mkdir()
    for number in range(4):
        (root / f"proc/900/fd/{number}").touch()
    (root / "proc/self/ns").mkdir()
    (root / "proc/self/ns/pid").symlink_to("pid:[4026531836]")
    return System(root)


GROUP = {
    "pids.max": "max",
    "pids.current": "103",
    "pids.events": "max 0",
    "memory.max": "max",
    "memory.current": "104857600",
    "memory.stat": "inactive_file 4857600",
    "memory.events": "oom 0\noom_kill 0",
    "memory.events.local": "oom 0\noom_kill 0",
    "memory.oom.group": "0",
    "cgroup.events": "populated 1",
    "cgroup.procs": "",
}


def child(system: System, own_limits: tuple[str, ...] = ()) -> RunnerView:
    return RunnerView.of(system, RUNNER, own_limits, HARNESS)


def surveyed(system: System, units: int = 100, own_limits: tuple[str, ...] = ()) -> Survey:
    return survey(child(system, own_limits), units)


def standing(seen: Survey, name: str, where: str | None = None) -> LimitState:
    """The one row of that name, in that place if given."""
    rows = [row for row in seen.states if row.name == name and where in (None, row.where)]
    assert len(rows) == 1, rows
    return rows[0]


def _status(pid: int, parent: int, user: int, threads: int) -> str:
    return (
        f"Name:\tx\nPid:\t{pid}\nPPid:\t{parent}\nUid:\t{user}\t{user}\t{user}\t{user}\n"
        f"VmSize:\t2048 kB\nVmData:\t1024 kB\nThreads:\t{threads}\nCapEff:\t0000000000000000\n"
    )
