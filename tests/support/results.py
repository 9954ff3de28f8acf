"""Made-up results whose figures can be worked out by hand: memory grows in a straight line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from msgspec.structs import replace

from bench.derive.statistics import bins_of
from bench.model.records import (
    AWAKE_START,
    BURST,
    COLLECTED,
    EMPTY,
    GC,
    HUGE_PAGES,
    KERNEL,
    KERNEL_STACK,
    LONGEST_SPAWN,
    MAJOR_FAULTS,
    MINOR_FAULTS,
    PAGE_TABLES,
    RSS,
    START,
    SYSTEM,
    UNCOLLECTED,
    USER,
    VERSION,
    CaseRecord,
    Kind,
    Limit,
    Machine,
    Plan,
    Reading,
    Readings,
    Result,
    RunnerInfo,
    Session,
    Status,
    Step,
    Stop,
)

MEMINFO = "meminfo KernelStack+PageTables+SUnreclaim (system-wide)"
CGROUP = "cgroup v1 memory.kmem.usage_in_bytes"
STACKS = "status Threads × 16 KiB (one kernel stack)"
SMAPS = "smaps_rollup Anonymous+Swap"


@dataclass(frozen=True)
class Unit:
    """What one unit takes in bytes and seconds; a process has `fixed` bytes of user memory and as
    many of kernel memory without any. `kernel=None` is kernel memory that cannot be read. Awake,
    it starts as from idle unless `awake_ns` is given."""

    user: float = 1000.0
    kernel: float | None = 24.0
    kernel_stack: float | None = 0.0
    page_tables: float = 8.0
    rss: float = 900.0
    fixed: int = 1_000_000
    kernel_source: str = CGROUP
    huge_pages: int | None = 0
    burst: float = 1e-5
    marginal: float = 2e-5
    start_ns: Sequence[int] = (100, 110, 120, 130) * 25
    empty_ns: Sequence[int] = (5, 5, 5, 5)
    awake_ns: Sequence[int] | None = None

    def memory(self, alive: int) -> Readings:
        return {
            USER: self._reading(self.user, alive, SMAPS),
            RSS: self._reading(self.rss, alive, "smaps_rollup Rss"),
            KERNEL: self._reading(self.kernel, alive, self.kernel_source),
            KERNEL_STACK: self._reading(self.kernel_stack, alive, STACKS),
            PAGE_TABLES: self._reading(self.page_tables, alive, "status VmPTE"),
            HUGE_PAGES: Reading(bytes=self.huge_pages, source="smaps_rollup AnonHugePages"),
        }

    def step(self, alive: int, spawned: int, **fields: object) -> Step:
        each = self.burst if spawned == alive else self.marginal
        made = Step(
            requested=alive,
            alive=alive,
            spawned=spawned,
            readings=self.memory(alive),
            seconds={
                BURST: each * spawned,
                USER: 0.6 * each * spawned,
                SYSTEM: 0.3 * each * spawned,
                LONGEST_SPAWN: 1e-3,
                GC: 0.1 * each * spawned,
            },
            counts={MINOR_FAULTS: spawned // 4, MAJOR_FAULTS: 0},
            samples={
                START: bins_of(self.start_ns),
                START + EMPTY: bins_of(self.empty_ns),
                AWAKE_START: bins_of(self.start_ns if self.awake_ns is None else self.awake_ns),
                AWAKE_START + EMPTY: bins_of(self.empty_ns),
            },
        )
        return altered(made, **fields)

    def _reading(self, each: float | None, alive: int, source: str) -> Reading:
        if each is None:
            return Reading(bytes=None, source="unknown")
        return Reading(bytes=round(self.fixed + each * alive), source=source)


def sweep(
    stops: Sequence[int] = (10_000, 100_000),
    unit: Unit = Unit(),
    *,
    runtime: str = "asyncio",
    purpose: str = "short",
    number: int = 1,
    status: Status = "max",
    limit: str | None = None,
    **fields: object,
) -> Session:
    """A sweep through `stops` that ended at the last of them, its release at 3 µs a unit."""
    before = (0, *stops) if purpose != "leak" else (0,) * len(stops)
    steps = [unit.step(stop, stop - was) for stop, was in zip(stops, before, strict=False)]
    if steps:
        steps[-1] = altered(steps[-1], release_seconds=3e-6 * stops[-1])
    made = Session(
        case=runtime,
        purpose=purpose,
        round=number,
        started_seconds=1.0,
        seconds=2.0,
        stop=Stop(status=status, count=max(stops, default=0), message="its message", limit=limit),
        hello=RunnerInfo(runtime=runtime, version="1.0", unit="a unit of the test", facts={}),
        baseline=unit.memory(0),
        steps=tuple(steps),
    )
    return replace(made, **fields)


def allowing(name: str, allows: int | None, **fields: object) -> Limit:
    """A limit of a million of its kind, of which a unit takes one, that allows so many units."""
    made = Limit(name=name, measure="count", value=1_000_000, use=10, take=1.0, allows=allows)
    return replace(made, **fields)


def leak_sweep(leaked: float, cycles: int = 12, units: int = 2000, **fields: object) -> Session:
    """A leak sweep whose user memory creeps up by `leaked` bytes a unit and cycle."""
    made = sweep((units,) * cycles, purpose="leak", **fields)  # type: ignore[arg-type]
    steps = [
        replace(
            step,
            readings=_more(step.readings, round(place * leaked * units))
            | {UNCOLLECTED: step.read(USER), COLLECTED: step.read(USER)},
        )
        for place, step in enumerate(made.steps)
    ]
    return replace(made, steps=tuple(steps))


def result(*sweeps: Session, runtimes: Sequence[CaseRecord] | None = None) -> Result:
    """A result of these sweeps; its runtimes are those of the sweeps unless given."""
    names = dict.fromkeys(one.case for one in sweeps)
    return Result(
        outnumber=VERSION,
        version="0.1.0",
        command="run",
        started="2026-11-23T22:31:07+00:00",
        finished="2026-11-23T22:33:07+00:00",
        machine=MACHINE,
        plan=Plan(sweeps=6, seed=1, climb=True),
        cases=tuple(runtimes or [runtime(name) for name in names]),
        sessions=sweeps,
    )


def runtime(name: str, reason: str | None = None) -> CaseRecord:
    """A runtime as the catalogue has it."""
    label = LABELS.get(name, name)
    kind: Kind = "thread" if name in ("pthread", "threading") else "task"
    python = name not in ("pthread", "goroutine")
    margin = 64.0 if name == "threading" else 10.0
    return CaseRecord(
        runtime=name,
        label=label,
        kind=kind,
        language="any",
        reason=reason,
        by_python=python,
        leak_margin=margin,
    )


def whole_run() -> Result:
    """A run of threads and tasks with everything in it, as the reference machine would have it."""
    sweeps: list[Session] = []
    for name, (unit, stops, top, status, limit) in RUN.items():
        sweeps.append(
            sweep((100, 1000, top), unit, runtime=name, purpose="climb", status=status, limit=limit)
        )
        sweeps += [sweep(stops, unit, runtime=name, number=number) for number in range(1, 7)]
        sweeps.append(leak_sweep(0.0, runtime=name))
    return result(*sweeps)


LABELS = {
    "pthread": "OS thread (C)",
    "threading": "threading.Thread",
    "asyncio": "asyncio task",
    "goroutine": "goroutine",
    "greenlet": "greenlet (raw)",
    "trio": "trio task",
}
PTHREAD = Unit(
    user=8481, kernel=27_202, kernel_stack=16_384, page_tables=4140, rss=8600, burst=4e-5
)
THREADING = Unit(user=16_531, kernel=27_600, kernel_stack=16_384, page_tables=4140, burst=3e-4)
ASYNCIO = Unit(user=1152, kernel=2, page_tables=2, rss=1150)
GOROUTINE = Unit(user=2750, kernel=5, page_tables=5, rss=2750, burst=4e-6)
RUN: dict[str, tuple[Unit, tuple[int, int], int, Status, str | None]] = {
    "pthread": (PTHREAD, (1000, 10_000), 30_000, "reserve", None),
    "threading": (THREADING, (1000, 10_000), 22_362, "refused", "vm.max_map_count"),
    "goroutine": (GOROUTINE, (10_000, 100_000), 1_000_000, "max", None),
    "asyncio": (ASYNCIO, (10_000, 100_000), 1_000_000, "max", None),
}
MACHINE = Machine(
    system="Linux",
    kernel="6.18.0",
    architecture="x86_64",
    cpu="Some CPU",
    cpus=2,
    memory_bytes=24 << 30,
    swap_bytes=0,
    virtualisation="kvm",
    container=None,
    cgroup="v1",
    transparent_huge_pages="madvise",
    overcommit="0",
    governor=None,
    load=0.1,
    steal=0.0,
    libc="glibc 2.36",
    python="CPython 3.11.7",
    limits={"RLIMIT_NPROC": "unlimited"},
)


def altered(step: Step, **fields: Any) -> Step:
    """The step with other fields, or with other values by name: `burst_seconds`, `user_seconds`,
    …; `minor_faults`, `threads`; `memory`; readings such as `uncollected`; `latencies=None`,
    `awake_latencies=None`. `None` is a value that was not taken."""
    seconds, counts, samples = dict(step.seconds), dict(step.counts), dict(step.samples)
    readings = dict(fields.pop("memory", step.readings))
    kept = {}
    for name, value in fields.items():
        if name in Step.__struct_fields__:
            kept[name] = value
        elif name in LATENCIES:
            assert value is None
            samples = {n: b for n, b in samples.items() if n.removesuffix(EMPTY) != LATENCIES[name]}
        else:
            where = readings if name in (UNCOLLECTED, COLLECTED) else counts
            where = seconds if name.endswith("_seconds") else where
            where.pop(name := name.removesuffix("_seconds"), None)
            where |= {} if value is None else {name: value}
    changed = {"readings": readings, "seconds": seconds, "counts": counts, "samples": samples}
    return replace(step, **changed | kept)


LATENCIES = {"latencies": START, "awake_latencies": AWAKE_START}


def _more(memory: Readings, extra: int) -> Readings:
    user = memory[USER]
    return memory | {USER: replace(user, bytes=(user.bytes or 0) + extra)}
