"""The limits of the whole machine: numbers for threads, threads, memory promised, memory there."""

from __future__ import annotations

from collections.abc import Mapping

from bench.limits.child import RunnerView
from bench.limits.model import KnownLimit, LimitState, Sign
from bench.limits.process import NO_MEMORY, NO_THREAD
from bench.model.records import MEMORY_LIMIT
from bench.probes.memory import machine_bytes
from bench.system import System

RESERVED_PIDS = 300  # the kernel never hands out lower numbers again once numbering has wrapped
MOST_PIDS = 1 << 22  # PID_MAX_LIMIT of a 64-bit kernel
NEVER_OVERCOMMIT = 2
KILLED = Sign(signals=frozenset({"SIGKILL"}))
OOM_KILLS = "oom_kill of the whole machine"
WHERE = "the machine"


def _threads_max(child: RunnerView) -> tuple[LimitState, ...]:
    value = child.system.integer("proc/sys/kernel/threads-max")
    use = child.machine_threads
    known = value is not None
    return (LimitState("kernel.threads-max", "threads", value, use, WHERE, known, shared=True),)


def _pid_max(child: RunnerView) -> tuple[LimitState, ...]:
    """Numbers from 300 to one below `kernel.pid_max`; the use shown counts the low ones in.

    In a pid namespace the threads outside it take numbers too, though they cannot be seen: there
    the whole machine's threads are counted."""
    value = child.system.integer("proc/sys/kernel/pid_max")
    notes = [f"the {RESERVED_PIDS} low numbers are not given out again once numbering has wrapped"]
    numbered = [p.threads for p in child.processes if p.pid >= RESERVED_PIDS]
    use = sum(numbered) or None
    if child.in_first_pid_namespace is not True:
        notes.append("perhaps a pid namespace: all threads of the machine are counted")
        use = max(use or 0, child.machine_threads or 0) or None
    return (
        LimitState(
            "kernel.pid_max",
            "threads",
            value,
            use + RESERVED_PIDS if use is not None else None,
            WHERE,
            value is not None,
            shared=True,
            notes=tuple(notes),
        ),
    )


def _overcommit(child: RunnerView) -> tuple[LimitState, ...]:
    """Promised memory is only bounded where `vm.overcommit_memory` is 2. Some is kept back from
    processes without privileges, and some for a recovering root: both are part of the use."""
    mode = child.system.integer("proc/sys/vm/overcommit_memory")
    if mode is not None and mode != NEVER_OVERCOMMIT:
        note = f"promises are not bounded: vm.overcommit_memory is {mode}"
        return (_commit(None, None, known=True, note=note),)
    table = child.system.table("proc/meminfo")
    kept = _kept_back(child)
    value, use = table.get("CommitLimit"), table.get("Committed_AS")
    known = mode is not None and value is not None
    note = "CommitLimit, as vm.overcommit_memory is 2" if known else ""
    return (_commit(value if known else None, None if use is None else use + kept, known, note),)


def _commit(value: int | None, use: int | None, known: bool, note: str) -> LimitState:
    notes = (note,) if note else ()
    return LimitState(
        "vm.overcommit_memory", "data", value, use, WHERE, known, shared=True, notes=notes
    )


def _kept_back(child: RunnerView) -> int:
    """What `__vm_enough_memory` of the kernel leaves out of the limit for an ordinary process."""
    user = child.system.integer("proc/sys/vm/user_reserve_kbytes") or 0
    admin = child.system.integer("proc/sys/vm/admin_reserve_kbytes") or 0
    return min(user * 1024, (child.status("VmSize") or 0) // 32) + admin * 1024


def _available(child: RunnerView) -> tuple[LimitState, ...]:
    return (available_memory(child.system),)


def available_memory(system: System) -> LimitState:
    """Memory that can be had without swapping. When it is out, the kernel kills."""
    total, available = machine_bytes(system)
    known = total is not None and available is not None
    use = total - available if total is not None and available is not None else None
    return LimitState(
        MEMORY_LIMIT,
        "memory",
        total if known else None,
        use,
        WHERE,
        known,
        shared=True,
        witnesses=(OOM_KILLS,),
        notes=("when it is used up, the kernel's OOM killer ends the runner first",),
    )


def _machine_kills(child: RunnerView) -> Mapping[str, int]:
    kills = child.system.table("proc/vmstat").get("oom_kill")
    return {} if kills is None else {OOM_KILLS: kills}


THREADS_MAX = KnownLimit(
    "kernel.threads-max", _threads_max, (NO_THREAD,), "sysctl -w kernel.threads-max={value}"
)
PID_MAX = KnownLimit(
    "kernel.pid_max",
    _pid_max,
    (NO_THREAD,),
    "sysctl -w kernel.pid_max={value}",
    raised=8,
    most=MOST_PIDS,
)
OVERCOMMIT = KnownLimit(
    "vm.overcommit_memory", _overcommit, (NO_THREAD, NO_MEMORY), "sysctl -w vm.overcommit_memory=0"
)
AVAILABLE = KnownLimit(
    MEMORY_LIMIT,
    _available,
    (KILLED,),
    "end other programs, or add memory: nothing can be typed for one process",
    counters=_machine_kills,
)
