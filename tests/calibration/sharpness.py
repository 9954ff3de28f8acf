"""What the rule is worth that a job which could not have seen a change clears nobody.

By the noisiest burst of the recordings that constants are chosen by, the decision with the rule and
without.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable
from dataclasses import dataclass
from unittest.mock import patch

from bench.judging import rank_tests
from bench.judging.gates import BURST
from bench.judging.looks import looks
from bench.judging.noise import NO_CHANGE, Changes, Injected, Recorded, simulate
from tests.calibration.jobs import Runtimes, Shares, dice_for, percent, table

SEEDS = "tuning"
MORE = 4  # times as many jobs: what is looked for is rare
SHIPPED = "with the rule, as shipped"
RULES = {
    SHIPPED: float(rank_tests.MARGINS),
    "without it": math.inf,
}


@dataclass(frozen=True)
class Row:
    """One of the two decisions, on a new side that is slower by 10 %, alike, and faster by 20 %."""

    rule: str
    slower: Shares
    alike: Shares
    faster: Shares


def rows(runtimes: Runtimes, jobs: int) -> list[Row]:
    burst = noisiest(runtimes)
    return [
        Row(
            words,
            _played(burst, margins, {BURST: Injected(1.1)}, MORE * jobs),
            _played(burst, margins, NO_CHANGE, jobs),
            _played(burst, margins, {BURST: Injected(0.8)}, jobs),
        )
        for words, margins in RULES.items()
    ]


def noisiest(runtimes: Runtimes) -> Recorded:
    bursts = (one for made in runtimes.values() for one in made if one.gate.metric == BURST)
    return max(bursts, key=usual_difference)


def usual_difference(recorded: Recorded) -> float:
    """By how much the two of a pair differ, in every other pair: few wild ones do not count."""
    return statistics.median(abs(math.log(after / before)) for before, after in recorded.pairs)


def as_table(made: Iterable[Row], runtimes: Runtimes) -> str:
    burst = noisiest(runtimes)
    differ = percent(usual_difference(burst), 0)
    noise = f"{burst.gate.case}, of which every other pair differs by over {differ}"
    return table(
        (noise, "+10 %: cleared", "alike: cleared", "−20 %: cleared"),
        (
            (
                row.rule,
                f"{row.slower.cleared_count} of {len(row.slower.words):,} jobs",
                *(percent(one.cleared.value) for one in (row.alike, row.faster)),
            )
            for row in made
        ),
    )


def _played(burst: Recorded, margins: float, changes: Changes, jobs: int) -> Shares:
    dice = dice_for(SEEDS, "sharpness", sorted(map(str, changes.values())))
    with patch.object(rank_tests, "MARGINS", margins):
        return Shares.of_jobs(simulate([burst], looks(), jobs, dice, changes))
