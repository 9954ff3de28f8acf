"""The steps of a series, however many, calibrated by the series itself. Pure, and the same every
time.

The chance that noise alone would split as well is found by block permutation: what is left of the
series without its steps is cut into blocks of nights, which are put together in another order, so
that nights keep their neighbours; then the best split of that is sought. What a step takes off is
partly noise, though, and a series without it looks quieter than it is. So the part of a step that
noise could have made stays in (`Rule.kept`, in the way of James and Stein's shrinkage of a mean).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.history.segments import (
    bounds,
    clear_steps,
    error_of,
    heights,
    is_ramp,
    levels,
    past_margin,
    rests,
    strengths,
)
from bench.history.splits import USUAL, WINDOW, Sides, best

if TYPE_CHECKING:
    import numpy as np

    from bench.history.splits import Floats, Places

SEED = 1
PERMUTATIONS = 999
LEVEL = 0.01
AT_ONCE = 400_000  # numbers: some 10 MB a temporary array
INTERVAL = (0.025, 0.975)


@dataclass(frozen=True)
class Rule:
    """What was tuned by `tests/calibration/history.py`. So many standard errors of a step are
    `kept` as what noise could have made, some more where there are few nights, and ever less of
    steps beyond; from `clear` on a step is taken for one before it is tested. A block has a fifth
    of the nights, within `blocks`."""

    kept: float = 5.0
    kept_of_few: float = 30.0
    power: float = 2.0
    clear: float = 6.5
    blocks: tuple[int, int] = (3, 8)

    def kept_of(self, nights: int) -> float:
        return self.kept + self.kept_of_few / nights

    def block(self, nights: int) -> int:
        fewest, most = self.blocks
        return max(fewest, min(most, round(nights / 5)))


RULE = Rule()


@dataclass(frozen=True)
class Shift:
    """A step: `place` is that of the first night after it, and it is told by the nights from
    `begin` to `end`, where its neighbours are. `before` and `after` are the medians on either side,
    and `low` to `high` a 95 % interval of after − before. `p` is the chance that noise alone would
    split the series as well."""

    place: int
    begin: int
    end: int
    before: float
    after: float
    low: float
    high: float
    p: float


@dataclass(frozen=True)
class Null:
    """A series without its steps in many orders, and the strength of the best split of each."""

    rows: Floats
    strength: Floats

    def p(self, strength: float) -> float:
        """The chance of a split so strong. Rounding must not make an order that changes nothing
        look weaker."""
        beaten = int((self.strength >= strength * (1 - 1e-9)).sum())
        return (1 + beaten) / (1 + len(self.strength))


def shifts(
    values: Sequence[float],
    margin: float,
    sides: Sides = USUAL,
    permutations: int = PERMUTATIONS,
    rule: Rule = RULE,
) -> tuple[Shift, ...]:
    """The steps of a series that are past the margin and have a p of `LEVEL` at most, in the order
    of their nights; none where the series is too short for any."""
    if len(values) < sides.fewest:
        return ()
    import numpy as np

    row = np.array(values, dtype=float)
    known = clear_steps(row, margin, sides, rule.clear)
    places, null = past_margin(row, known, margin, error_of(row, known, margin), sides), None
    while (weaker := _weaker(row, known, margin, sides)) is not None:
        place, strength = weaker
        wider = sorted((*known, place))
        its_null = _null(row, wider, margin, sides, permutations, rule)
        if its_null.p(strength) > LEVEL:
            break
        known, places, null = wider, sorted((*places, place)), its_null
    if not places:
        return ()
    null = null or _null(row, known, margin, sides, permutations, rule)
    found = strengths(row, places, error_of(row, known, margin))
    chances = [null.p(strength) for strength in found]
    return tuple(
        _shift(row, place, bounds(places, number, len(row)), p, null)
        for number, (place, p) in enumerate(zip(places, chances, strict=True))
        if p <= LEVEL and not is_ramp(row, place, *bounds(places, number, len(row)))
    )


def _weaker(
    row: Floats, known: Sequence[int], margin: float, sides: Sides
) -> tuple[int, float] | None:
    """The best split of what the clear steps leave, and its strength."""
    found = best(rests(row, known)[None], margin, sides)
    place, strength = int(found.places[0]), float(found.strength[0])
    near = any(abs(place - other) < sides.after for other in known)
    return None if near or not strength else (place, strength)


def _shift(row: Floats, place: int, ends: tuple[int, int], p: float, null: Null) -> Shift:
    import numpy as np

    begin, end = ends
    before, after = levels(row, place, begin, end)
    first, last = max(begin, place - WINDOW), min(end, place + WINDOW)
    noise = np.median(null.rows[:, place:last], axis=1) - np.median(
        null.rows[:, first:place], axis=1
    )
    low, high = np.quantile(noise, INTERVAL)
    step = after - before
    return Shift(place, begin, end, before, after, step - float(high), step - float(low), p)


def _null(
    row: Floats,
    places: Sequence[int],
    margin: float,
    sides: Sides,
    permutations: int,
    rule: Rule,
) -> Null:
    """The orders of the series without these steps, but for the part of each that noise could have
    made."""
    import numpy as np

    nights, rest = len(row), np.array(row)
    found = strengths(row, places, error_of(row, places, margin))
    for place, height, strength in zip(places, heights(row, places), found, strict=True):
        kept = rule.kept_of(nights)
        share = 1 - (kept / max(kept, strength)) ** rule.power
        rest[place:] -= share * height
    dice = np.random.default_rng(SEED)
    made, strongest, left = [], [], permutations
    while left:
        count = min(left, max(1, AT_ONCE // nights))
        rows = rest[orders(nights, count, rule.block(nights), dice)]
        made.append(rows)
        strongest.append(best(rows, margin / (1 + 1 / rule.clear), sides).strength)
        left -= count
    return Null(np.concatenate(made), np.concatenate(strongest))


def orders(nights: int, count: int, block: int, dice: np.random.Generator) -> Places:
    """So many orders of the nights: their ring is cut into blocks, and these are shuffled."""
    import numpy as np

    blocks = -(-nights // block)
    shuffled = dice.random((count, blocks)).argsort(axis=1)
    places = np.arange(blocks * block).reshape(blocks, block)[shuffled].reshape(count, -1)
    places = places[places < nights].reshape(count, nights)
    turned: Places = (places + dice.integers(nights, size=(count, 1))) % nights
    return turned
