"""Whether a series has shifted, calibrated by the series itself. Pure, and the same every time.

The chance that noise alone would split as well is found by block permutation: what is left of the
series without the shift is cut into blocks of nights, which are put together in another order, so
that nights keep their neighbours; then the best split of that is sought, just as before. What the
best split takes off is partly noise, though, and a series without it looks quieter than it is. So
the part of the shift that noise could have made stays in (`KEPT`, as in James and Stein's shrinkage
of a mean).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.regression.history.splits import FEWEST, Best, best, without

if TYPE_CHECKING:
    import numpy as np

    from bench.regression.history.splits import Floats, Places

SEED = 1
PERMUTATIONS = 999
AT_ONCE = 400_000  # numbers: some 10 MB a temporary array
INTERVAL = (0.025, 0.975)


@dataclass(frozen=True)
class Rule:
    """What was tuned by `tests/calibration/history.py`. `kept` is in standard errors; a block has a
    fifth of the nights, within `blocks`."""

    kept: float = 4.0
    kept_of_few: float = 30.0
    blocks: tuple[int, int] = (3, 8)

    def kept_of(self, nights: int) -> float:
        return self.kept + self.kept_of_few / nights

    def block(self, nights: int) -> int:
        fewest, most = self.blocks
        return max(fewest, min(most, round(nights / 5)))


RULE = Rule()


@dataclass(frozen=True)
class Shift:
    """The best split: `place` is that of the first night after it, `before` and `after` are the
    medians on either side, and `low` to `high` a 95 % interval of after − before. `p` is the chance
    that noise alone would split as well."""

    place: int
    before: float
    after: float
    low: float
    high: float
    p: float


def shift(
    values: Sequence[float],
    margin: float,
    permutations: int = PERMUTATIONS,
    rule: Rule = RULE,
) -> Shift | None:
    """The best split of a series; `None` where none is past the margin and the p of its ranks
    below 0.01, or the series is too short for any."""
    if len(values) < FEWEST:
        return None
    import numpy as np

    row = np.array([values], dtype=float)
    found = best(row, margin)
    strength = float(found.strength[0])
    if not strength:
        return None
    rest = _rest(row, found, rule)
    beaten, shifts = _permuted(rest, found, margin, permutations, rule)
    low, high = np.quantile(shifts, INTERVAL)
    before, after = float(found.before[0]), float(found.after[0])
    return Shift(
        place=int(found.places[0]),
        before=before,
        after=after,
        low=after - before - float(high),
        high=after - before - float(low),
        p=(1 + beaten) / (1 + permutations),
    )


def _rest(row: Floats, found: Best, rule: Rule) -> Floats:
    """The series without its shift, but for the part that noise could have made."""
    strength = float(found.strength[0])
    share = max(0.0, 1 - (rule.kept_of(row.shape[1]) / strength) ** 2)
    after = found.before + share * (found.after - found.before)
    rest: Floats = without(row, found.places, found.before, after)[0]
    return rest


def _permuted(
    rest: Floats, found: Best, margin: float, permutations: int, rule: Rule
) -> tuple[int, Floats]:
    """How many of so many permutations split as well, and the shift of each at the same place."""
    import numpy as np

    dice = np.random.default_rng(SEED)
    nights, strength = len(rest), float(found.strength[0])
    beaten, shifts, left = 0, [], permutations
    while left:
        count = min(left, max(1, AT_ONCE // nights))
        rows = rest[orders(nights, count, rule.block(nights), dice)]
        # Rounding must not make a permutation that changes nothing look weaker.
        beaten += int((best(rows, margin).strength >= strength * (1 - 1e-9)).sum())
        shifts.append(_shift_at(rows, int(found.places[0])))
        left -= count
    return beaten, np.concatenate(shifts)


def _shift_at(rows: Floats, place: int) -> Floats:
    import numpy as np

    from bench.regression.history.splits import WINDOW

    before = np.median(rows[:, max(0, place - WINDOW) : place], axis=1)
    after: Floats = np.median(rows[:, place : place + WINDOW], axis=1) - before
    return after


def orders(nights: int, count: int, block: int, dice: np.random.Generator) -> Places:
    """So many orders of the nights: their ring is cut into blocks, and these are shuffled."""
    import numpy as np

    blocks = -(-nights // block)
    shuffled = dice.random((count, blocks)).argsort(axis=1)
    places = np.arange(blocks * block).reshape(blocks, block)[shuffled].reshape(count, -1)
    places = places[places < nights].reshape(count, nights)
    turned: Places = (places + dice.integers(nights, size=(count, 1))) % nights
    return turned
