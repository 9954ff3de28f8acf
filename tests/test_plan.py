"""The plan of a run: its order, its counts, and how time is shared."""

from __future__ import annotations

import pytest

from bench.engine.forecast import Forecast
from bench.engine.reserves import Room
from bench.experiments.plan import QUICK, Request, fair_shares, foretold, schedule, share_of
from tests.support.entries import entry

ENTRIES = (entry("asyncio"), entry("goroutine"), entry("trio"), entry("pthread", "thread"))
ROOM = Room(12 << 30, 100_000)


def test_every_round_has_every_runtime_once_in_an_order_of_its_own() -> None:
    plan = schedule(Request(ENTRIES, seed=7))
    names = [[job.entry.name for job in round_] for round_ in plan.rounds]
    assert len(names) == 6
    assert all(sorted(round_) == ["asyncio", "goroutine", "pthread", "trio"] for round_ in names)
    assert len({tuple(round_) for round_ in names}) > 1


def test_the_same_seed_gives_the_same_order_and_another_seed_another() -> None:
    assert schedule(Request(ENTRIES, seed=7)) == schedule(Request(ENTRIES, seed=7))
    assert schedule(Request(ENTRIES, seed=7)) != schedule(Request(ENTRIES, seed=8))


def test_short_sweeps_stop_at_a_hundred_thousand_and_threads_at_ten_thousand() -> None:
    stops = {job.entry.name: job.stops for job in schedule(Request(ENTRIES, seed=1)).rounds[0]}
    assert stops["trio"] == (10_000, 100_000)
    assert stops["pthread"] == (1_000, 10_000)


def test_no_sweep_goes_above_the_count_asked_for() -> None:
    plan = schedule(Request(ENTRIES, seed=1, most=700))
    jobs = [*plan.climbs, *plan.after_climbs]
    assert {job.stops[-1] for job in jobs if job.purpose != "leak"} == {700}
    assert max(job.stops[-1] for job in jobs) == 700


def test_an_entry_out_of_reach_of_the_usual_count_has_its_own() -> None:
    locked = entry("goroutine:locked", "thread", sweep_to=5_000)
    assert schedule(Request((locked,), seed=1)).rounds[0][0].stops == (500, 5_000)
    quick = Request((locked,), seed=1, preset=QUICK)
    assert schedule(quick).rounds[0][0].stops == (50, 500)


def test_settings_reach_only_the_runtimes_that_take_them() -> None:
    taker = entry("pthread", "thread", settings=("stack-size",))
    plan = schedule(Request((taker, ENTRIES[0]), seed=1, settings={"stack-size": "65536"}))
    settings = {job.entry.name: job.settings for job in plan.climbs}
    assert settings == {"pthread": {"stack-size": "65536"}, "asyncio": {}}


@pytest.mark.parametrize(
    ("pool", "needs", "shares"),
    [
        (30, {"a": 5, "b": 100, "c": 100}, {"a": 5, "b": 12.5, "c": 12.5}),
        (30, {"a": 5, "b": 6}, {"a": 5, "b": 25}),
        (-3, {"a": 5, "b": 6}, {"a": 0, "b": 0}),
        (10, {}, {}),
    ],
)
def test_who_needs_little_leaves_the_rest_to_the_others(
    pool: float, needs: dict[str, float], shares: dict[str, float]
) -> None:
    assert fair_shares(pool, needs) == shares


def test_the_two_lightest_are_served_before_time_is_shared() -> None:
    climbs = schedule(Request(ENTRIES, seed=1)).climbs
    forecasts = {one.name: Forecast.of(one) for one in ENTRIES}
    by_name = {job.entry.name: job for job in climbs}
    need = sum(by_name[name].foretold_seconds(forecasts[name]) for name in ("asyncio", "goroutine"))

    def shares(spare: float, floor: float) -> float:
        names = ("trio", "pthread")
        return sum(share_of(by_name[n], climbs, spare, floor, forecasts) for n in names)

    assert shares(need + 10, 0) == pytest.approx(10)
    assert shares(need, 3) == pytest.approx(3)


def test_a_dry_plan_foretells_how_far_each_comes_and_what_it_takes() -> None:
    rows = {row.entry.name: row for row in foretold(Request(ENTRIES, seed=1), ROOM)}
    assert rows["asyncio"].climb_to == 1_000_000
    assert rows["asyncio"].bytes == pytest.approx(1_000_000 * 1_010)
    assert rows["pthread"].climb_to == 30_000
    assert rows["pthread"].short_to == 10_000


def test_a_dry_plan_stops_where_memory_or_time_would() -> None:
    little = Room(200_000_000, 100_000)
    assert foretold(Request(ENTRIES, seed=1), little)[0].climb_to == 100_000
    hasty = Request(ENTRIES, seed=1, sweeps=1, budget_seconds=12)
    assert (foretold(hasty, ROOM)[2].climb_to or 0) < 1_000_000


def test_a_dry_plan_without_climbs_has_none() -> None:
    row = foretold(Request(ENTRIES, seed=1, climb=False), ROOM)[0]
    assert row.climb_to is None
    assert row.short_to == 100_000
