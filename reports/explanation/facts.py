"""What the template of the explanation speaks of: the cases that ran, each with its metrics, limits
and start latencies. What is unknown is `None`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from bench.derive.ceiling import Allowance, Allowances, allowances, doubt_of_take, looked_at
from bench.derive.choice import cases_of
from bench.derive.memory import KERNEL_OTHER
from bench.derive.metrics import Metric
from bench.derive.series import Quantity
from bench.derive.times import AWAKE, Population, populations
from bench.model.records import CLIMB, KERNEL_STACK, PAGE_TABLES, Limit, Session
from bench.quantities import (
    AWAKE_START,
    BURST,
    BYTES,
    CEILING,
    COLLECTOR_TIME,
    LEAKED,
    MARGINAL_BURST,
    RELEASE,
    START,
)
from reports.digest import Digest
from reports.explanation.text import Name, Number
from reports.tables.comparison import SAME, THREADS, TOTAL, Row, pair_of
from reports.wording import units
from reports.wording.doubted import sure
from reports.wording.escape import many
from reports.wording.metrics import name_of, value_of
from runners.catalogue import Entry, shipped

SLIGHT = 1.0  # bytes: less of a part is the noise of its counter
SEEN_WELL = 0.9  # where RSS shows this share of the memory, the rest needs no sentence
FEWEST_TIMED = 20  # starts in a process: of fewer, the median says little
GROWN = 1.5  # times as long
CROWDED = 100  # threads to a slot
# The quantities that the template describes; the other headlines have a sentence each.
DESCRIBED = (BYTES, BURST, START, AWAKE_START, LEAKED, RELEASE, CEILING)
PARTS = {
    KERNEL_STACK: "its kernel stack",
    PAGE_TABLES: "its page tables",
    KERNEL_OTHER: "other kernel records",
}
COUNTERS = ("kernel.threads-max", "kernel.pid_max", "pids.max", "RLIMIT_NPROC")  # of threads
MEMORY = ("MemAvailable", "memory.max", "memory.limit_in_bytes")


@dataclass(frozen=True, eq=False)
class Subject:
    """One case that ran. `runtime` is its runtime's name, `entry` what the catalogue says of it; a
    user's own runtime has none. `looked` is the session whose limits count."""

    row: Row
    runtime: str
    entry: Entry | None
    allowed: Allowances
    looked: Session | None
    populations: tuple[Population, ...]

    @property
    def one(self) -> Name:
        return Name(self.row.label)

    @property
    def many(self) -> Name:
        return Name(many(self.row.label))

    def value(
        self, quantity: Quantity, part: str | None = None, quantile: float | None = None
    ) -> Number | None:
        """A value of a quantity."""
        metric = self.row.metric(quantity.name, part, quantile)
        return _number(metric, metric.value, metric.doubt) if metric else None

    def median(self, quantity: Quantity) -> Number | None:
        return self.value(quantity, quantile=0.5)

    def overhead(self, quantity: Quantity) -> Number | None:
        """The measuring overhead in the median."""
        metric = self.row.metric(quantity.name, quantile=0.5)
        return _number(metric, metric.overhead) if metric else None

    def bytes(self, part: str) -> Number | None:
        return self.value(BYTES, part)

    def part(self, part: str) -> Number | None:
        """A part of the kernel's that is worth a sentence."""
        number = self.bytes(part)
        return number if number and number.value >= SLIGHT else None

    @property
    def slight_parts(self) -> list[str]:
        parts = [(name, self.bytes(part)) for part, name in PARTS.items()]
        return [name for name, number in parts if number and number.value < SLIGHT]

    @property
    def unknown_parts(self) -> list[str]:
        return [name for part, name in PARTS.items() if self.bytes(part) is None]

    @property
    def collection(self) -> tuple[Number, Number, bool] | None:
        """The garbage collector's time and the whole time of the same burst, and whether that was
        on top of other units."""
        taken, marginal = self.value(COLLECTOR_TIME), self.value(MARGINAL_BURST)
        launch = marginal or self.value(BURST)
        if not taken or not launch or not launch.value or not 0 <= taken.value <= launch.value:
            return None
        return taken, launch, marginal is not None

    # Its limits

    @property
    def limits(self) -> tuple[Limit, ...]:
        return self.looked.limits if self.looked else ()

    def _tightest(self, name: str) -> Limit | None:
        """Of a limit that stands in several places, the one of the least value."""
        rows = [limit for limit in self.limits if limit.name == name]
        return min(rows, key=lambda row: (row.value is None, row.value or 0), default=None)

    def limit(self, name: str) -> Number | None:
        """The value of a limit."""
        row = self._tightest(name)
        if row is None or row.value is None:
            return None
        return Number(units.amount(row.measure, row.value), row.value, (row,))

    def take(self, limit: Limit | None) -> Number | None:
        """What one unit takes of one of `limits`."""
        if limit is None or limit.take is None or self.looked is None:
            return None
        words = units.amount(limit.measure, limit.take)
        return Number(words, limit.take, (limit,), doubt_of_take(self.looked, limit.measure))

    @property
    def addresses(self) -> Number | None:
        return self.take(self._tightest("address space"))

    @property
    def mappings(self) -> Number | None:
        return self.take(self._tightest("vm.max_map_count"))

    @property
    def unset(self) -> list[Name]:
        """The limits on threads that have no value here."""
        rows = [row for name in COUNTERS if (row := self._tightest(name))]
        return [Name(row.name) for row in rows if row.known and row.value is None]

    @property
    def unread(self) -> list[Name]:
        rows = [row for name in COUNTERS if (row := self._tightest(name))]
        return [Name(row.name) for row in rows if not row.known]

    @cached_property
    def thread_limits(self) -> list[Limit]:
        """The limits on threads of which the use of a unit is known, the highest use first."""
        rows = [row for row in self.limits if row.name in COUNTERS and row.take is not None]
        return sorted(rows, key=lambda row: -(row.take or 0))

    def allows(self, bound: Allowance) -> Number:
        return Number(units.count(bound.units), bound.units, (bound,), bound.doubt)

    @property
    def memory_bound(self) -> Allowance | None:
        return next((row for row in self.allowed.rows if row.limit in MEMORY), None)


def _number(metric: Metric, value: float | None, doubt: str | None = None) -> Number | None:
    return None if value is None else Number(value_of(metric, value), value, (metric,), doubt)


def facts(digest: Digest, most: int) -> dict[str, Any] | None:
    """The names that the template knows; `None` where nothing was measured. At most `most` of the
    runtimes are named that the catalogue does not have. `thread` stands for all threads, and `task`
    is compared with it."""
    subjects = list(_subjects(digest))
    if not subjects:
        return None
    threads = [one for one in subjects if one.row.kind == "thread"]
    tasks = [one for one in subjects if one.row.kind == "task"]
    thread, task = _pair(threads, tasks, digest)
    pair = [one for one in (thread, task) if one]
    weighed = sure([one for one in subjects if one.row.total], lambda one: one.row.total_doubt)
    heaviest = max(weighed, key=lambda one: one.row.bytes, default=None)
    shares = [(one, *share) for one in tasks if (share := one.collection)]
    largest = max(
        sure(shares, lambda share: share[1].doubt or share[2].doubt),
        key=lambda share: share[1].value / share[2].value,
        default=None,
    )
    known = [one for one in tasks if one.entry]
    measured = {metric.metric for metric in digest.metrics}
    per_thread = None
    if thread and task and (ratio := task.row.per_thread):
        sources = tuple(total for total in (thread.row.total, task.row.total) if total)
        per_thread = Number(units.ratio(ratio), ratio, sources, task.row.per_thread_doubt)
    taken = [one for one in tasks if one.thread_limits]
    return {
        "BURST": BURST,
        "CEILING": CEILING,
        "START": START,
        "AWAKE_START": AWAKE_START,
        "title": _title(thread, task, per_thread, bool(threads), bool(tasks)),
        "most": most,
        "measures": {
            "memory": BYTES.name in measured,
            "counts": CEILING.name in measured,
            "bursts": BURST.name in measured,
        },
        "threads": threads,
        "tasks": tasks,
        "strange": [one for one in tasks if not one.entry],
        "thread": thread,
        "task": task,
        "pair": pair,
        "alive": [one for one in pair if one.row.reached],
        "refused": [one for one in pair if one.row.reached == 0],
        "weighed": [one for one in pair if one.bytes(TOTAL)],
        "heaviest": None if heaviest in pair else heaviest,
        "per_thread": per_thread,
        "same": SAME,
        "seen_well": SEEN_WELL,
        "launched": [
            one
            for kind, first in ((threads, thread), (tasks, task))
            for one in sure(
                [one for one in (first, *kind) if one and one.value(BURST)],
                lambda one: next(m.doubt for m in one.row.metrics if m.metric == BURST.name),
            )[:1]
        ],
        "crowded": next(filter(None, map(_crowded, threads)), None),
        "limited": next((one for one in (*pair, *subjects) if one.limits), None),
        "counted": [one for one in taken if one.thread_limits[0].take],
        "uncounted": [one for one in taken if not one.thread_limits[0].take],
        "cooperative": [one for one in known if one.entry and not one.entry.preemptive],
        "preempted": [one for one in known if one.entry and one.entry.preemptive],
        "shares": shares,
        "collected": largest,
        "uncollected": [one for one in tasks if not one.value(COLLECTOR_TIME)],
        "others": [
            (Name(name_of(metric).capitalize()), one, _number(metric, metric.value, metric.doubt))
            for one in subjects
            for metric in one.row.metrics
            if metric.quantity.headline and metric.quantity not in DESCRIBED
        ],
        "unknown_bytes": BYTES.name in measured and any(not one.bytes(TOTAL) for one in subjects),
        "few": any(one.row.total_doubt == "few" for one in subjects),
    }


def _subjects(digest: Digest) -> Iterator[Subject]:
    sessions = {case.case: case.sessions for case in cases_of(digest.result)}
    allowed = {one.case: one for one in allowances(digest.result)}
    timed, entries = populations(digest.result), {entry.name: entry for entry in shipped()}
    rows = {row.case: row for row in digest.comparison.rows}
    for key, case in {case.key: case for case in digest.result.cases}.items():
        if any(metric.value is not None for metric in rows[key].metrics):
            looked = looked_at(sessions[key])
            entry = entries.get(key) or entries.get(case.runtime)
            yield Subject(rows[key], case.runtime, entry, allowed[key], looked, timed[key])


def _pair(
    threads: Sequence[Subject], tasks: Sequence[Subject], digest: Digest
) -> tuple[Subject | None, Subject | None]:
    """The thread that the comparison uses; else C's, else Python's, else the first. The task that
    the finding compares with it; else the lightest; else the one that reached the highest count."""
    names = (digest.comparison.thread, *THREADS)
    ordered = [one for name in names for one in threads if one.row.name == name]
    pair = pair_of(digest.comparison)
    paired = [one for one in tasks if pair and one.row is pair[1]]
    weighed = sure([one for one in tasks if one.row.total], lambda one: one.row.total_doubt)
    light = sorted(weighed, key=lambda one: one.row.bytes)
    far = sorted(tasks, key=lambda one: -(one.row.reached or 0))
    return next(iter((*ordered, *threads)), None), next(iter((*paired, *light, *far)), None)


def _title(
    thread: Subject | None, task: Subject | None, ratio: Number | None, threads: bool, tasks: bool
) -> str:
    """A claim only where the run supports it: a task is lighter than a thread beyond doubt, and no
    limit allows fewer tasks than threads."""
    if thread and task and ratio and not ratio.doubt and ratio.value >= SAME:
        near, far = thread.allowed.binding, task.allowed.binding
        if near is None or far is None or far.units > near.units:
            return "Why tasks outnumber threads"
    if threads and tasks:
        return "What threads and tasks cost"
    return "What a thread costs" if threads else "What a task costs"


def _crowded(one: Subject) -> dict[str, object] | None:
    """Where a start in the climb took ever longer among ever more threads, with many of them to a
    slot of the futex hash: the smallest population and the largest."""
    timed = [
        population
        for population in one.populations
        if population.start == AWAKE and population.purpose == CLIMB
        if population.timed >= FEWEST_TIMED and population.doubt in (None, "few")
    ]
    if len(timed) < 2:
        return None
    near, far = timed[0], timed[-1]
    first, last, slots = near.quantiles[0].value, far.quantiles[0].value, far.futex_slots
    if not first or not last or not slots:
        return None
    if last < GROWN * first or far.units < CROWDED * slots:
        return None
    return {
        "one": one,
        "near": Number(units.seconds(first), first, (near,), near.doubt),
        "few": Number(units.count(near.units), near.units, (near,)),
        "far": Number(units.seconds(last), last, (far,), far.doubt),
        "many": Number(units.count(far.units), far.units, (far,)),
        "slots": Number(units.count(slots), slots, (far,)),
    }
