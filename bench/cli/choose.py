"""Which runtimes a command is about, and whether they can run here. Shared by the commands."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import typer

from bench.cli import values
from bench.engine.availability import Availability, Tools, availability, find_tools, python_of
from bench.errors import MeasureError, UsageError
from bench.probes.futex import has_own_hash
from runners.catalogue import CatalogueError, Entry, shipped, stranger


@dataclass(frozen=True)
class Chosen:
    """What a command is about: the runtimes, the tools they run with, and which can run here."""

    entries: tuple[Entry, ...]
    tools: Tools
    available: dict[str, Availability]


def chosen(
    names: Sequence[str] | None,
    files: Sequence[Path] | None,
    python: str | None,
    variables: Sequence[str] | None = None,
    quiet: bool = False,
) -> Chosen:
    """The runtimes asked for. Raises `UsageError` for wrong words, and `MeasureError` where one
    that was asked for by name cannot run here. Says, if not `quiet`, which variables reach no
    runner."""
    entries = entries_of(names or [], files or [])
    tools = tools_of(python, variables=values.variables(variables or []))
    if not quiet:
        tell_dropped(entries, tools.variables, "--env")
    available = availabilities(entries, tools)
    if names or files:
        refuse_missing(available)
    return Chosen(entries, tools, available)


def entries_of(names: Sequence[str], files: Sequence[Path]) -> tuple[Entry, ...]:
    """The entries asked for, in the catalogue's order; the default ones where none was.

    Raises `UsageError` for a name that is not in the catalogue (the nearest one is offered), a file
    that describes no runner, and a runtime given twice.
    """
    catalogue = {entry.name: entry for entry in shipped()}
    for name in names:
        if name not in catalogue:
            raise UsageError(f"no runtime is called '{name}'{values.nearest(name, catalogue)}")
    strangers = tuple(_stranger(file) for file in files)
    if not names and not strangers:
        return tuple(entry for entry in catalogue.values() if entry.default)
    chosen = (*(entry for entry in catalogue.values() if entry.name in names), *strangers)
    _refuse_twins(chosen)
    return chosen


def availabilities(entries: Sequence[Entry], tools: Tools) -> dict[str, Availability]:
    """What can run here, by name."""
    return {entry.name: availability(entry, tools) for entry in entries}


def refuse_missing(available: Mapping[str, Availability]) -> None:
    """Raises `MeasureError` where a runtime that was asked for by name cannot run here."""
    missing = [f"{name} cannot run here: {a.reason}" for name, a in available.items() if a.reason]
    if missing:
        raise MeasureError("\n".join(missing))


def tell_dropped(entries: Sequence[Entry], given: Mapping[str, str], option: str) -> None:
    """Says which variables are set here, would change what is measured, and reach no runner."""
    from bench.engine.environment import dropped

    names = dropped(entries, given)
    if names:
        one, them = ("is", "it") if len(names) == 1 else ("are", "them")
        does = "does" if len(names) == 1 else "do"
        typer.echo(
            f"{', '.join(names)} {one} set here and {does} not reach the runner; "
            f"{option} {names[0]}=… passes {them} on",
            err=True,
        )


def tools_of(
    python: str | None,
    option: str = "--python",
    variables: Mapping[str, str] = MappingProxyType({}),
) -> Tools:
    """The tools of this machine. Raises `UsageError` where `python`, which was given with `option`,
    is nothing that can be run."""
    from shutil import which

    if python is not None and which(python) is None:
        raise UsageError(f"{option}: {python} is no program that can be run; give its path")
    if python is not None and python_of(python) is None:
        raise UsageError(f"{option}: {python} is no Python interpreter; give the path of one")
    return find_tools(python, variables)


def settings_of(
    entries: Sequence[Entry], typed: Mapping[str, int | None], tools: Tools | None = None
) -> dict[str, str]:
    """The settings to start runners with, variables included; `typed` are those of the options of
    their names. Raises `UsageError` for one that no runtime takes, or this kernel does not know."""
    known = as_settings(tools.variables) if tools else {}
    given = {name: value for name, value in typed.items() if value is not None}
    for name, value in given.items():
        if not any(name in entry.settings for entry in entries):
            names = ", ".join(entry.name for entry in entries)
            raise UsageError(f"--{name} means nothing to {names}; give it with a thread runtime")
        refuse_unknown(f"--{name}", name)
        refuse_too_little(entries, name, value, f"--{name}")
    return {**{name: str(value) for name, value in given.items()}, **known}


def refuse_unknown(option: str, setting: str) -> None:
    """Raises `UsageError` where this kernel does not know what a setting is about."""
    if setting == "futex-slots" and not has_own_hash():
        raise UsageError(
            f"{option}: this kernel gives processes no futex hash of their own, as Linux 6.16 and "
            "later do; leave it out"
        )


def as_settings(variables: Mapping[str, str]) -> dict[str, str]:
    """Variables as a plan keeps them. No runner takes a setting of such a name."""
    return {f"env {name}": value for name, value in variables.items()}


def refuse_too_little(entries: Sequence[Entry], setting: str, value: int, option: str) -> None:
    """Raises `UsageError` for a value that one of the runtimes would refuse when it starts."""
    for entry in entries:
        least = entry.least.get(setting, 0)
        if value < least:
            raise UsageError(
                f"{option}: {value} bytes are too few for {entry.name}, which takes {least} or "
                f"more; type {least >> 10}KiB, say"
            )


def _stranger(file: Path) -> Entry:
    try:
        return stranger(file)
    except CatalogueError as error:
        raise UsageError(str(error)) from error


def _refuse_twins(entries: Sequence[Entry]) -> None:
    twins = [name for name, times in Counter(e.name for e in entries).items() if times > 1]
    if twins:
        raise UsageError(f"two runners are called {twins[0]}; give yours another name")
