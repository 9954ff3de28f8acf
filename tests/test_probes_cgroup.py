"""The harness's memory cgroup, those above it, and the one a sweep gets."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from bench.probes import cgroup
from bench.probes.cgroup import MemoryRoom, SessionCgroup, find, memory_room, oom_kill_counter
from bench.system import System
from tests.recorded import RUNNER, FakeClock, changed, machine

MIB = 1 << 20
SESSION = "sys/fs/cgroup/user.slice/user-1000.slice/session-3.scope"
SHELL = "sys/fs/cgroup/memory/shells/shell"


@pytest.mark.parametrize(
    ("name", "controller", "version", "path", "above"),
    [
        ("v1", "memory", 1, "/sys/fs/cgroup/memory", ()),
        ("v1", "cpu", 1, "/sys/fs/cgroup/cpu,cpuacct", ()),
        (
            "v2",
            "memory",
            2,
            "/sys/fs/cgroup/user.slice/user-1000.slice/session-3.scope",
            (
                "/sys/fs/cgroup/user.slice/user-1000.slice",
                "/sys/fs/cgroup/user.slice",
                "/sys/fs/cgroup",
            ),
        ),
        ("v2-container", "pids", 2, "/sys/fs/cgroup", ()),
        (
            "hybrid",
            "memory",
            1,
            "/sys/fs/cgroup/memory/shells/shell",
            ("/sys/fs/cgroup/memory/shells", "/sys/fs/cgroup/memory"),
        ),
        ("hybrid", "pids", 1, "/sys/fs/cgroup/pids", ()),
    ],
)
def test_the_cgroup_of_a_controller_is_found_with_all_above_it(
    name: str, controller: str, version: int, path: str, above: tuple[str, ...]
) -> None:
    found = find(machine(name), controller)
    assert found is not None
    assert (found.version, found.controller, found.path) == (version, controller, path)
    assert tuple(group.path for group in found.ancestors()) == above
    assert found.lineage() == (found, *found.ancestors())


@pytest.mark.parametrize(
    ("name", "controller"), [("none", "memory"), ("hybrid", "rdma"), ("v2", "net_cls")]
)
def test_a_controller_that_nothing_has_is_not_found(name: str, controller: str) -> None:
    assert find(machine(name), controller) is None


def test_another_processs_cgroup_is_found_too() -> None:
    found = find(machine("v2"), "memory", RUNNER)
    assert found is not None
    assert found.path.endswith("session-3.scope")


def test_a_process_that_is_gone_has_no_cgroup() -> None:
    assert find(machine("v2"), "memory", 5_000_002) is None


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("hybrid", [False, False, True]),
        ("v2", [False, False, False, True]),
        ("v2-container", [False]),
        ("v1", [False]),
    ],
)
def test_only_the_hierarchys_real_root_is_one(name: str, expected: list[bool]) -> None:
    found = find(machine(name), "memory")
    assert found is not None
    assert [group.at_root for group in found.lineage()] == expected


def test_room_is_the_limit_less_what_the_kernel_would_not_drop() -> None:
    assert memory_room(machine("v1")) == MemoryRoom(
        (1024 - 600 + 200) * MIB, "memory.limit_in_bytes", "/sys/fs/cgroup/memory"
    )
    assert memory_room(machine("v2-container")) == MemoryRoom(
        (2048 - 1024 + 512) * MIB, "memory.max", "/sys/fs/cgroup"
    )


@pytest.mark.parametrize("name", ["v2", "hybrid", "none"])
def test_without_any_limit_the_room_is_unknown(name: str) -> None:
    assert memory_room(machine(name)) is None


def test_the_tightest_of_all_cgroups_above_binds(tmp_path: Path) -> None:
    system = changed(
        "v2",
        tmp_path,
        {
            f"{SESSION}/memory.max": str(500 * MIB),
            "sys/fs/cgroup/user.slice/memory.max": str(2048 * MIB),
        },
    )
    assert memory_room(system) == MemoryRoom(256 * MIB, "memory.max", "/sys/fs/cgroup/user.slice")


def test_room_below_a_limit_that_is_overrun_is_none_left(tmp_path: Path) -> None:
    system = changed("hybrid", tmp_path, {f"{SHELL}/memory.limit_in_bytes": "4096"})
    room = memory_room(system)
    assert room is not None
    assert room.bytes == 0


@pytest.mark.parametrize(
    ("name", "kills"), [("v1", 2), ("v2", 1), ("v2-container", 4), ("hybrid", 0), ("none", None)]
)
def test_kills_are_counted_in_the_harnesss_own_cgroup(name: str, kills: int | None) -> None:
    assert oom_kill_counter(machine(name))() == kills


def test_kills_are_counted_on_the_whole_machine_where_no_cgroup_counts(tmp_path: Path) -> None:
    system = changed("v2", tmp_path, gone=(f"{SESSION}/memory.events",))
    assert oom_kill_counter(system)() == 3


def test_kills_are_counted_in_the_sweeps_cgroup_first(tmp_path: Path) -> None:
    system = changed(
        "hybrid", tmp_path, {f"{SHELL}/outnumber-1-1/memory.oom_control": "oom_kill 7"}
    )
    own = find(system, "memory")
    assert own is not None
    group = SessionCgroup(
        cgroup.Cgroup(system, 1, "memory", f"{own.path}/outnumber-1-1", own.mount)
    )
    assert oom_kill_counter(system, group)() == 7


def test_a_sweeps_cgroup_lies_below_the_harnesss_and_names_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    system = changed("hybrid", tmp_path)
    _kernel_fills(monkeypatch, ["memory.kmem.usage_in_bytes", "cgroup.procs"])
    made = SessionCgroup.make(system)
    assert made is not None
    assert made.procs.parent.parent == system.path(SHELL)
    assert made.procs.parent.name.startswith(f"outnumber-{os.getpid()}-")
    assert made.procs.name == "cgroup.procs"


def test_two_sweeps_cgroups_have_two_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    system = changed("hybrid", tmp_path)
    _kernel_fills(monkeypatch, ["memory.kmem.usage_in_bytes"])
    first, second = SessionCgroup.make(system), SessionCgroup.make(system)
    assert first is not None
    assert second is not None
    assert first.procs != second.procs


@pytest.mark.parametrize("name", ["v2", "v2-container", "none"])
def test_where_the_rules_forbid_a_cgroup_there_is_none_and_no_trace(
    name: str, tmp_path: Path
) -> None:
    system = changed(name, tmp_path)
    before = sorted(tmp_path.rglob("*"))
    assert SessionCgroup.make(system) is None
    assert sorted(tmp_path.rglob("*")) == before


def test_a_cgroup_that_counts_nothing_is_taken_away_again(tmp_path: Path) -> None:
    system = changed("hybrid", tmp_path)
    assert SessionCgroup.make(system) is None  # a plain folder has no counters
    assert not list(system.path(SHELL).glob("outnumber-*"))


def test_a_v1_cgroup_outside_its_parents_limits_is_not_made(tmp_path: Path) -> None:
    system = changed("hybrid", tmp_path, {f"{SHELL}/memory.use_hierarchy": "0"})
    assert SessionCgroup.make(system) is None


@pytest.mark.parametrize("subtree", ["cpu memory pids", ""])
def test_at_v2s_real_root_a_cgroup_is_made_and_memory_switched_on(
    subtree: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {"proc/self/cgroup": "0::/", "sys/fs/cgroup/cgroup.subtree_control": subtree}
    system = changed("v2", tmp_path, files)
    _kernel_fills(monkeypatch, ["memory.stat", "memory.current"])
    made = SessionCgroup.make(system)
    assert made is not None
    assert made.procs.parent.parent == system.path("sys/fs/cgroup")
    written = system.text("sys/fs/cgroup/cgroup.subtree_control")
    assert written == (subtree or "+memory")


def test_a_cgroup_file_system_that_may_not_be_written_is_no_fuss(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(self: Path, *_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "mkdir", refuse)
    assert SessionCgroup.make(machine("hybrid")) is None


def test_removal_waits_for_a_process_that_is_being_torn_down(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    group, clock = _made(tmp_path), FakeClock()
    _kernel_is_busy(monkeypatch, times=3)
    assert group.remove(clock)
    assert len(clock.naps) == 3
    assert not group.procs.parent.exists()


def test_removal_gives_up_after_a_second(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    group, clock = _made(tmp_path), FakeClock()
    _kernel_is_busy(monkeypatch, times=1_000)
    assert not group.remove(clock)
    assert clock.now == pytest.approx(1.0)


def test_removing_what_is_gone_already_is_done(tmp_path: Path) -> None:
    group = _made(tmp_path)
    group.procs.parent.rmdir()
    assert group.remove(FakeClock())


def test_a_sweeps_cgroup_is_gone_after_its_block_even_when_that_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = _made(tmp_path)
    monkeypatch.setattr(SessionCgroup, "make", classmethod(lambda *_: made))

    def failing_sweep() -> None:
        with cgroup.session_cgroup(machine("none"), FakeClock()) as group:
            assert group is made
            assert made.procs.parent.exists()
            raise InterruptedError

    with pytest.raises(InterruptedError):
        failing_sweep()
    assert not made.procs.parent.exists()


def test_stale_cgroups_of_ended_harnesses_are_removed_and_no_others(tmp_path: Path) -> None:
    system = changed("hybrid", tmp_path)
    shell = system.path(SHELL)
    for name in (f"outnumber-{RUNNER}-1", "outnumber-5000002-1", "outnumber-5000003-9"):
        (shell / name).mkdir()
    for name in ("outnumber-notapid-1", "somebody-elses"):
        (shell / name).mkdir()
    (shell / "outnumber-5000003-9/cgroup.procs").write_text("7\n")  # stands for a process inside
    assert cgroup.remove_stale(system, FakeClock()) == ("outnumber-5000002-1",)
    assert sorted(place.name for place in shell.iterdir() if place.is_dir()) == [
        "outnumber-5000001-1",  # its harness lives
        "outnumber-5000003-9",
        "outnumber-notapid-1",
        "somebody-elses",
    ]


def test_a_cgroup_whose_harness_lives_in_another_pid_namespace_is_locked_and_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = _made(tmp_path)
    system = changed("hybrid", tmp_path / "other")
    there = system.path(SHELL) / "outnumber-5000002-1"
    there.mkdir()
    group = SessionCgroup(replace(made.cgroup, system=System(there.parent), path=f"/{there.name}"))
    monkeypatch.setattr(SessionCgroup, "make", classmethod(lambda *_: group))
    with cgroup.session_cgroup(machine("none"), FakeClock()):
        assert cgroup.remove_stale(system, FakeClock()) == ()
        assert there.exists()
    there.mkdir()
    assert cgroup.remove_stale(system, FakeClock()) == (there.name,)


def test_without_cgroups_nothing_is_stale() -> None:
    assert cgroup.remove_stale(machine("none"), FakeClock()) == ()


def _made(root: Path) -> SessionCgroup:
    """A sweep's cgroup as a plain folder, which can be removed like one."""
    (root / "cg/outnumber-1-1").mkdir(parents=True)
    return SessionCgroup(cgroup.Cgroup(System(root), 1, "memory", "/cg/outnumber-1-1", "/cg"))


def _kernel_fills(monkeypatch: pytest.MonkeyPatch, names: list[str]) -> None:
    """New folders have these files, as the kernel's have."""
    plain = Path.mkdir

    def mkdir(self: Path) -> None:
        plain(self)
        for name in names:
            (self / name).write_text("0\n")

    monkeypatch.setattr(Path, "mkdir", mkdir)


def _kernel_is_busy(monkeypatch: pytest.MonkeyPatch, times: int) -> None:
    """So many removals fail before one works."""
    plain = Path.rmdir
    left = iter(range(times))

    def rmdir(self: Path) -> None:
        if next(left, None) is not None:
            raise OSError(16, "Device or resource busy", str(self))
        plain(self)

    monkeypatch.setattr(Path, "rmdir", rmdir)
