"""What a session stands on: a started runner, and the monitor that reads it from outside.

Real here, false in `fake`. A session knows only the protocols `Rig` and `Monitor`, so that the same
code runs in tests with a fake runner and a fake clock.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Protocol, TypeVar

from bench.clock import Clock
from bench.engine.budget import Room, room
from bench.engine.cache import command_of, filled, program_of
from bench.engine.children import Launch
from bench.engine.environment import started_with, variables_of
from bench.engine.reference import CONTROL, sample
from bench.engine.runner import Runner, RunnerProcess, recorded
from bench.engine.toolchain import Tools, availability
from bench.errors import MeasureError
from bench.model.records import Act, Readings
from bench.probes import cgroup, cpu, processes
from bench.probes.cpu import CpuSplit, Effort, ProcessorTime
from bench.probes.memory import MemoryProbe
from bench.signals import held
from bench.system import System
from runners.catalogue import MOST_UNITS, Entry

REST_SECONDS = 3.0
REST_LOOK_SECONDS = 0.05
REST_BYTES = 1 << 20  # a machine is at rest when its kernel stacks are this near to what they were


class Monitor(Protocol):
    """What is read of a runner from outside. Unknown is `None`."""

    def memory(self) -> Readings: ...
    def cpu(self) -> CpuSplit: ...
    def effort(self) -> Effort: ...
    def threads(self) -> int | None: ...
    def state(self) -> str | None: ...
    def settle(self, exact: bool = False, awake: bool = False) -> bool: ...
    def on_one_processor(self) -> AbstractContextManager[bool]: ...
    def swapped_out_pages(self) -> int | None: ...
    def oom_kills(self) -> int | None: ...
    def variables(self) -> dict[str, str] | None: ...


@dataclass(frozen=True)
class MeasuredRunner:
    """A runner and its monitor, for one session."""

    runner: Runner
    monitor: Monitor

    def perform(self, name: str, options: Mapping[str, str], foretold_seconds: float = 0.0) -> Act:
        """Has the living units perform an operation, and measures it from outside: before the
        command and after the reply, while all units are alive. What a thread has spent cannot be
        read any more once it has ended."""
        before = self.monitor.effort()
        said = self.runner.act(name, options, foretold_seconds)
        after = self.monitor.effort()
        act = Act(
            name=name,
            options=dict(options),
            alive=said.alive,
            took_seconds=0.0,
            cpu_seconds=_rise(before.cpu_seconds, after.cpu_seconds),
            voluntary_switches=_rise(before.voluntary, after.voluntary),
            involuntary_switches=_rise(before.involuntary, after.involuntary),
        )
        return recorded(said, act)


N = TypeVar("N", int, float)


def _rise(before: N | None, after: N | None) -> N | None:
    """How much more it is; `None` where either is unknown, or threads have ended in between."""
    return None if before is None or after is None or after < before else after - before


class Rig(Protocol):
    """Where sweeps are made: the machine's, or a fake."""

    @property
    def clock(self) -> Clock: ...
    @property
    def system(self) -> System: ...
    def prepare(self, entry: Entry, announce: Callable[[str], None]) -> None: ...
    def program(self, entry: Entry) -> tuple[str, ...]: ...
    def room(self) -> Room: ...
    def prepare_control(self, announce: Callable[[str], None]) -> None: ...
    def control_seconds(self) -> float: ...
    def processor_time(self) -> ProcessorTime | None: ...
    def start(
        self, entry: Entry, settings: dict[str, str], most: int = MOST_UNITS
    ) -> AbstractContextManager[MeasuredRunner]: ...


def shares_of_others(rig: Rig, before: ProcessorTime | None) -> tuple[float | None, float | None]:
    """The shares of the processors' time since `before` that other processes took, and other
    machines. Exact once the runner has ended and has been waited for."""
    work = cpu.other_work(before, rig.processor_time())
    return (work.others, work.stolen) if work else (None, None)


@dataclass(frozen=True)
class ProcessMonitor:
    """The monitor of a live process."""

    pid: int
    probe: MemoryProbe
    system: System
    clock: Clock
    kills: Callable[[], int | None]

    def memory(self) -> Readings:
        return self.probe.read()

    def cpu(self) -> CpuSplit:
        return cpu.cpu_split(self.system, self.pid)

    def effort(self) -> Effort:
        return cpu.effort(self.system, self.pid)

    def threads(self) -> int | None:
        return cpu.threads(self.system, self.pid)

    def state(self) -> str | None:
        """The process's state in the kernel's letters: `Z` where it, or its first thread, ended."""
        process = processes.look(self.system, self.pid)
        return process.state if process is not None else None

    def settle(self, exact: bool = False, awake: bool = False) -> bool:
        """Waits until the runner's CPU clock and memory stand still; false where they never did. A
        clock that cannot be read is no unrest.

        `exact`: also until the kernel has folded its per-CPU counts, up to 2.5 s without cgroup v1.
        `awake`: without letting the processors sleep, for a launch in many steps that is to take no
        longer than in one go.
        """
        still = cpu.wait_until_still(self.pid, self.clock, awake=awake)
        still = still or cpu.cpu_clock_ns(self.pid) is None
        if exact:
            self.clock.sleep(self.probe.lag_seconds)
        return still

    def on_one_processor(self) -> AbstractContextManager[bool]:
        """Holds the runner on one processor, whose next unit then need not wait for another one to
        wake; false where that cannot be done."""
        return cpu.on_one_processor(self.system, self.pid)

    def variables(self) -> dict[str, str] | None:
        """Those that the runner was started with."""
        return variables_of(self.system, self.pid)

    def swapped_out_pages(self) -> int | None:
        return cpu.swapped_out_pages(self.system)

    def oom_kills(self) -> int | None:
        """Processes killed for memory: in the sweep's own cgroup, else on the whole machine."""
        return self.kills()


def launch_of(
    entry: Entry,
    words: tuple[str, ...],
    variables: Mapping[str, str | None],
    settings: Mapping[str, str] = MappingProxyType({}),
    joins: tuple[str, ...] = (),
) -> Launch:
    """How a runner of this entry is started: `words`, then its settings."""
    settings_words = (f"{key}={value}" for key, value in settings.items())
    return Launch(
        (*words, *settings_words),
        joins,
        variables=variables,
        on_third=entry.replies == "fd3",
    )


@dataclass(frozen=True)
class MachineRig:
    """Sweeps on this machine: each runner a fresh process in a memory cgroup of its own, where one
    can be made."""

    system: System
    clock: Clock
    tools: Tools
    cache: Path
    _commands: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def prepare(self, entry: Entry, announce: Callable[[str], None]) -> None:
        """Builds what must be built. Raises `MeasureError` where that fails."""
        self._commands[entry.name] = command_of(entry, self.tools, self.cache, announce)

    def program(self, entry: Entry) -> tuple[str, ...]:
        """What a runner of this entry is, in words that are equal where it is the same program with
        the same variables: nothing is built or started."""
        variables = (f"{name}={value}" for name, value in sorted(self.tools.variables.items()))
        return (*program_of(entry, self.tools), *variables)

    def room(self) -> Room:
        return room(self.system)

    def prepare_control(self, announce: Callable[[str], None]) -> None:
        """Builds the control. Raises `MeasureError` with the reason where there can be none."""
        reason = availability(CONTROL, self.tools).reason
        if reason is not None:
            raise MeasureError(reason)
        self.prepare(CONTROL, announce)

    def control_seconds(self) -> float:
        """How long the control takes now. Raises `MeasureError` where it fails."""
        return sample(self._commands[CONTROL.name])

    def processor_time(self) -> ProcessorTime | None:
        return cpu.processor_time(self.system)

    @contextmanager
    def start(
        self, entry: Entry, settings: dict[str, str], most: int = MOST_UNITS
    ) -> Iterator[MeasuredRunner]:
        """A fresh runner for one session, gone with its cgroup when the block ends. `most` is the
        largest count that will be asked of it."""
        command = filled(self._commands[entry.name], {"most": str(min(most, entry.most))})
        words, variables = started_with(command, self.tools.variables)
        before = self._kernel_stacks()
        with cgroup.session_cgroup(self.system, self.clock) as group:
            joins = (str(group.procs),) if group else ()
            launch = launch_of(entry, words, variables, settings, joins)
            runner = None
            try:
                with held():  # nobody but us could end it
                    runner = RunnerProcess(launch, self.clock)
                pid, kills = runner.pid, cgroup.oom_kill_counter(self.system, group)
                memory = MemoryProbe(self.system, pid, group)
                monitor = ProcessMonitor(pid, memory, self.system, self.clock, kills)
                yield MeasuredRunner(runner, monitor)
            finally:
                if runner is not None:
                    runner.stop()
        if entry.kind == "thread":
            self._rest(before)

    def _kernel_stacks(self) -> int | None:
        return self.system.table("proc/meminfo").get("KernelStack")

    def _rest(self, before: int | None) -> None:
        """Waits, for a bounded time, until the kernel has freed the stacks of ended threads: the
        next sweep would otherwise read their going as a saving of its own."""
        end = self.clock.monotonic() + REST_SECONDS
        while before is not None and self.clock.monotonic() < end:
            now = self._kernel_stacks()
            if now is None or now <= before + REST_BYTES:
                break
            self.clock.sleep(REST_LOOK_SECONDS)
