"""The plan of a run: its order, its counts, and how time is shared."""

from __future__ import annotations

import pytest

from bench.engine.budget import Forecast, Room
from bench.engine.fake import FakeRig
from bench.experiments.plan import PopulationOptions, Schedule, fair_shares, planned, share_of
from bench.experiments.plan import schedule as schedule_of
from runners.catalogue import Entry
from tests.support.entries import entry, targets

ENTRIES = (entry("asyncio"), entry("goroutine"), entry("trio"), entry("pthread", "thread"))
CASES = targets(FakeRig(), *ENTRIES)
ROOM = Room(12 << 30, 100_000)


def schedule(*entries: Entry, **wish: object) -> Schedule:
    cases = targets(FakeRig(), *entries) if entries else CASES
    return schedule_of(PopulationOptions(**wish), cases)  # type: ignore[arg-type]


def test_every_round_has_every_runtime_once_in_an_order_of_its_own() -> None:
    plan = schedule(seed=7)
    names = [[job.entry.name for job in round_] for round_ in plan.rounds]
    assert len(names) == 6
    assert all(sorted(round_) == ["asyncio", "goroutine", "pthread", "trio"] for round_ in names)
    assert len({tuple(round_) for round_ in names}) > 1


def test_the_same_seed_gives_the_same_order_and_another_seed_another() -> None:
    assert schedule(seed=7) == schedule(seed=7)
    assert schedule(seed=7) != schedule(seed=8)


def test_repeats_stop_at_a_hundred_thousand_and_threads_at_ten_thousand() -> None:
    stops = {job.entry.name: job.stops for job in schedule().rounds[0]}
    assert stops["trio"] == (10_000, 100_000)
    assert stops["pthread"] == (1_000, 10_000)


def test_no_session_goes_above_the_count_asked_for() -> None:
    plan = schedule(max=700)
    jobs = [*plan.climbs, *plan.after_climbs]
    assert {job.stops[-1] for job in jobs if job.purpose != "leak"} == {700}
    assert max(job.stops[-1] for job in jobs) == 700


@pytest.mark.parametrize("climb", [True, False])
def test_one_session_of_a_case_has_its_release_timed(climb: bool) -> None:
    plan = schedule(ENTRIES[0], climb=climb)
    jobs = [*plan.climbs, *(job for round_ in plan.rounds for job in round_)]
    assert [(job.purpose, job.round) for job in jobs if job.releases] == [("short", 1)]
    assert [job.releases for job in schedule(ENTRIES[0], repeats=0).climbs] == [True]


def test_an_entry_out_of_reach_of_the_usual_count_has_its_own() -> None:
    locked = entry("goroutine:locked", "thread", sweep_to=5_000)
    assert schedule(locked).rounds[0][0].stops == (500, 5_000)
    assert schedule(locked, preset="quick").rounds[0][0].stops == (50, 500)


def test_settings_reach_only_the_runtimes_that_take_them() -> None:
    taker = entry("pthread", "thread", settings=("stack-size",))
    cases = targets(FakeRig(), taker, ENTRIES[0], settings={"stack-size": "65536"})
    plan = schedule_of(PopulationOptions(), cases)
    settings = {job.entry.name: job.settings for job in plan.climbs}
    assert settings == {"pthread": {"stack-size": "65536"}, "asyncio": {}}


@pytest.mark.parametrize(
    ("pool", "needs", "shares"),
    [
        (30, {"a": 5, "b": 100, "c": 100}, {"a": 5, "b": 12.5, "c": 12.5}),
        (30, {"a": 5, "b": 6}, {"a": 5, "b": 25}),
        (30, {"a": 10, "b": 15, "c": 20}, {"a": 10, "b": 15, "c": 5}),
        (-3, {"a": 5, "b": 6}, {"a": 0, "b": 0}),
        (10, {}, {}),
    ],
)
def test_who_needs_little_leaves_the_rest_to_the_others(
    pool: float, needs: dict[str, float], shares: dict[str, float]
) -> None:
    assert fair_shares(pool, needs) == shares


def test_a_climb_may_take_all_that_the_others_are_not_expected_to_need() -> None:
    climbs = schedule(seed=1).climbs
    forecasts = {one.name: Forecast.of(one) for one in ENTRIES}
    within = [job.within(30_000) if job.entry.kind == "thread" else job for job in climbs]
    needs = {job.entry.name: job.expected_seconds(forecasts[job.entry.name]) for job in within}
    others = sum(needs.values()) - needs["trio"]
    (trio,) = (job for job in climbs if job.entry.name == "trio")
    assert share_of(trio, climbs, others + 50, forecasts) == pytest.approx(50)
    fair = fair_shares(8.0, needs)["trio"]
    assert share_of(trio, climbs, 8.0, forecasts) == pytest.approx(fair)


def test_a_dry_plan_shows_how_far_each_comes_and_what_it_takes() -> None:
    rows = {row.target.key: row for row in planned(PopulationOptions(), CASES, ROOM)}
    assert rows["asyncio"].climb_to == 1_000_000
    assert rows["asyncio"].bytes == pytest.approx(1_000_000 * 1_010)
    assert rows["pthread"].climb_to == 30_000
    assert rows["pthread"].repeat_to == 10_000


def test_a_dry_plan_stops_where_memory_or_time_would() -> None:
    little = Room(200_000_000, 100_000)
    assert planned(PopulationOptions(), CASES, little)[0].climb_to == 100_000
    hasty = PopulationOptions(repeats=1, budget=12)
    assert (planned(hasty, CASES, ROOM)[2].climb_to or 0) < 1_000_000


def test_a_dry_plan_without_climbs_has_none() -> None:
    row = planned(PopulationOptions(climb=False), CASES, ROOM)[0]
    assert row.climb_to is None
    assert row.repeat_to == 100_000
