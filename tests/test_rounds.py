"""The run of an experiment that is its sessions and nothing else."""

from __future__ import annotations

import pytest

from bench.engine.fake import Behaviour, FakeRig
from bench.errors import MeasureError
from bench.experiments.base import SessionKind
from bench.experiments.population import take_steps
from bench.experiments.rounds import RoundsOptions, RoundsRun
from bench.model.records import Result
from tests.support.entries import MACHINE, entry, targets

KINDS = (
    SessionKind("one stop", lambda units, _: (units,), take_steps),
    SessionKind("two stops", lambda units, _: (units // 10, units), take_steps),
)
ONE, TWO = entry("one"), entry("two", "thread")


def made(rig: FakeRig, missing: str | None = None, **wish: object) -> Result:
    cases = targets(
        rig, ONE, TWO, missing=dict.fromkeys(("one", "two"), missing) if missing else {}
    )
    options = RoundsOptions(**wish)  # type: ignore[arg-type]
    run = RoundsRun("toy", KINDS, options, cases, MACHINE, lambda _: None, lambda _: None)
    return run.run()


def test_every_kind_of_every_case_is_in_each_round_in_an_order_of_its_own() -> None:
    result = made(FakeRig(), repeats=4)
    rounds = [
        [(one.case, one.purpose) for one in result.sessions if one.round == number]
        for number in range(1, 5)
    ]
    everything = {(case, kind.purpose) for case in ("one", "two") for kind in KINDS}
    assert all({*each} == everything and len(each) == 4 for each in rounds)
    assert len({tuple(each) for each in rounds}) > 1
    assert {(one.case, one.steps[-1].alive) for one in result.sessions} == {
        ("one", 10_000),
        ("two", 1_000),
    }
    assert (result.plan.sweeps, result.plan.preset, result.command) == (4, "toy", "toy")


def test_what_does_not_fit_is_skipped_and_named() -> None:
    result = made(FakeRig({"one": Behaviour(seconds=1e-3)}), budget=30.0)
    last = max(one.started_seconds + one.seconds for one in result.sessions)
    assert last <= 30
    assert result.warnings == ("not every repeat of one was made: the time budget was used up",)
    assert len([one for one in result.sessions if one.case == "two"]) == 12


def test_a_case_that_can_only_fail_again_is_given_up() -> None:
    result = made(FakeRig({"one": Behaviour(die_at=1)}), repeats=3)
    assert [one.case for one in result.sessions].count("one") == 1
    assert result.warnings == ("one was given up after a session that could not be made",)


def test_where_nothing_can_run_there_is_no_result() -> None:
    with pytest.raises(MeasureError, match="none of the requested runtimes can run here"):
        made(FakeRig(), missing="no compiler")
