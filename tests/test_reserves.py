"""How far kindness to the machine lets a sweep go."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.engine.budget import Room, bounds, spare_pids
from bench.system import System


def machine(folder: Path, **files: str) -> System:
    """A machine whose files are these, `__` standing for a slash."""
    for name, text in files.items():
        place = folder / name.replace("__", "/").replace("threads_max", "threads-max")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
    return System(folder)


def test_the_lesser_of_the_two_counters_less_what_runs_and_what_is_left_to_others(
    tmp_path: Path,
) -> None:
    system = machine(
        tmp_path,
        proc__sys__kernel__pid_max="32768\n",
        proc__sys__kernel__threads_max="192730\n",
        proc__loadavg="0.00 0.01 0.05 2/190 12345\n",
    )
    assert spare_pids(system) == 32_768 - 190 - 512


def test_what_cannot_be_read_is_unknown_and_binds_nothing(tmp_path: Path) -> None:
    assert spare_pids(machine(tmp_path / "a", proc__loadavg="0.0 0.0 0.0 2/190 7\n")) is None
    assert spare_pids(machine(tmp_path / "b", proc__sys__kernel__pid_max="400\n")) is None


def test_a_full_machine_has_no_room_rather_than_less_than_none(tmp_path: Path) -> None:
    system = machine(
        tmp_path, proc__sys__kernel__pid_max="400\n", proc__loadavg="0.0 0.0 0.0 2/390 7\n"
    )
    assert spare_pids(system) == 0


@pytest.mark.parametrize(
    ("kind", "wanted", "asked", "threads", "count", "status"),
    [
        ("task", 1_000_000, False, 10, 1_000_000, "max"),
        ("thread", 1_000_000, False, None, 30_000, "reserve"),
        ("thread", 1_000_000, False, 20_000, 20_000, "reserve"),
        ("thread", 50_000, True, None, 30_000, "reserve"),
        ("thread", 50_000, True, 32_000, 32_000, "reserve"),
        ("thread", 10_000, False, 32_000, 10_000, "max"),
    ],
)
def test_threads_are_held_back_by_their_number_and_by_pids_left_to_others(
    kind: str, wanted: int, asked: bool, threads: int | None, count: int, status: str
) -> None:
    found = bounds(kind, wanted, asked, Room(None, threads))  # type: ignore[arg-type]
    assert (found.count, found.status) == (count, status)


def test_the_reason_is_told() -> None:
    assert "at most 30,000 threads" in bounds("thread", 10**6, False, Room(None, None)).message
    assert "512 pids" in bounds("thread", 10**6, True, Room(None, 900)).message
    assert (
        "machine can number is unknown" in bounds("thread", 10**6, True, Room(None, None)).message
    )
    assert "reached the requested count" in bounds("task", 700, True, Room(None, None)).message
