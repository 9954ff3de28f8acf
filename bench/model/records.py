"""What a run recorded: frozen types that hold raw samples and nothing derived.

A result file is one `Result` as JSON. Figures (bytes a unit, quantiles, intervals) are derived from
these records in one place, `bench.derive.figures`, when they are read. Seconds and bytes only.
`None` is "unknown" everywhere, and never 0.

Version history of the format (`Result.outnumber`):
    2  sessions of cases (sweeps of runtimes before); what a step measured stands by name;
    1  the first, still read (`bench.model.format1`); its last fields came after its release, with
       defaults.
"""

from __future__ import annotations

import errno
from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta

VERSION: Final = 2
MEMORY_LIMIT: Final = "MemAvailable"  # the one limit that units of every runtime use

# THE bounds: of what a runner may reply, of what is recorded, and of what is read again. They are
# far beyond any machine, and exact as a double. Those of `steps` and `sessions` keep a hostile file
# from taking all memory; no run may make more (`bench.engine.ledger`).
MOST: Final = 2**53
MOST_STEPS: Final = 2_000
MOST_SESSIONS: Final = 20_000
MOST_LIMITS: Final = 1_000
MOST_SAMPLES: Final = 1_000  # of one reply
MOST_ACTS: Final = 2_000
MOST_CASES: Final = 1_000
Count = Annotated[int, Meta(ge=0, le=MOST)]
Bytes = Annotated[int, Meta(ge=0, le=MOST)]
Nanoseconds = Annotated[int, Meta(ge=0, le=MOST)]  # 104 days
Seconds = Annotated[float, Meta(ge=0, le=1e9)]
Share = Annotated[float, Meta(ge=-1e3, le=1e3)]
Errno = Annotated[int, Meta(ge=-(2**31), lt=2**31)]
LONGEST_WORD: Final = 200
Word = Annotated[str, Meta(max_length=LONGEST_WORD)]
Text = Annotated[str, Meta(max_length=10_000)]
Facts = Annotated[dict[Word, Text], Meta(max_length=200)]
Counts = Annotated[dict[Word, Count], Meta(max_length=200)]
Columns = Annotated[
    dict[Word, Annotated[tuple[Count, ...], Meta(max_length=MOST_SAMPLES)]], Meta(max_length=200)
]

# The names under which the engine keeps what it measures. Readings:
USER: Final = "user"
RSS: Final = "rss"
KERNEL: Final = "kernel"
KERNEL_STACK: Final = "kernel_stack"
PAGE_TABLES: Final = "page_tables"
HUGE_PAGES: Final = "huge_pages"
UNCOLLECTED: Final = "uncollected"
COLLECTED: Final = "collected"
# Durations; CPU time has the names `user` and `system`:
BURST: Final = "burst"
SYSTEM: Final = "system"
GC: Final = "gc"
LONGEST_SPAWN: Final = "longest_spawn"
RELEASE: Final = "release"
# Counts:
MINOR_FAULTS: Final = "minor_faults"
MAJOR_FAULTS: Final = "major_faults"
THREADS: Final = "threads"
FUTEX_SLOTS: Final = "futex_slots"
# Samples; each has its round with nothing spawned beside it, `start_empty`:
START: Final = "start"
AWAKE_START: Final = "awake_start"
EMPTY: Final = "_empty"

DEFAULT_UNIT: Final = "gate"
DONE: Final = "done"  # the outcome of an act that ended as it was to end
LEAK_MARGIN: Final = 10.0  # bytes a unit

# Names that cases had in earlier versions, in files and on command lines, and their keys of today.
RENAMED: Final = {"goroutine-locked": "goroutine:locked"}

Kind = Literal["thread", "task"]
# What a session of the population experiment is made for: a climb to the highest count; a repeat,
# which has two counts; a burst, 0 → N in one step; the cycles of a leak check.
CLIMB: Final = "climb"
REPEAT: Final = "short"
BURST_FROM_NOTHING: Final = "burst"
LEAK: Final = "leak"
Status = Literal["refused", "killed", "reserve", "budget", "max", "failed", "interrupted"]


class Record(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The base of every stored type: immutable, keyword-only, strict about unknown fields."""


class Reading(Record, frozen=True, kw_only=True):
    """One number read from outside the process, in bytes, and where it was read.

    `source` is the file and field in the reader's own words (`smaps_rollup Anonymous+Swap`,
    `cgroup v1 memory.kmem.usage_in_bytes`), or `unknown` where `bytes` is `None`. Readings of
    unlike sources are never subtracted from each other.
    """

    bytes: Bytes | None
    source: str


Readings = Annotated[dict[Word, Reading], Meta(max_length=200)]
UNKNOWN: Final = Reading(bytes=None, source="unknown")


def reading(readings: Mapping[str, Reading], name: str) -> Reading:
    """The reading of this name; an unknown one where there is none."""
    return readings.get(name, UNKNOWN)


class Bins(Record, frozen=True, kw_only=True):
    """A histogram of durations. `floors_ns[i]` is the lower edge, in nanoseconds, of a bin that
    holds `counts[i]` samples; a bin is at most 0.8 % wide (see `bench.derive.bins`)."""

    floors_ns: tuple[Nanoseconds, ...]
    counts: tuple[Count, ...]


class Refusal(Record, frozen=True, kw_only=True):
    """The runtime's own words when it launched no more: a result, not a crash."""

    alive: Count
    error: Word
    message: Text
    errno: Errno | None = None


class Step(Record, frozen=True, kw_only=True):
    """One count in a session: its `alive` units were all started and parked while it was measured.

    `spawned` units were launched in this step's burst. What was measured stands by name, so that
    a further quantity needs no further field. `readings` are memory at rest, of which only
    differences mean anything: `kernel` is all kernel memory, of which `kernel_stack` and
    `page_tables` are parts; `uncollected` and `collected` are user memory once all units of a leak
    check's cycle had ended, before the collector ran and after. `seconds` are durations: `burst`,
    which each step has; CPU time over it (`user`, `system`); `gc`, the collector's part of it;
    `longest_spawn`, a single call; `release`, which followed the step. `counts` are the page faults
    over the burst, the threads, and whatever else the runner counts. `samples` are latencies of
    units spawned one at a time (`start`, on the machine as it was; `awake_start`, with the runner
    held on one processor), each with the same round with nothing spawned (`start_empty`, …).
    """

    requested: Count
    alive: Count
    spawned: Count
    readings: Readings = {}
    seconds: Annotated[dict[Word, Seconds], Meta(max_length=200)] = {}
    counts: Counts = {}
    samples: Annotated[dict[Word, Bins], Meta(max_length=200)] = {}
    refusal: Refusal | None = None
    swapped: bool = False
    warnings: tuple[str, ...] = ()
    doubts: Annotated[tuple[str, ...], Meta(max_length=100)] = ()

    @property
    def burst_seconds(self) -> float:
        """How long the burst took."""
        return self.seconds[BURST]

    def read(self, name: str) -> Reading:
        """The reading of this name; an unknown one where there is none."""
        return reading(self.readings, name)


class Act(Record, frozen=True, kw_only=True):
    """An operation that the living units performed on command, before they parked again.

    `took_seconds`, `ops`, `columns` (samples, of equal length), `counts` and `outcome` are the
    runner's words. `cpu_seconds` and the switches of all its threads, voluntary and involuntary,
    were read from outside, before the command and after the reply, while the units were alive.
    `output` is the last that a one-shot wrote to standard error.
    """

    name: Word
    options: Facts = {}
    alive: Count
    took_seconds: Seconds
    ops: Count = 0
    columns: Columns = {}
    counts: Counts = {}
    outcome: Word = DONE
    output: Text = ""
    cpu_seconds: Seconds | None = None
    voluntary_switches: Count | None = None
    involuntary_switches: Count | None = None

    @property
    def overlap(self) -> float | None:
        """CPU seconds for each second: over 1 where several processors worked at once."""
        if self.cpu_seconds is None or not self.took_seconds:
            return None
        return self.cpu_seconds / self.took_seconds


class Limit(Record, frozen=True, kw_only=True):
    """One limit as it stood for a runner, in one place, and how many of its units it allows.

    `value` is `None` where there is no limit, or, if not `known`, where it could not be read; `use`
    what was taken of it, by everybody whom it counts, the runner's `alive` units of that moment
    among them; `take` what one further unit takes, by what those took; `allows` how many units fit
    in all, `None` where nothing bounds them or something is unknown. `at_most`: that is far more
    than `alive`, up to which units took ever more, so fewer may fit. `shared`: others are counted
    too, and a reserve is left to them. `lift` is what to type to go further.
    """

    name: str
    measure: Literal["count", "bytes"]
    value: Count | None
    use: Count | None
    where: str | None = None
    known: bool = True
    shared: bool = False
    alive: Count | None = None
    take: Annotated[float, Meta(ge=0)] | None = None
    allows: Count | None = None
    at_most: bool = False
    lift: str = ""
    notes: tuple[str, ...] = ()


class Stop(Record, frozen=True, kw_only=True):
    """Why a session went no further. `count` is the last count that was confirmed alive.

    `status`: `max` it got where it was to go; `refused` the runtime said no; `killed` a signal
    ended the runner; `reserve` kindness to the machine; `budget` the time; `failed` the runner
    broke the contract, hung or died by itself; `interrupted` by the user. `limit` and `where` name
    the binding limit and the cgroup it stands in, where known. `evidence` is in words. `predicted`
    was predicted before launching, reserves included; `projected` is the count at which the limit
    itself would bind, where a reserve or the budget stopped short of it.
    """

    status: Status
    count: Count
    message: str
    limit: str | None = None
    where: str | None = None
    evidence: tuple[str, ...] = ()
    errno: Errno | None = None
    signal: str | None = None
    stderr_tail: str = ""
    predicted: Count | None = None
    projected: Count | None = None

    @property
    def left_no_memory(self) -> bool:
        """Whether the units were refused memory: what wakes them would be refused it too."""
        return self.status == "refused" and self.errno == errno.ENOMEM


class RunnerInfo(Record, frozen=True, kw_only=True):
    """What a runner says of itself: runtime, its version, what one unit is, facts to record.

    `environment` is not what it says but what was read: the variables of its process that may move
    figures, by `bench.engine.environment`; `None` where they could not be read, or an older version
    did not.
    """

    runtime: Word
    version: Word
    unit: Text
    facts: Facts
    environment: Facts | None = None


class Session(Record, frozen=True, kw_only=True):
    """One fresh runner process taken through growing counts, or for a leak through cycles.

    A burst has one step, 0 → N. In a leak check each step is one cycle: grow, measure alive,
    release. In a result that is one side of a job, `round` is the pair's number. `baseline` is the
    memory before the first unit. `started_seconds` counts from the start of the run. `limits` are
    those that stood for its runner, those that allow the fewest units first. `others_share` is the
    share of the processors' time that processes other than runner and harness took meanwhile, by
    the grain of the clocks perhaps a little under 0, `stolen_share` that of other machines.
    """

    case: Word
    purpose: Word
    round: Count
    started_seconds: Seconds
    seconds: Seconds
    stop: Stop
    hello: RunnerInfo | None = None
    baseline: Readings | None = None
    steps: Annotated[tuple[Step, ...], Meta(max_length=MOST_STEPS)] = ()
    acts: Annotated[tuple[Act, ...], Meta(max_length=MOST_ACTS)] = ()
    warnings: tuple[str, ...] = ()
    limits: Annotated[tuple[Limit, ...], Meta(max_length=MOST_LIMITS)] = ()
    others_share: Share | None = None
    stolen_share: Share | None = None


class Case(Record, frozen=True, kw_only=True):
    """The subject of one row: a runtime, a unit kind, its settings, and the interpreter and the
    host where several are compared."""

    runtime: Word
    unit: Word = DEFAULT_UNIT
    settings: Facts = {}
    python: Word | None = None
    host: Word | None = None

    @property
    def key(self) -> str:
        """The case in one word: the runtime's name alone where everything else is the default, else
        `goroutine:locked`, `asyncio:calls,calls=100`, `asyncio@3.13`."""
        words = [self.unit] if self.unit != DEFAULT_UNIT or self.settings else []
        words += [f"{name}={value}" for name, value in sorted(self.settings.items())]
        return "".join(
            (
                self.runtime,
                f":{','.join(words)}" if words else "",
                f"@{self.python}" if self.python else "",
                f"%{self.host}" if self.host else "",
            )
        )


class CaseRecord(Case, frozen=True, kw_only=True):
    """A case of a run, with what the catalogue says of its runtime. `reason` says why it was left
    out; `version` is the runtime's. `collector`: whether the runtime has one. `by_python`: whether
    an interpreter runs it, which can be chosen. `leak_margin` is how many bytes a unit may seem to
    leak where nothing is wrong."""

    label: str
    kind: Kind
    language: str
    version: str | None = None
    reason: str | None = None
    collector: bool = True
    by_python: bool = False
    leak_margin: Annotated[float, Meta(ge=0, le=MOST)] = LEAK_MARGIN


class Plan(Record, frozen=True, kw_only=True):
    """What the run was asked to do. `None` for `max` and `budget_seconds` means no such bound."""

    sweeps: Count
    seed: int
    climb: bool
    max: Count | None = None
    budget_seconds: Seconds | None = None
    settings: dict[str, str] = {}
    preset: str = "default"


class Side(Record, frozen=True, kw_only=True):
    """Which side of a job a result is: of two results with one `job`, the sessions with the same
    runtime, purpose and round were made in turn, as a pair. `subject` says in words what this side
    was, `looks` after how many pairs the job looked at them. `given_up` are the runtimes that broke
    so often on this side that no more pairs of them were made, each by the pair at which."""

    job: str
    name: Literal["base", "new"]
    subject: str
    looks: tuple[Count, ...]
    given_up: dict[str, Count] = {}


class Machine(Record, frozen=True, kw_only=True):
    """The fingerprint of the machine. Facts that could not be read are `None` or absent."""

    system: str
    kernel: str
    architecture: str
    cpu: str | None
    cpus: Count | None
    memory_bytes: Bytes | None
    swap_bytes: Bytes | None
    virtualisation: str | None
    container: str | None
    cgroup: str
    transparent_huge_pages: str | None
    overcommit: str | None
    governor: str | None
    load: Annotated[float, Meta(ge=0)] | None
    steal: Annotated[float, Meta(ge=0)] | None
    libc: str | None
    python: str
    limits: dict[str, str]


class CaseSpec(Record, frozen=True, kw_only=True):
    """A case that is to be measured: a runtime of the catalogue, or the one that the entry file
    `runner` describes, with the settings and the environment's variables for its runner, and its
    interpreter where that is not the command's own. `own` are those of the settings that tell it
    from other cases, and `label` tells interpreters apart where several are compared."""

    runtime: Word
    settings: Facts = {}
    own: Facts = {}
    variables: Facts = {}
    runner: Text | None = None
    python: Text | None = None
    label: Word | None = None


class Spec(Record, frozen=True, kw_only=True):
    """A whole run as data. Of an experiment that compares two sides `cases` are the base's, and
    `new` the other side's, in the same order. `options` are what the experiment takes, which checks
    them itself (see `bench.model.spec`)."""

    spec: Literal[1] = 1
    experiment: Word
    cases: Annotated[tuple[CaseSpec, ...], Meta(min_length=1, max_length=MOST_CASES)]
    new: Annotated[tuple[CaseSpec, ...], Meta(max_length=MOST_CASES)] = ()
    options: Annotated[dict[Word, Any], Meta(max_length=200)] = {}


class Result(Record, frozen=True, kw_only=True):
    """One run. `finished` is `None` while it runs and where it was interrupted; `side` is there
    where it is one of the two sides of a job. `control` is how long the same fixed work took at
    several moments of the run; `None` where it was not measured. `spec` makes the run again; `None`
    where an older version made it."""

    outnumber: Literal[2]
    version: str
    command: str
    started: str
    finished: str | None
    machine: Machine
    plan: Plan
    cases: tuple[CaseRecord, ...]
    sessions: Annotated[tuple[Session, ...], Meta(max_length=MOST_SESSIONS)] = ()
    warnings: tuple[str, ...] = ()
    side: Side | None = None
    control: Annotated[tuple[Seconds, ...], Meta(max_length=MOST_SESSIONS)] | None = None
    spec: Spec | None = None
