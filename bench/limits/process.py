"""The limits of one process: its rlimits, its mappings, its address space."""

from __future__ import annotations

import errno

from bench.limits.child import RunnerView
from bench.limits.model import KnownLimit, LimitState, Resource, Sign

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
FILTERED = 2  # SECCOMP_MODE_FILTER
UNTOUCHED = 1 << 16  # a stack's end, its environment and the gap above it


def _rlimit(name: str, words: str, resource: Resource, use: str) -> KnownLimit:
    """An rlimit on memory, whose use is a field of the process's status."""

    def read(child: RunnerView) -> tuple[LimitState, ...]:
        known, value = child.rlimit(words)
        return (LimitState(name, resource, value, child.status(use), "the process", known),)

    option = name.removeprefix("RLIMIT_").lower()
    return KnownLimit(
        name, read, (NO_THREAD, NO_MEMORY), f"prlimit --{option}=unlimited outnumber …"
    )


def _nproc(child: RunnerView) -> tuple[LimitState, ...]:
    """Counts the threads of all of a user's processes, wherever they run."""
    known, value = child.rlimit("Max processes")
    notes: tuple[str, ...] = ()
    exempt = child.exempt_from_nproc
    if exempt:
        value, notes = None, ("root and holders of CAP_SYS_RESOURCE are exempt",)
    same = [process for process in child.processes if process.user == child.user]
    others = any(process.pid not in {*child.own_tree, child.pid} for process in same)
    where = "the user" if child.user is None else f"user {child.user}"
    use = sum(process.threads for process in same) or None
    known = known and exempt is not None
    return (
        LimitState(
            "RLIMIT_NPROC",
            "threads",
            value if known else None,
            use,
            where,
            known,
            shared=others,
            notes=notes,
        ),
    )


def _nofile(child: RunnerView) -> tuple[LimitState, ...]:
    known, value = child.rlimit("Max open files")
    use = child.descriptors
    return (LimitState("RLIMIT_NOFILE", "descriptors", value, use, "the process", known),)


def _stack(child: RunnerView) -> tuple[LimitState, ...]:
    """Refuses nothing by itself: it is the size of a thread's stack where none is asked for, and
    so decides how soon address space runs out."""
    known, value = child.rlimit("Max stack size")
    note = "the default size of a thread's stack; refuses nothing by itself"
    return (LimitState("RLIMIT_STACK", None, value, None, "the process", known, notes=(note,)),)


def _mappings(child: RunnerView) -> tuple[LimitState, ...]:
    value = child.system.integer("proc/sys/vm/max_map_count")
    known = value is not None
    return (
        LimitState(
            "vm.max_map_count", "mappings", value, child.mappings, "the process", known=known
        ),
    )


def _address_space(child: RunnerView) -> tuple[LimitState, ...]:
    """The end of user space lies at a power of two just above the stack: 47 bits on x86-64 without
    a special request, 39 to 48 on ARM."""
    top = child.top_address
    value = 1 << (top + UNTOUCHED - 1).bit_length() if top else None
    use = child.status("VmSize")
    notes = (f"{value.bit_length() - 1} bits",) if value else ()
    return (
        LimitState(
            "address space", "address space", value, use, "the process", bool(value), notes=notes
        ),
    )


def _seccomp(child: RunnerView) -> tuple[LimitState, ...]:
    """A filter that a container engine puts over system calls. One that answers EPERM to clone3, as
    those older than the call do, lets glibc start no thread: it tries clone only after ENOSYS."""
    mode = child.status("Seccomp")
    filters = child.status("Seccomp_filters") or 1
    note = (
        "a filter over system calls: Seccomp is 2 in /proc/PID/status" if mode == FILTERED else ""
    )
    return (
        LimitState(
            "seccomp (EPERM)",
            "filters",
            filters if mode == FILTERED else None,
            None,
            "the process",
            known=mode is not None,
            notes=(note,) if note else (),
        ),
    )


NPROC = KnownLimit("RLIMIT_NPROC", _nproc, (NO_THREAD,), "prlimit --nproc={value} outnumber …")
AS = _rlimit("RLIMIT_AS", "Max address space", "address space", "VmSize")
DATA = _rlimit("RLIMIT_DATA", "Max data size", "data", "VmData")
STACK = KnownLimit("RLIMIT_STACK", _stack, (), "outnumber … --stack-size 64KiB")
NOFILE = KnownLimit(
    "RLIMIT_NOFILE", _nofile, (NO_DESCRIPTOR,), "prlimit --nofile={value} outnumber …"
)
MAPPINGS = KnownLimit(
    "vm.max_map_count",
    _mappings,
    (NO_THREAD, NO_MEMORY),
    "sysctl -w vm.max_map_count={value}",
    raised=4,
)
ADDRESS_SPACE = KnownLimit(
    "address space",
    _address_space,
    (NO_THREAD, NO_MEMORY),
    "outnumber … --stack-size 64KiB (smaller stacks: no setting makes the space larger)",
)
SECCOMP = KnownLimit(
    "seccomp (EPERM)",
    _seccomp,
    (NOT_PERMITTED, NO_THREAD),
    "docker run (or podman run) --security-opt seccomp=unconfined; Kubernetes: "
    "securityContext.seccompProfile.type: Unconfined; or a newer container engine",
)
