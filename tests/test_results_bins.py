"""Histograms keep every count, and every quantile within half a bin."""

from __future__ import annotations

import math
import random

import pytest

from bench.derive.statistics import bins_of, quantile_seconds

EDGES = [0, 1, 127, 128, 255, 256, 257, 258, 511, 512, 515, 999, 10**6, 10**9, 2**40 + 12345]


def test_up_to_255_ns_each_nanosecond_has_its_own_bin() -> None:
    bins = bins_of([*range(256), 7])
    assert bins.floors_ns == tuple(range(256))
    assert bins.counts == (1, 1, 1, 1, 1, 1, 1, 2, *[1] * 248)


def test_from_256_ns_on_neighbours_share_a_bin() -> None:
    assert bins_of([256, 257, 258, 512, 515, 516]).floors_ns == (256, 258, 512, 516)


@pytest.mark.parametrize("value", EDGES)
def test_a_bin_holds_its_value_and_is_at_most_0_8_percent_wide(value: int) -> None:
    (floor,) = bins_of([value]).floors_ns
    beyond = max(floor + 1, math.ceil(floor * 1.008))
    assert floor <= value < beyond
    assert bins_of([floor, value]).floors_ns == (floor,)
    assert bins_of([beyond]).floors_ns != (floor,)


@pytest.mark.parametrize("seed", range(20))
def test_quantiles_are_within_half_a_bin_of_the_sorted_samples(seed: int) -> None:
    dice = random.Random(seed)
    samples = sorted(int(dice.lognormvariate(9, 2)) for _ in range(dice.randint(1, 500)))
    bins = bins_of(samples)
    assert sum(bins.counts) == len(samples)
    assert list(bins.floors_ns) == sorted(set(bins.floors_ns))
    for rank in range(1, len(samples) + 1):
        found = quantile_seconds(bins, rank / len(samples))
        assert found == pytest.approx(samples[rank - 1] / 1e9, rel=0.004, abs=1e-12)


def test_the_order_of_samples_does_not_matter() -> None:
    assert bins_of([3, 1, 300, 2]) == bins_of([300, 3, 2, 1])


@pytest.mark.parametrize(
    ("q", "nanoseconds"), [(0.0, 1), (0.5, 50), (0.07, 7), (0.9, 90), (0.99, 99), (1.0, 100)]
)
def test_a_quantile_is_the_smallest_value_that_reaches_the_share(
    q: float, nanoseconds: int
) -> None:
    assert quantile_seconds(bins_of(range(1, 101)), q) == nanoseconds / 1e9


def test_without_samples_a_quantile_is_unknown() -> None:
    assert quantile_seconds(bins_of([]), 0.5) is None


def test_a_negative_duration_is_refused() -> None:
    with pytest.raises(ValueError, match="a duration of -1 ns: must not be negative"):
        bins_of([1, -1])
