"""Format 1 of a result, as the first versions wrote it: read, and never written.

A session was a sweep then, a case a runtime, and a step had a field for each of its values.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta
from msgspec.structs import asdict

from bench.model.records import (
    AWAKE_START,
    BURST,
    COLLECTED,
    DEFAULT_UNIT,
    EMPTY,
    GC,
    HUGE_PAGES,
    KERNEL,
    KERNEL_STACK,
    LEAK_MARGIN,
    LONGEST_SPAWN,
    MAJOR_FAULTS,
    MINOR_FAULTS,
    MOST_LIMITS,
    MOST_SESSIONS,
    MOST_STEPS,
    PAGE_TABLES,
    RELEASE,
    RENAMED,
    RSS,
    START,
    SYSTEM,
    THREADS,
    UNCOLLECTED,
    USER,
    VERSION,
    Bins,
    Bytes,
    CaseRecord,
    Count,
    Counts,
    Kind,
    Limit,
    Machine,
    Plan,
    Reading,
    Readings,
    Record,
    Refusal,
    Result,
    RunnerInfo,
    Seconds,
    Session,
    Share,
    Side,
    Step,
    Stop,
)


def renamed(case: str) -> str:
    """The key of today for a runtime of this format."""
    return RENAMED.get(case, case)


class _Memory(Record, frozen=True, kw_only=True):
    user: Reading
    rss: Reading
    kernel: Reading
    kernel_stack: Reading
    page_tables: Reading
    huge_pages_bytes: Bytes | None = None

    def readings(self) -> Readings:
        huge = Reading(bytes=self.huge_pages_bytes, source="smaps_rollup AnonHugePages")
        return {
            USER: self.user,
            RSS: self.rss,
            KERNEL: self.kernel,
            KERNEL_STACK: self.kernel_stack,
            PAGE_TABLES: self.page_tables,
            **({} if huge.bytes is None else {HUGE_PAGES: huge}),
        }


class _Latencies(Record, frozen=True, kw_only=True):
    start: Bins
    empty: Bins


class _Step(Record, frozen=True, kw_only=True):
    requested: Count
    alive: Count
    spawned: Count
    burst_seconds: Seconds
    memory: _Memory
    user_seconds: Seconds | None = None
    system_seconds: Seconds | None = None
    minor_faults: Count | None = None
    major_faults: Count | None = None
    longest_spawn_seconds: Seconds | None = None
    gc_seconds: Seconds | None = None
    threads: Count | None = None
    latencies: _Latencies | None = None
    awake_latencies: _Latencies | None = None
    counts: Counts = {}  # noqa: RUF012 (msgspec copies it)
    refusal: Refusal | None = None
    swapped: bool = False
    release_seconds: Seconds | None = None
    uncollected: Reading | None = None
    collected: Reading | None = None
    warnings: tuple[str, ...] = ()
    doubts: Annotated[tuple[str, ...], Meta(max_length=100)] = ()

    def step(self) -> Step:
        garbage = {UNCOLLECTED: self.uncollected, COLLECTED: self.collected}
        seconds = {
            BURST: self.burst_seconds,
            USER: self.user_seconds,
            SYSTEM: self.system_seconds,
            LONGEST_SPAWN: self.longest_spawn_seconds,
            GC: self.gc_seconds,
            RELEASE: self.release_seconds,
        }
        counts = {
            MINOR_FAULTS: self.minor_faults,
            MAJOR_FAULTS: self.major_faults,
            THREADS: self.threads,
        }
        timed = {START: self.latencies, AWAKE_START: self.awake_latencies}
        return Step(
            requested=self.requested,
            alive=self.alive,
            spawned=self.spawned,
            readings=self.memory.readings() | {n: r for n, r in garbage.items() if r is not None},
            seconds={name: value for name, value in seconds.items() if value is not None},
            counts=self.counts | {name: n for name, n in counts.items() if n is not None},
            samples={name: one.start for name, one in timed.items() if one is not None}
            | {name + EMPTY: one.empty for name, one in timed.items() if one is not None},
            refusal=self.refusal,
            swapped=self.swapped,
            warnings=self.warnings,
            doubts=self.doubts,
        )


class _Sweep(Record, frozen=True, kw_only=True):
    runtime: str
    purpose: Literal["climb", "short", "burst", "leak"]
    round: Count
    started_seconds: Seconds
    seconds: Seconds
    stop: Stop
    hello: RunnerInfo | None = None
    baseline: _Memory | None = None
    steps: Annotated[tuple[_Step, ...], Meta(max_length=MOST_STEPS)] = ()
    warnings: tuple[str, ...] = ()
    limits: Annotated[tuple[Limit, ...], Meta(max_length=MOST_LIMITS)] = ()
    others_share: Share | None = None
    stolen_share: Share | None = None

    def session(self) -> Session:
        fields = asdict(self)
        del fields["runtime"]
        baseline = None if self.baseline is None else self.baseline.readings()
        steps = tuple(step.step() for step in self.steps)
        return Session(
            case=renamed(self.runtime), **fields | {"baseline": baseline, "steps": steps}
        )


class Runtime(Record, frozen=True, kw_only=True):
    """A runtime of format 1, in results and in histories."""

    name: str
    label: str
    kind: Kind
    language: str
    version: str | None = None
    reason: str | None = None

    def case(self) -> CaseRecord:
        """This format has the language alone, by which its catalogue was known."""
        runtime, _, unit = renamed(self.name).partition(":")
        by_python = self.language == "Python"
        return CaseRecord(
            runtime=runtime,
            unit=unit or DEFAULT_UNIT,
            label=self.label,
            kind=self.kind,
            language=self.language,
            version=self.version,
            reason=self.reason,
            collector=self.language != "C",
            by_python=by_python,
            leak_margin=64.0 if by_python and self.kind == "thread" else LEAK_MARGIN,
        )


class _Result(Record, frozen=True, kw_only=True):
    outnumber: Literal[1]
    version: str
    command: str
    started: str
    finished: str | None
    machine: Machine
    plan: Plan
    runtimes: tuple[Runtime, ...]
    sweeps: Annotated[tuple[_Sweep, ...], Meta(max_length=MOST_SESSIONS)] = ()
    warnings: tuple[str, ...] = ()
    side: Side | None = None
    control: Annotated[tuple[Seconds, ...], Meta(max_length=MOST_SESSIONS)] | None = None


def decode(content: bytes) -> Result:
    """A result of format 1 in the terms of today. Raises what msgspec raises."""
    one = msgspec.json.decode(content, type=_Result)
    fields = asdict(one) | {"outnumber": VERSION}
    sweeps, runtimes = fields.pop("sweeps"), fields.pop("runtimes")
    if one.side is not None:
        given_up = {renamed(name): pair for name, pair in one.side.given_up.items()}
        fields["side"] = msgspec.structs.replace(one.side, given_up=given_up)
    return Result(
        cases=tuple(runtime.case() for runtime in runtimes),
        sessions=tuple(sweep.session() for sweep in sweeps),
        **fields,
    )


# Where a part of a result stands in a file of format 1.
PLACES = {"$.sessions": "$.sweeps", "$.cases": "$.runtimes", ".case:": ".runtime:"}
