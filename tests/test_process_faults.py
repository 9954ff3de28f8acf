"""Runners that misbehave: each end and each broken promise is reported at once, whoever else holds
the runner's pipes, and nothing that they started is left. Real ones."""

from __future__ import annotations

import contextlib
import errno
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bench.clock import RealClock
from bench.engine import runner as process
from bench.engine.children import Launch
from bench.engine.runner import RunnerBroke, RunnerDied, RunnerError, RunnerHung, RunnerProcess
from tests.support.families import KINDS, family, living, noted
from tests.support.scripts import OBEDIENT, script

Start = Callable[[str], RunnerProcess]

COMMANDS: dict[str, Callable[[RunnerProcess], object]] = {
    "hello": lambda runner: runner.hello(),
    "grow 7": lambda runner: runner.grow(7, 0),
    "probe 3": lambda runner: runner.probe(3),
    "release": lambda runner: runner.release(0),
}
SIGNALS = {"SIGKILL": 9, "SIGSEGV": 11, "SIGABRT": 6, "SIGTERM": 15, "signal 40": 40}


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    return tmp_path / "notes"


@pytest.fixture
def start(tmp_path: Path, notes: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    """Starts a runner of this body; it is ended."""
    monkeypatch.setattr(process, "GRACE_SECONDS", 0.1)
    with contextlib.ExitStack() as stack:

        def started(body: str) -> RunnerProcess:
            runner = RunnerProcess(Launch(script(tmp_path, family(notes, body))), RealClock())
            stack.callback(runner.stop)
            return runner

        yield started


@pytest.fixture(params=["pidfd", "no pidfd"])
def watched(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both ways to watch a process: old kernels and strict filters have no pidfd."""

    def refuse(*_: int) -> int:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))

    if request.param == "no pidfd":
        monkeypatch.setattr(os, "pidfd_open", refuse)


def at(command: str, does: str) -> str:
    """An obedient runner that does something else at this command, a child of it holding all its
    pipes."""
    if command == "hello":
        return f"start('child')\n{does}\n{OBEDIENT}"
    word = command.split()[0]
    head = 'word, _, count = line.strip().partition(" ")\n'
    return OBEDIENT.replace(head, f"{head}    if word == {word!r}: start('child'); {does}\n")


def ask_all(runner: RunnerProcess) -> None:
    for ask in COMMANDS.values():
        ask(runner)


@pytest.mark.parametrize("name", SIGNALS)
@pytest.mark.parametrize("command", COMMANDS)
def test_a_death_is_reported_with_its_signal_though_a_child_holds_the_pipes(
    start: Start, notes: Path, command: str, name: str
) -> None:
    runner = start(at(command, f"os.kill(os.getpid(), {SIGNALS[name]}); time.sleep(60)"))
    said = f"ended by {name} before answering '{command}'"
    if command == "hello":
        said = f"could not start: it ended by {name}"
    with pytest.raises(RunnerDied, match=said) as caught:
        ask_all(runner)
    assert caught.value.signal == name
    runner.stop()
    assert noted(notes)
    assert not living(notes)


ANSWER = 'say(\'{"reply": "grow", "alive": 7, "burst_ns": 1}\')'
FAULTS: dict[str, tuple[str, type[RunnerError], str]] = {
    "ends with status 0": ("os._exit(0)", RunnerDied, "ended with status 0 before answering"),
    "closes its input": ("os.close(0); time.sleep(60)", RunnerBroke, "closed its input before"),
    "closes its replies": ("os.close(1); time.sleep(60)", RunnerBroke, "closed its replies before"),
    "writes half a line and ends": (
        "sys.stdout.write('{\"reply'); sys.stdout.flush(); os._exit(3)",
        RunnerDied,
        "ended with status 3",
    ),
    "writes half a line and waits": (
        "sys.stdout.write('{\"reply'); sys.stdout.flush(); time.sleep(60)",
        RunnerHung,
        "did not answer 'grow 7' within 1 s",
    ),
    "leaves the answer to a daemon": (
        f"start('daemon', lambda: (time.sleep(0.3), {ANSWER})); os._exit(0)",
        RunnerDied,
        "ended with status 0",
    ),
}


@pytest.mark.usefixtures("watched")
@pytest.mark.parametrize("name", FAULTS)
def test_a_broken_promise_is_reported(
    start: Start, notes: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    does, error, message = FAULTS[name]
    holding = "" if "closes" in name else "start('session'); "
    runner = start(OBEDIENT.replace("grow(int(count))", holding + does))
    runner.hello()
    if error is RunnerHung:
        monkeypatch.setattr(process, "PATIENCE_SECONDS", 0.6)
    if error is RunnerBroke:
        monkeypatch.setattr(process, "DYING_SECONDS", 0.1)
    with pytest.raises(error, match=message):
        runner.grow(7, 0)
    runner.stop()
    assert not living(notes)


def test_a_reply_that_was_written_before_the_end_counts(start: Start, notes: Path) -> None:
    runner = start(OBEDIENT.replace("grow(int(count))", "grow(7); start('child'); os._exit(0)"))
    runner.hello()
    assert runner.grow(7, 0).alive == 7
    with pytest.raises(RunnerDied, match="ended with status 0 before answering 'probe 3'"):
        runner.probe(3)
    runner.stop()
    assert not living(notes)


def test_nobody_answers_in_a_dead_runners_place(start: Start, notes: Path) -> None:
    body = f"say(HELLO)\nstart('daemon', lambda: ({ANSWER}, {ANSWER}, time.sleep(60)))\nos._exit(0)"
    runner = start(body)
    runner.hello()
    while not runner.ended():
        time.sleep(0.001)
    with pytest.raises(RunnerDied, match="ended with status 0 before answering 'grow 7'"):
        runner.grow(7, 0)
    runner.stop()
    assert not living(notes)


def test_a_reply_that_nothing_had_asked_for_is_reported(start: Start) -> None:
    twice = ANSWER.replace("say('", "line = '").replace("')", "'; say(line + '\\n' + line)")
    runner = start(OBEDIENT.replace("grow(int(count))", twice))
    runner.hello()
    runner.grow(7, 0)
    with pytest.raises(RunnerBroke, match="a reply that nothing had asked for before 'probe 3'"):
        runner.probe(3)


# In somebody else's program nothing leads to what an orphan of a clean environment descends from.
@pytest.mark.usefixtures("watched")
@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "clean"])
def test_stop_ends_every_kind_of_descendant(start: Start, notes: Path, kind: str) -> None:
    runner = start(f"start({kind!r})\n{OBEDIENT}")
    runner.hello()
    (pid,) = noted(notes)
    assert [pid] == [one for one in noted(notes) if Path(f"/proc/{one}").exists()]
    runner.stop()
    assert not living(notes)


def test_stop_ends_no_stranger(start: Start, notes: Path, tmp_path: Path) -> None:
    other = RunnerProcess(Launch(script(tmp_path, OBEDIENT, "other.py")), RealClock())
    try:
        runner = start(f"start('daemon')\n{OBEDIENT}")
        runner.hello()
        other.hello()
        runner.stop()
        assert not living(notes)
        assert other.grow(7, 0).alive == 7
    finally:
        other.stop()


def test_no_core_is_dumped(start: Start) -> None:
    runner = start(f"import resource\n{OBEDIENT.replace('grow(int(count))', CORE)}")
    runner.hello()
    assert runner.grow(1, 0).alive in (0, 1)


CORE = "grow(resource.getrlimit(resource.RLIMIT_CORE)[0])"
