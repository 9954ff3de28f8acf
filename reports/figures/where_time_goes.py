"""Where the time of a launch goes: the program, its garbage collector, the kernel, waiting."""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass

from bench.derive.doubts import gravest
from bench.derive.metrics import Metric
from bench.derive.times import COARSE
from bench.model.records import Result
from bench.quantities import (
    BURST,
    COLLECTOR_TIME,
    MARGINAL_BURST,
    PAGE_FAULTS,
    SYSTEM_TIME,
    USER_TIME,
)
from reports.figures.chart import (
    UNKNOWN,
    Chart,
    Column,
    Doubts,
    counted,
    doubted,
    grouped,
    part_columns,
    ran,
    tabulate,
)
from reports.figures.shapes import Axis, BarPart, Key, StackedBars, StackRow
from reports.tables.comparison import THREADS, Row
from reports.wording import units
from reports.wording.doubted import marked, sure

PARTS = (
    BarPart("program", "program"),
    BarPart("collector", "garbage collector"),
    BarPart("system", "kernel"),
    BarPart("rest", "neither: waiting"),
)
CLOCK = "the wall clock"
LEAST_SECONDS = 0.02  # of CPU time in a burst: two of the ticks that it is counted in
HOW = (
    "CPU time of the runner over the marginal burst, which launches the last units on top of "
    "those already there, divided by the units launched. User time includes the garbage "
    "collector's share where the runtime reports it. The rest of the wall time is neither user "
    "nor system time. Where several CPUs work at once, their time exceeds the wall time."
)


@dataclass(frozen=True)
class Times:
    """Seconds a unit, in the order of `PARTS`; `None` is unknown, and an unknown collector's share
    is in the program's. `wall` is the burst's clock time a unit, which CPUs that work at once
    exceed; `faults` page faults a unit. `rough`: a few ticks of the CPU clock, no more."""

    row: Row
    parts: tuple[float | None, ...]
    user: float | None
    wall: float | None
    faults: float | None
    at: int | None
    rough: bool
    doubts: Doubts

    @property
    def drawn_doubt(self) -> str | None:
        """The gravest about what its bar is made from."""
        return gravest(doubt for key, doubt in self.doubts.items() if key != "page_faults")

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
    def kernel_share(self) -> float | None:
        """The kernel's part of the CPU time; `None` where it is unknown."""
        return (self.parts[2] or 0) / self.cpu if self.cpu else None


COLUMNS: tuple[Column[Times], ...] = (
    Column("runtime", "runtime", lambda one: one.row.name, is_number=False),
    Column("at", "at", lambda one: one.at, units.count),
    Column("marginal burst", "wall_seconds", lambda one: one.wall, units.seconds),
    *part_columns(PARTS, "seconds", lambda one: one.parts, units.seconds),
    Column("kernel's share of CPU", "kernel_share", lambda one: one.kernel_share, units.share),
    Column("page faults per unit", "page_faults", lambda one: one.faults, units.number),
)


def where_time_goes(result: Result, metrics: Sequence[Metric]) -> Chart:
    """A bar for each case that ran, in the result's order."""
    rows = [_times(row) for row in ran(result, metrics)]
    uncollected = {one.key for one in result.cases if not one.collector}
    ended = counted((one.row.kind, one.at) for one in rows if one.wall is not None)
    bars = tuple(map(_bar, rows))
    return Chart(
        title=_title(rows),
        how=HOW,
        plots=(StackedBars(axis=Axis("", "share"), parts=PARTS, rows=bars, mark=CLOCK),),
        keys=(
            *(Key(part.words, "box", part.key) for part in PARTS),
            Key(CLOCK, "upright", "ink"),
            *([Key(f"in bursts that ended at {ended}")] if ended else []),
        ),
        missing=grouped(_lacks(rows, uncollected), len(rows)),
        numbers=tabulate(COLUMNS, rows, lambda one: one.doubts),
    )


def _bar(one: Times) -> StackRow:
    """The parts as shares, an unknown one without a length; none where the whole is unknown."""
    whole, doubt = one.whole, one.doubts.get("page_faults")
    faults = marked(units.number(one.faults), doubt)
    return StackRow(
        case=one.row.name,
        label=one.row.label,
        parts=tuple((part or 0) / whole if whole else None for part in one.parts),
        said=marked(units.seconds(one.wall), one.drawn_doubt),
        mark=one.wall / whole if whole and one.wall is not None else None,
        rough=one.rough,
        notes=("page faults unknown" if one.faults is None else f"{faults} page faults",),
        doubt=one.drawn_doubt,
        doubts=(doubt,),
    )


def _times(row: Row) -> Times:
    """What a value is computed from has its doubts too. The clock time is that of the burst whose
    CPU time is known: the last one, which is the first where the session made one only."""
    user, system, collected, faults, *bursts = (
        row.metric(quantity.name) or UNKNOWN
        for quantity in (USER_TIME, SYSTEM_TIME, COLLECTOR_TIME, PAGE_FAULTS, MARGINAL_BURST, BURST)
    )
    timed = (one for one in bursts if one.value is not None and one.at == user.at)
    burst = next(timed, UNKNOWN)
    return Times(
        row,
        parts=_parts(user.value, system.value, collected.value, burst.value),
        user=user.value,
        wall=burst.value,
        faults=faults.value,
        at=user.at,
        rough=(*user.warnings, *system.warnings).count(COARSE) > 1,
        doubts=doubted(
            wall_seconds=burst.doubt,
            program_seconds=gravest((user.doubt, collected.doubt)),
            collector_seconds=collected.doubt,
            system_seconds=system.doubt,
            rest_seconds=gravest((user.doubt, system.doubt, burst.doubt)),
            kernel_share=gravest((user.doubt, system.doubt)),
            page_faults=faults.doubt,
        ),
    )


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


def _title(rows: Sequence[Times]) -> str:
    """The kernel's share: of the thread against that of the task where it is least."""
    known = [one for one in rows if one.kernel_share is not None and not one.rough]
    known = sure(known, lambda one: one.doubts.get("kernel_share"))
    threads = [one for name in THREADS for one in known if one.row.name == name]
    tasks = sorted((o for o in known if o.row.kind == "task"), key=lambda o: o.kernel_share or 0)
    if known:
        first = (threads if threads and tasks else known)[0]
        share = f"{_share(first)} of the CPU time of launching one {first.row.label}"
        other = f", {_share(tasks[0])} of one {tasks[0].row.label}'s" if threads and tasks else ""
        return f"The kernel takes {share}{other}."
    timed = [one for one in rows if one.wall is not None]
    if not timed:
        return "Where the time of a launch goes is unknown."
    one = sure(timed, lambda one: one.doubts.get("wall_seconds"))[0]
    ended = f", in the burst that ended at {units.count(one.at)}" if one.at is not None else ""
    took = marked(units.seconds(one.wall), one.doubts.get("wall_seconds"))
    return f"Launching one {one.row.label} takes {took}{ended}."


def _share(one: Times) -> str:
    return marked(units.share(one.kernel_share), one.doubts.get("kernel_share"))


def _lacks(rows: Sequence[Times], uncollected: Set[str]) -> Iterator[tuple[str, str]]:
    """`uncollected` are the cases whose runtime has no collector to ask."""
    for one in rows:
        name, whole = one.row.name, one.whole
        if whole is None:
            yield name, "CPU time is unknown, or less than two ticks of its clock"
        elif one.rough:
            yield name, "the shares are rough, being of a few ticks of the CPU clock"
        if whole is not None and one.parts[1] is None and one.row.case not in uncollected:
            yield name, "the collector's share is unknown"
        if one.wall is None:
            yield name, "the wall clock's time is unknown"
        elif whole is not None and one.parts[3] is None:
            yield name, "waiting is unknown: several processors worked at once"
        if one.faults is None:
            yield name, "page faults are unknown"
