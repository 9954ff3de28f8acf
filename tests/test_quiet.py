"""A busy machine is reported before the run, waited for where asked, and named after it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import get_type_hints

import pytest
from msgspec import Struct
from msgspec.structs import replace

from bench.cli import options, session
from bench.cli.ab import ab
from bench.cli.ceiling import ceiling
from bench.cli.noise import noise
from bench.cli.run import run
from bench.cli.session import heed_load, report_busy
from bench.engine.fake import FakeRig
from bench.engine.quiet import LOOK_SECONDS, busy_share, wait_until_quiet
from bench.experiments import Experiment
from bench.model.records import Result
from bench.probes.cpu import ProcessorTime
from reports.wording.runs import busy_line
from tests.support.entries import entry, targets
from tests.support.results import result, sweep

ADVICE = "end that work first, or add --wait-for-quiet 60"


class Working(FakeRig):
    """Other work, at full load until `ends_at`; our own children spend `own` of every second."""

    ends_at = 0.0
    own = 0.0

    def processor_time(self) -> ProcessorTime | None:
        if self.others is None:
            return None
        now = self.clock.now
        others = self.others * min(now, self.ends_at)
        return ProcessorTime(now, others + self.own * now, 0.0, self.own * now)


def working(until: float, own: float = 0.0, others: float | None = 1.0) -> Working:
    rig = Working(others=others)
    rig.ends_at, rig.own = until, own
    return rig


@pytest.mark.parametrize(
    ("rig", "share"),
    [
        (working(60), 1.0),
        (working(0), None),
        (working(0, own=1.0), None),  # a build of ours
        (working(60, others=0.05), None),
        (working(60, others=None), None),
    ],
)
def test_what_others_take_now_is_seen_in_a_short_look(rig: Working, share: float | None) -> None:
    assert busy_share(rig) == share
    assert rig.clock.now == LOOK_SECONDS


@pytest.mark.parametrize(
    ("until", "at_most", "quiet", "took"),
    [(0, 60, True, 2), (10, 60, True, 12), (100, 60, False, 60), (59, 60, True, 61)],
)
def test_a_wait_ends_with_two_quiet_seconds_or_with_its_time(
    until: float, at_most: float, quiet: bool, took: float
) -> None:
    rig = working(until)
    assert wait_until_quiet(rig, at_most) is quiet
    assert rig.clock.now == pytest.approx(took, abs=0.6)


def said(rig: Working, wait: float | None, capsys: pytest.CaptureFixture[str]) -> str:
    heed_load(rig, wait, quiet=False)
    out, err = capsys.readouterr()
    assert out == ""
    return err


def test_a_busy_machine_is_reported_with_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    line = "The machine is busy: other work takes 100% of its processors. "
    assert said(working(60), None, capsys) == (
        f"{line}Times that suffer are marked busy; {ADVICE}.\n"
    )
    waited = said(working(10), 30.0, capsys)
    assert waited == f"{line}Waiting until it is quiet, at most 30 s.\n"
    in_vain = said(working(99), 30.0, capsys)
    assert in_vain == f"{waited}It is still busy after 30 s; measuring all the same.\n"


@pytest.mark.parametrize("wait", [None, 30.0])
def test_a_quiet_machine_is_not_spoken_of(
    wait: float | None, capsys: pytest.CaptureFixture[str]
) -> None:
    assert said(working(0), wait, capsys) == ""
    assert said(working(60, others=None), wait, capsys) == ""
    heed_load(working(60), 5.0, quiet=True)
    assert capsys.readouterr().err == ""


def busy(name: str, share: float | None) -> Result:
    return result(
        *[
            replace(sweep(runtime=name, number=n), others_share=share, stolen_share=0)
            for n in (1, 2)
        ]
    )


def test_after_the_run_the_runtimes_that_suffered_are_named(
    capsys: pytest.CaptureFixture[str],
) -> None:
    one, two = busy("asyncio", 0.84), busy("trio", 0.01)
    both = replace(one, cases=(*one.cases, *two.cases), sessions=(*one.sessions, *two.sessions))
    line = (
        "† Other work took 84 % of the processors while these were measured, so their times may be "
        "too long: asyncio. Repeat the run with --wait-for-quiet 60."
    )
    assert busy_line(both) == busy_line(one, two) == line
    assert busy_line(two) is busy_line(busy("trio", None)) is busy_line(result()) is None
    broken = replace(one, sessions=tuple(replace(sweep, steps=()) for sweep in one.sessions))
    assert busy_line(broken) is None
    report_busy([both], quiet=False)
    assert capsys.readouterr().out == f"{line}\n"
    report_busy([both], quiet=True)
    assert capsys.readouterr().out == ""


class Launching:
    """An experiment that says on standard error that it launches."""

    def run(self) -> Result:
        print("launched", file=sys.stderr)
        return result()


def test_a_session_heeds_the_load_before_anything_is_launched(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rig = working(10)
    place = session.Place(tmp_path / "r.json", force=False)
    one = Experiment("launching", "Is it launched?", (), Struct, lambda *_: Launching())
    session.carry_out(one, Struct(), targets(rig, entry("one")), place, False, wait_seconds=30.0)
    first, *_, last = capsys.readouterr().err.splitlines()
    assert first.endswith("Waiting until it is quiet, at most 30 s.")
    assert last == "launched"
    assert rig.clock.now >= 10


@pytest.mark.parametrize("command", [run, ceiling, ab, noise])
def test_each_command_that_measures_can_wait_for_quiet(command: Callable[..., int]) -> None:
    hints = get_type_hints(command, include_extras=True)
    assert hints["wait_for_quiet"] == options.WaitForQuiet
