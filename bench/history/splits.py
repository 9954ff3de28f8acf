"""Where a series of nights falls apart best: for many series of one length at once. Pure.

A series is a row of numbers in the order of its nights. A split is given by the place of the first
night after it; it leaves some nights on either side, and looks at no more than `WINDOW` of them.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats: TypeAlias = NDArray[np.float64]
    Places: TypeAlias = NDArray[np.intp]
    Bools: TypeAlias = NDArray[np.bool_]

WINDOW = 20
NEAR = 5  # nights: how far off the split that ranks choose may be
UNLIKELY = 2.576  # standard deviations: a rank sum this far off has a two-sided p of 0.01

# The spread is estimated from the smaller deviations, since a few of the others may be spikes.
CALM, CALM_MEAN_OF_NORMAL = 0.9, 0.657  # the mean of the smallest 90 % of |z|, z being normal
SPIKE = 2.5  # spreads: what is farther off counts as this far for the likeness of neighbours
MOST_ALIKE = 0.85
STRONGEST = 1e9  # where there is no noise at all
ROUNDING = 1e-9


@dataclass(frozen=True)
class FewestNights:
    """How many nights there are before the first step of a series and after each step, at least."""

    before: int
    after: int

    @property
    def total(self) -> int:
        return self.before + self.after


USUAL, CALM_SERIES = FewestNights(5, 4), FewestNights(3, 3)


@dataclass(frozen=True)
class Layout:
    """The places at which a series may be split, and how many nights on either side judge it."""

    places: Places
    before: Places
    after: Places


@dataclass(frozen=True)
class Best:
    """The best split of each series. `strength` is the shift of the median in standard errors, 0
    where no split is past margin and chance; `before` and `after` are the medians."""

    places: Places
    strength: Floats
    before: Floats
    after: Floats


@functools.lru_cache(maxsize=512)
def layout(nights: int, fewest: FewestNights = USUAL) -> Layout:
    """That of series of so many nights, `fewest.total` at least."""
    import numpy as np

    places = np.arange(fewest.before, nights - fewest.after + 1)
    return Layout(places, np.minimum(WINDOW, places), np.minimum(WINDOW, nights - places))


def best(rows: Floats, margin: float, fewest: FewestNights = USUAL) -> Best:
    """The split of each row that chance explains least, of those whose medians are more than
    `margin` apart and whose ranks have p < 0.01. The noise is that of all nights."""
    import numpy as np

    where, every = layout(rows.shape[1], fewest), np.arange(len(rows))
    before, after = medians(rows, where)
    ranked = np.abs(rank_sums(rows, where))
    passes = (np.abs(after - before) > margin) & (ranked >= np.minimum(UNLIKELY, highest(where)))
    chosen = np.argmax(np.where(passes, ranked, ranked - 1e6), axis=1)
    passed = passes[every, chosen]
    chosen = _nearest(rows, where, chosen, before[every, chosen], after[every, chosen])
    low, high = before[every, chosen], after[every, chosen]
    rests = without(rows, where.places[chosen], low, high)
    error = standard_error(rests)
    error *= np.sqrt(1 / where.before + 1 / where.after)[chosen]
    step = np.abs(high - low)
    least = np.maximum(step / STRONGEST, np.finfo(float).tiny)
    strength = np.where(passed, step / np.maximum(error, least), 0.0)
    return Best(where.places[chosen], strength, low, high)


def _nearest(rows: Floats, where: Layout, chosen: Places, before: Floats, after: Floats) -> Places:
    """The splits near the chosen ones that leave the nights nearest to the level on their side.

    Ranks do not see how far off a night is, and lean to the side with more nights to compare."""
    import numpy as np

    zero = np.zeros((len(rows), 1))
    early = np.cumsum(np.abs(rows - before[:, None]), axis=1)
    late = np.cumsum(np.abs(rows - after[:, None]), axis=1)
    off = np.concatenate([zero, early - late], axis=1)[:, where.places]  # but for what all share
    far = np.abs(np.arange(len(where.places)) - chosen[:, None]) > NEAR
    found: Places = np.argmin(np.where(far, np.inf, off), axis=1)
    return found


def rank_sums(rows: Floats, where: Layout) -> Floats:
    """Mann and Whitney's U of every split, as a deviation from its mean in standard deviations.

    Ties count as half and leave the deviation as it would be without them, which errs on the safe
    side. U is counted along diagonals: all pairs of nights that lie equally far apart at once.
    """
    import numpy as np

    series, nights = rows.shape
    wins = np.zeros((series, len(where.places)))
    for apart in range(1, min(nights, 2 * WINDOW)):
        signs = np.sign(rows[:, apart:] - rows[:, :-apart])
        sums = np.concatenate([np.zeros((series, 1)), np.cumsum(signs, axis=1)], axis=1)
        first = np.maximum(where.places - where.before, where.places - apart)
        last = np.clip(where.places + where.after - apart, 0, where.places)
        wins += sums[:, last] - sums[:, np.minimum(first, last)]
    sizes = where.before * where.after
    return wins / np.sqrt(sizes * (where.before + where.after + 1) / 3)


def medians(rows: Floats, where: Layout) -> tuple[Floats, Floats]:
    """The medians on either side of every split."""
    import numpy as np

    whole = _medians_of_windows(rows)
    before = [
        whole[:, place - WINDOW] if place >= WINDOW else np.median(rows[:, :place], axis=1)
        for place in where.places
    ]
    after = [
        whole[:, place] if place < whole.shape[1] else np.median(rows[:, place:], axis=1)
        for place in where.places
    ]
    return np.stack(before, axis=1), np.stack(after, axis=1)


def _medians_of_windows(rows: Floats) -> Floats:
    """Those of all windows that fit, by the place of their first night."""
    import numpy as np
    from numpy.lib.stride_tricks import sliding_window_view

    if rows.shape[1] < WINDOW:
        return np.empty((len(rows), 0))
    found: Floats = np.median(sliding_window_view(rows, WINDOW, axis=1), axis=2)
    return found


def without(rows: Floats, places: Places, before: Floats, after: Floats) -> Floats:
    """What is left of each row when the level on either side of its split is taken off."""
    import numpy as np

    later = np.arange(rows.shape[1]) >= places[:, None]
    return rows - np.where(later, after[:, None], before[:, None])


def highest(where: Layout) -> Floats:
    """The greatest rank sum that each split can have, in standard deviations: where few nights
    judge it, none of them may lie on the wrong side."""
    import numpy as np

    sizes = where.before * where.after
    most: Floats = sizes / np.sqrt(sizes * (where.before + where.after + 1) / 3) - ROUNDING
    return most


def standard_error(rests: Floats, levels: int = 1) -> Floats:
    """The standard error of one night's value for its level, by what is left when so
    many levels are taken off.

    Nights that resemble their neighbours say less than as many that do not: with an autocorrelation
    r from night to night, n of them are worth n (1 − r) / (1 + r) (Bayley and Hammersley 1946).
    """
    import numpy as np

    nights = rests.shape[1]
    calm = max(1, round(CALM * nights))
    smallest = np.partition(np.abs(rests), calm - 1, axis=1)[:, :calm]
    spread = smallest.mean(axis=1) / CALM_MEAN_OF_NORMAL
    ends = SPIKE * spread[:, None]
    alike = _autocorrelation(np.clip(rests, -ends, ends), levels)
    error: Floats = spread * np.sqrt((1 + alike) / (1 - alike))
    return error


def _autocorrelation(rests: Floats, levels: int) -> Floats:
    """From night to night, at least 0; what levels hide of it (Kendall 1954) is added."""
    import numpy as np

    centred = rests - rests.mean(axis=1, keepdims=True)
    whole = (centred**2).sum(axis=1)
    found = (centred[:, 1:] * centred[:, :-1]).sum(axis=1) / np.where(whole > 0, whole, 1.0)
    hidden = levels * (1 + 4 * np.clip(found, 0, 1)) / rests.shape[1]
    alike: Floats = np.clip(found + hidden, 0, MOST_ALIKE)
    return alike
