"""A command that is cut short at the n-th call that changes a file: killed there, or refused.

The command runs in a child that is forked off when everything is loaded, in a folder of its own.
There the functions of `os` that the writer uses are wrapped: each call that concerns the folder is
numbered, and at number n the child kills itself (a write being half done by then), or the call
fails. Audit events, which no code of ours can go round, tell whether a call was missed.
"""

from __future__ import annotations

import errno
import gc
import io
import os
import pickle
import signal
import sys
import traceback
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from bench import leftovers
from bench.cli.main import main

How = Literal["kill", "full", "broken"]
ERRNOS: dict[How, int] = {"full": errno.ENOSPC, "broken": errno.EIO}
NAMED = ("open", "replace", "rename", "link", "unlink", "mkdir", "rmdir")
OPENED = ("write", "fsync")
FREEING = ("unlink", "rmdir")  # what a full disk does not refuse
WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT
AUDITED = {"os.rename": "replace", "os.link": "link", "os.remove": "unlink", "os.mkdir": "mkdir",
           "os.rmdir": "rmdir"}  # fmt: skip

Files = dict[str, bytes | None]  # of a folder, by their paths in it; `None` is a folder


@dataclass
class Ended:
    """How a command ended. `code` is negative where a signal ended it; `calls` are the numbered
    ones and `places` where in the code each was made, `audited` how many of each the interpreter
    itself saw, `versions` every content that each file has had, and `loaded` all modules."""

    code: int
    said: str = ""
    calls: list[str] = field(default_factory=list)
    places: list[int] = field(default_factory=list)
    audited: Counter[str] = field(default_factory=Counter)
    versions: dict[str, set[bytes]] = field(default_factory=dict)
    loaded: tuple[str, ...] = ()

    def cuts(self, how: How) -> list[int]:
        """The calls at which a cut differs from all others. Killed before a file is synchronised, a
        command leaves what it leaves when it is killed before the next call; and it takes an error
        in one way, however often it comes to that place in the code."""
        numbers = range(1, len(self.calls) + 1)
        if how == "kill":
            following = (*self.calls[1:], "write")
            pairs = zip(numbers, self.calls, following, strict=True)
            return [n for n, call, then in pairs if call != "fsync" or then == "write"]
        return [n for n in numbers if self.places[n - 1] not in self.places[: n - 1]]


def _place() -> int:
    """Where in the code this is, with all that has led there."""
    return hash(tuple((frame.f_code, line) for frame, line in traceback.walk_stack(None)))


@dataclass
class _Cutter:
    """Numbers the calls and cuts at one of them; 0 is none."""

    folder: str
    at: int
    how: How
    ended: Ended
    ours: set[int] = field(default_factory=set)

    def install(self) -> None:
        for name in NAMED:
            setattr(os, name, self._named(name, getattr(os, name)))
        for name in OPENED:
            setattr(os, name, self._opened(name, getattr(os, name)))
        sys.addaudithook(self._audit)

    def _named(self, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(path: Any, *words: Any, **more: Any) -> Any:
            reads = name == "open" and not (words[0] if words else more["flags"]) & WRITES
            if reads or not self._is_inside(path):
                return real(path, *words, **more)
            self._count(name)
            made = real(path, *words, **more)
            if name == "open":
                self.ours.add(made)
            elif name not in FREEING:
                self._keep(str(words[0]) if words and name != "mkdir" else str(path))
            return made

        return call

    def _opened(self, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(descriptor: int, *words: Any) -> Any:
            if descriptor not in self.ours:
                return real(descriptor, *words)
            if name == "fsync":  # which takes long, and tells nothing here
                self._count(name)
                return None
            half = words[0][: len(words[0]) // 2]
            self._count(name, lambda: real(descriptor, half))
            return real(descriptor, *words)

        return call

    def _count(self, name: str, partly: Callable[[], object] = lambda: None) -> None:
        self.ended.calls.append(name)
        self.ended.places.append(_place())
        number = len(self.ended.calls)
        if self.how == "kill":
            if number == self.at:
                partly()
                os.kill(os.getpid(), signal.SIGKILL)
        elif number == self.at or (self.how == "full" and 0 < self.at < number):
            if self.how == "full" and name in FREEING:
                return
            partly()
            raise OSError(ERRNOS[self.how], os.strerror(ERRNOS[self.how]))

    def _is_inside(self, path: Any) -> bool:
        return isinstance(path, str | os.PathLike) and os.path.realpath(path).startswith(
            self.folder
        )

    def _keep(self, path: str) -> None:
        place = os.path.realpath(path)
        name = os.path.relpath(place, self.folder)
        if Path(place).is_file():
            self.ended.versions.setdefault(name, set()).add(Path(place).read_bytes())

    def _audit(self, event: str, words: tuple[Any, ...]) -> None:
        if event == "open" and isinstance(words[0], str | os.PathLike):
            if self._is_inside(words[0]) and (words[2] or 0) & WRITES:
                self.ended.audited["open"] += 1
        elif event in AUDITED and self._is_inside(words[0]):
            self.ended.audited[AUDITED[event]] += 1


def cut(
    words: tuple[str, ...], folder: Path, stage: Callable[[], None], at: int = 0, how: How = "kill"
) -> Ended:
    """Types a command in `folder`, in a child. `stage` sets up what it stands on."""
    log, told = io.FileIO(os.memfd_create("said"), "r+"), io.FileIO(os.memfd_create("told"), "r+")
    pid = os.fork()
    if not pid:
        _be_the_command(words, folder, stage, at, how, log, told)
    _, status = os.waitpid(pid, 0)
    told.seek(0)
    log.seek(0)
    code = os.waitstatus_to_exitcode(status)
    ended = Ended(code) if code < 0 else pickle.loads(told.readall())
    ended.said = log.readall().decode("utf-8", "replace")
    log.close()
    told.close()
    return ended


def _be_the_command(
    words: tuple[str, ...],
    folder: Path,
    stage: Callable[[], None],
    at: int,
    how: How,
    log: io.FileIO,
    told: io.FileIO,
) -> None:
    ended = Ended(99)
    try:
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
        sys.stdout, sys.stderr = (open(n, "w", closefd=False) for n in (1, 2))  # noqa: SIM115
        os.chdir(folder)
        sys.argv = ["outnumber", *words]
        leftovers._cleared.clear()
        gc.disable()  # which would copy all that this process shares with the test's
        stage()
        _Cutter(os.path.realpath(folder), at, how, ended).install()
        main()
    except SystemExit as end:
        ended.code = int(end.code or 0)
    except BaseException:
        traceback.print_exc()
    finally:
        ended.loaded = tuple(sys.modules)
        sys.stdout.flush()
        sys.stderr.flush()
        told.write(pickle.dumps(ended))
        os._exit(ended.code)


def contents(folder: Path) -> Files:
    """What is in a folder."""
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None
        for path in folder.rglob("*")
    }


def fill(folder: Path, files: Mapping[str, bytes | None]) -> Path:
    """A new folder with these files."""
    folder.mkdir()
    for name, content in files.items():
        place = folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        if content is None:
            place.mkdir(exist_ok=True)
        else:
            place.write_bytes(content)
    return folder


def left(files: Files) -> list[str]:
    """What a writer left unfinished."""
    return [name for name in files if leftovers.NAMES.fullmatch(Path(name).name)]
