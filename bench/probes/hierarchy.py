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
    found = []
    for line in (system.text("proc/self/mountinfo") or "").splitlines():
        own, _, filesystem = line.partition(" - ")
        fields, kind = own.split(), filesystem.split()
        if len(fields) >= 5 and len(kind) >= 3 and kind[0] in ("cgroup", "cgroup2"):
            version: Version = 2 if kind[0] == "cgroup2" else 1
            root, point = map(_unescaped, fields[3:5])
            found.append(Mount(version, root, point, frozenset(kind[2].split(","))))
    return tuple(found)


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
    show it.

    Each `..` that the mount's root has beyond `path` is a cgroup above the namespace's own root,
    whose name the kernel does not give: of all folders of that depth it is the one that holds the
    process.
    """
    own, top = Path(path).parts, Path(mount.root).parts
    same = (mine == its for mine, its in zip(own, top, strict=False))
    shared = sum(itertools.takewhile(bool, same))
    hidden, rest = top[shared:], own[shared:]
    if any(part != ".." for part in hidden) or ".." in rest:
        return None
    number = system.table("proc/self/status").get("Pid") if pid == "self" else pid
    point = system.path(mount.point)
    for base in point.glob("/".join("*" * len(hidden))) if hidden else [point]:
        place = base.joinpath(*rest)
        name = "/" + place.relative_to(system.root).as_posix()
        members = (system.text(f"{name}/cgroup.procs") or "").split()
        if place.is_dir() and (".." not in top or str(number) in members):
            return name
    return None
