"""What tells one result's machine, versions, settings and measuring from another's.

Unlike machines are never compared silently: a comparison refuses them, a history begins a new
segment, a page of several results shows what differs on top. All three take it from here. The page
alone adds at which counts each was measured and what was asked for: a history has a count beside
each of its figures, and a comparison judges no two that were taken at unlike ones.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from bench.results.metrics import Metric, Name
from bench.results.records import Machine, Memory, Result, Runtime
from bench.system import whole_number

Topic = Literal["machine", "limit", "version", "setting", "measuring"]
UNKNOWN = "unknown"
NOT_SET = "not set"
SAME_MEMORY = 0.01  # one machine's MemTotal moves by less than this between two of its kernels

# What a machine is; not what it happened to be doing (load, steal) when it was looked at.
MACHINE_FACTS = (
    "system",
    "kernel",
    "architecture",
    "cpu",
    "cpus",
    "virtualisation",
    "container",
    "cgroup",
    "transparent_huge_pages",
    "overcommit",
    "governor",
    "libc",
)
READINGS = ("user", "rss", "kernel", "kernel_stack", "page_tables")

# The counts that a runtime's figures rest on, by the figures that tell them.
COUNTED: Mapping[Name, str] = {
    "bytes_per_unit": "units alive",
    "burst_seconds_per_unit": "units in a burst",
    "leaked_bytes_per_unit": "units in a cycle of the leak",
}

# What tells one result's making from another's, in words: by its topic and name.
Facts = Mapping[Topic, Mapping[str, str]]


@dataclass(frozen=True)
class Difference:
    """One fact in which results differ: `values` has its words in each, in the results' order."""

    topic: Topic
    name: str
    values: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.name}: {' against '.join(self.values)}"


def differences(*results: Result) -> tuple[Difference, ...]:
    """The facts in which two or more results differ, those of the machine first.

    A runtime's version and sources count only where more than one of the results ran it: what a
    result did not run says nothing of its machine. Unknown differs from known.
    """
    return differences_of(*map(facts_of, results))


def differences_of(*described: Facts) -> tuple[Difference, ...]:
    """The same, of what was kept of two or more results."""
    return tuple(
        found
        for topic in get_args(Topic)
        for name in dict.fromkeys(name for facts in described for name in facts.get(topic, {}))
        if (found := _difference(topic, name, described))
    )


def _difference(topic: Topic, name: str, described: Sequence[Facts]) -> Difference | None:
    absent = NOT_SET if topic in ("limit", "setting") else None
    values = [facts.get(topic, {}).get(name, absent) for facts in described]
    known = [value for value in values if value is not None]
    if len(known) < 2 or len(set(known)) == 1 or _same_memory(name, known):
        return None
    return Difference(topic, name, tuple(value or "did not run" for value in values))


def _same_memory(name: str, values: Sequence[str]) -> bool:
    if name not in ("memory_bytes", "swap_bytes") or UNKNOWN in values:
        return False
    sizes = [number for value in values if (number := whole_number(value)) is not None]
    if len(sizes) < len(values):
        return False
    return max(sizes) - min(sizes) <= SAME_MEMORY * max(sizes)


def facts_of(result: Result) -> dict[Topic, dict[str, str]]:
    """Every fact that a comparison rests on: what a history keeps of each of its results."""
    return {
        "machine": _machine(result.machine),
        "limit": dict(result.machine.limits),
        "version": {version_of(r.name): r.version or UNKNOWN for r in _ran(result)},
        "setting": dict(result.plan.settings),
        "measuring": _measuring(result),
    }


def facts_with_counts(result: Result, metrics: Iterable[Metric]) -> dict[Topic, dict[str, str]]:
    """The same with what was asked for, and the counts behind its figures, which `metrics` are."""
    facts = facts_of(result)
    counts = {
        f"{metric.runtime} {COUNTED[metric.metric]}": f"{metric.at:,}"
        for metric in metrics
        if metric.metric in COUNTED and metric.value is not None and metric.at is not None
    }
    asked = {"preset": result.plan.preset, "short sweeps": str(result.plan.sweeps)}
    most = {} if result.plan.max is None else {"climb to": f"{result.plan.max:,}"}
    return facts | {
        "setting": asked | most | facts["setting"],
        "measuring": {"command": result.command} | facts["measuring"] | counts,
    }


def without_runtimes(facts: Facts, names: Collection[str]) -> dict[Topic, dict[str, str]]:
    """The facts without those that are about one of these runtimes alone."""
    theirs = {version_of(name) for name in names}
    theirs |= {source_of(name, part) for name in names for part in READINGS}
    return {
        topic: {name: value for name, value in named.items() if name not in theirs}
        for topic, named in facts.items()
    }


def version_of(runtime: str) -> str:
    """What the fact is called that is a runtime's version."""
    return f"{runtime} version"


def source_of(runtime: str, part: str) -> str:
    """What the fact is called that says where a part of a runtime's bytes was read."""
    return f"{runtime} {part} source"


def _machine(machine: Machine) -> dict[str, str]:
    names = (*MACHINE_FACTS, "memory_bytes", "swap_bytes")
    values = {name: getattr(machine, name) for name in names}
    return {name: UNKNOWN if value is None else str(value) for name, value in values.items()}


def _ran(result: Result) -> list[Runtime]:
    swept = {sweep.runtime for sweep in result.sweeps if sweep.steps}
    return [runtime for runtime in result.runtimes if runtime.name in swept]


def _measuring(result: Result) -> dict[str, str]:
    """The harness with its Python, and where each runtime's bytes were read."""
    own = {"outnumber": result.version, "harness's python": result.machine.python}
    sources = {
        source_of(runtime.name, part): ", ".join(sorted(read))
        for runtime in _ran(result)
        for part, read in _sources(result, runtime.name).items()
    }
    return own | sources


def _sources(result: Result, runtime: str) -> dict[str, set[str]]:
    memories: list[Memory] = [
        step.memory for sweep in result.sweeps if sweep.runtime == runtime for step in sweep.steps
    ]
    found = {part: {getattr(m, part).source for m in memories} for part in READINGS}
    # A step that was cut short was read nowhere: that is no other source than its neighbours'.
    return {part: sources - {UNKNOWN} or sources for part, sources in found.items()}
