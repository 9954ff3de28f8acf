"""Kernel memory: the sources, best first, and the choice between them.

A source is chosen once for a sweep, when its runner is already alive, and kept: readings of two
sources differ by more than a task weighs. All are absolute; only differences mean anything.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from bench.probes.cgroup import Cgroup, SweepCgroup, find
from bench.results.records import Reading
from bench.system import System

UNKNOWN = Reading(bytes=None, source="unknown")
_MEMINFO = ("KernelStack", "PageTables", "SUnreclaim")
_OLDER_NEEDED = ("kernel_stack", "pagetables", "slab")
_OLDER_SUM = ("kernel_stack", "pagetables", "percpu", "vmalloc", "slab")


class KernelSource(Protocol):
    """A place where kernel memory can be read.

    `lag_seconds`: a reading is exact once the process has been at rest for so long; before, pages
    that were charged on some CPU may be missing.
    """

    @property
    def lag_seconds(self) -> float: ...
    def total(self) -> Reading: ...
    def stacks(self) -> Reading: ...


@dataclass(frozen=True)
class CgroupV1:
    """v1's counter: exact at once. It has none for stacks, so those are the whole machine's."""

    cgroup: Cgroup
    owner: str = ""
    lag_seconds: float = 0.0

    def total(self) -> Reading:
        return reading(
            self.cgroup.integer("memory.kmem.usage_in_bytes"),
            f"cgroup v1 memory.kmem.usage_in_bytes{self.owner}",
        )

    def stacks(self) -> Reading:
        return system_stacks(self.cgroup.system)


@dataclass(frozen=True)
class CgroupV2:
    """v2's `memory.stat`.

    The kernel folds per-CPU counts into it every 2 seconds, and before that only once some 64
    pages a CPU have piled up: 4 MiB may be missing on a machine with 8 CPUs. Up to Linux 6.15
    reading `cpu.stat` folds them at once; later ones have to be waited for.

    Before Linux 5.18 there is no `kernel` and its parts are added up. `slab` is taken whole, as
    `kernel` has it; `sock` is left out, as `kernel` and v1's counter leave it out. Where a part
    that a thread weighs on is missing (page tables, before 5.11) the total is unknown.
    """

    cgroup: Cgroup
    owner: str = ""
    lag_seconds: float = 2.5

    def total(self) -> Reading:
        stat = self._stat()
        if "kernel" in stat:
            return reading(stat["kernel"], f"cgroup v2 memory.stat kernel{self.owner}")
        if not all(name in stat for name in _OLDER_NEEDED):
            return UNKNOWN
        parts = [name for name in _OLDER_SUM if name in stat]
        source = f"cgroup v2 memory.stat {'+'.join(parts)}{self.owner}"
        return reading(sum(stat[name] for name in parts), source)

    def stacks(self) -> Reading:
        return reading(
            self._stat().get("kernel_stack"), f"cgroup v2 memory.stat kernel_stack{self.owner}"
        )

    def _stat(self) -> dict[str, int]:
        self.cgroup.text("cpu.stat")
        return self.cgroup.table("memory.stat")


@dataclass(frozen=True)
class Meminfo:
    """The whole machine's sums: good for differences while the rest of the machine is quiet.

    Never `MemAvailable`, `MemFree` or `Slab`: caches of files move them by more than a sweep does.
    The kernel folds per-CPU counts in every second, and at once when root reads `stat_refresh`.
    """

    system: System
    lag_seconds: float = 1.5

    def total(self) -> Reading:
        table = self._table()
        known = [table[name] for name in _MEMINFO if name in table]
        total = sum(known) if len(known) == len(_MEMINFO) else None
        return reading(total, f"meminfo {'+'.join(_MEMINFO)} (system-wide)")

    def stacks(self) -> Reading:
        return system_stacks(self.system)

    def _table(self) -> dict[str, int]:
        self.system.text("proc/sys/vm/stat_refresh")
        return self.system.table("proc/meminfo")


@dataclass(frozen=True)
class Nowhere:
    """A system that does not tell."""

    lag_seconds: float = 0.0

    def total(self) -> Reading:
        return UNKNOWN

    def stacks(self) -> Reading:
        return UNKNOWN


def choose(system: System, group: SweepCgroup | None) -> KernelSource:
    """The best source that reads now, with the runner alive: the sweep's own cgroup, the
    harness's, the machine.

    A cgroup that holds a living process and reads 0 is not counting (`cgroup.memory=nokmem`).
    """
    candidates = [_of(group.cgroup, "")] if group else []
    own = find(system, "memory")
    if own is not None and not own.at_root:
        candidates.append(_of(own, " (harness's cgroup)"))
    for source in (*candidates, Meminfo(system)):
        if source.total().bytes is not None:
            return source
    return Nowhere()


def _of(cgroup: Cgroup, owner: str) -> KernelSource:
    return CgroupV1(cgroup, owner) if cgroup.version == 1 else CgroupV2(cgroup, owner)


def system_stacks(system: System) -> Reading:
    """The kernel stacks of all threads of the machine."""
    return reading(
        system.table("proc/meminfo").get("KernelStack"), "meminfo KernelStack (system-wide)"
    )


def reading(value: int | None, source: str) -> Reading:
    """A reading of a living process's kernel memory, which is never 0: a 0 is unknown."""
    return Reading(bytes=value, source=source) if value else UNKNOWN
