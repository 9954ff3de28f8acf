"""What distinguishes one result's machine, versions, settings and measuring from another's.

Unlike machines are never compared silently: a comparison refuses them, a history begins a new
segment, a page of several results shows what differs on top. All three take it from here. The page
alone adds at which counts each was measured and what was asked for: a history has a count beside
each of its figures, and a comparison judges no two that were taken at unlike ones.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from bench.model.records import FUTEX_SLOTS, CaseRecord, Result
from bench.system import whole_number

Topic = Literal["machine", "limit", "version", "environment", "setting", "measuring"]
UNKNOWN = "unknown"
NOT_SET = "not set"
NOT_RECORDED = "not recorded"
VARIABLES, NO_VARIABLES = "variables", "none"
LONGEST_NAME, LONGEST_FACT = 150, 800  # a line of a history has room for them
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

# What distinguishes one result's making from another's, in words: by its topic and name.
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
    result did not run says nothing of its machine. Unknown differs from known; but a fact of a
    runner's environment that was not recorded, as older versions recorded none, does not.
    """
    return differences_of(*map(facts_of, results))


def differences_of(*described: Facts) -> tuple[Difference, ...]:
    """The same, of what was kept of two or more results."""
    found = []
    for topic in get_args(Topic):
        absent = NOT_SET if topic in ("limit", "setting") else None
        missing = NOT_RECORDED if topic == "environment" else "did not run"
        for name in dict.fromkeys(name for facts in described for name in facts.get(topic, {})):
            values = [facts.get(topic, {}).get(name, absent) for facts in described]
            known = [value for value in values if value is not None]
            if len(known) > 1 and len(set(known)) > 1 and not _same_memory(name, known):
                words = tuple(missing if value is None else value for value in values)
                found.append(Difference(topic, name, words))
    return tuple(found)


def _same_memory(name: str, values: Sequence[str]) -> bool:
    if name not in ("memory_bytes", "swap_bytes") or UNKNOWN in values:
        return False
    sizes = [number for value in values if (number := whole_number(value)) is not None]
    if len(sizes) < len(values):
        return False
    return max(sizes) - min(sizes) <= SAME_MEMORY * max(sizes)


def facts_of(result: Result) -> dict[Topic, dict[str, str]]:
    """Every fact that a comparison rests on: what a history keeps of each of its results."""
    names = (*MACHINE_FACTS, "memory_bytes", "swap_bytes")
    machine = {name: getattr(result.machine, name) for name in names}
    return {
        "machine": {n: UNKNOWN if value is None else str(value) for n, value in machine.items()},
        "limit": dict(result.machine.limits),
        "version": {version_of(r.key): r.version or UNKNOWN for r in _ran(result)},
        "environment": {
            name: value for runtime in _ran(result) for name, value in _environment(result, runtime)
        },
        "setting": dict(result.plan.settings),
        "measuring": _measuring(result),
    }


def facts_with_counts(result: Result, counts: dict[str, str]) -> dict[Topic, dict[str, str]]:
    """The same with what was asked for, and the counts behind its metrics."""
    facts = facts_of(result)
    asked = {"preset": result.plan.preset, "repeats": str(result.plan.sweeps)}
    most = {} if result.plan.max is None else {"climb to": f"{result.plan.max:,}"}
    return facts | {
        "setting": asked | most | facts["setting"],
        "measuring": {"command": result.command} | facts["measuring"] | counts,
    }


def without_runtimes(facts: Facts, names: Collection[str]) -> dict[Topic, dict[str, str]]:
    """The facts without those that are about one of these runtimes alone."""
    theirs = {version_of(name) for name in names}
    theirs |= {source_of(name, part) for name in names for part in READINGS}
    theirs |= {f"{name} futex slots" for name in names}
    begun = tuple(f"{name} " for name in names)
    return {
        topic: {
            name: value
            for name, value in named.items()
            if name not in theirs and not (topic == "environment" and name.startswith(begun))
        }
        for topic, named in facts.items()
    }


def joined(earlier: Facts, later: Facts) -> dict[Topic, dict[str, str]]:
    """The later facts, and of the earlier those on environments that the later do not record."""
    return {
        **{topic: dict(named) for topic, named in later.items()},
        "environment": {**earlier.get("environment", {}), **later.get("environment", {})},
    }


def version_of(runtime: str) -> str:
    """What the fact is called that is a runtime's version."""
    return f"{runtime} version"


def source_of(runtime: str, part: str) -> str:
    """What the fact is called that says where a part of a runtime's bytes was read."""
    return f"{runtime} {part} source"


def _ran(result: Result) -> list[CaseRecord]:
    swept = {sweep.case for sweep in result.sessions if sweep.steps}
    return [runtime for runtime in result.cases if runtime.key in swept]


def _environment(result: Result, runtime: CaseRecord) -> Iterator[tuple[str, str]]:
    """What moves a runtime's figures and is no version, setting or limit: by one rule.

    Of the facts that a runner gives, those count that all its processes in the result agree on, but
    for what names a process or a place (`OF_ONE_PROCESS`, `A_PLACE`): a pid, a port and an address
    differ each time, a path in each folder, and neither moves a figure. Of its variables all count
    that were recorded as such; those of the plan are settings.
    """
    hellos = [s.hello for s in result.sessions if s.case == runtime.key and s.hello]
    facts = [hello.facts for hello in hellos]
    for name, value in facts[0].items() if facts else ():
        alike = all(other.get(name) == value for other in facts)
        if alike and not OF_ONE_PROCESS.search(name) and not A_PLACE.search(value):
            yield _short(f"{runtime.key} {name}", LONGEST_NAME), _short(value, LONGEST_FACT)
    seen = [hello.environment for hello in hellos]
    if seen and seen[0] is not None and all(other == seen[0] for other in seen):
        own = [f"{n}={v}" for n, v in seen[0].items() if f"env {n}" not in result.plan.settings]
        words = ", ".join(own) or NO_VARIABLES
        yield f"{runtime.key} {VARIABLES}", _short(words, LONGEST_FACT)


# The words in a fact's name, and the form of a value, that name a process or a place.
OF_ONE_PROCESS = re.compile(
    r"(?i)(^|[^a-z])(p?pid|tid|port|addr(ess)?|host(name)?|path|cwd|dir(ectory)?|folder|file(name)?"
    r"|socket|uuid|url|uri|user|started|timestamp)s?($|[^a-z])"
)
A_PLACE = re.compile(r"(^|[^\w.~])(~?|\.{1,2})/\S|\b0x[0-9a-fA-F]{5,}|^[a-z]+://|^[A-Z]:\\")


def _short(text: str, most: int) -> str:
    """A text that is too long, by its beginning and its hash."""
    if len(text) <= most:
        return text
    return f"{text[: most - 20]} … {hashlib.sha256(text.encode()).hexdigest()[:12]}"


def _measuring(result: Result) -> dict[str, str]:
    """The harness with its Python, where each runtime's bytes were read, and in how many slots the
    kernel looked for its sleeping threads."""
    facts = {"outnumber": result.version, "harness's python": result.machine.python}
    slots = {}
    for key in (case.key for case in _ran(result)):
        sessions = [session for session in result.sessions if session.case == key]
        steps = [step for session in sessions for step in session.steps]
        for part in READINGS:
            # A step that was cut short was read nowhere: that is no other source than its
            # neighbours'.
            sources = {step.read(part).source for step in steps}
            facts[source_of(key, part)] = ", ".join(sorted(sources - {UNKNOWN} or sources))
        # What the processes had at their highest counts: with many processors the hash grows.
        last = [session.steps[-1].counts for session in sessions if session.steps]
        if read := sorted({counts[FUTEX_SLOTS] for counts in last if FUTEX_SLOTS in counts}):
            slots[f"{key} futex slots"] = ", ".join(f"{value:,}" for value in read)
    return facts | slots
