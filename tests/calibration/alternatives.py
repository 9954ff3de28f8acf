"""What the gate's constants could have been, by the recordings that they are chosen by."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bench.judging.gates import BURST
from bench.judging.looks import FALSE_FAILURE, MISSED, Look, looks
from bench.judging.noise import simulate, undisturbed
from tests.calibration.jobs import Runtimes, Shares, dice_for, percent, table
from tests.calibration.nuisances import drift
from tests.calibration.power import changes_of

SEEDS = "tuning"
AT_MARGIN, FIVE, TEN = 0.03, 0.05, 0.10


def spending(
    pairs: Sequence[int],
    failing: Sequence[float],
    clearing: Sequence[float],
    false_failure: float = FALSE_FAILURE,
    missed: float = MISSED,
) -> tuple[Look, ...]:
    """Looks after so many pairs, each spending its share of either chance."""
    shares = zip(pairs, failing, clearing, strict=True)
    return tuple(
        Look(number, count, fails * false_failure, clears * missed, count == pairs[-1])
        for number, (count, fails, clears) in enumerate(shares, start=1)
    )


THREE = (13, 20, 40)
ALIKE = (1 / 3, 1 / 3, 1 / 3)
FAILING, CLEARING = (0.3, 0.3, 0.4), (0.2, 0.3, 0.5)
ALTERNATIVES: dict[str, tuple[Look, ...]] = {
    "**as shipped: 13, 20 and 40 pairs, 1 % and 5 %**": looks(),
    "10, 15 and 40 pairs": spending((10, 15, 40), FAILING, CLEARING),
    "20, 30 and 40 pairs": spending((20, 30, 40), FAILING, CLEARING),
    "13 and 40 pairs": spending((13, 40), (0.4, 0.6), (0.4, 0.6)),
    "40 pairs at once": spending((40,), (1.0,), (1.0,)),
    "every look spends alike": spending(THREE, ALIKE, ALIKE),
    "0.2 % of false failures": spending(THREE, FAILING, CLEARING, false_failure=0.002),
    "2 % of false failures": spending(THREE, FAILING, CLEARING, false_failure=0.02),
    "5 % of false failures": spending(THREE, FAILING, CLEARING, false_failure=0.05),
    "1 % of a gate at its margin cleared": spending(THREE, FAILING, CLEARING, missed=0.01),
    "20 % of a gate at its margin cleared": spending(THREE, FAILING, CLEARING, missed=0.20),
}


@dataclass(frozen=True)
class Row:
    """One alternative, its jobs spread over the runtimes; all but `alike` and `drift` are of the
    burst, the new side being so much slower."""

    words: str
    alike: Shares
    with_drift: Shares
    at_margin: Shares
    five: Shares
    ten: Shares


def rows(runtimes: Runtimes, jobs: int) -> list[Row]:
    return [
        Row(
            words,
            _alike(runtimes, looks_, jobs, drifting=False),
            _alike(runtimes, looks_, jobs, drifting=True),
            *(_slower(runtimes, looks_, jobs, change) for change in (AT_MARGIN, FIVE, TEN)),
        )
        for words, looks_ in ALTERNATIVES.items()
    ]


def as_table(made: Iterable[Row]) -> str:
    heading = (
        "",
        "A/A: failed",
        "with drift: failed",
        "A/A: cleared",
        "A/A: pairs",
        "+3 % (the margin): cleared",
        "+5 %: found",
        "+10 %: found",
        "+10 %: cleared",
    )
    return table(heading, map(_cells, made))


def _cells(row: Row) -> tuple[str, ...]:
    return (
        row.words,
        percent(row.alike.share("regression").value, 2),
        percent(row.with_drift.share("regression").value, 2),
        percent(row.alike.cleared.value),
        f"{statistics.fmean(row.alike.pairs):.0f}",
        percent(row.at_margin.cleared.value),
        percent(row.five.share("regression").value),
        percent(row.ten.share("regression").value),
        percent(row.ten.cleared.value, 2),
    )


def _alike(runtimes: Runtimes, looks_: Sequence[Look], jobs: int, *, drifting: bool) -> Shares:
    made = Shares((), ())
    for name, recorded in runtimes.items():
        dice = dice_for(SEEDS, "alternatives", name, drifting)
        nuisance = drift if drifting else undisturbed
        decisions = simulate(recorded, looks_, _each(runtimes, jobs), dice, nuisance=nuisance)
        made += Shares.of_jobs(decisions)
    return made


def _slower(runtimes: Runtimes, looks_: Sequence[Look], jobs: int, change: float) -> Shares:
    made = Shares((), ())
    for name, recorded in runtimes.items():
        dice = dice_for(SEEDS, "alternatives", name, change)
        changes = changes_of(BURST, change)
        decisions = simulate(recorded, looks_, _each(runtimes, jobs), dice, changes)
        made += Shares.of_figure(decisions, BURST)
    return made


def _each(runtimes: Runtimes, jobs: int) -> int:
    return -(-jobs // len(runtimes))
