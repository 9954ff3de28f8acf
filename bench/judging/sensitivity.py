"""The smallest change that a job could have seen: what its noise and its pairs leave visible."""

from __future__ import annotations

from statistics import NormalDist

from bench.derive.statistics import Estimate

POWER = 0.9
# A job that would miss so many margins more often than that clears nobody but who is better. Where
# it is as blurred, its interval ends before the margin by luck (docs/regression.md has how often).
MARGINS = 4
NORMAL = NormalDist()


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
