"""What tells one result's machine, versions, settings and measuring from another's.

Unlike machines are never compared silently: a comparison refuses them, a history begins a new
segment, a page of several results shows what differs on top. All three take it from here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from bench.results.records import Machine, Memory, Result, Runtime

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
    described = [_facts(result) for result in results]
    facts = dict.fromkeys(fact for each in described for fact in each)
    found = (_difference(topic, name, described) for topic, name in facts)
    order = get_args(Topic)
    return tuple(sorted((each for each in found if each), key=lambda d: order.index(d.topic)))


def _difference(
    topic: Topic, name: str, described: Sequence[Mapping[tuple[Topic, str], str]]
) -> Difference | None:
    absent = NOT_SET if topic in ("limit", "setting") else None
    values = [facts.get((topic, name), absent) for facts in described]
    known = [value for value in values if value is not None]
    if len(known) < 2 or len(set(known)) == 1 or _same_memory(name, known):
        return None
    return Difference(topic, name, tuple(value or "did not run" for value in values))


def _same_memory(name: str, values: Sequence[str]) -> bool:
    if name not in ("memory_bytes", "swap_bytes") or UNKNOWN in values:
        return False
    sizes = [int(value) for value in values]
    return max(sizes) - min(sizes) <= SAME_MEMORY * max(sizes)


def _facts(result: Result) -> dict[tuple[Topic, str], str]:
    """Every fact that a comparison rests on, in words, by its topic and name."""
    facts: dict[tuple[Topic, str], str] = {}
    facts |= {("machine", name): value for name, value in _machine(result.machine).items()}
    facts |= {("limit", name): value for name, value in result.machine.limits.items()}
    facts |= {("version", f"{r.name} version"): r.version or UNKNOWN for r in _ran(result)}
    facts |= {("setting", name): value for name, value in result.plan.settings.items()}
    facts |= {("measuring", name): value for name, value in _measuring(result).items()}
    return facts


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
        f"{runtime.name} {part} source": ", ".join(sorted(read))
        for runtime in _ran(result)
        for part, read in _sources(result, runtime.name).items()
    }
    return own | sources


def _sources(result: Result, runtime: str) -> dict[str, set[str]]:
    memories: list[Memory] = [
        step.memory for sweep in result.sweeps if sweep.runtime == runtime for step in sweep.steps
    ]
    return {part: {getattr(m, part).source for m in memories} for part in READINGS}
