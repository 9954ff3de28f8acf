"""What a history tells apart: segments, ceilings, missing nights, accepted changes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace as changed

from bench.derive.doubts import MARK
from bench.history.review import Review, review
from bench.history.store import VERSION, Acknowledgement, History
from bench.history.trends import Trend, fact_names, trends
from bench.judging.gates import BURST, BYTES, CEILING, LEAK
from reports.history import words
from tests.support.histories import FACTS, burst_history, history, noise, point, shifted

ASYNCIO = ("asyncio", BURST)
OTHER_CPU = {"machine": {"cpu": "Another CPU"}}
OWN_CPU = {"machine": {"cpu": "Some CPU"}}


def lengths(trend: Trend) -> list[int]:
    return [len(segment.nights) for segment in trend.segments]


def only(made: History, *across: str) -> Trend:
    (trend,) = trends(made, wanted=[BURST], across=across)
    return trend


@pytest.mark.parametrize(
    ("facts", "name"),
    [
        ({"machine": {"kernel": "6.19.1"}}, "kernel"),
        (OTHER_CPU, "cpu"),
        ({"limit": {"pids.max": "100"}}, "pids.max"),
        ({"version": {"asyncio version": "3.13.1"}}, "asyncio version"),
        ({"measuring": {"outnumber": "0.2.0"}}, "outnumber"),
        ({"measuring": {"asyncio kernel source": "meminfo"}}, "asyncio kernel source"),
        ({"setting": {"stack-size": "65536"}}, "stack-size"),
    ],
)
def test_whatever_a_figure_rests_on_begins_a_segment(
    facts: dict[str, dict[str, str]], name: str
) -> None:
    made = burst_history(noise(8, 1), facts={3: facts})
    assert lengths(only(made)) == [3, 5]
    assert [one.name for one in only(made).segments[1].changed] == [name]
    assert lengths(only(made, name)) == [8]
    assert name in fact_names(made)


def test_another_runtimes_version_begins_no_segment() -> None:
    facts = {night: {"version": {"trio version": f"0.3{night}"}} for night in (0, 3)}
    made = history({ASYNCIO: noise(6, 1), ("trio", BURST): noise(6, 2)}, facts=facts)
    by_name = {trend.case.key: lengths(trend) for trend in trends(made, wanted=[BURST])}
    assert by_name == {"asyncio": [6], "trio": [3, 3]}


def test_memory_that_a_kernel_keeps_more_of_begins_no_segment() -> None:
    size = str((24 << 30) - (100 << 20))
    like = {3: {"machine": {"memory_bytes": size}}}
    assert lengths(only(burst_history(noise(6, 1), facts=like))) == [6]
    other = {3: {"machine": {"memory_bytes": str(12 << 30)}}}
    assert lengths(only(burst_history(noise(6, 1), facts=other))) == [3, 3]


def test_two_machines_that_take_turns_have_a_segment_each() -> None:
    turns = {night: OTHER_CPU if night % 2 else OWN_CPU for night in range(60)}
    values = shifted(noise(60, 5), 40, 1.25)
    found = review(burst_history(values, facts=turns), metrics=[BURST])
    assert lengths(found.trends[0]) == [30, 30]
    assert len(found.segment_starts) == 1
    assert len(found.check.alarms) == 2


GAPS = {1, 7, *range(10, 15), *range(20, 80)}  # days without a run: one, a working week, two months


def test_missing_nights_begin_no_segment_and_change_no_verdict() -> None:
    values = shifted(noise(60, 5), 40, 1.25)
    days = [day for day in range(60 + len(GAPS)) if day not in GAPS]
    whole = burst_history(values)
    apart = dict(zip(days, values, strict=True))
    gappy = burst_history([apart.get(day) for day in range(days[-1] + 1)])
    gappy = replace(gappy, points=tuple(point for point in gappy.points if point.kept))
    found, usual = (review(made, metrics=[BURST]) for made in (gappy, whole))
    (trend,) = found.trends
    assert (lengths(trend), trend.missing, found.segment_starts) == ([60], 0, ())
    (nomination,), (same,) = found.check.alarms, usual.check.alarms
    assert (nomination.p, nomination.effect) == (same.p, same.effect)
    assert nomination.first.date == usual.check.alarms[0].first.date + timedelta(days=len(GAPS))


def test_another_count_of_units_is_another_segment() -> None:
    made = burst_history(noise(6, 1))
    points = [
        changed(point, kept=tuple(changed(kept, at=5_000) for kept in point.kept))
        if night >= 4
        else point
        for night, point in enumerate(made.points)
    ]
    trend = only(replace(made, points=tuple(points)))
    assert [str(one) for one in trend.segments[1].changed] == ["units alive: 100,000 against 5,000"]


def test_a_border_tells_the_shift_across_it_and_judges_nothing() -> None:
    values = [*noise(30, 1, level=4e-6), *noise(30, 2, level=8e-6)]
    facts = {30: {"machine": {"kernel": "6.19.1"}}}
    found = review(burst_history(values, facts=facts), metrics=[BURST])
    (start,) = found.segment_starts
    assert start.after / start.before == pytest.approx(2, rel=0.05)
    assert found.check.nominations == ()


# Ceilings


def ceilings(*stops: tuple[float, str, str | None]) -> Review:
    made = history({("threading", CEILING): [count for count, _, _ in stops]})
    points = tuple(
        changed(
            point,
            kept=(changed(point.kept[0], status=status, limit=limit),),
        )
        for point, (_, status, limit) in zip(made.points, stops, strict=True)
    )
    return review(replace(made, points=points), metrics=[CEILING])


MAPS = (22_362.0, "refused", "vm.max_map_count")
PIDS = (10_000.0, "refused", "pids.max")


def test_what_ended_a_launch_that_no_limit_ended_is_told_with_it() -> None:
    found = ceilings(*[(20_000.0, "reserve", "kernel.pid_max")] * 3)
    (note,) = (note for note in words.notes(found) if note.startswith("not judged"))
    assert note == (
        "not judged, since no limit was reached and it is a lower bound: "
        "ceiling of threading (safety reserve: kernel.pid_max)"
    )
    (note,) = (n for n in words.notes(ceilings((9.0, "max", None))) if "not judged" in n)
    assert note.endswith("ceiling of threading (this run's cap)")


def test_another_limit_that_stops_the_launch_is_told_as_that() -> None:
    found = ceilings(*[MAPS] * 20, *[PIDS] * 20)
    (start,) = found.segment_starts
    assert [str(one) for one in start.changed] == [
        "stopped by: refused vm.max_map_count against refused pids.max"
    ]
    assert (start.before, start.after) == (22_362, 10_000)


def test_a_lower_ceiling_at_the_same_limit_is_nominated_as_worse() -> None:
    low = (15_000.0, "refused", "vm.max_map_count")
    (nomination,) = ceilings(*[MAPS] * 30, *[low] * 10).check.alarms
    assert nomination.effect == pytest.approx(15_000 / 22_362)


@pytest.mark.parametrize("status", ["max", "budget", "reserve"])
def test_a_count_at_which_nothing_said_no_is_not_judged(status: str) -> None:
    found = ceilings(*[(1e6, status, None)] * 30, *[(5e5, status, None)] * 10)
    assert found.check.nominations == ()
    assert found.check.judged == ()
    assert [trend.metric for trend in found.open_ended] == [CEILING]


def test_a_count_at_which_a_runner_broke_is_no_ceiling() -> None:
    found = ceilings(*[MAPS] * 5, (3.0, "failed", None), (4.0, "interrupted", None), MAPS)
    assert lengths(found.trends[0]) == [6]
    assert found.trends[0].missing == 2


# Zeros and other scales


def test_a_leak_is_judged_by_its_bytes_from_nothing() -> None:
    values = [0.0] * 30 + [200.0] * 8
    found = review(history({("asyncio", LEAK): values}), metrics=[LEAK])
    (nomination,) = found.check.alarms
    assert nomination.absolute
    assert (nomination.base, nomination.new, nomination.effect) == (0, 200, 200)


def test_bytes_within_their_margin_are_no_change_however_sure_it_is() -> None:
    within = shifted(noise(40, 1, spread=0.0002, level=1152), 30, 1.008)
    past = shifted(noise(40, 1, spread=0.0002, level=1152), 30, 1.02)
    for values, alarms in ((within, 0), (past, 1)):
        found = review(history({("asyncio", BYTES): values}), metrics=[BYTES])
        assert len(found.check.alarms) == alarms


def test_what_got_better_is_told_and_alarms_nobody() -> None:
    found = review(burst_history(shifted(noise(40, 1), 28, 0.8)), metrics=[BURST])
    (nomination,) = found.check.nominations
    assert not nomination.worse
    assert found.check.alarms == ()


def test_two_changes_are_both_found() -> None:
    values = shifted(shifted(noise(90, 1), 30, 1.3), 60, 1.3)
    found = review(burst_history(values), metrics=[BURST])
    first, second = sorted(found.check.nominations, key=lambda one: one.first.date)
    assert abs(int(first.first.point, 16) - 30) <= 1
    assert abs(int(second.first.point, 16) - 60) <= 1
    assert first.new == pytest.approx(second.base, rel=0.05)
    assert second.new / first.base == pytest.approx(1.69, rel=0.05)


def test_an_improvement_that_is_lost_again_is_found() -> None:
    values = shifted(shifted(noise(90, 4), 30, 0.7), 60, 1 / 0.7)
    found = review(burst_history(values), metrics=[BURST])
    assert [one.worse for one in found.check.nominations].count(True) == 1


# Acknowledged changes


def accepted(night: int, **about: str) -> Acknowledgement:
    return Acknowledgement(
        history=VERSION, point=f"{night:016x}", reason="why", on="2026-11-01", **about
    )


@pytest.mark.parametrize(
    ("about", "alarms"),
    [
        ({}, 0),
        ({"case": "asyncio"}, 0),
        ({"metric": "burst_seconds_per_unit"}, 0),
        ({"case": "trio"}, 1),
        ({"metric": "bytes_per_unit"}, 1),
    ],
)
def test_what_was_accepted_alarms_no_more_and_nothing_else_is_accepted(
    about: dict[str, str], alarms: int
) -> None:
    made = burst_history(shifted(noise(40, 2), 20, 1.3), acknowledged=[accepted(20, **about)])
    assert len(review(made, metrics=[BURST]).check.alarms) == alarms


def test_a_new_baseline_begins_at_an_accepted_change() -> None:
    values = shifted(shifted(noise(80, 2), 20, 1.3), 60, 1.3)
    found = review(burst_history(values, acknowledged=[accepted(20)]), metrics=[BURST])
    (nomination,) = found.check.alarms
    assert abs(int(nomination.first.point, 16) - 60) <= 1
    assert len(nomination.nights) == 60


def test_an_accepted_night_that_the_figure_misses_counts_from_the_next() -> None:
    values: list[float | None] = list(shifted(noise(40, 2), 20, 1.3))
    values[20] = None
    found = review(burst_history(values, acknowledged=[accepted(20)]), metrics=[BURST])
    assert [len(period.nights) for period in found.periods] == [20, 19]


def test_an_accepted_point_that_is_not_there_is_told() -> None:
    found = review(burst_history(noise(12, 1), acknowledged=[accepted(99)]), metrics=[BURST])
    assert [one.point for one in found.lost] == [f"{99:016x}"]


# What stays unsaid


def test_what_keeps_changing_is_named() -> None:
    facts = {night: {"version": {"asyncio version": f"0.{night}"}} for night in range(20)}
    made = burst_history(noise(20, 1), facts=facts)
    found = review(made, metrics=[BURST])
    assert found.often_changed == ("asyncio version",)
    assert [trend.case.key for trend in found.unjudged] == ["asyncio"]
    assert review(made, metrics=[BURST], across=["asyncio version"]).often_changed == ()


def test_runs_without_a_control_are_counted() -> None:
    made = burst_history(noise(12, 1), control=[0.04] * 10 + [None, None])
    assert review(made).without_control == 2
    assert review(burst_history(noise(12, 1))).without_control == 12


def test_where_few_runs_have_a_control_the_machine_is_not_blamed() -> None:
    control = [None] * 30 + [0.05] * 10
    found = review(burst_history(shifted(noise(40, 2), 30, 1.3), control=control), metrics=[BURST])
    (nomination,) = found.check.alarms
    assert nomination.control.state == "unknown"


def test_a_control_that_hardly_moved_does_not_excuse_a_great_shift() -> None:
    control = shifted(noise(40, 7, spread=0.005, level=0.04), 30, 1.05)
    found = review(burst_history(shifted(noise(40, 2), 30, 1.5), control=control), metrics=[BURST])
    (nomination,) = found.check.alarms
    assert nomination.control.state == "moved"


@pytest.mark.parametrize(("night", "blamed"), [(30, True), (33, True), (20, False), (40, False)])
def test_a_control_that_moved_at_another_time_excuses_nothing(night: int, blamed: bool) -> None:
    control = shifted(noise(50, 7, spread=0.01, level=0.04), night, 1.25)
    made = burst_history(shifted(noise(50, 2), 30, 1.25), control=control)
    (nomination,) = review(made, metrics=[BURST]).check.nominations
    assert nomination.is_machine is blamed


def test_a_machine_that_got_slower_does_not_excuse_bytes() -> None:
    made = history(
        {("asyncio", BYTES): shifted(noise(40, 2, spread=0.001, level=1152), 30, 1.1)},
        control=shifted(noise(40, 7, spread=0.005, level=0.04), 30, 1.1),
    )
    (nomination,) = review(made, metrics=[BYTES]).check.alarms
    assert nomination.control.state == "moved"
    assert not nomination.is_machine


def on(python: str | None) -> dict[str, dict[str, str]]:
    """Facts of a night on that Python; `None` is a night of a version that recorded none."""
    known = {} if python is None else {"asyncio python": python, "asyncio variables": "none"}
    return {**FACTS, "environment": known}  # type: ignore[dict-item]


@pytest.mark.parametrize(
    ("nights", "expected"),
    [
        ([None, None, "3.11", "3.11"], [4]),
        (["3.11", None, "3.11"], [3]),
        (["3.11", "3.11", "3.13", "3.13"], [2, 2]),
        ([None, "3.11", "3.13"], [2, 1]),
        (["3.11", None, "3.13"], [2, 1]),
        (["3.11", "3.13", None, "3.11", "3.13"], [2, 3]),
    ],
)
def test_another_environment_begins_a_segment_and_one_that_is_not_recorded_none(
    nights: list[str | None], expected: list[int]
) -> None:
    points = tuple(
        point(night, {ASYNCIO: 1e-5}, facts=on(python)) for night, python in enumerate(nights)
    )
    trend = only(History(Path("nights"), points, (), ()))
    assert lengths(trend) == expected
    told = [str(one) for segment in trend.segments for one in segment.changed]
    assert told == ["asyncio python: 3.11 against 3.13"] * (len(expected) - 1)


def test_a_change_of_environment_alarms_in_no_segment() -> None:
    """As seen where it was missed: 30 nights on one Python and 10 on another."""
    values = shifted(noise(40, 5), 30, 1.25)
    pythons = {0: on("3.11"), 30: on("3.13")}
    found = review(burst_history(values, facts=pythons), metrics=[BURST])
    assert lengths(found.trends[0]) == [30, 10]
    assert found.check.alarms == ()
    alike = review(burst_history(values, facts={0: on("3.11"), 30: on(None)}), metrics=[BURST])
    assert lengths(alike.trends[0]) == [40]
    assert len(alike.check.alarms) == 1


def with_doubts(values: Sequence[float], places: Iterable[int]) -> History:
    """A history of bursts, the nights at these places doubted."""
    made = burst_history(values)
    spoiled = {f"{place:016x}" for place in places}
    points = tuple(
        changed(point, kept=tuple(changed(one, doubt="busy") for one in point.kept))
        if point.id in spoiled
        else point
        for point in made.points
    )
    return replace(made, points=points)


SHIFTED = [
    value * (1.5 if 20 <= night < 24 else 1) for night, value in enumerate(noise(40, 2, 0.005))
]


def test_a_doubted_change_that_other_nights_do_not_bear_out_is_not_nominated() -> None:
    (up, down) = review(burst_history(SHIFTED), metrics=[BURST]).check.nominations
    assert up.worse != down.worse
    assert review(with_doubts(SHIFTED, range(20, 24)), metrics=[BURST]).check.nominations == ()


def test_a_change_is_nominated_by_the_undoubted_nights_around_it() -> None:
    values = shifted(noise(44, 2, 0.005), 22, 1.3)
    (found,) = review(with_doubts(values, range(0, 44, 4)), metrics=[BURST]).check.alarms
    assert len(found.nights) == 33
    assert all(night.doubt is None for night in found.nights)
    assert words.effect_doubt(found) is None
    assert "33 nights without 11 doubted" in words.nominated(found)


@pytest.mark.parametrize("doubted", [range(20, 40), range(40), range(37, 40)])
def test_a_change_that_only_doubted_nights_show_is_nominated_with_the_doubt(
    doubted: Sequence[int],
) -> None:
    values = shifted(noise(40, 2, 0.0005), min(doubted[0] or 20, 37), 1.3)
    (found,) = review(with_doubts(values, doubted), metrics=[BURST]).check.nominations
    assert len(found.nights) == 40
    assert words.effect_doubt(found) == "busy"
    assert MARK in words.change_of(found)


def test_nights_are_left_out_only_where_that_costs_no_alarm() -> None:
    values = shifted(noise(32, 2, 0.06), 16, 1.5)
    (found,) = review(with_doubts(values, range(2, 30, 7)), metrics=[BURST]).check.nominations
    assert (found.grade, len(found.nights)) == ("alarm", 32)


def test_equal_nights_nominate_nothing() -> None:
    assert review(burst_history(noise(40, seed=3)), metrics=[BURST]).check.nominations == ()


@pytest.mark.parametrize(("nights", "judged", "grades"), [(9, 0, []), (24, 1, ["advisory"])])
def test_few_nights_are_no_verdict_and_some_only_advise(
    nights: int, judged: int, grades: list[str]
) -> None:
    made = burst_history(shifted(noise(nights, seed=3), nights // 2, 1.5))
    check = review(made, metrics=[BURST]).check
    assert len(check.judged) == judged
    assert [one.grade for one in check.nominations] == grades
    assert check.alarms == ()


def test_a_part_that_no_quantity_has_is_no_trend() -> None:
    (one,) = burst_history([4e-6]).points
    strange = changed(one.kept[0], metric=BYTES.metric, part="xyz")
    made = replace(burst_history([4e-6]), points=(changed(one, kept=(*one.kept, strange)),))
    assert [trend.metric for trend in trends(made)] == [BURST]
