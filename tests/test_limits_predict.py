"""Before launching: how many units fit, and which limit binds."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest

from bench.derive.ceiling import hiding
from bench.limits.model import LimitState, Resource, Survey
from bench.limits.predict import NO_RESERVES, Holding, Prediction, Reserves, predict, rising, takes
from bench.limits.watch import limits_of
from tests.support.limits import made, surveyed

MIB = 1 << 20


def holding(units: int, **known: int | None) -> Holding:
    names = (*get_args(Resource), "user")
    return Holding(units, {name: known.get(name.split()[0], 0) for name in names})


def test_the_marginal_take_counts_and_not_the_average() -> None:
    earlier = [holding(1000, mappings=2_070), holding(2000, mappings=4_900)]
    assert takes(earlier, holding(3000, mappings=7_900))["mappings"] == 3.0


@pytest.mark.parametrize(
    ("mappings", "rises"),
    [
        ((2_000, 4_000, 6_100), True),
        ((2_000, 4_000, 6_010), False),
        ((2_000, 5_000, 7_500), False),
    ],
)
def test_a_take_rises_where_the_last_units_took_more_than_those_before(
    mappings: tuple[int, int, int], rises: bool
) -> None:
    first, last, now = (holding(1000 * n, mappings=held) for n, held in enumerate(mappings, 1))
    assert rising([first, last], now) == ({"mappings"} if rises else set())
    assert rising([last], now) == set()


def test_what_still_rises_is_an_upper_bound_far_beyond_the_units_that_were_seen() -> None:
    rows = (limit("near", 1_000, 100), limit("far", 1_001, 100))
    found = predict(Survey(100, rows), {"threads": 1.0}, NO_RESERVES, frozenset({"threads"}))
    assert [(row.units, row.seen, row.at_most) for row in found.rows] == [
        (1_000, 100, False),
        (1_001, 100, True),
    ]


def test_a_take_is_never_negative_and_unknown_stays_unknown() -> None:
    held = holding(20, threads=9, memory=9_000)
    found = takes([held], holding(30, threads=8, descriptors=None, memory=8_000))
    assert found["threads"] == 0.0
    assert found["descriptors"] is None
    assert found["memory"] is None  # somebody else's memory is counted there too


@pytest.mark.parametrize(
    ("mapped", "touched", "take"), [(8 * MIB * 1000, 8_000_000, 8 * MIB), (MIB, 1_152_000, 1152)]
)
def test_what_units_touch_stands_for_address_space_that_comes_in_chunks(
    mapped: int, touched: int, take: float
) -> None:
    after = holding(3000, address=mapped, user=touched)
    assert takes([holding(2000)], after)["address space"] == take


@pytest.mark.parametrize(
    ("mapped", "take"),
    [
        ((20_000_000, 40_000_000, 60_400_000), 20_400.0),  # a greenlet's frames
        ((20_000_000, 20_000_000, 60_000_000), 6_000.0),  # a chunk
        ((20_000_000, 21_000_000, 22_100_000), 6_000.0),  # less than is touched: from a free list
        ((20_000_000, 27_000_000, 34_000_000), 6_000.0),  # hardly more
    ],
)
def test_what_each_unit_maps_on_its_own_counts_though_it_touches_little_of_it(
    mapped: tuple[int, int, int], take: float
) -> None:
    first, last, now = (
        holding(1000 * place, address=size, user=6_000_000 * place)
        for place, size in enumerate(mapped, 1)
    )
    assert takes([first, last], now)["address space"] == take


def test_bytes_are_taken_since_a_tenth_of_the_units_since_tables_double() -> None:
    earlier = [holding(300, memory=300_000), holding(2000, memory=2_000_000)]
    found = takes(earlier, holding(3000, memory=3_270_000))
    assert found["memory"] == 1100


def limit(name: str, value: int | None, use: int | None, **more: object) -> LimitState:
    known = {"resource": "threads", "where": None} | more
    return LimitState(name, value=value, use=use, **known)  # type: ignore[arg-type]


def predicted(*rows: LimitState, reserves: Reserves = NO_RESERVES, **each: float) -> Prediction:
    return predict(Survey(100, rows), each or {"threads": 1.0}, reserves)  # type: ignore[arg-type]


def test_the_limit_that_allows_fewest_binds() -> None:
    found = predicted(
        limit("kernel.threads-max", 5000, 200),
        limit("pids.max", 1000, 102),
        limit("RLIMIT_NPROC", None, 50),
    )
    assert [(row.state.name, row.units) for row in found.rows] == [
        ("pids.max", 998),
        ("kernel.threads-max", 4900),
        ("RLIMIT_NPROC", None),
    ]
    assert found.ceiling == 998


def test_a_limit_that_is_full_allows_what_is_alive() -> None:
    assert predicted(limit("pids.max", 50, 60)).ceiling == 100


def test_what_units_do_not_take_bounds_nothing() -> None:
    assert predicted(limit("pids.max", 1000, 10), threads=0.0).ceiling is None
    assert predicted(limit("pids.max", 1000, None)).ceiling is None


def test_reserves_are_left_of_shared_limits_alone() -> None:
    kind = Reserves(pids=512, memory_share=0.1)
    shared = predicted(limit("pids.max", 10_000, 100, shared=True), reserves=kind)
    assert (shared.ceiling, shared.rows[0].units) == (100 + 9900 - 512, 100 + 9900)
    own = predicted(limit("pids.max", 10_000, 100), reserves=kind)
    assert own.ceiling == 10_000


def test_a_memory_reserve_is_a_share_or_so_many_bytes() -> None:
    row = limit("memory.max", 1000 * MIB, 100 * MIB, resource="memory", shared=True)
    assert predicted(row, reserves=Reserves(), memory=MIB).ceiling == 100 + 800
    assert (
        predicted(row, reserves=Reserves(memory_bytes=400 * MIB), memory=MIB).ceiling == 100 + 500
    )


def test_where_a_reserve_binds_the_wall_is_another_limit() -> None:
    found = predicted(
        limit("kernel.pid_max", 2000, 1000, shared=True),
        limit("pids.max", 900, 100),
        reserves=Reserves(pids=512),
    )
    assert found.nearest is not None
    assert found.wall is not None
    assert (found.nearest.state.name, found.ceiling) == ("kernel.pid_max", 588)
    assert (found.wall.state.name, found.wall.units) == ("pids.max", 900)


def test_a_recorded_machine_is_predicted_as_a_whole(tmp_path: Path) -> None:
    files = {"sys/fs/cgroup/box/pids.max": "3000"}
    seen = surveyed(made(tmp_path, files, processes="2000"))
    found = predict(seen, {"threads": 1.0, "mappings": 2.0}, NO_RESERVES)
    bounded = [(row.state.name, row.units) for row in found.rows if row.units is not None]
    assert bounded == [
        ("RLIMIT_NPROC", 100 + 2000 - 103),
        ("pids.max", 100 + 3000 - 103),
        ("kernel.pid_max", 100 + 32768 - 403),
        ("vm.max_map_count", 100 + (65530 - 2) // 2),
        ("kernel.threads-max", 100 + 60000 - 400),
    ]


@pytest.mark.parametrize(
    ("memory", "known"),
    [
        (limit("MemAvailable", 10_000, 100), True),  # a value, and no take
        (replace(limit("MemAvailable", None, None), known=False), False),
    ],
    ids=["its use per unit is unknown", "it cannot be read"],
)
def test_nothing_is_predicted_while_a_limit_that_may_bind_is_unknown(
    memory: LimitState, known: bool
) -> None:
    rows = (replace(memory, resource="memory"), limit("address space", 10**15, 100))
    found = predict(Survey(100, rows), {"threads": 1.0}, NO_RESERVES)
    assert [row.state.name for row in found.unknown] == ["MemAvailable"]
    assert (found.ceiling, found.wall) == (None, None)
    assert found.nearest is not None  # a launch is steered by what is known
    assert found.nearest.state.name == "address space"
    whole = predict(Survey(100, rows), {"threads": 1.0, "memory": 10.0}, NO_RESERVES)
    assert (whole.ceiling == 1_090) is known


@pytest.mark.parametrize(
    ("take", "hidden"), [(1.0, True), (2.07, True), (0.001, False), (0.0, False), (None, False)]
)
@pytest.mark.parametrize("use", [300, None])
def test_a_limit_that_cannot_be_read_hides_the_ceiling_where_each_unit_takes_one(
    take: float | None, hidden: bool, use: int | None
) -> None:
    """`/proc` mounted with `subset=pid` has no `vm.max_map_count`, which ends most threads."""
    unread = LimitState("vm.max_map_count", "mappings", None, use, "the process", known=False)
    rows = (unread, replace(limit("MemAvailable", 10_000, 100), resource="memory"))
    found = predict(Survey(100, rows), {"mappings": take, "memory": 10.0}, NO_RESERVES)
    assert (found.ceiling is None) is hidden
    assert hiding(limits_of(found)) == (("vm.max_map_count",) if hidden else ())


def test_a_filter_over_system_calls_hides_no_ceiling() -> None:
    """Every container has one: Docker's lets threads through."""
    filtered = LimitState("seccomp (EPERM)", "filters", 1, None, "the process")
    pids = LimitState("pids.max", "threads", 100, 10, "/sys/fs/cgroup/pids/x")
    found = predict(Survey(10, (filtered, pids), {}), {"threads": 1.0}, NO_RESERVES)
    assert found.ceiling == 100
