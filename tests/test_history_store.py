"""The folder of a history: what is written into it, and what is read from one of a stranger's."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from bench.errors import MeasureError, UsageError
from bench.history.store import VERSION, Acknowledgement, Point, acknowledge, add, point_of, read
from bench.judging.gates import BURST
from bench.model.records import Result, Side
from tests.support.histories import point
from tests.support.results import leak_sweep, result, sweep, whole_run


def burst(night: int) -> Point:
    return point(night, {("asyncio", BURST): 4e-6})


def line(**fields: Any) -> str:
    """A point's line with some of its fields replaced."""
    tree = json.loads(msgspec.json.encode(burst(1)))
    return json.dumps(tree | fields)


def put(folder: Path, text: str, name: str = "strange.jsonl") -> None:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8")


KEPT = json.loads(msgspec.json.encode(burst(1)))["kept"]
BROKEN = [
    ("", "empty: its writing was cut short"),
    ("{", "cut short"),
    ("[]", "expected an object"),
    ("nonsense", "JSON is malformed"),
    ('{"history": ' + "[" * 100_000, "nested too deeply"),
    (line(history=3), "version 3 of the format, but outnumber"),
    (line(history=True), "version True of the format"),
    ('{"kind": "point"}', "version None of the format"),
    (line(kind="poem"), "unknown value 'poem'"),
    (line(id="../../x"), "$.id"),
    (line(started="yesterday"), "yesterday is no date"),
    (line(started="0001-01-01T00:00:00+14:00"), "is no date"),
    (line(extra=1), "unknown field extra"),
    (line(kept=KEPT * 2), "burst_seconds_per_unit of asyncio is there twice"),
    (line(kept=[{**KEPT[0], "value": 1e300}]), "$.kept[0].value"),
    (line(kept=[{**KEPT[0], "metric": "happiness"}]), "happiness"),
    (line(kept=[{**KEPT[0], "part": "../../x"}]), "$.kept[0].part"),
    (line(kept=[{**KEPT[0], "with": {"calls": "1\n"}}]), "$.kept[0].with"),
    (line(kept=[{**KEPT[0], "with": {"a/b": 1}}]), "$.kept[0].with"),
    (line(control=[-1.0]), "$.control[0]"),
    ("\x1b[31m" + line(), "JSON is malformed"),
]


@pytest.mark.parametrize(("text", "said"), BROKEN, ids=[said for _, said in BROKEN])
def test_a_broken_line_is_named_with_its_fault_and_the_rest_is_kept(
    tmp_path: Path, text: str, said: str
) -> None:
    put(tmp_path, f"{line()}\n{text}\n{msgspec.json.encode(burst(2)).decode()}\n" if text else text)
    add(tmp_path, burst(3))
    history = read(tmp_path)
    assert [one.id for one in history.points] == [
        burst(night).id for night in ((1, 2, 3) if text else (3,))
    ]
    (fault,) = history.faults
    assert str(fault).startswith(f"{tmp_path / 'strange.jsonl'}, line {2 if text else 1}: ")
    assert said in fault.reason
    assert "\x1b" not in str(fault)


def test_files_may_be_joined_and_a_point_that_is_there_twice_counts_once(tmp_path: Path) -> None:
    accepted = Acknowledgement(history=VERSION, point=burst(1).id, reason="why", on="2026-11-01")
    lines = [msgspec.json.encode(one).decode() for one in (burst(2), burst(1), accepted, burst(1))]
    put(tmp_path, "\n".join((*lines, "", "")), "all.jsonl")
    history = read(tmp_path)
    assert [one.id for one in history.points] == [burst(1).id, burst(2).id]
    assert history.acknowledged == (accepted,)
    assert history.faults == ()


def test_a_pipe_in_the_folder_is_named_and_not_waited_for(tmp_path: Path) -> None:
    add(tmp_path, burst(1))
    os.mkfifo(tmp_path / "pipe.jsonl")
    (fault,) = read(tmp_path).faults
    assert "not an ordinary file" in fault.reason


def test_what_else_lies_in_the_folder_is_left_alone(tmp_path: Path) -> None:
    add(tmp_path, burst(1))
    put(tmp_path, "# Nightly runs", "README.md")
    assert read(tmp_path).faults == ()


def test_where_every_line_is_broken_they_are_all_told(tmp_path: Path) -> None:
    put(tmp_path, "{\n[]\n")
    with pytest.raises(UsageError, match=r"(?s)no point.*line 1: .*line 2: "):
        read(tmp_path)


def test_a_date_without_a_zone_is_one_of_utc(tmp_path: Path) -> None:
    put(tmp_path, line(started="2026-09-02T02:30:00"))
    add(tmp_path, replace(burst(3), started="2026-09-02T03:00:00+02:00"))
    assert [one.id for one in read(tmp_path).points] == [burst(3).id, burst(1).id]


def test_what_was_acknowledged_already_is_not_written_again(tmp_path: Path) -> None:
    one = Acknowledgement(history=VERSION, point=burst(1).id, reason="why", on="2026-11-01")
    add(tmp_path, burst(1))
    assert acknowledge(tmp_path, one) is not None
    assert acknowledge(tmp_path, replace(one, reason="because", on="2026-11-02")) is None
    assert acknowledge(tmp_path, replace(one, case="asyncio")) is not None
    assert len(read(tmp_path).acknowledged) == 2


def test_a_folder_that_is_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match=r"file.*give another"):
        add(tmp_path / "file", burst(1))


def test_a_full_disk_leaves_no_half_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(MeasureError, match="could not be saved: No space left"):
        add(tmp_path, burst(1))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_git_merges_what_two_branches_added(tmp_path: Path) -> None:
    def git(*words: str) -> None:
        who = ("-c", "user.name=a", "-c", "user.email=a@b.example", "-c", "commit.gpgsign=false")
        subprocess.run(
            ["git", *who, *words], cwd=tmp_path, check=True, capture_output=True, timeout=60
        )

    def commit(change: Callable[[], object]) -> None:
        change()
        git("add", "-A")
        git("commit", "-m", "more")

    nights = tmp_path / "nights"
    one = Acknowledgement(history=VERSION, point=burst(0).id, reason="why", on="2026-11-01")
    git("init", "-q", "-b", "main")
    commit(lambda: add(nights, burst(0)))
    git("checkout", "-q", "-b", "other")
    commit(lambda: (add(nights, burst(1)), acknowledge(nights, one)))
    git("checkout", "-q", "main")
    commit(lambda: (add(nights, burst(2)), acknowledge(nights, replace(one, case="asyncio"))))
    git("merge", "other")
    history = read(nights)
    assert len(history.points) == 3
    assert len(history.acknowledged) == 2


# From a result to its point


def test_a_point_holds_every_known_figure_and_nothing_unknown() -> None:
    made = point_of(whole_run(), "abc123")
    assert {kept.case for kept in made.kept} == {"pthread", "threading", "goroutine", "asyncio"}
    assert len(made.kept) == 4 * 27
    assert made.commit == "abc123"
    assert point_of(result(sweep()), None).control is None
    names = {kept.metric for kept in point_of(result(sweep()), None).kept}
    assert "leaked_bytes_per_unit" not in names


def test_of_a_ceilings_run_the_ceiling_alone_is_kept() -> None:
    made = point_of(replace(whole_run(), command="ceiling"), None)
    assert {kept.metric for kept in made.kept} == {"ceiling"}


def test_the_same_run_is_the_same_point_however_it_was_written() -> None:
    run = whole_run()
    assert point_of(run, "a").id == point_of(replace(run, warnings=("more",)), "b").id
    assert point_of(run, "a").id != point_of(replace(run, started="2026-11-24T02:00:00"), "a").id
    other = replace(run, sessions=(*run.sessions[:-1], leak_sweep(9.0, runtime="asyncio")))
    assert point_of(run, "a").id != point_of(other, "a").id


SIDE = Side(job="1", name="base", subject="this", looks=(13,))


@pytest.mark.parametrize(
    ("run", "said"),
    [
        (replace(result(sweep()), command="ab", side=SIDE), "one side of a job of pairs"),
        (result(sweep(stops=(), status="failed")), "holds no figure"),
        (
            replace(result(sweep()), finished=None),
            "its run was cut short before its end.*make the run again with outnumber run",
        ),
        (replace(result(sweep()), started="long ago"), "its beginning is no date: 'long ago'"),
    ],
)
def test_what_is_no_night_is_refused(run: Result, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        point_of(run, None)


@pytest.mark.slow
def test_two_writers_at_once_lose_nothing(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path\n"
        "from bench.history.store import add\n"
        "from tests.test_history_store import burst\n"
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
