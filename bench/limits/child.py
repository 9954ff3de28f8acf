"""The runner as its limits see it: what stands in its files below a `System` root, by its pid.

Each fact is read once a `RunnerView` and kept: `afresh` gives one that reads anew. The places of
its cgroups outlive the process, so that counters can be read after its death.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from bench.probes import cgroup
from bench.probes.cgroup import Cgroup
from bench.system import System, whole_number

INITIAL_PID_NAMESPACE = "pid:[4026531836]"  # PROC_PID_INIT_INO of the kernel
CAP_SYS_ADMIN, CAP_SYS_RESOURCE = 21, 24


@dataclass(frozen=True)
class ProcessStatus:
    """One process of the machine. `user` is its real user id."""

    pid: int
    parent: int
    user: int
    threads: int


@dataclass(frozen=True)
class Lineages:
    """The runner's cgroup and those above it, for the controllers that can stop a launch."""

    pids: tuple[Cgroup, ...]
    memory: tuple[Cgroup, ...]


@dataclass(frozen=True)
class RunnerView:
    """A runner. `harness` is the process whose tree counts as our own; `language` the runner's."""

    system: System
    pid: int
    language: str
    harness: int
    lineages: Lineages

    @classmethod
    def of(
        cls, system: System, pid: int, language: str = "", harness: int | None = None
    ) -> RunnerView:
        """The runner `pid`, alive now: a process that is gone has no cgroups to be found."""
        found = {name: cgroup.find(system, name, pid) for name in ("pids", "memory")}
        lines = {name: own.lineage() if own else () for name, own in found.items()}
        return cls(system, pid, language, harness or os.getpid(), Lineages(**lines))

    def afresh(self) -> RunnerView:
        """The same runner, every fact to be read anew."""
        return replace(self)

    @cached_property
    def alive(self) -> bool:
        return bool(self._status)

    @cached_property
    def user(self) -> int | None:
        """Its real user id."""
        return whole_number((self._words("Uid") or [""])[0])

    @cached_property
    def exempt_from_nproc(self) -> bool | None:
        """Whether `RLIMIT_NPROC` is not applied: root of the machine, and whoever has one of two
        capabilities there. Root of a user namespace is neither. `None` where it cannot be read."""
        capabilities = self._words("CapEff")
        if self.user is None or not capabilities:
            return None
        held = int(capabilities[0], 16)
        able = held >> CAP_SYS_RESOURCE & 1 or held >> CAP_SYS_ADMIN & 1
        return self._in_first_user_namespace and bool(self.user == 0 or able)

    @property
    def _in_first_user_namespace(self) -> bool:
        """A map that is not the whole identity belongs to a namespace further down; a kernel
        without such namespaces has no map."""
        text = self.system.text(f"proc/{self.pid}/uid_map")
        return text is None or text.split() == ["0", "0", "4294967295"]

    @cached_property
    def threads(self) -> int | None:
        return self.status("Threads")

    def status(self, name: str) -> int | None:
        """A number of `/proc/PID/status`, kB as bytes."""
        return self.system.table(f"proc/{self.pid}/status").get(name)

    def rlimit(self, words: str) -> tuple[bool, int | None]:
        """Whether a soft limit (`Max processes`) can be read, and its value; `None`: unlimited."""
        row = re.search(rf"^{words} +(\S+)", self._limits, re.MULTILINE)
        return row is not None, whole_number(row[1]) if row else None

    @cached_property
    def mappings(self) -> int | None:
        """How many mappings the process has. The gate page that x86 shows is none."""
        lines = [line for line in self._maps if not line.endswith("[vsyscall]")]
        return len(lines) or None

    @cached_property
    def top_address(self) -> int | None:
        """The highest mapped address, near the end of the address space."""
        lines = (line for line in self._maps if "[vsyscall]" not in line)
        ends = [found[1] for line in lines if (found := re.match(r"[0-9a-f]+-([0-9a-f]+) ", line))]
        return int(ends[-1], 16) if ends else None

    @cached_property
    def descriptors(self) -> int | None:
        """How many files it holds open; `None` where that is not for us to see."""
        try:
            return len(list(self.system.path(f"proc/{self.pid}/fd").iterdir()))
        except OSError:
            return None

    @cached_property
    def machine_threads(self) -> int | None:
        """All threads of the machine, whichever namespace they are in."""
        word = (self.system.text("proc/loadavg") or "").split("/")[-1].split()
        return whole_number(word[0]) if word else None

    @cached_property
    def in_first_pid_namespace(self) -> bool | None:
        """Whether the pids seen here are the machine's own; `None` where it cannot be told."""
        try:
            own = self.system.path("proc/self/ns/pid").readlink()
            return str(own) == INITIAL_PID_NAMESPACE
        except OSError:
            return None

    @cached_property
    def processes(self) -> tuple[ProcessStatus, ...]:
        """All processes that can be seen."""
        names = (place.name for place in self.system.path("proc").glob("[0-9]*"))
        found = (_process(self.system, int(name)) for name in names if name.isdecimal())
        return tuple(process for process in found if process is not None)

    @cached_property
    def own_tree(self) -> frozenset[int]:
        """The harness, what it started, and the shells that wait for it to end."""
        parents = {process.pid: process.parent for process in self.processes}
        own, up = {self.harness}, self.harness
        while (up := parents.get(up, 0)) > 1 and up not in own:
            own.add(up)
        return frozenset(own | {pid for pid in parents if self._descends(pid, parents)})

    def _descends(self, pid: int, parents: dict[int, int]) -> bool:
        seen: set[int] = set()
        while pid and pid not in seen:
            if pid == self.harness:
                return True
            seen.add(pid)
            pid = parents.get(pid, 0)
        return pid == self.harness

    def shares(self, group: Cgroup) -> bool:
        """Whether a cgroup holds processes outside the harness's own tree, itself or below it.

        A process of another pid namespace is shown as 0, which is a stranger; where nothing can be
        read, there may be strangers."""
        places = [group.system.path(group.path)]
        places += [path.parent for path in places[0].glob("**/cgroup.procs")]
        texts = [_text(place / "cgroup.procs") for place in dict.fromkeys(places)]
        if all(text is None for text in texts):
            return True
        inside = {whole_number(word) for text in texts for word in (text or "").split()}
        return bool(inside - self.own_tree - {self.pid, None})

    @cached_property
    def _status(self) -> str:
        return self.system.text(f"proc/{self.pid}/status") or ""

    def _words(self, name: str) -> list[str]:
        row = re.search(rf"^{name}:\s*(.+)", self._status, re.MULTILINE)
        return row[1].split() if row else []

    @cached_property
    def _limits(self) -> str:
        return self.system.text(f"proc/{self.pid}/limits") or ""

    @cached_property
    def _maps(self) -> list[str]:
        return (self.system.text(f"proc/{self.pid}/maps") or "").splitlines()


def _text(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except OSError:
        return None


def _process(system: System, pid: int) -> ProcessStatus | None:
    """One process from its `status`; `None` where it has ended meanwhile."""
    text = system.text(f"proc/{pid}/status") or ""
    rows = dict(line.partition(":")[::2] for line in text.splitlines())
    words = [rows.get(name, "").split() for name in ("PPid", "Uid", "Threads")]
    numbers = [whole_number(word[0]) if word else None for word in words]
    if any(number is None for number in numbers):
        return None
    parent, user, threads = (number or 0 for number in numbers)
    return ProcessStatus(pid, parent, user, threads)
