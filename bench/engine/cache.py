"""Built programs: made on first use, kept in the user's cache, and run only where that is safe.

A program's key is all that it is made of: its source and what lies beside it, the words of the
build, the tools with their versions, the machine, and every variable that a compiler is let see.
All other variables are kept from it: `CPATH`, `GOFLAGS` or `GOARCH` of one day would else be in the
program of the next. Two runs that build at once do no harm: each writes a finished program into
place.

A program from the cache runs with all rights of whoever measures, root's among them. So the folder
is used only if it belongs to the user and nobody else can put anything into it, nor rename a folder
on the way to it. Elsewhere a program is built anew for this process alone, in a folder that goes
with it: the measurement is worth more than the seconds, and the reason is told. A program's name is
its key and the hash of what is in it, and no other text. So one that was cut short or changed is no
such program: it is taken away and built anew.
"""

from __future__ import annotations

import atexit
import functools
import grp
import hashlib
import json
import os
import platform
import pwd
import re
import shlex
import shutil
import stat
import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from bench import files
from bench.engine import children
from bench.engine.toolchain import Tools, environment_of
from bench.errors import MeasureError
from bench.leftovers import scratch
from runners.catalogue import FOLDER, Entry

BUILD_SECONDS = 600
VERSION_SECONDS = 30
HEAD_LINES, TAIL_LINES = 3, 15

# What a compiler may see of the user's environment. The first change no program; the others, and
# all that begin with NIX_, without which no compiler of Nix works, are part of the key.
HARMLESS = ("HOME", "TMPDIR", "LANG")
KEYED = (
    *("LD_LIBRARY_PATH", "SDKROOT", "DEVELOPER_DIR", "MACOSX_DEPLOYMENT_TARGET"),
    *("GOEXPERIMENT", "GOAMD64", "GOARM64", "GOARM", "GO386", "GORISCV64", "GOPPC64", "GOFIPS140"),
    *("RUSTUP_HOME", "RUSTUP_TOOLCHAIN", "CARGO_HOME", "JAVA_HOME", "DOTNET_ROOT"),
)
VERSION = ("--version",)
BY_SIGNAL = 129  # and above: the status of a command that a signal has ended
SYSTEM_PATH = ("/usr/local/bin", "/usr/bin", "/bin")
# Go asks neither a file of settings (`go env -w`) nor the network, and needs no C compiler.
GO_SETTINGS = {
    "GOENV": "off",
    "GOFLAGS": "",
    "GOWORK": "off",
    "GO111MODULE": "on",
    "GOTOOLCHAIN": "local",
    "GOPROXY": "off",
    "CGO_ENABLED": "0",
}
OTHERS = stat.S_IWGRP | stat.S_IWOTH
ANOTHER = "set XDG_CACHE_HOME to a folder of your own"


class BuildCrashed(MeasureError):
    """The compiler was ended by a signal, not by what it was to compile. Where it is refused memory
    it may have no word of its own for that."""


def command_of(
    entry: Entry, tools: Tools, cache: Path, announce: Callable[[str], None]
) -> tuple[str, ...]:
    """The words that start `entry`'s runner, its program built first if it must be.

    `announce` is called with the build's commands before a build starts. Raises `MeasureError` with
    the tail of the compiler's output where it fails.
    """
    words = _words(entry, tools)
    if entry.build:
        environment = build_environment(entry, words, os.environ | tools.variables)
        words["output"] = str(_built(entry, words, environment, cache, announce))
    return filled(entry.command, words)


def program_of(entry: Entry, tools: Tools) -> tuple[str, ...]:
    """The words that would start `entry`'s runner: with what it would be built from in place of the
    built program, and its interpreter by the environment that it stands in."""
    words = _words(entry, tools)
    if entry.build:
        environment = build_environment(entry, words, os.environ | tools.variables)
        words["output"] = _key(entry, _versions(entry, words, environment), environment)
    return filled(entry.command, words | {"python": environment_of(tools.python)})


def filled(words: Iterable[str], values: Mapping[str, str]) -> tuple[str, ...]:
    """`words` with their `{places}` filled in. Other braces stay as they are."""
    found = list(words)
    for name, value in values.items():
        found = [word.replace(f"{{{name}}}", value) for word in found]
    return tuple(found)


def _words(entry: Entry, tools: Tools) -> dict[str, str]:
    """What the places in an entry's words stand for, but for those of a build."""
    own = {"folder": str(entry.folder), "source": str(entry.source_path or "")}
    return tools.words(entry) | own


def _built(
    entry: Entry,
    words: dict[str, str],
    environment: dict[str, str],
    cache: Path,
    announce: Callable[[str], None],
) -> Path:
    versions = _versions(entry, words, environment)
    key = _key(entry, versions, environment)
    place = _place_in(cache)
    found = place.find(key)
    if found is not None:
        return found
    if not os.access(place.folder, os.W_OK):
        place = _passing(f"{place.folder} cannot be written; make it writable")
    try:
        with scratch(place.folder) as folder:
            places = {
                "output": f"{folder}/runner",
                "scratch": str(folder),
                "gomod": f"{folder}/go.mod",
            }
            if _names(entry, "gomod"):
                files.write(folder / "go.mod", _module(entry, versions).encode())
            commands = [filled(command, words | places) for command in entry.build]
            kept = f" (for this time alone: {place.doubt})" if place.doubt else ""
            announce(f"{' && '.join(map(shlex.join, commands))}{kept}")
            own = {"GOCACHE": f"{folder}/go", "GOPATH": str(folder), "TMPDIR": str(folder)}
            for command in commands:
                _compile(entry, command, environment | own)
            return place.keep(key, folder / "runner")
    except OSError as error:
        raise MeasureError(
            f"the runner of {entry.name} cannot be built in {place.folder}: {error}; "
            "make the folder writable, or set XDG_CACHE_HOME to one that is"
        ) from error


def build_environment(
    entry: Entry, words: Mapping[str, str], ours: Mapping[str, str]
) -> dict[str, str]:
    """What the build sees of an environment that is `ours`. A tool that the entry needs by its name
    finds its own parts, and the system's; who builds with anything else finds it on the user's
    PATH."""
    first = entry.build[0][0].strip("{}")
    if first in entry.programs:
        own = str(Path(words[first]).parent)
        path = os.pathsep.join(dict.fromkeys((own, *SYSTEM_PATH)))
    else:
        path = ours.get("PATH", os.defpath)
    known = {name: value for name, value in ours.items() if name in (*HARMLESS, *KEYED)}
    known |= {name: value for name, value in ours.items() if name.startswith("NIX_")}
    return known | GO_SETTINGS | {"PATH": path, "LC_ALL": "C.UTF-8"}


def _compile(entry: Entry, command: tuple[str, ...], environment: Mapping[str, str]) -> None:
    """Runs one command of a build, beside the source: a `go.mod` where the command was typed would
    be taken for the runner's own."""
    folder = entry.source_path.parent if entry.source_path else entry.folder
    try:
        done = children.run(command, BUILD_SECONDS, environment, str(folder))
    except TimeoutError as error:
        raise MeasureError(
            f"building the runner of {entry.name} took longer than {BUILD_SECONDS} s; "
            f"try it by hand: {shlex.join(command)}"
        ) from error
    except OSError as error:
        is_gone = isinstance(error, FileNotFoundError) and error.filename == command[0]
        hint = f"; is {command[0]} still there?" if is_gone else ""
        raise MeasureError(f"the runner of {entry.name} cannot be built: {error}{hint}") from error
    if done.status:
        lines = (done.output + done.errors).decode("utf-8", "replace").splitlines()
        if len(lines) > TAIL_LINES + HEAD_LINES:  # a compiler that is refused a thread dumps stacks
            lines = [*lines[:HEAD_LINES], "…", *lines[-TAIL_LINES:]]
        tail = "\n".join(lines)
        kind = BuildCrashed if done.status >= BY_SIGNAL else MeasureError
        raise kind(
            f"building the runner of {entry.name} failed with status {done.status}; the "
            f"output of {shlex.join(command)} was:\n{tail}"
        )


def _key(entry: Entry, versions: Mapping[str, str], environment: Mapping[str, str]) -> str:
    """A hash over everything that the program is made of. Of a stranger's, every file beside its
    source is part of that, by name, size and time: it may include any of them. Of the runners that
    ship, each is one file. Raises `MeasureError` where the source cannot be read."""
    try:
        source = entry.source_path.read_bytes() if entry.source_path else b""
    except OSError as error:
        raise MeasureError(
            f"the source of {entry.name} cannot be read: {error}; "
            "'source' in its entry is a file beside the entry"
        ) from error
    beside: set[Path] = set()
    if entry.folder != FOLDER and entry.source_path is not None:
        named = [entry.folder / need[5:] for need in entry.needs if need.startswith("file:")]
        beside = {path for path in (*entry.source_path.parent.glob("*"), *named) if path.is_file()}
    stats = ((str(path), path.stat()) for path in sorted(beside))
    parts = [
        hashlib.sha256(source).hexdigest(),
        entry.build,
        versions,
        {name: value for name, value in environment.items() if name not in HARMLESS},
        [(name, each.st_size, each.st_mtime_ns) for name, each in stats],
        (sys.platform, platform.machine()),
    ]
    text = json.dumps(parts, sort_keys=True, default=str).encode("utf-8", "surrogateescape")
    return hashlib.sha256(text).hexdigest()[:32]


def _names(entry: Entry, place: str) -> bool:
    return any(f"{{{place}}}" in word for command in entry.build for word in command)


def _versions(
    entry: Entry, words: Mapping[str, str], environment: Mapping[str, str]
) -> dict[str, str]:
    """The file of every program that the build names (as a place to fill in, as the first word of a
    command, or among the entry's needs), and what it says of its version."""
    asked = {
        words[name]: tool.version for name, tool in entry.programs.items() if _names(entry, name)
    }
    asked |= {words["python"]: VERSION} if _names(entry, "python") else {}
    commands = [need.partition(":")[2] for need in entry.needs if need.startswith("command:")]
    firsts = [filled(command[:1], words)[0] for command in entry.build]
    asked = dict.fromkeys((*commands, *firsts), VERSION) | asked
    return {name: _version_of(name, words, environment) for name, words in asked.items()}


def _version_of(program: str, words: tuple[str, ...], environment: Mapping[str, str]) -> str:
    found = shutil.which(program, path=environment["PATH"])
    if found is None:
        return ""
    real = Path(found).resolve()
    file = real.stat()
    said = _said((found, *words), file.st_ctime_ns, tuple(environment.items()))
    return f"{real} {file.st_size} {file.st_mtime_ns} {said}"


@functools.cache
def _said(command: tuple[str, ...], _changed: int, environment: tuple[tuple[str, str], ...]) -> str:
    """What a command says; asked once for each state of its file and environment."""
    try:
        done = children.run(command, VERSION_SECONDS, dict(environment))
    except OSError:  # TimeoutError is one
        return ""
    return (done.output + done.errors).decode("utf-8", "replace")


def _module(entry: Entry, versions: Mapping[str, str]) -> str:
    """The go.mod beside the source, of the toolchain's own language: the defaults of GODEBUG are
    those of the language that it names, and what is measured is today's Go (GOMAXPROCS follows a
    container's quota from 1.25 on). Raises `MeasureError` where it cannot be read."""
    assert entry.source_path is not None
    try:
        text = (entry.source_path.parent / "go.mod").read_text(encoding="utf-8")
    except OSError as error:
        raise MeasureError(f"the go.mod of {entry.name} cannot be read: {error}") from error
    language = re.search(r"go version go(\d+\.\d+)", " ".join(versions.values()))
    return re.sub(r"(?m)^go .*$", f"go {language[1]}", text) if language else text


def default_cache() -> Path:
    """Where built runners are kept: the user's cache folder; a relative path where a user without
    HOME and without an entry in passwd has none."""
    try:
        return platformdirs.user_cache_path("outnumber")
    except (RuntimeError, KeyError):
        return Path("outnumber")


@dataclass(frozen=True)
class ProgramFolder:
    """A folder for programs. `doubt`, with what to type, is why what is built is not kept."""

    folder: Path
    doubt: str | None = None

    def find(self, key: str) -> Path | None:
        """The program of that key, if it is there, whole, nobody else's, and can be run. One that
        is not is taken away."""
        for path in sorted(self.folder.glob(f"{key}-*")):
            with suppress(OSError):
                found = path.lstat()
                is_own = found.st_uid == os.geteuid() and not found.st_mode & OTHERS
                is_program = stat.S_ISREG(found.st_mode) and os.access(path, os.X_OK)
                if is_own and is_program and path.name.endswith(f"-{_digest(path.read_bytes())}"):
                    return path
            with suppress(OSError):
                files.remove(path)
        return None

    def keep(self, key: str, program: Path) -> Path:
        """The finished program in its place. Raises `OSError`, and `MeasureError` where programs
        from there cannot be run."""
        content = program.read_bytes()
        target = self.folder / f"{key}-{_digest(content)}"
        files.write(target, content, program=True)
        if not os.access(target, os.X_OK):
            raise MeasureError(
                f"no program in {self.folder} can be run: its file system is mounted noexec; "
                f"{ANOTHER}, on another file system"
            )
        return target


def _place_in(cache: Path) -> ProgramFolder:
    """The folder to keep programs in: `cache`, or where that is not to be trusted, one that goes
    with this process. Raises `MeasureError` where there is none of that kind either."""
    if not cache.is_absolute():
        return _passing(f"there is no folder for caches; {ANOTHER}")
    try:
        files.make_folders(cache)
    except OSError as error:
        return _passing(f"{cache} cannot be made: {error.strerror}; {ANOTHER}")
    doubt = doubt_of(cache)
    return ProgramFolder(cache.resolve()) if doubt is None else _passing(doubt)


def doubt_of(cache: Path) -> str | None:
    """Why somebody else could put a program there, with what to type; `None` where nobody could."""
    folder = cache.resolve()
    for place in (folder, *folder.parents):
        try:
            found = place.stat()
        except OSError as error:
            return f"{place} cannot be looked at: {error.strerror}; {ANOTHER}"
        owners = (os.geteuid(),) if place == folder else (os.geteuid(), 0)
        if found.st_uid not in owners:
            return f"{place} belongs to somebody else; {ANOTHER}"
        # A group that holds the user alone, as many systems make one for each, is nobody else. Of a
        # sticky folder, as /tmp is, nobody can rename what is another's.
        by_group = found.st_mode & stat.S_IWGRP and not _is_own_group(found.st_gid)
        is_open = found.st_mode & stat.S_IWOTH or by_group
        if is_open and (place == folder or not found.st_mode & stat.S_ISVTX):
            return f"others can write to {place}; type: chmod go-w {place}"
    return None


@functools.cache
def _is_own_group(number: int) -> bool:
    try:
        user, group = pwd.getpwuid(os.geteuid()), grp.getgrgid(number)
    except KeyError:
        return False
    named_alike = (user.pw_gid, user.pw_name) == (number, group.gr_name)
    return named_alike and set(group.gr_mem) <= {user.pw_name}


def _passing(doubt: str) -> ProgramFolder:
    """A place that goes with this process. Raises `MeasureError` where none is safe either."""
    folder = _of_this_process()
    unsafe = doubt_of(folder)
    if unsafe is not None:
        raise MeasureError(f"there is no safe place for a built program: {unsafe}")
    return ProgramFolder(folder, doubt)


@functools.cache
def _of_this_process() -> Path:
    stack = ExitStack()
    try:
        folder = stack.enter_context(scratch(Path(tempfile.gettempdir())))
    except OSError as error:
        raise MeasureError(f"there is no place for a built program: {error}; {ANOTHER}") from error
    atexit.register(stack.close)
    return folder


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:32]
