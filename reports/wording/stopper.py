"""The limit that stopped a runtime in a few words: `vm.max_map_count, 65,530 mappings, 2.93 a
thread`."""

from __future__ import annotations

from collections.abc import Iterable

from bench.model.records import Kind, Limit, Session
from reports.wording import units

NOUNS = {
    "vm.max_map_count": "mappings",
    "kernel.pid_max": "pids",
    "pids.max": "pids",
    "RLIMIT_NOFILE": "files",
}


def stopper(sweeps: Iterable[Session], runtime: str, kind: Kind) -> str | None:
    """The limit named by the climb that went farthest, with its value and how much a unit took of
    it on average; `None` where none is named."""
    climbs = [one for one in sweeps if (one.case, one.purpose) == (runtime, "climb")]
    if not climbs:
        return None
    climb = max(climbs, key=lambda one: one.stop.count)
    stop = climb.stop
    same = [one for one in climb.limits if (one.name, one.where) == (stop.limit, stop.where)]
    if stop.limit is None or not same or same[0].value is None:
        return stop.limit
    return f"{stop.limit}, {_value(same[0])}{_each(same[0], stop.count, kind)}"


def _value(limit: Limit) -> str:
    if limit.measure == "bytes":
        return units.size(limit.value)
    return f"{units.count(limit.value)} {NOUNS.get(limit.name, 'threads')}"


def _each(limit: Limit, count: int, kind: Kind) -> str:
    """Left out where each unit took one, and where others had most of it."""
    each = (limit.value or 0) / count if count else 0.0
    if limit.shared or each < 1.5:
        return ""
    said = units.size(each) if limit.measure == "bytes" else f"{each:.2f}"
    return f", {said} a {kind}"
