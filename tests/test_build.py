"""Building runners: cached by all that they are made of, where nobody else can put anything, and
plain about what went wrong."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from bench.engine import children
from bench.engine.cache import (
    HARMLESS,
    KEYED,
    ProgramFolder,
    build_environment,
    command_of,
    doubt_of,
    program_of,
)
from bench.engine.toolchain import Tools, find_tools
from bench.errors import MeasureError
from runners.catalogue import FOLDER, Entry, shipped
from tests.support.entries import entry

TOOLS = Tools("python3")


def source(folder: Path, text: str) -> Entry:
    """An entry whose program is this C source."""
    (folder / "one.c").write_text(text)
    return entry(
        "one",
        source="one.c",
        build=(("{cc}", "-o", "{output}", "{source}"),),
        needs=("cc",),
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
    absent = Tools("python3", given={"cc": (str(tmp_path / "no-cc"),)})
    with pytest.raises(MeasureError, match=r"cannot be built: .*No such file.*no-cc still there"):
        command_of(one, absent, tmp_path / "cache", lambda command: None)


def test_a_source_that_is_not_there_is_told(tmp_path: Path) -> None:
    one = source(tmp_path, "int main(void) { return 5; }")
    (tmp_path / "one.c").unlink()
    with pytest.raises(MeasureError, match=r"the source of one cannot be read: .*one\.c.*'source'"):
        command_of(one, TOOLS, tmp_path / "cache", lambda command: None)


def test_what_needs_no_build_has_its_places_filled_in(tmp_path: Path) -> None:
    one = entry("one", command=("{python}", "{folder}/serve.py", "{x}"), folder=tmp_path)
    words = command_of(one, TOOLS, tmp_path / "cache", lambda command: None)
    assert words == ("python3", f"{tmp_path}/serve.py", "{x}")


def compiler(folder: Path, version: str = "1", name: str = "mycc") -> str:
    """A compiler whose program is a script that says with which version it was made."""
    path = folder / name
    path.write_text(
        f'#!/bin/sh\n[ "$1" = --version ] && echo {version} && exit\n'
        f'printf "#!/bin/sh\\necho {version} $GOARCH$CPATH$GOFLAGS\\n" > "$2"\nchmod 777 "$2"\n'
    )
    path.chmod(0o755)
    return str(path)


def made(folder: Path, cc: str, **fields: object) -> Entry:
    if not (folder / "one.x").exists():
        (folder / "one.x").touch()
    words = {"build": ((cc, "-o", "{output}"),), "command": ("{output}",), "source": "one.x"}
    return entry("one", "task", folder=folder, **(words | fields))


def test_the_name_of_a_program_holds_no_text_of_its_entry(tmp_path: Path) -> None:
    one = made(tmp_path, compiler(tmp_path), language="../../../evil")
    (program,) = command_of(one, TOOLS, tmp_path / "cache", lambda command: None)
    assert Path(program).parent == tmp_path / "cache"
    assert re.fullmatch(r"[0-9a-f]{32}-[0-9a-f]{32}", Path(program).name)


def programs_of(make: Callable[[str], Entry], folder: Path) -> tuple[str, str, int]:
    """The program before and after a change, and how many builds there were."""
    announced: list[str] = []
    first, second = (
        command_of(make(when), TOOLS, folder / "cache", announced.append)[0]
        for when in ("before", "after")
    )
    return first, second, len(announced)


KEPT_AWAY = (
    *("GOARCH", "GOOS", "GOFLAGS", "GOROOT", "GOENV", "GOTOOLCHAIN", "GOWORK", "GODEBUG"),
    *("CPATH", "C_INCLUDE_PATH", "LIBRARY_PATH", "GCC_EXEC_PREFIX", "COMPILER_PATH", "CFLAGS"),
    *("CC", "LDFLAGS", "LD_PRELOAD", "DEPENDENCIES_OUTPUT", "SOURCE_DATE_EPOCH", "RUSTFLAGS"),
)


def test_what_changes_a_program_is_kept_from_its_compiler(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cc = compiler(tmp_path)

    def make(when: str) -> Entry:
        for name in KEPT_AWAY:
            monkeypatch.setenv(name, when)
        return made(tmp_path, cc)

    first, second, builds = programs_of(make, tmp_path)
    assert (first, builds) == (second, 1)
    assert "before" not in Path(first).read_text()
    seen = build_environment(make("x"), {}, os.environ)
    assert [name for name in KEPT_AWAY if seen.get(name) == "x"] == []


def test_what_a_compiler_sees_of_the_environment_is_in_the_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = made(tmp_path, compiler(tmp_path))
    keys = [program_of(one, TOOLS)]
    for name in (*KEYED, "NIX_LDFLAGS", "PATH"):
        monkeypatch.setenv(name, f"{os.defpath}:/x")
        assert build_environment(one, {}, os.environ)[name].endswith("x")
        assert name not in HARMLESS
        keys.append(program_of(one, TOOLS))
        assert keys[-1] not in keys[:-1], name


@pytest.mark.parametrize(
    "change",
    ["the compiler's version", "its file", "a need's version", "a file beside", "a named file"],
)
def test_what_a_program_is_made_of_is_in_its_key(
    tmp_path: Path, change: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "more").mkdir()
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.defpath}")

    def make(when: str) -> Entry:
        compiler(tmp_path / "bin", "2" if (change, when) == ("a need's version", "after") else "1")
        version = "2" if (change, when) == ("the compiler's version", "after") else "1"
        compiler(tmp_path / "bin", version, "other")
        (tmp_path / "more" / "a.h").touch()
        (tmp_path / "b.h").touch()
        for name in ("bin/mycc", "bin/other", "more/a.h", "b.h"):
            os.utime(tmp_path / name, (1, 1))
        changed = {"its file": "bin/other", "a file beside": "b.h", "a named file": "more/a.h"}
        if when == "after" and change in changed:
            os.utime(tmp_path / changed[change], (2, 2))
        return made(tmp_path, "other", needs=("command:mycc", "file:more/a.h"))

    assert programs_of(make, tmp_path)[2] == 2
    if change != "the compiler's version":
        return
    change = "nothing"
    assert programs_of(make, tmp_path)[2] == 0


def cut_short(program: Path) -> None:
    program.write_bytes(program.read_bytes()[:-9])


def other_text(program: Path) -> None:
    program.write_text("#!/bin/sh\necho planted\n")


def not_to_be_run(program: Path) -> None:
    program.chmod(0o600)


def written_by_others(program: Path) -> None:
    program.chmod(0o722)


def linked(program: Path) -> None:
    elsewhere = program.parent.parent / "elsewhere"
    elsewhere.mkdir()
    program.rename(elsewhere / "program")
    program.symlink_to(elsewhere / "program")


def of_another_user(program: Path) -> None:
    if os.geteuid():
        pytest.skip("only root gives files away")
    os.chown(program, 12345, 12345)


@pytest.mark.parametrize(
    "spoil",
    [cut_short, other_text, not_to_be_run, written_by_others, linked, of_another_user],
)
def test_a_program_that_is_not_as_it_was_built_is_built_anew(
    tmp_path: Path, spoil: Callable[[Path], None], announced: list[str]
) -> None:
    one = made(tmp_path, compiler(tmp_path))
    (program,) = command_of(one, TOOLS, tmp_path / "cache", announced.append)
    spoil(Path(program))
    (again,) = command_of(one, TOOLS, tmp_path / "cache", announced.append)
    assert len(announced) == 2
    assert subprocess.check_output([again], text=True) == "1\n"
    assert [path.name for path in (tmp_path / "cache").iterdir()] == [Path(again).name]


PLANTED = b"#!/bin/sh\necho planted\n"


def world_writable(cache: Path) -> None:
    cache.mkdir(parents=True)
    cache.chmod(0o777)


def below_a_world_writable_folder(cache: Path) -> None:
    cache.mkdir(parents=True, mode=0o700)
    cache.parent.chmod(0o777)


def of_somebody_else(cache: Path) -> None:
    cache.mkdir(parents=True)
    of_another_user(cache)


def linked_to_a_world_writable_folder(cache: Path) -> None:
    cache.parent.mkdir()
    world_writable(cache.parent / "other")
    cache.symlink_to(cache.parent / "other")


def a_file(cache: Path) -> None:
    cache.parent.mkdir()
    cache.write_text("a file where the folder should be")


UNSAFE = {
    world_writable: r"others can write to .*cache; type: chmod go-w .*cache",
    below_a_world_writable_folder: r"others can write to .*home; type: chmod go-w .*home",
    of_somebody_else: r"belongs to somebody else; set XDG_CACHE_HOME to a folder of your own",
    linked_to_a_world_writable_folder: r"others can write to .*other; type: chmod go-w .*other",
    a_file: r"cannot be made: .*cache is not a folder; set XDG_CACHE_HOME to a folder of your own",
}


@pytest.mark.parametrize(("prepare", "doubt"), UNSAFE.items())
def test_a_cache_that_others_may_write_is_not_used(
    tmp_path: Path, prepare: Callable[[Path], None], doubt: str, announced: list[str]
) -> None:
    cache = tmp_path / "home" / "cache"
    one = made(tmp_path, compiler(tmp_path))
    (sound,) = command_of(one, TOOLS, tmp_path / "sound", lambda command: None)
    prepare(cache)
    if cache.is_dir():
        key, _, _ = Path(sound).name.partition("-")
        digest = hashlib.sha256(PLANTED).hexdigest()[:32]
        planted = cache / f"{key}-{digest}"
        planted.write_bytes(PLANTED)
        planted.chmod(0o700)
        assert ProgramFolder(cache).find(key) == planted
    (program,) = command_of(one, TOOLS, cache, announced.append)
    assert cache not in Path(program).parents
    assert doubt_of(Path(program).parent) is None
    assert subprocess.check_output([program], text=True) == "1\n"
    assert re.search(rf"\(for this time alone: .*{doubt}\)$", announced[0])
    assert command_of(one, TOOLS, cache, announced.append) == (program,)
    assert len(announced) == 1


def test_a_cache_of_a_user_without_a_home_is_not_made(announced: list[str], tmp_path: Path) -> None:
    one = made(tmp_path, compiler(tmp_path))
    command_of(one, TOOLS, Path("~/.cache/outnumber"), announced.append)
    assert "there is no folder for caches" in announced[0]
    assert not Path("~").exists()


def test_a_sticky_folder_above_the_cache_does_no_harm(tmp_path: Path) -> None:
    (tmp_path / "sticky" / "cache").mkdir(parents=True, mode=0o700)
    (tmp_path / "sticky").chmod(0o1777)
    assert doubt_of(tmp_path / "sticky" / "cache") is None


def test_what_is_built_for_one_time_goes_with_the_process(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    world_writable(cache)
    program = (
        "import sys; from pathlib import Path; from tests.test_build import *; from bench.engine."
        "cache import command_of; folder, cache = map(Path, sys.argv[1:]); print(*command_of(made("
        "folder, compiler(folder)), TOOLS, cache, lambda words: None))"
    )
    words = [sys.executable, "-c", program, str(tmp_path), str(cache)]
    said = subprocess.run(
        words, cwd=FOLDER.parent, env=os.environ, capture_output=True, text=True, check=True
    )
    built = Path(said.stdout.strip())
    assert built.name
    assert not built.parent.exists()


GOROUTINE = next(one for one in shipped() if one.name == "goroutine")


def test_the_needed_go_is_that_of_its_module() -> None:
    language = re.search(r"(?m)^go (.+)$", (FOLDER / "go" / "go.mod").read_text())
    assert language
    assert all(f"go:{language[1]}" in one.needs for one in shipped() if one.runtime == "goroutine")


@pytest.mark.slow
def test_go_is_built_for_here_whatever_is_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pytestconfig: pytest.Config
) -> None:
    """With the defaults of its own version, of which GOMAXPROCS' is one. What Go makes of its own
    library with such settings is kept between runs of the tests."""
    kept = {"GOCACHE": str(pytestconfig.cache.mkdir("go-build"))} if pytestconfig.cache else {}
    run = children.run

    def with_kept(
        command: tuple[str, ...],
        seconds: float,
        environment: Mapping[str, str] = os.environ,
        folder: str | None = None,
    ) -> children.Done:
        return run(command, seconds, {**environment, **kept}, folder)

    monkeypatch.setattr(children, "run", with_kept)
    settings = tmp_path / "env"
    settings.write_text("GOARCH=arm64\nGOFLAGS=-race\nCGO_ENABLED=1\n")
    (tmp_path / "go.mod").write_text("module other\n\ngo 1.20\n")
    monkeypatch.chdir(tmp_path)
    for name, value in (("GOENV", str(settings)), ("GOARCH", "mips"), ("GOFLAGS", "-bad")):
        monkeypatch.setenv(name, value)
    tools = find_tools()
    (program,) = command_of(GOROUTINE, tools, tmp_path / "cache", lambda words: None)
    pipe = subprocess.PIPE
    with subprocess.Popen([program], stdin=pipe, stdout=pipe) as runner:
        assert runner.stdin
        assert runner.stdout
        assert b'"reply":"hello"' in runner.stdout.readline()
        runner.stdin.close()
    monkeypatch.setenv("GOFLAGS", "")
    go = tools.program("go", GOROUTINE)
    assert go
    info = subprocess.check_output([go, "version", "-m", program], text=True)
    assert "DefaultGODEBUG" not in info
