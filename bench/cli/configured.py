"""`[tool.outnumber]` of a pyproject.toml: what would else be typed anew with every `ab`.

The nearest pyproject.toml with that table counts, in the current folder or above. Paths in it start
from its own folder. The command line wins.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from bench.cli import values
from bench.errors import UsageError
from bench.faults import placed

Positive = Annotated[int, msgspec.Meta(gt=0, le=values.MOST)]
Words = str | list[str]


class Configured(msgspec.Struct, frozen=True, rename="kebab", forbid_unknown_fields=True):
    """The table; `None` is not set. The keys are the options' names."""

    runtime: Words | None = None
    base_python: str | None = None
    new_python: str | None = None
    base_runner: str | None = None
    new_runner: str | None = None
    base_set: Words | None = None
    new_set: Words | None = None
    base_env: Words | None = None
    new_env: Words | None = None
    at: Positive | None = None
    pairs: Positive | None = None
    pairs_max: Positive | None = None
    budget: Annotated[float, msgspec.Meta(ge=1, le=values.MOST)] | None = None
    ceiling: bool | None = None
    gate: Words | None = None
    same_ok: bool | None = None
    seed: Annotated[int, msgspec.Meta(ge=0, le=values.MOST)] | None = None
    inconclusive_ok: bool | None = None
    wait_for_quiet: Annotated[float, msgspec.Meta(ge=1, le=values.MOST)] | None = None

    def under(self, typed: Configured) -> Configured:
        """These settings, with what was typed in their place. A runner that was typed leaves no
        room for a runtime of the file, nor the other way round."""
        known = msgspec.structs.asdict(self)
        if typed.base_runner or typed.new_runner:
            known["runtime"] = None
        if typed.runtime:
            known["base_runner"] = known["new_runner"] = None
        said = {
            key: value for key, value in msgspec.structs.asdict(typed).items() if value is not None
        }
        return Configured(**(known | said))


KEYS = tuple(field.encode_name for field in msgspec.structs.fields(Configured))
NUMBERS: dict[str, Callable[[str], float]] = {
    "at": values.count,
    "pairs": values.pairs,
    "pairs-max": values.pairs,
    "budget": values.seconds,
    "wait-for-quiet": values.seconds,
    "seed": values.count_or_zero,
}
PATHS = ("base-python", "new-python", "base-runner", "new-runner")


def configured(folder: Path) -> Configured:
    """What is configured for `folder`. Raises `UsageError` with the file and the key at fault."""
    return _found(folder)[1]


@contextmanager
def wished(typed: Configured) -> Iterator[Configured]:
    """What was typed, and what is configured here for the rest. A `UsageError` of the block that is
    about what is configured names the file and the key, and no option that nobody typed."""
    path, settings = _found(Path())
    wish = settings.under(typed)
    own = msgspec.structs.asdict(typed)
    kept = {
        field.encode_name: getattr(wish, field.name)
        for field in msgspec.structs.fields(Configured)
        if own[field.name] is None and getattr(wish, field.name) is not None
    }
    try:
        yield wish
    except UsageError as error:
        raise UsageError(_blaming(path, kept, str(error))) from error


def _blaming(path: Path | None, kept: dict[str, Any], message: str) -> str:
    """The message about keys of the file, if it is: by the options of their names that it names,
    else by the values that it quotes."""
    named = [key for key in kept if re.search(rf"--{key}(?![\w-])", message)]
    if not named and not message.startswith("--"):
        named = [key for key, value in kept.items() if _is_quoted(value, message)]
    if not named:
        return message
    for key in named:
        message = re.sub(rf"--{key}(?![\w-])", key, message)
    about = "" if message.startswith(named[0]) else f"{' and '.join(named)}: "
    return f"{path}: [tool.outnumber] {about}{message}"


def _is_quoted(value: object, message: str) -> bool:
    words = [value] if isinstance(value, str) else value if isinstance(value, list) else []
    return any(f"'{word}'" in message or message.startswith(f"{word}:") for word in words)


def _found(folder: Path) -> tuple[Path | None, Configured]:
    """The file that configures `folder`, if one does, and what it says."""
    for path in _above(folder):
        table = _table(path)
        if table is not None:
            return path, _checked(path, table)
    return None, Configured()


def listed(words: Words | None) -> list[str]:
    """One word as a list of one, and none as an empty one."""
    return [words] if isinstance(words, str) else words or []


def _above(folder: Path) -> Iterator[Path]:
    """The pyproject.toml of the folder and of those above it, the nearest first. Raises
    `UsageError` where the current folder is no more."""
    try:
        absolute = folder.absolute()
    except FileNotFoundError as error:
        raise UsageError("the current folder has been removed; change to another one") from error
    except OSError:  # below a folder that we may not enter
        return
    for place in (absolute, *absolute.parents):
        with suppress(OSError):  # a folder that we may not look into configures nothing
            if (place / "pyproject.toml").is_file():
                yield place / "pyproject.toml"


def _table(path: Path) -> dict[str, Any] | None:
    try:
        tools = tomllib.loads(path.read_text(encoding="utf-8")).get("tool", {})
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"{path}: cannot be read: {error}") from error
    table = tools.get("outnumber") if isinstance(tools, dict) else None
    if table is not None and not isinstance(table, dict):
        raise UsageError(f"{path}: tool.outnumber is not a table; begin it with [tool.outnumber]")
    return table


def _checked(path: Path, table: dict[str, Any]) -> Configured:
    for key in table:
        if key not in KEYS:
            raise UsageError(
                f"{path}: [tool.outnumber] knows no '{key}'{values.nearest(key, KEYS)}"
            )
    table = {key: _from(path, key, value) for key, value in table.items()}
    try:
        return msgspec.convert(table, Configured)
    except msgspec.ValidationError as error:
        place, what = placed(str(error))
        raise UsageError(f"{path}: [tool.outnumber] {place.removeprefix('$.')}: {what}") from error


def _from(path: Path, key: str, value: object) -> object:
    """A path as seen from the file that names it, where a bare word is a command on PATH; a number
    as it is typed."""
    if key in PATHS and isinstance(value, str) and ("/" in value or key.endswith("runner")):
        return str(path.parent / value)
    if key in NUMBERS and isinstance(value, str):
        try:
            return NUMBERS[key](value)
        except typer.BadParameter as error:
            raise UsageError(f"{path}: [tool.outnumber] {key}: {error.message}") from error
    return value
