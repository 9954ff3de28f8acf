"""Two groups of processes that were not made in turn: is the new one worse, and by how much? Pure.

Nothing here knows of drift: what the machine did between the two groups looks like a difference of
the groups. Pairs (`bench.judging.paired`) know.
"""

from __future__ import annotations

import functools
import math
import statistics
from collections import Counter
from collections.abc import Sequence

from bench.derive.statistics import Estimate
from bench.judging.ranks import doubled_ranks

MOST_EXACT = 25  # a side; counted exactly up to here, by the normal approximation above


def rank_sum_p(base: Sequence[float], new: Sequence[float]) -> float:
    """Mann and Whitney's test, one-sided: the chance that `new` ranks this high, were the values
    dealt out to the two sides anew. Ties share their rank, and the count stays exact."""
    if max(len(base), len(new)) > MOST_EXACT:
        return _normal_p(base, new)
    ranks = doubled_ranks([*base, *new])
    reached = sum(ranks[len(base) :])
    ways = _ways(ranks, len(new))
    high = sum(count for total, count in enumerate(ways) if total >= reached)
    return high / math.comb(len(ranks), len(new))


def _normal_p(base: Sequence[float], new: Sequence[float]) -> float:
    """The same by the normal approximation, with the corrections for ties and for continuity
    (Hollander, Wolfe and Chicken, 4.1)."""
    ranks = doubled_ranks([*base, *new])
    m, n, all_ = len(base), len(new), len(ranks)
    reached = sum(ranks[m:]) / 2 - n * (n + 1) / 2
    ties = sum(count**3 - count for count in Counter(ranks).values())
    spread = math.sqrt(m * n / 12 * (all_ + 1 - ties / (all_ * (all_ - 1))))
    if not spread:
        return 1.0
    return statistics.NormalDist().cdf(-(reached - m * n / 2 - 0.5) / spread)


def shift(base: Sequence[float], new: Sequence[float], missed: float) -> Estimate:
    """The median of all new − base, with the interval that misses by `missed` on either side.

    Hollander, Wolfe and Chicken, Nonparametric Statistical Methods, 3rd ed., 4.2 and 4.3.
    """
    if not base or not new:
        return Estimate(None)
    moves = sorted(after - before for after in new for before in base)
    rank = _interval_rank(len(base), len(new), missed)
    value = statistics.median(moves)
    return Estimate(value, moves[rank - 1], moves[-rank]) if rank else Estimate(value)


@functools.lru_cache(maxsize=256)
def _interval_rank(base: int, new: int, missed: float) -> int:
    """The place, from either end, of the move at which the interval ends; 0 if there is none."""
    if max(base, new) > MOST_EXACT:
        spread = math.sqrt(base * new * (base + new + 1) / 12)
        below = statistics.NormalDist(base * new / 2, spread).inv_cdf(missed)
        return max(0, math.floor(below))
    ways = _ways(list(range(2, 2 * (base + new) + 1, 2)), new)
    lowest, whole = new * (new + 1), math.comb(base + new, new)
    rank, chance = 0, ways[lowest] / whole
    while chance <= missed:
        rank += 1
        chance += ways[lowest + 2 * rank] / whole
    return rank


def _ways(ranks: Sequence[int], chosen: int) -> list[int]:
    """How many choices of so many `ranks` have each sum, by the sum."""
    most = sum(sorted(ranks)[-chosen:]) if chosen else 0
    counts = [[1] + [0] * most, *([0] * (most + 1) for _ in range(chosen))]
    for done, rank in enumerate(ranks, start=1):
        for size in range(min(done, chosen), 0, -1):
            lower, row = counts[size - 1], counts[size]
            for total in range(most, rank - 1, -1):
                row[total] += lower[total - rank]
    return counts[chosen]
