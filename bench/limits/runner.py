"""The runner as its limits see it: what stands in its files below a `System` root, by its pid.

Each fact is read once a `RunnerView` and kept: `afresh` gives one that reads anew. The places of
its cgroups outlive the process, so that counters can be read after its death.
"""

from __future__ import annotations

import os
import re
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property

from bench.probes import cgroup
from bench.probes.cgroup import Cgroup
from bench.probes.processes import soft_limit
from bench.system import System, whole_number

INITIAL_PID_NAMESPACE = "pid:[4026531836]"  # PROC_PID_INIT_INO of the kernel
CAP_SYS_ADMIN, CAP_SYS_RESOURCE = 21, 24


@dataclass(frozen=True)
class ProcessStatus:
    """One process of the machine, by its `status`. `user` is its real user id."""

    pid: int
    parent: int
    user: int
    threads: int


@dataclass(frozen=True)
class RunnerView:
    """A runner. `harness` is the process whose tree counts as our own; `own_limits` are
    those that its runtime sets itself. `pids` and `memory` are its cgroups of these controllers,
    its own first, then those above it."""

    system: System
    pid: int
    own_limits: tuple[str, ...]
    harness: int
    pids: tuple[Cgroup, ...]
    memory: tuple[Cgroup, ...]

    @classmethod
    def of(
        cls, system: System, pid: int, own_limits: tuple[str, ...] = (), harness: int | None = None
    ) -> RunnerView:
        """The runner `pid`, alive now: a process that is gone has no cgroups to be found."""
        found = (cgroup.find(system, name, pid) for name in ("pids", "memory"))
        pids, memory = (own.lineage() if own else () for own in found)
        return cls(system, pid, own_limits, harness or os.getpid(), pids, memory)

    def afresh(self) -> RunnerView:
        """The same runner, every fact to be read anew."""
        return replace(self)

    @cached_property
    def user(self) -> int | None:
        """Its real user id."""
        return whole_number((self._words("Uid") or [""])[0])

    @property
    def exempt_from_nproc(self) -> bool | None:
        """Whether `RLIMIT_NPROC` is not applied: root of the machine, and whoever has one of two
        capabilities there. Root of a user namespace is neither: its map is not the whole identity,
        and a kernel without such namespaces has no map. `None` where it cannot be read."""
        capabilities = self._words("CapEff")
        if self.user is None or not capabilities:
            return None
        held = int(capabilities[0], 16)
        able = held >> CAP_SYS_RESOURCE & 1 or held >> CAP_SYS_ADMIN & 1
        uids = self.system.text(f"proc/{self.pid}/uid_map")
        of_the_machine = uids is None or uids.split() == ["0", "0", "4294967295"]
        return of_the_machine and bool(self.user == 0 or able)

    def status(self, name: str) -> int | None:
        """A number of `/proc/PID/status`, kB as bytes."""
        return self._status.get(name)

    def rlimit(self, name: str) -> tuple[bool, int | None]:
        """Whether a soft limit (`RLIMIT_NPROC`) can be read, and its value; `None`: unlimited."""
        text = soft_limit(self.system, self.pid, name)
        return text is not None, whole_number(text)

    @property
    def mappings(self) -> int | None:
        """How many mappings the process has."""
        return len(self._maps) or None

    @property
    def top_address(self) -> int | None:
        """The highest mapped address, near the end of the address space."""
        found = (re.match(r"[0-9a-f]+-([0-9a-f]+) ", line) for line in self._maps)
        ends = [row[1] for row in found if row]
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
        words = (self.system.text("proc/loadavg") or "").split("/")[-1].split()
        return whole_number(words[0]) if words else None

    @property
    def in_first_pid_namespace(self) -> bool:
        """Whether the pids seen here are surely the machine's own."""
        try:
            own = self.system.path("proc/self/ns/pid").readlink()
        except OSError:
            return False
        return str(own) == INITIAL_PID_NAMESPACE

    @cached_property
    def processes(self) -> tuple[ProcessStatus, ...]:
        """All processes that can be seen; without those that have ended meanwhile."""
        found = []
        for place in self.system.path("proc").glob("[0-9]*"):
            text = self.system.text(f"proc/{place.name}/status") or ""
            rows = dict(line.partition(":")[::2] for line in text.splitlines())
            words = [rows.get(name, "").split() for name in ("PPid", "Uid", "Threads")]
            numbers = [n for word in words if word and (n := whole_number(word[0])) is not None]
            if place.name.isdecimal() and len(numbers) == len(words):
                found.append(ProcessStatus(int(place.name), *numbers))
        return tuple(found)

    @cached_property
    def own_tree(self) -> frozenset[int]:
        """The harness, what it started, and the shells that wait for it to end."""
        parents = {process.pid: process.parent for process in self.processes}
        children: dict[int, set[int]] = defaultdict(set)
        for pid, parent in parents.items():
            children[parent].add(pid)
        own, waiting = {self.harness}, [self.harness]
        while waiting:
            new = children[waiting.pop()] - own
            own |= new
            waiting += new
        up = self.harness
        while (up := parents.get(up, 0)) > 1 and up not in own:
            own.add(up)
        return frozenset(own)

    def shares(self, group: Cgroup) -> bool:
        """Whether a cgroup holds processes outside the harness's own tree, itself or below it.

        A process of another pid namespace is shown as 0, which is a stranger; where nothing can be
        read, there may be strangers."""
        texts = []
        for file in group.system.path(group.path).glob("**/cgroup.procs"):
            with suppress(OSError):
                texts.append(file.read_text(encoding="utf-8"))
        inside = {whole_number(word) for text in texts for word in text.split()}
        return not texts or bool(inside - self.own_tree - {self.pid, None})

    @cached_property
    def _status(self) -> dict[str, int]:
        return self.system.table(f"proc/{self.pid}/status")

    def _words(self, name: str) -> list[str]:
        """A row of `/proc/PID/status` that is no single number."""
        text = self.system.text(f"proc/{self.pid}/status") or ""
        row = re.search(rf"^{name}:\s*(.+)", text, re.MULTILINE)
        return row[1].split() if row else []

    @cached_property
    def _maps(self) -> list[str]:
        """Its mappings. The gate page that x86 shows is none."""
        lines = (self.system.text(f"proc/{self.pid}/maps") or "").splitlines()
        return [line for line in lines if not line.endswith("[vsyscall]")]
