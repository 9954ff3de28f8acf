"""Kindness to the machine: how far a sweep may go, and why it is held back.

`run` takes at most half of the memory that is available, 30,000 threads, and leaves 512 pids to
other processes. What is asked before each step is pure; only `room` looks at the machine.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from bench.engine.forecast import Forecast
from bench.model.records import Kind, Stop
from bench.probes import cgroup, memory
from bench.system import System, whole_number

MEMORY_SHARE = 0.5
MOST_THREADS = 30_000
RESERVED_PIDS = 512


@dataclass(frozen=True)
class Room:
    """What the machine can spare now: bytes, and kernel threads; `None` where unknown."""

    memory_bytes: int | None
    threads: int | None


@dataclass(frozen=True)
class Bounds:
    """How far one sweep may go. `count` is its last stop and `status` and `message` say what
    stands behind that number; `deadline` is on the harness's clock."""

    count: int
    status: Literal["max", "reserve"]
    message: str
    memory_bytes: int | None = None
    deadline: float | None = None

    def objection(
        self, count: int, alive: int, used_bytes: int, now: float, forecast: Forecast
    ) -> Stop | None:
        """Why the step to `count` is not to be begun; `None` where nothing speaks against it.

        `used_bytes` is what the sweep's units take already, `now` the harness's clock.
        """
        return self._memory_objection(count, alive, used_bytes, forecast) or self._time_objection(
            count, alive, now, forecast
        )

    def _memory_objection(
        self, count: int, alive: int, used_bytes: int, forecast: Forecast
    ) -> Stop | None:
        needed = used_bytes + forecast.burst_bytes(count - alive)
        if self.memory_bytes is None or needed <= self.memory_bytes:
            return None
        return Stop(
            status="reserve",
            count=alive,
            message=f"safety reserve: {count:,} would take more than half of the available memory",
            evidence=(
                f"{needed / 2**20:,.0f} MiB expected for {count:,} units",
                f"{self.memory_bytes / 2**20:,.0f} MiB may be used",
            ),
        )

    def _time_objection(
        self, count: int, alive: int, now: float, forecast: Forecast
    ) -> Stop | None:
        seconds = forecast.burst_seconds(count - alive) + forecast.release_seconds(count)
        if self.deadline is None or now + seconds <= self.deadline:
            return None
        left = max(0.0, self.deadline - now)
        return Stop(
            status="budget",
            count=alive,
            message=f"out of time: skipped {count:,}, too little time left",
            evidence=(f"{seconds:.1f} s expected, {left:.1f} s left for this sweep",),
        )


def room(system: System) -> Room:
    """What the machine can spare now, by `/proc` and the memory cgroups this process is in."""
    available = memory.available_bytes(system)
    below_limits = cgroup.memory_room(system)
    if below_limits is not None:
        available = min(available or below_limits.bytes, below_limits.bytes)
    return Room(None if available is None else int(available * MEMORY_SHARE), spare_pids(system))


def spare_pids(system: System) -> int | None:
    """How many more threads the machine can number, 512 left to others.

    The lesser of `kernel.pid_max` and `kernel.threads-max`, less what runs; `None` where the
    system does not say.
    """
    limits = [system.integer(f"proc/sys/kernel/{name}") for name in ("pid_max", "threads-max")]
    known = [limit for limit in limits if limit is not None]
    running = whole_number(((system.text("proc/loadavg") or "").split("/")[-1].split() or [""])[0])
    if not known or running is None:
        return None
    return max(0, min(known) - running - RESERVED_PIDS)


def bounds(
    kind: Kind, wanted: int, asked: bool, room_: Room, deadline: float | None = None
) -> Bounds:
    """The bounds of a sweep to `wanted` units. `asked`: the user gave that number, which lifts the
    30,000 threads, where the machine's own reserve is known, but no other reserve."""
    limit, message = wanted, "reached the requested count" if asked else "reached this run's cap"
    status: Literal["max", "reserve"] = "max"
    if kind == "thread":
        for most, why in _thread_reserves(asked, room_):
            if most < limit:
                limit, message, status = most, why, "reserve"
    return Bounds(limit, status, message, room_.memory_bytes, deadline)


def _thread_reserves(asked: bool, room_: Room) -> list[tuple[int, str]]:
    reserves = []
    if not asked:
        cap = f"safety reserve: at most {MOST_THREADS:,} threads without --max"
        reserves.append((MOST_THREADS, cap))
    if asked and room_.threads is None:
        why = "how many the machine can number is unknown"
        reserves.append((MOST_THREADS, f"safety reserve: at most {MOST_THREADS:,}, as {why}"))
    if room_.threads is not None:
        left = f"safety reserve: {RESERVED_PIDS} pids are left to other processes"
        reserves.append((room_.threads, left))
    return reserves
