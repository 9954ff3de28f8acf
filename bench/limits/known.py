"""THE list of limits: what can stop a launch, a row each."""

from __future__ import annotations

import errno

from bench.limits import cgroups, readers
from bench.limits.model import KnownLimit, Sign, Survey
from bench.limits.runner import RunnerView
from bench.model.records import MEMORY_LIMIT

# glibc turns the kernel's ENOMEM for a thread's stack into EAGAIN, so both may mean either.
NO_THREAD = Sign(
    errnos=frozenset({errno.EAGAIN}),
    words=r"can't start new thread|failed to create new OS thread|unable to create new .*thread|"
    r"resource temporarily unavailable",
)
NO_MEMORY = Sign(
    errnos=frozenset({errno.ENOMEM}),
    words=r"MemoryError|cannot allocate|out of memory|bad_alloc|failed to (map segment|reserve)|"
    r"cannot (map|apply)|virtual memory exhausted",
)
NO_DESCRIPTOR = Sign(
    errnos=frozenset({errno.EMFILE}),
    words=r"too many open files|cannot open shared object file: Error 24",
    decisive=True,
)
NOT_PERMITTED = Sign(
    errnos=frozenset({errno.EPERM}),
    words=r"operation not permitted|new OS thread .*errno=1\)",
    decisive=True,
)
THREAD_EXHAUSTION = Sign(words=r"exceeds \d+-thread limit|thread exhaustion", decisive=True)
KILLED = Sign(signals=frozenset({"SIGKILL"}))

# The stack decides how soon address space runs out.
STACK_NOTE = "the default size of a thread's stack; it refuses nothing itself"
NO_FILTER = (
    "docker run (or podman run) --security-opt seccomp=unconfined; Kubernetes: "
    "securityContext.seccompProfile.type: Unconfined; or a newer container engine"
)
GROUP = "echo {value} > {where}/"

# Each limit's name, the resource that a unit takes of it, how it is read, how its refusal looks,
# and what to type to raise it.
KNOWN: tuple[KnownLimit, ...] = (
    KnownLimit("RLIMIT_NPROC", "threads", readers.nproc, (NO_THREAD,),
        "prlimit --nproc={value} outnumber …"),
    KnownLimit("kernel.threads-max", "threads",
        readers.kernel_number(lambda runner: runner.machine_threads, readers.MACHINE, shared=True),
        (NO_THREAD,), "sysctl -w kernel.threads-max={value}"),
    KnownLimit("kernel.pid_max", "threads", readers.pid_max, (NO_THREAD,),
        "sysctl -w kernel.pid_max={value}",
        raised=8, most=1 << 22),  # PID_MAX_LIMIT of a 64-bit kernel
    KnownLimit("pids.max", "threads", cgroups.pids, (NO_THREAD,), GROUP + "pids.max",
        counters=cgroups.pids_refused),
    KnownLimit("vm.max_map_count", "mappings",
        readers.kernel_number(lambda runner: runner.mappings, readers.PROCESS),
        (NO_THREAD, NO_MEMORY), "sysctl -w vm.max_map_count={value}", raised=4),
    KnownLimit("RLIMIT_AS", "address space",
        readers.rlimit(lambda runner: runner.status("VmSize")),
        (NO_THREAD, NO_MEMORY), "prlimit --as=unlimited outnumber …"),
    KnownLimit("RLIMIT_DATA", "data", readers.rlimit(lambda runner: runner.status("VmData")),
        (NO_THREAD, NO_MEMORY), "prlimit --data=unlimited outnumber …"),
    KnownLimit("RLIMIT_STACK", None, readers.rlimit(lambda _: None, STACK_NOTE), (),
        "outnumber … --stack-size 64KiB"),
    *(
        KnownLimit(file, "memory", cgroups.memory, (KILLED, NO_MEMORY, NO_THREAD), GROUP + file,
            counters=cgroups.memory_refused)
        for file in ("memory.max", "memory.limit_in_bytes", "memory.kmem.limit_in_bytes")
    ),
    KnownLimit("vm.overcommit_memory", "data", readers.overcommit, (NO_THREAD, NO_MEMORY),
        "sysctl -w vm.overcommit_memory=0"),
    KnownLimit(MEMORY_LIMIT, "memory", readers.available, (KILLED,),
        "end other programs, or add memory: no per-process setting helps",
        counters=readers.machine_kills),
    KnownLimit("address space", "address space", readers.address_space, (NO_THREAD, NO_MEMORY),
        "outnumber … --stack-size 64KiB (smaller stacks: no setting makes the space larger)"),
    KnownLimit("RLIMIT_NOFILE", "descriptors", readers.rlimit(lambda runner: runner.descriptors),
        (NO_DESCRIPTOR,), "prlimit --nofile={value} outnumber …"),
    KnownLimit("seccomp (EPERM)", "filters", readers.seccomp, (NOT_PERMITTED, NO_THREAD),
        NO_FILTER),
    KnownLimit("Go SetMaxThreads", "threads", readers.go_threads, (THREAD_EXHAUSTION,),
        "call debug.SetMaxThreads({value}) in the Go program: no setting from outside helps"),
)  # fmt: skip


def named(name: str) -> KnownLimit:
    """The limit of that name."""
    return next(limit for limit in KNOWN if limit.name == name)


def survey(runner: RunnerView, units: int) -> Survey:
    """Every limit as it stands for the runner now, with `units` alive.

    Takes 10 to 100 ms, so it is never made in a burst."""
    now = runner.afresh()
    counts: dict[str, int | None] = {}
    for limit in KNOWN:
        counts |= limit.counters(limit, now) if limit.counters else {}
    counters = {label: count for label, count in counts.items() if count is not None}
    states = tuple(state for limit in KNOWN for state in limit.read(limit, now))
    return Survey(units, states, counters)
