"""Which variables reach a runner: ours, those that are given, and no PYTHON* variable unseen."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import venv
from pathlib import Path

import msgspec
import pytest

from bench.clock import RealClock
from bench.engine.children import Launch
from bench.engine.environment import (
    TELLING,
    counting,
    dropped,
    is_isolated,
    started_with,
    variables_of,
)
from bench.engine.rig import MachineRig
from bench.engine.runner import RunnerProcess
from bench.engine.toolchain import availability, find_tools
from bench.model.file import load
from bench.model.likeness import facts_of
from bench.model.records import Facts
from bench.system import System
from reports.wording.runs import repeat
from runners.catalogue import shipped
from tests.support.commands import little, outnumber, outnumber_here, stranger
from tests.support.entries import entry
from tests.support.scripts import OBEDIENT, script

ISOLATED = ("python", "-I", "serve.py", "unit.py", "-I")
OPEN = ("python", "-s", "serve.py", "unit.py", "-I")


@pytest.mark.parametrize(
    ("command", "given", "words", "changes"),
    [
        (ISOLATED, {}, ISOLATED, {"PYTHONPATH": None, "PYTHON_GIL": None}),
        (ISOLATED, {"GOGC": "5"}, ISOLATED, {"PYTHONPATH": None, "PYTHON_GIL": None, "GOGC": "5"}),
        (
            ISOLATED,
            {"PYTHON_GIL": "0"},
            OPEN,
            {"PYTHONPATH": None, "PYTHON_GIL": "0", "PYTHONSAFEPATH": "1"},
        ),
        (
            ("python", "-BI", "x.py"),
            {"PYTHONSAFEPATH": ""},
            ("python", "-Bs", "x.py"),
            {"PYTHONPATH": None, "PYTHON_GIL": None, "PYTHONSAFEPATH": ""},
        ),
        (("python", "x.py", "-I"), {"PYTHONPATH": "a"}, None, {"PYTHONPATH": "a"}),
        (("tclsh", "x.tcl"), {}, None, {}),
    ],
)
def test_an_isolated_interpreter_sees_what_it_is_given_and_nothing_else(
    monkeypatch: pytest.MonkeyPatch,
    command: tuple[str, ...],
    given: dict[str, str],
    words: tuple[str, ...] | None,
    changes: dict[str, str | None],
) -> None:
    for name in [name for name in os.environ if name.startswith("PYTHON")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PYTHONPATH", "/elsewhere")
    monkeypatch.setenv("PYTHON_GIL", "1")
    assert started_with(command, given) == (words or command, changes)


SEEN = """\
import json
say(HELLO)
sys.stdin.readline()
seen = [sys.flags.ignore_environment, sys.flags.no_user_site, sys.path, dict(os.environ)]
print(json.dumps(seen), file=sys.stderr, flush=True)
"""


def seen_by(folder: Path, given: dict[str, str]) -> tuple[bool, bool, list[str], dict[str, str]]:
    """What a runner's interpreter makes of its environment."""
    (python, *_, program) = script(folder, SEEN)
    words, variables = started_with((python, "-I", program), given)
    runner = RunnerProcess(Launch(words, variables=variables), RealClock())
    try:
        runner.hello()
        runner.send("tell")
        while not runner.ended():
            pass
        runner.stop()
        ignores, no_site, path, environment = json.loads(runner.tail())
    finally:
        runner.stop()
    return bool(ignores), bool(no_site), path, environment


def test_a_runner_really_has_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "unseen"))
    monkeypatch.setenv("PYTHONHASHSEED", "7")
    monkeypatch.chdir(tmp_path)
    ignores, no_site, path, environment = seen_by(tmp_path, {"MALLOC_ARENA_MAX": "1"})
    assert (ignores, no_site) == (True, True)
    assert environment["MALLOC_ARENA_MAX"] == "1"
    assert not [name for name in environment if name.startswith("PYTHON")]
    ignores, no_site, path, environment = seen_by(tmp_path, {"PYTHONPATH": "/given"})
    assert (ignores, no_site) == (False, True)
    assert "/given" in path
    hidden = {"", str(tmp_path), str(tmp_path / "unseen")}  # the script's own folder among them
    assert not hidden & {*path} or sys.version_info < (3, 11)
    assert {n: v for n, v in environment.items() if n.startswith("PYTHON")} == {
        "PYTHONPATH": "/given",
        "PYTHONSAFEPATH": "1",
    }


def test_no_file_beside_the_runners_is_named_as_a_module() -> None:
    """Before Python 3.11 their folder is looked at where a PYTHON* variable is given."""
    names = {file.stem for file in (Path(shipped()[1].folder) / "python").glob("*.py")}
    needed = {need.partition(":")[2] for one in shipped() for need in one.needs}
    assert not names & (sys.stdlib_module_names | needed)


def test_what_does_not_reach_a_runner_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in TELLING:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PYTHONMALLOC", "debug")
    monkeypatch.setenv("PYTHONPATH", "x")
    monkeypatch.setenv("PYTHONUNBUFFERED", "1")
    python, go = entry("a", command=("{python}", "-I", "x")), entry("b", command=("{output}",))
    assert is_isolated(python.command)
    assert dropped([python, go], {}) == ("PYTHONMALLOC", "PYTHONPATH")
    assert dropped([python], {"PYTHONPATH": "y"}) == ("PYTHONMALLOC",)
    assert dropped([go], {}) == ()
    words = ("run", "-r", "asyncio", "--dry-run")
    said = "set here, and not passed to the runner: PYTHONMALLOC; --env PYTHONMALLOC=… passes it"
    done = outnumber_here(*words, "--env", "PYTHONPATH=y")
    assert done.stderr == f"{said}\n"
    assert outnumber_here(*words, "-q", "--env", "PYTHONPATH=y").stderr == ""
    assert outnumber_here("run", "-r", "pthread", "--dry-run").stderr == ""


@pytest.mark.parametrize("option", ["--env", "--new-env"])
@pytest.mark.parametrize(
    ("texts", "said"),
    [
        (["GOGC"], "'GOGC' is not NAME=VALUE; type one such as GOGC=50"),
        (["=5"], "'=5' is not NAME=VALUE"),
        (["A B=5"], "'A B=5' is not NAME=VALUE"),
        (["1A=5"], "'1A=5' is not NAME=VALUE"),
        (["A=1", "A=2"], "A is given twice; give it once"),
        (["A=x\ny"], "the value of A is kept in the result; give it printable text of at most 900"),
        (["A=" + 901 * "x"], "the value of A is kept in the result"),
        (["A=\udce9"], "the value of A is kept in the result"),
    ],
)
def test_what_is_no_variable_is_refused(option: str, texts: list[str], said: str) -> None:
    words = ["ab", "-r", "asyncio"] if option == "--new-env" else ["run", "--dry-run"]
    for text in texts:
        words += [option, text]
    assert f"outnumber: {option}: {said}" in outnumber_here(*words, code=2).stderr


@pytest.mark.slow
def test_a_variable_is_kept_with_the_plan_and_given_to_the_runner(tmp_path: Path) -> None:
    file = tmp_path / "one.json"
    body = OBEDIENT.replace(
        "say(HELLO)", """say(HELLO.replace('"1"', '"%s"' % os.environ.get("GOGC")))"""
    )
    one = stranger(tmp_path, body)
    outnumber(*little(one), "--env", "GOGC=50", "-q", "-o", str(file))
    made = load(file)
    assert made.plan.settings == {"env GOGC": "50"}
    assert made.cases[0].version == "50"
    assert "--env GOGC=50" in repeat(made)


def test_two_sides_may_differ_in_a_variable_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from bench.cli.choose import Asked, contenders

    both = contenders(Asked(runtimes=["asyncio"], variables=((), ("PYTHONMALLOC=debug",))))
    base, new = both.sides
    assert [side.targets[0].noted for side in (base, new)] == [{}, {"env PYTHONMALLOC": "debug"}]
    assert (base.subject, new.subject) == ("as it is here", "env PYTHONMALLOC=debug")
    assert isinstance(new.targets[0].rig, MachineRig)
    assert new.targets[0].rig.tools.variables == {"PYTHONMALLOC": "debug"}
    monkeypatch.chdir(tmp_path)
    Path("pyproject.toml").write_text('[tool.outnumber]\nruntime = "asyncio"\nnew-env = "A B=5"\n')
    said = outnumber_here("ab", code=2).stderr
    assert f"{tmp_path}/pyproject.toml: [tool.outnumber] new-env: 'A B=5' is not NAME=VALUE" in said


@pytest.fixture
def lonely(tmp_path: Path) -> Path:
    """A folder with a module that no interpreter has."""
    (tmp_path / "more" / "lonely").mkdir(parents=True)
    (tmp_path / "more" / "lonely" / "__init__.py").touch()
    return tmp_path / "more"


NEEDY = entry("lone", needs=("module:lonely",), missing="pip install lonely")
NOT_SEEN = "(but PYTHONPATH leads to one; --env PYTHONPATH=… passes that on)"


@pytest.mark.parametrize("python", [sys.executable, "other"])
def test_a_module_counts_where_a_runner_finds_it(
    tmp_path: Path, lonely: Path, python: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if python == "other":
        venv.create(tmp_path / "usr", symlinks=True)
        python = str(tmp_path / "usr" / "bin" / "python")
    absent = f"{python} has no module lonely; type: pip install lonely"
    assert availability(NEEDY, find_tools(python)).reason == absent
    monkeypatch.setenv("PYTHONPATH", str(lonely))
    monkeypatch.syspath_prepend(str(lonely))
    told = f"{python} has no module lonely {NOT_SEEN}; type: pip install lonely"
    assert availability(NEEDY, find_tools(python)).reason == told
    given = find_tools(python, {"PYTHONPATH": str(lonely)})
    assert availability(NEEDY, given).reason is None


@pytest.mark.slow
def test_runtimes_and_run_agree_about_pythonpath(lonely: Path, tmp_path: Path) -> None:
    file = tmp_path / "lone.toml"
    file.write_text(
        'name = "lone"\nlabel = "lone"\nkind = "task"\nlanguage = "Python"\n'
        'needs = ["module:lonely"]\n'
        'command = ["{python}", "-I", "-c", "import lonely, sys; sys.exit(7)"]\n'
    )
    environment = {**os.environ, "PYTHONPATH": str(lonely)}
    program = "from bench.cli.main import main; main()"

    def typed(*words: str) -> str:
        command = [sys.executable, "-c", program, *words]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        return done.stdout + done.stderr

    listed, ran = typed("runtimes", "--check", str(file)), typed("run", "--runner", str(file))
    assert NOT_SEEN in listed
    assert NOT_SEEN in ran
    given = ("--env", f"PYTHONPATH={lonely}")
    for words in (("runtimes", "--check"), ("run", "-o", str(tmp_path / "x.json"), "--runner")):
        done = outnumber(*words, str(file), *given, code=4)
        assert "ended with status 7" in done.stdout + done.stderr


MADE_WITH = {
    "C": entry("one", needs=("cc",)),
    "Python": entry("one", command=("{python}", "one.py")),
    "Go": entry("one", needs=("go:1.22",)),
    "Node": entry("one", needs=("node",)),
    "Tcl": entry("one", needs=("command:tclsh",)),
}


MADE_WITH = {
    "C": entry("one", needs=("cc",)),
    "Python": entry("one", command=("{python}", "one.py")),
    "Go": entry("one", needs=("go:1.22",)),
    "Node": entry("one", needs=("node",)),
    "Tcl": entry("one", needs=("command:tclsh",)),
}


@pytest.mark.parametrize(
    ("language", "name", "counts"),
    [
        *((each, "LD_PRELOAD", True) for each in ("C", "Python", "Go", "Tcl")),
        *((each, "MALLOC_ARENA_MAX", True) for each in ("C", "Python", "Go", "Tcl")),
        *((each, "LD_LIBRARY_PATH", True) for each in ("C", "Python", "Go", "Tcl")),
        *(("Node", name, name == "NODE_OPTIONS") for name in ("NODE_OPTIONS", "GOGC")),
        *((each, "GLIBC_TUNABLES", True) for each in ("C", "Python", "Go", "Tcl")),
        *((each, "TCMALLOC_X", True) for each in ("C", "Python", "Go", "Tcl")),
        *((each, "GOGC", each in ("Go", "Tcl")) for each in ("C", "Python", "Go", "Tcl")),
        *((each, "GOMAXPROCS", each in ("Go", "Tcl")) for each in ("C", "Python", "Go", "Tcl")),
        *((each, "PYTHON_GIL", each in ("Python", "Tcl")) for each in ("C", "Python", "Tcl")),
        *((each, "GEVENT_LOOP", each in ("Python", "Tcl")) for each in ("C", "Python", "Tcl")),
        *(("Python", name, False) for name in ("PYTHONUNBUFFERED", "PYTHON_VERSION", "HOME")),
        *(("Go", name, False) for name in ("GOPATH", "GOROOT", "PATH", "PWD", "MY_LD_PRELOAD")),
    ],
)
def test_of_a_runners_variables_those_count_that_may_move_its_figures(
    language: str, name: str, counts: bool
) -> None:
    assert counting({name: "1", "TERM": "x"}, MADE_WITH[language]) == (
        {name: "1"} if counts else {}
    )


def test_what_is_recorded_has_room_in_a_result() -> None:
    many = {f"MALLOC_{'x' * place}": "y" * 20_000 for place in range(300)}
    found = counting(many, MADE_WITH["C"])
    assert msgspec.convert(found, Facts) == found
    assert len(found) > 100


def test_variables_are_read_from_the_process(tmp_path: Path) -> None:
    (tmp_path / "proc/7").mkdir(parents=True)
    (tmp_path / "proc/7/environ").write_bytes(b"A=1=2\0B=\xff\0\0C\0LD_PRELOAD=/x.so\0")
    found = {"A": "1=2", "B": "\ufffd", "LD_PRELOAD": "/x.so"}
    assert variables_of(System(tmp_path), 7) == found
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/ld.so.preload").write_text("/y.so\n")
    assert variables_of(System(tmp_path), 7) == {**found, "LD_PRELOAD": "/x.so /y.so"}
    assert variables_of(System(tmp_path), 8) is None


@pytest.mark.slow
def test_every_runner_that_ships_has_its_environment_recorded(tmp_path: Path) -> None:
    file = tmp_path / "one.json"
    names = [one.name for one in shipped() if one.default]
    words = [word for name in names for word in ("-r", name)]
    words += ["--max", "100", "--sweeps", "1", "--no-climb", "--no-report", "-q", "-o", str(file)]
    outnumber("run", *words, "--env", "MALLOC_ARENA_MAX=1", "--env", "GOGC=50")
    facts = facts_of(load(file))["environment"]
    python = f"{sys.implementation.name} {sys.version.split()[0]}".replace("cpython", "CPython")
    for one in shipped():
        if one.name in names and one.by_python:
            assert facts[f"{one.name} python"] == python
            assert facts[f"{one.name} GIL"] in ("on", "off")
    assert facts["goroutine GOGC"] == "50"
    assert facts["gevent greenlet"]
    assert {facts[f"{name} variables"] for name in names} == {"none"}  # those of the plan apart
    hellos = {sweep.case: sweep.hello for sweep in load(file).sessions}
    for name in names:
        hello = hellos[name]
        assert hello
        assert (hello.environment or {}).get("MALLOC_ARENA_MAX") == "1"
    assert hellos["goroutine"]
    assert (hellos["goroutine"].environment or {})["GOGC"] == "50"
