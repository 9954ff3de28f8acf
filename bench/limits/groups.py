"""The limits of the cgroups a runner stands in, up to the root: a limit binds at every level."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath

from bench.limits.child import RunnerView
from bench.limits.machine import KILLED
from bench.limits.model import KnownLimit, LimitState, Resource
from bench.limits.process import NO_MEMORY, NO_THREAD
from bench.probes.cgroup import UNLIMITED, Cgroup
from bench.probes.hierarchy import Version
from bench.system import whole_number

OOM_GROUP = "memory.oom.group"
_IDLE: dict[Version, str] = {1: "total_inactive_file", 2: "inactive_file"}
_KILLS: dict[Version, str] = {1: "memory.oom_control", 2: "memory.events"}


def kill_label(group: Cgroup) -> str:
    """How the kills among a cgroup's own processes are called among the counters."""
    return f"oom_kill in {group.path}"


def _limited(group: Cgroup, file: str) -> tuple[bool, int | None]:
    """Whether the file can be read, and its value; `None` is no limit. A root has no such file."""
    text = group.text(file)
    value = whole_number(text)
    if text is None and group.at_root:
        return True, None
    return text is not None, None if value is None or value >= UNLIMITED else value


def _told(found: list[LimitState], name: str, resource: Resource) -> tuple[LimitState, ...]:
    """The cgroups that have a limit, or where it cannot be read; one row where none has."""
    telling = tuple(one for one in found if one.value is not None or not one.known)
    return telling or (LimitState(name, resource, None, None, "every cgroup"),)


def _pids(child: RunnerView) -> tuple[LimitState, ...]:
    found = [_pids_in(child, group) for group in child.lineages.pids]
    return _told(found, "pids.max", "threads") if found else ()


def _pids_in(child: RunnerView, group: Cgroup) -> LimitState:
    known, value = _limited(group, "pids.max")
    return LimitState(
        "pids.max",
        "threads",
        value,
        group.integer("pids.current"),
        group.path,
        known,
        shared=value is not None and child.shares(group),
        # Which cgroup counts a refusal differs: the one that forked in v1 and before Linux 6.11,
        # the one whose limit it was in v2 since then. So each may speak for all.
        witnesses=tuple(_pids_label(each) for each in child.lineages.pids),
        notes=(_tasks_max(group.path, value),),
    )


def _tasks_max(path: str, value: int | None) -> str:
    """By what other names people know it; with what to type where systemd surely set it."""
    unit = PurePosixPath(path).name
    if value is None or not unit.endswith((".service", ".scope", ".slice")):
        return "systemd calls it TasksMax, containers --pids-limit"
    return f"systemd's TasksMax: systemctl set-property {shlex.quote(unit)} TasksMax={2 * value}"


def _pids_label(group: Cgroup) -> str:
    return f"pids.events max in {group.path}"


def _pids_counters(child: RunnerView) -> Mapping[str, int]:
    """How often a fork was refused, wherever in the lineage that is counted."""
    counts = {_pids_label(g): g.table("pids.events").get("max") for g in child.lineages.pids}
    return {label: count for label, count in counts.items() if count is not None}


def _memory(version: Version, file: str, usage: str, failures: str) -> KnownLimit:
    """A limit on the memory of cgroups. `failures` is the file that counts how often it was met:
    a number of its own in v1, a table with `oom` in v2."""

    def label(group: Cgroup) -> str:
        return f"{failures}{' oom' if version == 2 else ''} in {group.path}"

    def read(child: RunnerView) -> tuple[LimitState, ...]:
        lineage = [group for group in child.lineages.memory if group.version == version]
        if "kmem" in file:  # gone or never there on many kernels, which is not the same as unknown
            lineage = [group for group in lineage if group.text(file) is not None]
        found = [
            _read_memory(child, group, file, usage, label(group), lineage[: place + 1])
            for place, group in enumerate(lineage)
        ]
        return _told(found, file, "memory") if found else ()

    def counters(child: RunnerView) -> Mapping[str, int]:
        lineage = [group for group in child.lineages.memory if group.version == version]
        met = {label(group): _met(group, failures) for group in lineage}
        kills = {kill_label(g): g.table(_KILLS[version]).get("oom_kill") for g in lineage}
        return {name: count for name, count in (met | kills).items() if count is not None}

    lift = "echo {value} > {where}/" + file
    return KnownLimit(file, read, (KILLED, NO_MEMORY, NO_THREAD), lift, counters=counters)


def _met(group: Cgroup, file: str) -> int | None:
    """How often a limit was met. Kernels before 5.2 count those of the cgroups below in as well."""
    if group.version == 1:
        return group.integer(file)
    return (group.table(file) or group.table("memory.events")).get("oom")


def _read_memory(
    child: RunnerView,
    group: Cgroup,
    file: str,
    usage: str,
    witness: str,
    below: Sequence[Cgroup],
) -> LimitState:
    known, value = _limited(group, file)
    return LimitState(
        file,
        "memory",
        value,
        _used(group, usage) if value is not None else None,
        group.path,
        known,
        shared=value is not None and child.shares(group),
        witnesses=(witness,),
        notes=_notes(below) if value is not None else (),
    )


def _used(group: Cgroup, usage: str) -> int | None:
    """What the kernel could not drop before it refuses: pages of files that lie idle are dropped
    first. Kernel memory has none."""
    used = group.integer(usage)
    if used is None or "kmem" in usage:
        return used
    return max(0, used - group.table("memory.stat").get(_IDLE[group.version], 0))


def _notes(below: Sequence[Cgroup]) -> tuple[str, ...]:
    """Said beforehand: where the kernel kills a cgroup as a whole, the harness goes too."""
    whole = [group.path for group in below if group.integer(OOM_GROUP) == 1]
    if not whole:
        return ()
    return (f"{OOM_GROUP} is set in {whole[-1]}: an OOM kill takes all its processes at once",)


PIDS = KnownLimit(
    "pids.max", _pids, (NO_THREAD,), "echo {value} > {where}/pids.max", counters=_pids_counters
)
MEMORY_V2 = _memory(2, "memory.max", "memory.current", "memory.events.local")
MEMORY_V1 = _memory(1, "memory.limit_in_bytes", "memory.usage_in_bytes", "memory.failcnt")
KERNEL_V1 = _memory(
    1, "memory.kmem.limit_in_bytes", "memory.kmem.usage_in_bytes", "memory.kmem.failcnt"
)
