"""What rules that others go by would do to the same processes: all of A, then all of B."""

from __future__ import annotations

import random
import statistics
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from bench.derive.statistics import Estimate, share_with_interval
from bench.judging.gates import BURST
from bench.judging.noise import Nuisance, Recorded, processes, undisturbed
from bench.judging.rank_tests import rank_sum_p
from tests.calibration.jobs import Runtimes, dice_for, table, with_interval
from tests.calibration.nuisances import drift

PROCESSES = 20  # a side
ALPHA, RISE = 0.05, 0.05

Rule = Callable[[Sequence[float], Sequence[float]], bool]


def ranks_differ(base: Sequence[float], new: Sequence[float]) -> bool:
    """Slower by Mann and Whitney's test, two-sided."""
    return rank_sum_p(base, new) < ALPHA / 2


def medians_differ(base: Sequence[float], new: Sequence[float]) -> bool:
    """Slower by a percentage of the median."""
    return statistics.median(new) > (1 + RISE) * statistics.median(base)


RULES: dict[str, Rule] = {
    f"slower by Mann-Whitney, two-sided p < {ALPHA}": ranks_differ,
    f"the median is slower by {RISE * 100:.0f} %": medians_differ,
}


@dataclass(frozen=True)
class Row:
    """One rule: the share of jobs with both sides the same that it fails."""

    rule: str
    as_recorded: Estimate
    with_drift: Estimate


def rows(runtimes: Runtimes, seeds: str, jobs: int) -> list[Row]:
    """The burst of each runtime, `PROCESSES` of the base first and then as many of the new side."""
    bursts = [one for made in runtimes.values() for one in made if one.gate.metric == BURST]
    return [
        Row(
            words,
            *(
                _share_failed(bursts, rule, nuisance, dice_for(seeds, words), jobs)
                for nuisance in (undisturbed, drift)
            ),
        )
        for words, rule in RULES.items()
    ]


def as_table(made: Iterable[Row]) -> str:
    heading = ("all of the base, then all of the new side", "as recorded", "with a drift of 5 %")
    cells = ((one.rule, *map(with_interval, (one.as_recorded, one.with_drift))) for one in made)
    return table(heading, cells)


def _share_failed(
    bursts: Sequence[Recorded], rule: Rule, nuisance: Nuisance, dice: random.Random, jobs: int
) -> Estimate:
    failed = sum(
        rule(values[:PROCESSES], values[PROCESSES:])
        for place in range(jobs)
        for values in processes([bursts[place % len(bursts)]], PROCESSES, dice, nuisance)
    )
    return share_with_interval(failed, jobs)
