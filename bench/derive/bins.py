"""Histograms of durations whose bins grow with the value, so that any number of samples is small.

As in HdrHistogram, a value keeps its eight leading bits: up to 255 ns each nanosecond has its own
bin, above that a bin is between 0.39 and 0.79 % as wide as its lower edge.
"""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Iterable

from bench.model.records import Bins

KEPT_BITS = 8


def bins_of(samples: Iterable[int]) -> Bins:
    """The histogram of `samples` in nanoseconds. Raises `ValueError` where one is negative."""
    counts = Counter(_floor(sample) for sample in samples)
    floors = sorted(counts)
    return Bins(floors_ns=tuple(floors), counts=tuple(counts[floor] for floor in floors))


def quantile_seconds(bins: Bins, q: float) -> float | None:
    """The smallest duration that at least the share `q` of the samples do not exceed.

    It is told as the middle of its bin, so within 0.4 %. `None` where there is no sample.
    """
    total = sum(bins.counts)
    if not total:
        return None
    # Without rounding, 0.07 * 100 is 7.000000000000001 and would be the eighth of a hundred.
    rank = max(1, math.ceil(round(q * total, 6)))
    reached = itertools.accumulate(bins.counts)
    floor = next(f for f, count in zip(bins.floors_ns, reached, strict=True) if count >= rank)
    return (floor + (_width(floor) - 1) / 2) / 1e9


def _floor(sample: int) -> int:
    if sample < 0:
        raise ValueError(f"a duration of {sample} ns: must not be negative")
    return sample - sample % _width(sample)


def _width(sample: int) -> int:
    return 1 << max(0, sample.bit_length() - KEPT_BITS)
