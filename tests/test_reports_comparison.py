"""The comparison at a run's end, and the one finding in a sentence."""

from __future__ import annotations

import io

import pytest
from msgspec.structs import replace

from bench.derive.metrics import figures
from bench.model.records import Result, Session
from reports.console import Console
from reports.tables.columns import Fitted, cells, columns_of, table_of
from reports.tables.comparison import Comparison, Row, compare, finding
from reports.tables.table import as_markdown
from tests.support.results import (
    ASYNCIO,
    GOROUTINE,
    MEMINFO,
    PTHREAD,
    THREADING,
    Unit,
    result,
    runtime,
    sweep,
    whole_run,
)
from tests.support.runs import UNITS, memory, run_of


def comparison(made: Result) -> Comparison:
    return compare(made, figures(made))


def shown(made: Comparison, width: int) -> list[str]:
    out = io.StringIO()
    Console(file=out, width=width, color_system=None).print(Fitted(made))
    return [line.rstrip() for line in out.getvalue().splitlines()]


def row(made: Result, name: str) -> Row:
    return next(each for each in comparison(made).rows if each.name == name)


# The rows


def words(made: Result, name: str) -> dict[str, str]:
    """The cells of a row, by the keys of their columns."""
    compared = comparison(made)
    columns = columns_of(compared)
    shown = cells(row(made, name), columns)
    return {column.key: cell for column, cell in zip(columns, shown, strict=True)}


def test_a_row_holds_the_metrics_of_its_case() -> None:
    assert words(whole_run(), "asyncio") == {
        "runtime": "asyncio",
        "reached": "1,000,000",
        "stopped": "this run's cap",
        "limit": "none known",
        "limit_at": "",
        "bytes_per_unit_total": "1.13 KiB",
        "bytes_per_unit_rss": "1.12 KiB",
        "burst_seconds_per_unit": "10.0 µs",
        "start_latency_seconds_median": "110 ns",
        "awake_start_latency_seconds_median": "110 ns",
        "start_overhead_seconds": "5.00 ns",
        "units_per_thread": "31",
    }
    assert row(whole_run(), "asyncio").per_thread == 35_683 / 1154


def test_one_os_thread_is_c_s_where_that_ran_and_else_python_s() -> None:
    assert comparison(whole_run()).thread == "pthread"
    made = result(sweep(unit=THREADING, runtime="threading"), sweep(unit=ASYNCIO))
    assert comparison(made).thread == "threading"
    assert row(made, "asyncio").per_thread == pytest.approx(44_131 / 1154)


def test_without_threads_how_many_fit_in_one_is_unknown() -> None:
    made = result(sweep(unit=ASYNCIO))
    assert comparison(made).thread is None
    assert row(made, "asyncio").per_thread is None
    assert "units_per_thread" not in words(made, "asyncio")


def test_units_weighed_by_unlike_sources_are_not_set_against_each_other() -> None:
    other = Unit(user=1152, kernel=2, kernel_source=MEMINFO)
    made = result(sweep(unit=PTHREAD, runtime="pthread"), sweep(unit=other))
    assert row(made, "asyncio").per_thread is None


def climb(status: str, limit: str | None = None) -> Result:
    return result(sweep((100, 1000), purpose="climb", status=status, limit=limit))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("status", "limit", "stopped", "named"),
    [
        ("max", None, "this run's cap", "none known"),
        ("refused", "vm.max_map_count", "limit reached", "vm.max_map_count"),
        ("refused", None, "refused", "none known"),
        ("killed", "memory.max", "killed", "memory.max"),
        ("killed", None, "killed", "none known"),
        ("reserve", None, "safety reserve", "none known"),
        ("budget", None, "out of time", "none known"),
        ("failed", None, "runner failed", "none known"),
        ("interrupted", None, "interrupted", "none known"),
    ],
)
def test_why_a_runtime_stopped_and_its_limit_have_a_column_each(
    status: str, limit: str | None, stopped: str, named: str
) -> None:
    shown = words(climb(status, limit), "asyncio")
    assert (shown["stopped"], shown["limit"]) == (stopped, named)
    assert shown["limit_at"] == ("1,000" if limit else "")


LIMITED = run_of("pthread", "asyncio", "threading", status="reserve")


def test_the_limit_that_would_stop_a_runtime_stands_beside_what_it_reached() -> None:
    shown = words(LIMITED, "asyncio")
    assert (shown["reached"], shown["stopped"]) == ("1,000,000", "safety reserve")
    assert (shown["limit"], shown["limit_at"]) == ("MemAvailable", "≈19.3 million")
    assert "≈ is a projection from what one unit uses." in "\n".join(shown_at(LIMITED, 80))
    assert "≈" not in "\n".join(shown_at(climb("refused", "pids.max"), 80))


def test_a_limit_that_may_bind_first_and_is_unknown_leaves_the_limit_unknown() -> None:
    sessions = (
        replace(one, limits=tuple(replace(x, known=x.name != "MemAvailable") for x in one.limits))
        for one in LIMITED.sessions
    )
    shown = words(replace(LIMITED, sessions=tuple(sessions)), "asyncio")
    assert (shown["limit"], shown["limit_at"]) == ("unknown", "")


def test_a_runtime_that_did_not_run_has_a_row_and_its_reason_below() -> None:
    made = result(
        sweep(), runtimes=[runtime("asyncio"), runtime("trio", "pip install trio"), runtime("x")]
    )
    assert row(made, "trio").stopped == "left out"
    assert row(made, "x").stopped == "did not run"
    lines = shown_at(made, 150)
    (left_out,) = [line for line in lines if line.startswith("trio  ")]
    assert left_out.count("–") == 8
    assert "trio was left out: pip install trio" in lines


def shown_at(made: Result, width: int) -> list[str]:
    return shown(comparison(made), width)


def test_at_80_columns_the_table_has_a_line_a_runtime_too() -> None:
    assert shown_at(LIMITED, 80) == [
        "                                                                 start  units",
        "                    stopped                  limit bytes burst    from    per",
        "runtime     reached by      limit               at   KiB    µs idle µs thread",
        "pthread      30,000 reserve kernel.pid_max ≈32,500  34.8  40.0   0.110    1.0",
        "asyncio   1,000,000 reserve MemAvailable    ≈19.3M  1.13  10.0   0.110     31",
        "threading    30,000 reserve kernel.pid_max ≈32,500  43.1   300   0.110   0.81",
        "≈ is a projection from what one unit uses.",
    ]


@pytest.mark.parametrize("width", [80, 100, 120, 140, 160, 200])
def test_no_word_is_broken_and_no_line_is_too_long(width: int) -> None:
    made = run_of(*UNITS, status="reserve", limits=(memory("memory.limit_in_bytes", 9, 1.0, 9),))
    lines = shown_at(made, width)
    assert max(map(len, lines)) <= width
    for name in UNITS:
        (line,) = [line for line in lines if line.split()[:1] == [name]]
        assert "memory.limit_in_bytes" in line


def test_where_there_is_room_every_value_has_its_unit() -> None:
    lines = shown_at(whole_run(), 160)
    assert [" ".join(line.split()) for line in lines[-4:]] == [
        (
            "pthread 30,000 safety reserve none known 34.8 KiB 8.40 KiB 40.0 µs 110 ns 110 ns "
            "5.00 ns 1.0"
        ),
        (
            "threading 22,362 limit reached vm.max_map_count 22,362 43.1 KiB 900 B 300 µs 110 ns "
            "110 ns 5.00 ns 0.81"
        ),
        (
            "goroutine 1,000,000 this run's cap none known 2.69 KiB 2.69 KiB 4.00 µs 110 ns 110 ns "
            "5.00 ns 13"
        ),
        (
            "asyncio 1,000,000 this run's cap none known 1.13 KiB 1.12 KiB 10.0 µs 110 ns 110 ns "
            "5.00 ns 31"
        ),
    ]


def test_markdown_has_the_same_rows() -> None:
    lines = as_markdown(table_of(comparison(whole_run()))).splitlines()
    assert lines[0] == (
        "| runtime | reached | stopped by | limit | limit at | bytes per unit | as RSS shows "
        "| burst time per unit | start latency from idle | start latency awake "
        "| overhead in a start | units per thread's memory |"
    )
    assert lines[3] == (
        "| threading | 22,362 | limit reached | vm.max_map_count | 22,362 | 43.1 KiB | 900 B "
        "| 300 µs | 110 ns | 110 ns | 5.00 ns | 0.81 |"
    )


def test_hostile_names_reach_neither_terminal_nor_markup() -> None:
    name = "x\x1b[31m\u202e[bold]|<b>"
    one = sweep(runtime=name, purpose="climb", status="refused", limit=name)
    made = comparison(result(one, runtimes=[replace(runtime(name), label=name)]))
    terminal = "\n".join(shown(made, 120))
    assert "\x1b" not in terminal
    assert "\u202e" not in terminal
    assert "x[31m[bold]|<b>" in terminal  # not taken for rich's markup
    assert r"x\[31m\[bold\]\|&lt;b&gt;" in as_markdown(table_of(made))
    assert "\x1b" not in finding(made)


# The finding


def of(*sweeps: Session) -> str:
    """The finding of a run that made each sweep six times, so that nothing is doubted."""
    made = (replace(one, round=number) for one in sweeps for number in range(1, 7))
    return finding(comparison(result(*made)))


THREAD = sweep((1000, 10_000), PTHREAD, runtime="pthread")
TASK = sweep(unit=ASYNCIO)


def test_the_finding_sets_the_thread_against_the_lightest_task() -> None:
    assert finding(comparison(whole_run())) == (
        "One OS thread (C) takes as much memory as 31 asyncio tasks: 34.8 KiB against 1.13 KiB per "
        "unit. This run kept 30,000 threads and 1,000,000 asyncio tasks alive."
    )


def test_that_threads_stopped_is_said_only_where_something_stopped_them() -> None:
    stopped = sweep(
        (100, 22_362),
        PTHREAD,
        runtime="pthread",
        purpose="climb",
        status="refused",
        limit="a.limit",
    )
    words = " Threads stopped at 22,362 (a.limit), and asyncio tasks reached 100,000"
    assert words in of(stopped, TASK)


def test_a_thread_that_went_farther_than_the_task_is_not_said_to_have_stopped_short() -> None:
    stopped = sweep((100, 200_000), PTHREAD, runtime="pthread", purpose="climb", status="refused")
    words = " This run kept 200,000 threads and 100,000 asyncio tasks alive"
    assert words in of(stopped, TASK)


UNWEIGHED = sweep((100, 1000), with_unknown := Unit(kernel=None), runtime="trio")

FALLBACKS: list[tuple[str, tuple[Session, ...], str]] = [
    (
        "only tasks",
        (TASK, sweep(unit=GOROUTINE, runtime="goroutine")),
        (
            "One goroutine takes as much memory as 2.4 asyncio tasks: 2.69 KiB against 1.13 KiB "
            "per unit. This run kept 100,000 goroutines and 100,000 asyncio tasks alive."
        ),
    ),
    (
        "only threads",
        (THREAD, sweep((1000, 10_000), THREADING, runtime="threading")),
        (
            "One threading.Thread takes as much memory as 1.2 OS threads (C): 43.1 KiB against "
            "34.8 KiB per unit. This run kept 10,000 threading.Threads and "
            "10,000 OS threads (C) alive."
        ),
    ),
    (
        "one runtime",
        (TASK,),
        "One asyncio task takes 1.13 KiB of memory. This run kept 100,000 asyncio tasks alive.",
    ),
    (
        "the thread's memory unknown",
        (sweep((1000, 10_000), with_unknown, runtime="pthread"), TASK),
        "One asyncio task takes 1.13 KiB of memory. This run kept 100,000 asyncio tasks alive.",
    ),
    (
        "all memory unknown",
        (sweep((1000, 10_000), with_unknown, runtime="pthread"), UNWEIGHED),
        (
            "This run kept 10,000 threads and 1,000 trio tasks alive; the memory of one unit is "
            "unknown."
        ),
    ),
    (
        "one runtime, its memory unknown",
        (UNWEIGHED,),
        "This run kept 1,000 trio tasks alive; the memory of one unit is unknown.",
    ),
    (
        "nothing alive",
        (sweep((), status="failed"),),
        "This run measured too little for a finding.",
    ),
    ("nothing ran", (), "This run measured too little for a finding."),
    (
        "unlike sources",
        (THREAD, sweep(unit=Unit(kernel_source=MEMINFO))),
        "One OS thread (C) takes 34.8 KiB of memory. This run kept 10,000 OS threads (C) alive.",
    ),
    (
        "two alike",
        (TASK, sweep(unit=ASYNCIO, runtime="trio")),
        (
            "One trio task takes about as much memory as one asyncio task: 1.13 KiB against "
            "1.13 KiB per unit. This run kept 100,000 trio tasks and 100,000 asyncio tasks alive."
        ),
    ),
    (
        "a thread lighter than the task",
        (sweep(unit=Unit(user=100), runtime="pthread"), TASK),
        (
            "One OS thread (C) takes less memory than one asyncio task: 124 B against 1.13 KiB "
            "per unit. This run kept 100,000 threads and 100,000 asyncio tasks alive."
        ),
    ),
]


@pytest.mark.parametrize(
    ("sweeps", "sentence"), [case[1:] for case in FALLBACKS], ids=[case[0] for case in FALLBACKS]
)
def test_the_finding_says_no_more_than_the_run_bears(
    sweeps: tuple[Session, ...], sentence: str
) -> None:
    assert of(*sweeps) == sentence


def test_a_plural_goes_before_the_bracket() -> None:
    made = of(sweep(unit=Unit(user=9000), runtime="trio"), sweep(runtime="greenlet"))
    assert "takes as much memory as 8.8 greenlets (raw):" in made


# Doubts


def doubted(runtime: str, doubt: str, unit: Unit = ASYNCIO) -> Session:
    one = sweep(unit=unit, runtime=runtime)
    return replace(one, steps=tuple(replace(step, doubts=(doubt,)) for step in one.steps))


RESTLESS = "the runner was not at rest while its units were parked"
DOUBTED: list[tuple[str, tuple[Session, ...], str]] = [
    (
        "a restless runner alone",
        (doubted("asyncio", "restless", Unit(user=570_368, kernel=0, page_tables=0)),),
        (
            "One asyncio task takes 557 KiB† of memory. This run kept 100,000† asyncio tasks alive "
            f"(†: {RESTLESS})."
        ),
    ),
    (
        "a claim that the kernel does not confirm",
        (doubted("asyncio", "unproved"),),
        (
            "One asyncio task takes 1.13 KiB† of memory. This run kept 100,000† asyncio tasks "
            "alive (†: the kernel does not confirm what the runner reported)."
        ),
    ),
    (
        "another task is sure",
        (THREAD, doubted("asyncio", "restless"), sweep(unit=GOROUTINE, runtime="goroutine")),
        (
            "One OS thread (C) takes as much memory as 13 goroutines: 34.8 KiB against 2.69 KiB "
            "per unit. This run kept 10,000 threads and 100,000 goroutines alive."
        ),
    ),
    (
        "no other task",
        (THREAD, doubted("asyncio", "restless")),
        (
            "One OS thread (C) takes as much memory as 31† asyncio tasks: 34.8 KiB against "
            "1.13 KiB† per unit. This run kept 10,000 threads and 100,000† asyncio tasks alive "
            f"(†: {RESTLESS})."
        ),
    ),
]


@pytest.mark.parametrize(
    ("sweeps", "sentence"), [case[1:] for case in DOUBTED], ids=[case[0] for case in DOUBTED]
)
def test_the_finding_takes_sure_values_or_states_the_doubt(
    sweeps: tuple[Session, ...], sentence: str
) -> None:
    assert of(*sweeps) == sentence


def test_a_row_says_which_of_its_values_are_doubted() -> None:
    made = result(THREAD, doubted("asyncio", "unproved"))
    thread, task = table_of(comparison(made)).doubts or ()
    assert thread["bytes_per_unit_total"] == thread["start_latency_seconds_median"] == "few"
    assert "reached" not in thread
    assert {*task} == {
        *("reached", "bytes_per_unit_total", "bytes_per_unit_rss", "units_per_thread"),
        *("start_latency_seconds_median", "awake_start_latency_seconds_median"),
        "burst_seconds_per_unit",
    }
    assert {*task.values()} == {"unproved"}
