"""The exact rank tests: is the new side worse, by how much, and how sure is that? Pure.

In pairs, `differences` are new − base or log(new ÷ base), pair by pair: if the two sides are equal,
each difference has either sign with the same chance, whatever the machine does meanwhile. Two
groups that were not measured in turn know nothing of drift: what the machine did between them looks
like a difference of the groups.
"""

from __future__ import annotations

import functools
import math
import statistics
from collections import Counter
from collections.abc import Iterable, Sequence

from bench.derive.statistics import Estimate

ALIKE = 1e-9  # relative: two logarithms of the same ratio differ in their last bits
MOST_EXACT = 25  # a side; counted exactly up to here, by the normal approximation above
POWER = 0.9
# A job that misses changes of so many margins clears only a side that is better. Where a job is
# that blurred, its interval ends before the margin by luck (docs/regression.md has how often).
MARGINS = 4
NORMAL = statistics.NormalDist()


def same(one: float, other: float) -> bool:
    """Whether two values differ by no more than rounding."""
    return math.isclose(one, other, rel_tol=ALIKE, abs_tol=1e-15)


def doubled_ranks(values: Sequence[float]) -> list[int]:
    """Twice the rank of each value; equal ones share the mean of their ranks."""
    order = sorted(range(len(values)), key=values.__getitem__)
    ranks = [0] * len(values)
    start = 0
    while start < len(order):
        end = start + 1
        while end < len(order) and same(values[order[end]], values[order[start]]):
            end += 1
        for place in order[start:end]:
            ranks[place] = start + end + 1
        start = end
    return ranks


def signed_rank_p(differences: Sequence[float]) -> float:
    """Wilcoxon's signed-rank test, one-sided: the chance of a rank sum this high, were the signs
    tossed. Pairs without a difference are left out.

    `scipy.stats.wilcoxon` gives the same where no two have the same size; bytes come in pages and
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


def rank_sum_p(base: Sequence[float], new: Sequence[float]) -> float:
    """Mann and Whitney's test, one-sided: the chance that `new` ranks this high if the values are
    dealt to the two sides at random. Ties share their rank, and the count stays exact; with more
    than `MOST_EXACT` a side, by the normal approximation with the corrections for ties and for
    continuity (Hollander, Wolfe and Chicken, 4.1)."""
    ranks = doubled_ranks([*base, *new])
    m, n, all_ = len(base), len(new), len(ranks)
    reached = sum(ranks[m:])
    if max(m, n) <= MOST_EXACT:
        return sum(_ways(ranks, n)[reached:]) / math.comb(all_, n)
    ties = sum(count**3 - count for count in Counter(ranks).values())
    spread = math.sqrt(m * n / 12 * (all_ + 1 - ties / (all_ * (all_ - 1))))
    if not spread:
        return 1.0
    above = reached / 2 - n * (n + 1) / 2 - m * n / 2
    return NORMAL.cdf(-(above - 0.5) / spread)


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
    """How many choices of `chosen` of the `ranks` have each sum, by the sum."""
    most = sum(sorted(ranks)[-chosen:]) if chosen else 0
    counts = [[1] + [0] * most, *([0] * (most + 1) for _ in range(chosen))]
    for done, rank in enumerate(ranks, start=1):
        for size in range(min(done, chosen), 0, -1):
            lower, row = counts[size - 1], counts[size]
            for total in range(most, rank - 1, -1):
                row[total] += lower[total - rank]
    return counts[chosen]


def smallest_change(estimate: Estimate, missed: float, level: float, margin: float) -> float | None:
    """The worsening that would be called a regression in nine such jobs out of ten, in the
    estimate's own terms (a logarithm or a difference); unknown where there is no interval.

    It must be seen past chance at `level`, and its estimate must come out past the margin. The
    estimate's spread is read from its interval, which misses by `missed` on either side and is
    that of a normal estimate nearly enough (Hodges and Lehmann 1963).
    """
    if estimate.low is None or estimate.high is None:
        return None
    spread = (estimate.high - estimate.low) / (2 * NORMAL.inv_cdf(1 - missed))
    past = max(margin, NORMAL.inv_cdf(1 - level) * spread)
    return past + NORMAL.inv_cdf(POWER) * spread


def is_sharp(estimate: Estimate, missed: float, level: float, margin: float) -> bool:
    """Whether a job could have seen a change of `MARGINS` margins."""
    smallest = smallest_change(estimate, missed, level, margin)
    return smallest is not None and smallest <= MARGINS * margin


def discovery_level(chances: Iterable[float], share: float) -> float | None:
    """Benjamini and Hochberg (1995): what a chance may be at most so that of all discoveries at
    most this share is none: the highest level that enough of them keep, `None` where none is."""
    ordered = sorted(chances)
    levels = [share * rank / len(ordered) for rank in range(1, len(ordered) + 1)]
    kept = [level for p, level in zip(ordered, levels, strict=True) if p <= level]
    return max(kept, default=None)
