"""A history: kept line by line, in segments of like nights, and what it nominates."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from bench.errors import UsageError
from bench.regression.gates import BURST
from bench.regression.history.confirm import confirmation
from bench.regression.history.folder import acknowledge, add
from bench.regression.history.reading import History, read
from bench.regression.history.records import Acknowledgement, Point
from bench.regression.history.review import Review, review
from tests.support.commands import outnumber
from tests.support.histories import burst_history, noise, point, shifted

SLOWER = shifted(noise(40, seed=3), 20, 1.25)


def burst(night: int, value: float = 4e-6) -> Point:
    return point(night, {("asyncio", BURST): value})


def seen(history: History) -> Review:
    return review(history, figures=[BURST])


def kept_in(folder: Path, history: History) -> Path:
    for one in history.points:
        add(folder, one)
    return folder


def test_a_point_is_kept_once(tmp_path: Path) -> None:
    assert add(tmp_path, burst(1)) is not None
    assert add(tmp_path, burst(1)) is None
    assert read(tmp_path).points == (burst(1),)


def test_a_broken_line_is_named_and_the_rest_is_kept(tmp_path: Path) -> None:
    add(tmp_path, burst(1))
    (tmp_path / "broken.jsonl").write_text('{"history": 1, "kind"\n', encoding="utf-8")
    history = read(tmp_path)
    assert [one.id for one in history.points] == [burst(1).id]
    assert [(fault.file, fault.line) for fault in history.faults] == [
        (str(tmp_path / "broken.jsonl"), 1)
    ]


def test_two_writers_at_once_lose_nothing(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path\n"
        "from bench.regression.history.folder import add\n"
        "from tests.test_history import burst\n"
        "for night in range(int(sys.argv[1]), 60, 2): add(Path(sys.argv[2]), burst(night))\n"
        "add(Path(sys.argv[2]), burst(99))\n"
    )
    writers = [
        subprocess.Popen([sys.executable, "-c", program, str(first), str(tmp_path)])
        for first in (0, 1)
    ]
    assert [writer.wait() for writer in writers] == [0, 0]
    history = read(tmp_path)
    assert len(history.points) == 61
    assert history.faults == ()


@pytest.mark.parametrize("folder", ["none", "empty"])
def test_a_folder_without_a_history_says_what_to_type(tmp_path: Path, folder: str) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError, match="outnumber history add"):
        read(tmp_path / folder)


def test_a_shift_is_nominated_where_it_began_with_the_job_that_would_confirm_it() -> None:
    (nomination,) = seen(burst_history(SLOWER)).check.alarms
    assert abs(int(nomination.first.point, 16) - 20) <= 2
    assert nomination.worse
    assert 1.15 < nomination.effect < 1.35
    assert confirmation(nomination).endswith("--gate burst_seconds_per_unit")


def test_nights_alike_nominate_nothing() -> None:
    assert seen(burst_history(noise(40, seed=3))).check.nominations == ()


def test_missing_nights_do_not_hide_a_shift() -> None:
    holes: list[float | None] = [None if night % 4 == 1 else v for night, v in enumerate(SLOWER)]
    found = seen(burst_history(holes))
    assert found.trends[0].missing == 10
    assert len(found.check.alarms) == 1


@pytest.mark.parametrize(("nights", "judged", "grades"), [(9, 0, []), (24, 1, ["advisory"])])
def test_few_nights_are_no_verdict_and_some_only_advise(
    nights: int, judged: int, grades: list[str]
) -> None:
    check = seen(burst_history(shifted(noise(nights, seed=3), nights // 2, 1.5))).check
    assert len(check.judged) == judged
    assert [one.grade for one in check.nominations] == grades
    assert check.alarms == ()


def test_another_kernel_begins_a_segment_that_says_so() -> None:
    facts = {20: {"machine": {"kernel": "6.19.0"}}}
    found = seen(burst_history(SLOWER, facts=facts))
    assert [len(segment.nights) for segment in found.trends[0].segments] == [20, 20]
    assert [one.name for one in found.trends[0].segments[1].changed] == ["kernel"]
    assert found.check.nominations == ()


def test_what_was_acknowledged_alarms_no_more() -> None:
    history = burst_history(SLOWER)
    (nomination,) = seen(history).check.alarms
    known = Acknowledgement(
        history=1, point=nomination.first.point, reason="meant", on="2026-11-01"
    )
    assert seen(replace(history, acknowledged=(known,))).check.alarms == ()


def test_where_the_control_moved_too_it_is_the_machine() -> None:
    moved = burst_history(SLOWER, control=shifted(noise(40, seed=4, level=0.02), 20, 1.25))
    assert [one.is_machine for one in seen(moved).check.nominations] == [True]
    steady = burst_history(SLOWER, control=noise(40, seed=4, level=0.02))
    assert [one.is_machine for one in seen(steady).check.nominations] == [False]


@pytest.mark.slow
def test_the_command_ends_with_3_at_an_alarm_and_with_0_once_it_is_acknowledged(
    tmp_path: Path,
) -> None:
    folder = kept_in(tmp_path / "nights", burst_history(SLOWER))
    words = ("history", "check", "--folder", str(folder))
    assert "outnumber ab" in outnumber(*words, code=3).stdout
    assert outnumber(*words, "--fail-on", "none", code=0).stdout
    (nomination,) = seen(read(folder)).check.alarms
    known = Acknowledgement(
        history=1, point=nomination.first.point, reason="meant", on="2026-11-01"
    )
    acknowledge(folder, known)
    assert "outnumber ab" not in outnumber(*words, code=0).stdout
    assert "did you mean" in outnumber(*words, "--metric", "burst_seconds", code=2).stderr
