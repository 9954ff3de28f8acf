"""Building runners: cached by what they are made of, and plain about what went wrong."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from bench.errors import MeasureError
from bench.measure.availability import Tools
from bench.measure.build import command_of
from runners.catalogue import Entry
from tests.support.entries import entry

TOOLS = Tools("python3", shutil.which("cc"), None)


def source(folder: Path, text: str) -> Entry:
    """An entry whose program is this C source."""
    (folder / "one.c").write_text(text)
    return entry(
        "one",
        source="one.c",
        build=("{cc}", "-o", "{output}", "{source}"),
        command=("{output}", "word"),
        folder=folder,
    )


@pytest.fixture
def announced() -> list[str]:
    return []


def test_a_program_is_built_once_and_announced_once(tmp_path: Path, announced: list[str]) -> None:
    one = source(tmp_path, "int main(void) { return 5; }")
    first = command_of(one, TOOLS, tmp_path / "cache", announced.append)
    assert command_of(one, TOOLS, tmp_path / "cache", announced.append) == first
    assert len(announced) == 1
    assert first[1] == "word"
    assert subprocess.run(first, check=False).returncode == 5
    assert [path.name for path in (tmp_path / "cache").iterdir()] == [Path(first[0]).name]


def test_another_source_is_another_program(tmp_path: Path, announced: list[str]) -> None:
    programs = {
        command_of(source(tmp_path, text), TOOLS, tmp_path / "cache", announced.append)[0]
        for text in ("int main(void) { return 5; }", "int main(void) { return 6; }")
    }
    assert len(programs) == 2


def test_a_failing_build_shows_the_end_of_its_output(tmp_path: Path) -> None:
    one = source(tmp_path, "int main(void) { return nothing; }")
    with pytest.raises(MeasureError, match=r"(?s)runner of one failed with status 1.*nothing"):
        command_of(one, TOOLS, tmp_path / "cache", lambda command: None)
    assert list((tmp_path / "cache").iterdir()) == []


def test_a_compiler_that_is_not_there_is_told(tmp_path: Path) -> None:
    one = source(tmp_path, "int main(void) { return 5; }")
    absent = Tools("python3", str(tmp_path / "no-cc"), None)
    with pytest.raises(MeasureError, match=r"cannot be built: .*No such file.*no-cc still there"):
        command_of(one, absent, tmp_path / "cache", lambda command: None)


def test_a_source_that_is_not_there_is_told(tmp_path: Path) -> None:
    one = source(tmp_path, "int main(void) { return 5; }")
    (tmp_path / "one.c").unlink()
    with pytest.raises(MeasureError, match=r"the source of one cannot be read: .*one\.c.*'source'"):
        command_of(one, TOOLS, tmp_path / "cache", lambda command: None)


def test_a_cache_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file where the folder should be")
    one = source(tmp_path, "int main(void) { return 5; }")
    with pytest.raises(MeasureError, match="make the folder writable, or set XDG_CACHE_HOME"):
        command_of(one, TOOLS, tmp_path / "cache", lambda command: None)


def test_what_needs_no_build_has_its_places_filled_in(tmp_path: Path) -> None:
    one = entry("one", command=("{python}", "{folder}/serve.py", "{x}"), folder=tmp_path)
    words = command_of(one, TOOLS, tmp_path / "cache", lambda command: None)
    assert words == ("python3", f"{tmp_path}/serve.py", "{x}")
