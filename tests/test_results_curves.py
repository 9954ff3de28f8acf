"""What figures draw that is no metric: curves, latencies by population, what limits allow."""

from __future__ import annotations

from dataclasses import replace as with_

import pytest
from msgspec.structs import replace

from bench.derive.ceiling import Allowance, Allowances, allowances
from bench.derive.growth import Growth, GrowthPoint, growths
from bench.derive.times import STARTS, populations
from bench.model.records import Limit, Reading, Session
from tests.support.results import (
    CGROUP,
    MEMINFO,
    SMAPS,
    Unit,
    allowing,
    altered,
    leak_sweep,
    result,
    runtime,
    sweep,
)

UNIT = Unit(user=1000, kernel=24)


def curve(*sweeps: Session) -> Growth:
    (made,) = growths(result(*sweeps))
    return made


def bare(one: Session, user: int) -> Session:
    """The sweep with another baseline of user memory."""
    assert one.baseline
    reading = replace(one.baseline["user"], bytes=user)
    return replace(one, baseline=one.baseline | {"user": reading})


# The curve


def test_a_point_is_user_and_kernel_memory_above_the_baseline() -> None:
    made = curve(sweep((100, 1000), UNIT))
    assert made.points == (
        GrowthPoint(100, 102_400, 102_400, 102_400, 1),
        GrowthPoint(1000, 1_024_000, 1_024_000, 1_024_000, 1),
    )
    assert made.source == f"{SMAPS} + {CGROUP}"


def test_a_point_is_the_median_of_its_processes_between_the_least_and_the_most() -> None:
    sweeps = [
        sweep((1000,), with_(UNIT, user=1000 + more), number=more) for more in (0, 1, 2, 30, 4)
    ]
    assert curve(*sweeps).points == (GrowthPoint(1000, 1_026_000, 1_024_000, 1_054_000, 5),)


def test_repeats_tell_of_their_counts_alone_the_climb_of_all_others_leak_sweeps_of_none() -> None:
    climb = sweep((100, 1000, 5000), UNIT, purpose="climb")
    made = curve(climb, sweep((1000, 10_000), UNIT), leak_sweep(0, units=77))
    assert [(point.units, point.samples) for point in made.points] == [
        (100, 1),
        (1000, 1),
        (5000, 1),
        (10_000, 1),
    ]


def test_the_line_goes_through_points_that_lie_on_one() -> None:
    line = curve(bare(sweep((100, 1000, 10_000, 100_000), UNIT), 900_000)).line
    assert line
    assert [line.bytes_per_unit, line.offset_bytes] == pytest.approx([1024, 100_000])
    assert line.scatter == pytest.approx(0)
    assert line.at(10) == pytest.approx(110_240)


def test_one_point_far_off_does_not_move_the_line() -> None:
    sweeps = [sweep((count,), UNIT) for count in (1000, 2000, 3000, 4000)]
    line = curve(*sweeps, sweep((5000,), with_(UNIT, user=2000))).line
    assert line
    assert (line.bytes_per_unit, line.scatter) == (1024, 0)


def test_scatter_is_the_points_median_distance_from_the_line() -> None:
    users = (1000, 1100, 1000, 1100, 1000, 1100)
    sweeps = [
        sweep((1000 * place,), with_(UNIT, user=user)) for place, user in enumerate(users, start=1)
    ]
    line = curve(*sweeps).line
    assert line
    assert 0.01 < line.scatter < 0.1


def test_through_two_points_goes_a_line_and_through_one_none() -> None:
    line = curve(sweep((100, 1000), UNIT)).line
    assert line
    assert line.bytes_per_unit == 1024
    assert curve(sweep((100,), UNIT)).line is None


def test_a_step_at_which_the_machine_swapped_is_no_point() -> None:
    one = sweep((100, 1000), UNIT)
    swapped = (one.steps[0], replace(one.steps[1], swapped=True))
    assert [point.units for point in curve(replace(one, steps=swapped)).points] == [100]


@pytest.mark.parametrize(
    ("one", "reason"),
    [
        (sweep((), status="failed"), "no step was finished"),
        (sweep(unit=Unit(kernel=None)), "its memory could not be read"),
        (replace(sweep(), baseline=None), "its memory could not be read"),
    ],
)
def test_a_curve_without_points_says_why(one: Session, reason: str) -> None:
    assert curve(one) == Growth("asyncio", (), None, "unknown", reason)


def test_memory_of_another_source_than_the_baseline_s_is_not_subtracted() -> None:
    one = sweep((100, 1000), UNIT)
    assert one.baseline
    other = one.baseline | {"kernel": Reading(bytes=0, source=MEMINFO)}
    assert curve(replace(one, baseline=other)).points == ()


def test_points_of_unlike_sources_are_not_pooled() -> None:
    others = [sweep((100,), with_(UNIT, kernel_source=MEMINFO))]
    made = curve(*others, sweep((200,), UNIT), sweep((300,), UNIT))
    assert [point.units for point in made.points] == [200, 300]


def test_thousands_of_points_do_not_take_all_memory() -> None:
    made = curve(sweep(tuple(range(1, 2001)), UNIT))
    assert len(made.points) == 2000
    assert made.line
    assert made.line.bytes_per_unit == pytest.approx(1024)


def test_every_runtime_that_ran_has_a_curve_in_the_result_s_order() -> None:
    names = [runtime("trio"), runtime("gevent", "not there"), runtime("asyncio")]
    made = growths(result(sweep(), sweep(runtime="trio"), runtimes=names))
    assert [one.case for one in made] == ["trio", "asyncio"]


# Latencies by population


def test_a_population_has_one_value_a_process_for_each_quantile() -> None:
    slow = Unit(start_ns=(200, 210, 220, 230) * 25)
    made = result(sweep((100,)), sweep((100,), slow, number=2))
    one, _ = populations(made)["asyncio"]
    assert (one.units, one.timed, one.samples) == (100, 100, 2)
    values = [quantile.value for quantile in one.quantiles]
    assert values == pytest.approx([160e-9, 180e-9, 180e-9, 180e-9])


@pytest.mark.parametrize(
    ("timed", "told"),
    [
        (1, [True, False, False, True]),
        (9, [True, False, False, True]),
        (10, [True, True, False, True]),
        (99, [True, True, False, True]),
        (100, [True, True, True, True]),
    ],
)
def test_a_quantile_beyond_which_nothing_was_timed_is_not_told(
    timed: int, told: list[bool]
) -> None:
    made = result(sweep((100,), Unit(start_ns=(100,) * timed)))
    one, _ = populations(made)["asyncio"]
    assert [quantile.value is not None for quantile in one.quantiles] == told


def test_six_processes_give_an_interval() -> None:
    units = [Unit(start_ns=(100 + number,)) for number in range(6)]
    made = result(*[sweep((100,), unit, number=n) for n, unit in enumerate(units)])
    one, _ = populations(made)["asyncio"]
    median = one.quantiles[0]
    assert [median.value, median.low, median.high] == pytest.approx([102.5e-9, 100e-9, 105e-9])


def test_short_sweeps_tell_of_their_counts_alone_and_the_climb_of_all_others() -> None:
    climb = sweep((100, 1000), Unit(start_ns=(900,)), purpose="climb")
    repeat = sweep((1000,), Unit(start_ns=(100,), awake_ns=(50,)))
    made = populations(result(climb, repeat))["asyncio"]
    assert [(one.start.name, one.units, one.samples) for one in made] == [
        ("from idle", 100, 1),
        ("from idle", 1000, 1),
        ("awake", 100, 1),
        ("awake", 1000, 1),
    ]
    medians = [one.quantiles[0].value for one in made]
    assert medians == pytest.approx([901.5e-9, 100e-9, 901.5e-9, 50e-9])
    assert [one.overhead for one in made] == pytest.approx([5e-9] * 4)


def test_a_count_at_which_the_repeats_were_not_timed_is_told_from_the_climb() -> None:
    climb = sweep((1000, 10_000), Unit(start_ns=(900,)), purpose="climb")
    repeat = sweep((1000, 10_000), Unit(start_ns=(100,)))
    first = altered(repeat.steps[0], latencies=None, awake_latencies=None)
    repeat = replace(repeat, steps=(first, repeat.steps[1]))
    made = [one for one in populations(result(climb, repeat))["asyncio"] if one.start == STARTS[0]]
    assert [(one.units, one.purpose) for one in made] == [(1000, "climb"), (10_000, "short")]


def test_without_latencies_there_are_no_populations() -> None:
    one = sweep((100,))
    untimed = replace(one, steps=(altered(one.steps[0], latencies=None, awake_latencies=None),))
    assert populations(result(untimed)) == {"asyncio": ()}
    assert populations(result(leak_sweep(0))) == {"asyncio": ()}
    assert populations(result()) == {}
    nothing = Unit(start_ns=())
    assert populations(result(sweep((100,), nothing))) == {"asyncio": ()}


# What limits allow

LIMITS = (
    allowing("pids.max", 900, where="/box"),
    allowing("pids.max", 500),
    allowing("none", None),
)


def bounds(*sweeps: Session) -> Allowances:
    (made,) = allowances(result(*sweeps))
    return made


def climb(status: str = "max", **fields: object) -> Session:
    fields = {"limits": LIMITS, **fields}
    return sweep((10, 100), purpose="climb", status=status, **fields)  # type: ignore[arg-type]


def test_the_fewest_units_stand_first_and_what_bounds_nothing_is_left_out() -> None:
    made = bounds(climb())
    assert [(row.where, row.units) for row in made.rows] == [(None, 500), ("/box", 900)]
    assert made.rows[0] == Allowance("pids.max", None, 500, "count", 1_000_000, 1.0)
    assert made.binding is made.rows[0]
    assert (made.ended, made.reached) == (False, 100)


def test_the_limit_that_ended_the_climb_binds_though_another_allows_fewer() -> None:
    one = climb("refused", limit="pids.max")
    made = bounds(replace(one, stop=replace(one.stop, where="/box")))
    assert made.ended
    assert made.binding
    assert (made.binding.where, made.binding.units) == ("/box", 900)


def test_a_limit_that_ended_the_climb_and_was_not_read_allows_what_was_reached() -> None:
    made = bounds(climb("killed", limit="memory.max"))
    assert made.rows[0] == Allowance("memory.max", None, 100)
    assert made.binding is made.rows[0]
    assert made.ended


def test_a_reserve_names_the_limit_that_would_have_bound() -> None:
    made = bounds(climb("reserve", limit="pids.max"))
    assert made.binding
    assert (made.binding.units, made.ended) == (500, False)
    assert bounds(climb("reserve", limit="other")).binding == made.binding


def test_the_limits_are_those_of_the_farthest_climb_that_looked_at_them() -> None:
    near = (allowing("near", 7),)
    far = sweep((10, 1000), purpose="climb", limits=(allowing("far", 8),))
    assert [row.limit for row in bounds(climb(limits=near), far).rows] == ["far"]
    blind = replace(far, limits=())
    assert [row.limit for row in bounds(climb(limits=near), blind).rows] == ["near"]
    assert bounds(climb(limits=near), blind).reached == 1000
    short = sweep((10, 50), limits=near)
    assert [row.limit for row in bounds(blind, short).rows] == ["near"]


@pytest.mark.parametrize("limits", [(), (allowing("none", None),)])
def test_without_a_limit_that_bounds_nothing_binds(limits: tuple[Limit, ...]) -> None:
    assert bounds(climb(limits=limits)) == Allowances("asyncio", (), None, False, 100)


def test_a_leak_sweep_s_few_units_tell_nothing_of_limits() -> None:
    assert bounds(climb(limits=()), leak_sweep(0, limits=LIMITS)).rows == ()
