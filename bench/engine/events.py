"""What an experiment tells while it runs. The live view draws these; nothing else listens.

An observer is any callable that takes one event. Events are values: an observer cannot reach back
into the experiment.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bench.model.records import CaseRecord, Step, Stop


@dataclass(frozen=True)
class RunStarted:
    """The runtimes in the order shown; `seconds` is the expected duration of the whole run."""

    runtimes: tuple[CaseRecord, ...]
    seconds: float


@dataclass(frozen=True)
class BuildStarted:
    """A runner is being built on first use, which may take a while and is outside the budget."""

    runtime: str
    command: str


@dataclass(frozen=True)
class PairStarted:
    """A pair of two sides begins; `pairs` are made until the next look at them. From here on the
    events of a session name the runtime with its side."""

    number: int
    pairs: int


@dataclass(frozen=True)
class SessionStarted:
    runtime: str
    purpose: str
    round: int
    rounds: int


@dataclass(frozen=True)
class StepStarted:
    """A burst to `count` units begins."""

    runtime: str
    purpose: str
    count: int


@dataclass(frozen=True)
class StepFinished:
    """`bytes_per_unit` is all memory, as `forecast.bytes_per_unit` has it; `None` where unknown."""

    runtime: str
    purpose: str
    step: Step
    bytes_per_unit: float | None


@dataclass(frozen=True)
class SessionFinished:
    runtime: str
    purpose: str
    stop: Stop


@dataclass(frozen=True)
class TimeLeft:
    """The expected seconds until the run ends, sent after each step."""

    seconds: float


@dataclass(frozen=True)
class Note:
    """Something the user should know now, in one sentence."""

    message: str


Event = (
    RunStarted
    | BuildStarted
    | PairStarted
    | SessionStarted
    | StepStarted
    | StepFinished
    | SessionFinished
    | TimeLeft
    | Note
)
Observer = Callable[[Event], None]
