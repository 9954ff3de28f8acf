"""Memory readings: what is read where, what its source is called, and what is unknown."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bench.model.records import UNKNOWN, Reading
from bench.probes import portable
from bench.probes.cgroup import SessionCgroup, find
from bench.probes.kernel import Meminfo, ProcessParts, choose, stack_bytes
from bench.probes.memory import GONE, MemoryProbe
from bench.system import System
from tests.recorded import RUNNER, changed, machine

KIB = 1024
SESSION = "sys/fs/cgroup/user.slice/user-1000.slice/session-3.scope"
SHELL = "sys/fs/cgroup/memory/shells/shell"
STACKS = "status Threads × 16 KiB (one kernel stack)"
MEMINFO = f"{STACKS} + status VmPTE + meminfo SUnreclaim (system-wide)"
STACK_BYTES = 1_001 * 16 * KIB
V2_PARTS = "kernel_stack+pagetables+percpu+slab"


@pytest.mark.parametrize(
    ("name", "kernel", "stack"),
    [
        (
            "v1",
            (28_311_552, "cgroup v1 memory.kmem.usage_in_bytes (harness's cgroup)"),
            (STACK_BYTES, STACKS),
        ),
        (
            "v2",
            (28_311_552, "cgroup v2 memory.stat kernel (harness's cgroup)"),
            (STACK_BYTES, STACKS),
        ),
        (
            "v2-container",
            (
                16_629_760 + 4_472_832 + 36_992 + 1_310_720 + 5_242_880,
                f"cgroup v2 memory.stat {V2_PARTS} (harness's cgroup)",
            ),
            (STACK_BYTES, STACKS),
        ),
    ],
)
def test_each_machine_tells_kernel_memory_from_its_best_source(
    name: str, kernel: tuple[int, str], stack: tuple[int, str]
) -> None:
    memory = MemoryProbe(machine(name), RUNNER).read()
    huge = 2_048 * KIB if name == "v2" else 0
    assert memory == {
        "user": Reading(
            bytes=(8_412 + (40 if name == "v2" else 0)) * KIB, source="smaps_rollup Anonymous+Swap"
        ),
        "rss": Reading(bytes=11_200 * KIB, source="smaps_rollup Rss"),
        "kernel": Reading(bytes=kernel[0], source=kernel[1]),
        "kernel_stack": Reading(bytes=stack[0], source=stack[1]),
        "page_tables": Reading(bytes=4_180 * KIB, source="status VmPTE"),
        "huge_pages": Reading(bytes=huge, source="smaps_rollup AnonHugePages"),
    }


def test_the_recorded_machines_thousand_threads_are_read() -> None:
    memory = MemoryProbe(machine("hybrid"), RUNNER).read()
    assert memory["user"].bytes == 8_388 * KIB
    assert memory["page_tables"].bytes == 4_076 * KIB
    assert memory["kernel"].source == "cgroup v1 memory.kmem.usage_in_bytes (harness's cgroup)"
    assert memory["kernel"].bytes is not None
    assert memory["kernel"].bytes > 1_000 * 27_000


def test_the_sweeps_own_cgroup_is_read_before_the_harnesss(tmp_path: Path) -> None:
    system = changed("hybrid", tmp_path, _sweep_file("memory.kmem.usage_in_bytes", "4096"))
    assert MemoryProbe(system, RUNNER, _sweep(system)).read()["kernel"] == Reading(
        bytes=4_096, source="cgroup v1 memory.kmem.usage_in_bytes"
    )


def test_a_cgroup_that_counts_nothing_for_a_living_process_is_not_believed(tmp_path: Path) -> None:
    files = _sweep_file("memory.kmem.usage_in_bytes", "0")
    files |= {f"{SHELL}/memory.kmem.usage_in_bytes": "0"}
    system = changed("hybrid", tmp_path, files)
    assert MemoryProbe(system, RUNNER, _sweep(system)).read()["kernel"].source == MEMINFO


@pytest.mark.parametrize(
    ("name", "own"), [("hybrid", "4:memory:/\n"), ("v2", "0::/\n"), ("none", "")]
)
def test_a_real_root_is_no_source_since_nothing_is_charged_to_it(
    name: str, own: str, tmp_path: Path
) -> None:
    recorded = {file: machine("v2").text(file) or "" for file in ("proc/meminfo", "proc/loadavg")}
    for file in ("proc/5000001/status", "proc/5000001/smaps_rollup"):
        recorded[file] = machine("v2").text(file) or ""
    system = changed(name, tmp_path, recorded | {"proc/self/cgroup": own})
    memory = choose(system, RUNNER, None)
    total = STACK_BYTES + (4_180 + 157_932) * KIB
    assert memory.total() == Reading(bytes=total, source=MEMINFO)
    assert memory.stacks() == Reading(bytes=STACK_BYTES, source=STACKS)


@pytest.mark.parametrize(
    ("file", "word"),
    [("meminfo", "KernelStack"), ("meminfo", "SUnreclaim"), (f"{RUNNER}/status", "VmPTE"),
     (f"{RUNNER}/status", "Threads")],
)  # fmt: skip
def test_a_sum_with_an_unknown_part_is_unknown(file: str, word: str, tmp_path: Path) -> None:
    text = (machine("v2").text(f"proc/{file}") or "").replace(f"{word}:", "Something:")
    system = changed("v2", tmp_path, {f"proc/{file}": text})
    assert Meminfo(ProcessParts(system, RUNNER)).total() == UNKNOWN


# The machine's kernel stacks in kB, its threads, and the size of one stack.
STACK_SIZES = {
    "x86": (1_928, "5/122", 16 * KIB),
    "zombies and idle processors among them": (2_100, "5/122", 16 * KIB),
    "32 bits": (1_000, "1/125", 8 * KIB),
    "KASAN": (32_000, "1/1000", 32 * KIB),
    "pages of 64 KiB": (64_000, "1/1000", 64 * KIB),
    "a container's threads beside the host's stacks": (200_000, "1/20", None),
    "a container's stacks beside the host's threads": (320, "1/4000", None),
    "between two sizes": (2_900, "1/122", None),
    "no threads": (1_928, "0/0", None),
    "no stacks": (0, "1/122", None),
    "not a number": (1_928, "many", None),
}


@pytest.mark.parametrize("case", STACK_SIZES)
def test_one_kernel_stack_is_all_of_them_by_all_threads(case: str, tmp_path: Path) -> None:
    kilobytes, threads, size = STACK_SIZES[case]
    (tmp_path / "proc").mkdir()
    (tmp_path / "proc/meminfo").write_text(f"KernelStack: {kilobytes} kB\n")
    (tmp_path / "proc/loadavg").write_text(f"0.00 0.01 0.05 {threads} 4211\n")
    assert stack_bytes(System(tmp_path)) == size


def test_the_stacks_of_other_processes_do_not_move_those_of_the_runner(tmp_path: Path) -> None:
    system = changed("hybrid", tmp_path)
    probe = MemoryProbe(system, RUNNER)
    before = probe.read()["kernel_stack"]
    meminfo = (system.text("proc/meminfo") or "").replace("1444 kB", "91444 kB")
    system.path("proc/meminfo").write_text(meminfo)
    assert probe.read()["kernel_stack"] == before == Reading(bytes=STACK_BYTES, source=STACKS)


def test_the_parts_of_a_v2_cgroup_of_our_own_come_from_the_file_of_the_total(
    tmp_path: Path,
) -> None:
    folder = f"{SESSION}/outnumber-1-1"
    stat = "kernel 900\nkernel_stack 500\npagetables 300\nslab 50\n"
    system = changed("v2", tmp_path, {f"{folder}/memory.stat": stat})
    memory = MemoryProbe(system, RUNNER, _sweep(system)).read()
    readings = (memory["kernel"], memory["kernel_stack"], memory["page_tables"])
    names = ("kernel", "kernel_stack", "pagetables")
    assert [(one.bytes, one.source) for one in readings] == [
        (count, f"cgroup v2 memory.stat {name}")
        for count, name in zip((900, 500, 300), names, strict=True)
    ]


@pytest.mark.parametrize("missing", ["kernel_stack", "pagetables", "slab"])
def test_an_old_v2_without_a_part_that_threads_weigh_on_is_passed_over(
    missing: str, tmp_path: Path
) -> None:
    stat = machine("v2-container").text("sys/fs/cgroup/memory.stat") or ""
    stat = "".join(f"{row}\n" for row in stat.splitlines() if row.split()[0] != missing)
    system = changed("v2-container", tmp_path, {"sys/fs/cgroup/memory.stat": stat})
    assert choose(system, RUNNER, None).total().source == MEMINFO


def test_an_old_v2s_sum_names_the_parts_that_it_has(tmp_path: Path) -> None:
    files = {f"{SESSION}/memory.stat": "kernel_stack 1\npagetables 2\nvmalloc 3\nslab 4\nsock 5\n"}
    assert choose(changed("v2", tmp_path, files), RUNNER, None).total() == Reading(
        bytes=10,
        source="cgroup v2 memory.stat kernel_stack+pagetables+vmalloc+slab (harness's cgroup)",
    )


def test_a_source_is_kept_for_the_whole_sweep(tmp_path: Path) -> None:
    system = changed("hybrid", tmp_path, _sweep_file("memory.kmem.usage_in_bytes", "4096"))
    probe = MemoryProbe(system, RUNNER, _sweep(system))
    assert probe.read()["kernel"].bytes == 4_096
    system.path(f"{SHELL}/outnumber-1-1/memory.kmem.usage_in_bytes").unlink()
    assert probe.read()["kernel"] == UNKNOWN
    assert probe.read()["user"].bytes is not None


def test_a_source_is_chosen_at_the_first_reading_not_before(tmp_path: Path) -> None:
    system = changed("hybrid", tmp_path)
    probe = MemoryProbe(system, RUNNER, _sweep(system))
    for file, text in _sweep_file("memory.kmem.usage_in_bytes", "4096").items():
        system.path(file).parent.mkdir()
        system.path(file).write_text(text)
    assert probe.read()["kernel"].source == "cgroup v1 memory.kmem.usage_in_bytes"


@pytest.mark.parametrize("name", ["v1", "v2", "v2-container", "hybrid", "none"])
def test_a_process_that_is_gone_is_unknown_throughout(name: str) -> None:
    assert MemoryProbe(machine(name), 5_000_002).read() == GONE
    assert GONE["kernel"] == Reading(bytes=None, source="unknown")


def test_a_process_that_ends_during_the_sweep_is_unknown_from_then_on(tmp_path: Path) -> None:
    system = changed("v2", tmp_path)
    probe = MemoryProbe(system, RUNNER)
    assert probe.read()["user"].bytes is not None
    for file in ("smaps_rollup", "status", "stat", "cgroup"):
        system.path(f"proc/{RUNNER}/{file}").unlink()
    assert probe.read() == GONE


def test_a_zombies_empty_files_are_unknown_not_zero(tmp_path: Path) -> None:
    files = {f"proc/{RUNNER}/smaps_rollup": "", f"proc/{RUNNER}/status": "State:\tZ (zombie)\n"}
    assert MemoryProbe(changed("v2", tmp_path, files), RUNNER).read() == GONE


def test_without_smaps_rollup_psutil_is_asked_and_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(portable, "uss_bytes", lambda pid: pid)
    monkeypatch.setattr(portable, "rss_bytes", lambda pid: 2 * pid)
    assert MemoryProbe(machine("none"), RUNNER).read() == {
        "user": Reading(bytes=RUNNER, source="psutil uss"),
        "rss": Reading(bytes=2 * RUNNER, source="psutil rss"),
        "kernel": UNKNOWN,
        "kernel_stack": UNKNOWN,
        "page_tables": UNKNOWN,
        "huge_pages": UNKNOWN,
    }


def test_what_a_system_keeps_to_itself_is_unknown_and_the_rest_is_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(portable, "uss_bytes", lambda _: None)  # macOS, without root
    monkeypatch.setattr(portable, "rss_bytes", lambda _: 4_096)
    memory = MemoryProbe(machine("none"), RUNNER).read()
    assert memory["user"] == UNKNOWN
    assert memory["rss"] == Reading(bytes=4_096, source="psutil rss")


@pytest.mark.parametrize(
    ("name", "seconds"), [("v1", 0.0), ("hybrid", 0.0), ("v2", 2.5), ("none", 0.0)]
)
def test_each_source_says_how_long_it_lags(name: str, seconds: float) -> None:
    assert MemoryProbe(machine(name), RUNNER).lag_seconds == seconds


def test_a_machine_without_proc_tells_nothing_of_its_kernel(tmp_path: Path) -> None:
    source = choose(System(tmp_path), RUNNER, None)
    assert (source.total(), source.stacks(), source.lag_seconds) == (UNKNOWN, UNKNOWN, 0.0)


def _sweep_file(name: str, text: str) -> dict[str, str]:
    return {f"{SHELL}/outnumber-1-1/{name}": text}


def _sweep(system: System) -> SessionCgroup:
    own = find(system, "memory")
    assert own is not None
    return SessionCgroup(replace(own, path=f"{own.path}/outnumber-1-1"))
