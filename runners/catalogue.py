"""The catalogue: every runtime as data, from `catalogue.toml` or from a stranger's own file.

Nothing is started here, and of the harness only its words for faults are imported. Whether a
runtime can run on this machine is found by `bench.engine.availability`.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec

from bench.faults import placed

FOLDER = Path(__file__).parent
CONTRACT = FOLDER / "README.md"


class CatalogueError(ValueError):
    """An entry that breaks the contract's rules; the message names the file and the place."""


class Guess(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What one unit costs, roughly, before anything was measured: for time and memory foretold."""

    seconds: Annotated[float, msgspec.Meta(gt=0, le=60)] = 1e-4
    bytes: Annotated[float, msgspec.Meta(gt=0, le=2**40)] = 10_000


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One runtime. The keys are those of `runners/README.md`; `folder` is where its files are."""

    name: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._+-]{0,63}$")]
    label: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    kind: Literal["thread", "task"]
    language: str
    command: Annotated[tuple[str, ...], msgspec.Meta(min_length=1)]
    source: str | None = None
    build: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    missing: str = ""
    settings: tuple[str, ...] = ()
    least: dict[str, int] = {}
    default: bool = True
    sweep_to: Annotated[int, msgspec.Meta(gt=0, le=10**9)] | None = None
    guess: Guess = Guess()
    folder: Path = FOLDER

    @property
    def source_path(self) -> Path | None:
        return self.folder / self.source if self.source else None


def shipped() -> tuple[Entry, ...]:
    """The runtimes that ship, in the order in which they are shown."""
    path = FOLDER / "catalogue.toml"
    return tuple(_entry(table, path) for table in _parse(path)["runtime"])


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


def _entry(table: object, path: Path) -> Entry:
    try:
        entry = msgspec.convert(table, Entry)
    except msgspec.ValidationError as error:
        place, what = placed(str(error))
        said = what if place == "$" else f"{place.removeprefix('$.')}: {what}"
        raise CatalogueError(f"{path}: {said}; the keys are explained in {CONTRACT}") from error
    return msgspec.structs.replace(entry, folder=path.parent.absolute())
