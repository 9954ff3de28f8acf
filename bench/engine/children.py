"""The processes that the harness starts, each with everything that descends from it, and their end.

A child has a session of its own, so that Ctrl-C reaches the harness alone; the kernel kills it when
the harness dies; and `Child.end` ends all that descends from it, whatever sessions, groups and
orphans it has made of itself. Nothing else is ever killed. A process descends from a child if
- it is below the child, or below a process that was, by the parents that the kernel reports;
- it is in the child's session or group, or in the cgroup that was made for it;
- its environment holds the child's mark, which a process inherits;
- it is an orphan that the harness has adopted. The harness adopts the orphans of its children (it
  is their *subreaper*) where it is a command of its own: then it has no other children than those
  that it started itself. Within somebody else's program, it would take in strangers.
"""

from __future__ import annotations

import contextlib
import errno
import functools
import itertools
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from bench.clock import Clock, RealClock
from bench.probes import cgroup, processes
from bench.probes.processes import Process
from bench.signals import held, is_the_command
from bench.system import System

LAUNCHER = Path(__file__).with_name("launch.py")
MARK = "OUTNUMBER_CHILD"
PR_SET_CHILD_SUBREAPER = 36
LOOK_SECONDS = 0.1  # between two looks at a child where the kernel does not report its end

_serial = itertools.count(1)
_started: set[int] = set()  # the children of this process that it has not reaped yet


@dataclass(frozen=True)
class Launch:
    """How a child is started: its words, the `cgroup.procs` files it joins, its soft limits, the
    folder it is in if not ours, and the variables that it has (or, if `None`, has not) unlike us.

    `kept`: a process stays above it, which ends its whole group when the harness dies. For programs
    that start others of their own, compilers above all; a runner is to have its limits to itself.
    `on_third`: its replies come on descriptor 3, and its standard output goes where its errors go.
    """

    command: tuple[str, ...]
    cgroups: tuple[str, ...] = ()
    limits: dict[str, int] = field(default_factory=dict)
    kept: bool = False
    folder: str | None = None
    variables: Mapping[str, str | None] = field(default_factory=dict)
    on_third: bool = False

    def words(self, replies: int | None) -> list[str]:
        """The whole command line, the launcher's included; `replies` is what becomes its third
        descriptor."""
        wanted = {
            "replies": replies,
            "parent": os.getpid(),
            "cgroups": self.cgroups,
            "limits": self.limits,
            "kept": self.kept,
            "folder": self.folder,
            "variables": dict(self.variables),
        }
        return [sys.executable, "-I", "-S", str(LAUNCHER), json.dumps(wanted), *self.command]


class Child:
    """A started process, which stays unreaped, so that its id is its own, until `end`.

    To be made in a section `held` against signals, until whoever is to `end` it has it; and by the
    thread that lives longest, since the kernel ties the parent-death signal to the thread that
    forked. `pidfd` is readable once it has ended; `None` where the kernel has no such descriptor.
    `replies` is where its output, or its third descriptor, is read.
    """

    def __init__(
        self,
        launch: Launch,
        clock: Clock,
        stdin: int | IO[bytes] = subprocess.PIPE,
        stdout: int | IO[bytes] = subprocess.PIPE,
        stderr: int | IO[bytes] = subprocess.PIPE,
        environment: Mapping[str, str] = os.environ,
    ) -> None:
        _adopts_orphans()
        self._clock = clock
        self._system = System()
        self._mark = f"{_harness_mark()}:{next(_serial)}"
        self._places = tuple(Path(procs).parent for procs in launch.cgroups)
        self._known: set[tuple[int, int]] = set()
        ours, its = os.pipe() if launch.on_third else (None, None)
        try:
            self.process = subprocess.Popen(
                launch.words(its),
                stdin=stdin,
                stdout=subprocess.DEVNULL if launch.on_third else stdout,
                stderr=stderr,
                bufsize=0,
                start_new_session=True,
                pass_fds=() if its is None else (its,),
                env={**environment, MARK: self._mark},
            )
        except BaseException:
            if ours is not None:
                os.close(ours)
            raise
        finally:
            if its is not None:
                os.close(its)
        self.replies = self.process.stdout if ours is None else os.fdopen(ours, "rb", buffering=0)
        _started.add(self.pid)
        self.pidfd = processes.pidfd(self.pid)
        self._itself = processes.look(self._system, self.pid)

    @property
    def pid(self) -> int:
        return self.process.pid

    def ended(self) -> bool:
        """Whether the process has ended, all its threads included."""
        if self.process.returncode is not None:
            return True
        flags = os.WEXITED | os.WNOWAIT | os.WNOHANG
        return os.waitid(os.P_PID, self.pid, flags) is not None

    def wait(self, seconds: float) -> bool:
        """Waits up to `seconds` for its end; whether it has come."""
        deadline = self._clock.monotonic() + seconds
        poll = select.poll()
        if self.pidfd is not None:
            poll.register(self.pidfd, select.POLLIN)
        while not self.ended() and (left := deadline - self._clock.monotonic()) > 0:
            poll.poll(1_000 * (left if self.pidfd is not None else min(left, LOOK_SECONDS)))
        return self.ended()

    def status(self) -> int:
        """How it ended: its exit status, or the negative number of the signal. Waits for the end,
        and leaves the process unreaped."""
        if self.process.returncode is not None:
            return self.process.returncode
        ending = os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOWAIT)
        assert ending is not None
        return ending.si_status if ending.si_code == os.CLD_EXITED else -ending.si_status

    def end(self) -> int:
        """Ends it and everything that descends from it, and waits for that, though not for ever.
        Returns its status. A second call does nothing."""
        if self.process.returncode is None:
            for place in self._places:
                cgroup.kill_members(place)
            processes.end_all(self._family, self._clock)
            if self._itself is None:  # no /proc to look at
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.killpg(self.pid, signal.SIGKILL)
            elif not self.ended():  # another user's by now, which we may not kill
                return -signal.SIGKILL
            self.process.wait()
            _started.discard(self.pid)
            if self.pidfd is not None:
                os.close(self.pidfd)
                self.pidfd = None
        return self.process.returncode

    def _family(self) -> set[Process]:
        """The child and all that descends from it now. What it left as a zombie is reaped."""
        all_ = processes.everything(self._system)
        members = {pid for place in self._places for pid in cgroup.members(place)}
        family = processes.below([one for one in all_ if self._is_of_it(one, members)], all_)
        self._known |= {one.key for one in family}
        for one in family:
            if one.ended and one.parent == os.getpid() and one.pid not in _started:
                with contextlib.suppress(ChildProcessError):
                    os.waitpid(one.pid, os.WNOHANG)
        return family

    def _is_of_it(self, one: Process, members: set[int]) -> bool:
        if self.pid in (one.pid, one.group, one.session) or one.pid in members:
            return True
        if one.key in self._known:
            return True
        if self._itself is None or one.started < self._itself.started:
            return False
        mark = processes.variable(self._system, one.pid, MARK)
        is_adopted = _adopts_orphans() and one.parent == os.getpid() and one.pid not in _started
        return mark == self._mark or (is_adopted and _harness_of(mark) != _harness_mark())


@dataclass(frozen=True)
class Done:
    """How a command ended: its status as of `Child.status`, and what it wrote."""

    status: int
    output: bytes
    errors: bytes


def run(
    command: tuple[str, ...],
    seconds: float,
    environment: Mapping[str, str] = os.environ,
    folder: str | None = None,
) -> Done:
    """Runs a command to its end, in `folder` if given, and ends whatever it leaves behind.

    Raises `OSError` where it cannot be started, `FileNotFoundError` with the command as its
    `filename` where there is none, `TimeoutError` after `seconds`.
    """
    if shutil.which(command[0]) is None:
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), command[0])
    done = run_child(Launch(command, kept=True, folder=folder), seconds, environment)
    if done is None:
        raise TimeoutError(f"{command[0]} took longer than {seconds:.0f} s")
    return done


def run_child(
    launch: Launch, seconds: float, environment: Mapping[str, str] = os.environ
) -> Done | None:
    """Runs a child without input to its end; `None` where it was ended after `seconds`.

    What it writes goes to files and not into pipes, which a daemon that it leaves would hold open
    (but its replies on a third descriptor, which may be no more than a pipe holds).
    """
    with _nameless_file() as output, _nameless_file() as errors:
        child = None
        try:
            with held():
                child = Child(launch, RealClock(), subprocess.DEVNULL, output, errors, environment)
            in_time = child.wait(seconds)
        finally:
            with held():
                status = child.end() if child is not None else 0
        output.seek(0)
        errors.seek(0)
        replies = output
        if child.replies is not None:  # of which is read what is there, whoever else holds it
            replies = child.replies
            os.set_blocking(replies.fileno(), False)
        with replies:
            said = replies.read() or b""
        return Done(status, said, errors.read()) if in_time else None


def _nameless_file() -> IO[bytes]:
    """In memory where the system can: no folder may be there to write to."""
    if hasattr(os, "memfd_create"):
        return os.fdopen(os.memfd_create("outnumber"), "w+b")
    return tempfile.TemporaryFile()


@functools.cache
def _adopts_orphans() -> bool:
    """Before the first child: ends what dead harnesses have left, and has the kernel give orphans
    of children to this process; whether it does.

    Not where children are there already, which whoever became the command by `exec` has left it;
    nor as the first process of a container, which takes in the orphans of everybody there.
    """
    processes.end_all(_leftovers, RealClock())
    inherited = any(one.parent == os.getpid() for one in processes.everything(System()))
    if not is_the_command() or inherited or os.getpid() == 1:
        return False
    if not sys.platform.startswith("linux"):
        return False
    import ctypes

    refused: int = ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    return refused == 0


@functools.cache
def _harness_mark() -> str:
    """This process in the words of a mark: its pid namespace, its id there, when it started."""
    itself = processes.look(System(), os.getpid())
    return f"{_namespace()}:{os.getpid()}:{itself.started if itself else 0}"


def _harness_of(mark: str | None) -> str:
    return (mark or "").rpartition(":")[0]


def _namespace() -> int:
    """The pid namespace's number: process ids are compared within one alone. 0 where unknown."""
    try:
        return Path("/proc/self/ns/pid").stat().st_ino
    except OSError:
        return 0


def _leftovers() -> set[Process]:
    """What descends from harnesses of this pid namespace that have died."""
    all_ = processes.everything(System())
    living = {f"{_namespace()}:{one.pid}:{one.started}" for one in all_ if not one.ended}
    living.add(_harness_of(os.environ.get(MARK)))  # where a runner has started this harness
    marked = ((one, _harness_of(processes.variable(System(), one.pid, MARK))) for one in all_)
    here = f"{_namespace()}:"
    return processes.below([o for o, h in marked if h.startswith(here) and h not in living], all_)
