"""The statistics of a history's check: where a series splits, and what chance explains of it."""

from __future__ import annotations

import itertools
import random
import statistics
from collections.abc import Sequence

import numpy as np
import pytest

from bench.regression.history.check import LEVEL, level_of, permutations_for
from bench.regression.history.shift import orders, shift
from bench.regression.history.splits import (
    FEWEST,
    UNLIKELY,
    WINDOW,
    best,
    layout,
    medians,
    rank_sums,
    standard_error,
)


def tossed(nights: int, seed: int, spread: float = 1.0) -> list[float]:
    dice = random.Random(seed)
    return [dice.gauss(0, spread) for _ in range(nights)]


def windows(values: Sequence[float], place: int) -> tuple[Sequence[float], Sequence[float]]:
    return values[max(0, place - WINDOW) : place], values[place : place + WINDOW]


@pytest.mark.parametrize("nights", [FEWEST, 10, 23, 41, 70])
def test_ranks_and_medians_of_every_split_are_those_counted_one_by_one(nights: int) -> None:
    values = [round(value, 1) for value in tossed(nights, nights)]  # with ties
    rows, where = np.array([values]), layout(nights)
    sums = rank_sums(rows, where)[0]
    before, after = (side[0] for side in medians(rows, where))
    assert list(where.places) == list(range(5, nights - 3))
    for number, place in enumerate(where.places):
        old, new = windows(values, place)
        wins = sum((b > a) - (b < a) for a in old for b in new)
        variance = len(old) * len(new) * (len(old) + len(new) + 1) / 3
        assert sums[number] == pytest.approx(wins / variance**0.5)
        assert before[number] == statistics.median(old)
        assert after[number] == statistics.median(new)


def test_ranks_this_unlikely_have_a_p_of_one_in_a_hundred() -> None:
    from scipy.stats import mannwhitneyu, norm

    assert 2 * norm.sf(UNLIKELY) == pytest.approx(0.01, rel=1e-3)
    values = tossed(40, 1)
    old, new = windows(values, 20)
    tested = mannwhitneyu(new, old, method="asymptotic", use_continuity=False)
    (sums,) = rank_sums(np.array([values]), layout(40))
    assert 2 * norm.sf(abs(sums[15])) == pytest.approx(tested.pvalue)


def test_the_split_is_found_where_it_is() -> None:
    rows = np.array([tossed(40, 2)]) + np.where(np.arange(40) >= 28, 4.0, 0.0)
    found = best(rows, 0.5)
    assert found.places[0] == 28
    assert found.after[0] - found.before[0] == pytest.approx(4.0, abs=1.0)


@pytest.mark.parametrize("margin", [0.5, 5.0])
def test_a_shift_within_the_margin_is_no_split(margin: float) -> None:
    rows = np.array([tossed(40, 2)]) + np.where(np.arange(40) >= 28, 4.0, 0.0)
    assert bool(best(rows, margin).strength[0]) is (margin < 4.0)


def test_one_night_that_is_far_off_is_no_split() -> None:
    values = tossed(30, 3, 0.01)
    values[15] += 100
    assert shift(values, 0.05) is None


def test_nights_that_resemble_their_neighbours_are_worth_less() -> None:
    dice, walk = random.Random(4), [0.0]
    for _ in range(199):
        walk.append(0.6 * walk[-1] + dice.gauss(0, 0.8))
    mixed = random.Random(5).sample(walk, len(walk))
    own, shuffled = standard_error(np.array([walk, mixed]), np.full((2, 200), True))
    assert own > 1.5 * shuffled
    assert shuffled == pytest.approx(statistics.stdev(walk), rel=0.3)


def test_spikes_hardly_widen_the_noise() -> None:
    quiet = tossed(100, 6)
    spiked = [value + 50 * (place % 20 == 7) for place, value in enumerate(quiet)]
    without, with_ = standard_error(np.array([quiet, spiked]), np.full((2, 100), True))
    assert with_ < 1.3 * without


def test_what_lies_far_off_a_split_is_no_noise_of_it() -> None:
    near = np.array([[*tossed(60, 6), *[100.0] * 20]])
    judging = np.arange(80)[None] < 60
    assert standard_error(near, judging) == pytest.approx(
        standard_error(near[:, :60], np.full((1, 60), True))
    )


@pytest.mark.parametrize(("nights", "block"), [(10, 3), (23, 5), (60, 8)])
def test_an_order_has_every_night_once_and_keeps_neighbours(nights: int, block: int) -> None:
    made = orders(nights, 50, block, np.random.default_rng(1))
    for order in made:
        assert sorted(order) == list(range(nights))
        together = sum((b - a) % nights == 1 for a, b in itertools.pairwise(order))
        assert together >= nights - 1 - -(-nights // block)
    assert len({tuple(order) for order in made}) > 25


def test_the_same_series_is_judged_the_same_every_time() -> None:
    values = [*tossed(30, 7, 0.03), *(value + 0.1 for value in tossed(8, 8, 0.03))]
    assert shift(values, 0.03) == shift(values, 0.03)


def test_the_chance_of_a_great_shift_is_the_least_that_so_many_permutations_can_tell() -> None:
    values = [*tossed(30, 7, 0.01), *(value + 0.5 for value in tossed(10, 8, 0.01))]
    found = shift(values, 0.03, permutations=199)
    assert found is not None
    assert found.place == 30
    assert found.p == 1 / 200
    assert found.low < 0.5 < found.high
    assert found.high - found.low < 0.1


@pytest.mark.parametrize("values", [[], [1.0] * 5, [1.0] * 60])
def test_too_few_nights_and_nights_all_alike_are_no_shift(values: list[float]) -> None:
    assert shift(values, 0.03) is None


def test_nights_without_any_noise_shift_where_they_do() -> None:
    found = shift([1.0] * 20 + [2.0] * 6, 0.03)
    assert found is not None
    assert (found.place, found.before, found.after, found.p) == (20, 1.0, 2.0, 0.001)


@pytest.mark.parametrize(
    ("chances", "level"),
    [
        ([0.004], LEVEL),
        ([0.03], LEVEL),
        ([0.2], 0.0),
        ([1.0] * 39 + [0.001], 0.05 / 40),
        ([1.0] * 39 + [0.002], 0.0),
        ([1.0] * 30 + [0.009] * 10, LEVEL),
        ([], 0.0),
    ],
)
def test_the_more_figures_are_looked_at_the_surer_one_alone_must_be(
    chances: list[float], level: float
) -> None:
    assert level_of(chances) == pytest.approx(level)


@pytest.mark.parametrize("figures", [1, 40, 200])
def test_one_figure_among_many_can_still_be_nominated(figures: int) -> None:
    least = 1 / (1 + permutations_for(figures))
    assert level_of([1.0] * (figures - 1) + [least]) >= least
