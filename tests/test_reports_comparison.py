"""The comparison at a run's end, and the one finding in a sentence."""

from __future__ import annotations

import dataclasses
import io

import pytest
from msgspec.structs import replace

from bench.derive.metrics import figures
from bench.model.records import Result, Session
from reports.console import Console
from reports.tables.comparison import COLUMNS, Comparison, Row, cells, compare, markdown, table
from reports.tables.finding import finding
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


def comparison(made: Result) -> Comparison:
    return compare(made, figures(made))


def shown(made: Comparison, width: int) -> list[str]:
    out = io.StringIO()
    Console(file=out, width=width, color_system=None).print(table(made))
    return [line.rstrip() for line in out.getvalue().splitlines()]


def row(made: Result, name: str) -> Row:
    return next(each for each in comparison(made).rows if each.name == name)


# The rows


def test_a_row_holds_the_runtime_s_figures() -> None:
    assert row(whole_run(), "asyncio") == Row(
        name="asyncio",
        label="asyncio task",
        kind="task",
        stopped="this run's cap",
        status="max",
        limit=None,
        reached=1_000_000,
        total_bytes=1154.0,
        rss_bytes=1150.0,
        idle_start_seconds=pytest.approx(110e-9),  # type: ignore[arg-type]
        awake_start_seconds=pytest.approx(110e-9),  # type: ignore[arg-type]
        start_overhead_seconds=pytest.approx(5e-9),  # type: ignore[arg-type]
        burst_units_per_second=pytest.approx(100_000),  # type: ignore[arg-type]
        per_thread=35_683 / 1154,
        bytes_at=100_000,
        start_at=100_000,
        burst_at=10_000,
        source="smaps_rollup Anonymous+Swap + cgroup v1 memory.kmem.usage_in_bytes",
    )


def test_one_os_thread_is_c_s_where_that_ran_and_else_python_s() -> None:
    assert comparison(whole_run()).thread == "pthread"
    made = result(sweep(unit=THREADING, runtime="threading"), sweep(unit=ASYNCIO))
    assert comparison(made).thread == "threading"
    assert row(made, "asyncio").per_thread == pytest.approx(44_131 / 1154)


def test_without_threads_how_many_fit_in_one_is_unknown() -> None:
    made = result(sweep(unit=ASYNCIO))
    assert comparison(made).thread is None
    assert row(made, "asyncio").per_thread is None


def test_units_weighed_by_unlike_sources_are_not_set_against_each_other() -> None:
    other = Unit(user=1152, kernel=2, kernel_source=MEMINFO)
    made = result(sweep(unit=PTHREAD, runtime="pthread"), sweep(unit=other))
    assert row(made, "asyncio").per_thread is None


def climb(status: str, limit: str | None = None) -> Result:
    return result(sweep((100, 1000), purpose="climb", status=status, limit=limit))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("status", "limit", "words"),
    [
        ("max", None, "this run's cap"),
        ("refused", "vm.max_map_count", "vm.max_map_count"),
        ("refused", None, "refused"),
        ("killed", "memory.max", "killed: memory.max"),
        ("killed", None, "killed"),
        ("reserve", None, "safety reserve"),
        ("reserve", "kernel.pid_max", "safety reserve: kernel.pid_max"),
        ("budget", None, "out of time"),
        ("failed", None, "runner failed"),
        ("interrupted", None, "interrupted"),
    ],
)
def test_what_stopped_a_runtime_is_told_in_words(
    status: str, limit: str | None, words: str
) -> None:
    assert row(climb(status, limit), "asyncio").stopped == words


def test_a_runtime_that_did_not_run_has_a_row_with_the_reason() -> None:
    made = result(
        sweep(), runtimes=[runtime("asyncio"), runtime("trio", "pip install trio"), runtime("x")]
    )
    assert row(made, "trio").stopped == "left out: pip install trio"
    assert row(made, "x").stopped == "did not run"
    assert shown(comparison(made), 120)[3].split("  ")[0:1] == ["trio"]
    assert shown(comparison(made), 120)[3].count("–") == 8


def test_at_80_columns_the_table_has_a_line_a_runtime_too() -> None:
    assert shown(comparison(whole_run()), 80) == [
        "                                      KiB   KiB start start over-   burst",
        "                                        a    as  idle awake  head       a in one",
        "runtime     reached stopped by       unit   RSS    µs    µs    µs  second thread",
        "pthread      30,000 safety reserve   34.8  8.40 0.110 0.110 0.005  25,000    1.0",
        "threading    22,362 vm.max_map_count 43.1 0.879 0.110 0.110 0.005   3,330   0.81",
        "goroutine 1,000,000 this run's cap   2.69  2.69 0.110 0.110 0.005 250,000     13",
        "asyncio   1,000,000 this run's cap   1.13  1.12 0.110 0.110 0.005 100,000     31",
    ]


OVERHEADS = [(None, "unknown"), (0.0, "0"), (3e-8, "0.03"), (2.54e-6, "2.5"), (1.23e-4, "123")]


@pytest.mark.parametrize(("seconds", "words"), OVERHEADS)
def test_an_overhead_takes_little_room_in_a_narrow_table(seconds: float | None, words: str) -> None:
    one = dataclasses.replace(comparison(whole_run()).rows[0], start_overhead_seconds=seconds)
    narrow = [column.narrow or column for column in COLUMNS]
    assert cells(one, narrow)[7] == words


def test_the_table_has_a_line_a_runtime_where_there_is_room() -> None:
    lines = shown(comparison(whole_run()), 120)
    headings = [line.split() for line in lines[:2]]
    assert headings == [
        ["bytes", "as", "RSS", "start", "start", "overhead", "in", "one"],
        [
            *("runtime", "reached", "stopped", "by", "a", "unit", "shows", "from", "idle"),
            *("awake", "in", "a", "start", "burst", "thread"),
        ],
    ]
    assert [" ".join(line.split()) for line in lines[2:]] == [
        "pthread 30,000 safety reserve 34.8 KiB 8.40 KiB 110 ns 110 ns 5.00 ns 25,000/s 1.0",
        "threading 22,362 vm.max_map_count 43.1 KiB 900 B 110 ns 110 ns 5.00 ns 3,330/s 0.81",
        "goroutine 1,000,000 this run's cap 2.69 KiB 2.69 KiB 110 ns 110 ns 5.00 ns 250,000/s 13",
        "asyncio 1,000,000 this run's cap 1.13 KiB 1.12 KiB 110 ns 110 ns 5.00 ns 100,000/s 31",
    ]


def test_markdown_has_the_same_rows() -> None:
    lines = markdown(comparison(whole_run())).splitlines()
    assert lines[0] == (
        "| runtime | reached | stopped by | bytes a unit | as RSS shows | start from idle "
        "| start awake | overhead in a start | burst | in one thread |"
    )
    assert lines[3] == (
        "| threading | 22,362 | vm.max_map_count | 43.1 KiB | 900 B | 110 ns | 110 ns "
        "| 5.00 ns | 3,330/s | 0.81 |"
    )


def test_hostile_names_reach_neither_terminal_nor_markup() -> None:
    name = "x\x1b[31m\u202e[bold]|<b>"
    one = sweep(runtime=name, purpose="climb", status="refused", limit=name)
    made = comparison(result(one, runtimes=[replace(runtime(name), label=name)]))
    terminal = "\n".join(shown(made, 120))
    assert "\x1b" not in terminal
    assert "\u202e" not in terminal
    assert "x[31m[bold]|<b>" in terminal  # not taken for rich's markup
    assert r"x\[31m\[bold\]\|&lt;b&gt;" in markdown(made)
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
        "One OS thread (C) takes the memory of 31 asyncio tasks: 34.8 KiB against 1.13 KiB a unit, "
        "and this run took threads to 30,000, asyncio tasks to 1,000,000."
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
    words = ", and threads stopped at 22,362 (a.limit) where asyncio tasks reached 100,000"
    assert words in of(stopped, TASK)


def test_a_thread_that_went_farther_than_the_task_is_not_said_to_have_stopped_short() -> None:
    stopped = sweep((100, 200_000), PTHREAD, runtime="pthread", purpose="climb", status="refused")
    words = ", and this run took threads to 200,000, asyncio tasks to 100,000"
    assert words in of(stopped, TASK)


UNWEIGHED = sweep((100, 1000), with_unknown := Unit(kernel=None), runtime="trio")

FALLBACKS: list[tuple[str, tuple[Session, ...], str]] = [
    (
        "only tasks",
        (TASK, sweep(unit=GOROUTINE, runtime="goroutine")),
        (
            "One goroutine takes the memory of 2.4 asyncio tasks: 2.69 KiB against 1.13 KiB "
            "a unit, and this run took goroutines to 100,000, asyncio tasks to 100,000."
        ),
    ),
    (
        "only threads",
        (THREAD, sweep((1000, 10_000), THREADING, runtime="threading")),
        (
            "One threading.Thread takes the memory of 1.2 OS threads (C): 43.1 KiB against "
            "34.8 KiB a unit, and this run took threading.Threads to 10,000, "
            "OS threads (C) to 10,000."
        ),
    ),
    (
        "one runtime",
        (TASK,),
        "One asyncio task takes 1.13 KiB of memory, and 100,000 were alive at once.",
    ),
    (
        "the thread's memory unknown",
        (sweep((1000, 10_000), with_unknown, runtime="pthread"), TASK),
        "One asyncio task takes 1.13 KiB of memory, and 100,000 were alive at once.",
    ),
    (
        "all memory unknown",
        (sweep((1000, 10_000), with_unknown, runtime="pthread"), UNWEIGHED),
        "10,000 OS threads (C) were alive at once, 1,000 trio tasks; what one weighs is unknown.",
    ),
    (
        "one runtime, its memory unknown",
        (UNWEIGHED,),
        "1,000 trio tasks were alive at once; what one weighs is unknown.",
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
        "One OS thread (C) takes 34.8 KiB of memory, and 10,000 were alive at once.",
    ),
    (
        "two alike",
        (TASK, sweep(unit=ASYNCIO, runtime="trio")),
        (
            "One trio task takes about as much memory as one asyncio task: 1.13 KiB against "
            "1.13 KiB a unit, and this run took trio tasks to 100,000, asyncio tasks to 100,000."
        ),
    ),
    (
        "a thread lighter than the task",
        (sweep(unit=Unit(user=100), runtime="pthread"), TASK),
        (
            "One OS thread (C) takes less memory than one asyncio task: 124 B against 1.13 KiB "
            "a unit, and this run took threads to 100,000, asyncio tasks to 100,000."
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
    assert "takes the memory of 8.8 greenlets (raw):" in made


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
            "One asyncio task takes 557 KiB† of memory, and 100,000† were alive at once "
            f"(†: {RESTLESS})."
        ),
    ),
    (
        "a claim that the kernel does not confirm",
        (doubted("asyncio", "unproved"),),
        (
            "One asyncio task takes 1.13 KiB† of memory, and 100,000† were alive at once "
            "(†: the kernel does not confirm what the runner reported)."
        ),
    ),
    (
        "another task is sure",
        (THREAD, doubted("asyncio", "restless"), sweep(unit=GOROUTINE, runtime="goroutine")),
        (
            "One OS thread (C) takes the memory of 13 goroutines: 34.8 KiB against 2.69 KiB "
            "a unit, and this run took threads to 10,000, goroutines to 100,000."
        ),
    ),
    (
        "no other task",
        (THREAD, doubted("asyncio", "restless")),
        (
            "One OS thread (C) takes the memory of 31† asyncio tasks: 34.8 KiB against 1.13 KiB† "
            "a unit, and this run took threads to 10,000, asyncio tasks to 100,000† "
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
    thread, task = comparison(made).rows
    assert {thread.doubt(name) for name in ("total_bytes", "idle_start_seconds")} == {"few"}
    assert thread.doubt("reached") is None
    assert set(task.doubts) == {
        *("reached", "total_bytes", "rss_bytes", "idle_start_seconds", "per_thread"),
        *("awake_start_seconds", "burst_units_per_second"),
    }
    assert set(task.doubts.values()) == {"unproved"}
