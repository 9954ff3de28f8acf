"""CPU time, faults, rest, steal and swapping."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from bench.probes import cpu, portable
from bench.probes.cpu import CpuSplit, ProcessorTime, on_one_processor
from bench.system import System
from tests.recorded import RUNNER, FakeClock, changed, machine

TICK = os.sysconf("SC_CLK_TCK")
MS = 1_000_000
MACHINE = System()
STAT = "{name} S 1 2 3 0 -1 4194304 2197 5 1 6 3 8 9 10 20 0 1001 0 238485"


@pytest.mark.parametrize(
    "name", ["(t)", "(a (strange) name)", "() R 9 9)", "(:-))", "(two\nlines)", "( )"]
)
def test_a_name_of_any_shape_does_not_shift_the_fields(name: str, tmp_path: Path) -> None:
    text = f"{RUNNER} " + STAT.format(name=name)
    system = changed("v2", tmp_path, {f"proc/{RUNNER}/stat": text})
    assert cpu.cpu_split(system, RUNNER) == CpuSplit(3 / TICK, 8 / TICK, 2_197, 1)


def test_the_recorded_runners_time_is_read() -> None:
    assert cpu.cpu_split(machine("v1"), RUNNER) == CpuSplit(3 / TICK, 8 / TICK, 2_197, 1)


@pytest.mark.parametrize("text", ["", "12", "12 (x", "12 (x) S 1 2", ")", "12 x S 1 2 3 4"])
def test_a_stat_that_is_cut_short_is_unknown(text: str, tmp_path: Path) -> None:
    system = changed("v2", tmp_path, {f"proc/{RUNNER}/stat": text})
    assert cpu.cpu_split(system, RUNNER) == CpuSplit()


def test_without_proc_psutil_gives_seconds_and_no_faults(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(portable, "cpu_seconds", lambda _: (1.5, 0.5))
    assert cpu.cpu_split(System(tmp_path), RUNNER) == CpuSplit(1.5, 0.5, None, None)


@pytest.mark.parametrize("name", ["v1", "v2", "v2-container", "hybrid", "none"])
def test_the_runners_threads_are_counted(name: str) -> None:
    assert cpu.threads(machine(name), RUNNER) == 1_001


def test_without_proc_psutil_counts_threads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(portable, "threads", lambda _: 7)
    assert cpu.threads(System(tmp_path), RUNNER) == 7


def test_a_process_that_is_gone_has_no_time_threads_or_clock() -> None:
    gone = 5_000_002
    assert cpu.cpu_split(machine("v2"), gone) == CpuSplit()
    assert cpu.threads(machine("v2"), gone) is None
    assert cpu.cpu_clock_ns(gone) is None


def test_psutil_tells_nothing_of_a_process_that_is_gone() -> None:
    gone = 5_000_002
    told = (portable.uss_bytes(gone), portable.rss_bytes(gone), portable.threads(gone))
    assert told == (None, None, None)
    assert portable.cpu_seconds(gone) is None


def test_the_own_clock_runs_while_the_process_works() -> None:
    before = cpu.cpu_clock_ns(os.getpid())
    sum(range(100_000))
    after = cpu.cpu_clock_ns(os.getpid())
    assert before is not None
    assert after is not None
    assert after > before


def test_elsewhere_psutil_stands_in_for_the_kernels_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cpu, "_LINUX", False)
    monkeypatch.setattr(portable, "cpu_seconds", lambda _: (1.5, 0.25))
    assert cpu.cpu_clock_ns(RUNNER) == 1_750_000_000


@pytest.mark.parametrize(
    ("spent", "rests", "naps"),
    [
        ([0, 0, 0], True, 2),
        ([5 * MS, 5 * MS + 199_999, 5 * MS + 399_998], True, 2),
        ([0, 12 * MS, 24 * MS, 24 * MS, 24 * MS], True, 4),
        ([0, 0, 12 * MS, 12 * MS, 12 * MS], True, 4),  # was only waiting for a processor
        ([0, 200_000, 200_001, 200_002], True, 3),
        ([None], False, 0),
        ([0, None], False, 1),
        ([0, 0, None], False, 2),
    ],
)
def test_a_process_rests_when_its_time_stands_still_twice(
    spent: list[int | None], rests: bool, naps: int
) -> None:
    clock = FakeClock()
    assert cpu.wait_until_still(RUNNER, clock, _one_after_the_other(spent)) is rests
    assert len(clock.naps) == naps


@pytest.mark.parametrize(
    ("spent", "spins", "naps"),
    [
        ([0, 0, 0], 2, 0),
        ([0, 12 * MS, 24 * MS, 24 * MS, 24 * MS], 1, 3),
        ([0, 0, 12 * MS, 12 * MS, 12 * MS], 2, 2),
    ],
)
def test_the_processor_is_kept_awake_until_the_process_is_found_busy(
    spent: list[int | None], spins: int, naps: int
) -> None:
    clock = FakeClock()
    assert cpu.wait_until_still(RUNNER, clock, _one_after_the_other(spent), awake=True)
    assert (len(clock.spins), len(clock.naps)) == (spins, naps)


@pytest.mark.parametrize(
    ("touched", "rests", "naps"),
    [
        ([0, 0, 0], True, 2),
        ([0, 2, 4], True, 2),
        ([0, 3, 3, 3], True, 3),
        ([None, None, None], True, 2),  # unknown is no growth
        ([None, 5, 5], True, 2),
        ([5, None, None], True, 2),
    ],
)
def test_a_process_whose_memory_grows_is_not_at_rest_though_its_time_stands_still(
    touched: list[int | None], rests: bool, naps: int
) -> None:
    clock, faults = FakeClock(), _one_after_the_other(touched)
    assert cpu.wait_until_still(RUNNER, clock, lambda _: 0, faults=faults) is rests
    assert len(clock.naps) == naps


def test_memory_that_never_stands_still_is_not_waited_for_longer() -> None:
    clock = FakeClock()
    pages = lambda _: round(clock.now * 1_000)  # noqa: E731
    assert not cpu.wait_until_still(RUNNER, clock, lambda _: 0, faults=pages)


def test_waiting_for_rest_ends_after_two_seconds() -> None:
    clock = FakeClock()
    assert not cpu.wait_until_still(RUNNER, clock, lambda _: round(clock.now * 1e9))
    assert 2.0 <= clock.now < 2.1


def test_a_look_is_longer_than_the_longest_timer_tick() -> None:
    clock = FakeClock()
    cpu.wait_until_still(RUNNER, clock, lambda _: 0)
    assert clock.naps[0] > 1 / 100


@pytest.mark.parametrize(("name", "pages"), [("v2", 12), ("hybrid", 0), ("none", None)])
def test_swapped_pages_are_the_machines(name: str, pages: int | None) -> None:
    assert cpu.swapped_out_pages(machine(name)) == pages


def test_stolen_time_is_a_part_of_all_time() -> None:
    assert cpu.steal(machine("v2-container")) == 0.05


@pytest.mark.parametrize(
    "text", ["", "cpu", "cpu  1 2 3 4", "intr 1 2 3 4 5 6 7 8 9", "cpu 0 0 0 0 0 0 0 0"]
)
def test_a_kernel_without_steal_is_unknown(text: str, tmp_path: Path) -> None:
    assert cpu.steal(changed("v2", tmp_path, {"proc/stat": text})) is None


@pytest.mark.parametrize(("name", "load"), [("v2", 0.52), ("v2-container", 1.25), ("none", None)])
def test_load_is_the_last_minutes(name: str, load: float | None) -> None:
    assert cpu.load(machine(name)) == load


def _one_after_the_other(values: list[int | None]) -> Callable[[int], int | None]:
    left = iter(values)
    return lambda _: next(left)


PROCESSORS = """cpu  900 10 90 9000 50 5 5 40 100 0
cpu0 100 5 20 1000 20 2 3 30 50 0
cpu1 700 5 60 3000 30 3 2 10 50 0
cpu2 100 0 10 5000 0 0 0 0 0 0
intr 1 2 3
"""


@pytest.mark.parametrize(
    ("allowed", "whole", "spent", "stolen"),
    [
        ("0-2", 10_100, 1_010, 40),
        ("0-1", 4_990, 900, 40),
        ("1", 3_810, 770, 10),
        ("0,2", 6_290, 240, 30),
    ],
)
def test_processor_time_is_that_of_the_processors_we_may_run_on(
    allowed: str, whole: int, spent: int, stolen: int, tmp_path: Path
) -> None:
    files = {
        "proc/stat": PROCESSORS,
        "proc/self/status": f"Pid:\t1\nCpus_allowed_list:\t{allowed}\n",
    }
    now = cpu.processor_time(changed("v2", tmp_path, files))
    assert now is not None
    assert now.whole == pytest.approx(whole / TICK)
    assert now.spent == pytest.approx(spent / TICK)
    assert now.stolen == pytest.approx(stolen / TICK)
    assert now.own > 0


@pytest.mark.parametrize(
    ("stat", "status"),
    [
        ("", "Cpus_allowed_list:\t0\n"),
        (PROCESSORS, ""),
        (PROCESSORS, "Cpus_allowed_list:\t0-7\n"),  # a container that shows three of eight
        ("cpu  1 2 3 4\n", "Cpus_allowed_list:\t0\n"),
    ],
)
def test_processor_time_that_is_not_reported_is_unknown(
    stat: str, status: str, tmp_path: Path
) -> None:
    files = {"proc/stat": stat, "proc/self/status": status}
    assert cpu.processor_time(changed("v2", tmp_path, files)) is None


def test_what_others_took_is_all_but_our_own() -> None:
    before = ProcessorTime(whole=100.0, spent=50.0, stolen=1.0, own=5.0)
    after = ProcessorTime(whole=120.0, spent=60.0, stolen=2.0, own=9.0)
    work = cpu.other_work(before, after)
    assert work is not None
    assert (work.others, work.stolen) == pytest.approx((0.3, 0.05))
    assert cpu.other_work(None, after) is cpu.other_work(before, None) is None
    assert cpu.other_work(before, before) is None


# One processor


@contextmanager
def two_threads() -> Iterator[tuple[int, int]]:
    """The first thread of this process, and another that only waits: their ids."""
    over, begun = threading.Event(), threading.Event()
    ids: list[int] = []

    def wait() -> None:
        ids.append(threading.get_native_id())
        begun.set()
        over.wait()

    other = threading.Thread(target=wait)
    other.start()
    begun.wait()
    try:
        yield os.getpid(), ids[0]
    finally:
        over.set()
        other.join()


def test_every_thread_is_held_on_one_processor_and_given_its_own_back() -> None:
    allowed = os.sched_getaffinity(0)
    with two_threads() as (first, other):
        os.sched_setaffinity(other, {max(allowed)})
        with on_one_processor(MACHINE, first) as is_held:
            assert is_held
            held = [os.sched_getaffinity(thread) for thread in (first, other)]
            assert held[0] == held[1]
            assert len(held[0]) == 1
            with two_threads() as (_, late):
                assert os.sched_getaffinity(late) == held[0]
        assert os.sched_getaffinity(first) == allowed
        assert os.sched_getaffinity(other) == {max(allowed)}


def test_a_thread_that_began_on_the_one_processor_gets_those_of_the_first() -> None:
    with ExitStack() as late:
        with on_one_processor(MACHINE, os.getpid()):
            _, began = late.enter_context(two_threads())
            assert len(os.sched_getaffinity(began)) == 1
        assert os.sched_getaffinity(began) == os.sched_getaffinity(0)


def test_what_cannot_be_held_is_left_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    allowed = os.sched_getaffinity(0)
    with on_one_processor(MACHINE, 2**22 + 1) as is_held:  # more than the highest pid
        assert not is_held
    move, moved = os.sched_setaffinity, []

    def refuse_the_second(thread: int, processors: set[int]) -> None:
        moved.append(thread)
        if len(moved) == 2:
            raise PermissionError(1, "Operation not permitted")
        move(thread, processors)

    with two_threads() as (first, other):
        monkeypatch.setattr(os, "sched_setaffinity", refuse_the_second)
        with on_one_processor(MACHINE, first) as is_held:
            assert not is_held
            assert [os.sched_getaffinity(thread) for thread in (first, other)] == [allowed] * 2
    monkeypatch.delattr(os, "sched_setaffinity")
    with on_one_processor(MACHINE, os.getpid()) as is_held:
        assert not is_held
