"""Pairs: is the new side worse, by how much, and how sure is that? Pure, and exact.

`differences` are new − base or log(new ÷ base), pair by pair. Were the two sides alike, each
difference would have either sign with the same chance, whatever the machine did meanwhile.
"""

from __future__ import annotations

import functools
import math
import statistics
from collections.abc import Sequence

from bench.derive.statistics import Estimate
from bench.judging.ranks import doubled_ranks, same


def signed_rank_p(differences: Sequence[float]) -> float:
    """Wilcoxon's signed-rank test, one-sided: the chance of a rank sum this high, were the signs
    tossed. Pairs without a difference are left out.

    `scipy.stats.wilcoxon` gives the same where no two are alike in size; bytes come in pages and
    often are, and there it is no longer exact. Here the signs of the ranks that are there are
    tossed: all 2ⁿ outcomes, counted at once.
    """
    moved = [difference for difference in differences if not same(difference, 0.0)]
    if not moved:
        return 1.0
    ranks = doubled_ranks([abs(difference) for difference in moved])
    reached = sum(rank for rank, difference in zip(ranks, moved, strict=True) if difference > 0)
    return _chance_of_at_least(reached, tuple(sorted(ranks)))


def hodges_lehmann(differences: Sequence[float], missed: float) -> Estimate:
    """The median of all pairwise means, with the interval that misses by `missed` on either side.

    Hollander, Wolfe and Chicken, Nonparametric Statistical Methods, 3rd ed., 3.2 and 3.3. `low` and
    `high` are `None` where so few pairs allow no such interval.
    """
    if not differences:
        return Estimate(None)
    means = sorted(
        (one + other) / 2
        for place, one in enumerate(differences)
        for other in differences[: place + 1]
    )
    rank = interval_rank(len(differences), missed)
    value = statistics.median(means)
    return Estimate(value, means[rank - 1], means[-rank]) if rank else Estimate(value)


@functools.lru_cache(maxsize=4096)
def interval_rank(pairs: int, missed: float) -> int:
    """The place, from either end, of the pairwise mean at which the interval ends; 0 if none."""
    ranks = tuple(range(2, 2 * pairs + 1, 2))
    most = pairs * (pairs + 1)  # the doubled rank sum of all
    rank = 0
    while _chance_of_at_least(most - 2 * rank, ranks) <= missed:
        rank += 1
    return rank


def _chance_of_at_least(reached: int, ranks: tuple[int, ...]) -> float:
    """The share of all 2ⁿ choices among `ranks` whose sum is at least `reached`."""
    slot = len(ranks) + 1  # bits, wide enough for any count
    above = _choices(ranks) >> (slot * reached)
    # Digits in base b leave, divided by b − 1, the same rest as their sum, which is smaller.
    count = above % ((1 << slot) - 1)
    return math.ldexp(count, -len(ranks))


@functools.lru_cache(maxsize=256)
def _choices(ranks: tuple[int, ...]) -> int:
    """How many choices among `ranks` have each sum: one number whose digit s, n + 1 bits wide, is
    the count for the sum s. It is the product of the (1 + xʳ), x being one digit's place."""
    slot = len(ranks) + 1
    counts = 1
    for rank in ranks:
        counts += counts << (slot * rank)
    return counts
