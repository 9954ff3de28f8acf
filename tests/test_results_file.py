"""The result file: its place, its saving, its names."""

from __future__ import annotations

import json
import os
import stat
import threading
from datetime import datetime
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

from bench.errors import MeasureError, ResultError, UsageError
from bench.model.file import ResultFile, default_path, load
from tests.support.results import result, sweep, whole_run

NOW = datetime(2026, 11, 23, 22, 31, 7)


def test_what_was_saved_is_what_is_loaded(tmp_path: Path) -> None:
    with ResultFile.open(tmp_path / "r.json") as file:
        file.save(whole_run())
    assert load(tmp_path / "r.json") == whole_run()


def test_the_version_of_the_format_is_the_first_key(tmp_path: Path) -> None:
    file = ResultFile.open(tmp_path / "r.json")
    file.save(result(sweep()))
    text = file.path.read_text()
    assert text.startswith('{"outnumber":2,')
    assert text.endswith("}\n")


def test_a_save_replaces_the_one_before_and_leaves_nothing_else(tmp_path: Path) -> None:
    with ResultFile.open(tmp_path / "r.json") as file:
        file.save(result(sweep()))
        file.save(whole_run())
    assert load(file.path) == whole_run()
    assert [path.name for path in tmp_path.iterdir()] == ["r.json"]


@pytest.mark.parametrize("force", [True, False])
def test_of_two_runs_that_want_one_name_the_second_is_told_until_the_first_has_ended(
    tmp_path: Path, force: bool
) -> None:
    with ResultFile.open(tmp_path / "r.json"):
        with pytest.raises(UsageError, match="another outnumber is writing it at this moment"):
            ResultFile.open(tmp_path / "r.json", force=force)
        with ResultFile.open(tmp_path / "other.json"):
            pass
    with ResultFile.open(tmp_path / "r.json"):
        pass


def test_of_two_runs_of_one_second_each_has_a_name_of_its_own(tmp_path: Path) -> None:
    with ResultFile.open_new(tmp_path, NOW) as one, ResultFile.open_new(tmp_path, NOW) as two:
        assert [one.path.name, two.path.name] == [
            "2026-11-23T22-31-07.json",
            "2026-11-23T22-31-07-2.json",
        ]


def test_a_place_where_nothing_was_saved_is_left_empty(tmp_path: Path) -> None:
    with ResultFile.open(tmp_path / "r.json"):
        assert not (tmp_path / "r.json").exists()
    assert not list(tmp_path.iterdir())


CUT_SHORT = msgspec.json.encode(replace(whole_run(), finished=None))


@pytest.mark.parametrize(
    ("left", "said"),
    [
        (b"", "r.json is empty; this run's result replaces it"),
        (CUT_SHORT, "r.json is of a run that was cut short; this run's result replaces it"),
        (CUT_SHORT[:1000], "r.json is of a run that was cut short; this run's result replaces it"),
    ],
)
def test_what_a_run_that_never_ended_has_left_is_replaced_with_a_word(
    tmp_path: Path, left: bytes, said: str
) -> None:
    path = tmp_path / "r.json"
    path.write_bytes(left)
    with ResultFile.open(path) as file:
        assert (file.replaces or "").endswith(said)
        assert path.read_bytes() == left
        file.save(whole_run())
    assert load(path) == whole_run()


def test_a_file_that_came_meanwhile_is_left_alone_and_nothing_measured_is_lost(
    tmp_path: Path,
) -> None:
    path = tmp_path / "r.json"
    with ResultFile.open(path) as file:
        path.write_text("mine")
        (tmp_path / "r-2.json").write_text("mine too")
        file.save(result(sweep()))
        file.save(whole_run())
    assert file.path == tmp_path / "r-3.json"
    assert load(file.path) == whole_run()
    assert path.read_text() == "mine"


def test_an_existing_file_is_not_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "r.json"
    path.write_text("mine")
    with pytest.raises(UsageError) as error:
        ResultFile.open(path)
    assert str(error.value) == (
        f"{path} is there already; add --force to replace it, or give another place with -o"
    )
    assert path.read_text() == "mine"


def test_with_force_the_earlier_one_stays_until_the_first_save(tmp_path: Path) -> None:
    path = tmp_path / "r.json"
    path.write_text("mine")
    with ResultFile.open(path, force=True) as file:
        assert path.read_text() == "mine"
        file.save(whole_run())
    assert load(path) == whole_run()


def test_with_force_and_without_a_save_the_earlier_one_is_kept(tmp_path: Path) -> None:
    (tmp_path / "r.json").write_text("mine")
    with ResultFile.open(tmp_path / "r.json", force=True):
        pass
    assert [(p.name, p.read_text()) for p in tmp_path.iterdir()] == [("r.json", "mine")]


def test_a_save_that_fails_keeps_the_earlier_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = ResultFile.open(tmp_path / "r.json")
    file.save(whole_run())
    file._claim.release()

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(MeasureError) as error:
        file.save(result(sweep()))
    assert str(error.value) == (
        f"{file.path}: the result could not be saved: No space left on device; "
        "what was saved before is kept"
    )
    assert load(file.path) == whole_run()
    assert [path.name for path in tmp_path.iterdir()] == ["r.json"]


@pytest.mark.parametrize(
    "place", ["file/r.json", "folder", "gone/r.json", "gone/../file/x/r.json", "n" * 300]
)
def test_a_place_that_cannot_be_written_is_told_before_anything_is_measured(
    tmp_path: Path, place: str
) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "folder").mkdir()
    with pytest.raises(
        UsageError, match=r"cannot be written there: .*; give another place with -o"
    ):
        ResultFile.open(tmp_path / place)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written_is_told(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(UsageError, match="Permission denied"):
        ResultFile.open(tmp_path / "r.json")


@pytest.mark.parametrize("force", [True, False])
def test_a_device_is_never_replaced(tmp_path: Path, force: bool) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(UsageError, match="it is there already, and not an ordinary file"):
        ResultFile.open(tmp_path / "pipe", force=force)
    assert stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)


def test_a_pipe_is_read_to_its_end_and_never_waited_for(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(ResultError, match="empty"):
        load(pipe)
    content = msgspec.json.encode(whole_run())
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)  # so that a writer need not wait for one
    writing = pipe.open("wb")
    os.close(reader)

    def write() -> None:
        with writing:
            writing.write(content)  # more than a pipe holds: it is written while it is read

    late = threading.Timer(0.05, write)
    late.start()
    loaded = load(pipe)
    late.join()
    assert loaded == whole_run()


def test_a_link_is_written_through(tmp_path: Path) -> None:
    (tmp_path / "real.json").write_text("old")
    (tmp_path / "link.json").symlink_to("real.json")
    ResultFile.open(tmp_path / "link.json", force=True).save(whole_run())
    assert (tmp_path / "link.json").is_symlink()
    assert load(tmp_path / "real.json") == whole_run()


def test_the_file_may_be_read_by_those_whom_the_umask_allows(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        file = ResultFile.open(tmp_path / "r.json")
        file.save(whole_run())
    finally:
        os.umask(before)
    assert stat.S_IMODE(file.path.stat().st_mode) == 0o640


def test_the_default_name_is_the_time_and_never_one_that_is_there(tmp_path: Path) -> None:
    names = []
    for _ in range(2):
        path = default_path(tmp_path, NOW)
        path.write_text("")
        names.append(path.name)
    (tmp_path / "2026-11-23T22-31-07-3").mkdir()  # another result's pictures
    names.append(default_path(tmp_path, NOW).name)
    assert names == [
        "2026-11-23T22-31-07.json",
        "2026-11-23T22-31-07-2.json",
        "2026-11-23T22-31-07-4.json",
    ]


def test_a_result_is_plain_json(tmp_path: Path) -> None:
    file = ResultFile.open(tmp_path / "r.json")
    file.save(whole_run())
    assert json.loads(file.path.read_text()) == json.loads(msgspec.json.encode(whole_run()))
