"""The processes of the machine: who descends from whom, and an end that can hit no other process.

A process id is used again once its process is reaped. So a process is known by its id and the
moment at which it started, and is killed through a pidfd, which stays its own.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

from bench.clock import Clock
from bench.system import System

ENDING_SECONDS = 10.0  # the kernel may take seconds to free a large process that was killed
LOOK_SECONDS = 0.002
RLIMITS = {
    "RLIMIT_NPROC": "Max processes",
    "RLIMIT_AS": "Max address space",
    "RLIMIT_DATA": "Max data size",
    "RLIMIT_STACK": "Max stack size",
    "RLIMIT_NOFILE": "Max open files",
}
ENOUGH_LOOKS = 2  # that find nothing, once anything was found


@dataclass(frozen=True)
class Process:
    """One line of `/proc/PID/stat`. `started` is in clock ticks since boot."""

    pid: int
    state: str
    parent: int
    group: int
    session: int
    threads: int
    started: int

    @property
    def ended(self) -> bool:
        """Whether only its entry is left. A process whose first thread alone has ended is shown as
        a zombie too, but still has threads."""
        return self.state in "ZX" and self.threads <= 1

    @property
    def key(self) -> tuple[int, int]:
        """What distinguishes it from every other process since boot."""
        return self.pid, self.started


def look(system: System, pid: int) -> Process | None:
    """The process with this id; `None` where there is none."""
    return _look(f"{system.path('proc')}/{pid}/stat", pid)


def everything(system: System) -> tuple[Process, ...]:
    """Every process that can be seen; none where there is no `/proc`."""
    place = str(system.path("proc"))
    try:
        names = os.listdir(place)  # noqa: PTH208 - a tenth of the time, at the end of every session
    except OSError:
        return ()
    found = (_look(f"{place}/{name}/stat", int(name)) for name in names if name.isdecimal())
    return tuple(process for process in found if process is not None)


def _look(path: str, pid: int) -> Process | None:
    """Cut at the *last* parenthesis: a command's name may hold any of them, and spaces."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
        try:
            text = os.read(descriptor, 4_096)
        finally:
            os.close(descriptor)
    except OSError:
        return None
    words = text[text.rfind(b")") + 1 :].split()
    if len(words) < 20:
        return None
    return Process(
        pid=pid,
        state=words[0].decode(),
        parent=int(words[1]),
        group=int(words[2]),
        session=int(words[3]),
        threads=int(words[17]),
        started=int(words[19]),
    )


def below(roots: Iterable[Process], among: Iterable[Process]) -> set[Process]:
    """`roots`, and whatever of `among` descends from them."""
    children: dict[int, list[Process]] = {}
    for process in among:
        children.setdefault(process.parent, []).append(process)
    found, waiting = set(roots), list(roots)
    while waiting:
        new = [one for one in children.get(waiting.pop().pid, []) if one not in found]
        found.update(new)
        waiting += new
    return found


def variable(system: System, pid: int, name: str) -> str | None:
    """A variable of the environment that a process was started in; `None` where it has none or may
    not be read."""
    try:
        lines = system.path(f"proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:
        return None
    beginning = f"{name}=".encode()
    values = (line for line in lines if line.startswith(beginning))
    return next((line[len(beginning) :].decode("utf-8", "replace") for line in values), None)


def soft_limit(system: System, pid: int | str, name: str) -> str | None:
    """A soft rlimit of a process as the kernel writes it, a number or `unlimited`; `None` where it
    cannot be read."""
    text = system.text(f"proc/{pid}/limits") or ""
    row = re.search(rf"^{RLIMITS[name]} +(\S+)", text, re.MULTILINE)
    return row[1] if row else None


def kill(process: Process) -> None:
    """Sends SIGKILL to exactly this process; nothing where it has ended meanwhile, or was found in
    the recorded tree of another machine."""
    if process.pid in (0, 1, os.getpid()):
        return
    descriptor = pidfd(process.pid)
    try:
        now = look(System(), process.pid)
        if now is None or now.key != process.key:
            return
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if descriptor is None:
                os.kill(process.pid, signal.SIGKILL)
            else:
                signal.pidfd_send_signal(descriptor, signal.SIGKILL)
    finally:
        if descriptor is not None:
            os.close(descriptor)


def pidfd(pid: int) -> int | None:
    """A descriptor that becomes readable when the process ends; `None` where there is none to be
    had (Linux before 5.3, another system, a seccomp filter, no descriptor left)."""
    try:
        return os.pidfd_open(pid)
    except (AttributeError, OSError):
        return None


def end_all(find: Callable[[], Collection[Process]], clock: Clock) -> bool:
    """Kills what `find` finds until it finds nothing that lives: a process that is being killed may
    be starting another. What was missed once, between its parent's end and its own start, is seen
    by the second look. False where something still lives after ten seconds."""
    deadline = clock.monotonic() + ENDING_SECONDS
    me, empty = os.getpid(), ENOUGH_LOOKS - 1
    while True:
        living = [one for one in find() if not one.ended and one.pid != me]
        empty = 0 if living else empty + 1
        if empty == ENOUGH_LOOKS:
            return True
        if clock.monotonic() > deadline:
            return False
        for process in living:
            kill(process)
        clock.sleep(LOOK_SECONDS)
