"""What the explanation may speak of: the runtimes that ran, and the cells that hold their figures.

A runtime of which nothing was measured is not among them, and a cell whose value is unknown is
`None`: no sentence can speak of either by mistake.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import repeat

from bench.derive.ceiling import limits_of
from bench.derive.choice import cases_of
from bench.derive.times import Population
from bench.model.records import Limit
from reports.digest import Digest
from reports.explanation.text import Name, Number, Place
from reports.figures.all import CLOSENESS, SPAWN, UNIT_COST
from reports.figures.chart import Table
from reports.figures.closeness import Bound, Closeness, nearest
from reports.figures.spawn import spawns
from reports.tables.comparison import THREADS, Row
from reports.tables.finding import pair_of
from reports.tables.report import COMPARISON, LIMITS, SUMMARY
from reports.wording import units
from reports.wording.doubted import sure
from reports.wording.escape import many, plain


@dataclass(frozen=True, eq=False)
class Subject:
    """One runtime that ran. Each method gives a cell of a table, `None` where it is unknown.
    `populations` are its start latencies by how many were parked."""

    row: Row
    closeness: Closeness
    limits: tuple[Limit, ...]
    tables: dict[str, Table]
    populations: tuple[Population, ...]

    @property
    def runtime(self) -> str:
        return self.row.name

    @property
    def one(self) -> Name:
        """What one unit is called."""
        return Name(self.row.label)

    @property
    def many(self) -> Name:
        """What several are called."""
        return Name(many(self.row.label))

    @property
    def reached(self) -> Number | None:
        return self._cell(COMPARISON, (), "reached")

    @property
    def per_thread(self) -> Number | None:
        """How many weigh as much as the OS thread that stands for all."""
        return self._cell(COMPARISON, (), "in one thread")

    @property
    def unsure(self) -> bool:
        """Whether what one unit takes has no interval."""
        return self._cell(UNIT_COST.name, (), "low") is None

    def bytes(self, part: str) -> Number | None:
        """What one unit takes of that part of memory."""
        return self.figure(f"bytes: {part.replace('_', ' ')}")

    def figure(self, name: str) -> Number | None:
        """The value of a figure by its name in the summary."""
        return self._cell(SUMMARY, (name,), "value")

    def overhead(self, name: str) -> Number | None:
        """The measuring overhead in a figure, by its name in the summary."""
        return self._cell(SUMMARY, (name,), "overhead")

    def start(self, population: Population, column: str) -> Number | None:
        """A cell of the row of one population of its start latencies."""
        row = (population.start.name, units.count(population.units))
        return self._cell(SPAWN.name, row, column)

    def limit(self, limit: Limit, column: str) -> Number | None:
        """A cell of the row of one of this runtime's own limits."""
        return self._cell(LIMITS, (plain(limit.name), plain(limit.where or "")), column)

    def bound(self, bound: Bound, column: str) -> Number | None:
        """A cell of the row of one of the limits that bound this runtime."""
        return self._cell(CLOSENESS.name, (bound.name, bound.where or ""), column)

    def _cell(self, table: str, row: tuple[str, ...], column: str) -> Number | None:
        place = Place(table, (self.runtime, *row), column)
        found = self.tables[table]
        at = found.headings.index(column)
        rows = zip(found.words, found.values, found.doubts or repeat({}), strict=False)
        for words, values, doubts in rows:
            value = values[at]
            if words[: len(place.row)] == place.row and isinstance(value, int | float):
                return Number(words[at], value, place, doubts.get(found.keys[at]))
        return None


@dataclass(frozen=True)
class Facts:
    """The runtimes that ran. `thread` stands for all threads, and `task` is the one that is set
    against it; at most `most` of those of one sort that the text knows little of are named."""

    threads: tuple[Subject, ...]
    tasks: tuple[Subject, ...]
    thread: Subject | None
    task: Subject | None
    most: int

    @property
    def all(self) -> tuple[Subject, ...]:
        return (*self.threads, *self.tasks)


def facts(digest: Digest, most: int = 3) -> Facts:
    """What a digest has to speak of."""
    subjects = _subjects(digest)
    threads = tuple(one for one in subjects if one.row.kind == "thread")
    tasks = tuple(one for one in subjects if one.row.kind == "task")
    return Facts(threads, tasks, _thread(threads, digest), _task(tasks, digest), most)


def _subjects(digest: Digest) -> list[Subject]:
    close = {row.runtime: row for row in nearest(digest.result, digest.metrics)}
    starts = {row.runtime: row.populations for row in spawns(digest.result, digest.metrics)}
    limits = {plain(c.case): tuple(limits_of(c.sessions)) for c in cases_of(digest.result)}
    known = {plain(metric.case) for metric in digest.metrics if metric.value is not None}
    tables = {titled.name: titled.table for titled in digest.tables}
    return [
        Subject(row, close[row.name], limits[row.name], tables, starts[row.name])
        for row in {row.name: row for row in digest.comparison.rows if row.status}.values()
        if row.name in known
    ]


def _thread(threads: Sequence[Subject], digest: Digest) -> Subject | None:
    """The one that the comparison weighs by; else C's, else Python's, else the first."""
    names = (digest.comparison.thread, *THREADS)
    ordered = [one for name in names for one in threads if one.runtime == name]
    return next(iter((*ordered, *threads)), None)


def _task(tasks: Sequence[Subject], digest: Digest) -> Subject | None:
    """The one that the finding sets against the thread; else the lightest; else the one that went
    farthest."""
    pair = pair_of(digest.comparison)
    found = [one for one in tasks if pair and one.runtime == pair[1].name]
    weighed = [one for one in tasks if one.row.total_bytes]
    weighed = sure(weighed, lambda one: one.row.doubt("total_bytes"))
    light = sorted(weighed, key=lambda one: one.row.total_bytes or 0)
    far = sorted(tasks, key=lambda one: -(one.row.reached or 0))
    return next(iter((*found, *light, *far)), None)
