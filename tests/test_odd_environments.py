"""A stranger's terminal, settings and interpreters spoil nothing that is printed or drawn."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bench.cli import main, streams
from bench.cli.streams import PLAIN, settle_width
from bench.engine.toolchain import find_tools, interpreter
from bench.errors import is_refusal
from bench.probes.memory import machine_bytes
from bench.system import System
from tests.support import starter
from tests.support.commands import outnumber_here, stranger
from tests.support.starter import Typed

EXAMPLE = Path(__file__).parents[1] / "docs" / "example" / "run.json"
COMMAND = (sys.executable, "-m", "outnumber")


def typed(
    *words: str, folder: Path | None = None, **variables: str
) -> subprocess.CompletedProcess[bytes]:
    environment = {**os.environ, "PYTHONPATH": str(EXAMPLE.parents[2]), **variables}
    return subprocess.run(
        [*COMMAND, *words], capture_output=True, env=environment, cwd=folder, check=False
    )


@pytest.mark.parametrize("command", ["summary", "explain"])
@pytest.mark.parametrize(
    "variables",
    [
        {"PYTHONIOENCODING": "ascii"},
        {"PYTHONIOENCODING": "ascii:strict"},
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    ],
    ids=lambda variables: next(iter(variables.values())),
)
@pytest.mark.slow
def test_where_only_ascii_can_be_written_characters_are_replaced(
    command: str, variables: dict[str, str]
) -> None:
    done = typed(command, str(EXAMPLE), folder=None, **variables)
    assert (done.returncode, b"Warning" in done.stderr, b"Traceback" in done.stderr) == (
        0,
        False,
        False,
    )
    assert done.stdout.isascii()
    assert b"?" not in done.stdout
    assert len(done.stdout.splitlines()) > 50


# What each command is typed with; RESULT is a result with letters that few encodings have, RUNNER a
# runner file with such a label, DIR a fresh folder.
LITTLE = ("--runner", "RUNNER", "-o", "DIR/new.json")
FEW_LETTERS = {"PYTHONIOENCODING": "ascii:strict"}
TYPED: dict[str, list[tuple[str, ...]]] = {
    "run": [
        ("--max", "20", "--sweeps", "1", "--no-report", *LITTLE),
        ("--runner", "RUNNER", "--dry-run"),
    ],
    "limits": [("--runner", "RUNNER"), ("--runner", "RUNNER", "--format", "json")],
    "ceiling": [("--budget", "1", *LITTLE)],
    "ab": [("--new-runner", "RUNNER", "--base-runner", "RUNNER", "-o", "DIR/ab")],
    "exec": [("RESULT",)],
    "compare": [("RESULT", "RESULT"), ("RESULT", "RESULT", "--format", "markdown")],
    "noise": [("RESULT",)],
    "history": [("add", "RESULT", "--folder", "DIR/h"), ("show", "--folder", "DIR/none")],
    "runtimes": [(), ("--check", "RUNNER")],
    "summary": [("RESULT", "--format", each) for each in ("table", "json", "csv", "markdown")],
    "explain": [("RESULT",)],
    "report": [("RESULT", "-o", "DIR/page")],
    "slides": [("RESULT", "-o", "DIR/deck.pptx")],
    "export": [("RESULT", "--format", each) for each in ("pyperf", "benchstat", "bencher")],
}


@pytest.mark.slow
@pytest.mark.parametrize("command", TYPED)
def test_every_command_works_where_few_letters_can_be_written(tmp_path: Path, command: str) -> None:
    result, runner = tmp_path / "r.json", stranger(tmp_path)
    result.write_text(EXAMPLE.read_text().replace("asyncio task", "tâsk–日–µ"), encoding="utf-8")
    runner.write_text(runner.read_text().replace("strange unit", "ünit–日"), encoding="utf-8")
    places = {"RESULT": str(result), "RUNNER": str(runner), "DIR": str(tmp_path)}
    for words in (*TYPED[command], ("--help",)):
        for place, path in places.items():
            words = tuple(word.replace(place, path) for word in words)
        done = Typed((command, *words), str(tmp_path), {**os.environ, **FEW_LETTERS})
        code, out, errors = starter.typed(done)
        said = (out + errors).decode("ascii")
        assert said
        assert code in (0, 2, 3, 4, 5), said
        assert not any(each in said for each in ("UnicodeEncodeError", "internal error"))


def test_every_command_is_typed_there() -> None:
    assert TYPED.keys() == {command.name for command in main.COMMANDS}


def test_without_a_home_folder_completion_is_refused_with_what_to_type(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def unknown() -> Path:  # what pathlib does for a user without HOME and an entry in passwd
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", unknown)
    done = outnumber_here("--install-completion", "bash", code=2)
    assert "outnumber --show-completion prints it" in done.stderr


@pytest.mark.slow
def test_latin_1_keeps_what_it_has() -> None:
    done = typed("summary", str(EXAMPLE), PYTHONIOENCODING="latin-1")
    assert (done.returncode, b"Warning" in done.stderr, b"Traceback" in done.stderr) == (
        0,
        False,
        False,
    )
    assert "µs".encode("latin-1") in done.stdout


def test_what_is_replaced_is_plain() -> None:
    assert all(not letter.isascii() for letter in PLAIN)
    assert all(plain.isascii() and plain for plain in PLAIN.values())
    assert "†–×→é─┌█日".encode("ascii", streams.REPLACED) == b"+-x->e-+#?"


@pytest.mark.parametrize("width", ["0", "-5", "many", "", "99999", "٣", "1e2", " 80"])
def test_a_width_that_is_none_is_80(monkeypatch: pytest.MonkeyPatch, width: str) -> None:
    monkeypatch.setenv("COLUMNS", width)
    settle_width()
    assert os.environ["COLUMNS"] == "80"


@pytest.mark.parametrize("width", ["1", "72", "0200"])
def test_a_width_stays(monkeypatch: pytest.MonkeyPatch, width: str) -> None:
    monkeypatch.setenv("COLUMNS", width)
    settle_width()
    assert os.environ["COLUMNS"] == width


@pytest.mark.slow
def test_a_users_matplotlib_settings_move_no_pixel(tmp_path: Path) -> None:
    (tmp_path / "matplotlibrc").write_text(
        "text.usetex: True\nfont.family: Bogus\nlines.linewidth: 20\nfigure.facecolor: red\n"
    )
    words = ("slides", str(EXAMPLE), "--format", "png", "-f", "how-many", "-o")
    theirs = typed(
        *words, str(tmp_path / "a"), folder=tmp_path, MPLBACKEND="none", MPLCONFIGDIR="/proc/none"
    )
    ours = typed(*words, str(tmp_path / "b"))
    assert (theirs.returncode, ours.returncode) == (0, 0), theirs.stderr
    assert b"atplotlib" not in theirs.stderr
    pictures = [(tmp_path / name / "how-many.png").read_bytes() for name in "ab"]
    assert pictures[0] == pictures[1]


@pytest.mark.slow
def test_warnings_of_libraries_are_neither_shown_nor_fatal() -> None:
    for setting in ("error", "always"):
        done = typed("summary", str(EXAMPLE), PYTHONWARNINGS=setting)
        assert (done.returncode, b"Warning" in done.stderr, b"Traceback" in done.stderr) == (
            0,
            False,
            False,
        )


@pytest.mark.parametrize("program", ["/bin/ls", "/bin/sh"])
def test_what_is_no_interpreter_is_refused_before_anything_runs(program: str) -> None:
    done = outnumber_here("run", "--python", program, "--dry-run", code=2)
    assert f"--python: {program} is not a Python interpreter" in done.stderr


def test_an_interpreter_that_is_too_old_is_told_with_the_version_it_takes(tmp_path: Path) -> None:
    old = tmp_path / "python2.7"
    answer = '{"name": "cpython", "version": "2.7.18", "path": [], "modules": {}}'
    old.write_text(f"#!/bin/sh\necho 'some noise outnumber {answer}'\n")
    old.chmod(0o755)
    found = interpreter(str(old))
    assert found
    assert found.words == "CPython 2.7.18"
    assert find_tools(str(old)).python == str(old)
    done = outnumber_here("runtimes", "--python", str(old))
    assert "expected Python 3.9" in " ".join(done.stdout.split())


def test_without_meminfo_the_kernel_is_asked_for_what_is_free(tmp_path: Path) -> None:
    assert machine_bytes(System(tmp_path)) == (
        None,
        None,
    )  # a recorded tree

    class Bare(System):
        def table(self, _name: str) -> dict[str, int]:
            return {}

    total, free = machine_bytes(Bare())
    assert total is not None
    assert free is not None
    assert 0 < free <= total


@pytest.mark.parametrize(
    ("error", "refused"),
    [
        (OSError(11, "x"), True),
        (OSError(24, "x"), True),
        (OSError(12, "x"), True),
        (OSError(2, "x"), False),
        (MemoryError(), True),
        (ImportError("libx.so: failed to map segment from shared object"), True),
        (ImportError("No module named x"), False),
        (RuntimeError("can't start new thread"), True),
        (RuntimeError("x"), False),
        (ValueError("Cannot allocate memory"), False),
    ],
)
def test_a_refusal_of_the_system_is_no_fault_of_ours(error: BaseException, refused: bool) -> None:
    assert is_refusal(error) is refused
