"""Kernel memory: the sources, best first, and the choice between them.

A source is chosen once for a session, when its runner is already alive, and kept: readings of two
sources differ by more than a task takes. All are absolute; only differences mean anything.

What only a counter of other processes too would report (their threads and page tables move it) is
taken from the process itself, as far as the kernel reports it there.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import ClassVar

from bench.model.records import UNKNOWN, Reading
from bench.probes.cgroup import Cgroup, SessionCgroup, find
from bench.system import System, whole_number

_LEAST_STACK, _MOST_STACK = 4 << 10, 64 << 10
_NEAR = 0.2  # zombies and counts that the kernel has not folded yet move the quotient
_OLDER_NEEDED = ("kernel_stack", "pagetables", "slab")
_OLDER_SUM = ("kernel_stack", "pagetables", "percpu", "vmalloc", "slab")


@dataclass(frozen=True)
class ProcessParts:
    """What the kernel reports of one process: exact at once, whatever others do."""

    system: System
    pid: int

    def stacks(self) -> Reading:
        """Its threads times the size of one kernel stack."""
        each, threads = stack_bytes(self.system), self._status().get("Threads")
        if each is None or not threads:
            return UNKNOWN
        return reading(threads * each, f"status Threads × {each >> 10} KiB (one kernel stack)")

    def tables(self) -> Reading:
        return reading(self._status().get("VmPTE"), "status VmPTE")

    def _status(self) -> dict[str, int]:
        return self.system.table(f"proc/{self.pid}/status")


@cache
def stack_bytes(system: System) -> int | None:
    """The size of one kernel stack, determined once for a machine: all kernel stacks divided by all
    threads, where that is near a power of two; `None` elsewhere (a container may show its own
    threads beside the host's stacks)."""
    system.text("proc/sys/vm/stat_refresh")
    stacks = system.table("proc/meminfo").get("KernelStack")
    threads = whole_number((system.text("proc/loadavg") or "").partition("/")[2].split(" ")[0])
    if not stacks or not threads or threads < 1:
        return None
    sizes = (_LEAST_STACK << shift for shift in range((_MOST_STACK // _LEAST_STACK).bit_length()))
    near = (size for size in sizes if abs(stacks / threads / size - 1) <= _NEAR)
    return next(near, None)


@dataclass(frozen=True)
class KernelSource:
    """A place where kernel memory can be read; this one is for a system that reports none but,
    perhaps, the process's own parts of it.

    `lag_seconds`: a reading is exact once the process has been at rest for so long; before, pages
    that were charged on some CPU may be missing.
    """

    process: ProcessParts
    lag_seconds: ClassVar[float] = 0.0

    def total(self) -> Reading:
        """All kernel memory that the source counts."""
        return UNKNOWN

    def stacks(self) -> Reading:
        """The kernel stacks of threads."""
        return self.process.stacks()

    def tables(self) -> Reading:
        """The page tables."""
        return self.process.tables()


@dataclass(frozen=True)
class CgroupV1(KernelSource):
    """v1's counter: exact at once. It has none for stacks and page tables."""

    cgroup: Cgroup
    owner: str

    def total(self) -> Reading:
        return reading(
            self.cgroup.integer("memory.kmem.usage_in_bytes"),
            f"cgroup v1 memory.kmem.usage_in_bytes{self.owner}",
        )


@dataclass(frozen=True)
class CgroupV2(KernelSource):
    """v2's `memory.stat`. The parts of the session's own cgroup come from it as well, not from the
    process: they lag as the total does, so that what is left of it is never less than nothing.

    The kernel folds per-CPU counts into it every 2 seconds, and before that only once some 64
    pages a CPU have piled up: 4 MiB may be missing on a machine with 8 CPUs. Up to Linux 6.15
    reading `cpu.stat` folds them at once; later ones have to be waited for.

    Before Linux 5.18 there is no `kernel` and its parts are added up. `slab` is taken whole, as
    `kernel` has it; `sock` is left out, as `kernel` and v1's counter leave it out. Where a part
    that a thread is charged to is missing (page tables, before 5.11) the total is unknown.
    """

    cgroup: Cgroup
    owner: str
    lag_seconds: ClassVar[float] = 2.5

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
        """Of a shared cgroup the process's own; where these are unknown the cgroup's."""
        own = self.process.stacks() if self.owner else UNKNOWN
        return self._part("kernel_stack") if own.bytes is None else own

    def tables(self) -> Reading:
        own = self.process.tables() if self.owner else UNKNOWN
        return self._part("pagetables") if own.bytes is None else own

    def _part(self, name: str) -> Reading:
        return reading(self._stat().get(name), f"cgroup v2 memory.stat {name}{self.owner}")

    def _stat(self) -> dict[str, int]:
        self.cgroup.text("cpu.stat")
        return self.cgroup.table("memory.stat")


@dataclass(frozen=True)
class Meminfo(KernelSource):
    """The process's own parts, and the whole machine's slab, for which there is nothing better: its
    differences are good while the rest of the machine is quiet.

    Never `MemAvailable`, `MemFree` or `Slab`: caches of files move them by more than a session
    does. The kernel folds per-CPU counts in every second, and at once when root reads
    `stat_refresh`.
    """

    lag_seconds: ClassVar[float] = 1.5

    def total(self) -> Reading:
        stacks, tables, system = self.stacks(), self.tables(), self.process.system
        system.text("proc/sys/vm/stat_refresh")
        slab = system.table("proc/meminfo").get("SUnreclaim")
        if stacks.bytes is None or tables.bytes is None or slab is None:
            return UNKNOWN
        source = f"{stacks.source} + {tables.source} + meminfo SUnreclaim (system-wide)"
        return reading(stacks.bytes + tables.bytes + slab, source)


def choose(system: System, pid: int, group: SessionCgroup | None) -> KernelSource:
    """The best source that reads now, with the runner alive: the session's own cgroup, the
    harness's, the machine.

    A cgroup that holds a living process and reads 0 is not counting (`cgroup.memory=nokmem`).
    """
    process = ProcessParts(system, pid)
    places = [(group.cgroup, "")] if group else []
    own = find(system, "memory")
    if own is not None and not own.at_root:
        places.append((own, " (harness's cgroup)"))
    for cgroup, owner in places:
        made = CgroupV1 if cgroup.version == 1 else CgroupV2
        source: KernelSource = made(process, cgroup, owner)
        if source.total().bytes is not None:
            return source
    source = Meminfo(process)
    return KernelSource(process) if source.total().bytes is None else source


def reading(value: int | None, source: str) -> Reading:
    """A reading of a living process's kernel memory, which is never 0: a 0 is unknown."""
    return Reading(bytes=value, source=source) if value else UNKNOWN
