"""The one writer: whatever outnumber writes goes through here, and is old or new, never in between.

A file is written beside its place under a name of its own, flushed to disk, renamed over the place,
and the folder is flushed too. So a process that is killed at any moment, or a disk that is full,
leaves the file of before or the new one, whole; what it leaves beside is removed by the next one
that writes into the folder (`bench.leftovers`).

Every function raises `OSError` where something cannot be written; its `strerror` says why, in words
that end a sentence. Signals wait until a file is there.
"""

from __future__ import annotations

import contextlib
import errno
import os
import shlex
import stat
from collections.abc import Mapping
from pathlib import Path

from bench.leftovers import NEW_FILE, Claim, clear, unfinished
from bench.signals import held

Content = bytes | str

NEW_MODE, PROGRAM_MODE, PRIVATE = 0o666, 0o700, 0o600
NO_SYNC = frozenset({errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EBADF})  # of folders
NO_LINKS = frozenset({errno.EPERM, errno.ENOTSUP, errno.ENOSYS})


def write(path: Path, content: Content, *, replace: bool = True, program: bool = False) -> None:
    """All of `content` at `path`, or what was there before.

    A link is written through. An old file's mode and, where that is allowed, its owner are kept; a
    new one gets what the umask leaves; a `program` is its user's alone, to be run. What is not an
    ordinary file is refused and never opened. If not `replace`, raises `FileExistsError` where
    there is a file, however late it came.
    """
    _sync(_put(path, content, replace, PROGRAM_MODE if program else NEW_MODE))


def write_all(files: Mapping[Path, Content]) -> None:
    """Several files, each as `write` does; where one fails, those before it are new."""
    folders = dict.fromkeys(_put(path, content) for path, content in files.items())
    for folder in folders:
        _sync(folder)


def append(path: Path, content: Content) -> None:
    """`content` at the end of what is there: all of it or nothing."""
    write(path, (path.read_bytes() if is_there(path) else b"") + as_bytes(content))


def remove(path: Path) -> None:
    """Takes the file at `path` away, if it is there; of a link the link."""
    with contextlib.suppress(FileNotFoundError):
        path.unlink()
        _sync(path.parent)


def is_there(path: Path) -> bool:
    """Whether there is a file that `write` would replace. Reading it does not wait for anybody."""
    return _found(path) is not None


def check(path: Path) -> None:
    """Raises `OSError` where `write` would fail now; nothing is there afterwards that was not."""
    _found(path)
    _check_inside(_place(path).parent)


def claim(path: Path) -> Claim:
    """A claim of the place at `path`, which could be written by then. Raises `BlockingIOError`
    where another process of ours has it."""
    _found(path)
    return Claim(_place(path))


def make_folder(folder: Path) -> None:
    """Makes `folder` in one that is there, if it is not there itself."""
    if folder.is_dir():
        return
    _refuse_homeless(folder)
    with contextlib.suppress(FileExistsError):
        os.mkdir(folder)
    if not folder.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, f"{folder} is not a folder")
    _sync(folder.parent)


def make_folders(folder: Path) -> None:
    """Makes `folder` and those that it is to be in: for folders that nobody typed."""
    if not folder.is_dir():
        make_folders(folder.parent)
        make_folder(folder)


def check_folder(folder: Path) -> None:
    """Raises `OSError` where `make_folder`, or writing into it, would fail now; makes nothing."""
    clear(folder.parent)  # where an earlier look may have been cut short
    if folder.is_dir():
        _check_inside(folder)
    elif os.path.lexists(folder):
        raise NotADirectoryError(errno.ENOTDIR, f"{folder} is not a folder")
    else:
        _refuse_homeless(folder)
        _check_inside(folder.parent)


def _put(path: Path, content: Content, replace: bool = True, mode: int = NEW_MODE) -> Path:
    """The file, without the flush of its folder; gives that folder."""
    with held():
        old, place = _found(path), _place(path)
        if old is not None and not replace:
            raise FileExistsError(errno.EEXIST, "it is there already")
        clear(place.parent)
        beside, descriptor = unfinished(place.parent, NEW_FILE, PRIVATE if old else mode)
        try:
            if old is not None:
                with contextlib.suppress(OSError):
                    os.fchown(descriptor, old.st_uid, old.st_gid)
                with contextlib.suppress(OSError):  # not before: a new owner may take bits off it
                    os.fchmod(descriptor, old.st_mode & 0o777)
            left = memoryview(as_bytes(content))
            while left:
                left = left[os.write(descriptor, left) :]
            os.fsync(descriptor)
            if replace:
                os.replace(beside, place)
            else:
                _link(beside, place)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(beside)
            raise
        finally:
            os.close(descriptor)
        return place.parent


def as_bytes(content: Content) -> bytes:
    """Text as UTF-8. Half a character, as the name of a file may hold one, is shown escaped."""
    return content if isinstance(content, bytes) else content.encode("utf-8", "backslashreplace")


def _found(path: Path) -> os.stat_result | None:
    """The ordinary file at `path`; `None` where there is nothing, in a folder that there is."""
    try:
        found = path.stat()
    except FileNotFoundError:
        _refuse_homeless(_place(path))
        return None
    if stat.S_ISDIR(found.st_mode):
        raise IsADirectoryError(errno.EISDIR, "it is a folder")
    if not stat.S_ISREG(found.st_mode):
        raise OSError(errno.EINVAL, "it is there already, and not an ordinary file")
    return found


def _place(path: Path) -> Path:
    """Where `path` leads: a link is not replaced."""
    return Path(os.path.realpath(path)) if path.is_symlink() else path


def _refuse_homeless(path: Path) -> None:
    folder = path.parent
    if folder.is_dir():
        return
    if os.path.lexists(folder):
        raise NotADirectoryError(errno.ENOTDIR, f"{folder} is not a folder")
    made = f"mkdir -p {shlex.quote(str(folder))}"
    raise FileNotFoundError(errno.ENOENT, f"there is no folder {folder} ({made} makes it)")


def _check_inside(folder: Path) -> None:
    """Makes a file in the folder and takes it away again: permissions alone do not tell."""
    with held():
        clear(folder)
        beside, descriptor = unfinished(folder, NEW_FILE, PRIVATE)
        try:
            os.unlink(beside)
        finally:
            os.close(descriptor)


def _link(beside: Path, place: Path) -> None:
    """Gives the file its name, unless something has that name by now."""
    try:
        os.link(beside, place)
    except FileExistsError:
        raise FileExistsError(errno.EEXIST, "it is there already") from None
    except OSError as error:
        if error.errno not in NO_LINKS:
            raise
        os.replace(beside, place)  # there was nothing a moment ago
        return
    with contextlib.suppress(OSError):  # it has its name; the other one may go later
        os.unlink(beside)


def _sync(folder: Path) -> None:
    """Flushes the folder's names. One that may be written and not read is flushed by the system."""
    with held():
        try:
            descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except PermissionError:
            return
        try:
            os.fsync(descriptor)
        except OSError as error:
            if error.errno not in NO_SYNC:
                raise
        finally:
            os.close(descriptor)
