"""`outnumber export` as a user types it: where it writes, what it says, how it ends."""

from __future__ import annotations

import json
import re
import shlex
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from bench import signals
from bench.cli import main
from bench.model.file import ResultFile
from reports.exports.formats import FORMATS
from tests.support.commands import outnumber
from tests.support.results import result, sweep, whole_run
from tests.test_export_readers import heavier, typed

DOCUMENTED = Path(__file__).parents[1] / "docs/exports.md"


@dataclass(frozen=True)
class Done:
    """How a command ended, and what it printed."""

    code: int
    out: str
    err: str


class Shell:
    """A folder with results in it, in which commands are typed."""

    def __init__(self, patch: pytest.MonkeyPatch, capture: pytest.CaptureFixture[str]) -> None:
        self._patch, self._capture = patch, capture

    def export(self, *words: str) -> Done:
        self._patch.setattr(sys, "argv", ["outnumber", "export", *words])
        with pytest.raises(SystemExit) as end:
            main.main()
        said = self._capture.readouterr()
        assert isinstance(end.value.code, int)
        return Done(end.value.code, said.out, " ".join(said.err.split()))


@pytest.fixture
def shell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Shell:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setattr(signals, "install", lambda: None)  # they are pytest's
    for name, made in (
        ("r.json", whole_run()),
        ("broken.json", result(sweep((), status="failed"))),
    ):
        with ResultFile.open(Path(name)) as file:
            file.save(made)
    return Shell(monkeypatch, capsys)


@pytest.mark.parametrize("form", FORMATS)
def test_a_result_is_exported_to_standard_output_or_a_file(shell: Shell, form: str) -> None:
    done = shell.export("r.json", "--format", form)
    assert done.code == 0
    filed = shell.export("r.json", "--format", form, "-o", "new.txt")
    assert (filed.code, filed.out) == (0, "")
    assert Path("new.txt").read_text() == done.out


def test_what_is_left_out_is_told_on_standard_error_alone(shell: Shell) -> None:
    done = shell.export("r.json", "--format", "pyperf")
    assert "left out: ceiling of pthread, threading, goroutine, asyncio: higher is" in done.err
    assert "left out" not in done.out
    assert json.loads(done.out)["version"] == "1.0"


def test_a_direction_is_chosen(shell: Shell) -> None:
    words = ("r.json", "--format", "github-action-benchmark")
    smaller, bigger = (shell.export(*words, "--direction", one) for one in ("smaller", "bigger"))
    assert smaller.out == shell.export(*words).out
    assert json.loads(bigger.out)[0]["name"] == "pthread/ceiling"
    assert "written with --direction smaller" in bigger.err


def test_nothing_left_is_a_failure_that_tells_why(shell: Shell) -> None:
    done = shell.export("broken.json", "--format", "go", "-o", "new.txt")
    assert done.code == 4
    assert "left out: ceiling of asyncio: unknown" in done.err
    assert done.err.endswith(
        "outnumber: broken.json: nothing in it fits --format go; "
        "`outnumber summary broken.json` shows what it holds"
    )
    assert not Path("new.txt").exists()


def test_a_file_is_not_overwritten_without_force(shell: Shell) -> None:
    Path("new.txt").write_text("precious")
    done = shell.export("r.json", "--format", "go", "-o", "new.txt")
    assert done == Done(
        2,
        "",
        "outnumber: new.txt is there already; add --force to replace it, "
        "or give another place with -o",
    )
    assert Path("new.txt").read_text() == "precious"
    assert shell.export("r.json", "--format", "go", "-o", "new.txt", "--force").code == 0
    assert Path("new.txt").read_text().startswith("system: Linux\n")


@pytest.mark.parametrize("name", ["r.json", "./r.json", "link.json"])
def test_the_result_itself_is_not_overwritten_even_with_force(shell: Shell, name: str) -> None:
    Path("link.json").symlink_to("r.json")
    before = Path("r.json").read_bytes()
    done = shell.export("r.json", "--format", "go", "-o", name, "--force")
    assert done.code == 2
    assert "is the result itself; give another place with -o FILE" in done.err
    assert Path("r.json").read_bytes() == before


@pytest.mark.parametrize("place", ["r.json/new.txt", "/proc/new.txt", "/dev/null", "."])
def test_a_place_that_cannot_be_written_is_told(shell: Shell, place: str) -> None:
    done = shell.export("r.json", "--format", "go", "-o", place)
    assert done.code == 2
    assert f"{place}: a file cannot be written there" in done.err


WRONG = [
    (("r.json",), 2, "Missing option '--format'"),
    (("--format", "go"), 2, "Missing argument 'RESULT'"),
    (("r.json", "--format", "asv"), 2, "'asv' is not one of 'pyperf', 'pytest-benchmark'"),
    (
        ("r.json", "--format", "go", "--direction", "up"),
        2,
        "'up' is not one of 'smaller', 'bigger'",
    ),
    (
        ("r.json", "--format", "go", "--direction", "bigger"),
        2,
        "--direction belongs to github-action-benchmark alone; leave it out",
    ),
    (("none.json", "--format", "go"), 5, "none.json: cannot be read: No such file"),
    (("empty.json", "--format", "go"), 5, "empty.json: empty"),
    (("other.json", "--format", "go"), 5, "other.json: not a result of outnumber"),
]


@pytest.mark.parametrize(
    ("words", "code", "message"), WRONG, ids=[" ".join(w) for w, _, _ in WRONG]
)
def test_wrong_words_and_files_are_told(
    shell: Shell, words: tuple[str, ...], code: int, message: str
) -> None:
    Path("empty.json").touch()
    Path("other.json").write_text('{"version": "1.0", "benchmarks": []}')
    done = shell.export(*words)
    assert done.code == code
    assert message in done.err
    assert done.out == ""


@pytest.mark.slow
def test_the_documented_commands_work(shell: Shell) -> None:
    """Those of the readers that the tests install; the others need Go, a server or GitHub."""
    for name, factor in (("base.json", 1.0), ("new.json", 1.1)):
        with ResultFile.open(Path(name)) as file:
            file.save(heavier(factor))
    fences = r"^```(\w*)\n(.*?)^```$"
    fenced = re.findall(fences, DOCUMENTED.read_text(), re.MULTILINE | re.DOTALL)
    lines = [line for language, text in fenced if not language for line in text.splitlines()]
    commands = [shlex.split(line) for line in lines]
    exports = [words[2:] for words in commands if words[:2] == ["outnumber", "export"]]
    assert {words[words.index("--format") + 1] for words in exports} == set(FORMATS)
    assert [shell.export(*words).code for words in exports] == [0] * len(exports)
    pyperf = [words[2:] for words in commands if words[:2] == ["python", "-m"]]
    pytests = [["pytest_benchmark", *w[1:]] for w in commands if w[:1] == ["pytest-benchmark"]]
    for words in pyperf + pytests:
        assert "asyncio/burst_seconds_per_unit/n=10000" in typed(Path(), *words)
    assert (len(pyperf), len(pytests)) == (1, 1)


@pytest.mark.slow
def test_the_command_works_in_a_process_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with ResultFile.open(Path("r.json")) as file:
        file.save(whole_run())
    done = outnumber("export", "r.json", "--format", "bencher")
    assert len(json.loads(done.stdout)) == 4
    assert done.stderr == ""
    assert "--direction" in outnumber("export", "--help").stdout
