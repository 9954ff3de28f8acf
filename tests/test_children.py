"""Commands that the harness runs to their end, compilers above all: nothing of them is left,
however they end and however the harness does. Real ones."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from bench.clock import RealClock
from bench.engine import children
from bench.probes import cgroup, hierarchy, processes
from bench.probes.cgroup import find
from bench.system import System
from tests.support.commands import heed_signals
from tests.support.families import KINDS, family, living, noted
from tests.support.scripts import script

IN_A_PROGRAM = [kind for kind in KINDS if kind != "clean"]  # see bench.engine.children


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    return tmp_path / "notes"


def command(folder: Path, notes: Path, body: str, kinds: list[str]) -> tuple[str, ...]:
    """A program that starts a process of each kind, then does what `body` says."""
    starting = "".join(f"start({kind!r})\n" for kind in kinds)
    return script(folder, family(notes, starting + body))


ENDS = {
    "well": ("print('out'); print('err', file=sys.stderr)", 0, b"out\n", b"err\n"),
    "badly": ("sys.exit(3)", 3, b"", b""),
    "by a signal": ("os.kill(os.getpid(), 9)", 137, b"", b""),
}


@pytest.mark.parametrize("name", ENDS)
def test_a_command_that_ends_leaves_nothing(tmp_path: Path, notes: Path, name: str) -> None:
    body, status, output, errors = ENDS[name]
    done = children.run(command(tmp_path, notes, body, IN_A_PROGRAM), 60)
    assert (done.status, done.output, done.errors) == (status, output, errors)
    assert len(noted(notes)) == len(IN_A_PROGRAM)
    assert not living(notes)


def test_a_command_that_takes_too_long_leaves_nothing(tmp_path: Path, notes: Path) -> None:
    words = command(tmp_path, notes, "time.sleep(600)", IN_A_PROGRAM)
    with pytest.raises(TimeoutError, match="took longer than 1 s"):
        children.run(words, 1.0)
    assert not living(notes)


def test_a_command_that_is_not_there_is_an_error_with_its_name(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no-cc"):
        children.run((str(tmp_path / "no-cc"),), 60)


HARNESS = """
from bench import signals
from bench.engine import children
signals.declare()
signals.install()
children.run({words!r}, 600)
"""


@pytest.mark.parametrize(
    ("number", "kinds"),
    [
        (signal.SIGKILL, ["child", "orphan"]),  # the group; the rest is left to the next run
        (signal.SIGTERM, [*KINDS]),
        (signal.SIGINT, [*KINDS]),
    ],
)
def test_a_command_ends_with_its_harness(
    tmp_path: Path, notes: Path, number: signal.Signals, kinds: list[str]
) -> None:
    words = command(tmp_path, notes, "start('child')\ntime.sleep(600)", kinds)
    harness = subprocess.Popen(
        [sys.executable, "-c", HARNESS.format(words=words)],
        stderr=subprocess.DEVNULL,
        preexec_fn=heed_signals,
    )
    while len(noted(notes)) <= len(kinds):
        assert harness.poll() is None
        time.sleep(0.01)
    harness.send_signal(number)
    harness.wait()
    assert not living(notes)


CHAIN = """\
import os, time
end = time.monotonic() + 30
if os.fork() == 0:
    os.setsid()
    while time.monotonic() < end:
        if os.fork():
            os._exit(0)
"""


@pytest.mark.parametrize("version", [1, 2])
def test_what_forks_without_end_is_ended_in_its_cgroup(version: int) -> None:
    """Each of its processes lives for a moment only: the loop has to hit one in its time."""
    place = cgroup_of(version)
    try:
        words = ("sh", "-c", 'echo $$ > "$0"/cgroup.procs; exec "$@"', str(place))
        subprocess.run([*words, sys.executable, "-S", "-c", CHAIN], check=True)
        assert cgroup.members(place)
        assert cgroup.end_members(System(), place, RealClock())
        assert not cgroup.members(place)
    finally:
        removed(place)


def cgroup_of(version: int) -> Path:
    """A new cgroup that governs nothing, in a hierarchy of that version."""
    system = System()
    memory = find(system, "memory")
    for mount in hierarchy.mounts(system):
        if mount.version != version:
            continue
        own = Path(memory.path) if memory and memory.version == version else Path(mount.point)
        with contextlib.suppress(OSError):
            place = own / f"test-{os.getpid()}-family"
            place.mkdir()
            return place
    pytest.skip(f"no cgroup v{version} can be made here")


def removed(place: Path) -> None:
    end = time.monotonic() + 60
    while place.exists() and time.monotonic() < end:
        with contextlib.suppress(OSError):
            place.rmdir()
        time.sleep(0.01)
    assert not place.exists()


def test_an_id_that_belongs_to_another_process_by_now_is_not_hit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sent: list[int] = []
    monkeypatch.setattr(signal, "pidfd_send_signal", lambda _, number: sent.append(number))
    itself = processes.look(System(), os.getppid())
    assert itself is not None
    processes.kill(replace(itself, started=itself.started - 1))
    assert sent == []
    processes.kill(itself)
    assert sent == [signal.SIGKILL]


@pytest.mark.parametrize("pid", [0, 1, os.getpid()], ids=["0", "1", "own"])
def test_neither_the_harness_nor_the_first_process_is_ever_hit(
    pid: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[int] = []
    monkeypatch.setattr(signal, "pidfd_send_signal", lambda _, number: sent.append(number))
    monkeypatch.setattr(os, "kill", lambda _, number: sent.append(number))
    found = processes.look(System(), pid or 1)
    assert found is not None
    processes.kill(replace(found, pid=pid))
    assert sent == []


@pytest.mark.parametrize("name", ["a b", "a) S 1 (b", "x\n1 2 3", "(("])
def test_a_process_is_read_whatever_its_name_holds(tmp_path: Path, name: str) -> None:
    numbers = " ".join(map(str, range(7, 60)))
    (tmp_path / "proc/5").mkdir(parents=True)
    (tmp_path / "proc/5/stat").write_text(f"5 ({name}) S 1 2 3 {numbers}\n")
    found = processes.look(System(tmp_path), 5)
    assert found is not None
    assert (found.state, found.parent, found.group, found.session) == ("S", 1, 2, 3)
    assert (found.threads, found.started) == (20, 22)
