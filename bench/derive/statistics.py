"""Statistics: pure functions of numbers, which know nothing of files or runtimes.

Doubts travel with the value, as warnings in words. scipy takes a second to load and 140 MB of an
installation: what is needed of it is written out here, and tests hold it against scipy.
"""

from __future__ import annotations

import functools
import itertools
import math
import statistics
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from bench.model.records import Bins

FEWEST_FOR_INTERVAL = 6
CONFIDENCE = 0.95
NORMAL = statistics.NormalDist()
# As in HdrHistogram, a duration in a histogram keeps its eight leading bits, so that any number of
# samples is small: up to 255 ns each nanosecond has its own bin, above that a bin is between 0.39
# and 0.79 % as wide as its lower edge.
KEPT_BITS = 8


@dataclass(frozen=True)
class Estimate:
    """A value with its 95 % interval, in the unit of the numbers that it was made from. `low` and
    `high` are `None` where there are too few numbers, and `warnings` then says so."""

    value: float | None
    low: float | None = None
    high: float | None = None
    warnings: tuple[str, ...] = ()


def median_with_interval(values: Sequence[float]) -> Estimate:
    """The median of one value a session, with its order-statistic interval.

    The interval is a pair of the values themselves: how many of n fall below the true median is
    binomial (n, 1/2), whatever the distribution (Conover, Practical Nonparametric Statistics, 3rd
    ed., 3.2). With under 6 values no pair reaches 95 %.
    """
    if not values:
        return Estimate(None)
    median = statistics.median(values)
    if len(values) < FEWEST_FOR_INTERVAL:
        have = f"no confidence interval ({len(values)} of {FEWEST_FOR_INTERVAL} repeats)"
        return Estimate(median, warnings=(have,))
    ordered = sorted(values)
    # The least count of heads in so many tosses whose cumulative chance reaches the missed one.
    reached, rank = 1, 0
    while reached < (1 - CONFIDENCE) / 2 * 2 ** len(values):
        rank += 1
        reached += math.comb(len(values), rank)
    return Estimate(median, ordered[rank - 1], ordered[-rank])


def share_with_interval(hits: int, of: int) -> Estimate:
    """A share with its interval, which holds at least as often as it says, however few there are
    (Clopper and Pearson 1934). Unknown of nothing."""
    if not of:
        return Estimate(None)
    missed = (1 - CONFIDENCE) / 2

    def at_most(count: int, share: float) -> float:
        """The chance of so many hits or fewer."""
        return math.fsum(
            math.comb(of, hit) * share**hit * (1 - share) ** (of - hit) for hit in range(count + 1)
        )

    low = _bisected(lambda share: 1 - at_most(hits - 1, share) < missed, 1.0) if hits else 0.0
    high = _bisected(lambda share: at_most(hits, share) > missed, 1.0) if hits < of else 1.0
    return Estimate(hits / of, low, high)


@functools.cache
def student_quantile(chance: float, freedom: int) -> float:
    """The t of Student's distribution with so many degrees of freedom that is below `chance`, which
    is over a half (Abramowitz and Stegun, 26.7.3 and 26.7.4)."""

    def below(t: float) -> float:
        angle = math.atan(t / math.sqrt(freedom))
        odd = freedom % 2
        term = math.cos(angle) if odd else 1.0
        total = 0.0 if freedom == 1 else term
        for step in range(2 + odd, freedom - 1, 2):
            term *= math.cos(angle) ** 2 * (step - 1) / step
            total += term
        inside = math.sin(angle) * total
        return 0.5 + ((angle + inside) / math.pi if odd else inside / 2)

    return _bisected(lambda t: below(t) < chance, 1e6)


def _bisected(is_below: Callable[[float], bool], most: float) -> float:
    """Where between 0 and `most` the answer turns from yes to no."""
    low, high = 0.0, most
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (middle, high) if is_below(middle) else (low, middle)
    return low


def theil_sen(xs: Sequence[float], ys: Sequence[float]) -> Estimate:
    """The median of the slopes between all pairs of points, which outliers hardly move, with the
    interval of Sen (1968, JASA 63, 1379), by the normal approximation of Kendall's statistic with
    ties. Unknown under 3 distinct `xs`."""
    if len(set(xs)) < 3:
        return Estimate(None, warnings=(f"need at least 3 points for a slope, have {len(xs)}",))
    points = sorted(zip(xs, ys, strict=True))
    slopes = sorted(
        (y - earlier_y) / (x - earlier_x)
        for (earlier_x, earlier_y), (x, y) in itertools.combinations(points, 2)
        if x > earlier_x
    )
    # The variance of Kendall's S: of all points, less that of the ties.
    ties = [*Counter(xs).values(), *Counter(ys).values()]
    whole, *tied = (n * (n - 1) * (2 * n + 5) / 18 for n in (len(points), *ties))
    width = NORMAL.inv_cdf((1 + CONFIDENCE) / 2) * math.sqrt(max(0.0, whole - sum(tied)))
    low = max(round((len(slopes) - width) / 2) - 1, 0)
    high = min(round((len(slopes) + width) / 2), len(slopes) - 1)
    return Estimate(statistics.median(slopes), slopes[low], slopes[high])


def outliers(values: Sequence[float], factor: float) -> tuple[int, ...]:
    """The places of the values over `factor` times their median, or under its `factor`-th part.

    A factor rather than a count of deviations: of three sessions two are often so near each other
    that any third would be far off in deviations.
    """
    if len(values) < 3 or not (median := statistics.median(values)):
        return ()
    return tuple(
        place
        for place, value in enumerate(values)
        if value > factor * median or value < median / factor
    )


def bins_of(samples: Iterable[int]) -> Bins:
    """The histogram of `samples` in nanoseconds. Raises `ValueError` where one is negative."""
    durations = sorted(samples)
    if durations and durations[0] < 0:
        raise ValueError(f"a duration of {durations[0]} ns: must not be negative")
    counts = Counter(duration - duration % _width(duration) for duration in durations)
    floors = sorted(counts)
    return Bins(floors_ns=tuple(floors), counts=tuple(counts[floor] for floor in floors))


def quantile_seconds(bins: Bins, q: float) -> float | None:
    """The smallest duration that at least the share `q` of the samples do not exceed.

    It is the middle of its bin, so exact within 0.4 %. `None` where there is no sample.
    """
    total = sum(bins.counts)
    if not total:
        return None
    # Without rounding, 0.07 * 100 is 7.000000000000001 and would be the eighth of a hundred.
    rank = max(1, math.ceil(round(q * total, 6)))
    reached = itertools.accumulate(bins.counts)
    floor = next(f for f, count in zip(bins.floors_ns, reached, strict=True) if count >= rank)
    return (floor + (_width(floor) - 1) / 2) / 1e9


def _width(sample: int) -> int:
    return 1 << max(0, sample.bit_length() - KEPT_BITS)
