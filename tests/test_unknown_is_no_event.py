"""What cannot be read any more in the middle of a run is unknown, and no event.

Each file of a recorded machine goes, is emptied or turns into rubbish between the look before a
launch and the look after it. Nothing has happened then: no limit has changed, no counter has moved,
nobody was killed and nothing was swapped.
"""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bench.engine.burst import grown_by, went_up
from bench.limits.model import Ending
from bench.limits.recognise import recognise
from bench.probes import cgroup, cpu
from bench.system import System
from tests.recorded import MACHINES, RUNNER, changed
from tests.support.limits import made, surveyed

Fault = Callable[[Path], None]


def forbidden(path: Path) -> None:
    path.unlink()


def emptied(path: Path) -> None:
    path.write_text("")


def rubbish(path: Path) -> None:
    path.write_text("\x00 not what you expect\n")


FAULTS: tuple[Fault, ...] = (forbidden, emptied, rubbish)
REFUSED = Ending(100, 200, "EAGAIN: Resource temporarily unavailable", errno.EAGAIN)
KILLED = Ending(100, 200, "the runner ended by SIGKILL", signal="SIGKILL", dead=True)


def files_of(root: Path) -> list[str]:
    return [path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()]


@contextmanager
def struck(path: Path, fault: Fault) -> Iterator[None]:
    """The file with that fault; whole again afterwards."""
    whole = path.read_bytes()
    fault(path)
    yield
    path.write_bytes(whole)


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("ending", [REFUSED, KILLED], ids=["refused", "killed"])
def test_no_limit_changes_and_no_counter_moves_when_a_file_goes(
    fault: Fault, ending: Ending, tmp_path: Path
) -> None:
    system = made(tmp_path)
    first, before = surveyed(system, 0), surveyed(system)
    names = sorted(files_of(tmp_path))
    assert len(names) > 30
    for name in names:
        with struck(system.path(name), fault):
            now = surveyed(system)
        verdict = recognise(ending, (first, before, now), {"threads": 1.0, "memory": 1000.0})
        told = "\n".join(verdict.evidence)
        assert "changed during the run" not in told, (name, told)
        assert "OOM kill counted" not in told, (name, told)
        assert "→" not in told, (name, told)
        assert verdict.limit is None, (name, verdict)


def test_what_does_change_is_an_event(tmp_path: Path) -> None:
    system = made(tmp_path, {"sys/fs/cgroup/box/pids.max": "9000"})
    first, before = surveyed(system, 0), surveyed(system)
    system.path("sys/fs/cgroup/box/pids.max").write_text("5000\n")
    system.path("proc/vmstat").write_text("oom_kill 6\n")
    verdict = recognise(KILLED, (first, before, surveyed(system)), {"threads": 1.0})
    told = "\n".join(verdict.evidence)
    assert "pids.max in /sys/fs/cgroup/box changed during the run, from 9,000 to 5,000" in told
    assert "5 → 6" in told


def counters(system: System) -> dict[str, Callable[[], int | None]]:
    """The counters that a sweep compares before and after its steps, their sources chosen now."""
    return {
        "pages swapped out": lambda: cpu.swapped_out_pages(system),
        "OOM kills": cgroup.oom_kill_counter(system),
        "minor faults": lambda: cpu.cpu_split(system, RUNNER).minor_faults,
        "major faults": lambda: cpu.cpu_split(system, RUNNER).major_faults,
    }


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("name", ["v1", "v2", "v2-container", "hybrid", "none"])
def test_no_counter_of_a_sweep_moves_when_a_file_goes(
    name: str, fault: Fault, tmp_path: Path
) -> None:
    system = changed(name, tmp_path)
    watched, began = counters(system), cpu.processor_time(system)
    before = {counter: read() for counter, read in watched.items()}
    for file in files_of(MACHINES / name):
        with struck(system.path(file), fault):
            for counter, read in watched.items():
                after = read()
                assert not went_up(before[counter], after), (file, counter)
                assert not went_up(after, before[counter]), (file, counter)
                assert not grown_by(before[counter], after), (file, counter)
            assert cpu.other_work(began, cpu.processor_time(system)) is None
