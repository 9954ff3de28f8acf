"""Where the time of a launch goes: the program, its garbage collector, the kernel, waiting."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

from bench.derive.doubts import gravest
from bench.derive.metrics import Metric, find
from bench.derive.times import COARSE
from bench.model.records import CaseRecord, Result
from reports.figures.chart import (
    Chart,
    Column,
    Doubts,
    Row,
    Table,
    caption,
    counted,
    grouped,
    left_out,
    ran,
    tabulate,
    who,
)
from reports.palette import TimePart
from reports.tables.comparison import THREADS
from reports.wording import units
from reports.wording.doubted import marked, sure
from reports.wording.escape import plain

PARTS: tuple[tuple[TimePart, str], ...] = (
    ("program", "program"),
    ("collector", "garbage collector"),
    ("system", "kernel"),
    ("rest", "neither: waiting"),
)
LEAST_SECONDS = 0.02  # of CPU time in a burst: two of the ticks that it is counted in
HOW = (
    "CPU time of the runner over the marginal burst, the one that ended at the highest count on "
    "top of the units that were there, divided by the units launched in it: user (of which the "
    "garbage collector's share where the runtime tells it) and system; the rest of the wall clock "
    "was spent on neither. Where several CPUs worked at once they took more than the wall clock "
    "shows."
)


@dataclass(frozen=True, kw_only=True)
class Times(Row):
    """Seconds a unit, in the order of `PARTS`; `None` is unknown, and an unknown collector's share
    is in the program's. `wall` is the burst's clock time a unit, which CPUs that work at once
    exceed; `faults` page faults a unit. `rough`: a few ticks of the CPU clock, no more."""

    parts: tuple[float | None, ...]
    user: float | None
    wall: float | None
    faults: float | None
    at: int | None
    rough: bool

    @property
    def drawn_doubt(self) -> str | None:
        """The gravest about what its bar is made from."""
        return self.doubt(*(key for key in self.doubts if key != "page_faults"))

    @property
    def faults_doubt(self) -> str | None:
        return self.doubt("page_faults")

    @property
    def cpu(self) -> float | None:
        """CPU time; `None` where it is unknown or less than two ticks of its clock, which show all
        of it in one part."""
        kernel = self.parts[2]
        if self.user is None or kernel is None:
            return None
        spent = self.user + kernel
        return spent if spent * (self.at or 1) >= LEAST_SECONDS else None

    @property
    def whole(self) -> float | None:
        """What the parts are shares of: CPU time and waiting."""
        return None if self.cpu is None else self.cpu + (self.parts[3] or 0)

    @property
    def shares(self) -> tuple[float, ...] | None:
        """The parts as shares of the whole, an unknown one 0; `None` where nothing can be told."""
        whole = self.whole
        return tuple((part or 0) / whole for part in self.parts) if whole else None

    @property
    def kernel_share(self) -> float | None:
        """The kernel's part of the CPU time; `None` where it cannot be told."""
        return (self.parts[2] or 0) / self.cpu if self.cpu else None


def _part(place: int) -> Column[Times]:
    key, words = PARTS[place]
    return Column(words, f"{key}_seconds", lambda row: row.parts[place], units.seconds)


COLUMNS: tuple[Column[Times], ...] = (
    Column("runtime", "runtime", lambda row: row.runtime, is_number=False),
    Column("at", "at", lambda row: row.at, units.count),
    Column("marginal burst", "wall_seconds", lambda row: row.wall, units.seconds),
    *(_part(place) for place in range(len(PARTS))),
    Column("kernel's share of CPU", "kernel_share", lambda row: row.kernel_share, units.share),
    Column("page faults a unit", "page_faults", lambda row: row.faults, units.number),
)


@dataclass(frozen=True, kw_only=True)
class WhereTimeGoes(Chart):
    """The rows in the result's order."""

    name: ClassVar[str] = "where-time-goes"
    rows: tuple[Times, ...]

    @property
    def bursts(self) -> str:
        """The counts at which the bursts ended."""
        return counted((row.kind, row.at) for row in self.rows if row.wall is not None)

    @property
    def drawn_doubts(self) -> Iterable[str]:
        return (
            doubt for row in self.rows for doubt in (row.drawn_doubt, row.faults_doubt) if doubt
        )

    @property
    def table(self) -> Table:
        return tabulate(COLUMNS, self.rows, lambda row: row.doubts)


def where_time_goes(result: Result, metrics: Sequence[Metric]) -> WhereTimeGoes:
    """A bar for each runtime that ran."""
    rows = tuple(_times(runtime, metrics) for runtime in ran(result, metrics))
    uncollected = {plain(one.key) for one in result.cases if not one.collector}
    return WhereTimeGoes(
        title=_title(rows),
        how=HOW,
        missing=(*left_out(result, metrics), *grouped(_lacks(rows, uncollected), len(rows))),
        caption=caption(result),
        rows=rows,
    )


def _times(runtime: CaseRecord, metrics: Sequence[Metric]) -> Times:
    get = partial(find, metrics, runtime.key)
    user, system = get("user_seconds_per_unit"), get("system_seconds_per_unit")
    burst = _burst(metrics, runtime.key, user.at if user else None)
    collected, faults = get("gc_seconds_per_unit"), get("page_faults_per_unit")
    wall, collector = _value(burst), _value(collected)
    doubts = (*(user.warnings if user else ()), *(system.warnings if system else ()))
    return Times(
        **who(runtime),
        parts=_parts(_value(user), _value(system), collector, wall),
        user=_value(user),
        wall=wall,
        faults=_value(faults),
        at=user.at if user else None,
        rough=doubts.count(COARSE) > 1,
        doubts=_doubts_of(user, system, burst, collected, faults),
    )


def _doubts_of(
    user: Metric | None,
    system: Metric | None,
    burst: Metric | None,
    collected: Metric | None,
    faults: Metric | None,
) -> Doubts:
    """What a value is computed from has its doubts too."""
    shares = [one.doubt for one in (user, system) if one]
    found = {
        "wall_seconds": gravest([burst.doubt] if burst else []),
        "program_seconds": gravest(one.doubt for one in (user, collected) if one),
        "collector_seconds": gravest([collected.doubt] if collected else []),
        "system_seconds": gravest([system.doubt] if system else []),
        "rest_seconds": gravest((*shares, burst.doubt if burst else None)),
        "kernel_share": gravest(shares),
        "page_faults": gravest([faults.doubt] if faults else []),
    }
    return {key: doubt for key, doubt in found.items() if doubt}


def _parts(
    user: float | None, system: float | None, collector: float | None, wall: float | None
) -> tuple[float | None, ...]:
    """Of `PARTS`. A difference below 0 is no part and unknown: the clocks of collector and CPU
    differ in grain, and several processors spend more CPU time than the clock's."""
    within = collector if user is not None and collector is not None and collector <= user else None
    program = None if user is None else user - (within or 0)
    known = wall is not None and user is not None and system is not None
    rest = (wall or 0) - (user or 0) - (system or 0) if known else None
    return (program, within, system, rest if rest is not None and rest >= 0 else None)


def _burst(metrics: Sequence[Metric], runtime: str, at: int | None) -> Metric | None:
    """The clock time of the burst whose CPU time is told: the last one, which is the first where
    the sweep made one only."""
    names: tuple[str, ...] = ("marginal_burst_seconds_per_unit", "burst_seconds_per_unit")
    for name in names:
        burst = find(metrics, runtime, name)
        if burst and burst.value is not None and burst.at == at:
            return burst
    return None


def _value(metric: Metric | None) -> float | None:
    return metric.value if metric else None


def _title(rows: Sequence[Times]) -> str:
    """The kernel's share: of the thread against that of the task where it is least."""
    known = [row for row in rows if row.kernel_share is not None and not row.rough]
    known = sure(known, lambda row: row.doubt("kernel_share"))
    threads = [row for name in THREADS for row in known if row.runtime == name]
    tasks = sorted((r for r in known if r.kind == "task"), key=lambda r: r.kernel_share or 0)
    if threads and tasks:
        thread, task = threads[0], tasks[0]
        return (
            f"The kernel takes {_share(thread)} of the CPU time of launching "
            f"one {thread.label}, {_share(task)} of one {task.label}'s."
        )
    if known:
        return (
            f"The kernel takes {_share(known[0])} of the CPU time of launching "
            f"one {known[0].label}."
        )
    return _wall_title(rows)


def _share(row: Times) -> str:
    return marked(units.share(row.kernel_share), row.doubt("kernel_share"))


def _wall_title(rows: Sequence[Times]) -> str:
    timed = [row for row in rows if row.wall is not None]
    if not timed:
        return "Where the time of a launch goes is unknown."
    one = sure(timed, lambda row: row.doubt("wall_seconds"))[0]
    ended = f", in the burst that ended at {units.count(one.at)}" if one.at is not None else ""
    took = marked(units.seconds(one.wall), one.doubt("wall_seconds"))
    return f"Launching one {one.label} takes {took}{ended}."


def _lacks(rows: Sequence[Times], uncollected: Set[str]) -> Iterator[tuple[str, str]]:
    """`uncollected` are the runtimes whose language has no collector to ask."""
    for row in rows:
        if row.whole is None:
            yield row.runtime, "CPU time is unknown, or less than two ticks of its clock"
        elif row.rough:
            yield row.runtime, "the shares are rough, being of a few ticks of the CPU clock"
        if row.whole is not None and row.parts[1] is None and row.runtime not in uncollected:
            yield row.runtime, "the collector's share is unknown"
        if row.wall is None:
            yield row.runtime, "the wall clock's time is unknown"
        elif row.whole is not None and row.parts[3] is None:
            yield row.runtime, "waiting is unknown: several processors worked at once"
        if row.faults is None:
            yield row.runtime, "page faults are unknown"
