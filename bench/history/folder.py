"""The folder of a history: small files, each made once and never changed.

Two writers never meet, since a file that is there is not replaced, and two branches of git that
both added some merge without a conflict. A name begins with the date, for people.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import msgspec

from bench import files
from bench.errors import MeasureError, UsageError
from bench.history.reading import SUFFIX, check_line, is_whole, when
from bench.history.records import Acknowledgement, Point
from bench.model.decoding import encode


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
    what = (acknowledgement.point, acknowledgement.case, acknowledgement.metric)
    name = hashlib.sha256(msgspec.json.encode(what)).hexdigest()[:16]
    return _write(folder / f"acknowledged-{name}{SUFFIX}", acknowledgement)


def refuse_unwritable(folder: Path) -> None:
    """Raises `UsageError` where nothing can be added to the folder, or no such folder made."""
    try:
        files.check_folder(folder)
    except OSError as error:
        raise UsageError(
            f"{folder} cannot be written: {error.strerror}; give another folder with --folder"
        ) from error


def _write(path: Path, record: Point | Acknowledgement) -> Path | None:
    """One line in a new file; `None` where that is there. One that is there and broken, as an older
    version may have left it, is nothing: it is replaced."""
    refuse_unwritable(path.parent)
    content = encode(record) + b"\n"
    try:
        check_line(content)
    except ValueError as error:
        raise UsageError(f"{path.name}: a history cannot hold that: {error}") from error
    try:
        files.make_folder(path.parent)
        files.write(path, content, replace=path.exists() and not is_whole(path))
    except FileExistsError:
        return None
    except OSError as error:
        raise MeasureError(f"{path} could not be saved: {error.strerror}") from error
    return path
