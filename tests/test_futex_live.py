"""Runners of threads count the slots of their futex hash and set them, where the kernel can."""

from __future__ import annotations

import pytest

from bench.clock import RealClock
from bench.engine.cache import default_cache
from bench.engine.rig import MachineRig
from bench.engine.runner import RunnerDied
from bench.engine.toolchain import availability, find_tools
from bench.model.records import FUTEX_SLOTS
from bench.probes.futex import has_own_hash
from bench.system import System
from runners.catalogue import Entry, shipped

THREADS = [entry for entry in shipped() if "futex-slots" in entry.settings]
TOOLS = find_tools()
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not has_own_hash(), reason="needs the futex hash of Linux 6.16 and later"),
]


@pytest.fixture
def rig() -> MachineRig:
    return MachineRig(System(), RealClock(), TOOLS, default_cache())


@pytest.mark.parametrize("entry", THREADS, ids=[entry.name for entry in THREADS])
def test_a_runner_of_threads_counts_the_slots_and_sets_them(entry: Entry, rig: MachineRig) -> None:
    if reason := availability(entry, TOOLS).reason:
        pytest.skip(reason)
    rig.prepare(entry, print)
    counted = []
    for settings in ({}, {"futex-slots": "1024"}):
        with rig.start(entry, settings) as subject:
            subject.runner.hello()
            counted.append(subject.runner.grow(20, 0.1).counts[FUTEX_SLOTS])
    assert counted[0] >= 16
    assert counted[1] == 1024
    with (
        rig.start(entry, {"futex-slots": "3"}) as subject,
        pytest.raises(RunnerDied) as death,
    ):
        subject.runner.hello()
    assert "power of two" in death.value.tail
