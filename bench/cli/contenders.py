"""The two sides that `ab` is asked to compare, from the words for them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import typer

from bench.cli import choose, values
from bench.cli.session import machine_rig
from bench.errors import UsageError
from bench.experiments.ceiling import runtime_of
from bench.experiments.side import Contender
from bench.results.records import Runtime
from runners.catalogue import Entry

SIDES = ("base", "new")
AS_IT_IS = "as it is here"
TWO_SIDES = (
    "nothing tells the two sides apart; give --base-python and --new-python, --base-runner and "
    "--new-runner, or --base-set and --new-set"
)


@dataclass(frozen=True)
class Asked:
    """The words: each pair of them is base's and new's."""

    runtimes: Sequence[str] = ()
    pythons: tuple[str | None, str | None] = (None, None)
    runners: tuple[Path | None, Path | None] = (None, None)
    settings: tuple[Sequence[str], Sequence[str]] = field(default=((), ()))


@dataclass(frozen=True)
class Contenders:
    """Both sides, and the runtimes that they have in common."""

    sides: tuple[Contender, Contender]
    runtimes: tuple[Runtime, ...]


def contenders(asked: Asked) -> Contenders:
    """Both sides. Raises `UsageError` where nothing tells them apart or a word is wrong."""
    if not any((*asked.pythons, *asked.runners, *asked.settings)):
        raise UsageError(TWO_SIDES)
    entries = _entries(asked)
    base, new = (_contender(asked, side, entries[side]) for side in (0, 1))
    return Contenders(
        (base, new), tuple(runtime_of(entry, base.available) for entry in base.entries)
    )


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
    tools = choose.tools_of(python, f"--{SIDES[side]}-python")
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
        found[key] = _value(option, key, value)
    return found


def _value(option: str, key: str, text: str) -> str:
    if key != "stack-size":
        return text
    try:
        return str(values.size(text))
    except typer.BadParameter as error:
        raise UsageError(f"{option}: {error.message}") from error
