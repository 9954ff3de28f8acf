"""Where cgroups lie, by `/proc/PID/cgroup` and `/proc/self/mountinfo`."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.probes.hierarchy import Membership, Mount, folder, kind, memberships, mounts
from bench.system import System
from tests.recorded import RUNNER, machine


@pytest.mark.parametrize("name", ["v1", "v2", "hybrid", "none"])
def test_each_machine_is_of_its_kind(name: str) -> None:
    assert kind(machine(name)) == name


def test_a_container_on_v2_is_v2() -> None:
    assert kind(machine("v2-container")) == "v2"


def test_a_machine_without_proc_has_no_cgroups(tmp_path: Path) -> None:
    assert kind(System(tmp_path)) == "none"
    assert memberships(System(tmp_path)) == ()


def test_systemds_own_hierarchy_alone_is_not_v1(tmp_path: Path) -> None:
    (tmp_path / "proc/self").mkdir(parents=True)
    (tmp_path / "proc/self/mountinfo").write_text(
        "40 31 0:37 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,xattr,name=systemd\n"
        "41 31 0:38 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n"
    )
    assert kind(System(tmp_path)) == "v2"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (
            "33 22 0:28 / /sys/fs/cgroup rw shared:9 - cgroup2 cgroup2 rw,nsdelegate",
            Mount(2, "/", "/sys/fs/cgroup", frozenset({"rw", "nsdelegate"})),
        ),
        (
            "33 22 0:28 /../.. /cg rw shared:9 master:2 - cgroup cgroup rw,cpu,cpuacct",
            Mount(1, "/../..", "/cg", frozenset({"rw", "cpu", "cpuacct"})),
        ),
        (
            r"33 22 0:28 /a\040b /my\134x2dcgroup rw - cgroup2 cgroup2 rw",
            Mount(2, "/a b", "/my\\x2dcgroup", frozenset({"rw"})),
        ),
    ],
)
def test_a_mount_is_read_with_its_root_and_options(
    tmp_path: Path, line: str, expected: Mount
) -> None:
    (tmp_path / "proc/self").mkdir(parents=True)
    (tmp_path / "proc/self/mountinfo").write_text(line + "\n")
    assert mounts(System(tmp_path)) == (expected,)


@pytest.mark.parametrize(
    "line",
    [
        "",
        "33 22 0:28",
        "33 22 0:28 / /sys/fs/cgroup rw",
        "33 22 0:28 / /sys/fs/cgroup rw -",
        "33 22 0:28 / /sys/fs/cgroup rw - cgroup2",
        "33 22 0:28 / /sys/fs/cgroup rw - tmpfs cgroup rw",
    ],
)
def test_a_line_that_is_no_cgroup_mount_is_left_out(tmp_path: Path, line: str) -> None:
    (tmp_path / "proc/self").mkdir(parents=True)
    (tmp_path / "proc/self/mountinfo").write_text(line + "\n")
    assert mounts(System(tmp_path)) == ()


def test_a_membership_may_hold_colons_and_several_controllers(tmp_path: Path) -> None:
    (tmp_path / "proc/7").mkdir(parents=True)
    (tmp_path / "proc/7/cgroup").write_text("3:cpu,cpuacct:/a:b\n0::/c\nbroken\n")
    assert memberships(System(tmp_path), 7) == (
        Membership(1, frozenset({"cpu", "cpuacct"}), "/a:b"),
        Membership(2, frozenset(), "/c"),
    )


@pytest.mark.parametrize(
    ("root", "path", "expected"),
    [
        ("/", "/", "/cg"),
        ("/", "/top/box", "/cg/top/box"),
        ("/top", "/top", "/cg"),
        ("/top", "/top/box", "/cg/box"),
        ("/..", "/../top", "/cg/top"),  # a sibling of the namespace's root, mounted from above
        ("/..", "/", "/cg/top"),  # `top` is the namespace's root: found by who is in it
        ("/../..", "/", "/cg/top/box"),
        ("/../..", "/..", "/cg/top"),
        ("/../..", "/inner", "/cg/top/box/inner"),
    ],
)
def test_a_cgroup_is_found_below_the_root_of_its_mount(
    tmp_path: Path, root: str, path: str, expected: str
) -> None:
    system = _tree(tmp_path, holder=expected)
    assert folder(system, Mount(2, root, "/cg", frozenset()), path, RUNNER) == expected


@pytest.mark.parametrize(
    ("root", "path", "why"),
    [
        ("/", "/gone", "no such folder"),
        ("/", "/top (deleted)", "the cgroup was removed under the process"),
        ("/", "/../top", "outside the namespace, and outside the mount"),
        ("/top", "/other", "another branch"),
        ("/top", "/topmost", "not below, though the name begins alike"),
        ("/top/box", "/top", "above the mount's root"),
        ("/..", "/elsewhere", "nobody of that name"),
    ],
)
def test_a_cgroup_that_the_mount_does_not_show_is_unknown(
    tmp_path: Path, root: str, path: str, why: str
) -> None:
    system = _tree(tmp_path, holder="/cg/top")
    assert folder(system, Mount(2, root, "/cg", frozenset()), path, RUNNER) is None, why


def test_a_hidden_name_is_not_guessed_where_the_process_is_in_none(tmp_path: Path) -> None:
    system = _tree(tmp_path, holder="/cg")
    assert folder(system, Mount(2, "/..", "/cg", frozenset()), "/", RUNNER) is None


def test_the_own_process_is_found_in_a_hidden_cgroup_by_its_number(tmp_path: Path) -> None:
    system = _tree(tmp_path, holder="/cg/other")
    (tmp_path / "proc/self").mkdir(parents=True)
    (tmp_path / "proc/self/status").write_text(f"Name:\tx\nPid:\t{RUNNER}\n")
    assert folder(system, Mount(2, "/..", "/cg", frozenset()), "/", "self") == "/cg/other"


def _tree(root: Path, holder: str) -> System:
    """A hierarchy mounted at `/cg`, the process standing in `holder`."""
    for path in ("cg", "cg/top", "cg/top/box", "cg/top/box/inner", "cg/other", holder.lstrip("/")):
        place = root / path
        place.mkdir(parents=True, exist_ok=True)
        (place / "cgroup.procs").write_text("1\n")
    (root / holder.lstrip("/") / "cgroup.procs").write_text(f"1\n{RUNNER}\n")
    return System(root)
