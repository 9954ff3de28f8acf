"""The statistics of a history's check: where a series splits, and what chance explains of it."""

from __future__ import annotations

import itertools
import random
import statistics
from collections.abc import Sequence

import numpy as np
import pytest

from bench.history.check import Readiness, level_of, permutations_for, readiness_of
from bench.history.shifts import LEVEL, Shift, orders, shifts
from bench.history.splits import (
    CALM_SERIES,
    UNLIKELY,
    USUAL,
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


@pytest.mark.parametrize("nights", [USUAL.total, 10, 23, 41, 70])
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
    assert shifts(values, 0.05) == ()


def test_nights_that_resemble_their_neighbours_are_worth_less() -> None:
    dice, walk = random.Random(4), [0.0]
    for _ in range(199):
        walk.append(0.6 * walk[-1] + dice.gauss(0, 0.8))
    mixed = random.Random(5).sample(walk, len(walk))
    own, shuffled = standard_error(np.array([walk, mixed]))
    assert own > 1.5 * shuffled
    assert shuffled == pytest.approx(statistics.stdev(walk), rel=0.3)


def test_spikes_hardly_widen_the_noise() -> None:
    quiet = tossed(100, 6)
    spiked = [value + 50 * (place % 20 == 7) for place, value in enumerate(quiet)]
    without, with_ = standard_error(np.array([quiet, spiked]))
    assert with_ < 1.3 * without


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
    assert shifts(values, 0.03) == shifts(values, 0.03) != ()


def test_the_chance_of_a_great_shift_is_the_least_that_so_many_permutations_can_tell() -> None:
    values = [*tossed(30, 7, 0.01), *(value + 0.5 for value in tossed(10, 8, 0.01))]
    (found,) = shifts(values, 0.03, permutations=199)
    assert found.place == 30
    assert found.p == 1 / 200
    assert found.low < 0.5 < found.high
    assert found.high - found.low < 0.1


@pytest.mark.parametrize("values", [[], [1.0] * 5, [1.0] * 60])
def test_too_few_nights_and_nights_all_alike_are_no_shift(values: list[float]) -> None:
    assert shifts(values, 0.03) == ()


def test_nights_without_any_noise_shift_where_they_do() -> None:
    (found,) = shifts([1.0] * 20 + [2.0] * 6, 0.03)
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


# Several steps in one series

MARGIN = 0.03
# The places of the steps, how far each goes in margins, and the nights.
STEPPED = [
    ("a step", {20: 1.2}, 40),
    ("two steps up", {13: 1.7, 27: 1.7}, 40),
    ("up and down again", {13: 3, 27: -3}, 40),
    ("up and down after four nights", {20: 2, 24: -2}, 40),
    ("down and up after four nights, twice", {9: -2, 13: 2, 25: -2, 29: 2}, 40),
    ("a staircase of three", {15: 2, 30: 2, 45: 2}, 60),
    ("a staircase of six", {8: 2, 17: 2, 25: 2, 34: 2, 43: 2, 52: 2}, 60),
    ("steps at both ends", {5: 2, 36: 2}, 40),
    ("steps of very unlike size", {10: 40, 25: 1.3}, 40),
    ("a great one hides a small one beside it", {20: 30, 25: -1.5}, 40),
    ("many nights", {60: 2, 64: 2, 100: -3, 180: 1.3}, 250),
    ("few nights", {7: 3, 13: -3}, 20),
]
NOISES = (0.0, 0.02, 0.1)  # of the smallest step


def stepped(steps: dict[int, float], nights: int, noise: float, seed: int) -> list[float]:
    """A level that changes by so many margins at each place."""
    dice = random.Random(seed)
    spread = noise * MARGIN * min(abs(height) for height in steps.values())
    levels = itertools.accumulate(steps.get(night, 0.0) * MARGIN for night in range(nights))
    return [level + dice.gauss(0, spread) for level in levels]


def placed(found: Sequence[Shift]) -> list[int]:
    return [one.place for one in found]


@pytest.mark.parametrize("noise", NOISES)
@pytest.mark.parametrize(
    ("steps", "nights"), [row[1:] for row in STEPPED], ids=[row[0] for row in STEPPED]
)
def test_every_step_is_found_where_it_is(
    steps: dict[int, float], nights: int, noise: float
) -> None:
    for seed in range(3):
        found = shifts(stepped(steps, nights, noise, seed), MARGIN)
        assert placed(found) == list(steps)
        for one, height in zip(found, steps.values(), strict=True):
            assert one.after - one.before == pytest.approx(height * MARGIN, rel=0.25)


def test_steps_at_any_places_are_found_there() -> None:
    """Series tossed from seeds: up to six steps up or down, four nights apart at least."""
    dice = random.Random(11)
    for seed in range(25):
        nights = dice.choice((30, 40, 60))
        while True:
            places = sorted(dice.sample(range(5, nights - 3), dice.randint(1, nights // 10)))
            if all(b - a >= 4 for a, b in itertools.pairwise(places)):
                break
        steps = {place: dice.choice((-1, 1)) * dice.uniform(1.3, 6) for place in places}
        noise = dice.uniform(0, 0.1)
        assert placed(shifts(stepped(steps, nights, noise, seed), MARGIN)) == places, (steps, noise)


def test_the_noise_of_neighbours_hides_no_steps() -> None:
    dice, walk = random.Random(3), [0.0]
    for _ in range(59):
        walk.append(0.5 * walk[-1] + dice.gauss(0, 0.003))
    levels = stepped({20: 2, 40: 2}, 60, 0.0, 0)
    found = shifts([level + wave for level, wave in zip(levels, walk, strict=True)], MARGIN)
    assert placed(found) == [20, 40]


@pytest.mark.parametrize("spike", [0.05, 0.3, 10.0, -10.0])
def test_spikes_are_no_steps_and_hide_none(spike: float) -> None:
    values = stepped({13: 2, 27: 2}, 40, 0.05, 1)
    for place in (3, 20, 21, 33):
        values[place] += spike
    assert placed(shifts(values, MARGIN)) == [13, 27]


@pytest.mark.parametrize("noise", [0.0, 0.0005, 0.005])
@pytest.mark.parametrize("rise", [0.05, 0.5])
def test_a_slow_ramp_is_no_steps(noise: float, rise: float) -> None:
    values = [
        rise * night / 60 + value for night, value in enumerate(tossed(60, 4, noise or 1e-12))
    ]
    assert shifts(values, MARGIN) == ()


@pytest.mark.parametrize("times", [0.5, 0.9])
def test_steps_within_the_margin_are_none_and_hide_none(times: float) -> None:
    inside = {10: times, 20: -times, 30: times, 40: -times}
    assert shifts(stepped(inside, 50, 0.02, 1), MARGIN) == ()
    assert placed(shifts(stepped(inside | {25: 2.0}, 50, 0.02, 1), MARGIN)) == [25]


def test_values_of_few_digits_step_where_they_do() -> None:
    levels = stepped({13: 2, 27: -2}, 40, 0.05, 1)
    assert placed(shifts([round(level, 2) for level in levels], MARGIN)) == [13, 27]


# How many nights a series needs

CALM, USUALLY, ADVICE, NONE = (
    Readiness(True, CALM_SERIES, "alarm"),
    Readiness(True, USUAL, "alarm"),
    Readiness(True, USUAL, "advisory"),
    Readiness(False, USUAL, "advisory"),
)


@pytest.mark.parametrize(
    ("noise", "nights", "readiness"),
    [
        (0.0, 5, NONE),
        (0.0, 6, CALM),
        (0.03, 6, CALM),
        (0.03, 21, CALM),
        (0.15, 6, NONE),
        (0.15, 21, CALM),
        (0.3, 25, USUALLY),
        (1.5, 9, NONE),
        (1.5, 21, ADVICE),
        (1.5, 29, ADVICE),
        (1.5, 30, USUALLY),
    ],
)
def test_the_less_noise_beside_the_margin_the_fewer_nights_are_enough(
    noise: float, nights: int, readiness: Readiness
) -> None:
    assert readiness_of(tossed(nights, 1, noise * MARGIN), MARGIN) == readiness


@pytest.mark.parametrize(("noise", "readiness"), [(0.03, CALM), (0.15, CALM), (1.5, ADVICE)])
def test_a_step_is_no_noise(noise: float, readiness: Readiness) -> None:
    values = tossed(21, 1, noise * MARGIN)
    values[-6:] = [value + 5 * MARGIN for value in values[-6:]]
    assert readiness_of(values, MARGIN) == readiness


@pytest.mark.parametrize(("before", "after"), [(3, 3), (4, 3), (3, 5), (18, 3), (3, 18)])
def test_calm_series_need_three_nights_on_either_side(before: int, after: int) -> None:
    values = tossed(before + after, 1, 0.0003)
    values[before:] = [value + 0.06 for value in values[before:]]
    readiness = readiness_of(values, 0.01)
    assert readiness == CALM
    assert placed(shifts(values, 0.01, readiness.fewest)) == [before]
    values[before:] = [values[0] + 0.06 * (place < 2) for place in range(after)]
    assert shifts(values, 0.01, readiness.fewest) == ()
