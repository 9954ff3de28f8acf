"""What befalls the processes of a job whichever side they are: none of it is a regression.

Each takes a figure's values in the order in which the processes ran, and gives what they would have
been. Drift, modes and a slow CPU touch times; bytes do not know how fast a machine is.
"""

from __future__ import annotations

import math
import random
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bench.judging.gates import LEAK, MetricName
from bench.judging.noise import Nuisance, undisturbed

DRIFT = 0.05  # over the job
SPIKES, SPIKE = 0.05, 1.25  # so many of the processes, so many times as slow
MODE, STAYS = 1.1, 0.9  # so many times as slow, and how likely it stays as it is
SLOW_CPU, SLOWER = 0.3, 1.15
WAVE, ECHO = 0.05, 0.5  # the spread of a wave, and its autocorrelation from process to process
DIGITS = 2  # significant ones, of values in ties


def drift(figure: MetricName, values: Sequence[float], _dice: random.Random) -> Sequence[float]:
    """The machine slows down, bit by bit, over the whole job; memory of a leaking kind creeps."""
    if _is_leak(figure):
        return values
    last = max(1, len(values) - 1)
    return [value * (1 + DRIFT * place / last) for place, value in enumerate(values)]


def spikes(figure: MetricName, values: Sequence[float], dice: random.Random) -> Sequence[float]:
    """Here and there a process is far off."""
    if _is_leak(figure):
        return [value + 50 * (dice.random() < SPIKES) for value in values]
    return [value * (SPIKE if dice.random() < SPIKES else 1) for value in values]


def two_modes(figure: MetricName, values: Sequence[float], dice: random.Random) -> Sequence[float]:
    """The machine has a fast and a slow state, and stays in either for a while."""
    slow = dice.random() < 0.5
    found = []
    for value in values:
        slow = slow if dice.random() < STAYS else not slow
        found.append(value * MODE if slow and _is_time(figure) else value)
    return found


def another_cpu(
    figure: MetricName, values: Sequence[float], dice: random.Random
) -> Sequence[float]:
    """Some processes land on a slower core."""
    if not _is_time(figure):
        return values
    return [value * (SLOWER if dice.random() < SLOW_CPU else 1) for value in values]


def waves(figure: MetricName, values: Sequence[float], dice: random.Random) -> Sequence[float]:
    """What one process met, the next still meets in part: first-order autocorrelation."""
    if not _is_time(figure):
        return values
    height, found = dice.gauss(0, WAVE), []
    for value in values:
        height = ECHO * height + math.sqrt(1 - ECHO**2) * dice.gauss(0, WAVE)
        found.append(value * math.exp(height))
    return found


def ties(_figure: MetricName, values: Sequence[float], _dice: random.Random) -> Sequence[float]:
    """Values so coarse that many are the same."""
    return [float(f"{value:.{DIGITS}g}") for value in values]


@dataclass(frozen=True)
class Rescaled:
    """Times whose pairs vary as much as is wanted: deviations from the median, in logarithms, are
    so many times as wide."""

    factors: Mapping[MetricName, float]

    def __call__(
        self, figure: MetricName, values: Sequence[float], _dice: random.Random
    ) -> Sequence[float]:
        factor = self.factors.get(figure)
        if factor is None:
            return values
        middle = statistics.median(values)
        return [middle * (value / middle) ** factor for value in values]


NUISANCES: Mapping[str, Nuisance] = {
    "as recorded": undisturbed,
    "drift of 5 % over the job": drift,
    "spikes: 5 % of the processes off by 25 %": spikes,
    "two modes 10 % apart": two_modes,
    "30 % of the processes on a core 15 % slower": another_cpu,
    "waves of 5 %, autocorrelation 0.5": waves,
    "ties: values of two digits": ties,
}


def _is_time(figure: MetricName) -> bool:
    return figure.quantity.dimension == "seconds"


def _is_leak(figure: MetricName) -> bool:
    return figure == LEAK
