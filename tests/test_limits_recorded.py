"""From a recorded tree, before and after a launch ended, to the name of the limit and its evidence.

The trees go through the survey, the takes and the recognition as a live runner does. Memory cgroups
that refuse are here because no test can make one do so: kernels of today kill instead, wherever a
kill can help.
"""

from __future__ import annotations

import errno
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from bench.engine.budget import Job
from bench.engine.fake import Behaviour, FakeRig
from bench.limits.model import Ending
from bench.limits.predict import NO_RESERVES
from bench.limits.recognise import Cause
from bench.limits.watch import Watch, limits_of
from bench.model.records import Reading, Readings
from bench.system import System
from tests.support.entries import entry
from tests.support.limits import RUNNER, made
from tests.support.sessions import session

MIB = 1 << 20
THREADS = 101  # of the tree's runner
AGAIN = Ending(0, 0, "EAGAIN: Resource temporarily unavailable", errno.EAGAIN)
NO_MEMORY = Ending(0, 0, "MemoryError: ")
GO_DIES = Ending(
    0,
    0,
    "the runner ended with status 2",
    stderr="fatal error: runtime: cannot allocate memory",
    dead=True,
)
BOX, INNER = "/sys/fs/cgroup/box", "/sys/fs/cgroup/box/inner"
MEMORY = "/sys/fs/cgroup/memory/box"
V1 = {
    "proc/900/cgroup": "4:memory:/box",
    "proc/self/mountinfo": "30 1 0:1 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory",
    f"{MEMORY[1:]}/memory.limit_in_bytes": str(300 * MIB),
    f"{MEMORY[1:]}/memory.usage_in_bytes": str(100 * MIB),
    f"{MEMORY[1:]}/memory.failcnt": "0",
    f"{MEMORY[1:]}/memory.stat": "total_inactive_file 0",
    f"{MEMORY[1:]}/memory.oom_control": "oom_kill_disable 0\nunder_oom 0\noom_kill 0",
}
V2 = {f"{BOX[1:]}/memory.max": str(300 * MIB)}


def unit_memory(units: int) -> Readings:
    """Of units that take 1,000 bytes each in user space."""
    unknown = Reading(bytes=None, source="unknown")
    user, kernel = (
        Reading(bytes=count, source="recorded") for count in (MIB + 1_000 * units, 100_000)
    )
    return {
        "user": user,
        "rss": user,
        "kernel": kernel,
        "kernel_stack": unknown,
        "page_tables": unknown,
    }


@dataclass(frozen=True)
class Launch:
    """A runner's way on a recorded machine: looked at with 100 units and with 1,000, whose threads
    are what the tree says, and then ended at `alive` with the files `after`."""

    root: Path
    before: dict[str, str]
    own_limits: tuple[str, ...] = ()
    thread_each: bool = True

    def ended(self, ending: Ending, alive: int, after: dict[str, str]) -> Cause:
        system = made(self.root, self.before)
        watch = Watch(system, RUNNER, self.own_limits)
        for units in (100, 1_000):
            self._hold(system, units)
            watch.look(units, unit_memory(units))
        self._hold(system, alive)
        for name, text in after.items():
            system.path(name).write_text(text + "\n")
        return watch.judge(replace(ending, alive=alive, asked=alive + 1_000))

    def _hold(self, system: System, units: int) -> None:
        """Writes the runner's threads as they are with so many units."""
        status = system.path(f"proc/{RUNNER}/status")
        rows = [line for line in status.read_text().splitlines() if "Threads" not in line]
        threads = 1 + units if self.thread_each else THREADS
        status.write_text("\n".join([*rows, f"Threads:\t{threads}\n"]))


def test_limits_are_kept_with_the_units_that_were_seen_and_whether_their_takes_rose(
    tmp_path: Path,
) -> None:
    system = made(tmp_path)
    watch = Watch(system, RUNNER)
    for units, mappings in ((100, 200), (200, 400), (300, 650)):
        lines = ("7ffdf0000000-7ffdf0021000 rw-p",) * mappings
        system.path(f"proc/{RUNNER}/maps").write_text("\n".join(lines))
        watch.look(units, unit_memory(units))
    kept = {one.name: one for one in limits_of(watch.predict(NO_RESERVES))}
    mappings_, memory = kept["vm.max_map_count"], kept["MemAvailable"]
    assert (mappings_.alive, mappings_.take, mappings_.at_most) == (300, 2.5, True)
    assert mappings_.allows == 300 + int((65_530 - 650) / 2.5)
    assert (memory.alive, memory.at_most) == (300, False)


@pytest.mark.parametrize(("seen", "predicted"), [((100, 1_000), True), ((1_000,), False)])
def test_what_few_units_hold_lets_a_run_predict_its_ceiling(
    tmp_path: Path, seen: tuple[int, ...], predicted: bool
) -> None:
    """From one count alone, what a unit takes of memory is unknown, and so is the ceiling."""
    behaviour = Behaviour(user=1_000, stack=0, refuse_at=1_500)
    rig = FakeRig({"x": behaviour}, system=made(tmp_path), pid=RUNNER)
    made_ = session(Job(entry("x", "thread"), "climb", 1, (*seen, 2_000)), rig)
    assert (made_.stop.status, made_.stop.count) == ("refused", 1_500)
    assert (made_.stop.predicted is not None) is predicted
    assert len(made_.limits) > 5


def test_pid_max_is_named_where_the_numbers_above_the_low_ones_are_out(tmp_path: Path) -> None:
    found = Launch(tmp_path, {}).ended(AGAIN, 32_465, {"proc/loadavg": "0 0 0 1/32500 900"})
    assert (found.limit, found.where) == ("kernel.pid_max", "the machine")
    assert found.evidence == ("kernel.pid_max is 32,768, 32,768 in use",)


def test_threads_max_is_named_where_the_machine_has_as_many_threads(tmp_path: Path) -> None:
    before = {"proc/sys/kernel/pid_max": "4194304"}
    found = Launch(tmp_path, before).ended(AGAIN, 59_600, {"proc/loadavg": "0 0 0 1/60000 900"})
    assert (found.limit, found.where) == ("kernel.threads-max", "the machine")
    assert found.evidence == ("kernel.threads-max is 60,000, 60,000 in use",)


@pytest.mark.parametrize("ending", [AGAIN, NO_MEMORY], ids=["threads", "tasks"])
def test_overcommit_is_named_where_no_more_memory_is_promised(
    tmp_path: Path, ending: Ending
) -> None:
    commit = "MemTotal: 1048576 kB\nMemAvailable: 524288 kB\nCommitLimit: 524288 kB\n"
    before = {"proc/sys/vm/overcommit_memory": "2"}
    launch = Launch(tmp_path, before, thread_each=ending is AGAIN)
    found = launch.ended(ending, 3_000, {"proc/meminfo": f"{commit}Committed_AS: 524000 kB"})
    assert (found.limit, found.where) == ("vm.overcommit_memory", "the machine")
    state = "vm.overcommit_memory is 512.0 MiB, 511.7 MiB in use, room for 295 more at most"
    assert found.evidence == (state,)


@pytest.mark.parametrize(
    ("ending", "own_limits", "thread_each"),
    [(NO_MEMORY, (), False), (GO_DIES, ("Go SetMaxThreads",), False), (AGAIN, (), True)],
    ids=["tasks", "goroutines", "threads"],
)
@pytest.mark.parametrize("version", [1, 2])
def test_a_memory_cgroup_that_refuses_is_named_with_its_counter(
    tmp_path: Path, version: int, ending: Ending, own_limits: tuple[str, ...], thread_each: bool
) -> None:
    """By recorded files alone: this kernel cannot be made to refuse, it kills."""
    launch = Launch(tmp_path, V1 if version == 1 else V2, own_limits, thread_each)
    if version == 1:
        name, where, counter = "memory.limit_in_bytes", MEMORY, f"memory.failcnt in {MEMORY}"
        after = {
            f"{MEMORY[1:]}/memory.usage_in_bytes": str(300 * MIB - 4096),
            f"{MEMORY[1:]}/memory.failcnt": "17",
        }
    else:
        name, where, counter = "memory.max", BOX, f"memory.events.local oom in {BOX}"
        after = {
            f"{BOX[1:]}/memory.current": str(300 * MIB + 4857600 - 4096),
            f"{BOX[1:]}/memory.events.local": "max 40\noom 17\noom_kill 0",
        }
    found = launch.ended(ending, 200_000 if not thread_each else 3_000, after)
    assert (found.limit, found.where) == (name, where)
    assert found.evidence[0].startswith(f"{name} in {where} is 300.0 MiB")
    assert f"{counter}: 0 → 17" in found.evidence
    assert not any("OOM kill" in line for line in found.evidence)


def test_a_full_memory_cgroup_is_named_though_the_kernel_counts_no_such_refusal(
    tmp_path: Path,
) -> None:
    """v2 does not count as `oom` an allocation for which killing was no option."""
    after = {
        f"{BOX[1:]}/memory.current": str(300 * MIB + 4857600 - 4096),
        f"{BOX[1:]}/memory.events.local": "max 40\noom 0\noom_kill 0",
    }
    found = Launch(tmp_path, V2).ended(AGAIN, 3_000, after)
    assert (found.limit, found.where) == ("memory.max", BOX)
    assert len(found.evidence) == 1
