"""Commands as a user types them: in a process of their own, or in this one where that is enough."""

from __future__ import annotations

import contextlib
import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from unittest import mock

from bench import signals
from bench.cli import main as cli
from tests.support.hurry import LEFT_OUT, built
from tests.support.scripts import OBEDIENT, script
from tests.support.starter import Typed, typed

# What measures nothing is not to load what measures.
HURRIED = """\
import sys
from bench.cli import streams
streams.PATIENCE_SECONDS = 3600
if sys.argv[1:2] and sys.argv[1] in ("run", "ceiling", "ab", "noise"):
    from tests.support.hurry import hurry
    hurry()
from outnumber.__main__ import main
main()
"""
COMMAND = (sys.executable, "-c", HURRIED)
Done = subprocess.CompletedProcess[str]


def outnumber(*words: str, code: int = 0) -> Done:
    """Types a command and checks its exit code."""
    ended, out, errors = typed(Typed(words))
    return _checked(Done(words, ended, out.decode(), errors.decode()), code)


def unread(
    *words: str, env: Mapping[str, str] | None = None, err: int = subprocess.PIPE
) -> tuple[int, str]:
    """The exit code of a command whose reader has gone, and what it says on standard error."""
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [*COMMAND, *words],
        stdout=writer,
        stderr=err,
        env={**os.environ, **(env or {})},
        text=True,
        check=False,
    )
    os.close(writer)
    return done.returncode, done.stderr


def outnumber_here(*words: str, code: int | None = 0) -> Done:
    """The same in this process, which takes a hundredth of the time: for what launches nothing. A
    `code` of `None` is checked by the caller."""
    before = {number: signal.getsignal(number) for number in signals.SIGNALS}
    out, err = io.StringIO(), io.StringIO()
    ended = 0
    try:
        with (
            mock.patch.object(sys, "argv", ["outnumber", *words]),
            mock.patch.object(cli, "app", built()),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
            contextlib.ExitStack() as hurried,
        ):
            for place, name, value in LEFT_OUT:
                hurried.enter_context(mock.patch.object(place, name, value))
            cli.main()
    except SystemExit as end:
        ended = int(end.code or 0)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    done = Done(words, ended, out.getvalue(), err.getvalue())
    return done if code is None else _checked(done, code)


def _checked(done: Done, code: int) -> Done:
    assert done.returncode == code, f"exit {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done


@contextlib.contextmanager
def running(*words: str) -> Iterator[subprocess.Popen[bytes]]:
    """A command that is still running when the block begins, and surely ended after it. No signal
    is ignored in it, whoever runs the tests."""
    harness = subprocess.Popen(
        [*COMMAND, *words],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        preexec_fn=heed_signals,
    )
    try:
        yield harness
    finally:
        if harness.poll() is None:
            harness.kill()
            harness.wait()
        if harness.stderr is not None:
            harness.stderr.close()


def heed_signals() -> None:
    for number in signals.SIGNALS:
        signal.signal(number, signal.SIG_DFL)


def wait_for_pid(witness: Path) -> int:
    """The pid that a runner wrote when it started."""
    end = time.monotonic() + 100
    while time.monotonic() < end:
        if witness.exists() and (text := witness.read_text()):
            return int(text)
        time.sleep(0.01)
    raise AssertionError("the runner never started")


def stranger(folder: Path, body: str = OBEDIENT, name: str = "strange") -> Path:
    """A runner file of a user's own, whose runner has this body."""
    words = script(folder, body, f"{name}.py")
    entry = folder / f"{name}.toml"
    entry.write_text(
        f'name = "{name}"\nlabel = "{name} unit"\nkind = "task"\nlanguage = "Python"\n'
        f"command = {json.dumps(words)}\n"
    )
    return entry


def little(entry: Path) -> tuple[str, ...]:
    """A run of a stranger's runner that is over in a second, without the page."""
    return (*with_page(entry), "--no-report")


def with_page(entry: Path) -> tuple[str, ...]:
    """The same with the page, whose figures take longer than the run."""
    return ("run", "--runner", str(entry), "--max", "200", "--sweeps", "1")
