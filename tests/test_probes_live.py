"""The probes on this very machine, with small processes of their own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from bench.clock import RealClock
from bench.model.records import Reading
from bench.probes import cgroup, cpu
from bench.probes.cgroup import SessionCgroup, find, oom_kill_counter, remove_stale, session_cgroup
from bench.probes.memory import MemoryProbe
from bench.system import System

MIB = 1 << 20
LIVE = System()
CLOCK = RealClock()

pytestmark = [
    pytest.mark.live,
    pytest.mark.skipif(
        not sys.platform.startswith("linux"), reason="reads Linux's /proc and cgroups"
    ),
]

JOINS = "import os, sys\nfor place in sys.argv[1:]: open(place, 'w').write(str(os.getpid()))\n"
SPINS = "while True: pass"
PARKS = JOINS + (
    "import threading\n"
    "gate = threading.Event()\n"
    "for line in sys.stdin:\n"
    "    for _ in range(int(line)): threading.Thread(target=gate.wait, daemon=True).start()\n"
    "    print('parked', flush=True)\n"
    "os._exit(0)"
)
EATS = JOINS + "sys.stdin.readline()\nx = bytearray(200 << 20)\nsys.stdin.readline()"


@contextmanager
def child(program: str, *words: str) -> Iterator[subprocess.Popen[str]]:
    """A Python of its own running `program`, ended with the block."""
    command = [sys.executable, "-I", "-S", "-c", program, *words]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def ask(process: subprocess.Popen[str], line: str) -> str:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(line + "\n")
    process.stdin.flush()
    return process.stdout.readline()


@pytest.fixture
def group() -> Iterator[SessionCgroup]:
    with session_cgroup(LIVE, CLOCK) as made:
        if made is None:
            pytest.skip("no memory cgroup can be made below this one")
        yield made


def test_a_sweeps_cgroup_is_there_in_its_block_and_gone_after() -> None:
    with session_cgroup(LIVE, CLOCK) as made:
        if made is None:
            pytest.skip("no memory cgroup can be made below this one")
        assert made.procs.exists()
    assert not made.procs.parent.exists()


def test_a_cgroup_is_removed_as_soon_as_its_process_was_waited_for(group: SessionCgroup) -> None:
    with child(PARKS, str(group.procs)) as process:
        assert ask(process, "1") == "parked\n"
        assert find(LIVE, "memory", process.pid) == group.cgroup
    assert group.remove(CLOCK)
    assert not group.procs.parent.exists()


def test_the_cgroup_of_a_harness_that_is_gone_is_removed(group: SessionCgroup) -> None:
    with subprocess.Popen(["true"]) as ended:
        pass
    stale = group.procs.parent.with_name(f"{cgroup.PREFIX}-{ended.pid}-1")
    stale.mkdir()
    assert remove_stale(LIVE, CLOCK) == (stale.name,)
    assert not stale.exists()
    assert group.procs.exists()  # its harness lives


@pytest.mark.slow
def test_a_thousand_threads_are_seen_by_every_source(group: SessionCgroup) -> None:
    with child(PARKS, str(group.procs)) as process:
        probe = MemoryProbe(LIVE, process.pid, group)
        ask(process, "10")
        before = probe.read()
        ask(process, "1000")
        assert cpu.wait_until_still(process.pid, CLOCK)
        CLOCK.sleep(probe.lag_seconds)
        after = probe.read()
        assert cpu.threads(LIVE, process.pid) == 1_011
        assert (cpu.cpu_split(LIVE, process.pid).minor_faults or 0) > 1_000
    assert "harness" not in after["kernel"].source
    assert 20_000 < a_thread(before["kernel"], after["kernel"]) < 40_000
    assert 2_000 < a_thread(before["page_tables"], after["page_tables"]) < 10_000
    if "system-wide" not in after["kernel_stack"].source:  # others' threads come and go meanwhile
        assert 8_000 < a_thread(before["kernel_stack"], after["kernel_stack"]) < 40_000
    assert 4_000 < a_thread(before["user"], after["user"]) < 40_000


def a_thread(before: Reading, after: Reading) -> float:
    """Bytes for each of a thousand threads between two readings of one source."""
    assert before.source == after.source
    assert before.bytes is not None
    assert after.bytes is not None
    return (after.bytes - before.bytes) / 1_000


@pytest.mark.slow
def test_a_process_killed_for_memory_is_counted_in_its_cgroup(group: SessionCgroup) -> None:
    if LIVE.table("proc/meminfo").get("SwapTotal"):
        pytest.skip("this machine would swap")
    limit = group.procs.with_name(cgroup.MEMORY_LIMIT[group.cgroup.version])
    limit.write_text(str(50 * MIB))
    assert oom_kill_counter(LIVE, group)() == 0
    with child(EATS, str(group.procs)) as process:
        ask(process, "eat")
        assert process.wait() == -signal.SIGKILL
    assert oom_kill_counter(LIVE, group)() == 1


def comes_true(condition: Callable[[], bool]) -> bool:
    """Whether it does so in time: a machine that has much to do keeps every process waiting."""
    end = CLOCK.monotonic() + 60
    while not condition() and CLOCK.monotonic() < end:
        CLOCK.sleep(0.02)
    return condition()


def test_the_clock_of_a_busy_process_runs() -> None:
    with child(SPINS) as process:
        before = cpu.cpu_clock_ns(process.pid)
        assert before is not None
        assert comes_true(lambda: (cpu.cpu_clock_ns(process.pid) or 0) > before + 10**7)
    assert cpu.cpu_clock_ns(process.pid) is None


def test_the_clock_of_an_idle_process_stands_still() -> None:
    with child(PARKS) as process:
        ask(process, "10")
        assert comes_true(lambda: cpu.wait_until_still(process.pid, CLOCK))

        def stands_still() -> bool:
            before = cpu.cpu_clock_ns(process.pid)
            CLOCK.sleep(0.02)
            return before == cpu.cpu_clock_ns(process.pid)

        assert comes_true(stands_still)


def test_the_harness_reads_itself() -> None:
    memory = MemoryProbe(LIVE, os.getpid()).read()
    assert memory["user"].bytes is not None
    assert memory["rss"].bytes is not None
    assert memory["user"].bytes < memory["rss"].bytes
