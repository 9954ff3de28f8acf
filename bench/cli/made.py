"""A file that is made from a result in one go: an export, a deck."""

from __future__ import annotations

import contextlib
from pathlib import Path

import typer

from bench import files
from bench.errors import MeasureError, UsageError


def refuse_place(place: Path, result: Path) -> None:
    """Raises `UsageError` where nothing can be written, or the result itself is."""
    with contextlib.suppress(OSError):
        if place.samefile(result):
            raise UsageError(f"{place} is the result itself; give another place with -o FILE")
    try:
        files.check(place)
    except OSError as error:
        raise UsageError(
            f"{place}: a file cannot be written there: {error.strerror}; "
            "give another place with -o FILE"
        ) from error


def write_made(content: bytes, place: Path, force: bool) -> None:
    """Writes all of it, or leaves the place as it was. Without `force` a file that is there may be
    somebody's own: raises `UsageError`, unless it is this very content or the beginning of it,
    which a command that was cut short has left. Raises `MeasureError` where the disk fails."""
    begun = _begun(place, content)
    if begun is not None and begun < len(content) and not force:
        typer.echo(f"{place} was cut short; it is replaced", err=True)
    try:
        files.write(place, content, replace=force or begun is not None)
    except FileExistsError as error:
        raise UsageError(
            f"{place} is there already; add --force to replace it, or give another place with -o"
        ) from error
    except OSError as error:
        kept = "what was there is kept" if place.exists() else "nothing was written"
        raise MeasureError(f"{place}: cannot be written: {error.strerror}; {kept}") from error


def _begun(place: Path, content: bytes) -> int | None:
    """How much of `content` is at `place` already; `None` where nothing or something else is."""
    try:
        with place.open("rb") as file:
            there = file.read(len(content) + 1)
    except OSError:
        return None
    return len(there) if content.startswith(there) else None
