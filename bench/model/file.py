"""The result file: written whole after every session, and read as untrusted input."""

from __future__ import annotations

import io
import itertools
import os
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from types import TracebackType

from bench import files
from bench.errors import MeasureError, ResultError, UsageError
from bench.leftovers import Claim
from bench.model.decoding import CUT_SHORT, NewerResultError, decode, encode, printable
from bench.model.records import MOST_SESSIONS, Result

LARGEST_BYTES = 64 * 2**20  # a default run's result has about 2 MB
BEGINNING = b'{"outnumber":'
ANOTHER = "give a file that outnumber wrote; outnumber run makes one"


class PlaceTaken(UsageError):
    """The place has another run's result, or is about to have it."""


class ResultFile:
    """A place for one result, claimed from before anything is measured.

    `saved` is the last result that was saved here, `None` before the first; nothing is at `path`
    that this run has not saved. `replaces` says what of an earlier run stands there and will go.
    Leaving the `with` block gives the claim up.
    """

    saved: Result | None = None

    def __init__(self, path: Path, claim: Claim, replaces: str | None, is_free: bool) -> None:
        self.path = path
        self.replaces = replaces
        self._claim = claim
        self._is_free = is_free

    @classmethod
    def open(cls, path: Path, *, force: bool = False) -> ResultFile:
        """Claims the place: of two runs that want the same name one is refused. Makes nothing
        there.

        Raises `UsageError` where nothing can be written, and without `force` where there is a whole
        result, or a file that is none of ours.
        """
        try:
            claim = files.claim(path)
        except BlockingIOError as error:
            raise PlaceTaken(_unwritable(path, error)) from error
        except OSError as error:
            raise UsageError(_unwritable(path, error)) from error
        try:
            is_free = not path.exists()
            return cls(path, claim, None if is_free or force else _leftover(path), is_free)
        except BaseException:
            claim.release()
            raise

    @classmethod
    def open_new(cls, folder: Path, now: datetime) -> ResultFile:
        """The same at a name in `folder` that nothing has yet; the folder is made."""
        try:
            files.make_folder(folder)
        except OSError as error:
            raise UsageError(_unwritable(folder, error)) from error
        for path in _default_paths(folder, now):
            with suppress(PlaceTaken):
                return cls.open(path)
        raise AssertionError("numbers have no end")

    def save(self, result: Result) -> None:
        """Replaces the file's content. Raises `MeasureError` where the disk will not have it; what
        was saved before is then still there. Where somebody else has put a file there meanwhile,
        that is left alone, and `path` becomes another."""
        content = encode(result) + b"\n"
        if len(content) > LARGEST_BYTES or len(result.sessions) > MOST_SESSIONS:  # for any reader
            raise MeasureError(
                f"{self.path}: a result has at most {MOST_SESSIONS:,} sessions and "
                f"{LARGEST_BYTES >> 20} MiB; what was saved before is kept"
            )
        try:
            if self._is_free:
                self.path = _written_new(self.path, content)
            else:
                files.write(self.path, content)
        except OSError as error:
            kept = "what was saved before is kept" if self.path.exists() else "nothing was saved"
            raise MeasureError(
                f"{self.path}: the result could not be saved: {error.strerror}; {kept}"
            ) from error
        self._is_free = False
        self.saved = result

    def __enter__(self) -> ResultFile:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._claim.release()


def load(path: Path) -> Result:
    """The result in a file. Raises `ResultError` with the file, the place of what is wrong in it,
    and what to type next."""
    name, content = printable(str(path)), content_of(path)
    try:
        return decode(content)
    except NewerResultError as error:
        raise ResultError(f"{name}: {error}") from None
    except ResultError as error:
        raise ResultError(f"{name}: {error}; {ANOTHER}") from None


def content_of(path: Path) -> bytes:
    """What is in a file. Raises `ResultError` where it cannot be read, or is larger than any
    result."""
    name = printable(str(path))
    try:
        # A pipe is read to its end, but one that nobody writes to is empty: it is opened without
        # waiting for a writer.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with io.BufferedReader(io.FileIO(descriptor)) as file:
            os.set_blocking(descriptor, True)
            content = file.read(LARGEST_BYTES + 1)
    except OSError as error:
        raise ResultError(f"{name}: cannot be read: {error.strerror}; {ANOTHER}") from error
    if len(content) > LARGEST_BYTES:
        raise ResultError(f"{name}: larger than {LARGEST_BYTES >> 20} MiB: not a result; {ANOTHER}")
    return content


def default_path(folder: Path, now: datetime) -> Path:
    """A name in `folder` that neither a result nor a result's folder of pictures has yet."""
    return next(_default_paths(folder, now))


def folder_of(path: Path) -> Path:
    """Where what is made of a result goes: the folder of its name, beside it."""
    return path.with_suffix("") if path.suffix else path.with_name(f"{path.name}-report")


def _unwritable(path: Path, error: OSError) -> str:
    return (
        f"{path}: a result cannot be written there: {error.strerror}; "
        "give another place with -o FILE"
    )


def _default_paths(folder: Path, now: datetime) -> Iterator[Path]:
    stem = now.strftime("%Y-%m-%dT%H-%M-%S")
    stems = itertools.chain([stem], (f"{stem}-{number}" for number in itertools.count(2)))
    paths = (folder / f"{stem}.json" for stem in stems)
    return (p for p in paths if not os.path.lexists(p) and not p.with_suffix("").exists())


def _leftover(path: Path) -> str:
    """What of a run that never ended stands at `path`. Raises `UsageError` where it is anything
    else: a whole result, or a file of somebody's own."""
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_BYTES + 1)
    except OSError as error:
        raise UsageError(_unwritable(path, error)) from error
    if not content:
        return f"{path} is empty; this run's result replaces it"
    try:
        cut_short = len(content) <= LARGEST_BYTES and decode(content).finished is None
    except ResultError as error:
        cut_short = content.startswith(BEGINNING) and CUT_SHORT in str(error)
    if cut_short:
        return f"{path} is of a run that was cut short; this run's result replaces it"
    raise UsageError(
        f"{path} is there already; add --force to replace it, or give another place with -o"
    )


def _written_new(path: Path, content: bytes) -> Path:
    """Writes a new file at `path` or, where that has come to be, at the next name that is free."""
    numbered = (path.with_stem(f"{path.stem}-{number}") for number in itertools.count(2))
    for place in itertools.chain([path], numbered):
        with suppress(FileExistsError):
            files.write(place, content, replace=False)
            return place
    raise AssertionError("numbers have no end")
