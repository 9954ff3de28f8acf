"""Made-up histories of nights on which nothing changed: what they do instead, kind by kind.

Each series is tossed anew from a seed of its own, as logarithms about 0. The spread from night to
night is that of a burst, `SPREAD`.
"""

from __future__ import annotations

import itertools
import json
import math
import random
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

RECORDED = Path(__file__).parent / "recorded" / "nights.json"

SPREAD = 0.04
SPIKES, SPIKE = 0.05, 1.25  # so many of the nights, so many times as slow
ECHO = 0.5  # the autocorrelation from night to night
MODE, STAYS = 1.1, 0.7  # so many times as slow, and how likely a night is like the one before
DRIFT = 0.05  # over all nights
MISSING = 0.2  # of the nights
DIGITS = 3  # decimal places of logarithms in ties
BLOCK = 10  # nights of the recorded ones that stay together

Series = list[float]
# `None` is a night that is missing.
Kind = Callable[[int, random.Random], Series] | Callable[[int, random.Random], list[float | None]]


class Dated(NamedTuple):
    """A night that is there: on which day, the first being 0, and its value."""

    day: int
    value: float


def quiet(nights: int, dice: random.Random) -> Series:
    return [dice.gauss(0, SPREAD) for _ in range(nights)]


def waves(nights: int, dice: random.Random) -> Series:
    """What one night met, the next still meets in part: first-order autocorrelation."""
    height, found = dice.gauss(0, 1), []
    for _ in range(nights):
        found.append(SPREAD * height)
        height = ECHO * height + math.sqrt(1 - ECHO**2) * dice.gauss(0, 1)
    return found


def with_spikes(base: Callable[[int, random.Random], Series]) -> Kind:
    """Here and there a night is far off."""

    def spiked(nights: int, dice: random.Random) -> Series:
        return [x + math.log(SPIKE) * (dice.random() < SPIKES) for x in base(nights, dice)]

    return spiked


def two_modes(nights: int, dice: random.Random) -> Series:
    """The machine has a fast and a slow state, and often stays in either."""
    slow, found = dice.random() < 0.5, []
    for x in quiet(nights, dice):
        slow = slow if dice.random() < STAYS else dice.random() < 0.5
        found.append(x + math.log(MODE) * slow)
    return found


def drift(nights: int, dice: random.Random) -> Series:
    """The machine slows down, bit by bit."""
    last = max(1, nights - 1)
    return [x + DRIFT * place / last for place, x in enumerate(quiet(nights, dice))]


def heavy_tails(nights: int, dice: random.Random) -> Series:
    """Student's t with 3 degrees of freedom."""

    def one() -> float:
        return dice.gauss(0, 1) / math.sqrt(sum(dice.gauss(0, 1) ** 2 for _ in range(3)) / 3)

    return [SPREAD * one() for _ in range(nights)]


def ties(nights: int, dice: random.Random) -> Series:
    """Values so coarse that many are the same."""
    return [round(x, DIGITS - 1) for x in quiet(nights, dice)]


def missing_nights(nights: int, dice: random.Random) -> list[float | None]:
    """A fifth of the nights is not there: that leaves fewer of them, with gaps in their dates."""
    return [x if dice.random() >= MISSING else None for x in waves(nights, dice)]


def recorded(nights: int, dice: random.Random) -> Series:
    """Bursts of real runs, one after the other, in blocks that stay as they were."""
    runtime = dice.choice(sorted(RUNS))
    runs, found = RUNS[runtime], Series()
    while len(found) < nights:
        place = dice.randrange(len(runs))
        found += [runs[(place + one) % len(runs)] for one in range(BLOCK)]
    return found[:nights]


def _runs() -> Mapping[str, Sequence[float]]:
    """The recorded bursts, as logarithms about 0."""
    if not RECORDED.exists():
        return {}
    kept = json.loads(RECORDED.read_text(encoding="utf-8"))["burst_seconds_per_unit"]
    logs = {name: [math.log(value) for value in values] for name, values in kept.items()}
    return {name: [x - sum(each) / len(each) for x in each] for name, each in logs.items()}


RUNS = _runs()
KINDS: Mapping[str, Kind] = {
    "quiet": quiet,
    "spikes: 5 % of the nights +25 %": with_spikes(quiet),
    "waves: autocorrelation 0.5": waves,
    "waves and spikes": with_spikes(waves),
    "two modes 10 % apart": two_modes,
    "drift of 5 %": drift,
    "heavy tails": heavy_tails,
    "ties: values of two digits": ties,
    "waves, a fifth of the nights missing": missing_nights,
    "bursts of real runs": recorded,
}


def series(kind: str, nights: int, seeds: str, number: int) -> list[Dated]:
    """The nights that are there of the series of that number: the same for the same words, and of
    no other seeds."""
    values = KINDS[kind](nights, random.Random(f"{seeds}/{kind}/{number}"))
    return [Dated(day, value) for day, value in enumerate(values) if value is not None]


class Stepped(NamedTuple):
    """A made-up series with steps: its nights and the places of the first nights after them."""

    nights: list[Dated]
    places: tuple[int, ...]


def stepped(nights: int, steps: int, height: float, noise: float, seed: str) -> Stepped:
    """A series with so many steps as high as `height`, up or down, anywhere that leaves 5 nights
    before the first and 5 after each; its noise is normal, `noise` times a step."""
    dice = random.Random(seed)
    while True:
        places = sorted(dice.sample(range(5, nights - 4), steps))
        if all(after - before >= 5 for before, after in itertools.pairwise(places)):
            break
    level, made = 0.0, []
    for night in range(nights):
        level += height * dice.choice((-1, 1)) if night in places else 0.0
        made.append(Dated(night, level + dice.gauss(0, noise * height)))
    return Stepped(made, tuple(places))


def shifted(nights: Sequence[Dated], after: int, change: float) -> list[Dated]:
    """The nights, the last `after` of them worse by so much."""
    begins = len(nights) - after
    return [
        Dated(day, value + math.log1p(change) * (place >= begins))
        for place, (day, value) in enumerate(nights)
    ]
