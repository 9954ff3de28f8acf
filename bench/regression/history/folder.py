"""The folder of a history: small files, each made once and never changed.

Two writers never meet, since a file is made anew or not at all (`O_EXCL`), and two branches of git
that both added some merge without a conflict. A name begins with the date, for people.
"""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress
from pathlib import Path

import msgspec

from bench.errors import MeasureError, UsageError
from bench.regression.history.reading import SUFFIX, when
from bench.regression.history.records import Acknowledgement, Point
from bench.signals import held


def add(folder: Path, point: Point) -> Path | None:
    """Adds a point: the path of its file, or `None` where the folder has it already.

    Raises `UsageError` where the folder cannot be written, `MeasureError` where the disk will not
    have it; nothing is left behind then.
    """
    stem = when(point).strftime("%Y-%m-%dT%H-%M-%S")
    return _write(folder / f"{stem}-{point.id}{SUFFIX}", point)


def acknowledge(folder: Path, acknowledgement: Acknowledgement) -> Path | None:
    """Keeps an acknowledgement as `add` keeps a point; `None` where the same is there, for whatever
    reason it was made."""
    what = (acknowledgement.point, acknowledgement.runtime, acknowledgement.metric)
    name = hashlib.sha256(msgspec.json.encode(what)).hexdigest()[:16]
    return _write(folder / f"acknowledged-{name}{SUFFIX}", acknowledgement)


def _write(path: Path, record: Point | Acknowledgement) -> Path | None:
    """One line in a new file; `None` where that is there."""
    content = msgspec.json.encode(record) + b"\n"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with held():
            _fill(path, os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666), content)
    except FileExistsError:
        if path.parent.is_dir():
            return None
        raise UsageError(f"{path.parent} is no folder; give another with --folder") from None
    except OSError as error:
        raise UsageError(
            f"{path} cannot be written: {error.strerror}; give another folder with --folder"
        ) from error
    return path


def _fill(path: Path, descriptor: int, content: bytes) -> None:
    """Writes all of it to disk, or takes the file away again: no half line stays behind."""
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        with suppress(OSError):
            path.unlink()
        raise MeasureError(f"{path} could not be saved: {error.strerror}") from error
