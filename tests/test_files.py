"""The one writer: old or new, the right mode, nothing left, and never kept waiting."""

from __future__ import annotations

import errno
import fcntl
import os
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bench import files, leftovers, signals


@pytest.fixture(autouse=True)
def _fresh(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A process that has cleared no folder yet, whose umask is the usual one."""
    monkeypatch.setattr(leftovers, "_cleared", set())
    old = os.umask(0o022)
    yield
    os.umask(old)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_what_is_written_is_there_and_nothing_else(tmp_path: Path) -> None:
    for content in (b"old", b"", b"x" * 3_000_000):
        files.write(tmp_path / "a", content)
        assert (tmp_path / "a").read_bytes() == content
    assert names(tmp_path) == ["a"]


def test_a_new_file_gets_what_the_umask_leaves_and_a_program_is_its_users_alone(
    tmp_path: Path,
) -> None:
    files.write(tmp_path / "a", b"1")
    files.write(tmp_path / "program", b"1", program=True)
    assert (mode(tmp_path / "a"), mode(tmp_path / "program")) == (0o644, 0o700)


@pytest.mark.parametrize("kept", [0o600, 0o640, 0o666, 0o444, 0o755])
def test_an_old_file_keeps_its_mode_and_owner(tmp_path: Path, kept: int) -> None:
    (tmp_path / "a").write_bytes(b"old")
    (tmp_path / "a").chmod(kept)
    owner = (12_345, 54_321) if os.geteuid() == 0 else (os.getuid(), os.getgid())
    os.chown(tmp_path / "a", *owner)
    files.write(tmp_path / "a", b"new")
    found = (tmp_path / "a").stat()
    assert (mode(tmp_path / "a"), found.st_uid, found.st_gid) == (kept, *owner)


def test_a_private_file_is_at_no_moment_open_to_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a").write_bytes(b"old")
    (tmp_path / "a").chmod(0o600)
    seen: list[int] = []
    real = os.write

    def write(descriptor: int, content: bytes) -> int:
        seen.append(stat.S_IMODE(os.fstat(descriptor).st_mode))
        return real(descriptor, content)

    monkeypatch.setattr(os, "write", write)
    files.write(tmp_path / "a", b"new")
    assert seen == [0o600]


def test_a_link_is_written_through_even_where_it_leads_to_nothing_yet(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "link").symlink_to("there/real")
    for content in (b"first", b"second"):
        files.write(tmp_path / "link", content)
        assert (tmp_path / "link").is_symlink()
        assert (tmp_path / "there" / "real").read_bytes() == content
    assert names(tmp_path / "there") == ["real"]


def test_without_leave_no_file_is_replaced_however_late_it_came(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files.write(tmp_path / "a", b"new", replace=False)
    with pytest.raises(FileExistsError):
        files.write(tmp_path / "a", b"newer", replace=False)
    real = os.fsync

    def late(descriptor: int) -> None:
        (tmp_path / "b").write_bytes(b"theirs")
        real(descriptor)

    monkeypatch.setattr(os, "fsync", late)
    with pytest.raises(FileExistsError):
        files.write(tmp_path / "b", b"ours", replace=False)
    assert [(tmp_path / name).read_bytes() for name in names(tmp_path)] == [b"new", b"theirs"]


def test_a_file_system_without_links_and_locks_is_written_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no(*_: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", no)
    monkeypatch.setattr(fcntl, "flock", no)
    files.write(tmp_path / "a", b"new", replace=False)
    files.claim(tmp_path / "a").release()
    assert names(tmp_path) == ["a"]


def pipe(place: Path) -> None:
    os.mkfifo(place)


def listening(place: Path) -> None:
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(place))


STRANGE: list[tuple[Callable[[Path], object], str]] = [
    (pipe, "it is there already, and not an ordinary file"),
    (listening, "it is there already, and not an ordinary file"),
    (lambda place: place.symlink_to("/dev/full"), "not an ordinary file"),
    (lambda place: place.symlink_to("/dev/stdin"), "not an ordinary file"),
    (Path.mkdir, "it is a folder"),
    (lambda place: place.symlink_to("gone/a"), "there is no folder .*gone .mkdir -p .*gone makes"),
    (lambda place: place.symlink_to(place.name), "symbolic links"),
]
DOING: list[Callable[[Path], object]] = [
    files.check,
    files.claim,
    lambda place: files.write(place, b"new"),
    lambda place: files.write_all({place: b"new"}),
    lambda place: files.append(place, b"new"),
]


@pytest.mark.parametrize("do", DOING)
@pytest.mark.parametrize(("make", "said"), STRANGE, ids=range(len(STRANGE)))
def test_what_is_no_ordinary_file_is_refused_at_once_and_not_touched(
    tmp_path: Path, make: Callable[[Path], object], said: str, do: Callable[[Path], object]
) -> None:
    make(tmp_path / "a")
    before = (tmp_path / "a").lstat()
    with pytest.raises(OSError, match=said):
        do(tmp_path / "a")
    assert (tmp_path / "a").lstat().st_ino == before.st_ino
    assert names(tmp_path) == ["a"]


@pytest.mark.parametrize("do", [*DOING, files.make_folder, files.check_folder])
@pytest.mark.parametrize("place", ["gone/a", "file/a", "n" * 300])
def test_no_folder_is_made_that_nobody_asked_for(
    tmp_path: Path, place: str, do: Callable[[Path], object]
) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OSError, match=r"no folder|not a folder|Not a directory|too long"):
        do(tmp_path / place)
    assert names(tmp_path) == ["file"]


def test_a_folder_is_made_in_one_that_is_there(tmp_path: Path) -> None:
    files.check_folder(tmp_path / "a")
    assert names(tmp_path) == []
    for _ in range(2):
        files.make_folder(tmp_path / "a")
    files.check_folder(tmp_path / "a")
    assert names(tmp_path / "a") == []


def test_a_signal_waits_until_the_file_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = {number: signal.getsignal(number) for number in signals.SIGNALS}
    real = os.fsync

    def fsync(descriptor: int) -> None:
        signal.raise_signal(signal.SIGINT)
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(signals._Signals, "raised", False)
    monkeypatch.setattr(signals._Signals, "pending", None)
    signals.install()
    try:
        with pytest.raises(signals.Interrupted):
            files.write(tmp_path / "a", b"new")
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    assert names(tmp_path) == ["a"]


# What dead writers leave

DEAD = (".outnumber-0123456789abcdef.tmp", ".outnumber-0123456789abcdef.lock")
OTHERS = (".outnumber-0123.tmp", "outnumber-0123456789abcdef.tmp", ".outnumber-0123456789abcdef.md")


def test_what_a_dead_writer_left_is_removed_and_nothing_else(tmp_path: Path) -> None:
    for name in (*DEAD, *OTHERS):
        (tmp_path / name).write_bytes(b"half")
    (tmp_path / ".outnumber-00000000000000ff.tmp" / "deep").mkdir(parents=True)
    (tmp_path / ".outnumber-000000000000000a.tmp").symlink_to("precious")
    pipe(tmp_path / ".outnumber-000000000000000b.tmp")
    (tmp_path / "precious").write_bytes(b"")
    files.write(tmp_path / "a", b"new")
    left = (".outnumber-000000000000000a.tmp", ".outnumber-000000000000000b.tmp")
    assert names(tmp_path) == sorted([*OTHERS, *left, "a", "precious"])


WRITER = """
import os, sys, time
from pathlib import Path
from bench import files, leftovers
real = os.fsync
def wait(descriptor):
    print("ready", flush=True)
    time.sleep(100)
place = Path(sys.argv[1])
claim = files.claim(place)
with leftovers.scratch(place.parent):
    os.fsync = wait
    files.write(place, b"theirs")
"""


def test_what_a_live_writer_has_begun_is_never_removed_and_its_name_is_claimed(
    tmp_path: Path,
) -> None:
    words = [sys.executable, "-c", WRITER, str(tmp_path / "a")]
    with subprocess.Popen(words, stdout=subprocess.PIPE) as writer:
        try:
            assert writer.stdout is not None
            writer.stdout.readline()
            begun = names(tmp_path)
            assert len(begun) == 3
            with pytest.raises(BlockingIOError, match="another outnumber is writing it"):
                files.claim(tmp_path / "a")
            files.write(tmp_path / "b", b"ours")
            assert names(tmp_path) == sorted([*begun, "b"])
        finally:
            writer.kill()
    leftovers._cleared.clear()
    files.claim(tmp_path / "a").release()
    assert names(tmp_path) == ["b"]


def test_a_scratch_folder_is_gone_after_its_block(tmp_path: Path) -> None:
    with leftovers.scratch(tmp_path) as folder:
        (folder / "x").write_bytes(b"x")
        assert len(names(tmp_path)) == 1
    assert names(tmp_path) == []
