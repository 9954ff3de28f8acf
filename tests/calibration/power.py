"""How often a job finds what is there: a change of a known size, given to the new side alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from bench.judging.gates import BURST, BYTES, LEAK, MetricName
from bench.judging.looks import Look, looks
from bench.judging.noise import Changes, Injected, Recorded, simulate
from tests.calibration.jobs import Runtimes, Shares, dice_for, percent, table
from tests.calibration.recordings import rescaled

GRID = (0.01, 0.02, 0.03, 0.05, 0.10, 0.20)
LEAKS = (20, 50, 200)  # bytes a unit
SPREADS = (0.02, 0.04, 0.08, 0.12, 0.16, 0.25)  # from pair to pair
BY_PAIRS = (10, 13, 20, 30, 40, 60, 100)
SPREAD_CHANGES = (0.05, 0.10, 0.20)


@dataclass(frozen=True)
class Row:
    """One figure of one runtime, or of all, under one change. `heavier` counts the jobs that called
    the bytes a regression as well."""

    runtime: str
    figure: MetricName
    change: float
    shares: Shares
    heavier: int = 0


def rows(runtimes: Runtimes, seeds: str, jobs: int) -> list[Row]:
    """Each change of the grid in bytes and in burst, and each leak, one at a time."""
    return [
        _row(name, recorded, seeds, figure, change, jobs)
        for name, recorded in runtimes.items()
        for figure, changes in ((BYTES, GRID), (BURST, GRID), (LEAK, LEAKS))
        for change in changes
    ]


def changes_of(figure: MetricName, change: float) -> Changes:
    """A share more or, for a leak, so many bytes, which are there while the units are alive too."""
    if figure == LEAK:
        return {LEAK: Injected(more=change), BYTES: Injected(more=change)}
    return {figure: Injected(factor=1 + change)}


def _row(
    name: str,
    recorded: Sequence[Recorded],
    seeds: str,
    figure: MetricName,
    change: float,
    jobs: int,
) -> Row:
    dice = dice_for(seeds, "power", name, figure.words, change)
    decisions = simulate(recorded, looks(), jobs, dice, changes_of(figure, change))
    heavier = Shares.of_figure(decisions, BYTES).words.count("regression")
    return Row(name, figure, change, Shares.of_figure(decisions, figure), heavier)


@dataclass(frozen=True)
class BySpread:
    """The burst, its pairs varying by `spread`, at the default looks, by all runtimes' noise."""

    spread: float
    change: float
    shares: Shares


def by_spread(runtimes: Runtimes, seeds: str, jobs: int) -> list[BySpread]:
    return [
        BySpread(spread, change, _rescaled(runtimes, seeds, spread, change, looks(), jobs))
        for spread in SPREADS
        for change in SPREAD_CHANGES
    ]


@dataclass(frozen=True)
class ByPairs:
    """The burst, its pairs varying by `spread`: +10 %, looked at once after so many pairs."""

    spread: float
    pairs: int
    shares: Shares


def by_pairs(runtimes: Runtimes, seeds: str, jobs: int) -> list[ByPairs]:
    return [
        ByPairs(spread, pairs, _rescaled(runtimes, seeds, spread, 0.10, looks(pairs, pairs), jobs))
        for spread in SPREADS
        for pairs in BY_PAIRS
    ]


def _rescaled(
    runtimes: Runtimes,
    seeds: str,
    spread: float,
    change: float,
    looks_: Sequence[Look],
    jobs: int,
) -> Shares:
    """The shapes of every runtime's noise, each stretched until its pairs vary by `spread`."""
    made = Shares((), ())
    for name, recorded in runtimes.items():
        (burst,) = (one for one in recorded if one.gate.metric == BURST)
        dice = dice_for(seeds, "spread", name, spread, change, looks_[0].pairs)
        decisions = simulate(
            recorded,
            looks_,
            -(-jobs // len(runtimes)),
            dice,
            changes_of(BURST, change),
            rescaled(burst, spread),
        )
        made += Shares.of_figure(decisions, BURST)
    return made


def as_table(made: Sequence[Row], figure: MetricName, runtimes: Mapping[str, object]) -> str:
    """Found, and in brackets cleared, by runtime and change."""
    changes = sorted({row.change for row in made if row.figure == figure})
    words = [f"+{change:g} B" if figure == LEAK else f"+{change * 100:g} %" for change in changes]
    found = {(row.runtime, row.change): row for row in made if row.figure == figure}
    return table(
        ("runtime", *words),
        ((name, *(_cell(found[name, change]) for change in changes)) for name in runtimes),
    )


def spread_table(made: Iterable[BySpread]) -> str:
    heading = ("pairs vary by", "change", "found", "inconclusive", "cleared", "median pairs")
    return table(
        heading,
        (
            (
                percent(row.spread, 0),
                f"+{row.change * 100:.0f} %",
                percent(row.shares.share("regression").value),
                percent(row.shares.share("inconclusive").value),
                percent(row.shares.cleared.value),
                f"{row.shares.median_pairs:.0f}",
            )
            for row in made
        ),
    )


def _cell(row: Row) -> str:
    found = percent(row.shares.share("regression").value)
    cleared = row.shares.cleared.value
    return f"{found} ({percent(cleared)})" if cleared else found
