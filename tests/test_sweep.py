"""A sweep's order, its figures and its ends, on a fake runner: nothing is launched."""

from __future__ import annotations

import itertools
import signal

import pytest
from msgspec.structs import replace

from bench.engine.budget import Bounds, Forecast, Job, bytes_per_unit, climb_stops, short_stops
from bench.engine.events import Event, StepFinished
from bench.engine.fake import Behaviour, FakeRig
from bench.engine.runner import RunnerBroke, RunnerDied, RunnerFlooded, RunnerHung
from bench.engine.session import LiveSession
from bench.experiments.population import take_steps
from bench.model.records import Kind, Session, Status
from bench.signals import Interrupted
from tests.support.entries import entry
from tests.support.results import altered
from tests.support.sessions import NO_BOUNDS, live_session, session


def sweep_of(
    behaviour: Behaviour,
    stops: tuple[int, ...] = (100, 1_000),
    purpose: str = "short",
    bounds: Bounds = NO_BOUNDS,
    kind: Kind = "task",
) -> tuple[Session, FakeRig]:
    """The sweep that a fake runtime of this behaviour makes, and the rig it was made on."""
    one = entry("one", kind)
    rig = FakeRig({"one": behaviour})
    return session(Job(one, purpose, 1, stops), rig, bounds), rig


def test_a_short_sweep_grows_twice_probes_at_its_last_stop_and_releases() -> None:
    sweep, rig = sweep_of(Behaviour())
    assert rig.runners[0].asked == ["grow 100", "grow 1000", "probe 20", "probe 20", "release"]
    assert rig.runners[0].stopped
    assert sweep.stop.status == "max"
    assert [step.samples.get("start") is not None for step in sweep.steps] == [False, True]


def test_a_step_holds_what_was_read_from_outside() -> None:
    sweep, _ = sweep_of(Behaviour(user=500, kernel=20, seconds=1e-4, release_seconds=1e-5))
    step = sweep.steps[1]
    assert (step.alive, step.spawned) == (1_000, 900)
    assert step.burst_seconds == pytest.approx(900 * 1e-4)
    assert step.readings["user"].bytes == 1_000_000 + 1_000 * 500
    assert step.readings["kernel"].bytes == 100_000 + 1_000 * 20
    assert step.seconds["user"] == pytest.approx(0.75 * 900 * 1e-4)
    assert step.counts["minor_faults"] == 900
    assert step.seconds.get("release") == pytest.approx(1_000 * 1e-5)
    assert sweep.baseline is not None
    assert sweep.baseline["user"].bytes == 1_000_000


def test_a_climb_probes_at_every_step() -> None:
    sweep, rig = sweep_of(Behaviour(), (100, 200, 500), "climb")
    assert rig.runners[0].asked == [
        "grow 100", "probe 2", "probe 2", "grow 200", "probe 4", "probe 4",
        "grow 500", "probe 10", "probe 10", "release",
    ]  # fmt: skip
    assert all(step.samples.get("start") for step in sweep.steps)


def test_starts_are_timed_from_idle_and_then_awake_on_one_processor() -> None:
    sweep, rig = sweep_of(Behaviour(latency_ns=30, awake_ns=20, overhead_ns=10))
    last = sweep.steps[-1]
    assert last.samples.get("start") is not None
    assert last.samples.get("awake_start") is not None
    rounds = [last.samples[name] for name in ("start", "awake_start", "awake_start_empty")]
    assert [bins.floors_ns for bins in rounds] == [(30,), (20,), (10,)]
    assert not rig.runners[0].on_one_processor


def test_a_runner_that_cannot_be_held_on_one_processor_is_not_timed_awake() -> None:
    sweep, rig = sweep_of(Behaviour(movable=False))
    assert rig.runners[0].asked == ["grow 100", "grow 1000", "probe 20", "release"]
    assert sweep.steps[-1].samples.get("start") is not None
    assert sweep.steps[-1].samples.get("awake_start") is None


def test_a_leak_sweep_releases_after_every_cycle() -> None:
    sweep, rig = sweep_of(Behaviour(leak=200), (50,) * 3, "leak")
    assert rig.runners[0].asked == ["grow 50", "release"] * 3
    alive = [step.readings["user"].bytes or 0 for step in sweep.steps]
    assert [b - a for a, b in itertools.pairwise(alive)] == [10_000, 10_000]
    assert all(step.seconds.get("release") for step in sweep.steps)


def test_a_leak_sweep_ends_after_twelve_level_cycles_and_goes_on_where_memory_moves() -> None:
    level, _ = sweep_of(Behaviour(), (50,) * 36, "leak")
    assert len(level.steps) == 12
    leaking, _ = sweep_of(Behaviour(leak=200), (50,) * 36, "leak")
    assert len(leaking.steps) == 36


def test_a_refusal_is_measured_and_ends_the_sweep() -> None:
    sweep, rig = sweep_of(Behaviour(refuse_at=300), (100, 500, 1_000), "climb")
    last = sweep.steps[-1]
    assert (last.requested, last.alive) == (500, 300)
    assert last.refusal is not None
    assert last.refusal.errno == 11
    assert (sweep.stop.status, sweep.stop.count) == ("refused", 300)
    assert "EAGAIN" in sweep.stop.message
    assert rig.runners[0].asked[-1] == "release"


def test_a_death_keeps_the_finished_steps_and_the_last_words() -> None:
    sweep, rig = sweep_of(Behaviour(die_at=1_000))
    assert [step.alive for step in sweep.steps] == [100]
    assert (sweep.stop.status, sweep.stop.count) == ("failed", 100)
    assert "ended with status 3" in sweep.stop.message
    assert sweep.stop.stderr_tail == "its last words"
    assert rig.runners[0].stopped


def test_a_kill_for_memory_is_told_with_the_kernels_counter() -> None:
    sweep, _ = sweep_of(Behaviour(killed_at=1_000))
    assert (sweep.stop.status, sweep.stop.signal) == ("killed", "SIGKILL")
    assert sweep.stop.evidence[-1] == "killed for memory: the kernel's OOM kills went 0 → 1"


def test_a_hang_is_given_thirty_seconds_or_ten_times_what_was_foretold() -> None:
    sweep, rig = sweep_of(Behaviour(hang_at=1_000))
    assert "within 30 s" in sweep.stop.message
    assert rig.clock.now == pytest.approx(30, abs=0.1)
    slow, _ = sweep_of(Behaviour(hang_at=1_000_000), (1_000_000,))
    assert "within 100 s" in slow.stop.message


def test_the_machine_beginning_to_swap_ends_the_sweep_and_marks_the_step() -> None:
    sweep, _ = sweep_of(Behaviour(swap_at=200), (100, 200, 500), "climb")
    assert [step.swapped for step in sweep.steps] == [False, True]
    assert (sweep.stop.status, sweep.stop.message) == ("reserve", "the machine began to swap")


def test_a_counter_that_cannot_be_read_any_more_is_no_event() -> None:
    sweep, _ = sweep_of(Behaviour(unreadable_at=200), (100, 200, 500), "climb")
    assert [step.swapped for step in sweep.steps] == [False, False, False]
    assert sweep.stop.status == "max"
    killed, _ = sweep_of(Behaviour(unreadable_at=100, killed_at=1_000))
    assert killed.stop.evidence == (
        "no counter of OOM kills can be read here, so the reason is unknown",
    )


def test_a_step_whose_runner_is_not_at_rest_carries_that_doubt() -> None:
    sweep, _ = sweep_of(Behaviour(restless_at=200), (100, 200), "climb")
    assert [step.doubts for step in sweep.steps] == [(), ("restless",)]


@pytest.mark.parametrize(("others", "share"), [(0.0, 0.0), (0.5, 0.5), (None, None)])
def test_a_sweep_keeps_the_share_of_the_processors_that_others_took(
    others: float | None, share: float | None
) -> None:
    one = entry("one")
    rig = FakeRig(others=others)
    sweep = session(Job(one, "short", 1, (100,)), rig)
    assert sweep.others_share == (None if share is None else pytest.approx(share))
    assert sweep.stolen_share == (None if share is None else 0)


def test_a_step_that_would_take_too_much_memory_is_not_begun() -> None:
    bounds = Bounds(10**9, "max", "", memory_bytes=2_000_000)
    sweep, rig = sweep_of(Behaviour(), (1_000, 10_000), "climb", bounds)
    assert rig.runners[0].asked == ["grow 1000", "probe 20", "probe 20", "release"]
    assert (sweep.stop.status, sweep.stop.count) == ("reserve", 1_000)
    assert "more than half of the available memory" in sweep.stop.message


def test_a_step_that_would_not_fit_the_time_is_not_begun() -> None:
    bounds = Bounds(10**9, "max", "", deadline=1.0)
    sweep, _ = sweep_of(Behaviour(seconds=1e-3), (500, 1_000, 2_000), "climb", bounds)
    assert (sweep.stop.status, sweep.stop.count) == ("budget", 500)
    assert "out of time" in sweep.stop.message


def test_a_signal_passes_through_and_leaves_the_finished_steps() -> None:
    one = entry("one")
    rig = FakeRig({"one": Behaviour(raise_at=(1_000, Interrupted(signal.SIGINT)))})
    live = LiveSession(Job(one, "short", 1, (100, 1_000)), rig)
    with pytest.raises(Interrupted):
        live.run(lambda _: take_steps(live, NO_BOUNDS))
    sweep = live.record(0.0)
    assert (sweep.stop.status, sweep.stop.count) == ("interrupted", 100)
    assert rig.runners[0].stopped


DIED = RunnerDied("the runner ended by SIGSEGV before answering", "", signal.SIGSEGV)
HUNG, BROKE, FLOODED = RunnerHung("no answer"), RunnerBroke("rubbish"), RunnerFlooded("much")
# Where the last step was finished before, its reason to stop stays.
BREAKS: list[tuple[str, Behaviour, str, Status]] = [
    ("probe", Behaviour(raise_on=("probe", DIED)), "climb", "killed"),
    ("probe", Behaviour(raise_on=("probe", DIED)), "short", "killed"),
    ("probe", Behaviour(raise_on=("probe", HUNG)), "climb", "failed"),
    ("probe", Behaviour(raise_on=("probe", BROKE)), "short", "failed"),
    ("probe", Behaviour(raise_on=("probe", FLOODED)), "climb", "failed"),
    ("settle", Behaviour(gone_at=100), "climb", "killed"),
    ("settle", Behaviour(gone_at=100), "burst", "max"),
    ("settle", Behaviour(gone_at=100), "leak", "killed"),
    ("release", Behaviour(raise_on=("release", DIED)), "climb", "max"),
    ("release", Behaviour(raise_on=("release", HUNG)), "burst", "max"),
    ("release", Behaviour(raise_on=("release", DIED)), "leak", "killed"),
    ("release", Behaviour(raise_on=("release", BROKE)), "leak", "failed"),
]


@pytest.mark.parametrize(("moment", "behaviour", "purpose", "status"), BREAKS)
def test_a_count_that_a_runner_has_reported_is_kept(
    moment: str, behaviour: Behaviour, purpose: str, status: Status
) -> None:
    sweep, _ = sweep_of(behaviour, (100,), purpose)
    assert (sweep.stop.status, sweep.stop.count) == (status, 100)
    (step,) = sweep.steps
    assert (step.alive, step.spawned) == (100, 100)
    assert step.burst_seconds == pytest.approx(1e-3)
    gone = moment == "settle"
    assert step.readings["user"].bytes == (None if gone else 1_100_000)
    assert step.doubts == (("unproved",) if gone else ())


def test_an_interruption_in_the_probe_keeps_the_count_too() -> None:
    one = entry("one")
    rig = FakeRig({"one": Behaviour(raise_on=("probe", Interrupted(signal.SIGINT)))})
    live = LiveSession(Job(one, "climb", 1, (100, 200)), rig)
    with pytest.raises(Interrupted):
        live.run(lambda _: take_steps(live, NO_BOUNDS))
    sweep = live.record(0.0)
    assert (sweep.stop.status, sweep.stop.count) == ("interrupted", 100)
    assert [step.alive for step in sweep.steps] == [100]


@pytest.mark.parametrize(
    ("kind", "real", "doubts"),
    [
        ("thread", 1_000, ()),
        ("thread", 999, ()),  # the first thread of a process counts as well
        ("thread", 998, ("unproved",)),
        ("thread", 1, ("unproved",)),
        ("task", 1, ()),  # which the kernel cannot see
    ],
)
def test_the_kernel_confirms_the_threads_or_the_step_is_in_doubt(
    kind: Kind, real: int, doubts: tuple[str, ...]
) -> None:
    sweep, _ = sweep_of(Behaviour(real_threads=real), (1_000,), kind=kind)
    (step,) = sweep.steps
    assert step.doubts == doubts
    shown = f"the kernel counts {1 + real:,} threads, the runner reported 1,000"
    assert step.warnings == ((shown,) if doubts else ())


@pytest.mark.parametrize(
    ("behaviour", "bytes_"),
    [
        (Behaviour(user=1_000, kernel=10), [None, 1_010]),
        (Behaviour(kernel_known=False), [None, None]),
    ],
)
def test_the_bytes_of_a_unit_so_far_are_reported_with_each_step(
    behaviour: Behaviour, bytes_: list[float | None]
) -> None:
    told: list[Event] = []
    job = Job(entry("one"), "short", 1, (100, 1_000))
    live_session(job, FakeRig({"one": behaviour}), observe=told.append)
    assert [event.bytes_per_unit for event in told if isinstance(event, StepFinished)] == bytes_


def test_a_forecast_learns_step_by_step_and_no_further_than_it_is_told() -> None:
    made, _ = sweep_of(Behaviour(), (1_000, 2_000, 3_000), "climb")
    slow = altered(made.steps[2], burst_seconds=1.0)
    steps = (*made.steps[:2], slow)
    first = Forecast.of(entry("one"))
    assert first.after(made.baseline, steps[:2]).unit_seconds == pytest.approx(1e-5)
    assert first.after(made.baseline, steps).unit_seconds == pytest.approx(1e-3)
    assert first.after(made.baseline, steps).unit_bytes == pytest.approx(1_010)


def test_what_a_process_comes_to_take_with_its_first_units_is_no_part_of_a_unit() -> None:
    sweep, _ = sweep_of(Behaviour(user=1_000, kernel=10))
    steps = [
        altered(step, memory=step.readings | {"user": replace(user, bytes=user.bytes + 500_000)})
        for step in sweep.steps
        if (user := step.readings["user"]).bytes is not None
    ]
    assert bytes_per_unit(steps) == bytes_per_unit(sweep.steps) == 1_010
    assert bytes_per_unit(steps[:1]) is bytes_per_unit([]) is None


@pytest.mark.parametrize(
    ("most", "stops"),
    [
        (1, (1,)),
        (100, (100,)),
        (101, (100, 101)),
        (1_000, (100, 200, 500, 1_000)),
        (30_000, (100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 30_000)),
    ],
)
def test_a_climb_goes_by_1_2_5_and_ends_exactly_where_asked(most: int, stops: object) -> None:
    assert climb_stops(most) == stops


@pytest.mark.parametrize(
    ("most", "stops"), [(100_000, (10_000, 100_000)), (9, (9,)), (10, (1, 10))]
)
def test_a_short_sweep_stops_at_a_tenth_and_at_its_count(most: int, stops: object) -> None:
    assert short_stops(most) == stops


def test_a_job_cut_short_ends_exactly_there() -> None:
    job = Job(entry("one"), "climb", 1, (100, 200, 500))
    assert job.within(300).stops == (100, 200, 300)
    assert job.within(200).stops == (100, 200)
    leak = Job(entry("one"), "leak", 1, (50, 50, 50))
    assert leak.within(20).stops == (20, 20, 20)


def test_a_death_in_the_second_round_of_starts_keeps_the_first() -> None:
    sweep, _ = sweep_of(Behaviour(raise_on=("probe awake", DIED)))
    last = sweep.steps[-1]
    assert (last.alive, sweep.stop.status) == (1_000, "killed")
    assert last.samples.get("start") is not None
    assert last.samples.get("awake_start") is None


def test_what_a_runner_counts_is_recorded_with_each_step() -> None:
    sweep, _ = sweep_of(Behaviour(futex_slots=16), kind="thread")
    assert [step.counts["futex_slots"] for step in sweep.steps] == [16, 16]
    silent, _ = sweep_of(Behaviour(), kind="thread")
    assert not any("futex_slots" in step.counts for step in silent.steps)
