"""All limits that are known, in one list: one more is one more record here."""

from __future__ import annotations

from bench.limits import groups, machine, process, runtimes
from bench.limits.child import RunnerView
from bench.limits.model import KnownLimit, Survey

KNOWN: tuple[KnownLimit, ...] = (
    process.NPROC,
    machine.THREADS_MAX,
    machine.PID_MAX,
    groups.PIDS,
    process.MAPPINGS,
    process.AS,
    process.DATA,
    process.STACK,
    groups.MEMORY_V2,
    groups.MEMORY_V1,
    groups.KERNEL_V1,
    machine.OVERCOMMIT,
    machine.AVAILABLE,
    process.ADDRESS_SPACE,
    process.NOFILE,
    process.SECCOMP,
    runtimes.GO_MAX_THREADS,
)


def named(name: str) -> KnownLimit:
    """The limit of that name."""
    return next(limit for limit in KNOWN if limit.name == name)


def survey(child: RunnerView, units: int) -> Survey:
    """Every limit as it stands for the runner now, with `units` alive.

    Takes 10 to 100 ms, so it is never made in a burst."""
    now = child.afresh()
    counters: dict[str, int] = {}
    for limit in KNOWN:
        counters |= limit.counters(now)
    return Survey(units, tuple(one for limit in KNOWN for one in limit.read(now)), counters)
