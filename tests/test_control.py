"""The control: the same work in every run, or a word about why there is none."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from bench.clock import RealClock
from bench.engine import events
from bench.engine.fake import CONTROL_SECONDS, Behaviour, FakeRig
from bench.engine.reference import CONTROL, sample
from bench.engine.rig import MachineRig
from bench.engine.toolchain import Tools
from bench.errors import MeasureError
from bench.experiments.plan import PopulationOptions
from bench.experiments.population import PopulationRun
from bench.model.records import Result
from bench.system import System
from tests.support.entries import MACHINE, entry, targets

ONE = entry("one")


def run(rig: FakeRig, **fields: object) -> tuple[Result, list[Result], list[str]]:
    """A fake run: its result, what was saved on the way, and the notes."""
    saved: list[Result] = []
    told: list[events.Event] = []
    known: dict[str, object] = {"seed": 3, "max": 2_000, "repeats": 2}
    wish = PopulationOptions(**(known | fields))  # type: ignore[arg-type]
    experiment = PopulationRun(wish, targets(rig, ONE), MACHINE, told.append, saved.append)
    result = experiment.run()
    return result, saved, [each.message for each in told if isinstance(each, events.Note)]


def test_the_control_is_taken_at_both_ends_and_before_every_round() -> None:
    result, saved, _ = run(FakeRig())
    assert result.control == (CONTROL_SECONDS,) * 4
    assert [len(each.control or ()) for each in saved] == [1, 2, 3, 3, 4]


@pytest.mark.parametrize("fields", [{"climb": False}, {"repeats": 0}])
def test_a_run_of_any_shape_has_a_control(fields: dict[str, object]) -> None:
    result, _, _ = run(FakeRig(), **fields)
    assert len(result.control or ()) == 2 + len(
        [s for s in result.sessions if s.purpose == "short"]
    )


def test_without_a_compiler_the_run_goes_on_and_says_so() -> None:
    result, _, notes = run(FakeRig(no_control="no C compiler; type: apt install gcc"))
    assert result.control is None
    assert len(result.sessions) == 4
    assert notes == ["no control was measured: no C compiler; type: apt install gcc"]
    assert result.warnings == tuple(notes)


def test_a_control_that_fails_is_told_once_and_not_tried_again() -> None:
    result, _, notes = run(FakeRig(control_fails=True))
    assert result.control is None
    assert notes == ["no control was measured: the control ended with status 1"]


def test_a_broken_runtime_does_not_take_the_control_with_it() -> None:
    result, _, _ = run(FakeRig({"one": Behaviour(die_at=1)}))
    assert len(result.control or ()) == 4


def script(folder: Path, body: str) -> tuple[str, ...]:
    path = folder / "control.py"
    path.write_text(body, encoding="utf-8")
    return (sys.executable, "-I", "-S", str(path))


def test_a_sample_is_what_the_program_says_in_seconds(tmp_path: Path) -> None:
    assert sample(script(tmp_path, "print(40_000_000)")) == 0.04


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("print('soon')", "the control could not be measured: invalid literal"),
        ("import sys; sys.exit('no memory')", "the control ended with status 1: no memory"),
    ],
)
def test_a_sample_that_is_none_is_told(tmp_path: Path, body: str, message: str) -> None:
    with pytest.raises(MeasureError, match=message):
        sample(script(tmp_path, body))


def test_a_program_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(MeasureError, match="No such file"):
        sample((str(tmp_path / "none"),))


def rig(folder: Path, cc: str | None) -> MachineRig:
    return MachineRig(
        System(), RealClock(), Tools(sys.executable, given={"cc": (cc,) if cc else ()}), folder
    )


def test_a_machine_without_a_compiler_says_what_to_type(tmp_path: Path) -> None:
    with pytest.raises(MeasureError, match=r"no C compiler .* type: apt install gcc libc6-dev"):
        rig(tmp_path, None).prepare_control(lambda command: None)


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("cc") is None, reason="no C compiler")
def test_the_shipped_control_is_built_once_and_takes_a_while(tmp_path: Path) -> None:
    built: list[str] = []
    real = rig(tmp_path, shutil.which("cc"))
    real.prepare_control(built.append)
    real.prepare_control(built.append)
    assert len(built) == 1
    assert 0.001 < real.control_seconds() < 20


def test_no_runtime_can_be_called_like_the_control() -> None:
    assert " " in CONTROL.name
