"""A history's promises: nothing is lost between two writers, and few nights are no verdict."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from bench.history.review import Review, review
from bench.history.store import History, Point, read
from bench.judging.gates import BURST
from tests.support.histories import burst_history, noise, point, shifted


def burst(night: int) -> Point:
    return point(night, {("asyncio", BURST): 4e-6})


def seen(history: History) -> Review:
    return review(history, metrics=[BURST])


@pytest.mark.slow
def test_two_writers_at_once_lose_nothing(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path\n"
        "from bench.history.store import add\n"
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


def test_nights_alike_nominate_nothing() -> None:
    assert seen(burst_history(noise(40, seed=3))).check.nominations == ()


@pytest.mark.parametrize(("nights", "judged", "grades"), [(9, 0, []), (24, 1, ["advisory"])])
def test_few_nights_are_no_verdict_and_some_only_advise(
    nights: int, judged: int, grades: list[str]
) -> None:
    check = seen(burst_history(shifted(noise(nights, seed=3), nights // 2, 1.5))).check
    assert len(check.judged) == judged
    assert [one.grade for one in check.nominations] == grades
    assert check.alarms == ()
