"""Figures, against values worked out by hand from results that grow in a straight line."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace as with_
from typing import Any

import pytest
from msgspec.structs import replace

from bench import quantities
from bench.derive.memory import PARTS
from bench.derive.metrics import Metric, figures, find, series
from bench.derive.times import QUANTILES
from bench.model.records import Reading, Readings, Refusal, Result, Session, Status, Step
from tests.support.results import (
    CGROUP,
    MEMINFO,
    SMAPS,
    STACKS,
    Unit,
    altered,
    leak_sweep,
    result,
    runtime,
    sweep,
    whole_run,
)

TEN_TO_ONE = (10_000, 100_000)
UNIT = Unit()
SOURCE: dict[str, str] = {
    "user": SMAPS,
    "rss": "smaps_rollup Rss",
    "kernel": CGROUP,
    "kernel_stack": STACKS,
    "page_tables": "status VmPTE",
}


def sixfold(unit: Unit = UNIT, stops: tuple[int, ...] = TEN_TO_ONE) -> list[Session]:
    return [sweep(stops, unit, number=number) for number in range(1, 7)]


def figure(
    made: Result, metric: str, part: str | None = None, quantile: float | None = None
) -> Metric:
    found = find(figures(made), "asyncio", metric, part, quantile)
    assert found is not None
    return found


def unit_with(part: str, rate: float | None, **others: float) -> Unit:
    """A unit with another rate of one part, in a process large enough for it to fall."""
    rates: dict[str, Any] = {part: rate, **others}
    return with_(Unit(fixed=1 << 30), **rates)


def edited(one: Session, place: int, **fields: object) -> Session:
    """The sweep with fields of its step at `place` replaced."""
    steps = list(one.steps)
    steps[place] = altered(steps[place], **fields)
    return replace(one, steps=tuple(steps))


# The whole


def test_a_runtime_has_every_metric_of_the_table_in_its_order() -> None:
    metrics = figures(whole_run())
    names = list(dict.fromkeys(metric.metric for metric in metrics))
    assert names == [one.name for one in quantities.all_()]
    assert len(metrics) == 4 * (len(PARTS) + 2 * len(QUANTILES) + len(names) - 3)
    parts = [m.part for m in metrics if m.case == "trio" or m.case == "asyncio"][:7]
    assert parts == list(PARTS)


def test_runtimes_stand_in_the_result_s_order_and_those_that_did_not_run_have_no_figures() -> None:
    names = [runtime("trio"), runtime("gevent", reason="no gevent"), runtime("asyncio")]
    metrics = figures(result(sweep(), sweep(runtime="trio"), runtimes=names))
    assert list(dict.fromkeys(metric.case for metric in metrics)) == ["trio", "asyncio"]


def test_a_result_without_sweeps_has_no_figures() -> None:
    assert figures(result(runtimes=[runtime("asyncio")])) == ()


def test_find_tells_a_figure_that_is_not_there() -> None:
    assert find(figures(whole_run()), "trio", "ceiling") is None


def test_the_samples_behind_the_figures_are_one_a_process() -> None:
    units = [with_(Unit(), user=1000 + extra) for extra in (5, 1, 2, 3, 4, 0)]
    made = result(*[sweep(unit=unit, number=n) for n, unit in enumerate(units)])
    total = next(one for one in series(made) if one.part == "user")
    assert total.values == (1005, 1001, 1002, 1003, 1004, 1000)


@pytest.mark.parametrize(
    "module",
    ["model.records", "model.file", "derive.metrics", "derive.statistics"],
)
def test_statistics_load_only_where_they_are_used(module: str) -> None:
    heavy = "{'scipy', 'numpy', 'matplotlib'}"
    code = f"import sys, bench.{module}; sys.exit(bool({heavy} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


# Bytes


@pytest.mark.parametrize(
    ("part", "value"),
    [
        ("total", 1024),
        ("user", 1000),
        ("kernel", 24),
        ("kernel_stack", 0),
        ("page_tables", 8),
        ("kernel_other", 16),
        ("rss", 900),
    ],
)
def test_a_unit_s_bytes_are_the_slope_between_the_two_stops(part: str, value: float) -> None:
    metric = figure(result(*sixfold()), "bytes_per_unit", part)
    assert (metric.value, metric.low, metric.high) == (value, value, value)
    assert (metric.at, metric.samples, metric.better) == (100_000, 6, "lower")
    assert metric.warnings == ()


def test_the_sources_of_a_sum_are_all_told() -> None:
    made = result(*sixfold())
    assert figure(made, "bytes_per_unit", "total").source == f"{SMAPS} + {CGROUP}"
    other = figure(made, "bytes_per_unit", "kernel_other").source
    assert other == f"{CGROUP} − {STACKS} − status VmPTE"


def test_the_value_is_the_median_of_one_slope_a_sweep() -> None:
    units = [with_(Unit(), user=1000 + extra) for extra in (0, 50, 1, 2, 900, 3)]
    metric = figure(
        result(*[sweep(unit=u, number=n) for n, u in enumerate(units)]), "bytes_per_unit", "user"
    )
    assert (metric.value, metric.low, metric.high) == (1002.5, 1000, 1900)


def test_an_unknown_part_makes_the_sums_unknown_and_never_nothing() -> None:
    made = result(*sixfold(Unit(kernel=None)))
    for part in ("total", "kernel", "kernel_other"):
        metric = figure(made, "bytes_per_unit", part)
        assert (metric.value, metric.low, metric.samples) == (None, None, 0)
        assert metric.source == "unknown"
        assert metric.warnings == ("kernel: could not be read",)
    assert figure(made, "bytes_per_unit", "user").value == 1000


@pytest.mark.parametrize("rate", [2.5, 40.0, None])
@pytest.mark.parametrize("part", ["kernel_stack", "page_tables"])
def test_what_cannot_be_divided_of_the_kernel_s_memory_is_still_in_the_total(
    part: str, rate: float | None
) -> None:
    """Of a light unit the whole kernel memory is a few pages, by counters that move by pages."""
    made = result(*sixfold(unit_with(part, rate, kernel=2)))
    assert figure(made, "bytes_per_unit", "kernel_other").value is None
    assert figure(made, "bytes_per_unit", "total").value == 1002


@pytest.mark.parametrize("part", ["user", "kernel", "kernel_stack", "page_tables", "rss"])
def test_a_part_that_falls_is_unknown_and_never_nothing(part: str) -> None:
    made = result(*sixfold(unit_with(part, -1780.0)))
    metric = figure(made, "bytes_per_unit", part)
    assert (metric.value, metric.low, metric.samples) == (None, None, 0)
    name = part.replace("_", " ")
    why = f"{name}: -1,780.0 bytes by {SOURCE[part]}, which counts something else too"
    assert metric.warnings == (why,)
    if part in ("user", "kernel"):
        assert figure(made, "bytes_per_unit", "total").value is None


def test_readings_of_unlike_sources_are_not_subtracted() -> None:
    def moved(memory: Readings) -> Readings:
        return memory | {"kernel": Reading(bytes=memory["kernel"].bytes, source=MEMINFO)}

    broken = [edited(one, 1, memory=moved(one.steps[1].readings)) for one in sixfold()]
    metric = figure(result(*broken), "bytes_per_unit", "kernel")
    assert metric.value is None
    assert metric.warnings == (f"kernel: read from {CGROUP}, then from {MEMINFO}: no difference",)


def test_sweeps_of_unlike_sources_are_not_pooled() -> None:
    other = Unit(kernel=500, kernel_source=MEMINFO)
    made = result(*sixfold()[:4], *[sweep(unit=other, number=n) for n in (5, 6)])
    metric = figure(made, "bytes_per_unit", "kernel")
    assert (metric.value, metric.samples, metric.source) == (24, 4, CGROUP)
    assert "unknown or of another source in 2 of 6 sessions" in metric.warnings


def test_under_six_sweeps_the_figure_has_no_interval_and_says_so() -> None:
    metric = figure(result(*sixfold()[:3]), "bytes_per_unit", "total")
    assert (metric.value, metric.low, metric.high, metric.samples) == (1024, None, None, 3)
    assert metric.warnings == ("no confidence interval (3 of 6 repeats)",)


def test_without_a_finished_short_sweep_the_climb_s_widest_stops_serve() -> None:
    climb = sweep((100, 200, 500, 1000, 2000, 5000), purpose="climb")
    broken = sweep((10_000,), number=1, status="failed")
    metric = figure(result(climb, broken), "bytes_per_unit", "total")
    assert (metric.value, metric.at, metric.samples) == (1024, 5000, 1)
    assert metric.warnings == (
        "no repeat was finished: from one climb, its steps at 500 and 5,000",
        "no confidence interval (1 of 6 repeats)",
    )


def test_in_a_climb_the_lower_stop_is_a_tenth_or_less_or_else_the_lowest() -> None:
    made = result(sweep((1000, 2000, 22_000), purpose="climb"))
    assert "its steps at 2,000 and 22,000" in figure(made, "fixed_bytes").warnings[0]
    made = result(sweep((1000, 2000), purpose="climb"))
    assert "its steps at 1,000 and 2,000" in figure(made, "fixed_bytes").warnings[0]


def test_one_step_tells_times_but_no_slope() -> None:
    made = result(*sixfold(stops=(5,)))
    bytes_ = figure(made, "bytes_per_unit", "total")
    assert (bytes_.value, bytes_.at) == (None, 5)
    assert bytes_.warnings == ("one step only, at 5: a slope needs two",)
    assert figure(made, "burst_seconds_per_unit").value == pytest.approx(1e-5)
    assert figure(made, "start_latency_seconds", quantile=0.5).samples == 6


def test_a_sweep_that_broke_is_left_out_with_a_word() -> None:
    made = result(*sixfold(), sweep((10_000,), number=7, status="killed"))
    metric = figure(made, "bytes_per_unit", "total")
    assert (metric.value, metric.samples) == (1024, 6)
    assert metric.warnings == ("1 of 7 repeats could not be used",)


def test_a_sweep_that_ended_elsewhere_is_left_out_with_a_word() -> None:
    metric = figure(result(*sixfold(), sweep((10_000, 50_000), number=7)), "bytes_per_unit", "user")
    assert (metric.at, metric.samples) == (100_000, 6)
    assert metric.warnings == ("1 of 7 repeats ended far from 100,000: left out",)


def test_sweeps_that_ended_a_few_units_apart_are_pooled() -> None:
    sweeps = [sweep((1000, 10_000 - number), number=number) for number in range(6)]
    metric = figure(result(*sweeps), "bytes_per_unit", "user")
    assert metric.value == pytest.approx(1000)
    assert (metric.samples, metric.at) == (6, 9998)


def test_a_step_that_swapped_is_not_used() -> None:
    swapped = [edited(one, 1, swapped=True) for one in sixfold()]
    assert figure(result(*swapped), "bytes_per_unit", "user").value is None
    assert figure(result(*swapped), "marginal_burst_seconds_per_unit").value is None
    climb = sweep((100, 1000, 10_000, 100_000), purpose="climb")
    metric = figure(result(edited(climb, 3, swapped=True)), "bytes_per_unit", "user")
    assert metric.at == 10_000


def test_a_refused_stop_serves_where_there_are_not_two_others_and_is_told() -> None:
    refusal = Refusal(alive=5000, error="EAGAIN", message="no more")
    refused = [edited(one, 1, refusal=refusal) for one in sixfold(stops=(1000, 5000))]
    metric = figure(result(*refused), "bytes_per_unit", "user")
    assert (metric.value, metric.at) == (1000, 5000)
    assert metric.warnings == ("the stop at 5,000 was refused, not chosen",)
    climb = edited(sweep((100, 1000, 1700), purpose="climb"), 2, refusal=refusal)
    assert figure(result(climb), "bytes_per_unit", "user").at == 1000


def test_a_refusal_of_the_first_unit_after_a_step_breaks_nothing() -> None:
    refusal = Refusal(alive=1000, error="EAGAIN", message="no more")
    climb = edited(sweep((1000, 1000), purpose="climb", status="refused"), 1, refusal=refusal)
    made = result(climb)
    assert figure(made, "bytes_per_unit", "user").value is None
    assert figure(made, "ceiling").value == 1000


def test_huge_pages_are_a_doubt_about_what_they_move() -> None:
    made = result(*sixfold(Unit(huge_pages=2 << 20)))
    doubt = "transparent huge pages held 2,097,152 bytes of the process"
    for part in ("total", "user", "rss"):
        assert figure(made, "bytes_per_unit", part).warnings == (doubt,)
    assert figure(made, "bytes_per_unit", "kernel").warnings == ()


def test_what_a_sweep_and_its_steps_doubted_goes_with_the_figure() -> None:
    doubtful = [replace(one, warnings=("the sweep",)) for one in sixfold()]
    doubtful[2] = edited(doubtful[2], 0, warnings=("the step",))
    metric = figure(result(*doubtful), "bytes_per_unit", "total")
    assert metric.warnings == ("the sweep", "the step")


def test_the_fixed_cost_is_the_intercept_of_user_and_kernel_memory() -> None:
    metric = figure(result(*sixfold()), "fixed_bytes")
    assert metric.value == pytest.approx(2_000_000)
    assert (metric.at, metric.source) == (None, f"{SMAPS} + {CGROUP}")


@pytest.mark.parametrize(
    "unit",
    [
        Unit(kernel=None),
        Unit(kernel_source=MEMINFO),
        Unit(kernel_source=f"{CGROUP} (harness's cgroup)"),
    ],
)
def test_a_kernel_counter_without_a_zero_of_its_own_leaves_the_fixed_user_memory(
    unit: Unit,
) -> None:
    metric = figure(result(*sixfold(unit)), "fixed_bytes")
    assert metric.value == pytest.approx(1_000_000)
    assert metric.source == SMAPS
    assert metric.warnings == (
        "user memory alone: the kernel's part is unknown, or counts other processes too",
    )


# Leak


@pytest.mark.parametrize("leaked", [0.0, 0.5, 41.0, 200.0])
def test_a_leak_is_the_slope_over_cycles_a_unit(leaked: float) -> None:
    metric = figure(result(leak_sweep(leaked)), "leaked_bytes_per_unit")
    assert (metric.value, metric.low, metric.high) == (leaked, leaked, leaked)
    assert (metric.at, metric.samples, metric.source) == (2000, 1, SMAPS)
    assert metric.warnings == ()


def with_user_bytes(one: Session, place: int, more: int) -> Session:
    memory = one.steps[place].readings
    grown = Reading(bytes=(memory["user"].bytes or 0) + more, source=memory["user"].source)
    return edited(one, place, memory=memory | {"user": grown})


def test_the_first_four_cycles_and_one_wild_one_do_not_count() -> None:
    made = leak_sweep(200.0)
    for place in (0, 1, 2, 3, 7):
        made = with_user_bytes(made, place, 10_000_000)
    assert figure(result(made), "leaked_bytes_per_unit").value == 200


def test_under_twelve_cycles_a_leak_is_doubted() -> None:
    metric = figure(result(leak_sweep(3.0, cycles=8)), "leaked_bytes_per_unit")
    assert (metric.value, metric.warnings) == (
        3.0,
        ("need at least 12 cycles for a leak, have 8",),
    )


@pytest.mark.parametrize(
    ("made", "why"),
    [
        (leak_sweep(3.0, cycles=4), "need at least 12 cycles for a leak, of which 4 are dropped"),
        (leak_sweep(3.0, cycles=6), "need at least 3 points for a slope, have 2"),
        (edited(leak_sweep(3.0), 8, alive=7), "the cycles differ in their units"),
        (edited(leak_sweep(3.0), 8, memory=Unit(user=0).memory(1)), None),
    ],
)
def test_what_tells_no_leak_is_unknown_with_the_reason(made: Session, why: str | None) -> None:
    metric = figure(result(made), "leaked_bytes_per_unit")
    assert (metric.value is None) == (why is not None)
    assert why is None or metric.warnings[0].startswith(why)


def test_a_leak_is_not_told_across_sources() -> None:
    made = leak_sweep(3.0)
    memory = made.steps[8].readings | {"user": Reading(bytes=1, source="psutil uss")}
    metric = figure(result(edited(made, 8, memory=memory)), "leaked_bytes_per_unit")
    assert metric.warnings == ("user: read from more than one source: no difference",)
    memory = memory | {"user": Reading(bytes=None, source="unknown")}
    metric = figure(result(edited(made, 8, memory=memory)), "leaked_bytes_per_unit")
    assert metric.warnings == ("user: could not be read",)


def test_without_a_leak_sweep_a_leak_is_unknown() -> None:
    metric = figure(result(*sixfold()), "leaked_bytes_per_unit")
    assert (metric.value, metric.warnings) == (None, ("no leak check was made",))


# Times


@pytest.mark.parametrize(
    ("name", "value", "at"),
    [
        ("burst_seconds_per_unit", 1e-5, 10_000),
        ("marginal_burst_seconds_per_unit", 2e-5, 100_000),
        ("longest_spawn_seconds", 1e-3, 100_000),
        ("user_seconds_per_unit", 1.2e-5, 100_000),
        ("system_seconds_per_unit", 0.6e-5, 100_000),
        ("gc_seconds_per_unit", 0.2e-5, 100_000),
        ("page_faults_per_unit", 0.25, 100_000),
        ("release_seconds_per_unit", 3e-6, 100_000),
    ],
)
def test_times_are_a_unit_of_their_burst(name: str, value: float, at: int) -> None:
    metric = figure(result(*sixfold()), name)
    assert metric.value == pytest.approx(value)
    assert (metric.at, metric.samples, metric.better) == (at, 6, "lower")
    assert metric.warnings == ()


@pytest.mark.parametrize(
    ("quantile", "nanoseconds"), [(0.5, 110), (0.9, 130), (0.99, 130), (1.0, 130)]
)
def test_start_latency_is_told_by_quantile(quantile: float, nanoseconds: int) -> None:
    metric = figure(result(*sixfold()), "start_latency_seconds", quantile=quantile)
    assert metric.value == pytest.approx(nanoseconds / 1e9)
    assert (metric.at, metric.quantile, metric.warnings) == (100_000, quantile, ())


def test_too_few_timed_starts_do_not_tell_their_rare_ones() -> None:
    made = result(*sixfold(Unit(start_ns=[100] * 20)))
    metric = figure(made, "start_latency_seconds", quantile=0.99)
    assert (metric.value, metric.samples) == (None, 0)
    assert "20 starts were timed, too few to tell their 99 % quantile" in metric.warnings
    for quantile in (0.5, 0.9, 1.0):
        known = figure(made, "start_latency_seconds", quantile=quantile)
        assert known.value == pytest.approx(100e-9)


def test_one_process_is_one_sample_of_start_latency() -> None:
    slow = [Unit(start_ns=[each] * 9) for each in (100, 110, 120, 130, 140, 250)]
    made = result(*[sweep(unit=unit, number=n) for n, unit in enumerate(slow)])
    metric = figure(made, "start_latency_seconds", quantile=0.5)
    assert [metric.value, metric.low, metric.high] == pytest.approx([125e-9, 100e-9, 250e-9])


STARTS_OF: list[tuple[str, float]] = [
    ("start_latency_seconds", 110e-9),
    ("awake_start_latency_seconds", 60e-9),
]


@pytest.mark.parametrize(("name", "value"), STARTS_OF)
def test_a_start_latency_is_known_from_idle_and_awake(name: str, value: float) -> None:
    made = result(*sixfold(Unit(awake_ns=(60,) * 100)))
    metric = figure(made, name, quantile=0.5)
    assert metric.value == pytest.approx(value)
    assert (metric.at, metric.samples, metric.warnings) == (100_000, 6, ())


@pytest.mark.parametrize(
    ("empty_ns", "doubt"), [(24, None), (25, None), (26, "overhead"), (100, "overhead")]
)
def test_a_start_of_which_a_quarter_is_measuring_is_doubted(
    empty_ns: int, doubt: str | None
) -> None:
    made = result(*sixfold(Unit(start_ns=[100] * 10 + [5000], empty_ns=[empty_ns] * 3)))
    for name, _ in STARTS_OF:
        median = figure(made, name, quantile=0.5)
        assert median.overhead == pytest.approx(empty_ns / 1e9)
        assert median.doubt == doubt
        longest = figure(made, name, quantile=1.0)
        assert longest.overhead == median.overhead
        assert longest.doubt is None
    assert figure(made, "burst_seconds_per_unit").overhead is None


def test_what_a_runtime_does_not_tell_is_unknown() -> None:
    silent = [edited(one, 1, gc_seconds=None, longest_spawn_seconds=None) for one in sixfold()]
    for name in ("gc_seconds_per_unit", "longest_spawn_seconds"):
        metric = figure(result(*silent), name)
        assert (metric.value, metric.samples, metric.source) == (None, 0, "unknown")


@pytest.mark.parametrize("fault", ["minor_faults", "major_faults"])
def test_faults_with_an_unknown_part_are_unknown(fault: str) -> None:
    silent = [edited(one, 1, **{fault: None}) for one in sixfold()]
    assert figure(result(*silent), "page_faults_per_unit").value is None


@pytest.mark.parametrize(
    ("name", "field", "words"),
    [
        ("start_latency_seconds", "latencies", "from idle"),
        ("awake_start_latency_seconds", "awake_latencies", "awake"),
    ],
)
def test_a_step_without_start_latencies_says_so(name: str, field: str, words: str) -> None:
    silent = [edited(one, 1, **{field: None}) for one in sixfold()]
    metric = figure(result(*silent), name, quantile=0.5)
    told = f"start latency {words} was not taken at this step"
    assert (metric.value, metric.overhead, metric.warnings) == (None, None, (told,))


def test_a_first_burst_straight_to_the_last_stop_is_a_burst_and_no_marginal_one() -> None:
    made = result(*sixfold(stops=(100_000,)))
    assert figure(made, "burst_seconds_per_unit").at == 100_000
    marginal = figure(made, "marginal_burst_seconds_per_unit")
    assert (marginal.value, marginal.warnings) == (None, ("one burst only, from nothing",))


def test_a_release_is_of_the_sessions_that_timed_one() -> None:
    first, *others = sixfold()
    silent = [edited(one, 1, release_seconds=None) for one in others]
    metric = figure(result(first, *silent), "release_seconds_per_unit")
    assert (metric.value, metric.samples) == (figure(result(first), metric.metric).value, 1)
    assert metric.warnings == ("no confidence interval (1 of 6 repeats)",)


def test_a_sweep_without_a_release_says_so() -> None:
    silent = [edited(one, 1, release_seconds=None) for one in sixfold()]
    metric = figure(result(*silent), "release_seconds_per_unit")
    assert (metric.value, metric.warnings) == (None, ("the session ended without a timed release",))


def test_a_sweep_whose_page_faults_were_dear_is_a_doubt_about_times_alone() -> None:
    sweeps = sixfold()
    sweeps[3] = edited(sweeps[3], 1, system_seconds=5.0)
    made = result(*sweeps)
    doubt = "session 4: 222.22 µs of system time a page fault, out of line with the other sessions"
    for name in ("system_seconds_per_unit", "marginal_burst_seconds_per_unit"):
        assert figure(made, name).warnings == (doubt,)
    assert figure(made, "bytes_per_unit", "total").warnings == ()


def test_page_faults_are_not_doubted_where_the_clock_s_ticks_are_too_coarse() -> None:
    sweeps = [edited(one, 1, system_seconds=0.01) for one in sixfold()]
    sweeps[3] = edited(sweeps[3], 1, system_seconds=0.04)
    assert figure(result(*sweeps), "marginal_burst_seconds_per_unit").warnings == ()


def test_cpu_time_of_a_few_ticks_is_doubted() -> None:
    sweeps = [edited(one, 1, user_seconds=0.02) for one in sixfold()]
    doubt = "CPU time is counted in ticks of about 10 ms, and the burst took only a few"
    assert figure(result(*sweeps), "user_seconds_per_unit").warnings == (doubt,)
    assert figure(result(*sweeps), "system_seconds_per_unit").warnings == ()


# Ceiling


def test_the_ceiling_is_the_climb_s_last_confirmed_count_and_what_stopped_it() -> None:
    climb = sweep((100, 22_362), purpose="climb", status="refused", limit="vm.max_map_count")
    climb = replace(climb, stop=replace(climb.stop, where="/a/cgroup"))
    repeats = [sweep((100, 1_000), number=number) for number in range(1, 7)]
    metric = figure(result(climb, *repeats), "ceiling")
    assert (metric.value, metric.status, metric.better) == (22_362, "refused", "higher")
    assert (metric.limit, metric.where, metric.samples) == ("vm.max_map_count", "/a/cgroup", 1)
    assert metric.warnings == ()


@pytest.mark.parametrize(
    ("status", "limit", "ended"),
    [
        ("budget", None, (1_000, "budget", None)),  # too little time for more in the climb alone
        ("reserve", None, (1_000, "reserve", None)),
        ("refused", "pids.max", (1_000, "max", None)),  # the limit was another one by then
    ],
)
def test_the_most_units_that_were_alive_are_the_ceiling_whichever_sweep_had_them(
    status: Status, limit: str | None, ended: tuple[int, Status, str | None]
) -> None:
    climb = sweep((100, 500), purpose="climb", status=status, limit=limit)
    metric = figure(result(climb, sweep((100, 1_000))), "ceiling")
    assert (metric.value, metric.status, metric.limit) == ended


def test_without_a_climb_the_farthest_sweep_is_the_ceiling_with_a_word() -> None:
    metric = figure(result(sweep((10, 100)), *sixfold()), "ceiling")
    assert (metric.value, metric.status) == (100_000, "max")
    assert metric.warnings == ("no climb was made: the farthest that any session went",)


def test_a_climb_for_which_there_was_no_time_hides_nothing_that_sweeps_reached() -> None:
    none = sweep((), purpose="climb", status="budget")
    metric = figure(result(none, *sixfold()), "ceiling")
    assert (metric.value, metric.status, metric.samples) == (100_000, "max", 1)
    assert metric.warnings == ("no climb was made: the farthest that any session went",)


def test_a_refusal_without_a_known_limit_gives_the_runtime_s_own_words() -> None:
    metric = figure(result(sweep((100,), purpose="climb", status="refused")), "ceiling")
    assert metric.warnings == ("no limit was recognised: its message",)


@pytest.mark.parametrize(
    ("status", "value"),
    [("failed", None), ("interrupted", None), ("budget", None), ("refused", 0), ("killed", 0)],
)
def test_where_nothing_was_alive_only_a_no_is_a_ceiling(status: str, value: int | None) -> None:
    metric = figure(
        result(sweep((), purpose="climb", status=status)),  # type: ignore[arg-type]
        "ceiling",
    )
    assert (metric.value, metric.status) == (value, status)
    assert metric.samples == (0 if value is None else 1)


def test_a_run_of_broken_sweeps_has_all_figures_unknown_and_none_missing() -> None:
    made = result(sweep((), purpose="climb", status="failed"), sweep((), status="failed"))
    metrics = figures(made)
    assert len(metrics) == 27
    assert {metric.value for metric in metrics} == {None}
    assert {metric.samples for metric in metrics} == {0}


def test_a_step_of_nothing_alive_is_no_stop() -> None:
    none: Step = Unit().step(0, 0)
    made = result(replace(sweep((), status="refused"), steps=(none,)))
    assert figure(made, "burst_seconds_per_unit").value is None
