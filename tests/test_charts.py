"""The data behind the six figures: golden values, one message each, and what is missing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import pytest
from msgspec.structs import replace

from bench.derive.metrics import Metric, figures, find
from bench.model.records import Limit, Result, Session, Status
from reports.figures.all import FIGURES, charts, names
from reports.figures.chart import Chart
from reports.figures.closeness import closeness
from reports.figures.growth import growth
from reports.figures.how_many import how_many
from reports.figures.spawn import spawn, spawns
from reports.figures.unit_cost import unit_cost
from reports.figures.where_time_goes import where_time_goes
from tests.support.results import (
    ASYNCIO,
    GOROUTINE,
    PTHREAD,
    THREADING,
    Unit,
    allowing,
    altered,
    result,
    runtime,
    sweep,
    whole_run,
)

T = TypeVar("T")


def of(build: Callable[[Result, Sequence[Metric]], T], made: Result) -> T:
    """What is built of a result and its own metrics."""
    return build(made, figures(made))


def rows(chart: Chart, plot: int = 0) -> Any:
    """The rows of one of its plots."""
    return chart.plots[plot].rows


# How many


def climb(
    name: str = "asyncio",
    top: int = 1000,
    status: str = "max",
    limits: tuple[Limit, ...] = (),
    limit: str | None = None,
    projected: int | None = None,
) -> Session:
    made = sweep(
        (10, top),
        runtime=name,
        purpose="climb",
        status=status,  # type: ignore[arg-type]
        limits=limits,
        limit=limit,
    )
    return replace(made, stop=replace(made.stop, projected=projected))


PIDS = allowing("kernel.pid_max", 32_456, value=32_768)
MAPS = allowing("vm.max_map_count", 22_362, value=65_530, take=2.93)
MEMORY = allowing("MemAvailable", 19_273_901, measure="bytes", value=24 << 30, take=1152.0)
THREAD = climb("pthread", 30_000, "reserve", (PIDS, MEMORY), projected=32_456)
PYTHON = climb("threading", 22_362, "refused", (MAPS, PIDS), limit="vm.max_map_count")
TASK = climb("asyncio", 1_000_000, "max", (MEMORY,))


def test_how_many_tells_what_was_reached_what_is_projected_and_what_stops_it() -> None:
    made = result(TASK, THREAD, PYTHON)
    chart = of(how_many, made)
    assert chart.table.headings == ("runtime", "reached", "ended by", "projected", "limit")
    assert chart.table.words == (
        (
            *("threading", "22,362", "vm.max_map_count, 65,530 mappings, 2.93 a thread", "–"),
            "vm.max_map_count",
        ),
        ("pthread", "30,000", "safety reserve", "32,456", "kernel.pid_max"),
        ("asyncio", "1,000,000", "this run's cap", "19,273,901", "MemAvailable"),
    )
    assert chart.table.values[1] == (
        *("pthread", 30_000, "safety reserve", 32_456, "kernel.pid_max"),
    )
    assert [row.notes for row in rows(chart)] == [
        ("vm.max_map_count, 65,530 mappings, 2.93 a thread",),
        ("projected: kernel.pid_max", "30,000 launched, safety reserve"),
        ("projected: MemAvailable", "1,000,000 launched, this run's cap"),
    ]
    assert [row.bars[0].far for row in rows(chart)] == [22_362, 32_456, 19_273_901]
    assert chart.missing == ()


def test_how_many_of_the_whole_run() -> None:
    chart = of(how_many, whole_run())
    assert chart.table.words == (
        ("threading", "22,362", "vm.max_map_count", "–", "vm.max_map_count"),
        ("pthread", "30,000", "safety reserve", "–", ""),
        ("goroutine", "1,000,000", "this run's cap", "–", ""),
        ("asyncio", "1,000,000", "this run's cap", "–", ""),
    )
    assert chart.missing == ("pthread, goroutine, asyncio: what would stop it is unknown",)


REACHES: list[tuple[str, tuple[Session, ...], str]] = [
    (
        "both projected",
        (THREAD, TASK),
        (
            "OS threads (C) would hit kernel.pid_max at about 32,500; "
            "asyncio tasks would fill memory at about 19.3 million."
        ),
    ),
    (
        "a thread that was stopped",
        (PYTHON, TASK),
        (
            "threading.Threads hit vm.max_map_count at 22,362; "
            "asyncio tasks would fill memory at about 19.3 million."
        ),
    ),
    (
        "nothing but counts",
        (climb("pthread", 30_000), climb()),
        "30,000 OS threads (C) and 1,000 asyncio tasks were alive at once.",
    ),
    (
        "one that was stopped, one that was not",
        (PYTHON, climb()),
        (
            "threading.Threads hit vm.max_map_count at 22,362; "
            "1,000 asyncio tasks were alive at once."
        ),
    ),
    ("one runtime", (TASK,), "asyncio tasks would fill memory at about 19.3 million."),
    ("one count", (climb(),), "1,000 asyncio tasks were alive at once."),
    (
        "tasks alone",
        (climb("trio", 10_000), climb("gevent", 2000), climb("asyncio", 5000)),
        "2,000 gevents and 10,000 trio tasks were alive at once.",
    ),
    (
        "a projection without a name",
        (climb(projected=5000),),
        "asyncio tasks would hit a limit at about 5,000.",
    ),
    ("nothing alive", (sweep((), status="failed"),), "How many can be launched is unknown."),
    ("nothing ran", (), "How many can be launched is unknown."),
]


@pytest.mark.parametrize(
    ("sweeps", "title"), [case[1:] for case in REACHES], ids=[case[0] for case in REACHES]
)
def test_the_title_of_how_many_says_no_more_than_the_run_bears(
    sweeps: tuple[Session, ...], title: str
) -> None:
    assert of(how_many, result(*sweeps)).title == title


def test_what_went_past_the_foretold_count_or_met_its_limit_is_not_projected() -> None:
    past = climb(top=1000, status="budget", limits=(allowing("pids.max", 900),))
    met = climb(top=1000, status="refused", limit="pids.max", limits=(allowing("pids.max", 5000),))
    for one in (past, met):
        ((bar,),) = (row.bars for row in rows(of(how_many, result(one))))
        assert (bar.far, bar.projected) == (1000, None)


def test_a_count_that_is_unknown_stands_last_with_the_reason() -> None:
    broken = sweep((), runtime="trio", status="failed")
    chart = of(how_many, result(broken, TASK))
    assert [words[0] for words in chart.table.words] == ["asyncio", "trio"]
    assert chart.missing == ("trio: how many is unknown (runner failed)",)


FAR = allowing("address space", 134_000_000_000)
HIDDEN = {
    "memory": allowing("MemAvailable", None, take=None),
    "memory that cannot be read": allowing("MemAvailable", None, value=None, use=None, known=False),
    "mappings": allowing("vm.max_map_count", None, take=None),
    "a cgroup's memory": allowing("memory.max", None, take=None, where="/sys/fs/cgroup/a"),
}


@pytest.mark.parametrize("case", HIDDEN)
@pytest.mark.parametrize("status", ["max", "reserve", "budget"])
def test_no_limit_is_projected_past_one_whose_use_is_unknown(case: str, status: Status) -> None:
    hidden = HIDDEN[case]
    one = sweep((100, 1000), runtime="trio", status=status, limits=(FAR, hidden))
    one = replace(one, stop=replace(one.stop, predicted=FAR.allows, projected=FAR.allows))
    chart = of(how_many, result(one))
    assert chart.table.values[0][3:] == (None, None)
    assert chart.title == "1,000 trio tasks were alive at once."
    limits = of(closeness, result(one))
    assert limits.title == "Which limit is the nearest is unknown."
    assert limits.missing == (
        f"trio: the nearest limit is unknown, as what {hidden.name} would allow is",
    )
    ceiling = find(figures(result(one)), "trio", "ceiling")
    assert ceiling is not None
    assert (ceiling.predicted, ceiling.projected) == (None, None)
    assert (
        f"nothing is projected: how many units {hidden.name} would allow is unknown"
        in ceiling.warnings
    )


def test_a_limit_that_refuses_nothing_by_itself_hides_none() -> None:
    stack = allowing("RLIMIT_STACK", None, take=None, use=None)
    one = sweep((100, 1000), runtime="trio", limits=(FAR, stack))
    assert rows(of(how_many, result(one)))[0].bars[0].projected == FAR.allows


def test_a_limit_that_ended_the_launch_is_named_whatever_is_unknown() -> None:
    pids = allowing("pids.max", 1000)
    one = sweep((100, 1000), runtime="pthread", status="refused", limit="pids.max")
    one = replace(one, limits=(pids, HIDDEN["memory"]))
    assert of(closeness, result(one)).title == "pids.max ended OS threads (C) at 1,000."


# What one unit costs


def test_unit_cost_holds_the_parts_of_the_whole_run() -> None:
    chart = of(unit_cost, whole_run())
    assert chart.title == (
        "One OS thread (C) takes as much memory as 31 asyncio tasks: 34.8 KiB against 1.13 KiB per "
        "unit."
    )
    assert chart.table.headings == (
        *("runtime", "at", "user memory", "kernel stack", "page tables", "other kernel memory"),
        *("total per unit", "low", "high", "as RSS shows", "repeats"),
    )
    assert chart.table.values == (
        ("threading", 10_000, 16_531, 16_384, 4140, 7076, 44_131, 44_131, 44_131, 900, 6),
        ("pthread", 10_000, 8481, 16_384, 4140, 6678, 35_683, 35_683, 35_683, 8600, 6),
        ("goroutine", 100_000, 2750, 0, 5, 0, 2755, 2755, 2755, 2750, 6),
        ("asyncio", 100_000, 1152, 0, 2, 0, 1154, 1154, 1154, 1150, 6),
    )
    assert chart.table.words[0] == (
        *("threading", "10,000", "16.1 KiB", "16.0 KiB", "4.04 KiB", "6.91 KiB", "43.1 KiB"),
        *("43.1 KiB", "43.1 KiB", "900 B", "6"),
    )
    assert chart.missing == ()


def test_parts_that_are_more_than_the_total_do_not_divide_its_bar() -> None:
    under = Unit(user=1000, kernel=4, page_tables=8)
    chart = of(unit_cost, result(sweep(unit=under)))
    (row,) = rows(chart)
    assert row.parts == (None, None, None, None, 1004)
    assert row.total == row.long == 1004
    assert chart.missing == (
        "asyncio: the parts do not add up to the total, so the bar is not divided",
    )


def test_parts_that_do_not_add_up_to_the_total_are_not_drawn_as_its_parts() -> None:
    units = [Unit(user=1000, kernel=8), Unit(user=10, kernel=5000), Unit(user=5000, kernel=8)]
    made = result(*[sweep(unit=unit, number=n) for n, unit in enumerate(units)])
    (row,) = rows(of(unit_cost, made))
    assert row.parts == (None, None, None, None, 5008)
    assert row.total == row.long == 5008


def test_unknown_kernel_memory_is_unknown_and_said() -> None:
    unread = sweep((10_000, 100_000), Unit(kernel=None, kernel_stack=None), runtime="trio")
    chart = of(unit_cost, result(unread, sweep()))
    assert list(rows(chart)[1].parts) == [1000, None, 8, None]
    assert (rows(chart)[1].total, rows(chart)[1].long) == (None, 1008)
    assert chart.missing == (
        "asyncio: no confidence interval (1 of 6 repeats)",
        "trio: unknown: kernel stack, other kernel memory",
    )


# Memory as it grows


def test_growth_has_a_row_a_point() -> None:
    chart = of(growth, whole_run())
    assert chart.title == "30,000 OS threads (C) took 0.997 GiB, 1,000,000 asyncio tasks 1.07 GiB."
    assert chart.table.headings == (
        *("runtime", "units", "memory above the baseline", "least", "most", "repeats", "line"),
    )
    assert len(chart.table.values) == 4 + 4 + 5 + 5
    assert chart.table.values[1] == (
        *("pthread", 1000, 35_683_000, 35_683_000, 35_683_000, 6, 35_683_000),
    )
    assert chart.table.words[1] == (
        *("pthread", "1,000", "34.0 MiB", "34.0 MiB", "34.0 MiB", "6", "34.0 MiB"),
    )
    assert chart.missing == ()


def test_without_a_pair_the_title_is_of_what_took_most() -> None:
    few = sweep((1000,), PTHREAD, runtime="pthread")
    chart = of(growth, result(few, sweep((1000,), ASYNCIO)))
    assert chart.title == "1,000 OS threads (C) took 34.0 MiB."
    assert chart.missing == ("one count only: no line",)


def test_units_that_fit_into_what_the_process_held_are_not_drawn() -> None:
    chart = of(growth, result(sweep((10, 100), Unit(user=0, kernel=0))))
    assert rows(chart)[0].points == ()
    assert len(chart.table.values) == 2
    assert chart.title == "How memory grows is unknown."
    assert chart.missing == ("asyncio: no curve: nothing was taken above the baseline",)


# Spawn


def test_spawn_has_a_row_a_population_and_the_burst() -> None:
    chart = of(spawn, whole_run())
    assert chart.title == (
        "25,000 OS threads (C) are launched a second in a burst of 1,000, "
        "or 250,000 goroutines in one of 10,000."
    )
    assert chart.keys[0].words == "bars: bursts of 1,000 threads or 10,000 tasks"
    assert chart.table.headings == (
        *("runtime", "start", "parked", "of", "timed in each", "repeats", "median", "90 %", "99 %"),
        *("longest", "overhead", "futex slots", "burst", "low", "high", "of"),
    )
    assert chart.table.words[2] == (
        *("pthread", "from idle", "10,000", "repeats", "100", "6", "110 ns", "130 ns", "130 ns"),
        *("130 ns", "5.00 ns", "–", "25,000/s", "25,000/s", "25,000/s", "1,000"),
    )
    assert [words[1:3] for words in chart.table.words[:8]] == [
        (start, parked)
        for start in ("from idle", "awake")
        for parked in ("100", "1,000", "10,000", "30,000")
    ]
    assert chart.missing == ()


def test_a_start_without_a_count_is_that_of_the_repeats_from_idle_and_awake() -> None:
    slow, unit = Unit(start_ns=(9,) * 100), Unit(start_ns=(5,) * 100, awake_ns=(3,) * 100)
    climb = sweep((100, 1000, 2000), slow, purpose="climb")
    (row,) = of(spawns, result(climb, sweep((100, 1000), unit)))
    assert [(one.start.name, one.units) for one in row.starts] == [
        ("from idle", 1000),
        ("awake", 1000),
    ]
    assert [one.quantiles[0].value for one in row.starts] == pytest.approx([5e-9, 3e-9])


def test_a_start_that_the_repeats_do_not_tell_is_that_of_the_largest_population() -> None:
    one = sweep((100, 1000, 2000))
    last = altered(one.steps[2], latencies=None, awake_latencies=None)
    (row,) = of(spawns, result(replace(one, steps=(*one.steps[:2], last))))
    assert [one.units for one in row.starts] == [1000, 1000]


def test_a_start_that_was_not_taken_awake_is_said_to_be_missing() -> None:
    one = sweep()
    steps = tuple(altered(step, awake_latencies=None) for step in one.steps)
    chart = of(spawn, result(replace(one, steps=steps)))
    assert [one.said for one in rows(chart, 1)[0].ranges] == ["from idle†, 5.00 ns"]
    assert "asyncio: start latency was measured from idle only" in chart.missing


def test_the_latency_at_n_is_the_run_s_own_figure() -> None:
    sweeps = [
        sweep((100, count), Unit(start_ns=(ns,) * 9), number=count)
        for count, ns in ((980, 100), (1000, 110), (1000, 120))
    ]
    chart = of(spawn, result(*sweeps))
    (row,) = of(spawns, result(*sweeps))
    at_n = next(one for one in row.populations if one.units == 1000)
    assert at_n.quantiles[0].value == pytest.approx(110e-9)
    assert [one.value is None for one in at_n.quantiles] == [False, True, True, False]
    assert at_n.samples == 3
    assert chart.missing[0] == "asyncio: too few starts were timed for their 90 % and 99 %"
    assert chart.table.words[2][7:9] == ("unknown", "unknown")


def test_a_burst_of_a_few_units_is_rough_and_makes_no_title() -> None:
    chart = of(spawn, result(climb(), climb("trio")))
    assert chart.title == ("One asyncio task starts within 110 ns† from idle, at the median.")
    assert chart.missing == ("the rate is rough, of a burst of 10 units",)
    untimed = [
        replace(
            one,
            steps=tuple(altered(step, latencies=None, awake_latencies=None) for step in one.steps),
        )
        for one in (climb(), climb("trio"))
    ]
    chart = of(spawn, result(*untimed))
    assert chart.title == "This run shows only roughly how fast units start."
    assert chart.missing[0] == "start latency was not measured"


def test_the_interval_of_a_rate_is_that_of_its_seconds_turned_round() -> None:
    units = [Unit(burst=seconds * 1e-6) for seconds in range(1, 7)]
    made = result(*[sweep((100, 1000), unit, number=n) for n, unit in enumerate(units)])
    burst = of(spawns, made)[0].burst
    assert burst.value == pytest.approx(1e6 / 3.5)
    assert [burst.low, burst.high] == pytest.approx([1e6 / 6, 1e6])


# Where the time goes


def test_where_time_goes_splits_user_collector_system_and_the_rest() -> None:
    chart = of(where_time_goes, whole_run())
    assert chart.table.headings == (
        *("runtime", "at", "marginal burst", "program", "garbage collector", "kernel"),
        *("neither: waiting", "kernel's share of CPU", "page faults per unit"),
    )
    assert chart.table.words[0] == (
        *("pthread", "10,000", "20.0 µs", "10.0 µs", "2.00 µs", "6.00 µs", "2.00 µs", "33 %"),
        "0.250",
    )
    assert rows(chart)[0].parts == pytest.approx((0.5, 0.1, 0.3, 0.1))
    assert chart.title == (
        "The kernel takes 33 % of the CPU time of launching one OS thread (C), "
        "33 % of one goroutine's."
    )
    assert chart.missing == ()


def busy(**fields: object) -> Result:
    """Long bursts, the last step's fields replaced."""
    one = sweep((10_000, 100_000), Unit(marginal=1e-3))
    one = replace(one, steps=(one.steps[0], altered(one.steps[1], **fields)))
    return result(*(replace(one, round=number) for number in range(1, 7)))


def test_cpus_that_work_at_once_leave_no_time_for_waiting() -> None:
    made = busy(system_seconds=180.0)
    chart = of(where_time_goes, made)
    assert chart.table.values[0][2:8] == pytest.approx((1e-3, 0.5e-3, 0.1e-3, 2e-3, None, 2 / 2.6))
    assert rows(chart)[0].mark == pytest.approx(1 / 2.6)


def test_without_the_collector_s_share_the_program_has_all_user_time() -> None:
    made = busy(gc_seconds=None)
    chart = of(where_time_goes, made)
    assert chart.table.values[0][3:7] == pytest.approx((0.6e-3, None, 0.3e-3, 0.1e-3))
    assert chart.missing == ("asyncio: the collector's share is unknown",)


def test_a_collector_that_took_more_than_the_user_time_is_unknown() -> None:
    made = busy(gc_seconds=80.0)
    parts = of(where_time_goes, made).table.values[0][3:7]
    assert parts == pytest.approx((54 / 90_000, None, 27 / 90_000, 0.1e-3))


@pytest.mark.parametrize(
    ("fields", "missing"),
    [
        ({"user_seconds": None}, "CPU time is unknown, or less than two ticks of its clock"),
        (
            {"user_seconds": 0.0, "system_seconds": 0.01},
            "CPU time is unknown, or less than two ticks of its clock",
        ),
        ({"minor_faults": None}, "page faults are unknown"),
        (
            {"user_seconds": 0.02, "system_seconds": 0.01},
            "the shares are rough, being of a few ticks of the CPU clock",
        ),
    ],
)
def test_what_is_not_known_of_the_time_is_said(fields: dict[str, object], missing: str) -> None:
    made = busy(**fields)
    chart = of(where_time_goes, made)
    assert f"asyncio: {missing}" in chart.missing
    if "user_seconds" in fields:
        assert chart.title == (
            "Launching one asyncio task takes 1.00 ms, in the burst that ended at 100,000."
        )


def test_a_single_burst_is_its_own_wall_clock() -> None:
    made = result(sweep((100_000,), Unit(burst=1e-3)))
    assert of(where_time_goes, made).table.values[0][2] == pytest.approx(1e-3)


# How close every limit is


def test_closeness_has_a_row_a_limit_with_the_binding_one_marked() -> None:
    chart = of(closeness, result(TASK, THREAD, PYTHON))
    assert chart.title == (
        "Threads run into a count, vm.max_map_count or kernel.pid_max; "
        "tasks into memory, MemAvailable."
    )
    assert chart.table.headings == (
        *("runtime", "limit", "where", "allows", "its value", "per unit", "binds", "reached"),
    )
    assert chart.table.words == (
        ("threading", "vm.max_map_count", "", "22,362", "65,530", "2.93", "yes", "22,362"),
        ("threading", "kernel.pid_max", "", "32,456", "32,768", "1", "", "22,362"),
        ("pthread", "kernel.pid_max", "", "32,456", "32,768", "1", "yes", "30,000"),
        ("pthread", "MemAvailable", "", "19,273,901", "24.0 GiB", "1.12 KiB", "", "30,000"),
        ("asyncio", "MemAvailable", "", "19,273,901", "24.0 GiB", "1.12 KiB", "yes", "1,000,000"),
    )
    assert [[bar.quiet for bar in row.bars] for row in rows(chart)] == [
        [False, True],
        [False, True],
        [False],
    ]


NEAREST: list[tuple[str, tuple[Session, ...], str]] = [
    (
        "a task ended by a count",
        (THREAD, climb(status="refused", limit="pids.max")),
        (
            "kernel.pid_max would end OS threads (C) at about 32,500; "
            "pids.max ended asyncio tasks at 1,000."
        ),
    ),
    ("tasks alone", (TASK,), "MemAvailable would end asyncio tasks at about 19.3 million."),
    ("no limits", (climb(),), "Which limit is the nearest is unknown."),
]


@pytest.mark.parametrize(
    ("sweeps", "title"), [case[1:] for case in NEAREST], ids=[case[0] for case in NEAREST]
)
def test_the_title_of_closeness_says_no_more_than_the_run_bears(
    sweeps: tuple[Session, ...], title: str
) -> None:
    assert of(closeness, result(*sweeps)).title == title


def test_a_runtime_without_limits_stands_last_and_is_told() -> None:
    chart = of(closeness, result(climb("trio"), TASK))
    assert [row.case for row in rows(chart)] == ["asyncio", "trio"]
    assert chart.missing == ("trio: no limit that bounds it was read",)


# All six


def every(made: Result) -> tuple[Chart, ...]:
    return charts(made, figures(made))


def test_the_six_have_names_of_their_own_for_files_and_options() -> None:
    assert tuple(chart.name for chart in every(whole_run())) == names()
    assert len(set(names())) == len(FIGURES) == 6
    assert all(name == name.lower() and " " not in name for name in names())


def test_all_carry_machine_versions_and_date() -> None:
    assert {chart.caption for chart in every(whole_run())} == {
        "2 × Some CPU · Linux 6.18.0 · 2026-11-23 · outnumber 0.1.0"
    }


ODD: dict[str, Result] = {
    "nothing": result(),
    "only a failure": result(sweep((), status="failed")),
    "a runtime that could not run": result(runtimes=[runtime("trio", "no trio here")]),
    "one step": result(sweep((1000,))),
    "one step of nothing": result(sweep((0,))),
    "a climb alone": result(climb()),
    "unknown memory": result(sweep(unit=Unit(kernel=None))),
    "threads alone": result(sweep((1000, 10_000), THREADING, runtime="threading")),
    "a stranger": result(sweep(unit=GOROUTINE, runtime="stranger")),
    "no time at all": result(sweep(unit=Unit(burst=0.0, marginal=0.0))),
    "a refusal of the first unit": result(
        sweep((), purpose="climb", status="refused", limit="RLIMIT_NPROC")
    ),
}


@pytest.mark.parametrize("made", ODD.values(), ids=ODD)
def test_all_six_are_made_from_any_result(made: Result) -> None:
    for chart in every(made):
        assert chart.title.endswith(".")
        table = chart.table
        assert {len(row) for row in (*table.words, *table.values)} <= {len(table.headings)}
        assert len(table.words) == len(table.values)
        assert chart.missing or table.words


def test_a_runtime_that_was_left_out_is_said_in_every_figure() -> None:
    names = [runtime("asyncio"), runtime("trio", "pip install trio"), runtime("gevent")]
    for chart in every(result(sweep(), runtimes=names)):
        assert chart.missing[:2] == (
            "trio was left out: pip install trio",
            "gevent did not run",
        )


def test_hostile_names_reach_no_figure_whole() -> None:
    name = "x\x1b[31m\u202e\n" + "long " * 40
    one = climb("a", status="refused", limit=name, limits=(allowing(name, 5, where=name),))
    hostile = replace(one, case=name)
    label = replace(runtime(name), label=name, version=name)
    for chart in every(result(hostile, runtimes=[label, runtime(f"{name}2", name)])):
        texts = [chart.title, chart.caption, *chart.missing]
        texts += [str(cell) for row in chart.table.words for cell in row]
        assert not set("".join(texts)) & {"\x1b", "\u202e", "\n"}
        assert max(map(len, chart.missing)) < 250
        assert len(chart.title) < 200


# Doubts


def beside_other_work(runtime: str, share: float, unit: Unit = Unit()) -> list[Session]:  # noqa: B008
    one = replace(sweep(unit=unit, runtime=runtime), others_share=share)
    return [replace(one, round=number) for number in range(1, 7)]


FAST = Unit(burst=1e-6)


@pytest.mark.parametrize(
    ("made", "title"),
    [
        (
            result(*beside_other_work("trio", 0.5, FAST), *beside_other_work("asyncio", 0.0)),
            "100,000 asyncio tasks are launched a second in a burst of 10,000.",
        ),
        (
            result(*beside_other_work("asyncio", 0.5)),
            ("100,000† asyncio tasks are launched a second in a burst of 10,000."),
        ),
    ],
    ids=["another is sure", "none is"],
)
def test_a_title_of_times_takes_sure_values_or_states_the_doubt(made: Result, title: str) -> None:
    assert of(spawn, made).title == title
    assert of(spawns, made)[0].burst.doubt == "busy"
    times = of(where_time_goes, made)
    assert times.table.doubts
    assert times.table.doubts[0]["wall_seconds"] == "busy"
    assert ("†" in times.title) is ("†" in title)


def seen(doubt: str, runtime: str = "asyncio") -> list[Session]:
    one = sweep(runtime=runtime)
    steps = tuple(replace(step, doubts=(doubt,)) for step in one.steps)
    return [replace(one, steps=steps, round=number) for number in range(1, 7)]


TITLES: dict[str, tuple[Callable[..., Chart], str]] = {
    "how many": (
        how_many,
        ("100,000† asyncio tasks were alive at once."),
    ),
    "growth": (
        growth,
        ("100,000 asyncio tasks took 97.7 MiB†."),
    ),
}


@pytest.mark.parametrize("name", TITLES)
def test_a_title_of_counts_and_memory_states_the_doubt_too(name: str) -> None:
    chart, title = TITLES[name]
    made = result(*seen("unproved"))
    assert chart(made, figures(made)).title == title
    others = [sweep(runtime=other, number=n) for other in ("trio", "gevent") for n in range(1, 7)]
    beside = result(*seen("unproved"), *others)
    assert "†" not in chart(beside, figures(beside)).title
