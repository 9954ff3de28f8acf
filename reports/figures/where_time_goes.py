"""Where the time of a launch goes: the program, its garbage collector, the kernel, waiting."""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from functools import partial

from bench import quantities
from bench.derive.doubts import gravest
from bench.derive.metrics import Metric, find
from bench.derive.times import COARSE
from bench.model.records import CaseRecord, Result
from reports.figures.chart import (
    CaseRow,
    Chart,
    Column,
    counted,
    doubted,
    grouped,
    ran,
    tabulate,
    who,
)
from reports.figures.shapes import Axis, BarPart, Key, StackedBars, StackRow
from reports.tables.comparison import THREADS
from reports.wording import units
from reports.wording.doubted import marked, sure
from reports.wording.escape import plain

PARTS = (
    BarPart("program", "program"),
    BarPart("collector", "garbage collector"),
    BarPart("system", "kernel"),
    BarPart("rest", "neither: waiting"),
)
CLOCK = "the wall clock"
LEAST_SECONDS = 0.02  # of CPU time in a burst: two of the ticks that it is counted in
HOW = (
    "CPU time of the runner over the marginal burst, the one that ended at the highest count on "
    "top of the units that were there, divided by the units launched in it: user (of which the "
    "garbage collector's share where the runtime reports it) and system; the rest of the wall "
    "clock was spent on neither. Where several CPUs worked at once they took more than the wall "
    "clock shows."
)


@dataclass(frozen=True, kw_only=True)
class Times(CaseRow):
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


def _part(place: int) -> Column[Times]:
    part = PARTS[place]
    return Column(part.words, f"{part.key}_seconds", lambda row: row.parts[place], units.seconds)


COLUMNS: tuple[Column[Times], ...] = (
    Column("runtime", "runtime", lambda row: row.runtime, is_number=False),
    Column("at", "at", lambda row: row.at, units.count),
    Column("marginal burst", "wall_seconds", lambda row: row.wall, units.seconds),
    *(_part(place) for place in range(len(PARTS))),
    Column("kernel's share of CPU", "kernel_share", lambda row: row.kernel_share, units.share),
    Column("page faults a unit", "page_faults", lambda row: row.faults, units.number),
)


def where_time_goes(result: Result, metrics: Sequence[Metric]) -> Chart:
    """A bar for each case that ran, in the result's order."""
    rows = [_times(case, metrics) for case in ran(result, metrics)]
    uncollected = {plain(one.key) for one in result.cases if not one.collector}
    bars = StackedBars(axis=Axis("", "share"), parts=PARTS, rows=tuple(map(_bar, rows)), mark=CLOCK)
    ended = counted((row.kind, row.at) for row in rows if row.wall is not None)
    return Chart(
        title=_title(rows),
        how=HOW,
        plots=(bars,),
        keys=(
            *(Key(part.words, "box", part.key) for part in PARTS),
            Key(CLOCK, "mark", "ink"),
            *([Key(f"in bursts that ended at {ended}")] if ended else []),
        ),
        missing=grouped(_lacks(rows, uncollected), len(rows)),
        numbers=tabulate(COLUMNS, rows, lambda row: row.doubts),
    )


def _bar(row: Times) -> StackRow:
    """The parts as shares, an unknown one without a length; none where the whole is unknown."""
    faults = marked(units.number(row.faults), row.doubt("page_faults"))
    shares = tuple((part or 0) / row.whole if row.whole else None for part in row.parts)
    return StackRow(
        case=row.runtime,
        label=row.label,
        parts=shares,
        said=marked(units.seconds(row.wall), row.drawn_doubt),
        mark=row.wall / row.whole if row.whole and row.wall is not None else None,
        rough=row.rough,
        notes=("page faults unknown" if row.faults is None else f"{faults} page faults",),
        doubt=row.drawn_doubt,
        doubts=(row.doubt("page_faults"),),
    )


def _times(case: CaseRecord, metrics: Sequence[Metric]) -> Times:
    """What a value is computed from has its doubts too. The clock time is that of the burst whose
    CPU time is known: the last one, which is the first where the sweep made one only."""
    get = partial(find, metrics, case.key)
    user, system = get(quantities.USER_TIME.name), get(quantities.SYSTEM_TIME.name)
    collected, faults = get(quantities.COLLECTOR_TIME.name), get(quantities.PAGE_FAULTS.name)
    at = user.at if user else None
    bursts = [get(one.name) for one in (quantities.MARGINAL_BURST, quantities.BURST)]
    timed = (one for one in bursts if one and one.value is not None and one.at == at)
    burst = next(timed, None)
    warnings = [text for one in (user, system) if one for text in one.warnings]

    def gravest_of(*about: Metric | None) -> str | None:
        return gravest(one.doubt for one in about if one)

    return Times(
        **who(case),
        parts=_parts(*(one.value if one else None for one in (user, system, collected, burst))),
        user=user.value if user else None,
        wall=burst.value if burst else None,
        faults=faults.value if faults else None,
        at=at,
        rough=warnings.count(COARSE) > 1,
        doubts=doubted(
            wall_seconds=gravest_of(burst),
            program_seconds=gravest_of(user, collected),
            collector_seconds=gravest_of(collected),
            system_seconds=gravest_of(system),
            rest_seconds=gravest_of(user, system, burst),
            kernel_share=gravest_of(user, system),
            page_faults=gravest_of(faults),
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
    timed = [row for row in rows if row.wall is not None]
    if not timed:
        return "Where the time of a launch goes is unknown."
    one = sure(timed, lambda row: row.doubt("wall_seconds"))[0]
    ended = f", in the burst that ended at {units.count(one.at)}" if one.at is not None else ""
    took = marked(units.seconds(one.wall), one.doubt("wall_seconds"))
    return f"Launching one {one.label} takes {took}{ended}."


def _share(row: Times) -> str:
    return marked(units.share(row.kernel_share), row.doubt("kernel_share"))


def _lacks(rows: Sequence[Times], uncollected: Set[str]) -> Iterator[tuple[str, str]]:
    """`uncollected` are the cases whose language has no collector to ask."""
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
