"""Runners that lie, spin, grow or leave processes behind: what a run makes of them. Real ones, in
real runs, with a cgroup and without, however the harness ends."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.clock import RealClock
from bench.engine import runner
from bench.engine.budget import Job
from bench.engine.rig import MachineRig
from bench.engine.toolchain import Tools
from bench.model.records import Kind, Step
from bench.probes import cpu
from bench.probes.cgroup import PREFIX, find
from bench.system import System
from tests.support.commands import heed_signals, stranger
from tests.support.entries import entry
from tests.support.families import KINDS, family, gone, living, noted
from tests.support.scripts import OBEDIENT, script
from tests.support.sessions import session

pytestmark = pytest.mark.slow

SPINNING = "import threading\nthreading.Thread(target=lambda: [0 for _ in iter(int, 1)]).start()\n"
GROWING = """\
import threading
def hoard(kept=[]):
    while True:
        kept.append(bytearray(40_000))
        time.sleep(0.005)
threading.Thread(target=hoard).start()
"""
SERVED_BY_A_THREAD = """\
import ctypes, threading
def serve():
{body}
threading.Thread(target=serve).start()
ctypes.CDLL(None).pthread_exit(None)
"""
AS_A_FUNCTION = "    global alive\n" + "".join(f"    {line}\n" for line in OBEDIENT.splitlines())

LIARS: dict[str, tuple[Kind, str, tuple[str, ...], str]] = {
    "keeps its word": ("task", OBEDIENT, (), ""),
    "claims 1,000 threads with one": (
        "thread",
        OBEDIENT,
        ("unproved",),
        "the kernel counts 1 threads, the runner reported 1,000",
    ),
    "answers by a thread of a zombie": (
        "task",
        SERVED_BY_A_THREAD.format(body=AS_A_FUNCTION),
        ("unproved",),
        "the process that was started had ended when its memory was read",
    ),
    "spins while parked": ("task", SPINNING + OBEDIENT, ("restless",), "never came to rest"),
    "grows while parked": ("task", GROWING + OBEDIENT, ("restless",), "never came to rest"),
}


@pytest.mark.parametrize("name", LIARS)
def test_what_the_kernel_does_not_confirm_is_in_doubt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    kind, body, doubts, said = LIARS[name]
    monkeypatch.setattr(cpu, "PATIENCE_SECONDS", 0.5)
    monkeypatch.setattr(runner, "GRACE_SECONDS", 0.1)
    (step,) = steps_of(kind, script(tmp_path, body))
    assert step.alive == 1_000
    assert step.doubts == doubts
    assert said in " ".join(step.warnings)


def steps_of(kind: Kind, command: tuple[str, ...]) -> tuple[Step, ...]:
    """A burst sweep of 1,000 units on this machine."""
    one = entry("one", kind, command=command)
    rig = MachineRig(System(), RealClock(), Tools(sys.executable), Path("/nowhere"))
    rig.prepare(one, lambda words: None)
    return session(Job(one, "burst", 1, (1_000,)), rig).steps


# The whole command, with its memory cgroups or as where none can be made. Some of these runners end
# only by force, which need not wait long.
START = (
    "from tests.support.hurry import hurry\nhurry()\n"
    "from bench.engine import runner\nrunner.GRACE_SECONDS = 0.2\n"
    "from outnumber.__main__ import main\nmain()"
)
WAYS = {
    "in cgroups": START,
    "without a cgroup": (
        "from bench.probes.cgroup import SessionCgroup\n"
        f"SessionCgroup.make = classmethod(lambda *_: None)\n{START}"
    ),
}
EVERY_KIND = "".join(f"start({kind!r})\n" for kind in KINDS)
WAITING = "        if count == '200': start('child'); time.sleep(600)\n        grow(int(count))\n"
STUBBORN = OBEDIENT.replace("        grow(int(count))\n", WAITING)
DYING = OBEDIENT.replace('elif word == "probe":\n', 'elif word == "probe":\n        os.abort()\n')


@contextlib.contextmanager
def run(way: str, entry_file: Path, *words: str) -> Iterator[subprocess.Popen[bytes]]:
    """A run of a stranger's runner, in its folder."""
    command = ["run", "--runner", str(entry_file), "--max", "200", "--sweeps", "1", "--no-report"]
    harness = subprocess.Popen(
        [sys.executable, "-c", WAYS[way], *command, *words],
        cwd=entry_file.parent,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        preexec_fn=heed_signals,
    )
    try:
        yield harness
    finally:
        harness.kill()
        harness.communicate()


def cgroups_of(harness: int) -> list[str]:
    own = find(System(), "memory")
    return [] if own is None else [str(p) for p in Path(own.path).glob(f"{PREFIX}-{harness}-*")]


@pytest.mark.parametrize(
    ("way", "body", "status"),
    [
        ("in cgroups", OBEDIENT, "max"),
        ("without a cgroup", OBEDIENT, "max"),
        ("without a cgroup", DYING, "killed"),
    ],
)
def test_nothing_is_left_of_a_runner_that_starts_processes_in_every_way(
    tmp_path: Path, way: str, body: str, status: str
) -> None:
    notes = tmp_path / "notes"
    one = stranger(tmp_path, family(notes, EVERY_KIND + body))
    with run(way, one, "-o", "here.json") as harness:
        _, said = harness.communicate(timeout=100)
    assert harness.returncode == 0, said
    sweeps = json.loads((tmp_path / "here.json").read_text())["sessions"]
    assert sweeps[0]["stop"]["status"] == status
    assert sweeps[0]["steps"][-1]["alive"] == sweeps[0]["stop"]["count"] > 0
    assert len(noted(notes)) == len(KINDS) * len(sweeps)
    assert not living(notes)
    assert not cgroups_of(harness.pid)


@pytest.mark.parametrize(
    ("way", "number", "code"),
    [
        ("in cgroups", signal.SIGINT, 130),
        ("without a cgroup", signal.SIGTERM, 143),
        ("without a cgroup", signal.SIGQUIT, 131),
    ],
)
def test_nothing_is_left_where_the_harness_is_interrupted(
    tmp_path: Path, way: str, number: signal.Signals, code: int
) -> None:
    notes = tmp_path / "notes"
    one = stranger(tmp_path, family(notes, EVERY_KIND + STUBBORN))
    with run(way, one) as harness:
        wait_for(notes, len(KINDS) + 1)
        harness.send_signal(number)
        harness.communicate(timeout=100)
    assert harness.returncode == code
    assert not living(notes)
    assert not cgroups_of(harness.pid)


@pytest.mark.parametrize("way", WAYS)
def test_the_next_run_ends_what_a_killed_harness_left(tmp_path: Path, way: str) -> None:
    notes = tmp_path / "notes"
    one = stranger(tmp_path, family(notes, EVERY_KIND + STUBBORN))
    with run(way, one) as harness:
        wait_for(notes, len(KINDS) + 1)
        harness.kill()
        harness.communicate(timeout=100)
    obedient = stranger(tmp_path, OBEDIENT, "obedient")
    with run(way, obedient) as next_harness:
        _, said = next_harness.communicate(timeout=100)
    assert next_harness.returncode == 0, said
    assert not cgroups_of(harness.pid)
    if way == "in cgroups":
        assert not living(notes)
        return
    # What has left session, parents and environment behind cannot be told from a stranger's.
    beyond = noted(notes)[KINDS.index("clean")]
    assert not living(notes, besides=beyond)
    os.kill(beyond, signal.SIGKILL)


def wait_for(notes: Path, count: int) -> None:
    end = time.monotonic() + 100
    while len(noted(notes)) < count:
        assert time.monotonic() < end, "the runner never got there"
        time.sleep(0.01)


def test_a_check_of_the_contract_leaves_nothing(tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    one = stranger(tmp_path, family(notes, EVERY_KIND + OBEDIENT))
    words = [sys.executable, "-c", START, "runtimes", "--check", str(one)]
    subprocess.run(words, capture_output=True, timeout=200, check=False)
    assert len(noted(notes)) >= len(KINDS)
    assert not living(notes)


def test_children_that_the_command_was_started_with_are_left_alone(tmp_path: Path) -> None:
    """A shell may have started something before it became the command by `exec`."""
    one = stranger(tmp_path, OBEDIENT)
    command = f"{sys.executable} -c '{START}' runtimes --check {one}"
    line = f"sleep 600 > /dev/null 2>&1 & echo $! > before; exec {command}"
    subprocess.run(["sh", "-c", line], cwd=tmp_path, capture_output=True, timeout=200, check=False)
    before = int((tmp_path / "before").read_text())
    assert not gone(before)
    os.kill(before, signal.SIGKILL)
