"""The steps of a series, however many, calibrated by the series itself. Pure, and the same every
time.

Steps hide each other: a step is noise for every other one, as long as it is not taken off. So the
noise of a night is found first by the differences between neighbouring nights, of which few have a
step in them; then all steps are found at once, by the least cost of a series cut into levels, where
each step must pay for itself (optimal partitioning: Jackson and others 2005); and then the noise is
found anew by what is left without them, neighbours that resemble each other included, until both
agree.

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

from bench.history.splits import UNLIKELY, USUAL, WINDOW, FewestNights, best, standard_error

if TYPE_CHECKING:
    import numpy as np

    from bench.history.splits import Floats, Places

SEED = 1
PERMUTATIONS = 999
LEVEL = 0.01
AT_ONCE = 400_000  # numbers: some 10 MB a temporary array
INTERVAL = (0.025, 0.975)
ROUNDS = 8  # until noise and steps agree; two or three are usual
LEAST_NOISE = 0.02  # of the margin: less adds nothing, and values of few digits have none
NEIGHBOURS = 3  # nights on either side by whose median a spike is known: a segment outvotes it
SPIKE = 3.0  # spreads
NEARER = 0.7  # what the squares about a slope must be of those about two levels
MEDIAN_OF_DIFFERENCES = 0.6745 * 2**0.5  # of |z − z'|, z and z' being normal
FIRST = 0.5  # of that noise: what is no step is left out by the rounds that follow


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
    """A step: `place` is that of the first night after it, and it is estimated from the nights from
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
    fewest: FewestNights = USUAL,
    permutations: int = PERMUTATIONS,
    rule: Rule = RULE,
) -> tuple[Shift, ...]:
    """The steps of a series that are past the margin and have a p of `LEVEL` at most, in the order
    of their nights; none where the series is too short for any."""
    if len(values) < fewest.total:
        return ()
    import numpy as np

    row = np.array(values, dtype=float)
    known = clear_steps(row, margin, fewest, rule.clear)
    places, null = past_margin(row, known, margin, error_of(row, known, margin), fewest), None
    while (weaker := _weaker(row, known, margin, fewest)) is not None:
        place, strength = weaker
        wider = sorted((*known, place))
        its_null = _null(row, wider, margin, fewest, permutations, rule)
        if its_null.p(strength) > LEVEL:
            break
        known, places, null = wider, sorted((*places, place)), its_null
    if not places:
        return ()
    null = null or _null(row, known, margin, fewest, permutations, rule)
    found = strengths(row, places, error_of(row, known, margin))
    chances = [null.p(strength) for strength in found]
    return tuple(
        _shift(row, place, bounds(places, number, len(row)), p, null)
        for number, (place, p) in enumerate(zip(places, chances, strict=True))
        if p <= LEVEL and not is_ramp(row, place, *bounds(places, number, len(row)))
    )


def _weaker(
    row: Floats, known: Sequence[int], margin: float, fewest: FewestNights
) -> tuple[int, float] | None:
    """The best split of what the clear steps leave, and its strength."""
    found = best(rests(row, known)[None], margin, fewest)
    place, strength = int(found.places[0]), float(found.strength[0])
    near = any(abs(place - other) < fewest.after for other in known)
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
    fewest: FewestNights,
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
        strongest.append(best(rows, margin / (1 + 1 / rule.clear), fewest).strength)
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


def local_noise(values: Floats, margin: float) -> float:
    """The spread of a night by its differences from the night before: steps and drifts hardly
    widen it. Nights that resemble their neighbours make it too small."""
    import numpy as np

    usual = float(np.median(np.abs(np.diff(values))))
    return max(usual / MEDIAN_OF_DIFFERENCES, LEAST_NOISE * margin)


def clear_steps(values: Floats, margin: float, fewest: FewestNights, clear: float) -> list[int]:
    """The places of the steps that are at least `clear` standard errors high, each by the nights
    between its neighbours, in their order. Those within the margin are among them: they are no
    noise either."""
    noise = local_noise(values, margin)
    price = (FIRST * clear * noise) ** 2
    places = settled(values, _partition(despiked(values, noise), price, fewest), fewest)
    error = error_of(values, places, margin)
    while places:
        found = strengths(values, places, error)
        weakest = min(range(len(places)), key=found.__getitem__)
        if found[weakest] >= clear:
            break
        places = settled(values, _without(places, weakest), fewest)
    return places


def past_margin(
    values: Floats, places: Sequence[int], margin: float, error: float, fewest: FewestNights
) -> list[int]:
    """The places of the steps past the margin, or within one standard error of it. Of those between
    them that are within it, several may be past it together: the lowest are left out until they
    are."""
    made = list(places)
    while True:
        found = heights(values, made)
        near = [
            abs(height) + spread <= margin
            for height, spread in zip(found, spreads(values, made, error), strict=True)
        ]
        if not any(near):
            return made
        lowest = min(
            (number for number, within in enumerate(near) if within),
            key=lambda number: abs(found[number]),
        )
        joined = lowest > 0 and near[lowest - 1]
        joined |= lowest + 1 < len(made) and near[lowest + 1]
        made = _without(made, lowest)
        if joined:
            made = settled(values, made, fewest)


def settled(values: Floats, places: Sequence[int], fewest: FewestNights) -> list[int]:
    """The places, each moved between its neighbours to where it leaves the nights nearest to the
    level on their side."""
    import numpy as np

    settled = list(places)
    for _ in range(ROUNDS):
        before = list(settled)
        for number, place in enumerate(settled):
            begin, end = bounds(settled, number, len(values))
            low, high = levels(values, place, begin, end)
            nights = values[begin:end]
            off = np.cumsum(np.abs(nights - low) - np.abs(nights - high))
            first = fewest.before if number == 0 else fewest.after
            able = off[first - 1 : len(nights) - fewest.after]  # by the last night before
            if len(able):
                settled[number] = begin + first + int(np.argmin(able))
        if settled == before:
            break
    return settled


def bounds(places: Sequence[int], number: int, nights: int) -> tuple[int, int]:
    """The nights from the step before this one to the step after it."""
    begin = places[number - 1] if number else 0
    return begin, places[number + 1] if number + 1 < len(places) else nights


def levels(values: Floats, place: int, begin: int, end: int) -> tuple[float, float]:
    """The medians on either side of a step, of the nights that are looked at."""
    import numpy as np

    before = values[max(begin, place - WINDOW) : place]
    after = values[place : min(end, place + WINDOW)]
    return float(np.median(before)), float(np.median(after))


def heights(values: Floats, places: Sequence[int]) -> list[float]:
    """How far each step goes, by the nights between its neighbours."""
    found = []
    for number, place in enumerate(places):
        before, after = levels(values, place, *bounds(places, number, len(values)))
        found.append(after - before)
    return found


def spreads(values: Floats, places: Sequence[int], error: float) -> list[float]:
    """The standard error of how far each step goes, `error` being that of one night."""
    found = []
    for number, place in enumerate(places):
        begin, end = bounds(places, number, len(values))
        worth = 1 / min(WINDOW, place - begin) + 1 / min(WINDOW, end - place)
        found.append(error * worth**0.5)
    return found


def strengths(values: Floats, places: Sequence[int], error: float) -> list[float]:
    """How far each step goes, in standard errors of that; 0 where the ranks of the nights on either
    side do not bear it out."""
    found = []
    each = zip(places, heights(values, places), spreads(values, places, error), strict=True)
    for number, (place, height, spread) in enumerate(each):
        begin, end = bounds(places, number, len(values))
        before = values[max(begin, place - WINDOW) : place]
        after = values[place : min(end, place + WINDOW)]
        found.append(abs(height) / spread if ranks_differ(before, after) else 0.0)
    return found


def ranks_differ(before: Floats, after: Floats) -> bool:
    """Whether Mann and Whitney's test has p < 0.01, or where so few nights never have, whether all
    of those on one side are above all of those on the other."""
    import numpy as np

    wins = abs(float(np.sign(after[:, None] - before).sum()))
    sizes = len(before) * len(after)
    far = wins >= UNLIKELY * (sizes * (len(before) + len(after) + 1) / 3) ** 0.5
    return far or wins == sizes


def error_of(values: Floats, places: Sequence[int], margin: float) -> float:
    """The standard error of one night, by what is left without the steps."""
    error = float(standard_error(rests(values, places)[None], len(places) + 1)[0])
    return max(error, LEAST_NOISE * margin)


def rests(values: Floats, places: Sequence[int]) -> Floats:
    """What is left of each night when the median of its segment is taken off."""
    import numpy as np

    made = np.array(values)
    for begin, end in zip([0, *places], [*places, len(values)], strict=True):
        made[begin:end] -= np.median(values[begin:end])
    return made


def is_ramp(values: Floats, place: int, begin: int, end: int) -> bool:
    """Whether the nights on both sides of a step lie nearer to a slope than to two levels."""
    import numpy as np

    first, last = max(begin, place - WINDOW), min(end, place + WINDOW)
    nights, days = values[first:last], np.arange(first, last)
    slope = nights - np.polyval(np.polyfit(days, nights, 1), days)
    step = np.concatenate([side - side.mean() for side in np.split(nights, [place - first])])
    return float((slope**2).sum()) < NEARER * float((step**2).sum())


def _without(places: Sequence[int], number: int) -> list[int]:
    return [place for other, place in enumerate(places) if other != number]


def despiked(values: Floats, noise: float) -> Floats:
    """The series with what is far off the nights around it brought near (Hampel's filter)."""
    import numpy as np
    from numpy.lib.stride_tricks import sliding_window_view

    edge = range(min(NEIGHBOURS, len(values)))
    first = [np.median(values[: place + NEIGHBOURS + 1]) for place in edge]
    last = [np.median(values[::-1][: place + NEIGHBOURS + 1]) for place in edge]
    if len(values) > 2 * NEIGHBOURS:
        inner = np.median(sliding_window_view(values, 2 * NEIGHBOURS + 1), axis=1)
        middle = np.concatenate([first, inner, last[::-1]])
    else:
        middle = np.full(len(values), np.median(values))
    made: Floats = np.clip(values, middle - SPIKE * noise, middle + SPIKE * noise)
    return made


def _partition(values: Floats, price: float, fewest: FewestNights) -> list[int]:
    """The places at which the series is cut for the least cost: the squares about the means of its
    segments, and the price of each step."""
    import numpy as np

    nights = len(values)
    centred = values - values.mean()
    sums, squares = (
        np.concatenate([[0.0], np.cumsum(each)]) for each in (centred, centred * centred)
    )
    cost = np.full(nights + 1, np.inf)
    first = np.zeros(nights + 1, dtype=np.intp)
    for end in range(fewest.before, nights + 1):
        begins = np.arange(0, end - fewest.after + 1)
        total = sums[end] - sums[begins]
        spread = squares[end] - squares[begins] - total * total / (end - begins)
        whole = np.where(begins > 0, cost[begins] + price, 0.0) + np.maximum(spread, 0.0)
        first[end] = begins[np.argmin(whole)]
        cost[end] = whole.min()
    places, end = [], nights
    while first[end]:
        end = int(first[end])
        places.append(end)
    return places[::-1]
