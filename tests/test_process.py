"""The runner's process: every way in which it can fail to answer, and its sure end. Real ones."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from bench.clock import RealClock
from bench.engine import runner as process
from bench.engine.children import Launch
from bench.engine.runner import (
    RunnerBroke,
    RunnerDied,
    RunnerError,
    RunnerFlooded,
    RunnerHung,
    RunnerNotStarted,
    RunnerProcess,
)
from tests.support.commands import outnumber_here, stranger
from tests.support.scripts import OBEDIENT, answering, script

Start = Callable[..., RunnerProcess]


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    """Starts a runner of a few lines; whatever the test does to it, it is ended."""
    monkeypatch.setattr(process, "GRACE_SECONDS", 0.1)
    monkeypatch.setattr(process, "DYING_SECONDS", 60.0)
    with contextlib.ExitStack() as stack:

        def started(body: str | None = None, **launch: object) -> RunnerProcess:
            command = script(tmp_path) if body is None else script(tmp_path, body)
            runner = RunnerProcess(Launch(command, **launch), RealClock())  # type: ignore[arg-type]
            stack.callback(runner.stop)
            return runner

        yield started


REFUSED = [
    (PermissionError(errno.EACCES, "no", "/p"), "Permission denied: /p"),
    (FileNotFoundError(errno.ENOENT, "no", "/p"), "No such file or directory: /p"),
    (BlockingIOError(errno.EAGAIN, "no"), "Resource temporarily unavailable"),
    (OSError(errno.ENOMEM, "no"), "Cannot allocate memory"),
    (OSError(errno.EMFILE, "no"), "Too many open files"),
    (OSError(errno.ENFILE, "no"), "Too many open files in system"),
    (OSError(errno.EPERM, "no"), "Operation not permitted"),
    (MemoryError(), "MemoryError"),
]


@pytest.mark.parametrize(("error", "words"), REFUSED, ids=lambda value: str(value))
def test_whatever_the_system_refuses_to_a_start_is_no_fault_of_ours(
    start: Start, monkeypatch: pytest.MonkeyPatch, error: Exception, words: str
) -> None:
    def refuse(*_words: object, **_more: object) -> None:
        raise error

    monkeypatch.setattr(subprocess, "Popen", refuse)
    with pytest.raises(RunnerNotStarted, match=f"could not be started: {words}") as refused:
        start()
    assert refused.value.errno == getattr(error, "errno", None)


@pytest.mark.parametrize("name", ["run", "ceiling"])
def test_a_command_whose_interpreter_is_gone_says_so_and_ends_with_4(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    entry = stranger(tmp_path, OBEDIENT)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "gone"))
    words = ("--no-report", "--max", "10") if name == "run" else ()
    file = tmp_path / "result.json"
    done = outnumber_here(name, *words, "--runner", str(entry), "-q", "-o", str(file), code=4)
    assert "nothing could be measured" in done.stderr
    stop = json.loads(file.read_text())["sessions"][0]["stop"]
    assert (stop["limit"], stop["count"]) == (None, 0)
    assert stop["message"].endswith(f"No such file or directory: {tmp_path / 'gone'}")


def test_an_obedient_runner_answers_everything(start: Start) -> None:
    runner = start()
    assert runner.hello().runtime == "script"
    assert runner.grow(5, 0).alive == 5
    assert len(runner.probe(3).start_ns) == 3
    assert runner.release(0).alive == 0


BROKEN = {
    "rubbish": ("say('}{')", "is no reply: reply 2: .*'}{'"),
    "an unknown reply": ('say(\'{"reply": "sing"}\')', "is no reply: reply 2: .*sing"),
    "a missing field": ('say(\'{"reply": "grow", "alive": 7}\')', "burst_ns"),
    "a negative count": (
        'say(\'{"reply": "grow", "alive": -7, "burst_ns": 1}\')',
        r"alive: expected a whole number from 0 to 9007199254740992",
    ),
    "another count": (
        'say(\'{"reply": "grow", "alive": 6, "burst_ns": 1}\')',
        "answered 'grow 7' with 6, not 7",
    ),
    "another command's reply": (
        'say(\'{"reply": "release", "alive": 0, "release_ns": 1}\')',
        "answered 'grow 7' with 'release', not 'grow'",
    ),
    "a rejection": (
        'say(\'{"reply": "error", "message": "cannot count"}\')',
        "rejected 'grow 7': cannot count",
    ),
    "too long a line": ("say('x' * 70000)", "longer than 65536 bytes: 'xxx"),
    "bytes that are no text": (
        "sys.stdout.buffer.write(b'\\xff\\xfe\\n'); sys.stdout.flush()",
        "is no reply: reply 2",
    ),
    "arrays in arrays": ("say('[' * 60000)", "is no reply: reply 2"),
}


@pytest.mark.parametrize("fault", BROKEN)
def test_an_answer_that_the_contract_does_not_allow_is_told(fault: str, start: Start) -> None:
    answer, message = BROKEN[fault]
    runner = start(answering(answer))
    runner.hello()
    with pytest.raises(RunnerBroke, match=message):
        runner.grow(7, 0)


def test_replies_that_end_before_the_runner_does_are_told(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    runner = start(answering("os.close(1); time.sleep(60)"))
    runner.hello()
    monkeypatch.setattr(process, "DYING_SECONDS", 0.1)
    with pytest.raises(RunnerBroke, match="closed its replies before answering 'grow 7'"):
        runner.grow(7, 0)


def test_another_contract_is_refused(start: Start) -> None:
    runner = start("say(HELLO.replace('\"contract\": 1', '\"contract\": 3'))\ntime.sleep(60)")
    with pytest.raises(RunnerBroke, match="speaks contract 3, this harness 1 and 2"):
        runner.hello()


def test_a_death_is_told_with_its_status_and_last_words(start: Start) -> None:
    runner = start(answering("print('no more', file=sys.stderr); sys.exit(3)"))
    runner.hello()
    with pytest.raises(RunnerDied, match="ended with status 3 before answering 'grow 7'") as caught:
        runner.grow(7, 0)
    assert caught.value.tail == "no more"
    assert caught.value.signal is None


def test_a_killing_signal_is_named(start: Start) -> None:
    runner = start(answering("os.kill(os.getpid(), signal.SIGSEGV)"))
    runner.hello()
    with pytest.raises(RunnerDied, match="ended by SIGSEGV") as caught:
        runner.grow(7, 0)
    assert caught.value.signal == "SIGSEGV"


def test_a_program_that_is_not_there_is_told_by_the_launcher(tmp_path: Path) -> None:
    runner = RunnerProcess(Launch((str(tmp_path / "nothing"),)), RealClock())
    with pytest.raises(RunnerDied, match="status 127") as caught:
        runner.hello()
    runner.stop()
    assert "cannot start" in caught.value.tail
    assert "No such file" in caught.value.tail


def test_a_hang_ends_at_the_deadline(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    runner = start("say(HELLO)\ntime.sleep(60)")
    runner.hello()
    monkeypatch.setattr(process, "PATIENCE_SECONDS", 0.05)
    with pytest.raises(RunnerHung, match="did not answer 'grow 7' within 0 s"):
        runner.grow(7, 0)
    with pytest.raises(RunnerHung, match="within 1 s"):
        runner.grow(7, foretold_seconds=0.051)
    runner.stop()
    assert not psutil.pid_exists(runner.pid)


def test_much_on_standard_error_does_not_block_and_only_its_ends_are_kept(start: Start) -> None:
    much = "sys.stderr.write('why' + 'x' * 1_000_000 + 'the end'); sys.stderr.flush(); grow(7)"
    runner = start(answering(much))
    runner.hello()
    assert runner.grow(7, 0).alive == 7
    assert runner.tail().startswith("why")
    assert runner.tail().endswith("the end")
    assert len(runner.tail()) <= process.HEAD_BYTES + process.TAIL_BYTES + len("\n…\n")


def test_a_runner_that_pours_out_its_last_words_is_not_waited_for(start: Start) -> None:
    flood = "sys.stderr.write('fatal error: why\\n')\nwhile True: sys.stderr.write('x' * 65_536)"
    runner = start(answering(flood))
    runner.hello()
    with pytest.raises(RunnerFlooded, match="wrote more than 4 MiB to standard error") as got:
        runner.grow(7, 0)
    assert got.value.tail.startswith("fatal error: why")


def test_replies_in_pieces_are_put_together(start: Start) -> None:
    runner = start(
        answering(
            """
            sys.stdout.write('{"reply": "grow", "al'); sys.stdout.flush()
            time.sleep(0.02)
            say('ive": 7, "burst_ns": 5}')
            """
        )
    )
    runner.hello()
    assert runner.grow(7, 0).burst_ns == 5


def test_stop_ends_what_the_runner_started_too(start: Start) -> None:
    body = answering(
        """
        import subprocess
        child = subprocess.Popen([sys.executable, '-S', '-c', 'import time; time.sleep(60)'])
        say('{"reply": "error", "message": "%d"}' % child.pid)
        """
    )
    runner = start(body)
    runner.hello()
    with pytest.raises(RunnerError, match="rejected") as caught:
        runner.grow(7, 0)
    child = int(str(caught.value).rsplit(" ", 1)[1])
    runner.stop()
    assert _is_soon_gone(runner.pid)
    assert _is_soon_gone(child)


def test_the_runner_has_a_session_of_its_own_and_is_the_first_to_be_killed(start: Start) -> None:
    runner = start()
    runner.hello()
    assert os.getsid(runner.pid) == runner.pid
    assert Path(f"/proc/{runner.pid}/oom_score_adj").read_text().strip() == "1000"


def test_limits_bind_the_runner_alone(start: Start) -> None:
    runner = start(
        answering("import resource; grow(resource.getrlimit(resource.RLIMIT_NOFILE)[0])"),
        limits={"RLIMIT_NOFILE": 77},
    )
    runner.hello()
    assert runner.grow(77, 0).alive == 77


HARNESS = """
import sys
from bench.clock import RealClock
from bench.engine.children import Launch
from bench.engine.runner import RunnerProcess
runner = RunnerProcess(Launch({command!r}), RealClock())
runner.hello()
print(runner.pid, flush=True)
{then}
"""


@pytest.mark.slow
@pytest.mark.parametrize("then", ["runner.grow(7, 0)", "import time; time.sleep(60)"])
def test_a_harness_that_is_killed_outright_takes_its_runner_along(
    tmp_path: Path, then: str
) -> None:
    deaf = "say(HELLO)\nwhile True: time.sleep(60)"  # neither reads its input nor ends by itself
    program = HARNESS.format(command=script(tmp_path, deaf), then=then)
    harness = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE)
    assert harness.stdout is not None
    pid = int(harness.stdout.readline())
    harness.kill()
    harness.communicate()
    assert _is_soon_gone(pid)


def _is_soon_gone(pid: int) -> bool:
    end = time.monotonic() + 20
    while not _gone(pid) and time.monotonic() < end:
        time.sleep(0.01)
    return _gone(pid)


def _gone(pid: int) -> bool:
    """Whether a process has ended; one that nobody has reaped yet has."""
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True
