"""The memory cgroups a session meets: the harness's own, those above it, and one made for the
session.

Kernel memory is charged to cgroups, so a cgroup of a session's own counts it exactly. It is made
*below* the one the harness stands in, so that every limit that holds for the harness still binds.
"""

from __future__ import annotations

import fcntl
import itertools
import os
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from bench.clock import Clock
from bench.model.records import MOST
from bench.probes import hierarchy, processes
from bench.probes.hierarchy import Version
from bench.signals import held
from bench.system import System

UNLIMITED = MOST  # v1 writes "no limit" as the largest multiple of a page below 2**63
PREFIX = "outnumber"
REMOVAL_TRIES = 50
REMOVAL_PAUSE_SECONDS = 0.02
MEMORY_LIMIT: dict[Version, str] = {1: "memory.limit_in_bytes", 2: "memory.max"}

_serial = itertools.count(1)
_USAGE: dict[Version, str] = {1: "memory.usage_in_bytes", 2: "memory.current"}
_KILLS: dict[Version, str] = {1: "memory.oom_control", 2: "memory.events"}
_IDLE_FILE: dict[Version, str] = {1: "total_inactive_file", 2: "inactive_file"}
_ONLY_AT_ROOT = "cgroup.sane_behavior"  # v1
_NEVER_AT_ROOT = "cgroup.events"  # v2
_USEFUL: dict[Version, tuple[str, ...]] = {
    1: ("memory.kmem.usage_in_bytes",),
    2: ("memory.stat", "memory.current"),
}


@dataclass(frozen=True)
class Cgroup:
    """A cgroup's folder. `path` and `mount` are the machine's own names, without `System.root`."""

    system: System
    version: Version
    controller: str
    path: str
    mount: str

    def text(self, name: str) -> str | None:
        """One of its files; `None` where unreadable."""
        return self.system.text(f"{self.path}/{name}")

    def integer(self, name: str) -> int | None:
        """A file's one number; `None` where unreadable, or `max`."""
        return self.system.integer(f"{self.path}/{name}")

    def table(self, name: str) -> dict[str, int]:
        """A file of `key value` lines; empty where unreadable."""
        return self.system.table(f"{self.path}/{name}")

    def ancestors(self) -> tuple[Cgroup, ...]:
        """The cgroups above it that can be seen, the nearest first."""
        above = PurePosixPath(self.path).relative_to(self.mount).parents
        return tuple(replace(self, path=str(PurePosixPath(self.mount) / part)) for part in above)

    def lineage(self) -> tuple[Cgroup, ...]:
        """Itself and its ancestors: whoever stands in it is bound by the limits of all of them."""
        return (self, *self.ancestors())

    def used(self, name: str) -> int | None:
        """The memory in use by the file `name`, without what the kernel drops before it refuses or
        kills: pages of files that lie idle, which kernel memory has none of."""
        used = self.integer(name)
        if used is None or "kmem" in name:
            return used
        return max(0, used - self.table("memory.stat").get(_IDLE_FILE[self.version], 0))

    @property
    def oom_kills(self) -> int | None:
        """How many of its processes the kernel has killed for memory; `None` is unknown."""
        return self.table(_KILLS[self.version]).get("oom_kill")

    @property
    def at_root(self) -> bool:
        """Whether it is the hierarchy's real root, which no memory is charged to. The top of a
        container's namespace is not, though it is called `/` as well."""
        place = self.system.path(self.path)
        if self.version == 1:
            return (place / _ONLY_AT_ROOT).exists()
        return not (place / _NEVER_AT_ROOT).exists()


def find(system: System, controller: str, pid: int | str = "self") -> Cgroup | None:
    """The cgroup of a process for a controller; `None` where there is none or it is out of sight.

    A controller belongs to one hierarchy at a time, and one that v1 has is not v2's.
    """
    for place in sorted(hierarchy.memberships(system, pid), key=lambda place: place.version):
        if place.version == 1 and controller not in place.controllers:
            continue
        for mount in hierarchy.mounts(system):
            if mount.version != place.version:
                continue
            known: Collection[str] = mount.options
            if mount.version == 2:  # where the topmost visible cgroup says what there is
                known = (system.text(f"{mount.point}/cgroup.controllers") or "").split()
            path = hierarchy.folder(system, mount, place.path, pid) if controller in known else None
            if path is not None:
                return Cgroup(system, mount.version, controller, path, mount.point)
    return None


@dataclass(frozen=True)
class MemoryRoom:
    """What the tightest memory cgroup still allows: `limit` by its name, `where` the cgroup."""

    bytes: int
    limit: str
    where: str


def memory_room(system: System) -> MemoryRoom | None:
    """The least room below the limits of the own memory cgroup and all above it; `None` where
    none has a limit, or nothing can be seen.

    File pages on the inactive list count as room: the kernel drops them before it refuses or kills,
    and a container that has read many files stands at its limit with little else.
    """
    own = find(system, "memory")
    rooms = []
    for cgroup in own.lineage() if own else ():
        name = MEMORY_LIMIT[cgroup.version]
        limit, used = cgroup.integer(name), cgroup.used(_USAGE[cgroup.version])
        if limit is not None and limit < UNLIMITED and used is not None:
            rooms.append(MemoryRoom(max(0, limit - used), name, cgroup.path))
    return min(rooms, key=lambda room: room.bytes, default=None)


@dataclass(frozen=True)
class SessionCgroup:
    """A memory cgroup of one session's own. Made with `make`; gone after `remove`."""

    cgroup: Cgroup

    @property
    def procs(self) -> Path:
        """The file into which the runner's launcher writes its pid before it becomes the runner."""
        return self.cgroup.system.path(f"{self.cgroup.path}/cgroup.procs")

    @classmethod
    def make(cls, system: System) -> SessionCgroup | None:
        """A new one below the harness's; `None` where it cannot be made, or would have no memory
        counters, or be above the harness's limits.

        v2 allows no controller below a cgroup that holds processes, the real root excepted. What is
        switched on there stays on: another harness may have come to need it meanwhile.
        """
        parent = find(system, "memory")
        if parent is None or (parent.version == 1 and parent.integer("memory.use_hierarchy") == 0):
            return None
        name = f"{PREFIX}-{os.getpid()}-{next(_serial)}"
        made = cls(replace(parent, path=f"{parent.path}/{name}"))
        try:
            handed_on = (parent.text("cgroup.subtree_control") or "").split()
            if parent.version == 2 and "memory" not in handed_on:
                if not parent.at_root:
                    return None
                system.path(f"{parent.path}/cgroup.subtree_control").write_text("+memory")
            made.procs.parent.mkdir()
        except OSError:
            return None
        if any(made.cgroup.text(file) is None for file in _USEFUL[parent.version]):
            _rmdir(made.procs.parent)
            return None
        return made

    def remove(self, clock: Clock) -> bool:
        """Ends whatever lives in it and takes it away; false where it will not go, and the next run
        has to.

        A process that has just ended still holds its cgroup until the kernel has torn it down,
        so it is tried for up to a second.
        """
        place = self.procs.parent
        for _ in range(REMOVAL_TRIES):
            end_members(self.cgroup.system, place, clock)
            if _rmtree(place):
                return True
            clock.sleep(REMOVAL_PAUSE_SECONDS)
        return False


def members(place: Path) -> tuple[int, ...]:
    """The processes in a cgroup and in those below it. None where it is gone. Those that this pid
    namespace cannot see, which the kernel writes as 0, are left out."""
    found = []
    for folder, _, _ in os.walk(place):
        with suppress(OSError, ValueError):
            found += [int(word) for word in Path(folder, "cgroup.procs").read_text().split()]
    return tuple(pid for pid in found if pid)


def kill_members(place: Path) -> None:
    """Kills all members at one blow where the kernel can (v2 since Linux 5.14), so that no fork
    gets away; elsewhere nothing."""
    with suppress(OSError):
        descriptor = os.open(place / "cgroup.kill", os.O_WRONLY)  # which makes no file of this name
        try:
            os.write(descriptor, b"1")
        finally:
            os.close(descriptor)


def end_members(system: System, place: Path, clock: Clock) -> bool:
    """Ends all members, however many more they start meanwhile; false where one will not end."""

    def living() -> list[processes.Process]:
        found = (processes.look(system, pid) for pid in members(place))
        return [process for process in found if process is not None]

    kill_members(place)
    return processes.end_all(living, clock)


@contextmanager
def session_cgroup(system: System, clock: Clock) -> Iterator[SessionCgroup | None]:
    """A cgroup for the block, `None` where none can be made; stale ones are removed beforehand.
    The harness holds a lock on its folder, by which others see that it is in use."""
    remove_stale(system, clock)
    made, lock = None, None
    try:
        with held():
            made = SessionCgroup.make(system)
            lock = _lock(made.procs.parent) if made is not None else None
        yield made
    finally:
        with held():
            if made is not None:
                made.remove(clock)
            if lock is not None:
                os.close(lock)


def remove_stale(system: System, clock: Clock) -> tuple[str, ...]:
    """Removes what ended harnesses left beside where ours would be made, and ends what lives there;
    says which cgroups those were.

    Safe beside living harnesses: their pid is alive, and where it is numbered in another pid
    namespace, they hold the lock of the cgroup.
    """
    parent = find(system, "memory")
    if parent is None:
        return ()
    removed = []
    for place in sorted(system.path(parent.path).glob(f"{PREFIX}-*-*")):
        pid = place.name.split("-")[1]
        alive = not pid.isdecimal() or system.path(f"proc/{pid}").is_dir()
        lock = None if alive else _lock(place)
        if lock is None:
            continue
        try:
            end_members(system, place, clock)
            if _rmtree(place):
                removed.append(place.name)
        finally:
            os.close(lock)
    return tuple(removed)


def _lock(place: Path) -> int | None:
    """A descriptor that holds the folder's lock until it is closed, by the kernel at the latest;
    `None` where somebody else does, or the folder is gone."""
    with suppress(OSError):
        descriptor = os.open(place, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(descriptor)
            return None
        return descriptor
    return None


def oom_kill_counter(
    system: System, group: SessionCgroup | None = None
) -> Callable[[], int | None]:
    """A reading of how many processes the kernel has killed for memory: in the session's cgroup,
    else in the harness's own, else on the whole machine. Only the difference of two readings means
    anything, so the source is chosen now and kept; `None` is unknown.

    The kernel counts in the cgroup of the process that it killed, whichever limit was to blame.
    """
    candidates = (group.cgroup if group else None, find(system, "memory"))
    counting = [one for one in candidates if one is not None and one.oom_kills is not None]
    if counting:
        return lambda: counting[0].oom_kills
    return lambda: system.table("proc/vmstat").get("oom_kill")


def _rmdir(place: Path) -> bool:
    """True where the folder is gone, whoever removed it."""
    try:
        place.rmdir()
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return True


def _rmtree(place: Path) -> bool:
    """Removes the cgroup and those that a runner made below it; true where it is gone."""
    below = [Path(folder) for folder, _, _ in os.walk(place, topdown=False)]
    return all(_rmdir(folder) for folder in below or [place])
