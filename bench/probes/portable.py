"""What psutil reports of a process, for systems without Linux's `/proc`. `None` where it is gone (a
zombie is), or keeps it to itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import psutil

T = TypeVar("T")


def uss_bytes(pid: int) -> int | None:
    """Memory that would be freed if the process ended. Unlike `smaps_rollup`'s `Anonymous` it
    holds file pages that nobody else has mapped."""
    return _asked(pid, lambda process: int(process.memory_full_info().uss)) or None


def rss_bytes(pid: int) -> int | None:
    """Resident memory, shared pages included."""
    return _asked(pid, lambda process: int(process.memory_info().rss)) or None


def cpu_seconds(pid: int) -> tuple[float, float] | None:
    """User and system time spent so far by all of its threads, ended ones too."""

    def ask(process: psutil.Process) -> tuple[float, float]:
        times = process.cpu_times()
        return times.user, times.system

    return _asked(pid, ask)


def threads(pid: int) -> int | None:
    """How many threads the process has."""
    return _asked(pid, lambda process: process.num_threads()) or None


def _asked(pid: int, ask: Callable[[psutil.Process], T]) -> T | None:
    try:
        return ask(psutil.Process(pid))
    except (psutil.Error, OSError, AttributeError):  # AttributeError: no `uss` on this system
        return None
