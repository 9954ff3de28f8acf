"""What the explanation speaks of: the cases that ran, each with its metrics, limits and starts.

A case of which nothing was measured is not among them, and an unknown value is `None`, so that no
sentence can state either by mistake.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bench.derive.ceiling import Allowance, Allowances, allowances, doubt_of_take, looked_at
from bench.derive.choice import cases_of
from bench.derive.metrics import Metric
from bench.derive.series import Quantity
from bench.derive.times import Population, populations
from bench.model.records import Limit, Session
from bench.quantities import BYTES, CEILING
from reports.digest import Digest
from reports.explanation.runtimes import Known, known
from reports.explanation.text import Name, Number
from reports.tables.comparison import THREADS, Row, pair_of
from reports.wording import units
from reports.wording.doubted import sure
from reports.wording.escape import many
from reports.wording.metrics import name_of, value_of


@dataclass(frozen=True, eq=False)
class Subject:
    """One case that ran. Its numbers are `None` where they are unknown. `limits` are those of the
    session `looked`, `populations` its start latencies by how many units were parked."""

    row: Row
    known: Known | None
    allowed: Allowances
    looked: Session | None
    populations: tuple[Population, ...]

    @property
    def one(self) -> Name:
        """The name of one unit."""
        return Name(self.row.label)

    @property
    def many(self) -> Name:
        """The name of several units."""
        return Name(many(self.row.label))

    @property
    def limits(self) -> tuple[Limit, ...]:
        return self.looked.limits if self.looked else ()

    @property
    def reached(self) -> Number | None:
        return self.figure(CEILING)

    def bytes(self, part: str) -> Number | None:
        """The part's bytes per unit."""
        return self.figure(BYTES, part)

    def figure(
        self, quantity: Quantity, part: str | None = None, quantile: float | None = None
    ) -> Number | None:
        metric = self.row.metric(quantity.name, part, quantile)
        return _number(metric, metric.value, metric.doubt) if metric else None

    def figures(self, quantity: Quantity) -> list[tuple[Name, Number]]:
        """Every known value of a quantity, with its name."""
        own = [metric for metric in self.row.metrics if metric.metric == quantity.name]
        pairs = ((name_of(one), _number(one, one.value, one.doubt)) for one in own)
        return [(Name(name.capitalize()), number) for name, number in pairs if number]

    def overhead(self, quantity: Quantity, quantile: float) -> Number | None:
        """The measuring overhead in a start latency."""
        metric = self.row.metric(quantity.name, quantile=quantile)
        return _number(metric, metric.overhead) if metric else None

    def take(self, limit: Limit | None) -> Number | None:
        """What one unit takes of one of `limits`."""
        if limit is None or self.looked is None or limit.take is None:
            return None
        words = units.amount(limit.measure, limit.take)
        return Number(words, limit.take, (limit,), doubt_of_take(self.looked, limit.measure))


def _number(source: Metric, value: float | None, doubt: str | None = None) -> Number | None:
    """A value of this metric in words."""
    if value is None:
        return None
    return Number(value_of(source, value), value, (source,), doubt)


def count(source: Allowance | Population, value: int, doubt: str | None = None) -> Number:
    return Number(units.count(value), value, (source,), doubt)


@dataclass(frozen=True)
class Facts:
    """The cases that ran. `thread` stands for all threads, and `task` is compared with it; at most
    `most` of those that the text knows little of are named."""

    threads: tuple[Subject, ...]
    tasks: tuple[Subject, ...]
    thread: Subject | None
    task: Subject | None
    per_thread: Number | None
    most: int

    @property
    def all(self) -> tuple[Subject, ...]:
        return (*self.threads, *self.tasks)

    @property
    def pair(self) -> tuple[Subject, ...]:
        return tuple(one for one in (self.thread, self.task) if one)


def facts(digest: Digest, most: int = 3) -> Facts:
    """What the digest of a result has to speak of."""
    subjects = tuple(_subjects(digest))
    threads = tuple(one for one in subjects if one.row.kind == "thread")
    tasks = tuple(one for one in subjects if one.row.kind == "task")
    thread, task = _thread(threads, digest), _task(tasks, digest)
    return Facts(threads, tasks, thread, task, _per_thread(thread, task), most)


def _subjects(digest: Digest) -> Iterator[Subject]:
    sessions = {case.case: case.sessions for case in cases_of(digest.result)}
    allowed = {one.case: one for one in allowances(digest.result)}
    timed = populations(digest.result)
    cases = {case.key: case for case in digest.result.cases}
    rows = {row.case: row for row in digest.comparison.rows}
    for key, case in cases.items():
        if any(metric.value is not None for metric in rows[key].metrics):
            looked = looked_at(sessions[key])
            yield Subject(rows[key], known(case), allowed[key], looked, timed[key])


def _thread(threads: Sequence[Subject], digest: Digest) -> Subject | None:
    """The thread that the comparison uses; else C's, else Python's, else the first."""
    names = (digest.comparison.thread, *THREADS)
    ordered = [one for name in names for one in threads if one.row.name == name]
    return next(iter((*ordered, *threads)), None)


def _task(tasks: Sequence[Subject], digest: Digest) -> Subject | None:
    """The task that the finding compares with the thread; else the lightest; else the one that
    reached the highest count."""
    pair = pair_of(digest.comparison)
    paired = [one for one in tasks if pair and one.row is pair[1]]
    weighed = sure([one for one in tasks if one.row.total], lambda one: one.row.total_doubt)
    light = sorted(weighed, key=lambda one: one.row.bytes)
    far = sorted(tasks, key=lambda one: -(one.row.reached or 0))
    return next(iter((*paired, *light, *far)), None)


def _per_thread(thread: Subject | None, task: Subject | None) -> Number | None:
    """How many of the tasks take the memory of one thread."""
    if thread is None or task is None or task.row.per_thread is None:
        return None
    totals = (thread.bytes("total"), task.bytes("total"))
    sources = tuple(source for total in totals if total for source in total.of)
    ratio = task.row.per_thread
    return Number(units.ratio(ratio), ratio, sources, task.row.per_thread_doubt)
