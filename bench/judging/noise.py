"""How noisy a gate's figure is where both sides are alike. Pure."""

from __future__ import annotations

import itertools
import statistics
from collections.abc import Sequence

from bench.derive.statistics import theil_sen
from bench.judging.gates import Gate
from bench.judging.outlook import Noise
from bench.judging.scale import Scale

FEWEST = 6  # pairs, for a spread that says anything


def noise_of(gate: Gate, pairs: Sequence[tuple[float, float]]) -> Noise:
    """`pairs` in the order in which they ran, in each the process that ran first."""
    values = [value for pair in pairs for value in pair]
    level = statistics.median(values) if values else None
    scale = Scale.of(gate, values)
    absolute = scale.margin.absolute
    if len(pairs) < FEWEST:
        return Noise(gate, len(pairs), level, absolute=absolute)
    steps = [scale.place(value) for value in values]
    return Noise(
        gate=gate,
        pairs=len(pairs),
        level=level,
        spread=statistics.stdev(steps),
        pair_spread=statistics.stdev(
            after - before for before, after in zip(steps[::2], steps[1::2], strict=True)
        ),
        drift=drift(steps),
        autocorrelation=autocorrelation(steps),
        absolute=absolute,
    )


def drift(steps: Sequence[float]) -> float:
    """The slope over the places of the values (Theil and Sen), over the whole of them: the median
    of all slopes, which spikes hardly move."""
    slope = theil_sen(range(len(steps)), steps).value or 0.0
    return slope * (len(steps) - 1)


def autocorrelation(steps: Sequence[float]) -> float | None:
    """Of each value with the next (Box, Jenkins and Reinsel, Time Series Analysis, 4th ed., 2.1.5);
    unknown where all are the same."""
    mean = statistics.fmean(steps)
    apart = [step - mean for step in steps]
    whole = sum(one * one for one in apart)
    if not whole:
        return None
    return sum(one * other for one, other in itertools.pairwise(apart)) / whole
