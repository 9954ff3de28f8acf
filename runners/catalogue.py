"""The catalogue: every runtime as data, from `catalogue.toml` or from a stranger's own file.

Nothing is started here, and of the harness only its words for faults are imported. Whether a
runtime can run on this machine is found by `bench.engine.toolchain`.
"""

from __future__ import annotations

import functools
import re
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import msgspec
from msgspec import Meta

from bench.faults import placed

FOLDER = Path(__file__).parent
CONTRACT = FOLDER / "README.md"
MOST_UNITS = 1_000_000_000

Name = Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._+-]{0,63}$")]
Label = Annotated[str, Meta(min_length=1, max_length=64)]
Colour = Annotated[str, Meta(pattern=r"^#[0-9a-f]{6}$")]
Units = Annotated[int, Meta(gt=0, le=MOST_UNITS)]
Command = Annotated[tuple[str, ...], Meta(min_length=1)]
R = TypeVar("R")


class CatalogueError(ValueError):
    """An entry that breaks the contract's rules; the message names the file and the place."""


class CatalogueTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The base of a table of the catalogue. The keys are explained in `runners/README.md`."""


class Guess(CatalogueTable, frozen=True):
    """What one unit costs, roughly, before anything was measured: for time and memory foretold."""

    seconds: Annotated[float, Meta(gt=0, le=60)] = 1e-4
    bytes: Annotated[float, Meta(gt=0, le=2**40)] = 10_000


class Colours(CatalogueTable, frozen=True):
    """A runtime's colour on figures, on a light ground and on a dark one."""

    light: Colour
    dark: Colour


class Tool(CatalogueTable, frozen=True):
    """A program that runs or builds runners: how it is found, its version, what to type.

    `label` is what a person calls it. `find` are names on PATH, the first that is there. `wheel` is
    where a Python wheel has it, below an environment's modules. `version` are the words at which it
    says its version; `version_file` has the version too, as seen from the program's real folder, so
    that nothing need be started to know it. Of what it runs or builds, `variables` is a pattern of
    the environment variables that may move the figures, and `limits` are those that the runtime
    sets itself.
    """

    label: Label
    find: Command
    wheel: str | None = None
    version: tuple[str, ...] = ("--version",)
    version_file: str | None = None
    missing: str = ""
    variables: str | None = None
    limits: tuple[str, ...] = ()


class UnitKind(CatalogueTable, frozen=True):
    """How a unit kind of a runtime is shown and measured, where that differs from the runtime's
    usual unit."""

    label: Label
    kind: Literal["thread", "task"]
    colour: Colours | None = None
    settings: tuple[str, ...] = ()
    sweep_to: Units | None = None
    guess: Guess = Guess()


class Entry(CatalogueTable, frozen=True):
    """One runtime with one unit kind. `folder` is where its files are.

    `name` is the key of the case: the runtime's name, followed by `:KIND` where `unit` is not its
    usual kind.
    """

    name: Name
    label: Label
    kind: Literal["thread", "task"]
    language: str
    command: Command
    source: str | None = None
    build: tuple[Command, ...] = ()
    needs: tuple[str, ...] = ()
    tools: dict[Name, Tool] = {}
    missing: str = ""
    replies: Literal["stdout", "fd3"] = "stdout"
    settings: tuple[str, ...] = ()
    least: dict[str, int] = {}
    most: Units = MOST_UNITS
    default: bool = True
    sweep_to: Units | None = None
    guess: Guess = Guess()
    collector: bool = True
    preemptive: bool = False
    cores: Literal["one", "all"] = "one"
    colour: Colours | None = None
    leak_margin: Annotated[float, Meta(ge=0, le=2**53)] = 10.0
    units: dict[Name, UnitKind] = {}
    unit: str = "gate"
    folder: Path = FOLDER

    @property
    def runtime(self) -> str:
        return self.name.partition(":")[0]

    @property
    def by_python(self) -> bool:
        """Whether an interpreter of Python runs it, which can be chosen."""
        return any("{python}" in word for word in self.command)

    @property
    def own_limits(self) -> tuple[str, ...]:
        """The limits that the runtime sets itself, by their names."""
        return tuple(name for tool in self.programs.values() for name in tool.limits)

    @property
    def source_path(self) -> Path | None:
        return self.folder / self.source if self.source else None

    @property
    def programs(self) -> dict[str, Tool]:
        """The tools that it needs, by name: its own, and those of the catalogue that its needs name
        or whose place is among its words."""
        known = {need.partition(":")[0] for need in self.needs}
        words = " ".join((*self.command, *(word for line in self.build for word in line)))
        return {
            name: tool for name, tool in tools().items() if name in known or f"{{{name}}}" in words
        } | self.tools

    def of_unit(self, unit: str) -> Entry:
        """The same runtime with another unit kind, measured on request."""
        own = {name: getattr(self.units[unit], name) for name in UnitKind.__struct_fields__}
        named = {"name": f"{self.name}:{unit}", "unit": unit, "units": {}, "default": False}
        command = (*self.command, f"unit={unit}")
        return msgspec.structs.replace(self, **own, **named, command=command)


@functools.cache
def tools() -> dict[str, Tool]:
    """The tools that runners can need by name."""
    path = FOLDER / "catalogue.toml"
    return {name: _converted(table, Tool, path) for name, table in _parse(path)["tools"].items()}


@functools.cache
def shipped() -> tuple[Entry, ...]:
    """The runtimes that ship, in the order in which they are shown, then their other unit kinds."""
    path = FOLDER / "catalogue.toml"
    entries = [_entry(table, path) for table in _parse(path)["runtime"]]
    return (*entries, *(one.of_unit(unit) for one in entries for unit in one.units))


def stranger(path: Path) -> Entry:
    """The runtime described by one file of a user's own.

    Raises `CatalogueError` where the file is unreadable or an entry's rule is broken.
    """
    return _entry(_parse(path), path)


def _parse(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise CatalogueError(f"{path}: cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CatalogueError(f"{path}: not valid TOML: {error}") from error


def _entry(table: dict[str, Any], path: Path) -> Entry:
    build = table.get("build")
    if isinstance(build, list) and build and not any(isinstance(one, list) for one in build):
        table = {**table, "build": [build]}  # one command line, as contract 1 has it
    entry = _converted(table, Entry, path)
    for name, tool in entry.tools.items():
        try:
            re.compile(tool.variables or "")
        except re.error as error:
            place = f"tools.{name}.variables"
            raise CatalogueError(f"{path}: {place}: not a pattern: {error}") from error
    return msgspec.structs.replace(entry, folder=path.parent.absolute())


def _converted(table: object, kind: type[R], path: Path) -> R:
    try:
        return msgspec.convert(table, kind)
    except msgspec.ValidationError as error:
        place, what = placed(str(error))
        said = what if place == "$" else f"{place.removeprefix('$.')}: {what}"
        raise CatalogueError(f"{path}: {said}; the keys are explained in {CONTRACT}") from error
