"""CPU time, faults, and whether a process is at rest; the machine's steal, load and swapping."""

from __future__ import annotations

import os
import re
import resource
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from bench.clock import Clock
from bench.probes import portable
from bench.system import System, whole_number

# The kernel adds a running thread's time to its process's clock at a timer tick or a switch, so a
# look shorter than a tick can find a spinning process still: by trial, half of all 2 ms looks at
# 250 ticks a second. 12 ms is more than a tick wherever there are 100 or more a second.
LOOK_SECONDS = 0.012
STILL_NS = 200_000
STILL_FAULTS = 2  # pages that a process at rest may touch for the first time: by trial, none
STILL_LOOKS = 2
PATIENCE_SECONDS = 2.0
VOLUNTARY, INVOLUNTARY = "voluntary_ctxt_switches", "nonvoluntary_ctxt_switches"
PROCESSOR = 36  # its place among the numbers of `_stat`: where the first thread ran last
_LINUX: bool = sys.platform.startswith("linux")


@dataclass(frozen=True)
class CpuSplit:
    """What a process has spent since it began, by all its threads, ended ones too.

    Seconds in steps of a clock tick (10 ms). A minor fault needed no disk. `None` is unknown.
    """

    user_seconds: float | None = None
    system_seconds: float | None = None
    minor_faults: int | None = None
    major_faults: int | None = None


def cpu_split(system: System, pid: int) -> CpuSplit:
    """CPU seconds and faults from `/proc/PID/stat`; elsewhere psutil's seconds alone."""
    stat = _stat(system, pid)
    if stat is None:
        return CpuSplit(*(portable.cpu_seconds(pid) or ()))
    tick = os.sysconf("SC_CLK_TCK")
    return CpuSplit(
        user_seconds=stat[11] / tick,
        system_seconds=stat[12] / tick,
        minor_faults=stat[7],
        major_faults=stat[9],
    )


def _stat(system: System, pid: int) -> list[int] | None:
    """The numbers of `/proc/PID/stat` from the state on, which stands at 0 as a 0.

    Cut at the *last* parenthesis: a command's name may hold any of them, and spaces.
    """
    _, closed, rest = (system.text(f"proc/{pid}/stat") or "").rpartition(")")
    numbers = [whole_number(word) or 0 for word in rest.split()]
    return numbers if closed and len(numbers) > 12 else None


@contextmanager
def on_one_processor(system: System, pid: int) -> Iterator[bool]:
    """Holds all threads of a process on the processor on which its first one ran last, and then
    gives each its own processors back; false where that cannot be done, and nothing is changed.

    A thread that begins meanwhile inherits the one processor from whoever began it, and is given
    those of the first thread afterwards.
    """
    stat = _stat(system, pid)
    if stat is None or len(stat) <= PROCESSOR or not hasattr(os, "sched_setaffinity"):
        yield False
        return
    own: dict[int, set[int]] = {}
    try:
        for thread in _thread_ids(system, pid):
            with suppress(ProcessLookupError):  # it has ended
                own[thread] = os.sched_getaffinity(thread)
                os.sched_setaffinity(thread, {stat[PROCESSOR]})
    except OSError:  # another user's, or a filter of system calls
        _give_back(system, pid, own)
        yield False
        return
    try:
        yield True
    finally:
        _give_back(system, pid, own)


def _give_back(system: System, pid: int, own: dict[int, set[int]]) -> None:
    for thread in _thread_ids(system, pid) if pid in own else ():
        with suppress(OSError):
            os.sched_setaffinity(thread, own.get(thread, own[pid]))


def _thread_ids(system: System, pid: int) -> list[int]:
    """The process's threads, its first one first; none where it is gone."""
    try:
        return sorted(int(path.name) for path in system.path(f"proc/{pid}/task").iterdir())
    except OSError:
        return []


@dataclass(frozen=True)
class Effort:
    """What a process has spent, to be compared with later: CPU seconds by all its threads, ended
    ones too, and how often its living threads gave up a processor (`voluntary`) or had it taken
    away. `None` is unknown."""

    cpu_seconds: float | None = None
    voluntary: int | None = None
    involuntary: int | None = None


def effort(system: System, pid: int) -> Effort:
    """The CPU clock, and the switches summed over `/proc/PID/task/*/status`: the process's own
    `status` has those of its first thread alone."""
    spent = cpu_clock_ns(pid) if system.is_this_machine else None
    tables = [system.table(f"proc/{pid}/task/{one}/status") for one in _thread_ids(system, pid)]
    known = [table for table in tables if VOLUNTARY in table and INVOLUNTARY in table]
    return Effort(
        cpu_seconds=None if spent is None else spent / 1e9,
        voluntary=sum(table[VOLUNTARY] for table in known) if known else None,
        involuntary=sum(table[INVOLUNTARY] for table in known) if known else None,
    )


def threads(system: System, pid: int) -> int | None:
    """How many threads the process has now, by `/proc/PID/status`; elsewhere by psutil."""
    count = system.table(f"proc/{pid}/status").get("Threads")
    return count if count is not None else portable.threads(pid)


def cpu_clock_ns(pid: int) -> int | None:
    """The process's CPU clock in nanoseconds; `None` where it is gone.

    On Linux read through the clock that the kernel has for every process (the number is made as
    `clock_getcpuclockid(3)` does it), which costs no file; elsewhere psutil's, in clock ticks.
    """
    if _LINUX:
        try:
            return time.clock_gettime_ns((~pid << 3) | 2)
        except OSError:
            return None
    spent = portable.cpu_seconds(pid)
    return round(sum(spent) * 1e9) if spent else None


def minor_faults(pid: int) -> int | None:
    """How many pages the process has touched for the first time; `None` where unknown."""
    return cpu_split(System(), pid).minor_faults


def wait_until_still(
    pid: int,
    clock: Clock,
    read: Callable[[int], int | None] = cpu_clock_ns,
    *,
    faults: Callable[[int], int | None] = minor_faults,
    awake: bool = False,
) -> bool:
    """Waits until the process's CPU clock and its memory stand still; false where it is gone, or
    still busy after two seconds.

    Still: less than 0.2 ms spent and hardly a page touched in 12 ms, which lets a runtime's own
    watchman pass; twice in a row, since a busy process may be kept waiting for a processor. Memory
    is looked at too because it can grow by 40 MB/s for no more CPU than that.

    `awake`: a process that is at rest already is watched without sleep. A virtual machine whose
    processors have slept takes longer over what comes next: by trial 5 % for 20,000 threads in C,
    started in steps. One that is found busy needs the processor more: it is left to it.
    """
    end = clock.monotonic() + PATIENCE_SECONDS
    wait = clock.spin if awake else clock.sleep
    before, touched, still = read(pid), faults(pid), 0
    while before is not None and clock.monotonic() < end:
        wait(LOOK_SECONDS)
        now, touched_now = read(pid), faults(pid)
        idle = now is not None and now - before < STILL_NS
        grows = (touched_now or 0) - (touched if touched is not None else touched_now or 0)
        still = still + 1 if idle and grows <= STILL_FAULTS else 0
        if not still:
            wait = clock.sleep
        if still == STILL_LOOKS:
            return True
        before, touched = now, touched_now
    return False


def swapped_out_pages(system: System) -> int | None:
    """Pages that the whole machine has written to swap since it booted; `None` where unknown."""
    return system.table("proc/vmstat").get("pswpout")


def steal(system: System) -> float | None:
    """The share of all processors' time since boot that the hypervisor gave to other machines while
    this one wanted to run; `None` where the first line of `/proc/stat` does not have it."""
    words = (system.text("proc/stat") or "").partition("\n")[0].split()
    ticks = [whole_number(word) or 0 for word in words[1:9]]  # guest time is in user time already
    return (
        ticks[7] / sum(ticks) if words[:1] == ["cpu"] and len(ticks) == 8 and any(ticks) else None
    )


@dataclass(frozen=True)
class ProcessorTime:
    """Time of the processors that this process may run on, in seconds since boot: all of it, what
    was spent by anybody, what the hypervisor gave away, and what this process and its children that
    have ended spent themselves (`own`)."""

    whole: float
    spent: float
    stolen: float
    own: float


def processor_time(system: System) -> ProcessorTime | None:
    """From `/proc/stat`; `None` where it does not report these processors."""
    allowed = allowed_processors(system)
    rows = [line.split() for line in (system.text("proc/stat") or "").splitlines()]
    ticks = [
        [whole_number(word) or 0 for word in (*row[1:9], *["0"] * 8)][:8]
        for row in rows
        if row and (number := row[0].removeprefix("cpu")).isdecimal() and int(number) in allowed
    ]
    if not ticks or len(ticks) != len(allowed):
        return None
    user, nice, kernel, idle, waiting, irq, softirq, stolen = (
        sum(column) / os.sysconf("SC_CLK_TCK") for column in zip(*ticks, strict=True)
    )
    spent = user + nice + kernel + irq + softirq  # a guest's time is in user and nice already
    own = sum(
        usage.ru_utime + usage.ru_stime
        for usage in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    )
    return ProcessorTime(spent + idle + waiting + stolen, spent, stolen, own)


def allowed_processors(system: System) -> set[int]:
    """The processors that this process may run on; none where that is unknown."""
    text = system.text("proc/self/status") or ""
    found = re.search(r"^Cpus_allowed_list:\s*([\d,-]+)", text, re.MULTILINE)
    spans = [span.partition("-") for span in found[1].split(",") if span] if found else []
    return {cpu for a, _, b in spans for cpu in range(int(a), int(b or a) + 1)}


@dataclass(frozen=True)
class OtherWork:
    """Shares, of the time of the processors, that other processes took, and other machines. By the
    grain of the clocks a little under 0 where there were none."""

    others: float
    stolen: float


def other_work(before: ProcessorTime | None, after: ProcessorTime | None) -> OtherWork | None:
    """What others took between two looks; `None` where unknown."""
    if before is None or after is None or after.whole <= before.whole:
        return None
    whole = after.whole - before.whole
    others = (after.spent - before.spent) - (after.own - before.own)
    return OtherWork(others / whole, (after.stolen - before.stolen) / whole)


def load(system: System) -> float | None:
    """The load average over the last minute; `None` where unknown."""
    first = (system.text("proc/loadavg") or "").partition(" ")[0]
    try:
        return float(first)
    except ValueError:
        return None
