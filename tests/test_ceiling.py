"""The ceiling experiment on a machine of fakes: how each climb ends, and what is kept of it."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from bench.engine import events
from bench.engine.budget import Job
from bench.engine.fake import Behaviour, FakeMonitor, FakeRig, FakeRunner
from bench.engine.protocol import Grown
from bench.engine.session import LiveSession
from bench.errors import MeasureError
from bench.experiments import ceiling
from bench.experiments.ceiling import CeilingOptions, CeilingRun, pilots
from bench.limits.model import LimitState
from bench.limits.predict import Allowed, Prediction
from bench.model.records import Result, Session
from bench.signals import Interrupted
from runners.catalogue import Entry
from tests.support.entries import MACHINE, entry, targets
from tests.support.limits import made


def climbed(
    rig: FakeRig,
    *entries: Entry,
    budget: float | None = 60.0,
    reasons: dict[str, str] | None = None,
) -> tuple[Result, list[events.Event]]:
    """The result of a whole experiment, and everything that was told."""
    told: list[events.Event] = []
    saved: list[Result] = []
    wish = CeilingOptions(budget=budget)
    cases = targets(rig, *entries, missing=reasons or {})
    experiment = CeilingRun(wish, cases, MACHINE, told.append, saved.append)
    try:
        return experiment.run(), told
    except Interrupted:
        return saved[-1], told


def only(rig: FakeRig, **more: float) -> Session:
    (sweep,) = climbed(rig, entry("fake"), **more)[0].sessions  # type: ignore[arg-type]
    return sweep


def test_a_refusal_where_no_limit_can_be_read_keeps_the_count_and_names_none() -> None:
    stop = only(FakeRig({"fake": Behaviour(refuse_at=7_777)})).stop
    assert (stop.status, stop.count, stop.limit, stop.predicted) == ("refused", 7_777, None, None)
    assert stop.evidence == ("no limit that could be read refuses in this way",)


def test_a_refused_step_is_measured_and_released() -> None:
    sweep = only(FakeRig({"fake": Behaviour(refuse_at=7_777)}))
    last = sweep.steps[-1]
    assert (last.alive, last.requested) == (7_777, 10_000)
    assert last.refusal is not None
    assert last.readings["user"].bytes == 1_000_000 + 7_777 * 1_000
    assert last.seconds.get("release") is not None


def test_processors_may_sleep_before_the_first_step_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[int] = []

    def settle(monitor: FakeMonitor, exact: bool = False, awake: bool = False) -> bool:  # noqa: ARG001
        slept.extend([] if awake else [monitor.runner.alive])
        return True

    monkeypatch.setattr(FakeMonitor, "settle", settle)
    assert only(FakeRig({"fake": Behaviour(refuse_at=7_777)})).stop.count == 7_777
    assert slept == [0]


def test_a_killed_runner_keeps_the_last_confirmed_count() -> None:
    stop = only(FakeRig({"fake": Behaviour(killed_at=20_000)})).stop
    assert (stop.status, stop.count, stop.signal) == ("killed", 10_000, "SIGKILL")
    assert stop.evidence == (
        "no counter of OOM kills can be read here, so the reason is unknown",
        "killed for memory: the kernel's OOM kills went 0 → 1",
    )


def test_what_was_launched_and_never_measured_is_kept_as_a_step() -> None:
    rig = FakeRig({"fake": Behaviour(killed_at=200)})
    live = LiveSession(Job(entry("fake"), "climb", 1, ()), rig)

    def drive(_: LiveSession) -> None:
        for count in (100, 150, 180):
            live.grow(count)
            if count == 100:
                live.measure()
        live.grow(200)

    live.run(drive)
    sweep = live.record(0.0)
    assert (sweep.stop.status, sweep.stop.count) == ("killed", 180)
    measured, last = sweep.steps
    assert (last.alive, last.spawned, last.readings["user"].bytes) == (180, 80, None)
    assert last.burst_seconds == pytest.approx(80 * 1e-5)
    assert (measured.alive, measured.doubts) == (100, ())


def test_a_step_of_a_runner_that_has_ended_is_in_doubt() -> None:
    sweep = only(FakeRig({"fake": Behaviour(gone_at=10)}))
    assert (sweep.stop.status, sweep.stop.count, sweep.stop.signal) == ("killed", 10, "SIGSEGV")
    assert [step.doubts for step in sweep.steps] == [("unproved",)]


def test_a_runner_that_hangs_has_failed() -> None:
    stop = only(FakeRig({"fake": Behaviour(hang_at=20_000)})).stop
    assert (stop.status, stop.count) == ("failed", 10_000)


def test_the_budget_ends_a_climb_in_time_with_as_many_as_fit() -> None:
    rig = FakeRig({"fake": Behaviour(seconds=1e-3, release_seconds=1e-4)})
    sweep = only(rig, budget=45.0)
    assert sweep.stop.status == "budget"
    assert 20_000 < sweep.stop.count < 45_000
    assert sweep.seconds <= 45.0


def prediction_at(units: int) -> Prediction:
    state = LimitState("pids.max", "threads", units, 0, "/a")
    return Prediction((Allowed(state, 1.0, units, units),))


def test_a_climb_that_the_budget_ends_tells_the_budget_that_would_do(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("bench.limits.watch.predict", lambda *_: prediction_at(100_000))
    behaviour = Behaviour(seconds=1e-3, release_seconds=1e-4, refuse_at=100_000)
    stop = only(FakeRig({"fake": behaviour}, system=made(tmp_path / "a")), budget=45.0).stop
    assert (stop.status, stop.projected) == ("budget", 100_000)
    bound, enough = stop.evidence
    assert bound == "pids.max in /a would stop it at about 100,000 (projected)"
    budget = int(enough.removeprefix("to get there: --budget "))
    rig = FakeRig({"fake": behaviour}, system=made(tmp_path / "b"))
    assert only(rig, budget=budget).stop.status == "refused"


@pytest.mark.parametrize(
    ("limit", "status"), [(100_000, "refused"), (10_000_000, "budget")], ids=["near", "far"]
)
def test_without_a_budget_a_climb_has_the_time_that_its_limit_is_expected_to_take(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, limit: int, status: str
) -> None:
    monkeypatch.setattr("bench.limits.watch.predict", lambda *_: prediction_at(limit))
    behaviour = Behaviour(seconds=1e-3, release_seconds=1e-4, refuse_at=limit)
    rig = FakeRig({"fake": behaviour}, system=made(tmp_path))
    result, told = climbed(rig, entry("fake"), budget=None)
    (session,) = result.sessions
    assert session.stop.status == status
    assert 60 < session.seconds < 900
    notes = [event.message for event in told if isinstance(event, events.Note)]
    assert len([words for words in notes if words.endswith("s to its limit")]) == 1


def test_a_climb_without_a_budget_gets_more_time_as_its_bursts_slow(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """What it is given after its pilot would end it at a tenth of its limit."""
    monkeypatch.setattr("bench.limits.watch.predict", lambda *_: prediction_at(100_000))
    grow = FakeRunner.grow

    def ever_slower(self: FakeRunner, count: int, expected_seconds: float) -> Grown:
        object.__setattr__(self.behaviour, "seconds", 1e-5 if count <= 3_000 else 5e-3)
        return grow(self, count, expected_seconds)

    monkeypatch.setattr(FakeRunner, "grow", ever_slower)
    behaviour = Behaviour(release_seconds=1e-6, refuse_at=100_000)
    rig = FakeRig({"fake": behaviour}, system=made(tmp_path))
    (session,) = climbed(rig, entry("fake"), budget=None)[0].sessions
    assert (session.stop.status, session.stop.count) == ("refused", 100_000)
    assert 60 < session.seconds < 900


def squeezed(root: Path, behaviour: Behaviour, at: int, left: int = 0) -> tuple[Session, FakeRig]:
    """A climb in which others, once a step has `at` units, take the memory of the machine but for a
    tenth, which is kept, and `left` bytes."""
    system = made(root)
    available = (1 << 30) // 10 + left

    def observe(event: events.Event) -> None:
        if isinstance(event, events.StepFinished) and event.step.alive >= at:
            text = f"MemTotal: {1 << 20} kB\nMemAvailable: {available // 1024} kB\n"
            system.path("proc/meminfo").write_text(text)

    rig = FakeRig({"fake": behaviour}, system=system)
    cases = targets(rig, entry("fake"))
    experiment = CeilingRun(CeilingOptions(), cases, MACHINE, observe, lambda result: None)
    (sweep,) = experiment.run().sessions
    return sweep, rig


def test_a_climb_ends_where_others_have_taken_the_memory_that_was_foretold(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("bench.limits.watch.predict", lambda *_: prediction_at(20_000))
    stop = squeezed(tmp_path, Behaviour(refuse_at=30_000), at=16_000)[0].stop
    assert (stop.status, stop.limit, stop.where) == ("reserve", "MemAvailable", "the machine")
    assert (stop.count, stop.projected) == (16_000, 20_000)
    assert stop.evidence == ("102.4 MiB of MemAvailable stay free for other processes",)


def test_no_step_is_made_into_the_reserve_of_memory_where_nothing_is_foretold(
    tmp_path: Path,
) -> None:
    """What a unit takes of memory being unknown, steps double without a bound of their own."""
    behaviour = Behaviour(kernel_known=False, refuse_at=5_000_000)
    stop = squeezed(tmp_path, behaviour, at=100_000)[0].stop
    assert (stop.status, stop.limit) == ("reserve", "MemAvailable")
    assert (stop.count, stop.predicted) == (100_000, None)


def test_where_memory_is_too_short_for_a_step_slices_go_on(tmp_path: Path) -> None:
    behaviour = Behaviour(kernel_known=False, refuse_at=5_000_000)
    sweep, rig = squeezed(tmp_path, behaviour, at=100_000, left=2 << 20)
    asked = [int(words.split()[1]) for words in rig.runners[0].asked if words.startswith("grow")]
    after = [count for count in asked if count >= 100_000]
    assert sweep.stop.status == "reserve"
    assert sweep.stop.count == after[-1] > 100_000
    assert max(later / before for before, later in pairwise(after)) <= 1.01


def test_what_would_kill_the_harness_too_is_said_before_the_ascent(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    danger = "memory.oom.group is set in /a: an OOM kill takes all its processes at once"
    state = LimitState("memory.max", "memory", 1 << 30, 0, "/a", notes=(danger,))
    prediction = Prediction((Allowed(state, 1.0, 9_000, 9_000),))
    monkeypatch.setattr("bench.limits.watch.predict", lambda *_: prediction)
    rig = FakeRig({"fake": Behaviour(refuse_at=9_000)}, system=made(tmp_path))
    _, told = climbed(rig, entry("fake"))
    after_pilot = events.StepStarted("fake", "climb", 5_000)
    assert told.index(events.Note(f"{danger}, the harness too")) < told.index(after_pilot)


def test_after_a_death_the_others_still_climb() -> None:
    rig = FakeRig({"a": Behaviour(die_at=100), "b": Behaviour(refuse_at=5_000)})
    result, _ = climbed(rig, entry("a"), entry("b"))
    assert [sweep.stop.count for sweep in result.sessions] == [30, 5_000]
    assert all(runner.stopped for runner in rig.runners)


def test_what_cannot_run_is_left_out_with_a_word() -> None:
    rig = FakeRig({"b": Behaviour(refuse_at=50)})
    result, told = climbed(rig, entry("a"), entry("b"), reasons={"a": "no compiler"})
    assert [runtime.reason for runtime in result.cases] == ["no compiler", None]
    assert events.Note("a is left out: no compiler") in told


def test_where_nothing_can_run_there_is_no_result() -> None:
    with pytest.raises(MeasureError, match="none of the requested runtimes"):
        climbed(FakeRig(), entry("a"), reasons={"a": "no compiler"})


def test_a_runner_that_never_says_hello_has_failed_and_the_others_climb() -> None:
    rig = FakeRig({"a": Behaviour(no_hello=True), "b": Behaviour(refuse_at=50)})
    result, _ = climbed(rig, entry("a"), entry("b"))
    stops = [sweep.stop for sweep in result.sessions]
    assert [(stop.status, stop.count) for stop in stops] == [("failed", 0), ("refused", 50)]
    assert stops[0].stderr_tail == "its last words"


def test_a_pilot_that_cannot_be_made_is_told_as_failed() -> None:
    rig = FakeRig({"fake": Behaviour(no_hello=True)})
    (sweep,) = pilots(CeilingOptions(), targets(rig, entry("fake")), lambda message: None)
    assert (sweep.stop.status, sweep.stop.count) == ("failed", 0)


def test_an_interruption_is_kept_with_what_was_reached() -> None:
    rig = FakeRig({"fake": Behaviour(raise_at=(5_000, Interrupted(2)))})
    result, _ = climbed(rig, entry("fake"))
    assert (result.sessions[0].stop.status, result.sessions[0].stop.count) == ("interrupted", 3_000)
    assert result.finished is None


def test_the_pilot_alone_launches_three_thousand_at_most() -> None:
    rig = FakeRig()
    (sweep,) = pilots(CeilingOptions(), targets(rig, entry("fake")), lambda message: None)
    assert rig.runners[0].ever == max(ceiling.RUNGS) == 3_000
    assert (sweep.stop.status, sweep.stop.count) == ("max", 3_000)


def test_from_eighty_percent_on_slices_are_one_percent(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """With a limit predicted at 20,000 units, whatever is read."""
    monkeypatch.setattr("bench.limits.watch.predict", lambda *_: prediction_at(20_000))
    rig = FakeRig({"fake": Behaviour(refuse_at=20_100)}, system=made(tmp_path))
    sweep = only(rig)
    asked = [int(words.split()[1]) for words in rig.runners[0].asked if words.startswith("grow")]
    near = [count for count in asked if count >= ceiling.NEAR * 20_000]
    assert near[0] == 16_000
    assert max(after - before for before, after in pairwise(near)) <= 0.01 * 20_000
    assert (sweep.stop.count, sweep.stop.predicted) == (20_100, 20_000)
    assert [step.alive for step in sweep.steps][-2:] == [16_000, 20_100]
