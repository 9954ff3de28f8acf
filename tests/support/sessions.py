"""One session of the population experiment, made as that makes it."""

from __future__ import annotations

from bench.engine.budget import Bounds, Job
from bench.engine.events import Observer
from bench.engine.rig import Rig
from bench.engine.session import LiveSession
from bench.experiments.population import take_steps
from bench.model.records import Session

NO_BOUNDS = Bounds(10**9, "max", "reached what was asked for")


def live_session(
    job: Job, rig: Rig, bounds: Bounds = NO_BOUNDS, observe: Observer = lambda event: None
) -> LiveSession:
    """A session that has gone through the stops of its job."""
    live = LiveSession(job, rig, observe=observe)
    live.run(lambda _: take_steps(live, bounds))
    return live


def session(job: Job, rig: Rig, bounds: Bounds = NO_BOUNDS) -> Session:
    """What is kept of such a session."""
    return live_session(job, rig, bounds).record(0.0)
