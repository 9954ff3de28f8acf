"""A rig that launches nothing: a fake runner, its fake monitor and a fake clock, for tests.

They ship with the harness because they state what the harness expects: everything is exact, so a
test can tell each figure by hand. Time passes only when somebody sleeps or a burst "takes" time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bench.engine.budget import Room
from bench.engine.protocol import (
    COLLECT,
    Greeted,
    Grown,
    Performed,
    Probed,
    Refused,
    Released,
    act_command,
)
from bench.engine.rig import MeasuredRunner
from bench.engine.runner import RunnerDied, RunnerHung
from bench.errors import MeasureError
from bench.model.records import (
    FUTEX_SLOTS,
    HUGE_PAGES,
    KERNEL,
    KERNEL_STACK,
    PAGE_TABLES,
    RSS,
    USER,
    Reading,
    Readings,
)
from bench.probes.cpu import CpuSplit, Effort, ProcessorTime
from bench.probes.memory import GONE
from bench.system import System
from runners.catalogue import MOST_UNITS, Entry

GIB = 1 << 30
CONTROL_SECONDS = 0.04


@dataclass
class FakeClock:
    """A clock that stands still until it is told to move. Seconds."""

    now: float = 0.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    spin = sleep


@dataclass(frozen=True)
class Behaviour:
    """How a fake runtime behaves: what a unit costs, and at which count something happens.

    `user`, `kernel`, `stack` and `tables` are bytes a unit, on top of a fixed 1,000,000 user bytes
    and 100,000 kernel bytes; `leak` bytes a unit stay after a release, and `garbage` bytes until
    the collector runs, by a command of its own if that is given. `interrupt_at` raises what is
    given there when that count is asked for. From `restless_at` units on the runner never comes to
    rest, and from `unreadable_at` on the machine's counters cannot be read any more. Once it has
    grown to `gone_at`, the runner is dead. `raise_on` raises what is given there at that command.
    `real_threads` is how many units there really are, however many are reported. A unit starts
    within `latency_ns`, on one processor within `awake_ns`, of which `overhead_ns` are the
    measuring; `movable` is false where the runner cannot be held on one. `acts` are those that it
    knows, of which each operation takes `seconds` and one switch.
    """

    seconds: float = 1e-5
    release_seconds: float = 5e-6
    user: int = 1_000
    kernel: int = 10
    stack: int = 0
    tables: int = 2
    leak: int = 0
    garbage: int | None = None
    latency_ns: int = 2_000
    awake_ns: int = 1_000
    overhead_ns: int = 100
    refuse_at: int | None = None
    die_at: int | None = None
    killed_at: int | None = None
    hang_at: int | None = None
    swap_at: int | None = None
    restless_at: int | None = None
    unreadable_at: int | None = None
    gone_at: int | None = None
    raise_at: tuple[int, BaseException] | None = None
    raise_on: tuple[str, BaseException] | None = None
    real_threads: int | None = None
    no_build: bool = False
    no_hello: bool = False
    last_words: str = "its last words"
    kernel_known: bool = True
    movable: bool = True
    futex_slots: int | None = None
    acts: tuple[str, ...] = ()


@dataclass
class FakeRunner:
    """Answers as a runner would, and remembers what it was asked."""

    entry: Entry
    behaviour: Behaviour
    clock: FakeClock
    alive: int = 0
    ever: int = 0
    garbage: int = 0
    kills: int = 0
    performed: int = 0
    asked: list[str] = field(default_factory=list)
    stopped: bool = False
    on_one_processor: bool = False
    pid: int = 4_242

    def hello(self) -> Greeted:
        if self.behaviour.no_hello:
            raise RunnerDied("the runner ended with status 1", self.behaviour.last_words, None)
        acts = (*self.behaviour.acts, *([] if self.behaviour.garbage is None else [COLLECT]))
        unit = f"a fake {self.entry.label}"
        return Greeted(2, self.entry.runtime, "1.0", unit, {"fake": "yes"}, acts=acts)

    def grow(self, count: int, foretold_seconds: float) -> Grown:
        self.asked.append(f"grow {count}")
        self._meet_fate(count, foretold_seconds)
        reached = min(count, self.behaviour.refuse_at or count)
        spawned = reached - self.alive
        burst = spawned * self.behaviour.seconds
        self.clock.sleep(burst)
        self.alive, self.ever = reached, self.ever + spawned
        slots = self.behaviour.futex_slots
        refused = Refused("EAGAIN", "Resource temporarily unavailable", 11)
        return Grown(
            alive=reached,
            burst_ns=round(burst * 1e9),
            longest_spawn_ns=round(self.behaviour.seconds * 1e9),
            gc_ns=0,
            counts={} if slots is None else {FUTEX_SLOTS: slots},
            refused=refused if reached < count else None,
        )

    def probe(self, count: int) -> Probed:
        self.asked.append(f"probe {count}")
        self._meet_end("probe awake" if self.on_one_processor else "probe")
        fate = self.behaviour
        took = fate.awake_ns if self.on_one_processor else fate.latency_ns
        return Probed(self.alive, (took,) * count, (fate.overhead_ns,) * count)

    def act(
        self,
        name: str,
        options: Mapping[str, str],
        foretold_seconds: float = 0.0,  # noqa: ARG002
    ) -> Performed:
        """Each unit performs one operation, which takes as long as the launch of one."""
        self.asked.append(" ".join(act_command(name, options)))
        self._meet_end(f"act {name}")
        took = self.alive * self.behaviour.seconds
        self.clock.sleep(took)
        self.performed += self.alive
        return Performed(name, self.alive, round(took * 1e9), self.alive)

    def release(
        self,
        foretold_seconds: float,  # noqa: ARG002
        ended: Callable[[], None] | None = None,
    ) -> Released:
        self.asked.append("release")
        self._meet_end("release")
        took = self.alive * self.behaviour.release_seconds
        self.clock.sleep(took)
        if self.behaviour.garbage is not None:
            self.garbage, self.alive = self.alive * self.behaviour.garbage, 0
            if ended is not None:
                ended()
            self.asked.append(f"act {COLLECT}")
        self.alive = self.garbage = 0
        return Released(0, round(took * 1e9))

    def stop(self) -> None:
        self.stopped = True

    @property
    def is_gone(self) -> bool:
        return self.behaviour.gone_at is not None and self.alive >= self.behaviour.gone_at

    def _meet_end(self, command: str) -> None:
        """What befalls it at a command, whatever the count."""
        if self.behaviour.raise_on and self.behaviour.raise_on[0] == command:
            raise self.behaviour.raise_on[1]
        if self.is_gone:
            raise RunnerDied(f"the runner ended by SIGSEGV before answering '{command}'", "", 11)

    def _meet_fate(self, count: int, foretold_seconds: float) -> None:
        """What befalls the runner on its way to `count`, if anything does."""
        fate = self.behaviour
        self._meet_end("grow")
        if fate.raise_at and count >= fate.raise_at[0]:
            raise fate.raise_at[1]
        if fate.die_at and count >= fate.die_at:
            raise RunnerDied(
                f"the runner ended with status 3 before answering 'grow {count}'",
                fate.last_words,
                None,
            )
        if fate.killed_at and count >= fate.killed_at:
            self.kills += 1
            raise RunnerDied(f"the runner ended by SIGKILL before answering 'grow {count}'", "", 9)
        if fate.hang_at and count >= fate.hang_at:
            patience = max(30.0, 10 * foretold_seconds)
            self.clock.sleep(patience)
            raise RunnerHung(f"the runner did not answer 'grow {count}' within {patience:.0f} s")


@dataclass(frozen=True)
class FakeMonitor:
    """Sees exactly what a fake runner "uses"."""

    runner: FakeRunner

    def memory(self) -> Readings:
        if self.runner.is_gone:
            return GONE
        unit, alive = self.runner.behaviour, self.runner.alive
        leaked = (self.runner.ever - alive) * unit.leak
        user = 1_000_000 + alive * unit.user + leaked + self.runner.garbage
        kernel = 100_000 + alive * unit.kernel
        return {
            USER: Reading(bytes=user, source="fake user"),
            RSS: Reading(bytes=user, source="fake rss"),
            KERNEL: _known(kernel if unit.kernel_known else None, "fake kernel"),
            KERNEL_STACK: _known(alive * unit.stack if unit.kernel_known else None, "fake stack"),
            PAGE_TABLES: Reading(bytes=alive * unit.tables, source="fake tables"),
            HUGE_PAGES: Reading(bytes=0, source="fake huge pages"),
        }

    def cpu(self) -> CpuSplit:
        seconds = self.runner.ever * self.runner.behaviour.seconds
        return CpuSplit(seconds * 0.75, seconds * 0.25, self.runner.ever, 0)

    def effort(self) -> Effort:
        operations = self.runner.ever + self.runner.performed
        return Effort(operations * self.runner.behaviour.seconds, operations, 0)

    def threads(self) -> int | None:
        real = self.runner.behaviour.real_threads
        units = self.runner.alive if real is None else real
        return 1 + (units if self.runner.entry.kind == "thread" else 0)

    def state(self) -> str | None:
        return "Z" if self.runner.is_gone else "S"

    def settle(self, exact: bool = False, awake: bool = False) -> bool:  # noqa: ARG002
        return not self._reached(self.runner.behaviour.restless_at)

    @contextmanager
    def on_one_processor(self) -> Iterator[bool]:
        self.runner.on_one_processor = self.runner.behaviour.movable
        yield self.runner.on_one_processor
        self.runner.on_one_processor = False

    def variables(self) -> dict[str, str] | None:
        return {}

    def swapped_out_pages(self) -> int | None:
        if self._reached(self.runner.behaviour.unreadable_at):
            return None
        return 7 if self._reached(self.runner.behaviour.swap_at) else 0

    def oom_kills(self) -> int | None:
        return None if self._reached(self.runner.behaviour.unreadable_at) else self.runner.kills

    def _reached(self, count: int | None) -> bool:
        return count is not None and self.runner.alive >= count


def _known(value: int | None, source: str) -> Reading:
    return Reading(bytes=value, source="unknown" if value is None else source)


@dataclass
class FakeRig:
    """A machine of fakes. `behaviours` is by runtime name; `runners` are all that were started.
    `no_control` is the reason why there is none; `others` the share of its processors' time that
    other work takes, `None` where that cannot be read; `start_seconds` what starting one takes;
    `pid` each runner's."""

    behaviours: dict[str, Behaviour] = field(default_factory=dict)
    clock: FakeClock = field(default_factory=FakeClock)
    spare: Room = field(default_factory=lambda: Room(12 * GIB, 100_000))
    runners: list[FakeRunner] = field(default_factory=list)
    system: System = System(Path("/nowhere"))  # noqa: RUF009
    others: float | None = 0.0
    no_control: str | None = None
    control_fails: bool = False
    start_seconds: float = 0.0
    pid: int = 4_242

    def prepare(self, entry: Entry, announce: Callable[[str], None]) -> None:
        if entry.build:
            announce(" && ".join(map(" ".join, entry.build)))
        if self._behaviour(entry).no_build:
            raise MeasureError(f"building the runner of {entry.name} failed with status 1")

    def program(self, entry: Entry) -> tuple[str, ...]:
        return (*entry.command, repr(self._behaviour(entry)))

    def room(self) -> Room:
        return self.spare

    def prepare_control(self, announce: Callable[[str], None]) -> None:  # noqa: ARG002
        if self.no_control:
            raise MeasureError(self.no_control)

    def control_seconds(self) -> float:
        if self.control_fails:
            raise MeasureError("the control ended with status 1")
        return CONTROL_SECONDS

    def processor_time(self) -> ProcessorTime | None:
        now = self.clock.now
        return None if self.others is None else ProcessorTime(now, self.others * now, 0.0, 0.0)

    @contextmanager
    def start(
        self,
        entry: Entry,
        settings: dict[str, str],  # noqa: ARG002
        most: int = MOST_UNITS,  # noqa: ARG002
    ) -> Iterator[MeasuredRunner]:
        self.clock.sleep(self.start_seconds)
        runner = FakeRunner(entry, self._behaviour(entry), self.clock, pid=self.pid)
        self.runners.append(runner)
        try:
            yield MeasuredRunner(runner, FakeMonitor(runner))
        finally:
            runner.stop()

    def _behaviour(self, entry: Entry) -> Behaviour:
        return self.behaviours.get(entry.name, Behaviour())
