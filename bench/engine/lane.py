"""One runner on its way up: grown, measured where that is asked for, and its end explained."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from bench.engine.availability import lacking
from bench.engine.burst import Burst, measured
from bench.engine.forecast import Forecast, bytes_per_unit
from bench.engine.process import RunnerDied, RunnerError, RunnerHung, RunnerNotStarted
from bench.engine.protocol import Grown
from bench.engine.rig import Rig, Subject, shares_of_others
from bench.engine.sweep import hello_of
from bench.errors import is_refusal
from bench.limits.foretell import Foretold, Reserves
from bench.limits.model import Ending
from bench.limits.recognise import Verdict
from bench.limits.start import refused_start
from bench.limits.watch import Watch, limits_of
from bench.model.records import RELEASE, Hello, Limit, Readings, Session, Status, Step, Stop
from bench.signals import Interrupted
from bench.system import System
from runners.catalogue import Entry

NO_VERDICT = Verdict(None, None, ())

Teller = Callable[[int], None]
StepTeller = Callable[[Step, float | None], None]


class Lane:
    """Holds the state of one climb. `stop` is why it ended; until then it is `None`."""

    def __init__(
        self,
        entry: Entry,
        settings: dict[str, str],
        reserves: Reserves,
        on_start: Teller = lambda count: None,
        on_step: StepTeller = lambda step, bytes_per_unit: None,
    ) -> None:
        self.entry = entry
        self.reserves = reserves
        self.forecast = Forecast.of(entry)
        self.alive = 0
        self.stop: Stop | None = None
        self.foretold = Foretold(())
        self.predicted: int | None = None
        self.limits: tuple[Limit, ...] = ()
        self._settings = settings
        self._on_start, self._on_step = on_start, on_step
        self._hello: Hello | None = None
        self._baseline: Readings | None = None
        self._steps: list[Step] = []
        self._burst: Burst | None = None
        self._asked = 0
        self._others: tuple[float | None, float | None] = (None, None)

    def go(self, rig: Rig, way: Callable[[], None]) -> None:
        """Takes `way` with a fresh runner. Its refusal, death or rubbish, be it ahead of its first
        word, ends in `stop`; a signal too, which is passed on."""
        before = rig.processor_time()
        try:
            with rig.start(self.entry, self._settings) as self._subject:
                try:
                    self._greet(self._subject, rig)
                    way()
                    self._release()
                except RunnerError as error:
                    self._explain_death(error, rig.system)
        except RunnerNotStarted as error:
            self._explain_start(rig.system, error, error.errno)
        except Interrupted as signal:
            self.end(Stop(status="interrupted", count=self.alive, message=str(signal)))
            raise
        except Exception as error:
            if not is_refusal(error):
                raise
            self._explain_start(rig.system, error, getattr(error, "errno", None))
        finally:  # the runner has ended by then, so that its time is known
            self._others = shares_of_others(rig, before)

    def grow(self, count: int) -> None:
        """Launches up to `count` in all and reads nothing: as fast as the runtime goes."""
        self._on_start(count)
        self._asked = count
        burst = self._burst or self._new_burst()
        grown = self._subject.runner.grow(count, self.forecast.burst_seconds(count - self.alive))
        self._burst, self.alive = burst.with_(grown), grown.alive
        if grown.refused is not None:
            self._explain_refusal(grown)

    def measure(self, grown_to: int) -> None:
        """Keeps what was launched since the last step as one step, with its memory at rest."""
        if self._burst is None:
            return
        eyes, burst = self._subject.eyes, self._burst
        before = self._steps[-1] if self._steps else None
        launched = burst.step(grown_to, before.alive if before else 0, eyes.cpu())
        step = measured(launched, burst, eyes, self.entry.kind, eyes.settle_awake)
        self._add(step, before.readings if before else self._baseline)

    def look(self) -> None:
        """Looks at every limit, at the step that was measured last, and foretells anew."""
        self._watch.look(self.alive, self._steps[-1].readings)
        self._foretell()

    def settle_prediction(self) -> None:
        """Keeps what is foretold now as the prediction that was made before launching."""
        self.predicted = self.foretold.ceiling

    def end(self, stop: Stop) -> None:
        """Keeps why the climb ended; the first reason stays."""
        if self.stop is None:
            self.stop = msgspec.structs.replace(stop, predicted=self.predicted)

    def record(self, started_seconds: float, took_seconds: float) -> Session:
        """The climb as a result keeps it, finished or not."""
        self.end(Stop(status="failed", count=self.alive, message="the climb was not finished"))
        assert self.stop is not None
        return Session(
            case=self.entry.name,
            purpose="climb",
            round=1,
            started_seconds=started_seconds,
            seconds=took_seconds,
            stop=self.stop,
            hello=self._hello,
            baseline=self._baseline,
            steps=(*self._steps, *self._unmeasured()),
            limits=self.limits,
            others_share=self._others[0],
            stolen_share=self._others[1],
        )

    def _unmeasured(self) -> tuple[Step, ...]:
        """What was launched since the last step and never measured: the count is kept."""
        before = self._steps[-1].alive if self._steps else 0
        if self._burst is None or self._burst.alive <= before:
            return ()
        return (self._burst.step(self._asked, before),)

    def _greet(self, subject: Subject, rig: Rig) -> None:
        self._hello = hello_of(subject, self.entry)
        self._watch = Watch(rig.system, subject.runner.pid, self.entry.language, self.entry.kind)
        self._foretell()
        subject.eyes.settle(exact=False)
        self._baseline = subject.eyes.memory()

    def _foretell(self) -> None:
        """The limits that are kept are those of the last look, whose takes rest on most units."""
        self.foretold = self._watch.foretell(self.reserves)
        self.limits = limits_of(self.foretold)

    def _new_burst(self) -> Burst:
        eyes = self._subject.eyes
        return Burst(eyes.cpu(), eyes.swapped_out_pages())

    def _add(self, step: Step, before: Readings | None) -> None:
        self._burst = None
        self._steps.append(step)
        self.forecast = self.forecast.learned(before, step)
        self._on_step(step, bytes_per_unit(self._steps))
        if step.swapped:
            message = "the machine began to swap"
            self.end(Stop(status="reserve", count=self.alive, message=message))

    def _release(self) -> None:
        if not self.alive or not self._steps or (self.stop and self.stop.left_no_memory):
            return
        foretold = self.forecast.release_seconds(self.alive)
        took = self._subject.runner.release(foretold).release_ns / 1e9
        last = self._steps[-1]
        self._steps[-1] = msgspec.structs.replace(last, seconds=last.seconds | {RELEASE: took})

    def _explain_refusal(self, grown: Grown) -> None:
        assert grown.refused is not None
        message = f"{grown.refused.error}: {grown.refused.message}"
        verdict = self._watch.judge(Ending(grown.alive, self._asked, message, grown.refused.errno))
        self.end(
            Stop(
                status="refused",
                count=grown.alive,
                message=message,
                limit=verdict.limit,
                where=verdict.where,
                evidence=verdict.evidence,
                errno=grown.refused.errno,
            )
        )

    def _explain_start(self, system: System, error: Exception, errno: int | None) -> None:
        """The runner could not be started, or the harness not look at it."""
        message = str(error) if isinstance(error, RunnerError) else f"the harness: {error!r}"
        verdict = refused_start(system, message, errno)
        self.end(
            Stop(
                status="refused",
                count=self.alive,
                message=message,
                limit=verdict.limit,
                where=verdict.where,
                evidence=verdict.evidence,
                errno=errno,
            )
        )

    def _explain_death(self, error: RunnerError, system: System) -> None:
        """A runtime that ends itself where it is refused has been refused all the same."""
        signal = error.signal if isinstance(error, RunnerDied) else None
        verdict = NO_VERDICT
        if self._hello is None and isinstance(error, RunnerDied):
            if lacking(self.entry, error.tail) is None:
                pid = self._subject.runner.pid
                verdict = refused_start(
                    system, str(error), said=error.tail, signal=signal, runner=pid
                )
        elif self._asked and not isinstance(error, RunnerHung):
            verdict = self._watch.judge(
                Ending(self.alive, self._asked, str(error), None, signal, error.tail, dead=True)
            )
        by_itself: Status = "refused" if verdict.limit else "failed"
        lacks = lacking(self.entry, error.tail)
        self.end(
            Stop(
                status="killed" if signal else by_itself,
                count=self.alive,
                message=lacks or str(error),
                limit=verdict.limit,
                where=verdict.where,
                evidence=verdict.evidence,
                signal=signal,
                stderr_tail="" if lacks else error.tail,
            )
        )
