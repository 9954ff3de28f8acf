"""The recorded machines, and a clock that no test waits for."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from pathlib import Path

from bench.system import System

MACHINES = Path(__file__).with_name("machines")
RUNNER = 5_000_001
"""The recorded runner's pid: above every system's `kernel.pid_max`, so never a live process."""


@dataclass
class FakeClock:
    """Stands still but for waiting, which takes no time. Seconds; keeps the naps and the spins."""

    now: float = 0.0
    naps: list[float] = field(default_factory=list)
    spins: list[float] = field(default_factory=list)

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.naps.append(seconds)
        self.now += seconds

    def spin(self, seconds: float) -> None:
        self.spins.append(seconds)
        self.now += seconds


def machine(name: str) -> System:
    """The recorded machine, to be read only."""
    return System(MACHINES / name)


def changed(
    name: str, place: Path, files: dict[str, str] | None = None, gone: tuple[str, ...] = ()
) -> System:
    """A copy of a recorded machine in the folder `place`, with some files written and some gone."""
    system = System(Path(shutil.copytree(MACHINES / name, place / name)))
    for file, text in (files or {}).items():
        system.path(file).parent.mkdir(parents=True, exist_ok=True)
        system.path(file).write_text(text)
    for file in gone:
        system.path(file).unlink()
    return system
