"""This machine as the benchmarks use it: what can run here, and where it is run."""

from __future__ import annotations

from bench.clock import RealClock
from bench.engine.cache import default_cache
from bench.engine.rig import MachineRig
from bench.engine.toolchain import availability, find_tools
from bench.system import System
from runners.catalogue import Entry, shipped

TOOLS = find_tools()
RIG = MachineRig(System(), RealClock(), TOOLS, default_cache())


def default_entries() -> tuple[Entry, ...]:
    """The runtimes of the default run."""
    return tuple(entry for entry in shipped() if entry.default)


def missing(entry: Entry) -> str | None:
    """Why a runtime cannot run here; `None` where it can."""
    return availability(entry, TOOLS).reason
