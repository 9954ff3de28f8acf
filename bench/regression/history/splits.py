"""Where a series of nights falls apart best: for many series of one length at once. Pure.

A series is a row of numbers in the order of its nights. A split is told by the place of the first
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

FEWEST_BEFORE, FEWEST_AFTER, WINDOW = 5, 4, 20
FEWEST = FEWEST_BEFORE + FEWEST_AFTER
UNLIKELY = 2.576  # standard deviations: a rank sum this far off has a two-sided p of 0.01

# The spread is told by the smaller deviations, since a few of the others may be spikes.
CALM, CALM_MEAN_OF_NORMAL = 0.9, 0.657  # the mean of the smallest 90 % of |z|, z being normal
SPIKE = 2.5  # spreads: what is farther off counts as this far for the likeness of neighbours
MOST_ALIKE = 0.85


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
def layout(nights: int) -> Layout:
    """That of series of so many nights, `FEWEST` at least."""
    import numpy as np

    places = np.arange(FEWEST_BEFORE, nights - FEWEST_AFTER + 1)
    return Layout(places, np.minimum(WINDOW, places), np.minimum(WINDOW, nights - places))


def best(rows: Floats, margin: float) -> Best:
    """The split of each row that chance explains least, of those whose medians are more than
    `margin` apart and whose ranks have p < 0.01."""
    import numpy as np

    where, every = layout(rows.shape[1]), np.arange(len(rows))
    before, after = medians(rows, where)
    ranked = np.abs(rank_sums(rows, where))
    passes = (np.abs(after - before) > margin) & (ranked >= UNLIKELY)
    # Ranks find the place better than medians, which hardly mind a night on the wrong side.
    chosen = np.argmax(np.where(passes, ranked, ranked - 1e6), axis=1)
    low, high = before[every, chosen], after[every, chosen]
    error = standard_error(without(rows, where.places[chosen], low, high))
    error *= np.sqrt(1 / where.before + 1 / where.after)[chosen]
    tiny = np.finfo(float).tiny
    strength = np.where(passes[every, chosen], np.abs(high - low) / np.maximum(error, tiny), 0.0)
    return Best(where.places[chosen], strength, low, high)


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


def standard_error(rests: Floats) -> Floats:
    """The standard error of one night's value as a witness of its level, by what is left when the
    levels are taken off.

    Nights that resemble their neighbours say less than as many that do not: with an autocorrelation
    r from night to night, n of them are worth n (1 − r) / (1 + r) (Bayley and Hammersley 1946).
    """
    import numpy as np

    nights = rests.shape[1]
    calm = np.sort(np.abs(rests), axis=1)[:, : round(CALM * nights)]
    spread = calm.mean(axis=1) / CALM_MEAN_OF_NORMAL
    alike = _autocorrelation(np.clip(rests, -SPIKE * spread[:, None], SPIKE * spread[:, None]))
    error: Floats = spread * np.sqrt((1 + alike) / (1 - alike))
    return error


def _autocorrelation(rests: Floats) -> Floats:
    """From night to night, at least 0; what a short series hides of it (Kendall 1954) is added."""
    import numpy as np

    centred = rests - rests.mean(axis=1, keepdims=True)
    whole = (centred**2).sum(axis=1)
    found = (centred[:, 1:] * centred[:, :-1]).sum(axis=1) / np.where(whole > 0, whole, 1.0)
    hidden = (1 + 4 * np.clip(found, 0, 1)) / rests.shape[1]
    alike: Floats = np.clip(found + hidden, 0, MOST_ALIKE)
    return alike
