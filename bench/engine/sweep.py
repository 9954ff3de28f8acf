"""One sweep: a fresh runner taken through growing counts, measured from outside at each.

The order at a step: grow, settle, read memory, then probe. Whatever happens (a refusal, a death, a
signal) the finished steps are handed on: `take` gives its sweep to `keep` before it returns or
raises.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import msgspec

from bench.clock import Clock
from bench.derive.statistics import bins_of
from bench.engine.availability import lacking
from bench.engine.burst import Burst, measured, went_up
from bench.engine.environment import counting
from bench.engine.forecast import Forecast, bytes_per_unit, total_bytes
from bench.engine.job import Job, is_level
from bench.engine.process import RunnerDied, RunnerError, RunnerHung, RunnerNotStarted
from bench.engine.protocol import MOST_PROBED, Probed
from bench.engine.reserves import Bounds
from bench.engine.rig import Rig, Subject, shares_of_others
from bench.errors import is_refusal
from bench.model.records import (
    AWAKE_START,
    COLLECTED,
    EMPTY,
    RELEASE,
    START,
    UNCOLLECTED,
    USER,
    Bins,
    Hello,
    Limit,
    Reading,
    Readings,
    Session,
    Status,
    Step,
    Stop,
)
from bench.signals import Interrupted
from runners.catalogue import Entry

GARBAGE_CYCLES = range(5, 9)  # counted from 1
PROBED_SHARE = 50  # a probe's units are one in so many of the population, and at most 1,000


class Witness(Protocol):
    """Looks on at one sweep and says which limit ended it; `limits` are those that it saw."""

    @property
    def limits(self) -> tuple[Limit, ...]: ...
    def started(self, subject: Subject) -> None: ...
    def greeted(self, subject: Subject) -> None: ...
    def stepped(self, step: Step) -> None: ...
    def ended(self, stop: Stop, asked: int) -> Stop: ...


class NoWitness:
    """Sees nothing."""

    limits: tuple[Limit, ...] = ()

    def started(self, subject: Subject) -> None: ...
    def greeted(self, subject: Subject) -> None: ...
    def stepped(self, step: Step) -> None: ...
    def ended(self, stop: Stop, asked: int) -> Stop:  # noqa: ARG002
        return stop


class SweepTaker:
    """The making of one sweep. `forecast` is what has been learned so far; `lacks` is what the
    runner could not be started without, with what to type."""

    lacks: str | None = None

    def __init__(
        self,
        job: Job,
        bounds: Bounds,
        forecast: Forecast,
        clock: Clock,
        witness: Witness | None = None,
    ) -> None:
        self.forecast = forecast
        self._job = job
        self._bounds = bounds
        self._clock = clock
        self._began = clock.monotonic()
        self._hello: Hello | None = None
        self._baseline: Readings | None = None
        self._steps: list[Step] = []
        self._unfinished: Step | None = None
        self._stop: Stop | None = None
        self._hung = False
        self._others: tuple[float | None, float | None] = (None, None)
        self._witness = witness or NoWitness()
        self._asked = 0

    def take(
        self,
        rig: Rig,
        on_start: Callable[[int], None],
        on_step: Callable[[Step, float | None], None],
    ) -> None:
        """Makes the sweep. `on_start` is told the count of each step, `on_step` the step and the
        bytes a unit so far. Only `Interrupted` and faults of ours come out of it."""
        subject: Subject | None = None
        kills: int | None = None
        before = rig.processor_time()
        try:
            with rig.start(self._job.entry, self._job.settings) as subject:
                self._witness.started(subject)
                kills = subject.eyes.oom_kills()
                try:
                    self._greet(subject)
                    self._go_through_stops(subject, on_start, on_step)
                except RunnerError as error:
                    self._end_broken(error, kills, subject.eyes.oom_kills())
        except Interrupted as signal:
            self._stop = self._stopped("interrupted", str(signal))
            raise
        except RunnerError as error:
            self._end_broken(error, None, None)
        except Exception as error:
            if not is_refusal(error):
                raise
            self._end_broken(RunnerError(f"the harness: {error!r}"), None, None)
        finally:  # the runner has ended by then, so that its time is known
            self._others = shares_of_others(rig, before)

    def record(self, started_seconds: float) -> Session:
        """What the sweep has come to, finished or not."""
        return Session(
            case=self._job.entry.name,
            purpose=self._job.purpose,
            round=self._job.round,
            started_seconds=started_seconds,
            seconds=self._clock.monotonic() - self._began,
            stop=self._stop or self._stopped("failed", "the sweep was not finished"),
            hello=self._hello,
            baseline=self._baseline,
            steps=self._all_steps,
            limits=self._witness.limits,
            others_share=self._others[0],
            stolen_share=self._others[1],
        )

    @property
    def hopeless(self) -> bool:
        """Whether further sweeps would only fail again: the runner hung, each time of which costs
        half a minute, or it broke before its first step."""
        broke = self._stop is not None and self._stop.status in ("failed", "refused")
        return self._hung or (broke and not self._steps)

    @property
    def alive(self) -> int:
        """The last count that was confirmed alive in this sweep, at rest or not."""
        return max((step.alive for step in self._all_steps), default=0)

    @property
    def _all_steps(self) -> tuple[Step, ...]:
        """The finished ones, and the one that was launched and then cut short."""
        return (*self._steps, *([self._unfinished] if self._unfinished is not None else ()))

    def _greet(self, subject: Subject) -> None:
        self._hello = hello_of(subject, self._job.entry)
        subject.eyes.settle(exact=False)
        self._baseline = subject.eyes.memory()
        self._witness.greeted(subject)

    def _go_through_stops(
        self,
        subject: Subject,
        on_start: Callable[[int], None],
        on_step: Callable[[Step, float | None], None],
    ) -> None:
        cycles = self._job.purpose == "leak"
        alive = 0
        before = self._baseline
        for count in self._job.stops:
            self._stop = self._objection(count, alive, before)
            if self._stop is not None:
                break
            on_start(count)
            self._asked = count
            step = self._step(subject, count, alive)
            self._add(step, before, on_step)
            alive, before = step.alive, step.readings
            self._stop = self._end_of(step)
            if self._stop is not None:
                break
            self._witness.stepped(step)
            if cycles:
                self._release(subject)
                alive, before = 0, self._baseline
                if is_level(self._steps):
                    break
        stop = self._stop or self._stopped(self._bounds.status, self._bounds.message)
        self._stop = self._witness.ended(stop, self._asked)
        if alive and not self._stop.left_no_memory:
            self._release(subject)

    def _objection(self, count: int, alive: int, before: Readings | None) -> Stop | None:
        used = total_bytes(before, self._baseline) if before is not None else None
        return self._bounds.objection(
            count, alive, used or 0, self._clock.monotonic(), self.forecast
        )

    def _step(self, subject: Subject, count: int, alive: int) -> Step:
        """Grow, settle, read, probe. Whatever ends it early, what is known by then is kept."""
        runner, eyes = subject.runner, subject.eyes
        burst = Burst(eyes.cpu(), eyes.swapped_out_pages())
        grown = runner.grow(count, self.forecast.burst_seconds(count - alive))
        burst = burst.with_(grown)
        self._unfinished = burst.step(count, alive, eyes.cpu())
        # A thread weighs on the kernel, a task hardly: only there is an exact count worth its wait.
        kind = self._job.entry.kind
        exact = self._job.purpose == "short" and kind == "thread"
        step = measured(self._unfinished, burst, eyes, kind, lambda: eyes.settle(exact))
        self._unfinished = step
        is_probed = not grown.refused and count in self._job.probed
        return self._probe(subject, step) if is_probed else step

    def _probe(self, subject: Subject, step: Step) -> Step:
        """The step with two rounds of starts. In the first the machine is as it is: a new thread is
        mostly put on a processor that sleeps, and waits until that is awake. In the second the
        runner is held on the processor that it runs on.

        Rejected: programs that keep the other processors busy. They give the same figure, at the
        cost of an interrupt, but use up the CPU quota of a container on a large machine.
        """
        units = min(MOST_PROBED, max(1, step.requested // PROBED_SHARE))
        from_idle = subject.runner.probe(units)
        step = _with_samples(step, START, from_idle)
        self._unfinished = step
        if from_idle.refused:
            return step
        with subject.eyes.on_one_processor() as is_held:
            awake = subject.runner.probe(units) if is_held else None
        return _with_samples(step, AWAKE_START, awake) if awake else step

    def _add(
        self,
        step: Step,
        before: Readings | None,
        on_step: Callable[[Step, float | None], None],
    ) -> None:
        self._unfinished = None
        self._steps.append(step)
        self.forecast = self.forecast.learned(before, step)
        on_step(step, bytes_per_unit(self._steps))

    def _end_of(self, step: Step) -> Stop | None:
        """Why the sweep ends with this step; `None` where it goes on."""
        if step.refusal is not None:
            return Stop(
                status="refused",
                count=step.alive,
                message=f"{step.refusal.error}: {step.refusal.message}",
                errno=step.refusal.errno,
            )
        if step.swapped:
            return self._stopped("reserve", "the machine began to swap")
        return None

    def _release(self, subject: Subject) -> None:
        """Ends the units; the last step keeps how long that took, and in some cycles of a leak
        sweep what memory was there before and after the collector ran."""
        last, read = self._steps[-1], self._reads_garbage
        before: list[Reading] = []

        def ended() -> None:
            subject.eyes.settle(exact=False)
            before.append(subject.eyes.memory()[USER])

        forecast = self.forecast.release_seconds(last.alive)
        released = subject.runner.release(forecast, ended if read else None)
        took = released.release_ns / 1e9
        garbage = {}
        if before:
            subject.eyes.settle(exact=False)
            garbage = {UNCOLLECTED: before[0], COLLECTED: subject.eyes.memory()[USER]}
        self._steps[-1] = msgspec.structs.replace(
            last, seconds=last.seconds | {RELEASE: took}, readings=last.readings | garbage
        )
        self.forecast = self.forecast.released(last.alive, took)

    @property
    def _reads_garbage(self) -> bool:
        """A few cycles tell, after the first ones, which fill an allocator's pools."""
        return self._job.purpose == "leak" and len(self._steps) in GARBAGE_CYCLES

    def _end_broken(self, error: RunnerError, kills: int | None, kills_now: int | None) -> None:
        """A runner that died, hung or broke the contract; with the kernel's counter where it was
        killed for memory. Where the sweep had already ended for a reason, that reason stays."""
        self._hung = isinstance(error, RunnerHung)
        evidence: tuple[str, ...] = ()
        if went_up(kills, kills_now):
            evidence = (f"killed for memory: the kernel's OOM kills went {kills} → {kills_now}",)
        if self._stop is not None:
            evidence = (*self._stop.evidence, f"afterwards {error}", *evidence)
            self._stop = msgspec.structs.replace(self._stop, evidence=evidence)
            return
        signal = error.signal if isinstance(error, RunnerDied) else None
        self.lacks = lacking(self._job.entry, error.tail)
        stop = Stop(
            status="killed" if signal else "failed",
            count=self.alive,
            message=self.lacks or str(error),
            evidence=evidence,
            errno=error.errno if isinstance(error, RunnerNotStarted) else None,
            signal=signal,
            stderr_tail="" if self.lacks else error.tail,
        )
        self._stop = stop if self._hung else self._witness.ended(stop, self._asked)

    def _stopped(self, status: Status, message: str) -> Stop:
        return Stop(status=status, count=self.alive, message=message)


def hello_of(subject: Subject, entry: Entry) -> Hello:
    """What the runner says of itself when it has started, and which variables it has."""
    said = subject.runner.hello()
    variables = subject.eyes.variables()
    return Hello(
        runtime=said.runtime,
        version=said.version,
        unit=said.unit,
        facts=dict(said.facts),
        environment=None if variables is None else counting(variables, entry.language),
    )


def samples_of(name: str, probed: Probed) -> dict[str, Bins]:
    """A round of starts under this name, and the round with nothing spawned beside it."""
    if not probed.start_ns:
        return {}
    return {name: bins_of(probed.start_ns), name + EMPTY: bins_of(probed.empty_ns)}


def _with_samples(step: Step, name: str, probed: Probed) -> Step:
    return msgspec.structs.replace(step, samples=step.samples | samples_of(name, probed))
