"""The scale experiment on a fake rig: its flow, its budget, and what it keeps when things break."""

from __future__ import annotations

import re
import signal
from collections.abc import Mapping
from dataclasses import dataclass

import pytest

from bench.engine import events
from bench.engine.fake import Behaviour, FakeRig
from bench.errors import MeasureError
from bench.experiments.plan import PopulationOptions
from bench.experiments.population import LOOK_SECONDS, PopulationRun
from bench.model.records import Result
from bench.signals import Interrupted
from runners.catalogue import Entry, shipped
from tests.support.entries import MACHINE, NONE, entry, targets

ONE, TWO = entry("one"), entry("two", "thread", build=("cc",))


@dataclass(frozen=True)
class Wish:
    """What is asked for."""

    options: PopulationOptions
    entries: tuple[Entry, ...]
    settings: Mapping[str, str]


class Run:
    """A fake run, with everything that was saved and told."""

    def __init__(self, rig: FakeRig, wish: Wish, **missing: str) -> None:
        self.rig = rig
        self.saved: list[Result] = []
        self.told: list[events.Event] = []
        cases = targets(rig, *wish.entries, settings=wish.settings, missing=missing)
        self.experiment = PopulationRun(
            wish.options, cases, MACHINE, self.told.append, self.saved.append
        )

    def ended(self) -> Result:
        return self.experiment.run()

    def notes(self) -> list[str]:
        return [event.message for event in self.told if isinstance(event, events.Note)]


def request(
    entries: tuple[Entry, ...] = (ONE, TWO),
    settings: Mapping[str, str] = NONE,
    **fields: object,
) -> Wish:
    known: dict[str, object] = {"seed": 3, "max": 2_000, "repeats": 2}
    return Wish(PopulationOptions(**(known | fields)), entries, settings)  # type: ignore[arg-type]


def purposes(result: Result, name: str) -> list[str]:
    return [sweep.purpose for sweep in result.sessions if sweep.case == name]


def test_climbs_come_first_then_rounds_then_leaks() -> None:
    result = Run(FakeRig(), request()).ended()
    assert purposes(result, "one") == ["climb", "short", "short", "leak"]
    assert [sweep.purpose for sweep in result.sessions] == ["climb"] * 2 + ["short"] * 4 + [
        "leak"
    ] * 2
    assert all(sweep.stop.status == "max" for sweep in result.sessions)


def test_the_result_is_saved_after_every_sweep_and_stamped_at_the_end() -> None:
    run = Run(FakeRig(), request())
    result = run.ended()
    assert [len(saved.sessions) for saved in run.saved] == [1, 2, 3, 4, 5, 6, 7, 8, 8]
    assert [saved.finished is None for saved in run.saved] == [True] * 8 + [False]
    assert run.saved[-1] == result


def test_the_result_says_what_was_asked_and_which_versions_ran() -> None:
    result = Run(FakeRig(), request(settings={"stack-size": "65536"})).ended()
    assert (result.outnumber, result.command) == (2, "run")
    assert (result.plan.seed, result.plan.max, result.plan.sweeps) == (3, 2_000, 2)
    assert [runtime.version for runtime in result.cases] == ["1.0", "1.0"]
    assert result.machine == MACHINE


def test_one_session_of_a_case_is_released_and_the_other_runners_are_ended() -> None:
    rig = FakeRig()
    result = Run(rig, request(entries=(ONE,))).ended()
    asked = [runner.asked for runner in rig.runners]
    assert ["release" in words for words in asked] == [False, True, False, True]
    assert [session.purpose for session in result.sessions] == ["climb", "short", "short", "leak"]
    assert all(runner.stopped for runner in rig.runners)


def test_without_climbs_there_are_only_short_sweeps_and_leaks() -> None:
    result = Run(FakeRig(), request(climb=False)).ended()
    assert purposes(result, "one") == ["short", "short", "leak"]


def test_what_cannot_run_here_is_left_out_with_a_word() -> None:
    run = Run(FakeRig(), request(), two="no C compiler; type: apt install gcc")
    result = run.ended()
    assert purposes(result, "two") == []
    assert result.cases[1].reason == "no C compiler; type: apt install gcc"
    assert run.notes() == ["two is left out: no C compiler; type: apt install gcc"]


def test_a_failing_build_leaves_the_others_running() -> None:
    run = Run(FakeRig({"two": Behaviour(no_build=True)}), request())
    result = run.ended()
    assert purposes(result, "one") == ["climb", "short", "short", "leak"]
    assert "building the runner of two failed" in (result.cases[1].reason or "")


def test_nothing_that_can_run_is_an_error_that_names_each_reason() -> None:
    run = Run(FakeRig({"two": Behaviour(no_build=True)}), request(), one="no module one")
    with pytest.raises(MeasureError, match=r"(?s)one: no module one.*two: building"):
        run.ended()
    assert run.saved == []


def test_a_runtime_that_dies_at_once_is_given_up_and_the_others_run() -> None:
    run = Run(FakeRig({"one": Behaviour(die_at=1)}), request())
    result = run.ended()
    assert purposes(result, "one") == ["climb"]
    assert purposes(result, "two") == ["climb", "short", "short", "leak"]
    assert result.warnings == ("one was given up after a session that could not be made",)


@pytest.mark.parametrize("budget", [None, 300.0])
def test_a_leak_check_that_a_broken_runtime_lacks_is_not_blamed_on_the_budget(
    budget: float | None,
) -> None:
    rig = FakeRig({"one": Behaviour(die_at=1)})
    run = Run(rig, request(entries=(ONE,), climb=False, budget=budget))
    assert run.ended().warnings == ("one was given up after a session that could not be made",)


def test_a_runtime_whose_interpreter_lacks_its_module_after_all_is_left_out_with_a_word() -> None:
    behaviour = Behaviour(no_hello=True, last_words="ModuleNotFoundError: No module named 'one'")
    one = entry("one", needs=("module:one",), missing="pip install one")
    run = Run(FakeRig({"one": behaviour}), request(entries=(one, TWO)))
    result = run.ended()
    reason = "its interpreter has no module one; type: pip install one"
    assert (result.cases[0].reason, result.cases[1].reason) == (reason, None)
    assert run.notes() == [f"one is left out: {reason}"]
    assert [(s.stop.message, s.stop.stderr_tail) for s in result.sessions if s.case == "one"] == [
        (reason, "")
    ]
    assert purposes(result, "two") == ["climb", "short", "short", "leak"]


def test_a_runtime_that_dies_late_goes_on_with_its_other_sweeps() -> None:
    result = Run(FakeRig({"one": Behaviour(die_at=2_000)}), request()).ended()
    assert purposes(result, "one") == ["climb", "short", "short", "leak"]
    assert next(s for s in result.sessions if s.case == "one").stop.status == "failed"


def test_a_hanging_runtime_is_not_waited_for_twice() -> None:
    rig = FakeRig({"one": Behaviour(hang_at=2_000)})
    result = Run(rig, request()).ended()
    assert purposes(result, "one") == ["climb"]
    assert rig.clock.now < 40


def test_the_result_exists_even_if_the_only_sweep_broke() -> None:
    run = Run(FakeRig({"one": Behaviour(die_at=1)}), request(entries=(ONE,)))
    result = run.ended()
    assert [sweep.steps for sweep in result.sessions] == [()]
    assert run.saved[-1] == result


def test_an_interruption_is_saved_with_the_steps_that_were_finished() -> None:
    fate = Behaviour(raise_at=(1_000, Interrupted(signal.SIGTERM)))
    run = Run(FakeRig({"one": fate}), request(entries=(ONE,)))
    with pytest.raises(Interrupted):
        run.ended()
    (sweep,) = run.saved[-1].sessions
    assert [step.alive for step in sweep.steps] == [100, 200, 500]
    assert sweep.stop.status == "interrupted"
    assert run.saved[-1].finished is None


def test_the_budget_ends_rounds_and_says_so() -> None:
    slow = FakeRig({"one": Behaviour(seconds=1e-2)})
    run = Run(slow, request(entries=(ONE,), budget=30.0, repeats=5, climb=False))
    result = run.ended()
    assert purposes(result, "one") == ["short", "leak"]
    assert result.warnings == (
        "1 of 5 repeats of one were made: the time budget was used up",
        "no leak check of one: the time budget was used up",
    )
    assert result.sessions[-1].stop.status == "budget"
    assert rig_time(run) <= 30


def test_a_leak_sweep_that_would_not_fit_is_left_out_and_said_so() -> None:
    slow = FakeRig({"one": Behaviour(seconds=1e-2, release_seconds=0)})
    run = Run(slow, request(entries=(ONE,), budget=21.0, repeats=1, climb=False))
    assert run.ended().warnings == ("no leak check of one: the time budget was used up",)


@pytest.mark.parametrize("budget", [1.0, 5.0, 20.0, 60.0, 300.0])
def test_a_budget_is_kept_from_the_first_second_and_what_did_not_fit_is_named(
    budget: float,
) -> None:
    slow = Behaviour(seconds=1e-2, release_seconds=0)
    run = Run(FakeRig({"one": slow, "two": slow}), request(budget=budget, repeats=3))
    result = run.ended()
    first = 200 * 1e-2  # a step that was begun is finished; of the first, one cannot know more
    assert rig_time(run) <= max(budget, first)
    assert any(sweep.steps for sweep in result.sessions)
    made = [(sweep.case, str(sweep.purpose)) for sweep in result.sessions if sweep.steps]
    named = " ".join(result.warnings)
    for name in ("one", "two"):
        for purpose, words in (
            ("climb", "no climb"),
            ("leak", "no leak"),
            ("short", "of 3 repeats"),
        ):
            if made.count((name, purpose)) < (3 if purpose == "short" else 1):
                assert re.search(rf"{words}[^:]*\b{name}\b[^:]*: the time budget", named)
    assert not any("budget" in note for note in run.notes())


def test_where_nothing_fits_the_cheapest_runtime_makes_one_step() -> None:
    run = Run(FakeRig(), request(budget=0.01))
    (sweep,) = run.ended().sessions
    assert [step.alive for step in sweep.steps] == [100]


@pytest.mark.parametrize("start_seconds", [0.25, 2.0, 10.0])
def test_the_time_left_follows_what_sweeps_took_so_far(start_seconds: float) -> None:
    """The guess for a process's start is 0.25 s; on a loaded machine it takes many times that."""
    behaviour = Behaviour(seconds=ONE.guess.seconds, release_seconds=ONE.guess.seconds / 2)
    rig = FakeRig({"one": behaviour, "two": behaviour}, start_seconds=start_seconds)
    left: list[tuple[float, float]] = []

    def observe(event: events.Event) -> None:
        if isinstance(event, events.TimeLeft):
            left.append((rig.clock.now, event.seconds))

    wish = request(repeats=12)
    cases = targets(rig, *wish.entries)
    PopulationRun(wish.options, cases, MACHINE, observe, lambda _: None).run()
    middle = rig.clock.now / 2
    expected = next(seconds for now, seconds in left if now >= middle)
    assert middle / 2 < expected < 2 * middle


def rig_time(run: Run) -> float:
    """What the run took, by the fake clock."""
    return run.rig.clock.now


def test_where_time_is_short_the_slowest_miss_rounds_and_the_others_none() -> None:
    rig = FakeRig({"one": Behaviour(), "two": Behaviour(seconds=1e-3, release_seconds=0)})
    run = Run(rig, request(budget=12.0, repeats=6, climb=False))
    result = run.ended()
    assert purposes(result, "one").count("short") == 6
    assert 1 < purposes(result, "two").count("short") < 6
    assert rig.clock.now - LOOK_SECONDS < 12
    assert any("repeats of two were made" in warning for warning in result.warnings)


def test_a_climb_ends_at_its_share_of_the_budget() -> None:
    rig = FakeRig({"one": Behaviour(seconds=1e-3)})
    run = Run(rig, request(entries=(ONE,), max=1_000_000, budget=60.0, repeats=0))
    result = run.ended()
    climb = result.sessions[0]
    assert climb.stop.status == "budget"
    assert climb.stop.count >= 10_000
    assert rig.clock.now <= 60


def test_threads_stop_at_thirty_thousand_unless_a_count_was_asked_for() -> None:
    unasked = Run(FakeRig(), request(entries=(TWO,), max=None, repeats=0)).ended()
    assert unasked.sessions[0].stop.count == 30_000
    assert unasked.sessions[0].stop.status == "reserve"
    asked = Run(FakeRig(), request(entries=(TWO,), max=40_000, repeats=0)).ended()
    assert (asked.sessions[0].stop.status, asked.sessions[0].stop.count) == ("max", 40_000)


def test_the_view_is_told_of_builds_steps_sweeps_and_the_time_left() -> None:
    run = Run(FakeRig(), request(entries=(TWO,), repeats=1, max=200))
    run.ended()
    kinds = [type(event).__name__ for event in run.told]
    assert kinds[:2] == ["BuildStarted", "RunStarted"]
    assert kinds[2:8] == [
        "SessionStarted", "StepStarted", "StepFinished", "StepStarted", "StepFinished",
        "SessionFinished",
    ]  # fmt: skip
    left = [event.seconds for event in run.told if isinstance(event, events.TimeLeft)]
    assert left == sorted(left, reverse=True)
    assert left[-1] == 0


# Seconds a unit, on two quiet processors.
QUIET = {
    "pthread": 3e-5,
    "threading": 2.4e-4,
    "goroutine": 3e-6,
    "greenlet": 1.2e-5,
    "gevent": 2.2e-5,
    "asyncio": 1.2e-5,
    "trio": 2e-5,
}


def test_a_default_run_takes_every_kind_of_task_to_a_million_and_makes_all_repeats() -> None:
    behaviours = {
        name: Behaviour(seconds=each, release_seconds=0.4 * each) for name, each in QUIET.items()
    }
    rig = FakeRig(behaviours, start_seconds=0.4)  # what settling and reading takes included
    entries = tuple(one for one in shipped() if one.name in QUIET)
    result = Run(rig, Wish(PopulationOptions(), entries, NONE)).ended()
    reached = {one.case: one.stop.count for one in result.sessions if one.purpose == "climb"}
    assert reached == {one.name: 30_000 if one.kind == "thread" else 1_000_000 for one in entries}
    assert result.warnings == ()
    bursts = sum(step.burst_seconds for one in result.sessions for step in one.steps)
    assert bursts / rig.clock.now > 0.75
    assert rig.clock.now <= 172
