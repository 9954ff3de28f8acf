"""What was found of a machine's noise, and what to make of it, as frozen values.

`bench.judging.noise` and `bench.judging.advice` make them; tables draw from them.
"""

from __future__ import annotations

from dataclasses import dataclass

from bench.derive.statistics import Estimate
from bench.judging.gates import Gate

ENOUGH = 0.9  # of the jobs are to be cleared where nothing changed, and to find what did


@dataclass(frozen=True)
class Noise:
    """What `pairs` pairs of processes say of one gate. `level` is the median of their values.

    The others are steps on the gate's scale: logarithms, so that 0.05 is 5 % nearly enough, or if
    `absolute` differences in the figure's own unit. `spread` from process to process and
    `pair_spread` from pair to pair are standard deviations; `drift` is by how much the last process
    is above the first, by the slope over all; `autocorrelation` is that of one process with the
    next. `None` where there are too few pairs to tell.
    """

    gate: Gate
    pairs: int
    level: float | None
    spread: float | None = None
    pair_spread: float | None = None
    drift: float | None = None
    autocorrelation: float | None = None
    absolute: bool = False


@dataclass(frozen=True)
class Outlook:
    """What jobs with both sides alike would come to in one gate, by its margin: the shares that are
    cleared and that fail, and the median of the pairs that it takes."""

    gate: Gate
    cleared: float
    failed: float
    pairs: float

    @property
    def is_enough(self) -> bool:
        return self.cleared >= ENOUGH


@dataclass(frozen=True)
class Advice:
    """One gate: what to expect by the usual margin, and by the one that is advised, `None` where no
    margin of a reasonable size would do. `usual_with_pairs` is with how many pairs at most the
    usual one would; `found` the smallest change, in the terms of the margin, that nine of ten jobs
    would find by the advised one. `None` where there is none."""

    usual: Outlook
    advised: Outlook | None
    usual_with_pairs: int | None = None
    found: float | None = None

    @property
    def is_wider(self) -> bool:
        return self.advised is not None and self.advised.gate.margin != self.usual.gate.margin


@dataclass(frozen=True)
class Plan:
    """A runtime's gates, and what to expect of them together by the advised margins: how many of so
    many `jobs` with both sides alike, drawn from `pairs` pairs, fail, and the share that stays
    inconclusive. A gate for which nothing can be advised is not among those; `None` where there is
    no other."""

    gates: tuple[Advice, ...]
    pairs: int
    jobs: int
    false_failures: Estimate | None
    inconclusive: float | None


@dataclass(frozen=True)
class RuntimeNoise:
    """One runtime: how noisy it is, and what to do about it; no plan where too few pairs are there
    to make one from."""

    runtime: str
    noises: tuple[Noise, ...]
    plan: Plan | None
