"""Where built programs are kept, and whether one that lies there may be run.

A program from there runs with all rights of whoever measures, root's among them. So the folder is
used only if it belongs to the user and nobody else can put anything into it, nor rename a folder on
the way to it. Elsewhere a program is built anew for this process alone, in a folder that goes with
it: the measurement is worth more than the seconds, and the reason is told.

A program's name is the key of what it is made of and the hash of what is in it, and no other text.
So one that was cut short or changed is no such program: it is taken away and built anew.
"""

from __future__ import annotations

import atexit
import functools
import grp
import hashlib
import os
import pwd
import stat
import tempfile
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from bench import files
from bench.errors import MeasureError
from bench.leftovers import scratch

OTHERS = stat.S_IWGRP | stat.S_IWOTH
ANOTHER = "set XDG_CACHE_HOME to a folder of your own"


def default_cache() -> Path:
    """Where built runners are kept: the user's cache folder; a relative path where a user without
    HOME and without an entry in passwd has none."""
    try:
        return platformdirs.user_cache_path("outnumber")
    except (RuntimeError, KeyError):
        return Path("outnumber")


@dataclass(frozen=True)
class Place:
    """A folder for programs. `doubt`, with what to type, is why what is built is not kept."""

    folder: Path
    doubt: str | None = None

    def find(self, key: str) -> Path | None:
        """The program of that key, if it is there, whole, and can be run."""
        for path in sorted(self.folder.glob(f"{key}-*")):
            if self._is_sound(path):
                return path
            with suppress(OSError):
                files.remove(path)
        return None

    def keep(self, key: str, program: Path) -> Path:
        """The finished program in its place. Raises `OSError`, and `MeasureError` where programs
        from there cannot be run."""
        content = program.read_bytes()
        target = self.folder / f"{key}-{_digest(content)}"
        files.write(target, content, program=True)
        if not os.access(target, os.X_OK):
            raise MeasureError(
                f"no program in {self.folder} can be run: its file system is mounted noexec; "
                f"{ANOTHER}, on another file system"
            )
        return target

    def _is_sound(self, path: Path) -> bool:
        try:
            found = path.lstat()
            is_own = found.st_uid == os.geteuid() and not found.st_mode & OTHERS
            if not (stat.S_ISREG(found.st_mode) and is_own and os.access(path, os.X_OK)):
                return False
            return path.name.rpartition("-")[2] == _digest(path.read_bytes())
        except OSError:
            return False


def place_in(cache: Path) -> Place:
    """The folder to keep programs in: `cache`, or where that is not to be trusted, one that goes
    with this process. Raises `MeasureError` where there is none of that kind either."""
    if not cache.is_absolute():
        return passing(f"there is no folder for caches; {ANOTHER}")
    try:
        files.make_folders(cache)
    except OSError as error:
        return passing(f"{cache} cannot be made: {error.strerror}; {ANOTHER}")
    doubt = doubt_of(cache)
    return Place(cache.resolve()) if doubt is None else passing(doubt)


def doubt_of(cache: Path) -> str | None:
    """Why somebody else could put a program there, with what to type; `None` where nobody could."""
    folder = cache.resolve()
    for place in (folder, *folder.parents):
        try:
            found = place.stat()
        except OSError as error:
            return f"{place} cannot be looked at: {error.strerror}; {ANOTHER}"
        owners = (os.geteuid(),) if place == folder else (os.geteuid(), 0)
        if found.st_uid not in owners:
            return f"{place} belongs to somebody else; {ANOTHER}"
        # Of a sticky folder, as /tmp is, nobody can rename what is another's.
        if _others_write(found) and (place == folder or not found.st_mode & stat.S_ISVTX):
            return f"others can write to {place}; type: chmod go-w {place}"
    return None


def _others_write(found: os.stat_result) -> bool:
    """A group that holds the user alone, as many systems make one for each, is nobody else."""
    if found.st_mode & stat.S_IWOTH:
        return True
    return bool(found.st_mode & stat.S_IWGRP) and not _is_own_group(found.st_gid)


@functools.cache
def _is_own_group(number: int) -> bool:
    try:
        user, group = pwd.getpwuid(os.geteuid()), grp.getgrgid(number)
    except KeyError:
        return False
    named_alike = (user.pw_gid, user.pw_name) == (number, group.gr_name)
    return named_alike and set(group.gr_mem) <= {user.pw_name}


def passing(doubt: str) -> Place:
    """A place that goes with this process. Raises `MeasureError` where none is safe either."""
    folder = _of_this_process()
    unsafe = doubt_of(folder)
    if unsafe is not None:
        raise MeasureError(f"there is no safe place for a built program: {unsafe}")
    return Place(folder, doubt)


@functools.cache
def _of_this_process() -> Path:
    stack = ExitStack()
    try:
        folder = stack.enter_context(scratch(Path(tempfile.gettempdir())))
    except OSError as error:
        raise MeasureError(f"there is no place for a built program: {error}; {ANOTHER}") from error
    atexit.register(stack.close)
    return folder


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:32]
