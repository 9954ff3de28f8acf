"""How the limits of one process and of the whole machine are read; `cgroups` reads the others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from bench.limits.model import KnownLimit, LimitState
from bench.limits.runner import RunnerView
from bench.model.records import MEMORY_LIMIT
from bench.probes.memory import machine_bytes
from bench.system import System

PROCESS, MACHINE = "the process", "the machine"
STATUS = {"RLIMIT_AS": "VmSize", "RLIMIT_DATA": "VmData"}  # the use of an rlimit on memory
OOM_KILLS = "oom_kill of the whole machine"
RESERVED_PIDS = 300  # the kernel never hands out lower numbers again once numbering has wrapped
NEVER_OVERCOMMIT = 2
FILTERED = 2  # SECCOMP_MODE_FILTER
UNTOUCHED = 1 << 16  # a stack's end, its environment and the gap above it
GO_THREADS = 10_000  # runtime.maxmcount, unless the program calls debug.SetMaxThreads


def memory_rlimit(limit: KnownLimit, runner: RunnerView) -> Iterator[LimitState]:
    """An rlimit on memory, whose use is a field of the process's status."""
    known, value = runner.rlimit(limit.name)
    use = runner.status(STATUS[limit.name])
    yield LimitState(limit.name, limit.resource, value, use, PROCESS, known)


def nproc(limit: KnownLimit, runner: RunnerView) -> Iterator[LimitState]:
    """Counts the threads of all of a user's processes, wherever they run."""
    known, value = runner.rlimit(limit.name)
    exempt = runner.exempt_from_nproc
    same = [process for process in runner.processes if process.user == runner.user]
    yield LimitState(
        limit.name,
        limit.resource,
        value if known and exempt is False else None,
        sum(process.threads for process in same) or None,
        "the user" if runner.user is None else f"user {runner.user}",
        known and exempt is not None,
        shared=any(process.pid not in {*runner.own_tree, runner.pid} for process in same),
        notes=("root and holders of CAP_SYS_RESOURCE are exempt",) if exempt else (),
    )


def nofile(limit: KnownLimit, runner: RunnerView) -> Iterator[LimitState]:
    known, value = runner.rlimit(limit.name)
    yield LimitState(limit.name, limit.resource, value, runner.descriptors, PROCESS, known)


def stack(limit: KnownLimit, runner: RunnerView) -> Iterator[LimitState]:
    """Refuses nothing by itself: it is the size of a thread's stack where none is asked for, and
    so decides how soon address space runs out."""
    known, value = runner.rlimit(limit.name)
    note = "the default size of a thread's stack; refuses nothing by itself"
    yield LimitState(limit.name, limit.resource, value, None, PROCESS, known, notes=(note,))


def mappings(limit: KnownLimit, runner: RunnerView) -> Iterator[LimitState]:
    value = runner.system.integer("proc/sys/vm/max_map_count")
    known = value is not None
    yield LimitState(limit.name, limit.resource, value, runner.mappings, PROCESS, known)


def address_space(limit: KnownLimit, runner: RunnerView) -> Iterator[LimitState]:
    """The end of user space lies at a power of two just above the stack: 47 bits on x86-64 without
    a special request, 39 to 48 on ARM."""
    top = runner.top_address
    bits = (top + UNTOUCHED - 1).bit_length() if top else None
    yield LimitState(
        limit.name,
        limit.resource,
        1 << bits if bits else None,
        runner.status("VmSize"),
        PROCESS,
        bits is not None,
        notes=(f"{bits} bits",) if bits else (),
    )


def seccomp(limit: KnownLimit, runner: RunnerView) -> Iterator[LimitState]:
    """A filter that a container engine puts over system calls. One that answers EPERM to clone3, as
    those older than the call do, lets glibc start no thread: it tries clone only after ENOSYS."""
    mode = runner.status("Seccomp")
    filtered = mode == FILTERED
    filters = (runner.status("Seccomp_filters") or 1) if filtered else None
    note = "a filter over system calls: Seccomp is 2 in /proc/PID/status"
    notes = (note,) if filtered else ()
    known = mode is not None
    yield LimitState(limit.name, limit.resource, filters, None, PROCESS, known, notes=notes)


def go_threads(limit: KnownLimit, runner: RunnerView) -> Iterator[LimitState]:
    """Go ends a program that would have more OS threads. The catalogue says which runtimes
    have such a limit."""
    if limit.name in runner.own_limits:
        threads = runner.status("Threads")
        yield LimitState(limit.name, limit.resource, GO_THREADS, threads, PROCESS)


def threads_max(limit: KnownLimit, runner: RunnerView) -> Iterator[LimitState]:
    value, use = runner.system.integer("proc/sys/kernel/threads-max"), runner.machine_threads
    known = value is not None
    yield LimitState(limit.name, limit.resource, value, use, MACHINE, known, shared=True)


def pid_max(limit: KnownLimit, runner: RunnerView) -> Iterator[LimitState]:
    """Numbers from 300 to one below `kernel.pid_max`; the use shown counts the low ones in.

    In a pid namespace the threads outside it take numbers too, though they cannot be seen: there
    the whole machine's threads are counted."""
    value = runner.system.integer("proc/sys/kernel/pid_max")
    notes = [f"the {RESERVED_PIDS} low numbers are not given out again once numbering has wrapped"]
    use = sum(process.threads for process in runner.processes if process.pid >= RESERVED_PIDS)
    if not runner.in_first_pid_namespace:
        notes.append("perhaps a pid namespace: all threads of the machine are counted")
        use = max(use, runner.machine_threads or 0)
    yield LimitState(
        limit.name,
        limit.resource,
        value,
        use + RESERVED_PIDS if use else None,
        MACHINE,
        value is not None,
        shared=True,
        notes=tuple(notes),
    )


def overcommit(limit: KnownLimit, runner: RunnerView) -> Iterator[LimitState]:
    """Promised memory is only bounded where `vm.overcommit_memory` is 2. Some is kept back from
    processes without privileges, and some for a recovering root: both are part of the use, as
    `__vm_enough_memory` of the kernel leaves them out of the limit for an ordinary process."""
    system = runner.system
    mode = system.integer("proc/sys/vm/overcommit_memory")
    value = use = None
    known, note = True, f"promises are not bounded: vm.overcommit_memory is {mode}"
    if mode is None or mode == NEVER_OVERCOMMIT:
        table = system.table("proc/meminfo")
        value, use = table.get("CommitLimit"), table.get("Committed_AS")
        known = mode is not None and value is not None
        note = "CommitLimit, as vm.overcommit_memory is 2" if known else ""
    if use is not None:
        user = (system.integer("proc/sys/vm/user_reserve_kbytes") or 0) * 1024
        admin = (system.integer("proc/sys/vm/admin_reserve_kbytes") or 0) * 1024
        use += min(user, (runner.status("VmSize") or 0) // 32) + admin
    yield LimitState(
        limit.name,
        limit.resource,
        value if known else None,
        use,
        MACHINE,
        known,
        shared=True,
        notes=(note,) if note else (),
    )


def available(_: KnownLimit, runner: RunnerView) -> Iterator[LimitState]:
    yield available_memory(runner.system)


def available_memory(system: System) -> LimitState:
    """Memory that can be had without swapping. When it is out, the kernel kills."""
    total, free = machine_bytes(system)
    known = total is not None and free is not None
    return LimitState(
        MEMORY_LIMIT,
        "memory",
        total if known else None,
        total - free if total is not None and free is not None else None,
        MACHINE,
        known,
        shared=True,
        counters=(OOM_KILLS,),
        notes=("when it is used up, the kernel's OOM killer ends the runner first",),
    )


def machine_kills(_: KnownLimit, runner: RunnerView) -> Mapping[str, int | None]:
    """How many processes the kernel has killed for memory."""
    return {OOM_KILLS: runner.system.table("proc/vmstat").get("oom_kill")}
