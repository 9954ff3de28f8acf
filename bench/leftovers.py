"""Files that are not finished: locked while their writer lives, removed once it is dead.

The kernel lets a lock (`flock`) go at the end of a process, however that ends, and in every pid
namespace. So a file of ours that nobody has locked is a dead writer's; on a file system without
locks nothing is removed.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import os
import re
import secrets
import shutil
import stat
import time
from collections.abc import Iterator
from pathlib import Path

from bench.signals import held

NAMES = re.compile(r"\.outnumber-[0-9a-f]{16}\.(tmp|lock)")
NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL
FOLDER = os.O_RDONLY | os.O_DIRECTORY
CLAIM_TRIES, CLAIM_PAUSE_SECONDS = 10, 0.02  # whoever removes leftovers holds a lock no longer

_cleared: set[tuple[int, int]] = set()


class Claim:
    """A name that no other process of ours may claim until `release`, or until this one ends.

    It is a locked file beside the name: neither a placeholder nor the name itself, so what is left
    of a dead process stands in nobody's way.
    """

    def __init__(self, place: Path) -> None:
        """Raises `BlockingIOError` where somebody has the name, `OSError` where no file of ours can
        stand beside it."""
        name = hashlib.sha256(os.fsencode(place.name)).hexdigest()[:16]
        self._lock = place.parent / f".outnumber-{name}.lock"
        with held():
            clear(place.parent)
            for _ in range(CLAIM_TRIES):
                self._descriptor = _made_or_there(self._lock)
                if _locked(self._descriptor) is not False and _is_at(self._descriptor, self._lock):
                    return
                os.close(self._descriptor)
                time.sleep(CLAIM_PAUSE_SECONDS)
        raise BlockingIOError(errno.EAGAIN, "another outnumber is writing it at this moment")

    def release(self) -> None:
        """Gives the name up. To be called once."""
        with held():
            with contextlib.suppress(OSError):
                os.unlink(self._lock)
            os.close(self._descriptor)


@contextlib.contextmanager
def scratch(folder: Path) -> Iterator[Path]:
    """A folder inside `folder` for the block; if this process dies, the next one removes it."""
    with held():
        clear(folder)
        made, descriptor = unfinished(folder, FOLDER, 0o700)
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)
        os.close(descriptor)


def unfinished(folder: Path, flags: int, mode: int) -> tuple[Path, int]:
    """A new file (`NEW_FILE`) or folder (`FOLDER`) inside `folder`, open and locked. To be called
    in a section `held` against signals, until somebody is to remove it."""
    while True:
        path = folder / f".outnumber-{secrets.token_hex(8)}.tmp"
        if flags == FOLDER:
            os.mkdir(path, mode)
        try:
            descriptor = os.open(path, flags | os.O_CLOEXEC, mode)
        except FileNotFoundError:
            if flags == FOLDER:  # removed already, as below
                continue
            raise
        if _locked(descriptor) is not False and _is_at(descriptor, path):
            return path, descriptor
        os.close(descriptor)  # somebody who cleared the folder was quicker than the lock


def clear(folder: Path) -> None:
    """Removes what dead writers left in `folder`, once in the life of this process. What cannot be
    removed is left for another time."""
    with contextlib.suppress(OSError):
        found = folder.stat()
        if (found.st_dev, found.st_ino) in _cleared:
            return
        _cleared.add((found.st_dev, found.st_ino))
        with os.scandir(folder) as entries:
            left = [entry.path for entry in entries if NAMES.fullmatch(entry.name)]
        for path in left:
            with contextlib.suppress(OSError):
                _remove_dead(path)


def _remove_dead(path: str) -> None:
    # Not to be led elsewhere by a link, nor kept waiting by a pipe.
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    descriptor = os.open(path, flags)
    try:
        mode = os.fstat(descriptor).st_mode
        if not _locked(descriptor):
            return
        if stat.S_ISDIR(mode):
            shutil.rmtree(path)
        elif stat.S_ISREG(mode):
            os.unlink(path)
    finally:
        os.close(descriptor)


def _made_or_there(lock: Path) -> int:
    """A claim's file. One that is there is opened to read alone: it may be another user's."""
    flags = os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
    while True:
        with contextlib.suppress(FileExistsError):
            return os.open(lock, flags | NEW_FILE, 0o666)
        with contextlib.suppress(FileNotFoundError):
            return os.open(lock, flags | os.O_RDONLY)


def _locked(descriptor: int) -> bool | None:
    """Whether the file is ours alone now; `None` where the file system has no locks."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return None
    return True


def _is_at(descriptor: int, path: Path) -> bool:
    """Whether the open file still has this name."""
    try:
        return os.path.samestat(os.fstat(descriptor), path.lstat())
    except FileNotFoundError:
        return False
