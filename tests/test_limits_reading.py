"""Each limit is read where it stands, for the runner and not for the harness."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.limits.known import KNOWN, named, survey
from bench.limits.model import LimitState
from tests.recorded import RUNNER, machine
from tests.support.limits import child, made, standing, surveyed

BOX, INNER = "/sys/fs/cgroup/box", "/sys/fs/cgroup/box/inner"


@pytest.mark.parametrize(
    ("rlimit", "name", "value", "use"),
    [
        ("processes", "RLIMIT_NPROC", 4000, 103),
        ("address", "RLIMIT_AS", 5_000_000, 2 << 20),
        ("data", "RLIMIT_DATA", 6_000_000, 1 << 20),
        ("stack", "RLIMIT_STACK", 8 << 20, None),
        ("descriptors", "RLIMIT_NOFILE", 1024, 4),
    ],
)
def test_an_rlimit_is_the_runners_own_with_what_the_runner_uses(
    tmp_path: Path, rlimit: str, name: str, value: int, use: int | None
) -> None:
    found = standing(surveyed(made(tmp_path, None, **{rlimit: str(value)})), name)
    assert (found.known, found.value, found.use) == (True, value, use)


def test_unlimited_everywhere_bounds_nothing(tmp_path: Path) -> None:
    seen = surveyed(made(tmp_path))
    unlimited = {row.name for row in seen.states if row.known and row.value is None}
    assert unlimited == {
        "RLIMIT_NPROC",
        "RLIMIT_AS",
        "RLIMIT_DATA",
        "RLIMIT_STACK",
        "RLIMIT_NOFILE",
        "pids.max",
        "memory.max",
        "vm.overcommit_memory",
    }


def test_files_that_cannot_be_read_make_limits_unknown_and_never_a_number(tmp_path: Path) -> None:
    system = made(tmp_path)
    gone = ["proc/900/limits", "proc/900/maps", "proc/loadavg", "proc/meminfo"]
    gone += [f"sys/fs/cgroup/{name}/pids.max" for name in ("box", "box/inner")]
    gone += [f"proc/sys/{n}" for n in ("kernel/pid_max", "kernel/threads-max", "vm/max_map_count")]
    for name in gone:
        system.path(name).unlink()
    rows = [row for row in surveyed(system).states if row.name != "memory.max"]
    assert [row.name for row in rows if row.known] == ["vm.overcommit_memory"]
    assert all(row.value is None for row in rows)


def test_without_cgroups_none_is_listed() -> None:
    names = {row.name for row in surveyed_recorded("none")}
    assert not names & {"pids.max", "memory.max", "memory.limit_in_bytes"}


@pytest.mark.parametrize(
    ("name", "limit", "where", "value"),
    [
        ("v1", "pids.max", "/sys/fs/cgroup/pids", 2048),
        ("v1", "memory.limit_in_bytes", "/sys/fs/cgroup/memory", 1 << 30),
        ("v2", "pids.max", "/sys/fs/cgroup/user.slice/user-1000.slice", 42034),
        ("v2", "memory.max", "every cgroup", None),
        ("v2-container", "pids.max", "/sys/fs/cgroup", 4096),
        ("v2-container", "memory.max", "/sys/fs/cgroup", 2 << 30),
        ("hybrid", "pids.max", "every cgroup", None),
        ("hybrid", "memory.limit_in_bytes", "every cgroup", None),
    ],
)
def test_the_cgroups_of_each_recorded_machine(
    name: str, limit: str, where: str, value: int | None
) -> None:
    (row,) = [row for row in surveyed_recorded(name) if row.name == limit]
    assert (row.where, row.value, row.known) == (where, value, True)


def test_every_cgroup_up_to_the_root_has_its_own_row(tmp_path: Path) -> None:
    files = {f"{INNER[1:]}/pids.max": "5000", f"{BOX[1:]}/pids.max": "3000"}
    seen = surveyed(made(tmp_path, files))
    assert standing(seen, "pids.max", INNER).value == 5000
    outer = standing(seen, "pids.max", BOX)
    assert (outer.value, outer.use) == (3000, 103)
    assert "TasksMax" in outer.notes[0]


def test_a_pids_limit_of_a_systemd_unit_is_named_as_its_tasks_max() -> None:
    (row,) = [row for row in surveyed_recorded("v2") if row.name == "pids.max"]
    assert row.notes == (
        "systemd's TasksMax: systemctl set-property user-1000.slice TasksMax=84068",
    )


@pytest.mark.parametrize(("procs", "shared"), [("", False), ("1", True), ("0", True)])
def test_a_cgroup_with_strangers_in_it_is_shared(tmp_path: Path, procs: str, shared: bool) -> None:
    files = {f"{BOX[1:]}/pids.max": "3000", f"{BOX[1:]}/cgroup.procs": procs}
    assert standing(surveyed(made(tmp_path, files)), "pids.max").shared is shared


def test_memory_that_the_kernel_would_drop_is_not_in_use(tmp_path: Path) -> None:
    found = standing(surveyed(made(tmp_path, {f"{BOX[1:]}/memory.max": "200000000"})), "memory.max")
    assert (found.value, found.use) == (200_000_000, 100_000_000)


def test_killing_a_whole_cgroup_is_said_beforehand(tmp_path: Path) -> None:
    files = {f"{BOX[1:]}/memory.max": "200000000", f"{INNER[1:]}/memory.oom.group": "1"}
    (note,) = standing(surveyed(made(tmp_path, files)), "memory.max").notes
    assert note == (
        f"memory.oom.group is set in {INNER}: an OOM kill takes all its processes at once"
    )


@pytest.mark.parametrize(
    ("user", "capabilities", "map_", "limited"),
    [
        (1000, "0", None, True),
        (1000, "0", "0 0 4294967295", True),
        (0, "0", None, False),
        (0, "1ffffffffff", "0 100000 65536", True),
        (1000, "1000000", None, False),
        (1000, "200000", None, False),
    ],
    ids=["user", "first namespace", "root", "root of a namespace", "SYS_RESOURCE", "SYS_ADMIN"],
)
def test_who_is_exempt_from_nproc(
    tmp_path: Path, user: int, capabilities: str, map_: str | None, limited: bool
) -> None:
    system = made(tmp_path, processes="4000")
    status = system.path("proc/900/status")
    text = status.read_text().replace("Uid:\t1000", f"Uid:\t{user}")
    status.write_text(text.replace("0000000000000000", capabilities))
    if map_:
        system.path("proc/900/uid_map").write_text(map_)
    found = standing(surveyed(system), "RLIMIT_NPROC")
    assert (found.value is not None) is limited
    assert bool(found.notes) is not limited


def test_nproc_is_unknown_where_the_capabilities_are(tmp_path: Path) -> None:
    system = made(tmp_path, processes="4000")
    status = system.path("proc/900/status")
    status.write_text(status.read_text().replace("CapEff", "Nothing"))
    found = standing(surveyed(system), "RLIMIT_NPROC")
    assert (found.known, found.value) == (False, None)


def test_pid_max_counts_the_low_numbers_and_what_has_a_high_one(tmp_path: Path) -> None:
    found = standing(surveyed(made(tmp_path)), "kernel.pid_max")
    assert (found.value, found.use) == (32768, 300 + 2 + 101)


def test_in_a_pid_namespace_the_whole_machines_threads_take_numbers(tmp_path: Path) -> None:
    system = made(tmp_path)
    system.path("proc/self/ns/pid").unlink()
    system.path("proc/self/ns/pid").symlink_to("pid:[4026532001]")
    found = standing(surveyed(system), "kernel.pid_max")
    assert found.use == 300 + 400
    assert "pid namespace" in found.notes[1]


def test_threads_max_counts_every_thread_of_the_machine(tmp_path: Path) -> None:
    found = standing(surveyed(made(tmp_path)), "kernel.threads-max")
    assert (found.value, found.use, found.shared) == (60000, 400, True)


def test_mappings_leave_out_the_gate_page(tmp_path: Path) -> None:
    assert standing(surveyed(made(tmp_path)), "vm.max_map_count").use == 2


def test_the_address_space_ends_at_the_power_of_two_above_the_stack(tmp_path: Path) -> None:
    found = standing(surveyed(made(tmp_path)), "address space")
    assert (found.value, found.notes) == (1 << 47, ("47 bits",))


def test_promised_memory_is_bounded_only_without_overcommit(tmp_path: Path) -> None:
    found = standing(
        surveyed(
            made(
                tmp_path,
                {
                    "proc/sys/vm/overcommit_memory": "2",
                    "proc/sys/vm/admin_reserve_kbytes": "8192",
                    "proc/sys/vm/user_reserve_kbytes": "131072",
                },
            )
        ),
        "vm.overcommit_memory",
    )
    kept = (8 << 20) + (2 << 20) // 32
    assert (found.value, found.use) == (512 << 20, (1 << 20) + kept)


@pytest.mark.parametrize("mode", ["0", "1"])
def test_promised_memory_is_not_bounded_in_the_other_modes(tmp_path: Path, mode: str) -> None:
    system = made(tmp_path, {"proc/sys/vm/overcommit_memory": mode})
    found = standing(surveyed(system), "vm.overcommit_memory")
    assert (found.known, found.value) == (True, None)
    assert found.notes == (f"promised memory has no limit: vm.overcommit_memory is {mode}",)


def test_available_memory_is_what_can_be_had_without_swapping(tmp_path: Path) -> None:
    found = standing(surveyed(made(tmp_path)), "MemAvailable")
    assert (found.value, found.use, found.shared) == (1 << 30, 1 << 29, True)


def test_gos_own_limit_stands_for_go_alone(tmp_path: Path) -> None:
    system = made(tmp_path)
    found = standing(surveyed(system, own_limits=("Go SetMaxThreads",)), "Go SetMaxThreads")
    assert (found.value, found.use) == (10_000, 101)
    assert all(row.name != "Go SetMaxThreads" for row in surveyed(system).states)


def test_counters_outlive_the_runner(tmp_path: Path) -> None:
    system = made(tmp_path)
    runner = child(system)
    for path in sorted(system.path("proc/900").rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    system.path(f"{BOX}/memory.events").write_text("oom 1\noom_kill 1\n")
    counted = survey(runner, 0).counters
    assert counted[f"oom_kill in {BOX}"] == 1
    assert counted[f"pids.events max in {INNER}"] == 0


def test_each_limit_says_what_lifts_it(tmp_path: Path) -> None:
    row = standing(surveyed(made(tmp_path, {f"{BOX[1:]}/pids.max": "3000"})), "pids.max")
    limit = named("pids.max")
    assert limit.to_lift(row) == f"echo 6000 > {BOX}/pids.max"
    assert all(limit.lift for limit in KNOWN)


def surveyed_recorded(name: str) -> tuple[LimitState, ...]:
    from bench.limits.runner import RunnerView

    return survey(RunnerView.of(machine(name), RUNNER, (), 4211), 1000).states


@pytest.mark.parametrize(
    ("value", "lift"),
    [
        ("32768", "sysctl -w kernel.pid_max=262144"),
        ("1048576", "sysctl -w kernel.pid_max=4194304"),
        ("4194304", "nothing: 4,194,304 is the most that the kernel takes"),
    ],
)
def test_no_more_numbers_are_asked_for_than_the_kernel_takes(
    tmp_path: Path, value: str, lift: str
) -> None:
    seen = surveyed(made(tmp_path, {"proc/sys/kernel/pid_max": value}))
    assert named("kernel.pid_max").to_lift(standing(seen, "kernel.pid_max")) == lift
