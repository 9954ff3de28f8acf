"""A process's memory, read from outside while it is at rest.

User memory is `smaps_rollup`'s `Anonymous` and `Swap`: what the process itself wrote, counted page
by page when read. Not `Rss` or `Pss`, since file pages in them come and go with reclaim and with
other processes; not `VmRSS`, whose per-CPU counts lag by seconds; not the cgroup's `memory.stat`,
for the same reason.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cached_property

from bench.model.records import (
    HUGE_PAGES,
    KERNEL,
    KERNEL_STACK,
    PAGE_TABLES,
    RSS,
    UNKNOWN,
    USER,
    Reading,
    Readings,
)
from bench.probes import portable
from bench.probes.cgroup import SessionCgroup
from bench.probes.kernel import KernelSource, choose, reading
from bench.system import System

GONE: Readings = dict.fromkeys((USER, RSS, KERNEL, KERNEL_STACK, PAGE_TABLES), UNKNOWN)


@dataclass(frozen=True)
class MemoryProbe:
    """Reads one process for one session. Every source is chosen at the first reading and kept.

    Made before or after the process has joined `group`; first read when it has.
    """

    system: System
    pid: int
    group: SessionCgroup | None = None

    @property
    def lag_seconds(self) -> float:
        """How long the process has to have been at rest for the kernel's part to be exact: 0 where
        there is a v1 cgroup, 1 to 3 elsewhere (see `bench.probes.kernel`)."""
        return self._kernel.lag_seconds

    def read(self) -> Readings:
        """The memory now. Never raises: a process that is gone has unknown readings throughout.

        The kernel's part is read before the process's own, so that an end in between cannot leave
        a system-wide figure standing for a process that is no more.
        """
        source = self._kernel
        kernel, stacks, tables = source.total(), source.stacks(), source.tables()
        rollup = self.system.table(f"proc/{self.pid}/smaps_rollup")
        if not self._has_rollup:
            user = reading(portable.uss_bytes(self.pid), "psutil uss")
            rss = reading(portable.rss_bytes(self.pid), "psutil rss")
        else:
            written = rollup.get("Anonymous", 0) + rollup.get("Swap", 0)
            known = "Anonymous" in rollup
            user = reading(written if known else None, "smaps_rollup Anonymous+Swap")
            rss = reading(rollup.get("Rss"), "smaps_rollup Rss")
        if user.bytes is None and rss.bytes is None:
            return GONE
        huge = UNKNOWN
        if "AnonHugePages" in rollup:
            huge = Reading(bytes=rollup["AnonHugePages"], source="smaps_rollup AnonHugePages")
        return {
            USER: user,
            RSS: rss,
            KERNEL: kernel,
            KERNEL_STACK: stacks,
            PAGE_TABLES: tables,
            HUGE_PAGES: huge,
        }

    @cached_property
    def _kernel(self) -> KernelSource:
        return choose(self.system, self.pid, self.group)

    @cached_property
    def _has_rollup(self) -> bool:
        return bool(self.system.table(f"proc/{self.pid}/smaps_rollup"))


def machine_bytes(system: System) -> tuple[int | None, int | None]:
    """The machine's memory, and what of it can be had without swapping. Where no `meminfo` can be
    read (a container's `/proc` may hold processes alone), what the kernel says is free stands for
    that: it is less, as it leaves out what could be dropped."""
    table = system.table("proc/meminfo")
    total, available = table.get("MemTotal"), table.get("MemAvailable")
    if available is not None or not system.is_this_machine:
        return total, available
    try:
        page = os.sysconf("SC_PAGE_SIZE")
        return os.sysconf("SC_PHYS_PAGES") * page, os.sysconf("SC_AVPHYS_PAGES") * page
    except (ValueError, OSError):
        return total, None


def available_bytes(system: System) -> int | None:
    """What of the machine's memory can be had without swapping; `None` where unknown."""
    return machine_bytes(system)[1]
