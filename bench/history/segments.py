"""The segments between the clear steps of one series, however many there are. Pure.

Steps hide each other: a step is noise for every other one, as long as it is not taken off. So the
noise of a night is found first by the differences between neighbouring nights, of which few have a
step in them; then all steps are found at once, by the least cost of a series cut into levels, where
each step must pay for itself (optimal partitioning: Jackson and others 2005); and then the noise is
found anew by what is left without them, neighbours that resemble each other included, until both
agree.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from bench.history.splits import UNLIKELY, WINDOW, Sides, standard_error

if TYPE_CHECKING:
    from bench.history.splits import Floats

ROUNDS = 8  # until noise and steps agree; two or three are usual
LEAST_NOISE = 0.02  # of the margin: less tells nothing more, and values of few digits have none
NEIGHBOURS = 3  # nights on either side by whose median a spike is known: a segment outvotes it
SPIKE = 3.0  # spreads
NEARER = 0.7  # what the squares about a slope must be of those about two levels
MEDIAN_OF_DIFFERENCES = 0.6745 * 2**0.5  # of |z − z'|, z and z' being normal
FIRST = 0.5  # of that noise: what is no step is left out by the rounds that follow


def local_noise(values: Floats, margin: float) -> float:
    """The spread of a night by its differences from the night before: steps and drifts hardly
    widen it. Nights that resemble their neighbours make it too small."""
    import numpy as np

    usual = float(np.median(np.abs(np.diff(values))))
    return max(usual / MEDIAN_OF_DIFFERENCES, LEAST_NOISE * margin)


def clear_steps(values: Floats, margin: float, sides: Sides, clear: float) -> list[int]:
    """The places of the steps that are at least `clear` standard errors high, each by the nights
    between its neighbours, in their order. Those within the margin are among them: they are no
    noise either."""
    noise = local_noise(values, margin)
    price = (FIRST * clear * noise) ** 2
    places = settled(values, _partition(despiked(values, noise), price, sides), sides)
    error = error_of(values, places, margin)
    while places:
        found = strengths(values, places, error)
        weakest = min(range(len(places)), key=found.__getitem__)
        if found[weakest] >= clear:
            break
        places = settled(values, _without(places, weakest), sides)
    return places


def past_margin(
    values: Floats, places: Sequence[int], margin: float, error: float, sides: Sides
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
            made = settled(values, made, sides)


def settled(values: Floats, places: Sequence[int], sides: Sides) -> list[int]:
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
            first = sides.before if number == 0 else sides.after
            able = off[first - 1 : len(nights) - sides.after]  # by the last night before
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
    """Whether the nights that a step is told by lie nearer to a slope than to two levels."""
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


def _partition(values: Floats, price: float, sides: Sides) -> list[int]:
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
    for end in range(sides.before, nights + 1):
        begins = np.arange(0, end - sides.after + 1)
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
