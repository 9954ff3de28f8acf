"""Which doubt a value carries: the quantities that each can spoil, and the evidence for it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from msgspec.structs import replace

from bench import quantities
from bench.derive.doubts import BUSY_SHARE, DOUBTS, gravest, is_busy, slowed
from bench.derive.metrics import figures, series
from bench.derive.times import populations
from bench.model.records import Result, Session, Step
from tests.support.results import MEMINFO, Unit, altered, leak_sweep, result, sweep

ALL = {one.name for one in quantities.all_()}
TIMES = {one.name for one in quantities.all_() if one.dimension == "seconds"}
ONCE = {
    "leaked_bytes_per_unit",
    "uncollected_bytes_per_unit",
    "ceiling",
}  # one process tells it, with an interval of its own


def run(change: Callable[[Session], Session] = lambda one: one, sweeps: int = 6) -> Result:
    """Six short sweeps and a leak sweep, each changed."""
    made = [change(sweep(number=number)) for number in range(1, sweeps + 1)]
    return result(*made, change(leak_sweep(0.5)))


def doubted(step_doubts: tuple[str, ...]) -> Callable[[Session], Session]:
    def change(one: Session) -> Session:
        return replace(one, steps=tuple(replace(s, doubts=step_doubts) for s in one.steps))

    return change


def shared(one: Session, share: float = 0.5) -> Session:
    return replace(one, others_share=share, stolen_share=0.0)


def of(made: Result) -> dict[str, set[str | None]]:
    """The doubts of each metric's known values."""
    found: dict[str, set[str | None]] = {}
    for metric in figures(made):
        if metric.value is not None:
            found.setdefault(metric.metric, set()).add(metric.doubt)
    return found


def test_every_quantity_says_which_doubts_it_can_have() -> None:
    names = {doubt.name for doubt in DOUBTS}
    assert all(doubts <= names for doubts in (one.doubts for one in quantities.all_()))


def test_a_quiet_run_with_enough_samples_has_no_doubt() -> None:
    found = of(run(lambda one: shared(one, 0.01)))
    assert set(found) == ALL
    assert set.union(*found.values()) == {None}


@pytest.mark.parametrize(
    ("doubt", "made", "where"),
    [
        ("unproved", run(doubted(("unproved",))), ALL),
        ("restless", run(doubted(("restless",))), ALL),
        ("busy", run(shared), TIMES),
        ("few", run(sweeps=5), ALL - ONCE),
    ],
)  # fmt: skip
def test_a_doubt_is_on_the_quantities_that_it_can_spoil(
    doubt: str, made: Result, where: set[str]
) -> None:
    found = of(made)
    assert {name for name, doubts in found.items() if doubts == {doubt}} == where
    assert all(doubts == {None} for name, doubts in found.items() if name not in where)


def test_an_unknown_value_has_no_doubt() -> None:
    made = result(sweep(unit=Unit(kernel=None)))
    unknown = [metric for metric in figures(made) if metric.value is None]
    assert unknown
    assert {metric.doubt for metric in unknown} == {None}


def test_memory_of_a_counter_that_others_move_is_spoiled_by_other_work() -> None:
    made = result(*[shared(sweep(unit=Unit(kernel_source=MEMINFO))) for _ in range(6)])
    parts = {m.part: m.doubt for m in figures(made) if m.metric == "bytes_per_unit"}
    assert parts["total"] == parts["kernel"] == parts["kernel_other"] == "busy"
    assert parts["user"] is parts["page_tables"] is parts["rss"] is None
    assert "busy" in quantities.BYTES.doubts_from("cgroup v2 memory.stat kernel (harness's cgroup)")
    assert "busy" not in quantities.BYTES.doubts_from("status Threads × 16 KiB (one kernel stack)")


@pytest.mark.parametrize(("busy", "doubt"), [(2, None), (3, "busy")])
def test_a_median_is_spoiled_when_half_of_its_processes_were(busy: int, doubt: str | None) -> None:
    made = result(*[shared(sweep(number=n), 0.5 if n < busy else 0.0) for n in range(6)])
    assert of(made)["burst_seconds_per_unit"] == {doubt}


def test_one_process_that_was_not_at_rest_is_enough() -> None:
    spoiled = doubted(("restless",))(sweep())
    made = result(spoiled, *[sweep(number=number) for number in range(2, 7)])
    assert of(made)["bytes_per_unit"] == {"restless"}


# Latencies in ns of 100 starts, of the empty round, and the doubt at each quantile.
OVERHEADS = [
    ((100,), 20, [None] * 4),
    ((100,), 30, ["overhead"] * 4),
    ((100,) * 95 + (1000,) * 5, 30, ["overhead", "overhead", None, None]),
]


@pytest.mark.parametrize(("starts", "empty", "doubts"), OVERHEADS)
def test_over_a_quarter_of_a_latency_the_overhead_is_a_doubt(
    starts: tuple[int, ...], empty: int, doubts: list[str | None]
) -> None:
    unit = Unit(start_ns=starts * (100 // len(starts)), empty_ns=(empty,) * 9)
    made = result(*[sweep(unit=unit, number=number) for number in range(6)])
    latencies = [m for m in figures(made) if m.metric == "start_latency_seconds"]
    assert [metric.doubt for metric in latencies] == doubts
    raw = [one.overhead for one in series(made) if one.metric == "start_latency_seconds"]
    assert raw == pytest.approx([empty * 1e-9] * 4, rel=0.01)
    known = [one for one in populations(made)["asyncio"] if one.units == 100_000]
    assert [one.start.name for one in known] == ["from idle", "awake"]
    for population in known:
        assert population.doubt == doubts[0]
        assert population.overhead == pytest.approx(empty * 1e-9, rel=0.01)


def step(**fields: object) -> Step:
    known: dict[str, object] = {"threads": 2, "burst_seconds": 1.0, "system_seconds": 0.1}
    return altered(sweep().steps[0], **(known | {"user_seconds": 0.5} | fields))


# What was recorded of a sweep, and whether it was busy.
EVIDENCE: dict[str, tuple[Session, bool]] = {
    "nothing is known": (sweep(), False),
    "little other work": (shared(sweep(), BUSY_SHARE / 2), False),
    "other work": (shared(sweep(), BUSY_SHARE), True),
    "stolen time": (replace(sweep(), others_share=0.0, stolen_share=0.2), True),
    "both together": (replace(sweep(), others_share=0.06, stolen_share=0.06), True),
    "stolen time alone is known": (replace(sweep(), stolen_share=0.2), True),
    "a little under nothing": (replace(sweep(), others_share=-0.02, stolen_share=0.0), False),
    "one thread that waited": (replace(sweep(), steps=(step(),)), True),
    "one thread that worked": (replace(sweep(), steps=(step(user_seconds=0.85),)), False),
    "many threads": (replace(sweep(), steps=(step(threads=9),)), False),
    "threads unknown": (replace(sweep(), steps=(step(threads=None),)), False),
    "CPU time unknown": (replace(sweep(), steps=(step(user_seconds=None),)), False),
    "too short to say": (replace(sweep(), steps=(step(burst_seconds=0.1),)), False),
    "it swapped": (replace(sweep(), steps=(step(swapped=True),)), False),
}  # fmt: skip


@pytest.mark.parametrize("case", EVIDENCE)
def test_what_shows_that_the_machine_did_other_work(case: str) -> None:
    made, busy = EVIDENCE[case]
    assert is_busy(made) is busy


@pytest.mark.parametrize(
    ("control", "slow"),
    [
        (None, False),
        ((), False),
        ((0.04, 0.09, 0.09), False),  # too few moments
        ((0.04, 0.041, 0.04, 0.09), False),  # once
        ((0.04, 0.09, 0.09, 0.08), True),
        ((0.0, 0.0, 0.0, 0.0), False),
    ],
)
def test_a_control_that_was_mostly_slower_than_at_its_best_is_evidence_for_the_whole_run(
    control: tuple[float, ...] | None, slow: bool
) -> None:
    assert slowed(control) is slow
    made = replace(run(), control=control)
    assert of(made)["burst_seconds_per_unit"] == ({"busy"} if slow else {None})


def test_the_gravest_doubt_is_the_one_that_is_told() -> None:
    every = tuple(doubt.name for doubt in DOUBTS)
    assert gravest(reversed(every)) == every[0]
    assert gravest(("few", "no such doubt", None)) == "few"
    assert gravest(()) is None
    spoiled = doubted(("restless", "unproved"))
    assert of(run(lambda one: shared(spoiled(one))))["burst_seconds_per_unit"] == {"unproved"}


def test_a_doubt_of_an_unknown_name_spoils_nothing() -> None:
    found: dict[str, set[str | None]] = of(run(doubted(("of a later version",))))
    assert set.union(*found.values()) == {None}
