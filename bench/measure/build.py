"""Building a runner that needs a compiler: on first use, into the user's cache, once for all.

The key is what the program is made of: its source, the words of the build, the compiler and its
version. Two runs that build at once do no harm: each writes a finished program into place.
"""

from __future__ import annotations

import hashlib
import os
import shlex
from collections.abc import Callable
from pathlib import Path

import platformdirs

from bench import files
from bench.errors import MeasureError
from bench.leftovers import scratch
from bench.measure import children
from bench.measure.availability import Tools
from runners.catalogue import Entry

BUILD_SECONDS = 600
VERSION_SECONDS = 30
TAIL_LINES = 15
# A toolchain from the wheel must neither fetch another nor reach for modules or a C compiler.
GO_ENVIRONMENT = {
    "GOTOOLCHAIN": "local",
    "GOPROXY": "off",
    "CGO_ENABLED": "0",
    "GO111MODULE": "off",
}


def default_cache() -> Path:
    """Where built runners are kept: the user's cache folder."""
    return platformdirs.user_cache_path("outnumber")


def command_of(
    entry: Entry, tools: Tools, cache: Path, announce: Callable[[str], None]
) -> tuple[str, ...]:
    """The words that start `entry`'s runner, its program built first if it must be.

    `announce` is called with the build's command before a build starts. Raises `MeasureError` with
    the tail of the compiler's output where it fails.
    """
    words = tools.words() | {"folder": str(entry.folder), "source": str(entry.source_path or "")}
    if entry.build:
        words["output"] = str(_built(entry, words, cache, announce))
    return _filled(entry.command, words)


def _built(
    entry: Entry, words: dict[str, str], cache: Path, announce: Callable[[str], None]
) -> Path:
    target = cache / f"{entry.language.lower()}-{_key(entry, words)}"
    try:
        if target.exists():
            return target
        files.make_folders(cache)
        with scratch(cache) as folder:
            output = folder / "runner"
            command = _filled(entry.build, words | {"output": str(output)})
            announce(shlex.join(command))
            _compile(entry, command, folder)
            files.write(target, output.read_bytes(), program=True)
    except OSError as error:
        raise MeasureError(
            f"the runner of {entry.name} cannot be built in {cache}: {error}; "
            "make the folder writable, or set XDG_CACHE_HOME to one that is"
        ) from error
    return target


def _compile(entry: Entry, command: tuple[str, ...], folder: Path) -> None:
    environment = os.environ | GO_ENVIRONMENT | {"GOCACHE": f"{folder}/go"}
    try:
        done = children.run(command, BUILD_SECONDS, environment)
    except TimeoutError as error:
        raise MeasureError(
            f"building the runner of {entry.name} took longer than {BUILD_SECONDS} s; "
            f"try it by hand: {shlex.join(command)}"
        ) from error
    except OSError as error:
        raise MeasureError(
            f"the runner of {entry.name} cannot be built: {error}; is {command[0]} still there?"
        ) from error
    if done.status:
        said = (done.output + done.errors).decode("utf-8", "replace")
        tail = "\n".join(said.splitlines()[-TAIL_LINES:])
        raise MeasureError(
            f"building the runner of {entry.name} failed with status {done.status}; the end of the "
            f"output of {shlex.join(command)} was:\n{tail}"
        )


def _key(entry: Entry, words: dict[str, str]) -> str:
    """A hash over source, words, compiler and version."""
    parts = [_source_of(entry), "\0".join(entry.build).encode()]
    parts += [_version_of(words[tool]) for tool in ("cc", "go") if f"{{{tool}}}" in entry.build]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:16]


def _source_of(entry: Entry) -> bytes:
    """The program's text. Raises `MeasureError` where it cannot be read."""
    try:
        return entry.source_path.read_bytes() if entry.source_path else b""
    except OSError as error:
        raise MeasureError(
            f"the source of {entry.name} cannot be read: {error}; "
            "'source' in its entry is a file beside the entry"
        ) from error


def _version_of(compiler: str) -> bytes:
    """The compiler's path and what it says of its version (`cc --version`, `go version`)."""
    word = "version" if Path(compiler).name == "go" else "--version"
    try:
        said = children.run((compiler, word), VERSION_SECONDS).output
    except OSError:
        said = b""
    return compiler.encode() + b"\0" + said


def _filled(words: tuple[str, ...], values: dict[str, str]) -> tuple[str, ...]:
    """`words` with their `{places}` filled in. Other braces stay as they are."""
    filled = list(words)
    for name, value in values.items():
        filled = [word.replace(f"{{{name}}}", value) for word in filled]
    return tuple(filled)
