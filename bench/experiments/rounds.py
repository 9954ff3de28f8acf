"""The run of an experiment that is its sessions and nothing else: all of them, in rounds."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from typing import Annotated

from msgspec import Meta

from bench.engine import events
from bench.engine.budget import bounds
from bench.engine.ledger import USED_UP
from bench.experiments.base import AT, Run, SessionKind, Target, noted
from bench.model.records import MOST, Count, Machine, Plan, Record, Result, Spec


class RoundsOptions(Record, frozen=True, kw_only=True):
    """What the user asked for of an experiment without options of its own: `repeats` of each kind
    of its sessions, with `at` units, within a `budget` in seconds."""

    at: Annotated[int, Meta(gt=0, le=MOST)] | None = None
    repeats: Count = 6
    budget: Annotated[float, Meta(gt=0, le=1e9)] | None = None
    seed: int = 0


class RoundsRun:
    """The run of an experiment that needs no other: in each round every kind of its sessions, of
    every case, in random order. A session that does not fit in the time is skipped."""

    def __init__(
        self,
        name: str,
        kinds: Sequence[SessionKind],
        options: RoundsOptions,
        targets: Sequence[Target],
        machine: Machine,
        observe: events.Observer,
        save: Callable[[Result], None],
        spec: Spec | None = None,
    ) -> None:
        plan = Plan(
            sweeps=options.repeats,
            seed=options.seed,
            climb=False,
            max=options.at,
            budget_seconds=options.budget,
            settings=noted(targets),
            preset=name,
        )
        self._kinds, self._options = kinds, options
        self._run = Run(
            name, plan, targets, machine, observe, save, spec, budget_seconds=options.budget
        )

    def run(self) -> Result:
        """Raises `MeasureError` where nothing can run; an `Interrupted` passes through, what is
        finished being saved by then."""
        run, options, dice = self._run, self._options, random.Random(self._options.seed)
        ready, skipped, hopeless = run.built(), set[str](), set[str]()
        run.start(math.inf if options.budget is None else options.budget)
        for number in range(1, options.repeats + 1):
            drawn = [(target, kind) for target in ready for kind in self._kinds]
            dice.shuffle(drawn)
            for target, kind in drawn:
                key, case = target.key, target.case.kind
                job = target.job(
                    kind.purpose, number, tuple(kind.stops(options.at or AT[case], case))
                )
                if key in hopeless:
                    continue
                if job.expected_seconds(run.forecasts[key]) > run.left():
                    skipped.add(key)
                    continue
                limits = bounds(case, job.stops[-1], True, target.rig.room(), run.end)
                live = run.session(target, job)
                run.take(live, kind.within(limits), options.repeats)
                if live.hopeless:
                    hopeless.add(key)
                    run.warn(f"{key} was given up after a session that could not be made")
        if skipped:
            run.ledger.warn(f"not every repeat of {run.in_order(skipped)} was made: {USED_UP}")
        return run.ledger.finish()
