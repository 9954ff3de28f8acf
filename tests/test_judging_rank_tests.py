"""The tests behind a verdict: exact, ties and zeros included, with scipy for an oracle."""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Sequence
from typing import Literal

import pytest
from scipy.stats import mannwhitneyu, rankdata, wilcoxon

from bench.derive.statistics import Estimate
from bench.judging.rank_tests import hodges_lehmann, interval_rank, rank_sum_p, shift, signed_rank_p

TIED = (1.0, 1.0, -1.0, 2.0, 2.0, -3.0, 0.0, 4.0, 4.0, 5.0)


def normal(count: int, mean: float = 0.0, seed: int = 1) -> list[float]:
    dice = random.Random(seed)
    return [dice.gauss(mean, 1.0) for _ in range(count)]


@pytest.mark.parametrize("count", [1, 5, 13, 20, 40])
def test_without_ties_the_signed_rank_test_is_scipys(count: int) -> None:
    values = normal(count, 0.4)
    theirs = wilcoxon(values, alternative="greater", method="exact").pvalue
    assert signed_rank_p(values) == pytest.approx(theirs, rel=1e-9)


def tossed(differences: Sequence[float]) -> float:
    """By hand: the share of all tosses of the signs whose rank sum is as high."""
    moved = [difference for difference in differences if difference]
    ranks = rankdata([abs(difference) for difference in moved])
    reached = sum(rank for rank, difference in zip(ranks, moved, strict=True) if difference > 0)
    tosses = list(itertools.product((0, 1), repeat=len(moved)))
    sums = [sum(side * rank for side, rank in zip(toss, ranks, strict=True)) for toss in tosses]
    return sum(total >= reached - 1e-9 for total in sums) / len(tosses)


@pytest.mark.parametrize("differences", [TIED, (0.0, 0.0, 2.0), (-1.0, -1.0, 1.0), (0.5,) * 8])
def test_with_ties_and_zeros_every_toss_of_the_signs_is_counted(
    differences: Sequence[float],
) -> None:
    assert signed_rank_p(differences) == pytest.approx(tossed(differences))


def test_where_nothing_moved_chance_explains_everything() -> None:
    assert signed_rank_p([0.0] * 20) == 1.0
    assert signed_rank_p([]) == 1.0


def test_two_logarithms_of_one_ratio_are_a_tie() -> None:
    steps = [math.log(1.1), math.log(2.2 / 2.0), -math.log(1 / 1.1), -math.log(3.3 / 3.0)]
    assert len({abs(step) for step in steps}) > 1
    assert signed_rank_p(steps) == pytest.approx(tossed([1.0, 1.0, 1.0, -1.0]))


@pytest.mark.parametrize(
    ("pairs", "missed", "rank"), [(10, 0.025, 9), (20, 0.025, 53), (5, 0.03, 0)]
)
def test_the_interval_ends_where_the_tables_say(pairs: int, missed: float, rank: int) -> None:
    """Hollander and Wolfe's table A.4: P(T+ ≥ 47) = 0.024 at n = 10, P(T+ ≥ 158) = 0.024 at 20."""
    assert interval_rank(pairs, missed) == rank


def test_the_estimate_is_the_median_of_pairwise_means() -> None:
    assert hodges_lehmann([1.0, 2.0, 6.0], 0.2) == Estimate(2.75, 1.0, 6.0)
    assert hodges_lehmann([1.0, 2.0, 6.0], 0.1) == Estimate(2.75)
    assert hodges_lehmann([], 0.1) == Estimate(None)


@pytest.mark.parametrize("quantum", [0.0, 0.5])
def test_the_interval_covers_the_truth_as_often_as_it_says(quantum: float) -> None:
    """In whole quanta too, where it covers more often, not less."""
    dice = random.Random(3)
    missed = 0
    for _ in range(500):
        values = [1.0 + dice.gauss(0, 1) for _ in range(13)]
        if quantum:
            values = [quantum * round(value / quantum) for value in values]
        interval = hodges_lehmann(values, 0.05)
        assert interval.low is not None
        assert interval.high is not None
        missed += not interval.low <= 1.0 <= interval.high
    assert missed <= 500 * 0.10 + 3 * math.sqrt(500 * 0.1 * 0.9)
    assert missed >= 1


@pytest.mark.parametrize(("base", "new"), [(6, 6), (3, 9), (25, 25), (26, 40)])
def test_the_rank_sum_test_is_scipys(base: int, new: int) -> None:
    one, other = normal(base), normal(new, 0.5, seed=2)
    method: Literal["exact", "asymptotic"] = "exact" if max(base, new) <= 25 else "asymptotic"
    theirs = mannwhitneyu(other, one, alternative="greater", method=method).pvalue
    assert rank_sum_p(one, other) == pytest.approx(theirs, rel=1e-9)


@pytest.mark.parametrize("decimals", [0, 1])
def test_with_ties_the_approximation_for_many_is_scipys(decimals: int) -> None:
    one = [round(value, decimals) for value in normal(30)]
    other = [round(value, decimals) for value in normal(40, 0.3, seed=2)]
    theirs = mannwhitneyu(other, one, alternative="greater", method="asymptotic").pvalue
    assert rank_sum_p(one, other) == pytest.approx(theirs, rel=1e-9)


def test_with_ties_every_deal_of_the_values_is_counted() -> None:
    base, new = [1.0, 2.0, 2.0, 3.0], [2.0, 3.0, 3.0]
    ranks = rankdata([*base, *new])
    deals = list(itertools.combinations(range(7), 3))
    high = sum(sum(ranks[place] for place in deal) >= sum(ranks[4:]) for deal in deals)
    assert rank_sum_p(base, new) == pytest.approx(high / len(deals))


def test_six_wholly_above_six_are_one_chance_in_924() -> None:
    assert rank_sum_p([1.0] * 6, [2.0] * 6) == pytest.approx(1 / 924)
    assert rank_sum_p([2.0] * 6, [1.0] * 6) == 1.0


def test_the_shift_is_the_median_of_all_moves() -> None:
    assert shift([0.0, 1.0], [10.0, 12.0], 0.2) == Estimate(10.5, 9.0, 12.0)
    assert shift([0.0, 1.0], [10.0, 12.0], 0.1) == Estimate(10.5)
    assert shift([], [1.0], 0.1) == Estimate(None)


@pytest.mark.parametrize("sizes", [(6, 6), (30, 30)])
def test_the_shifts_interval_covers_the_truth(sizes: tuple[int, int]) -> None:
    dice = random.Random(4)
    missed = 0
    for _ in range(300):
        base = [dice.gauss(0, 1) for _ in range(sizes[0])]
        new = [dice.gauss(1, 1) for _ in range(sizes[1])]
        interval = shift(base, new, 0.05)
        assert interval.low is not None
        assert interval.high is not None
        missed += not interval.low <= 1.0 <= interval.high
    assert 1 <= missed <= 300 * 0.10 + 3 * math.sqrt(300 * 0.1 * 0.9)
