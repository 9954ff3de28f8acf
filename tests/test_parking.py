"""Units of a user's own that do other things on their way to the gate, in real runners."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bench.clock import RealClock
from bench.engine.children import Launch
from bench.engine.runner import RunnerDied, RunnerProcess
from tests.support.commands import outnumber_here
from tests.test_conformance import TOOLS

pytestmark = pytest.mark.slow  # a few hundred units at a time, so they need not run alone

PYTHON = Path(__file__).parents[1] / "runners" / "python"
FILES = {
    "asyncio": "asyncio_task.py",
    "trio": "trio_task.py",
    "gevent": "gevent_greenlet.py",
    "threading": "threading_thread.py",
    "greenlet": "greenlet_raw.py",
}
GATE = {"asyncio": "await gate.wait()", "trio": "await gate.wait()", "greenlet": "main.switch()"}
MANY = 200


def runner_file(folder: Path, runtime: str, before: str, gate: bool = True) -> Path:
    """The entry of a copy of a shipped runner whose unit does something `before` the gate."""
    for name in ("serve.py", "protocol_loop.py"):
        shutil.copy(PYTHON / name, folder)
    text = (PYTHON / FILES[runtime]).read_text(encoding="utf-8")
    wait = GATE.get(runtime, "gate.wait()")
    body = [*before.splitlines(), *([wait] if gate else [])]
    lines = "\n".join(f"    {line}" for line in body)
    unit = re.compile(r"((?:async )?def unit\(\) -> None:\n)    .*\n")
    assert unit.search(text)
    (folder / "own.py").write_text(unit.sub(lambda found: f"{found[1]}{lines}\n", text, count=1))
    entry = folder / "own.toml"
    kind = "thread" if runtime == "threading" else "task"
    entry.write_text(
        f'name = "own"\nlabel = "own"\nkind = "{kind}"\nlanguage = "Python"\nsource = "own.py"\n'
        'command = ["{python}", "-I", "{folder}/serve.py", "{source}"]\n'
    )
    return entry


@contextmanager
def started(folder: Path) -> Iterator[RunnerProcess]:
    command = (TOOLS.python, "-I", str(folder / "serve.py"), str(folder / "own.py"))
    runner = RunnerProcess(Launch(command), RealClock())
    try:
        runner.hello()
        yield runner
    finally:
        runner.stop()


ON_THE_WAY = [
    ("asyncio", "await asyncio.sleep(0)\nawait asyncio.sleep(0)\nawait asyncio.sleep(0)"),
    ("asyncio", "await asyncio.sleep(0.03)"),
    ("asyncio", "await asyncio.to_thread(abs, 1)"),
    ("trio", "for _ in range(5): await trio.lowlevel.checkpoint()"),
    ("trio", "await trio.sleep(0.03)"),
    ("trio", "await trio.to_thread.run_sync(abs, 1)"),
    ("gevent", "for _ in range(5): gevent.sleep(0)"),
    ("gevent", "gevent.sleep(0.03)"),
    ("threading", "time.sleep(0.03)"),
]


@pytest.mark.parametrize(("runtime", "before"), ON_THE_WAY)
def test_units_that_wait_for_something_else_first_are_alive_once_they_are_at_the_gate(
    tmp_path: Path, runtime: str, before: str
) -> None:
    runner_file(tmp_path, runtime, before)
    with started(tmp_path) as runner:
        for count in (MANY // 2, MANY):
            grown = runner.grow(count, 0)
            assert (grown.alive, grown.refused) == (count, None)
        assert runner.release(0).alive == 0
        assert runner.grow(MANY, 0).alive == MANY


FAULTY = [
    ("asyncio", "raise ValueError('no such server')", True, "ValueError", "no such server"),
    ("asyncio", "await asyncio.sleep(0)\nraise OSError(2, 'gone')", True, "ENOENT", "gone"),
    ("asyncio", "await asyncio.sleep(0)", False, "RuntimeError",
     "200 units ended without waiting at the gate"),
    ("trio", "await trio.sleep(0)", False, "RuntimeError",
     "200 units ended without waiting at the gate"),
    ("gevent", "gevent.sleep(0)\nraise ValueError('no such server')", True, "ValueError",
     "no such server"),
    ("gevent", "pass", False, "RuntimeError", "200 units ended without waiting at the gate"),
    ("threading", "raise ValueError('no such server')", True, "ValueError", "no such server"),
    ("threading", "pass", False, "RuntimeError", "200 units ended without waiting at the gate"),
]  # fmt: skip


@pytest.mark.parametrize(("runtime", "before", "gate", "error", "message"), FAULTY)
def test_a_unit_that_ends_before_the_gate_is_reported_in_its_own_words(
    tmp_path: Path, runtime: str, before: str, gate: bool, error: str, message: str
) -> None:
    runner_file(tmp_path, runtime, before, gate)
    with started(tmp_path) as runner:
        grown = runner.grow(MANY, 0)
        assert grown.refused is not None
        assert (grown.alive, grown.refused.error, grown.refused.message) == (0, error, message)


@pytest.mark.parametrize(
    ("runtime", "before", "gate", "message"),
    [
        ("trio", "raise ValueError('no such server')", True, "ValueError: no such server"),
        ("greenlet", "raise ValueError('no such server')", True, "ValueError: no such server"),
        ("greenlet", "pass", False, "a unit ended without switching to the main greenlet"),
    ],
)
def test_a_unit_that_ends_its_runtime_is_the_runners_last_word(
    tmp_path: Path, runtime: str, before: str, gate: bool, message: str
) -> None:
    runner_file(tmp_path, runtime, before, gate)
    with started(tmp_path) as runner, pytest.raises(RunnerDied) as died:
        runner.grow(MANY, 0)
    assert message in died.value.tail


def test_some_units_that_end_leave_the_others_alive(tmp_path: Path) -> None:
    before = "global seen\nseen += 1\nif seen % 10 == 0: raise ValueError(seen)"
    runner_file(tmp_path, "asyncio", before)
    path = tmp_path / "own.py"
    path.write_text(path.read_text().replace("first_ns = 0\n", "first_ns = 0\nseen = 0\n", 1))
    with started(tmp_path) as runner:
        grown = runner.grow(MANY, 0)
        assert grown.alive == MANY - MANY // 10
        assert grown.refused is not None
        assert (grown.refused.error, grown.refused.message) == ("ValueError", "10")
        assert runner.release(0).alive == 0


def test_units_that_never_come_to_the_gate_are_given_up_with_their_number(tmp_path: Path) -> None:
    runner_file(tmp_path, "asyncio", "await asyncio.sleep(600)")
    loop = tmp_path / "protocol_loop.py"
    loop.write_text(loop.read_text().replace("PARKING_SECONDS = 20", "PARKING_SECONDS = 0.2"))
    with started(tmp_path) as runner:
        grown = runner.grow(MANY, 0)
        assert grown.refused is not None
        assert (grown.alive, grown.refused.error) == (0, "TimeoutError")
        assert grown.refused.message.startswith("200 of 200 units did not reach the gate: in 0.2 s")


@pytest.mark.parametrize(
    ("before", "code", "said"),
    [
        ("await asyncio.sleep(0.01)", 0, ""),
        ("raise ValueError('no such server')", 1, "ValueError: no such server"),
    ],
)
def test_the_check_of_a_runner_gives_the_reason(
    tmp_path: Path, before: str, code: int, said: str
) -> None:
    entry = runner_file(tmp_path, "asyncio", before)
    done = outnumber_here("runtimes", "--check", str(entry), code=None)
    assert (done.returncode == 0) == (code == 0), done.stdout
    assert said in " ".join(done.stdout.split())
