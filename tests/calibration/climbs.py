"""How often a job with `--ceiling` fails in vain, whatever its climbs do one after the other.

The counts are made up, since what is asked is whether the order of the climbs can matter. All else
in these jobs is drawn from what was recorded.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from bench.derive.statistics import Estimate
from bench.experiments.pairs import dealt
from bench.judging.decision import decide_in_looks
from bench.judging.gates import CEILING, Gate, Margin
from bench.judging.looks import FALSE_FAILURE, fewest_a_side, looks
from bench.judging.noise import Recorded, draw
from bench.judging.samples import Ceilings, Sides, Stopped
from bench.judging.verdicts import Decision
from tests.calibration.jobs import Runtimes, Shares, dice_for, percent, table, with_interval

MORE = 2  # times as many jobs: what is looked for is rare
MOST = 0.02  # of jobs, all gates together
MARGIN = Margin(0.03)
COUNT, SPREAD = 30_000, 0.02  # a ceiling, and how much it varies from climb to climb
LOWER, FALLS, FIRST, COARSE = 0.05, 0.01, 0.20, 0.10

# What befalls the climb at this place, the first being 0: so many times the count.
Order = Callable[[int], float]
ORDERS: Mapping[str, Order] = {
    "nothing but noise of 2 %": lambda _: 1.0,
    "every second climb 5 % lower": lambda place: 1 - LOWER * (place % 2),
    "each climb 1 % lower than the one before": lambda place: (1 - FALLS) ** place,
    "the first climb 20 % higher": lambda place: 1 + FIRST * (place == 0),
}


@dataclass(frozen=True)
class Row:
    """One thing that climbs do in a row, on both sides alike: what jobs came to, and what the
    ceiling's verdicts were, of which so many climbs a side and a `share` of the job's chance of a
    false failure are the ceiling's own."""

    order: str
    climbs: int
    share: float
    whole: Shares
    ceiling: Shares

    @property
    def own(self) -> Estimate:
        return self.ceiling.share("regression")

    @property
    def reached(self) -> bool:
        """Whether few enough jobs failed, and the ceiling not surely more often than its share."""
        rate = self.whole.share("regression").value or 0.0
        return rate <= MOST and (self.own.low or 0.0) <= self.share


def rows(runtimes: Runtimes, seeds: str, jobs: int) -> list[Row]:
    """Jobs of one runtime each, the usual gates and the ceiling."""
    return [_row(words, runtimes, seeds, -(-MORE * jobs // len(runtimes))) for words in ORDERS]


def _row(words: str, runtimes: Runtimes, seeds: str, each: int) -> Row:
    (sharing,) = {len(recorded) + 1 for recorded in runtimes.values()}
    climbs = fewest_a_side(sharing)
    made: list[Decision] = []
    for name, recorded in runtimes.items():
        dice = dice_for(seeds, "climbs", words, name)
        made += [_decided(recorded, ORDERS[words], climbs, dice) for _ in range(each)]
    return Row(
        words,
        climbs,
        FALSE_FAILURE / sharing,
        Shares.of_jobs(made),
        Shares.of_figure(made, CEILING),
    )


def _decided(
    recorded: Sequence[Recorded], order: Order, climbs: int, dice: random.Random
) -> Decision:
    gates = [*(one.gate for one in recorded), Gate(recorded[0].gate.case, CEILING, MARGIN)]
    sides: tuple[Sides, ...] = (
        *draw(recorded, looks()[-1].pairs, dice),
        ceilings(order, climbs, dice),
    )
    return decide_in_looks(gates, sides, looks())


def ceilings(order: Order, climbs: int, dice: random.Random) -> Ceilings:
    """The climbs of two sides that are the same, in the order in which a job makes them."""
    sides: tuple[list[Stopped], list[Stopped]] = ([], [])
    for place, side in enumerate(dealt(climbs, dice)):
        count = COUNT * order(place) * math.exp(dice.gauss(0, SPREAD))
        sides[side].append(Stopped(round(count), "refused", "pids.max", "/a", COUNT))
    return Ceilings(tuple(sides[0]), tuple(sides[1]))


def as_table(made: Iterable[Row]) -> str:
    heading = (
        "climbs of both sides alike, but",
        "climbs a side",
        "jobs that failed",
        "for the ceiling",
        "its share",
    )
    return table(
        heading,
        (
            (
                row.order,
                str(row.climbs),
                with_interval(row.whole.share("regression")),
                with_interval(row.own),
                percent(row.share, 2),
            )
            for row in made
        ),
    )
