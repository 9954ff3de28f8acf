"""How the limits of the cgroups a runner stands in are read: a limit binds at every level up to the
root."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath

from bench.limits.model import KnownLimit, LimitState
from bench.limits.runner import RunnerView
from bench.probes.cgroup import MEMORY_LIMIT, UNLIMITED, Cgroup
from bench.system import whole_number

OOM_GROUP = "memory.oom.group"


def pids(limit: KnownLimit, runner: RunnerView) -> Sequence[LimitState]:
    """`pids.max` of every cgroup, with the other names that people know it by."""
    found = []
    # Which cgroup counts a refusal differs: the one that forked in v1 and before Linux 6.11, the
    # one whose limit it was in v2 since then. So the counters of all stand for each.
    counters = tuple(map(_refusals, runner.pids))
    for group in runner.pids:
        known, value = _limited(group, limit.name)
        unit = PurePosixPath(group.path).name
        note = "systemd calls it TasksMax, containers --pids-limit"
        if value is not None and unit.endswith((".service", ".scope", ".slice")):  # systemd's own
            command = f"systemctl set-property {shlex.quote(unit)} TasksMax={2 * value}"
            note = f"systemd's TasksMax: {command}"
        found.append(
            limit.state(
                value,
                group.integer("pids.current"),
                group.path,
                known,
                shared=value is not None and runner.shares(group),
                counters=counters,
                notes=(note,),
            )
        )
    return _where_set(limit, found)


def pids_refused(_: KnownLimit, runner: RunnerView) -> Mapping[str, int | None]:
    """How often a fork was refused, wherever in the lineage that is counted."""
    return {_refusals(group): group.table("pids.events").get("max") for group in runner.pids}


def _refusals(group: Cgroup) -> str:
    return f"pids.events max in {group.path}"


def memory(limit: KnownLimit, runner: RunnerView) -> Sequence[LimitState]:
    """A limit on the memory of cgroups, by the name of its file."""
    found = []
    lineage = _limited_so(limit, runner)
    for place, group in enumerate(lineage):
        known, value = _limited(group, limit.name)
        used = group.used(limit.name.replace("max", "current").replace("limit", "usage"))
        # Said beforehand: where the kernel kills a cgroup as a whole, the harness goes too.
        whole = [one.path for one in lineage[: place + 1] if one.integer(OOM_GROUP) == 1]
        killed = (
            f"{OOM_GROUP} is set in {one}: an OOM kill takes all its processes at once"
            for one in whole[-1:]
        )
        found.append(
            limit.state(
                value,
                used if value is not None else None,
                group.path,
                known,
                shared=value is not None and runner.shares(group),
                counters=(_failures(limit, group),),
                notes=tuple(killed) if value is not None else (),
            )
        )
    return _where_set(limit, found)


def memory_refused(limit: KnownLimit, runner: RunnerView) -> Mapping[str, int | None]:
    """How often such a limit was met, and how many processes the kernel killed for memory. In v1
    the first is a number of its own; in v2 a table has it, which before Linux 5.2 counted those of
    the cgroups below in as well."""
    counts: dict[str, int | None] = {}
    for group in _limited_so(limit, runner):
        if group.version == 1:
            met = group.integer(limit.name.replace("limit_in_bytes", "failcnt"))
        else:
            met = (group.table("memory.events.local") or group.table("memory.events")).get("oom")
        counts[_failures(limit, group)] = met
        counts[f"oom_kill in {group.path}"] = group.oom_kills
    return counts


def _failures(limit: KnownLimit, group: Cgroup) -> str:
    if group.version == 2:
        return f"memory.events.local oom in {group.path}"
    return f"{limit.name.replace('limit_in_bytes', 'failcnt')} in {group.path}"


def _limited_so(limit: KnownLimit, runner: RunnerView) -> list[Cgroup]:
    """The runner's memory cgroups of the version that has this limit. That on kernel memory is gone
    or was never there on many kernels, which is not the same as unknown."""
    version = 2 if limit.name == MEMORY_LIMIT[2] else 1
    groups = [group for group in runner.memory if group.version == version]
    return [one for one in groups if "kmem" not in limit.name or one.text(limit.name) is not None]


def _limited(group: Cgroup, file: str) -> tuple[bool, int | None]:
    """Whether the file can be read, and its value; `None` is no limit. A root has no such file."""
    text = group.text(file)
    value = whole_number(text)
    known = text is not None or group.at_root
    return known, None if value is None or value >= UNLIMITED else value


def _where_set(limit: KnownLimit, found: Sequence[LimitState]) -> Sequence[LimitState]:
    """The cgroups that have a limit, or where it cannot be read; one row where none has."""
    some = [one for one in found if one.value is not None or not one.known]
    if some or not found:
        return some
    return [limit.state(None, None, "every cgroup")]
