"""Ranks, ties included, as whole numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence

ALIKE = 1e-9  # relative: two logarithms of the same ratio differ in their last bits


def same(one: float, other: float) -> bool:
    """Whether two values differ by no more than rounding."""
    return math.isclose(one, other, rel_tol=ALIKE, abs_tol=1e-15)


def doubled_ranks(values: Sequence[float]) -> list[int]:
    """Twice the rank of each value; those that are alike share the mean of their ranks."""
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
