"""How long one more unit takes to start, from idle and awake, and how fast a burst goes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from bench.derive.doubts import gravest
from bench.derive.metrics import Metric
from bench.derive.statistics import Estimate
from bench.derive.times import QUANTILES, STARTS, Population, populations
from bench.model.records import BURST_FROM_NOTHING, CLIMB, LEAK, REPEAT, Result
from bench.quantities import BURST, OF_START
from reports.figures.chart import (
    Chart,
    Column,
    Doubts,
    counted,
    doubted,
    grouped,
    no_interval,
    ran,
    tabulate,
)
from reports.figures.shapes import Axis, Bar, BarRow, Bars, Key, Range, RangeRow, Ranges
from reports.tables.comparison import THREADS, Row
from reports.wording import units
from reports.wording.doubted import marked, sure
from reports.wording.escape import many, plain

NAMES = ("median", "90 %", "99 %", "longest")  # of QUANTILES
QUANTILE_KEYS = tuple(f"start_{name}_seconds" for name in ("median", "p90", "p99", "longest"))
FEWEST_LAUNCHED = 50
HOW = (
    "Start latency is the time from the spawn call to the new unit's first instruction, for one "
    "unit at a time while the others are parked; each quantile is the median over processes. From "
    "idle: the machine is as it is, and a new thread may wait until a sleeping processor is "
    "awake. Awake: the runner is held on one processor, and nothing has to wake. Overhead: the "
    "same round with nothing spawned, which is part of each start. Burst: many units launched at "
    "once in a new process, with its 95 % interval."
)
OF: Mapping[str, str] = {
    CLIMB: "the climb",
    REPEAT: "repeats",
    BURST_FROM_NOTHING: "bursts",
    LEAK: "the leak check",
}


@dataclass(frozen=True)
class Rate:
    """Units a second, with the 95 % interval; `None` is unknown. `at` units were launched, in
    each of `samples` processes; `doubt` is about the value."""

    value: float | None
    low: float | None = None
    high: float | None = None
    at: int | None = None
    samples: int = 0
    doubt: str | None = None

    @property
    def rough(self) -> bool:
        """Whether so few were launched that the first one's cost shows."""
        return self.value is not None and (self.at or 0) < FEWEST_LAUNCHED


@dataclass(frozen=True)
class Spawn:
    """One case's start latencies by population, from idle and then awake, the smallest first, and
    its burst. `starts` are those that its name stands for: at N, from idle and awake."""

    row: Row
    populations: tuple[Population, ...]
    starts: tuple[Population, ...]
    burst: Rate


Place = tuple[Spawn, Population | None]


def _count(value: int | None) -> str:
    return "–" if value is None else units.count(value)


def _purpose(one: Population | None) -> str:
    return OF.get(one.purpose, plain(one.purpose)) if one else ""


def _of(heading: str, key: str, field: str) -> Column[Place]:
    """A column of a population's own field, empty where there is no population."""
    said: Callable[..., str] = units.seconds if key.endswith("_seconds") else _count
    return Column(heading, key, lambda one: getattr(one[1], field, None), said)


def _latency(place: int) -> Column[Place]:
    def seconds(one: Place) -> float | None:
        return one[1].quantiles[place].value if one[1] else None

    return Column(NAMES[place], QUANTILE_KEYS[place], seconds, units.seconds)


COLUMNS: tuple[Column[Place], ...] = (
    Column("runtime", "runtime", lambda one: one[0].row.name, is_number=False),
    Column("start", "start", lambda one: one[1].start.name if one[1] else "", is_number=False),
    _of("parked", "units", "units"),
    Column("of", "sweep", lambda one: _purpose(one[1]), is_number=False),
    _of("timed in each", "timed", "timed"),
    _of("repeats", "sweeps", "samples"),
    *(_latency(place) for place in range(len(QUANTILES))),
    _of("overhead", "overhead_seconds", "overhead"),
    _of("futex slots", "futex_slots", "futex_slots"),
    Column("burst", "burst_units_per_second", lambda one: one[0].burst.value, units.rate),
    Column("low", "burst_low", lambda one: one[0].burst.low, units.rate),
    Column("high", "burst_high", lambda one: one[0].burst.high, units.rate),
    Column("of", "burst_units", lambda one: one[0].burst.at, _count),
)


def spawn(result: Result, metrics: Sequence[Metric]) -> Chart:
    """A row for each case that ran, in the result's order: its burst, and its start latencies."""
    rows = spawns(result, metrics)
    bursts = Bars(
        axis=Axis("units a second", "rate"),
        rows=tuple(map(_burst, rows)),
        solid="burst, units a second",
    )
    starts = Ranges(
        axis=Axis("start latency", "seconds", log=True),
        points=NAMES,
        rows=tuple(map(_ranges, rows)),
        unknown="start latency unknown",
    )
    launched = counted((row.row.kind, row.burst.at) for row in rows if row.burst.value)
    parked = counted((row.row.kind, one.units) for row in rows for one in row.starts)
    timed = any(row.starts for row in rows)
    return Chart(
        title=_title(rows),
        how=HOW,
        plots=(bursts, starts) if timed else (bursts,),
        keys=(
            *([Key(f"bars: bursts of {launched}")] if launched else []),
            *([Key("at the end of a start: which one, and overhead in it")] if timed else []),
            *([Key(f"with {parked} parked")] if parked else []),
        ),
        missing=grouped(_lacks(rows), len(rows)),
        numbers=tabulate(
            COLUMNS,
            [(row, one) for row in rows for one in (row.populations or (None,))],
            _doubts,
        ),
    )


def spawns(result: Result, metrics: Sequence[Metric]) -> list[Spawn]:
    """How the units of each case that ran start."""
    timed = populations(result)
    return [_spawn(row, timed.get(row.case, ())) for row in ran(result, metrics)]


def _doubts(place: Place) -> Doubts:
    """Those about a population's quantiles and the burst."""
    row, one = place
    quantiles = zip(QUANTILE_KEYS, one.doubts if one else (), strict=False)
    return doubted(**dict(quantiles), burst_units_per_second=row.burst.doubt)


def _burst(row: Spawn) -> BarRow:
    burst = row.burst
    if burst.rough:
        notes: tuple[str, ...] = (f"rough: of {units.count(burst.at)}",)
    elif burst.low is None or burst.high is None:
        notes = ()
    else:
        notes = (f"{units.number(burst.low)} to {units.number(burst.high)}",)
    bar = Bar(
        value=burst.value,
        low=burst.low,
        high=burst.high,
        said=marked(units.rate(burst.value), burst.doubt),
        doubt=burst.doubt,
    )
    return BarRow(case=row.row.name, label=row.row.label, bars=(bar,), notes=notes)


def _ranges(row: Spawn) -> RangeRow:
    """Each range, with which of the two starts it is, marked where any of its quantiles is doubted,
    and how much of it is measuring overhead."""
    ranges = tuple(
        Range(
            points=tuple(quantile.value for quantile in one.quantiles),
            said=f"{marked(one.start.name, gravest(one.doubts))}, {units.seconds(one.overhead)}",
            doubt=gravest(one.doubts),
        )
        for one in row.starts
    )
    doubts = tuple(doubt for one in row.starts for doubt in one.doubts)
    return RangeRow(case=row.row.name, label=row.row.label, ranges=ranges, doubts=doubts)


def _spawn(row: Row, timed: Sequence[Population]) -> Spawn:
    """The population that a start latency without a count stands for is that of the run's own
    figure; where that is unknown, the largest."""
    figures = {
        start: [row.metric(OF_START[start].name, quantile=quantile) for quantile in QUANTILES]
        for start in STARTS
    }
    known = tuple(_by_figures(one, figures[one.start]) for one in timed)
    starts = []
    for start in STARTS:
        own, median = [one for one in known if one.start == start], figures[start][0]
        at = median.at if median and median.value is not None else None
        starts += [one for one in own if one.units == at][:1] or own[-1:]
    burst, rate = row.metric(BURST.name), Rate(None)
    if burst and burst.value:
        low, high = (1 / end if end else None for end in (burst.high, burst.low))
        rate = Rate(1 / burst.value, low, high, burst.at, burst.samples, burst.doubt)
    return Spawn(row, known, tuple(starts), rate)


def _by_figures(one: Population, figures: Sequence[Metric | None]) -> Population:
    """The population; the one at N by the run's own figures, which may pool repeats that ended at
    almost the same count: two readers never disagree."""
    known = [figure for figure in figures if figure and figure.at == one.units]
    if len(known) < len(figures) or known[0].value is None:
        return one
    return replace(
        one,
        samples=known[0].samples,
        quantiles=tuple(Estimate(figure.value, figure.low, figure.high) for figure in known),
        overhead=known[0].overhead,
        doubts=tuple(figure.doubt for figure in known),
    )


def _title(rows: Sequence[Spawn]) -> str:
    """The thread's burst against the fastest task's; else the slowest against the fastest. Of
    those that are not doubted, where there are any."""
    launched = [row for row in rows if row.burst.value and not row.burst.rough]
    launched = sure(launched, lambda row: row.burst.doubt)
    known = sorted(launched, key=lambda row: row.burst.value or 0)
    if not known:
        return _latency_title(rows)
    threads = [row for name in THREADS for row in known if row.row.name == name]
    tasks = [row for row in known if row.row.kind == "task"]
    slow, fast = (threads[0], tasks[-1]) if threads and tasks else (known[0], known[-1])
    said = f"{_rate_of(slow)} are launched a second in a burst of {units.count(slow.burst.at)}"
    if slow is not fast:
        said += f", or {_rate_of(fast)} in one of {units.count(fast.burst.at)}"
    return f"{said}."


def _rate_of(row: Spawn) -> str:
    return f"{marked(units.number(row.burst.value), row.burst.doubt)} {many(row.row.label)}"


def _latency_title(rows: Sequence[Spawn]) -> str:
    timed = [
        (row, one, median)
        for row in rows
        for one in row.starts
        if (median := one.quantiles[0].value) is not None
    ]
    for row, one, median in sure(timed, lambda place: place[1].doubt)[:1]:
        within = marked(units.seconds(median), one.doubt)
        return f"One {row.row.label} starts within {within} {one.start.name}, at the median."
    if any(row.burst.rough for row in rows):
        return "This run shows only roughly how fast units start."
    return "How fast units start is unknown."


def _lacks(rows: Sequence[Spawn]) -> Iterator[tuple[str, str]]:
    for row in rows:
        few = [
            name
            for place, name in enumerate(NAMES)
            if any(one.quantiles[place].value is None for one in row.starts)
        ]
        if not row.populations:
            yield row.row.name, "start latency was not measured"
        elif len(row.starts) < len(STARTS):
            yield row.row.name, f"start latency was measured {row.starts[0].start.name} only"
        elif few:
            yield row.row.name, f"too few starts were timed for their {' and '.join(few)}"
        if row.burst.value is None:
            yield row.row.name, "the burst's rate is unknown"
        elif row.burst.rough:
            yield (
                row.row.name,
                f"the rate is rough, of a burst of {units.count(row.burst.at)} units",
            )
        elif row.burst.low is None:
            yield row.row.name, no_interval(row.burst.samples)
