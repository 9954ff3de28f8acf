"""How the limits of one process and of the whole machine are read; `cgroups` reads the others."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from bench.limits.model import KnownLimit, LimitState, Reader
from bench.limits.runner import RunnerView
from bench.model.records import MEMORY_LIMIT
from bench.probes.memory import machine_bytes
from bench.system import System

PROCESS, MACHINE = "the process", "the machine"
OOM_KILLS = "oom_kill of the whole machine"
RESERVED_PIDS = 300  # the kernel never hands out lower numbers again once numbering has wrapped
NEVER_OVERCOMMIT = 2
FILTERED = 2  # SECCOMP_MODE_FILTER
UNTOUCHED = 1 << 16  # a stack's end, its environment and the gap above it
GO_THREADS = 10_000  # runtime.maxmcount, unless the program calls debug.SetMaxThreads


def rlimit(use: Callable[[RunnerView], int | None], note: str = "") -> Reader:
    """An rlimit of the process alone."""

    def read(limit: KnownLimit, runner: RunnerView) -> Iterator[LimitState]:
        known, value = runner.rlimit(limit.name)
        yield limit.state(value, use(runner), PROCESS, known, notes=(note,) if note else ())

    return read


def kernel_number(
    use: Callable[[RunnerView], int | None], where: str, *, shared: bool = False
) -> Reader:
    """A setting of the kernel that is a number (`vm.max_map_count`)."""

    def read(limit: KnownLimit, runner: RunnerView) -> Iterator[LimitState]:
        value = runner.system.integer(f"proc/sys/{limit.name.replace('.', '/')}")
        yield limit.state(value, use(runner), where, value is not None, shared=shared)

    return read


def nproc(limit: KnownLimit, runner: RunnerView) -> Iterator[LimitState]:
    """Counts the threads of all of a user's processes, wherever they run."""
    known, value = runner.rlimit(limit.name)
    exempt = runner.exempt_from_nproc
    same = [process for process in runner.processes if process.user == runner.user]
    yield limit.state(
        value if known and exempt is False else None,
        sum(process.threads for process in same) or None,
        "the user" if runner.user is None else f"user {runner.user}",
        known and exempt is not None,
        shared=any(process.pid not in {*runner.own_tree, runner.pid} for process in same),
        notes=("root and holders of CAP_SYS_RESOURCE are exempt",) if exempt else (),
    )


def address_space(limit: KnownLimit, runner: RunnerView) -> Iterator[LimitState]:
    """The end of user space lies at a power of two just above the stack: 47 bits on x86-64 without
    a special request, 39 to 48 on ARM."""
    top, use = runner.top_address, runner.status("VmSize")
    if not top:
        yield limit.state(None, use, PROCESS, known=False)
    else:
        bits = (top + UNTOUCHED - 1).bit_length()
        yield limit.state(1 << bits, use, PROCESS, notes=(f"{bits} bits",))


def seccomp(limit: KnownLimit, runner: RunnerView) -> Iterator[LimitState]:
    """A filter that a container engine puts over system calls. One that answers EPERM to clone3, as
    those older than the call do, lets glibc start no thread: it tries clone only after ENOSYS."""
    mode = runner.status("Seccomp")
    if mode == FILTERED:
        note = "a filter over system calls: Seccomp is 2 in /proc/PID/status"
        yield limit.state(runner.status("Seccomp_filters") or 1, None, PROCESS, notes=(note,))
    else:
        yield limit.state(None, None, PROCESS, mode is not None)


def go_threads(limit: KnownLimit, runner: RunnerView) -> Iterator[LimitState]:
    """Go ends a program that would have more OS threads. The catalogue says which runtimes have
    such a limit."""
    if limit.name in runner.own_limits:
        yield limit.state(GO_THREADS, runner.status("Threads"), PROCESS)


def pid_max(limit: KnownLimit, runner: RunnerView) -> Iterator[LimitState]:
    """Numbers from 300 to one below `kernel.pid_max`; the use shown counts the low ones in.

    In a pid namespace the threads outside it take numbers too, though they cannot be seen: there
    the whole machine's threads are counted."""
    notes = [f"the {RESERVED_PIDS} low numbers are not reused once numbering has wrapped"]
    use = sum(process.threads for process in runner.processes if process.pid >= RESERVED_PIDS)
    if not runner.in_first_pid_namespace:
        notes.append("perhaps a pid namespace: all threads of the machine are counted")
        use = max(use, runner.machine_threads or 0)
    value, use_ = runner.system.integer("proc/sys/kernel/pid_max"), use + RESERVED_PIDS
    known = value is not None
    yield limit.state(value, use_ if use else None, MACHINE, known, shared=True, notes=tuple(notes))


def overcommit(limit: KnownLimit, runner: RunnerView) -> Iterator[LimitState]:
    """Promised memory is only bounded where `vm.overcommit_memory` is 2. Some is kept back from
    processes without privileges, and some for a recovering root: both are part of the use, as
    `__vm_enough_memory` of the kernel leaves them out of the limit for an ordinary process."""
    system = runner.system
    mode = system.integer("proc/sys/vm/overcommit_memory")
    if mode is not None and mode != NEVER_OVERCOMMIT:
        note = f"promised memory has no limit: vm.overcommit_memory is {mode}"
        yield limit.state(None, None, MACHINE, shared=True, notes=(note,))
        return
    table = system.table("proc/meminfo")
    value, use = table.get("CommitLimit"), table.get("Committed_AS")
    if use is not None:
        user = (system.integer("proc/sys/vm/user_reserve_kbytes") or 0) * 1024
        admin = (system.integer("proc/sys/vm/admin_reserve_kbytes") or 0) * 1024
        use += min(user, (runner.status("VmSize") or 0) // 32) + admin
    if mode is None or value is None:
        yield limit.state(None, use, MACHINE, known=False, shared=True)
    else:
        note = "CommitLimit, as vm.overcommit_memory is 2"
        yield limit.state(value, use, MACHINE, shared=True, notes=(note,))


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
        notes=("when it runs out, the kernel kills the runner first",),
    )


def machine_kills(_: KnownLimit, runner: RunnerView) -> Mapping[str, int | None]:
    """How many processes the kernel has killed for memory."""
    return {OOM_KILLS: runner.system.table("proc/vmstat").get("oom_kill")}
