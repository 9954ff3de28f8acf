"""Where cgroups lie in the file system.

`/proc/PID/cgroup` names a process's cgroup in each hierarchy, `/proc/self/mountinfo` says which
cgroup of a hierarchy stands at which folder. Neither is enough: in a container the mount may begin
at the container's own cgroup, at a cgroup above the namespace's root (`/../..`), or not exist.

Both are written as the *reader's* cgroup namespace sees them, which is why the mounts are always
the reader's own: another process's `mountinfo` would name folders of another mount namespace.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from bench.system import System

Version = Literal[1, 2]
Kind = Literal["v1", "v2", "hybrid", "none"]


@dataclass(frozen=True)
class Mount:
    """A cgroup hierarchy as mounted: the cgroup `root` stands at the folder `point`.

    `options` are the file system's own; in v1 the controllers are among them.
    """

    version: Version
    root: str
    point: str
    options: frozenset[str]

    @property
    def named(self) -> bool:
        """Whether it is a v1 hierarchy without controllers, such as systemd's."""
        return any(option.startswith("name=") for option in self.options)


@dataclass(frozen=True)
class Membership:
    """One line of `/proc/PID/cgroup`: the process's cgroup in one hierarchy. v2 has the number 0
    and names no controllers."""

    version: Version
    controllers: frozenset[str]
    path: str


def mounts(system: System) -> tuple[Mount, ...]:
    """The cgroup hierarchies that can be seen, in the order in which they were mounted."""
    lines = (system.text("proc/self/mountinfo") or "").splitlines()
    return tuple(mount for mount in map(_mount, lines) if mount is not None)


def _mount(line: str) -> Mount | None:
    own, _, filesystem = line.partition(" - ")
    fields, kind = own.split(), filesystem.split()
    if len(fields) < 5 or len(kind) < 3 or kind[0] not in ("cgroup", "cgroup2"):
        return None
    return Mount(
        version=2 if kind[0] == "cgroup2" else 1,
        root=_unescaped(fields[3]),
        point=_unescaped(fields[4]),
        options=frozenset(kind[2].split(",")),
    )


def _unescaped(path: str) -> str:
    """`mountinfo` writes a space, a tab, a newline and a backslash as three octal digits."""
    return re.sub(r"\\([0-7]{3})", lambda code: chr(int(code[1], 8)), path)


def memberships(system: System, pid: int | str = "self") -> tuple[Membership, ...]:
    """The cgroups of a process. Empty where there are none, or no such process."""
    rows = (line.split(":", 2) for line in (system.text(f"proc/{pid}/cgroup") or "").splitlines())
    return tuple(
        Membership(2 if row[0] == "0" else 1, frozenset(row[1].split(",")) - {""}, row[2])
        for row in rows
        if len(row) == 3
    )


def kind(system: System) -> Kind:
    """Which cgroups the machine shows: v1 controllers, v2, both side by side, or none."""
    seen = mounts(system)
    v1 = any(mount.version == 1 and not mount.named for mount in seen)
    v2 = any(mount.version == 2 for mount in seen)
    if v1:
        return "hybrid" if v2 else "v1"
    return "v2" if v2 else "none"


def folder(system: System, mount: Mount, path: str, pid: int | str = "self") -> str | None:
    """The folder of the cgroup `path`, by the machine's own name; `None` where the mount does not
    show it."""
    for place in _places(system.path(mount.point), mount.root, path):
        if place.is_dir() and (".." not in Path(mount.root).parts or _holds(system, place, pid)):
            return "/" + place.relative_to(system.root).as_posix()
    return None


def _places(point: Path, root: str, path: str) -> Iterator[Path]:
    """Where `path` may lie, if `root` stands at `point`.

    Each `..` that `root` has beyond `path` is a cgroup above the namespace's own root, whose name
    the kernel does not tell: every folder of that depth is a candidate.
    """
    own, top = Path(path).parts, Path(root).parts
    same = (mine == its for mine, its in zip(own, top, strict=False))
    shared = sum(itertools.takewhile(bool, same))
    hidden, rest = top[shared:], own[shared:]
    if any(part != ".." for part in hidden) or ".." in rest:
        return
    for base in point.glob("/".join("*" * len(hidden))) if hidden else [point]:
        yield base.joinpath(*rest)


def _holds(system: System, place: Path, pid: int | str) -> bool:
    """Whether the process stands in the cgroup, by its `cgroup.procs`."""
    number = system.table("proc/self/status").get("Pid") if pid == "self" else pid
    try:
        return str(number) in (place / "cgroup.procs").read_text().split()
    except OSError:
        return False
