"""One session: a fresh runner that an experiment takes from its greeting to its end.

The experiment says what is done (`grow`, `measure`, `look`, `release`); a session does it and says
why it ended. Whatever happens (a refusal, a death, a signal) `record` has the finished steps and
the count that was launched last.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from bench.derive.statistics import bins_of
from bench.engine import events
from bench.engine.budget import Forecast, Job, bytes_per_unit, total_bytes
from bench.engine.burst import Burst, measured, went_up
from bench.engine.environment import counting
from bench.engine.protocol import Probed
from bench.engine.rig import Rig, shares_of_others
from bench.engine.runner import RunnerDied, RunnerError, RunnerHung
from bench.engine.toolchain import lacking
from bench.errors import is_refusal
from bench.limits.predict import NO_RESERVES, Prediction, Reserves
from bench.limits.recognise import start_explained
from bench.limits.watch import Watch, limits_of
from bench.model.records import (
    AWAKE_START,
    COLLECTED,
    EMPTY,
    RELEASE,
    START,
    UNCOLLECTED,
    USER,
    Act,
    Bins,
    Limit,
    Reading,
    Readings,
    RunnerInfo,
    Session,
    Status,
    Step,
    Stop,
)
from bench.signals import Interrupted
from runners.catalogue import MOST_UNITS


class LiveSession:
    """A session while it goes on. `stop` is why it ended, `None` until then. `forecast` is what has
    been learned of the runtime so far; `prediction` what each limit allowed at the last look, and
    `predicted` the count that was predicted before the launch. `lacks` is what the runner could not
    be started without, with what to type. Events name the runtime as `row`."""

    def __init__(
        self,
        job: Job,
        rig: Rig,
        forecast: Forecast | None = None,
        reserves: Reserves = NO_RESERVES,
        observe: events.Observer = lambda event: None,
        row: str | None = None,
    ) -> None:
        self.job = job
        self.rig = rig
        self.forecast = forecast or Forecast.of(job.entry)
        self.reserves = reserves
        self.alive, self.reached = 0, 0  # now, and the most that were confirmed
        self.steps: list[Step] = []
        self.acts: list[Act] = []
        self.stop: Stop | None = None
        self.prediction = Prediction(())
        self.predicted: int | None = None
        self.lacks: str | None = None
        self._observe, self._row = observe, row or job.entry.name
        self.began = rig.clock.monotonic()
        self._hello: RunnerInfo | None = None
        self._baseline: Readings | None = None
        self._memory: Readings | None = None  # before the burst that comes next
        self._burst: Burst | None = None
        self._unfinished: Step | None = None
        self._watch: Watch | None = None
        self.limits: tuple[Limit, ...] = ()
        self._asked = 0
        self._hung = False
        self._others: tuple[float | None, float | None] = (None, None)

    def run(self, drive: Callable[[LiveSession], None]) -> None:
        """Starts the runner, has `drive` take it along, and ends it. Only `Interrupted` and faults
        of ours come out of it."""
        before = self.rig.processor_time()
        try:
            most = max(self.job.stops, default=MOST_UNITS)
            with self.rig.start(self.job.entry, self.job.settings, most) as self._subject:
                kills = self._subject.monitor.oom_kills()
                try:
                    self._greet()
                    drive(self)
                except RunnerError as error:
                    went = went_up(kills, now := self._subject.monitor.oom_kills())
                    words = f"killed for memory: the kernel's OOM kills went {kills} → {now}"
                    self._end_broken(error, self._subject.runner.pid, (words,) if went else ())
        except Interrupted as signal:
            self.end_with("interrupted", str(signal))
            raise
        except Exception as error:
            if not (isinstance(error, RunnerError) or is_refusal(error)):
                raise
            self._end_broken(error)
        finally:  # the runner has ended by then, so that its time is known
            self._others = shares_of_others(self.rig, before)

    def grow(self, count: int) -> None:
        """Launches up to `count` in all and reads nothing: as fast as the runtime goes. Several in
        a row are one burst until it is measured. A refusal ends the session."""
        self._observe(events.StepStarted(self._row, self.job.purpose, count))
        monitor = self._subject.monitor
        burst = self._burst or Burst(monitor.cpu(), monitor.swapped_out_pages(), self.alive)
        self._burst, self._asked = burst, count
        grown = self._subject.runner.grow(count, self.forecast.burst_seconds(count - self.alive))
        self._burst, self.alive = burst.with_(grown), grown.alive
        self.reached = max(self.reached, grown.alive)
        if grown.refused is not None:
            message = f"{grown.refused.error}: {grown.refused.message}"
            stop = Stop(status="refused", count=grown.alive, message=message)
            self._explain(msgspec.structs.replace(stop, errno=grown.refused.errno))

    def measure(self, probed: int = 0, awake: bool = False) -> None:
        """Makes a step of what was launched since the last one: settles, reads, and times the start
        of `probed` further units unless the last were refused. Whatever cuts it short, what is
        known by then is kept. `awake`: processors must not sleep meanwhile (see `Monitor`)."""
        burst, monitor, kind = self._burst, self._subject.monitor, self.job.entry.kind
        if burst is None:
            return
        # A thread weighs on the kernel, a task hardly: only there is an exact count worth its wait.
        exact = self.job.purpose == "short" and kind == "thread"
        self._unfinished = burst.step(self._asked, monitor.cpu())
        self._unfinished = measured(
            self._unfinished, burst, monitor, kind, lambda: monitor.settle(exact, awake)
        )
        if probed and not burst.refusal:
            self._probe(probed)
        step, self._unfinished, self._burst = self._unfinished, None, None
        self.steps.append(step)
        self.forecast = self.forecast.learned(self._memory, step)
        self._memory = step.readings
        each = bytes_per_unit(self.steps)
        self._observe(events.StepFinished(self._row, self.job.purpose, step, each))
        if step.swapped:
            self.end_with("reserve", "the machine began to swap")

    def look(self) -> None:
        """Looks at every limit, with the units of the last step alive, and predicts anew."""
        assert self._watch is not None
        if self.steps:
            self._watch.look(self.alive, self.steps[-1].readings)
        self.prediction = self._watch.predict(self.reserves)
        self.limits = limits_of(self.prediction)

    def hold(self) -> None:
        """Takes in what the units of the last step hold, which is cheap, and looks at no limit:
        what memory further units take is known by comparison alone."""
        assert self._watch is not None
        self._watch.hold(self.alive, self.steps[-1].readings)

    def settle_prediction(self) -> None:
        """Keeps what is predicted now as the prediction that was made before launching."""
        self.predicted = self.prediction.ceiling

    def act(self, name: str, options: Mapping[str, str], foretold_seconds: float = 0.0) -> Act:
        """Has the living units perform an operation and park again, and keeps what it took."""
        self.acts.append(self._subject.perform(name, options, foretold_seconds))
        return self.acts[-1]

    def release(self, reads_garbage: bool = False) -> None:
        """Ends the units, unless they were refused the memory that waking them would take. The last
        step keeps how long that took, and, if `reads_garbage`, what memory was there before the
        collector ran and after."""
        if not self.alive or not self.steps or (self.stop and self.stop.left_no_memory):
            return
        runner, monitor, last = self._subject.runner, self._subject.monitor, self.steps[-1]
        before: list[Reading] = []

        def ended() -> None:
            monitor.settle()
            before.append(monitor.memory()[USER])

        forecast = self.forecast.release_seconds(self.alive)
        took = runner.release(forecast, ended if reads_garbage else None).release_ns / 1e9
        self.forecast = self.forecast.released(self.alive, took)
        garbage = {}
        if before:
            monitor.settle()
            garbage = {UNCOLLECTED: before[0], COLLECTED: monitor.memory()[USER]}
        self.steps[-1] = msgspec.structs.replace(
            last, seconds=last.seconds | {RELEASE: took}, readings=last.readings | garbage
        )
        self.alive, self._memory = 0, self._baseline

    def end(self, stop: Stop) -> None:
        """Keeps why the session ended; the first reason stays. Where a reserve or the time came
        first, with the count at which the limit itself would bind."""
        if self.stop is not None:
            return
        wall = self.prediction.wall if stop.status in ("reserve", "budget") else None
        projected = wall.units if wall else None
        self.stop = msgspec.structs.replace(stop, predicted=self.predicted, projected=projected)

    def end_with(self, status: Status, message: str) -> None:
        """Ends the session for a reason that needs no evidence."""
        self.end(Stop(status=status, count=self.reached, message=message))

    @property
    def used_bytes(self) -> int:
        """What the units of the last step take; 0 where that is unknown."""
        return (self._memory and total_bytes(self._memory, self._baseline)) or 0

    @property
    def hopeless(self) -> bool:
        """Whether further sessions would only fail again: the runner hung, each time of which costs
        half a minute, or it broke before its first step was finished."""
        broke = self.stop is not None and self.stop.status in ("failed", "refused")
        return self._hung or (broke and not self.steps)

    def record(self, began: float) -> Session:
        """What the session has come to, finished or not; `began` is the start of the run."""
        self.end_with("failed", "the session was not finished")
        assert self.stop is not None
        burst, unfinished = self._burst, self._unfinished
        if unfinished is None and burst is not None and burst.alive > burst.alive_before:
            unfinished = burst.step(self._asked)
        return Session(
            case=self.job.entry.name,
            purpose=self.job.purpose,
            round=self.job.round,
            started_seconds=self.began - began,
            seconds=self.rig.clock.monotonic() - self.began,
            stop=self.stop,
            hello=self._hello,
            baseline=self._baseline,
            steps=(*self.steps, *([unfinished] if unfinished else [])),
            acts=tuple(self.acts),
            limits=self.limits,
            others_share=self._others[0],
            stolen_share=self._others[1],
        )

    def _greet(self) -> None:
        runner, monitor, entry = self._subject.runner, self._subject.monitor, self.job.entry
        said, variables = runner.hello(), monitor.variables()
        self._hello = RunnerInfo(
            runtime=said.runtime,
            version=said.version,
            unit=said.unit,
            facts=dict(said.facts),
            environment=None if variables is None else counting(variables, entry),
        )
        self._watch = Watch(self.rig.system, runner.pid, entry.own_limits, entry.kind)
        monitor.settle()
        self._baseline = self._memory = monitor.memory()

    def _probe(self, units: int) -> None:
        """Adds two rounds of starts to the step. In the first the machine is as it is: a new thread
        is mostly put on a processor that sleeps, and waits until that is awake. In the second the
        runner is held on the processor that it runs on.

        Rejected: programs that keep the other processors busy. They give the same figure, at the
        cost of an interrupt, but use up the CPU quota of a container on a large machine.
        """
        probed = self._subject.runner.probe(units)
        self._add_samples(START, probed)
        if probed.refused:
            return
        with self._subject.monitor.on_one_processor() as is_held:
            if is_held:
                self._add_samples(AWAKE_START, self._subject.runner.probe(units))

    def _add_samples(self, name: str, probed: Probed) -> None:
        step = self._unfinished
        assert step is not None
        samples = step.samples | samples_of(name, probed)
        self._unfinished = msgspec.structs.replace(step, samples=samples)

    def _end_broken(
        self, error: Exception, pid: int | None = None, evidence: tuple[str, ...] = ()
    ) -> None:
        """A runner that could not be started, died, hung or broke the contract, or a system that
        refused something to the harness itself. Where the session had already ended for a reason,
        that reason stays. `pid` is the runner's, unreaped."""
        self._hung = isinstance(error, RunnerHung)
        ours = not isinstance(error, RunnerError)
        message = f"the harness: {error!r}" if ours else str(error)
        if self.stop is not None:
            evidence = (*self.stop.evidence, f"afterwards {message}", *evidence)
            self.stop = msgspec.structs.replace(self.stop, evidence=evidence)
            return
        signal = error.signal if isinstance(error, RunnerDied) else None
        tail = error.tail if isinstance(error, RunnerError) else ""
        self.lacks = lacking(self.job.entry, tail)
        stop = Stop(
            status="killed" if signal else "failed",
            count=self.reached,
            message=self.lacks or message,
            evidence=evidence,
            errno=getattr(error, "errno", None),
            signal=signal,
            stderr_tail="" if self.lacks else tail,
        )
        if self._hung or self.lacks:
            self.end(stop)
        elif self._hello is None or ours:
            self.end(start_explained(self.rig.system, stop, pid))
        else:
            self._explain(stop)

    def _explain(self, stop: Stop) -> None:
        """Ends the session with the limit behind the stop, once something was asked for."""
        assert self._watch is not None
        self.end(self._watch.explained(stop, self._asked) if self._asked else stop)


def samples_of(name: str, probed: Probed) -> dict[str, Bins]:
    """A round of starts under this name, and the round with nothing spawned beside it."""
    if not probed.start_ns:
        return {}
    return {name: bins_of(probed.start_ns), name + EMPTY: bins_of(probed.empty_ns)}
