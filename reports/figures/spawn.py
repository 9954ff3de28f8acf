"""How long one more unit takes to start, from idle and awake, and how fast a burst goes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import ClassVar

from bench.derive.doubts import gravest
from bench.derive.metrics import Metric, find
from bench.derive.statistics import Estimate
from bench.derive.times import QUANTILES, STARTS, Population, Start, populations
from bench.model.records import CaseRecord, Result
from bench.quantities import BURST, OF_START
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
from reports.tables.comparison import THREADS
from reports.wording import units
from reports.wording.doubted import marked, sure
from reports.wording.escape import many

NAMES = ("median", "90 %", "99 %", "longest")  # of QUANTILES
QUANTILE_KEYS = tuple(f"start_{name}_seconds" for name in ("median", "p90", "p99", "longest"))
FEWEST_LAUNCHED = 50
HOW = (
    "Start latency: from the spawn call to the new unit's first instruction, one unit at a time, "
    "with the others parked; the median over processes of each quantile. From idle: the machine is "
    "as it is, and a new thread may have to wait until a sleeping processor is awake. Awake: the "
    "runner is held on one processor, and nothing has to wake. Overhead: the same round with "
    "nothing spawned, which is a part of each start. Burst: from none to many at once, in a fresh "
    "process, with its 95 % interval."
)


@dataclass(frozen=True, kw_only=True)
class Rate:
    """Units a second, with the 95 % interval; `None` is unknown. `at` units were launched; `doubt`
    is that about the value."""

    value: float | None
    low: float | None = None
    high: float | None = None
    at: int | None = None
    doubt: str | None = None

    @property
    def rough(self) -> bool:
        """Whether so few were launched that the first one's cost shows."""
        return self.value is not None and (self.at or 0) < FEWEST_LAUNCHED


@dataclass(frozen=True, kw_only=True)
class Spawn(Row):
    """One runtime's start latencies by population, from idle and then awake, the smallest first,
    and its burst. `starts` are those that its name stands for: at N, from idle and awake."""

    populations: tuple[Population, ...]
    starts: tuple[Population, ...]
    burst: Rate


Place = tuple[Spawn, Population | None]
OF: Mapping[str, str] = {
    "climb": "the climb",
    "short": "repeats",
    "burst": "bursts",
    "leak": "the leak check",
}


def _latency(place: int) -> Column[Place]:
    return Column(NAMES[place], QUANTILE_KEYS[place], partial(_seconds, place), units.seconds)


def _doubts(place: Place) -> Doubts:
    """Those about a population's quantiles and the burst."""
    row, one = place
    quantiles = zip(QUANTILE_KEYS, one.doubts if one else (), strict=False)
    found = {**dict(quantiles), "burst_units_per_second": row.burst.doubt}
    return {key: doubt for key, doubt in found.items() if doubt}


def _seconds(place: int, one: Place) -> float | None:
    return one[1].quantiles[place].value if one[1] else None


def _count(value: int | None) -> str:
    return "–" if value is None else units.count(value)


COLUMNS: tuple[Column[Place], ...] = (
    Column("runtime", "runtime", lambda one: one[0].runtime, is_number=False),
    Column("start", "start", lambda one: one[1].start.name if one[1] else "", is_number=False),
    Column("parked", "units", lambda one: one[1].units if one[1] else None, _count),
    Column("of", "sweep", lambda one: OF[one[1].purpose] if one[1] else "", is_number=False),
    Column("timed in each", "timed", lambda one: one[1].timed if one[1] else None, _count),
    Column("sweeps", "sweeps", lambda one: one[1].samples if one[1] else None, _count),
    *(_latency(place) for place in range(len(QUANTILES))),
    Column(
        "overhead",
        "overhead_seconds",
        lambda one: one[1].overhead if one[1] else None,
        units.seconds,
    ),
    Column(
        "futex slots", "futex_slots", lambda one: one[1].futex_slots if one[1] else None, _count
    ),
    Column("burst", "burst_units_per_second", lambda one: one[0].burst.value, units.rate),
    Column("low", "burst_low", lambda one: one[0].burst.low, units.rate),
    Column("high", "burst_high", lambda one: one[0].burst.high, units.rate),
    Column("of", "burst_units", lambda one: one[0].burst.at, _count),
)


@dataclass(frozen=True, kw_only=True)
class Spawns(Chart):
    """The rows in the result's order."""

    name: ClassVar[str] = "spawn"
    rows: tuple[Spawn, ...]

    @property
    def bursts(self) -> str:
        """How many units were launched at once."""
        return counted((row.kind, row.burst.at) for row in self.rows if row.burst.value)

    @property
    def parked(self) -> str:
        """How many units were parked while those were started that `starts` tell of."""
        return counted((row.kind, one.units) for row in self.rows for one in row.starts)

    @property
    def drawn_doubts(self) -> Iterable[str]:
        """Those about the burst, and about the two starts that a runtime's name stands for."""
        starts = (doubt for row in self.rows for one in row.starts for doubt in one.doubts)
        return filter(None, (*starts, *(row.burst.doubt for row in self.rows)))

    @property
    def table(self) -> Table:
        places: list[Place] = []
        for row in self.rows:
            places += [(row, one) for one in row.populations] or [(row, None)]
        return tabulate(COLUMNS, places, _doubts)


def spawn(result: Result, metrics: Sequence[Metric]) -> Spawns:
    """A row for each runtime that ran."""
    timed = populations(result)
    rows = tuple(_row(one, metrics, timed[one.key]) for one in ran(result, metrics))
    return Spawns(
        title=_title(rows),
        how=HOW,
        missing=(*left_out(result, metrics), *grouped(_lacks(rows), len(rows))),
        caption=caption(result),
        rows=rows,
    )


def start_and_overhead(one: Population) -> str:
    """Which of the two starts it is, marked where any of its quantiles is doubted, and how much of
    it is measuring overhead."""
    name = marked(one.start.name, gravest(one.doubts))
    return f"{name}, {units.seconds(one.overhead)}"


def _row(runtime: CaseRecord, metrics: Sequence[Metric], timed: Sequence[Population]) -> Spawn:
    get = partial(find, metrics, runtime.key)
    figures = {
        start: [get(OF_START[start].name, quantile=quantile) for quantile in QUANTILES]
        for start in STARTS
    }
    populations = tuple(_by_figures(one, figures[one.start]) for one in timed)
    starts = (_named(start, figures[start][0], populations) for start in STARTS)
    return Spawn(
        **who(runtime),
        populations=populations,
        starts=tuple(one for one in starts if one),
        burst=_rate(get(BURST.name)),
    )


def _by_figures(one: Population, figures: Sequence[Metric | None]) -> Population:
    """The population; the one at N by the run's own figures, which may pool sweeps that ended at
    almost the same count: two readers never disagree."""
    known = [figure for figure in figures if figure and figure.at == one.units]
    if len(known) < len(figures) or known[0].value is None:
        return one
    estimates = tuple(Estimate(figure.value, figure.low, figure.high) for figure in known)
    return replace(
        one,
        samples=known[0].samples,
        quantiles=estimates,
        overhead=known[0].overhead,
        doubts=tuple(figure.doubt for figure in known),
    )


def _named(
    start: Start, median: Metric | None, populations: Sequence[Population]
) -> Population | None:
    """The population that this start latency without a count stands for: that of the run's own
    figure; where that is unknown, the largest."""
    own = [one for one in populations if one.start == start]
    at = median.at if median and median.value is not None else None
    return next((one for one in own if one.units == at), own[-1] if own else None)


def _rate(burst: Metric | None) -> Rate:
    if burst is None or not burst.value:
        return Rate(value=None)
    return Rate(
        value=1 / burst.value,
        low=1 / burst.high if burst.high else None,
        high=1 / burst.low if burst.low else None,
        at=burst.at,
        doubt=burst.doubt,
    )


def _title(rows: Sequence[Spawn]) -> str:
    """The thread's burst against the fastest task's; else the slowest against the fastest. Of
    those that are not doubted, where there are any."""
    told = [row for row in rows if row.burst.value and not row.burst.rough]
    told = sure(told, lambda row: row.burst.doubt)
    known = sorted(told, key=lambda row: row.burst.value or 0)
    if not known:
        return _latency_title(rows)
    threads = [row for name in THREADS for row in known if row.runtime == name]
    tasks = [row for row in known if row.kind == "task"]
    slow, fast = (threads[0], tasks[-1]) if threads and tasks else (known[0], known[-1])
    said = f"{_rate_of(slow)} are launched a second in a burst of {units.count(slow.burst.at)}"
    if slow is not fast:
        said += f", or {_rate_of(fast)} in one of {units.count(fast.burst.at)}"
    return f"{said}."


def _rate_of(row: Spawn) -> str:
    return f"{marked(units.number(row.burst.value), row.burst.doubt)} {many(row.label)}"


def _latency_title(rows: Sequence[Spawn]) -> str:
    timed = [
        (row, one, median)
        for row in rows
        for one in row.starts
        if (median := one.quantiles[0].value) is not None
    ]
    for row, one, median in sure(timed, lambda place: place[1].doubt)[:1]:
        within = marked(units.seconds(median), one.doubt)
        return f"One {row.label} starts within {within} {one.start.name}, at the median."
    if any(row.burst.rough for row in rows):
        return "This run tells only roughly how fast units start."
    return "How fast units start is unknown."


def _untold(shown: Sequence[Population]) -> list[str]:
    """The quantiles that too few were timed to tell."""
    return [
        name
        for place, name in enumerate(NAMES)
        if any(one.quantiles[place].value is None for one in shown)
    ]


def _lacks(rows: Sequence[Spawn]) -> Iterator[tuple[str, str]]:
    for row in rows:
        if not row.populations:
            yield row.runtime, "start latency was not taken"
        elif len(row.starts) < len(STARTS):
            yield row.runtime, f"start latency was taken {row.starts[0].start.name} alone"
        elif few := _untold(row.starts):
            yield row.runtime, f"too few starts were timed to tell their {' and '.join(few)}"
        if row.burst.value is None:
            yield row.runtime, "the burst's rate is unknown"
        elif row.burst.rough:
            yield row.runtime, f"the rate is rough, of a burst of {units.count(row.burst.at)} units"
        elif row.burst.low is None:
            yield row.runtime, "too few sweeps for an interval"
