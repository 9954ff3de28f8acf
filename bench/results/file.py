"""The result file: written whole after every sweep, and read as the untrusted input that it is."""

from __future__ import annotations

import errno
import itertools
import os
import secrets
import stat
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from types import TracebackType

import msgspec

from bench.errors import MeasureError, ResultError, UsageError
from bench.results.decoding import NewerResultError, decode, printable
from bench.results.records import Result

LARGEST_BYTES = 64 * 2**20  # a default run's result has about 2 MB
ANOTHER = "give a file that outnumber wrote; outnumber run makes one"


class ResultFile:
    """A place for one result, held from before anything is measured.

    `saved` is the last result that was saved here, `None` before the first. `path` always holds it:
    a new one is written beside it, forced to disk, and renamed over it. Leaving the `with` block
    gives the place up if nothing was ever saved.
    """

    saved: Result | None = None

    def __init__(self, path: Path, held_empty: bool) -> None:
        self.path = path
        self._held_empty = held_empty

    @classmethod
    def open(cls, path: Path, *, force: bool = False) -> ResultFile:
        """Makes the folder and takes the place. Raises `UsageError` where that cannot be done.

        A new file is made at once, empty, so that of two runs that want the same name one is told.
        """
        try:
            # A link is written through, not replaced.
            path = Path(os.path.realpath(path)) if path.is_symlink() else path
            path.parent.mkdir(parents=True, exist_ok=True)
            return cls(path, held_empty=_take(path, force))
        except OSError as error:
            raise UsageError(
                f"{path}: a result cannot be written there: {error.strerror}; "
                "give another place with -o FILE"
            ) from error

    def save(self, result: Result) -> None:
        """Replaces the file's content. Raises `MeasureError` where the disk will not have it; what
        was saved before is then still there."""
        self.write(msgspec.json.encode(result) + b"\n")
        self.saved = result

    def write(self, content: bytes) -> None:
        """The same, for what is made from a result: an export."""
        try:
            _replace(self.path, content)
        except OSError as error:
            kept = "nothing was saved" if self._held_empty else "what was saved before is kept"
            raise MeasureError(
                f"{self.path}: the result could not be saved: {error.strerror}; {kept}"
            ) from error
        self._held_empty = False

    def __enter__(self) -> ResultFile:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        if self._held_empty:
            self.path.unlink(missing_ok=True)


def load(path: Path) -> Result:
    """The result in a file. Raises `ResultError` with the file, the place of what is wrong in it,
    and what to type next."""
    name = printable(str(path))
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_BYTES + 1)
    except OSError as error:
        raise ResultError(f"{name}: cannot be read: {error.strerror}; {ANOTHER}") from error
    if len(content) > LARGEST_BYTES:
        raise ResultError(f"{name}: larger than {LARGEST_BYTES >> 20} MiB: not a result; {ANOTHER}")
    try:
        return decode(content)
    except NewerResultError as error:
        raise ResultError(f"{name}: {error}") from None
    except ResultError as error:
        raise ResultError(f"{name}: {error}; {ANOTHER}") from None


def default_path(folder: Path, now: datetime) -> Path:
    """A name in `folder` that neither a result nor a result's folder of pictures has yet."""
    stem = now.strftime("%Y-%m-%dT%H-%M-%S")
    stems = itertools.chain([stem], (f"{stem}-{number}" for number in itertools.count(2)))
    paths = (folder / f"{stem}.json" for stem in stems)
    return next(p for p in paths if not os.path.lexists(p) and not p.with_suffix("").exists())


def folder_of(path: Path) -> Path:
    """Where what is made of a result goes: the folder of its name, beside it."""
    return path.with_suffix("") if path.suffix else path.with_name(f"{path.name}-report")


def _take(path: Path, force: bool) -> bool:
    """Whether the file is new, made here and empty. Raises `UsageError` where there is one already
    and no leave to replace it, `OSError` where the folder cannot be written."""
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666))
        return True
    # With --force too: a device renamed away would be gone for the whole machine.
    if not stat.S_ISREG(path.stat().st_mode):
        raise OSError(errno.EINVAL, "it is there already, and not an ordinary file")
    if not force:
        raise UsageError(
            f"{path} is there already; add --force to replace it, or give another place with -o"
        )
    _temporary(path).unlink()
    return False


def _replace(path: Path, content: bytes) -> None:
    """All of `content` at `path`, or what was there before: nothing in between."""
    temporary = _temporary(path)
    try:
        with temporary.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise


def _temporary(path: Path) -> Path:
    """A new empty file beside `path`: a rename is atomic only within one file system."""
    temporary = path.with_name(f".outnumber-{secrets.token_hex(4)}.tmp")
    os.close(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666))
    return temporary
