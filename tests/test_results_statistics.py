"""Statistics, against values worked out by hand and against scipy's own quantile test."""

from __future__ import annotations

import math
import random

import pytest

from bench.derive.statistics import (
    Estimate,
    median_with_interval,
    outliers,
    share_with_interval,
    student_quantile,
    theil_sen,
)


def test_the_interval_of_six_values_goes_from_the_least_to_the_greatest() -> None:
    assert median_with_interval([6, 1, 5, 2, 4, 3]) == Estimate(3.5, 1, 6)


@pytest.mark.parametrize(("count", "low", "high"), [(7, 1, 7), (8, 1, 8), (9, 2, 8), (20, 6, 15)])
def test_the_interval_is_the_textbook_s_pair_of_order_statistics(
    count: int, low: int, high: int
) -> None:
    estimate = median_with_interval(range(1, count + 1))
    assert (estimate.low, estimate.high) == (low, high)


@pytest.mark.parametrize("count", [6, 7, 10, 13, 25, 60])
def test_the_interval_agrees_with_scipy_s_quantile_test(count: int) -> None:
    from scipy.stats import quantile_test

    values = [random.Random(count).gauss(0, 1) for _ in range(count)]
    theirs = quantile_test(values, p=0.5).confidence_interval(0.95)
    estimate = median_with_interval(values)
    assert (estimate.low, estimate.high) == tuple(theirs)  # type: ignore[arg-type]


@pytest.mark.parametrize("count", [1, 2, 5])
def test_under_six_values_there_is_no_interval_and_the_doubt_says_so(count: int) -> None:
    estimate = median_with_interval([2.0] * count)
    assert estimate == Estimate(2.0, warnings=(f"no confidence interval ({count} of 6 repeats)",))


def test_the_median_of_nothing_is_unknown() -> None:
    assert median_with_interval([]) == Estimate(None)


def test_the_interval_covers_the_true_median_in_95_percent_of_trials() -> None:
    dice = random.Random(1)
    covered = 0
    for _ in range(400):
        estimate = median_with_interval([dice.expovariate(1) for _ in range(9)])
        assert estimate.low is not None
        assert estimate.high is not None
        covered += estimate.low <= math.log(2) <= estimate.high
    assert covered / 400 >= 0.94


def test_a_straight_line_has_its_slope_and_no_width() -> None:
    assert theil_sen([0, 1, 2, 3, 5], [1, 3, 5, 7, 11]) == Estimate(2.0, 2.0, 2.0)


def test_one_wild_point_does_not_move_the_slope() -> None:
    ys = [3.0 * x for x in range(8)]
    ys[4] = 1e9
    assert theil_sen(range(8), ys).value == 3.0


@pytest.mark.parametrize("xs", [[], [1], [1, 2], [1, 1, 2, 2]])
def test_under_three_places_there_is_no_slope(xs: list[float]) -> None:
    estimate = theil_sen(xs, xs)
    assert estimate.value is None
    assert estimate.warnings == (f"need at least 3 points for a slope, have {len(xs)}",)


@pytest.mark.parametrize(
    ("values", "places"),
    [
        ([1, 1.1, 5], (2,)),
        ([1, 1.9, 0.6], ()),
        ([4, 5, 1, 5], (2,)),
        ([1, 100], ()),
        ([0, 0, 0], ()),
        ([], ()),
    ],
)
def test_outliers_lie_beyond_the_factor_either_way(
    values: list[float], places: tuple[int, ...]
) -> None:
    assert outliers(values, 2.0) == places


@pytest.mark.parametrize(
    ("hits", "of", "low", "high"),
    [
        (0, 300, 0.0, 1 - 0.025 ** (1 / 300)),  # by hand: no hit has a chance of (1 − p)ⁿ
        (300, 300, 0.025 ** (1 / 300), 1.0),
        (5, 10, 0.1871, 0.8129),  # Clopper and Pearson's own table
    ],
)
def test_a_share_has_the_interval_of_clopper_and_pearson(
    hits: int, of: int, low: float, high: float
) -> None:
    share = share_with_interval(hits, of)
    assert share.value == hits / of
    assert (share.low, share.high) == pytest.approx((low, high), abs=1e-4)


def test_a_share_of_nothing_is_unknown() -> None:
    assert share_with_interval(0, 0) == Estimate(None)


@pytest.mark.parametrize(("hits", "of"), [(0, 5), (3, 3), (1, 40), (17, 60), (199, 200), (30, 900)])
def test_a_share_s_interval_is_the_beta_quantiles_of_scipy(hits: int, of: int) -> None:
    from scipy.stats import beta

    share = share_with_interval(hits, of)
    low = beta.ppf(0.025, hits, of - hits + 1) if hits else 0.0
    high = beta.ppf(0.975, hits + 1, of - hits) if hits < of else 1.0
    assert (share.low, share.high) == pytest.approx((low, high), rel=1e-9)


@pytest.mark.parametrize("freedom", [*range(1, 12), 50, 99, 300])
@pytest.mark.parametrize("chance", [0.6, 0.975, 0.9995, 1 - 1e-6])
def test_a_quantile_of_student_is_that_of_scipy(chance: float, freedom: int) -> None:
    from scipy.special import stdtrit

    expected = float(stdtrit(freedom, chance))
    assert student_quantile(chance, freedom) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("count", [*range(6, 40), 100, 1000])
def test_the_interval_s_rank_is_the_binomial_quantile_of_scipy(count: int) -> None:
    from scipy.stats import binom

    estimate = median_with_interval(range(1, count + 1))
    assert estimate.low == binom.ppf(0.025, count, 0.5)


@pytest.mark.parametrize("seed", range(40))
def test_the_slope_and_its_interval_are_those_of_scipy(seed: int) -> None:
    """With ties in x and in y, and few points."""
    from scipy.stats import theilslopes

    dice = random.Random(seed)
    count = dice.randrange(3, 30)
    xs = [*(float(place) for place in range(3)), *(dice.randrange(count) for _ in range(count))]
    ys = [round(dice.gauss(0.3 * x, 2), dice.choice([0, 1, 9])) for x in xs]
    theirs = theilslopes(ys, xs, alpha=0.95)
    mine = theil_sen(xs, ys)
    assert (mine.value, mine.low, mine.high) == pytest.approx(tuple(theirs)[:1] + tuple(theirs)[2:])
