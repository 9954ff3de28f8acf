"""Building a runner that needs a compiler: on first use, into the user's cache, once for all.

The key is all that the program is made of: its source and what lies beside it, the words of the
build, the compilers with their versions, the machine, and every variable that a compiler is let
see. All other variables are kept from it: `CPATH`, `GOFLAGS` or `GOARCH` of one day would else be
in the program of the next. Two runs that build at once do no harm: each writes a finished program
into place.
"""

from __future__ import annotations

import functools
import hashlib
import json
import os
import platform
import re
import shlex
import shutil
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from bench import files
from bench.engine import children
from bench.engine.availability import Tools
from bench.engine.cache import Place, passing, place_in
from bench.engine.sites import environment_of
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


class BuildCrashed(MeasureError):
    """The compiler was ended by a signal, not by what it was to compile. Where it is refused memory
    it may have no word of its own for that."""


def command_of(
    entry: Entry, tools: Tools, cache: Path, announce: Callable[[str], None]
) -> tuple[str, ...]:
    """The words that start `entry`'s runner, its program built first if it must be.

    `announce` is called with the build's command before a build starts. Raises `MeasureError` with
    the tail of the compiler's output where it fails.
    """
    words = _words(entry, tools)
    if entry.build:
        environment = build_environment(entry, words, os.environ | tools.variables)
        words["output"] = str(_built(entry, words, environment, cache, announce))
    return _filled(entry.command, words)


def program_of(entry: Entry, tools: Tools) -> tuple[str, ...]:
    """The words that would start `entry`'s runner: with what it would be built from in place of the
    built program, and its interpreter by the environment that it stands in."""
    words = _words(entry, tools)
    if entry.build:
        environment = build_environment(entry, words, os.environ | tools.variables)
        words["output"] = _key(entry, _versions(entry, words, environment), environment)
    return _filled(entry.command, words | {"python": environment_of(tools.python)})


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
    place = place_in(cache)
    found = place.find(key)
    if found is not None:
        return found
    if not os.access(place.folder, os.W_OK):
        place = passing(f"{place.folder} cannot be written; make it writable")
    try:
        with scratch(place.folder) as folder:
            output, module = folder / "runner", folder / "go.mod"
            if _names(entry, "gomod"):
                files.write(module, _module(entry, versions).encode())
            command = _filled(entry.build, words | {"output": str(output), "gomod": str(module)})
            announce(_announcement(command, place))
            places = {"GOCACHE": f"{folder}/go", "GOPATH": str(folder), "TMPDIR": str(folder)}
            _compile(entry, command, environment | places)
            return place.keep(key, output)
    except OSError as error:
        raise MeasureError(
            f"the runner of {entry.name} cannot be built in {place.folder}: {error}; "
            "make the folder writable, or set XDG_CACHE_HOME to one that is"
        ) from error


def _announcement(command: tuple[str, ...], place: Place) -> str:
    kept = f" (for this time alone: {place.doubt})" if place.doubt else ""
    return f"{shlex.join(command)}{kept}"


def build_environment(
    entry: Entry, words: Mapping[str, str], ours: Mapping[str, str]
) -> dict[str, str]:
    """What the build sees of an environment that is `ours`. A C compiler and Go find their own
    parts, and the system's; who builds with anything else finds it on the user's PATH."""
    first = entry.build[0]
    if first in ("{cc}", "{go}"):
        own = str(Path(words[first.strip("{}")]).parent)
        path = os.pathsep.join(dict.fromkeys((own, *SYSTEM_PATH)))
    else:
        path = ours.get("PATH", os.defpath)
    known = {name: value for name, value in ours.items() if name in (*HARMLESS, *KEYED)}
    known |= {name: value for name, value in ours.items() if name.startswith("NIX_")}
    return known | GO_SETTINGS | {"PATH": path, "LC_ALL": "C.UTF-8"}


def _compile(entry: Entry, command: tuple[str, ...], environment: Mapping[str, str]) -> None:
    try:
        done = children.run(command, BUILD_SECONDS, environment, str(_folder(entry)))
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
        said = (done.output + done.errors).decode("utf-8", "replace")
        lines = said.splitlines()
        if len(lines) > TAIL_LINES + HEAD_LINES:  # a compiler that is refused a thread dumps stacks
            lines = [*lines[:HEAD_LINES], "…", *lines[-TAIL_LINES:]]
        tail = "\n".join(lines)
        kind = BuildCrashed if done.status >= BY_SIGNAL else MeasureError
        raise kind(
            f"building the runner of {entry.name} failed with status {done.status}; the "
            f"output of {shlex.join(command)} was:\n{tail}"
        )


def _folder(entry: Entry) -> Path:
    """Where a build runs: beside the source, since a `go.mod` where the command was typed would be
    taken for the runner's own."""
    return entry.source_path.parent if entry.source_path else entry.folder


def _key(entry: Entry, versions: Mapping[str, str], environment: Mapping[str, str]) -> str:
    """A hash over everything that the program is made of."""
    parts = [
        hashlib.sha256(_source_of(entry)).hexdigest(),
        entry.build,
        versions,
        {name: value for name, value in environment.items() if name not in HARMLESS},
        _beside(entry),
        (sys.platform, platform.machine()),
    ]
    text = json.dumps(parts, sort_keys=True, default=str).encode("utf-8", "surrogateescape")
    return hashlib.sha256(text).hexdigest()[:32]


def _beside(entry: Entry) -> list[tuple[str, int, int]]:
    """The files beside a stranger's source, by name, size and time: it may include any of them. Of
    the runners that ship, each is one file."""
    if entry.folder == FOLDER or entry.source_path is None:
        return []
    named = [entry.folder / need[5:] for need in entry.needs if need.startswith("file:")]
    found = {path for path in (*entry.source_path.parent.glob("*"), *named) if path.is_file()}
    stats = ((str(path), path.stat()) for path in sorted(found))
    return [(name, each.st_size, each.st_mtime_ns) for name, each in stats]


def _source_of(entry: Entry) -> bytes:
    """The program's text. Raises `MeasureError` where it cannot be read."""
    try:
        return entry.source_path.read_bytes() if entry.source_path else b""
    except OSError as error:
        raise MeasureError(
            f"the source of {entry.name} cannot be read: {error}; "
            "'source' in its entry is a file beside the entry"
        ) from error


def _versions(
    entry: Entry, words: Mapping[str, str], environment: Mapping[str, str]
) -> dict[str, str]:
    """What every program says of its version that the build names: as a place to fill in, as its
    first word, or among the entry's needs. Who says nothing is known by its file."""
    named = [words[tool] for tool in ("cc", "go", "python") if _names(entry, tool)]
    named += [need.partition(":")[2] for need in entry.needs if need.startswith("command:")]
    first = _filled(entry.build[:1], dict(words))[0]
    return {name: _version_of(name, environment) for name in dict.fromkeys((*named, first))}


def _names(entry: Entry, place: str) -> bool:
    return any(f"{{{place}}}" in word for word in entry.build)


def _version_of(compiler: str, environment: Mapping[str, str]) -> str:
    """A compiler's file, and what it says of its version (`cc --version`, `go version`)."""
    found = shutil.which(compiler, path=environment["PATH"])
    if found is None:
        return ""
    real = Path(found).resolve()
    file = real.stat()
    word = "version" if Path(compiler).name == "go" else "--version"
    said = _said((found, word), file.st_ctime_ns, tuple(environment.items()))
    return f"{real} {file.st_size} {file.st_mtime_ns} {said}"


@functools.cache
def _said(command: tuple[str, ...], _changed: int, environment: tuple[tuple[str, str], ...]) -> str:
    """What a command says; asked once for each state of its file and environment."""
    try:
        return children.run(command, VERSION_SECONDS, dict(environment)).output.decode(
            "utf-8", "replace"
        )
    except OSError:  # TimeoutError is one
        return ""


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


def _filled(words: tuple[str, ...], values: dict[str, str]) -> tuple[str, ...]:
    """`words` with their `{places}` filled in. Other braces stay as they are."""
    filled = list(words)
    for name, value in values.items():
        filled = [word.replace(f"{{{name}}}", value) for word in filled]
    return tuple(filled)
