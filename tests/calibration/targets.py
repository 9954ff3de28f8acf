"""The figures to reach, each with what was measured for it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bench.regression.gates import BURST, BYTES, LEAK, Figure
from bench.regression.verdicts import Word
from tests.calibration import false_failures, power
from tests.calibration.jobs import Shares, percent, table, with_interval

FOUND_SMALL, FOUND_BURST = 0.95, 0.90
VARY = 0.08


@dataclass(frozen=True)
class Target:
    """One figure: what was asked, what was measured, and whether that is enough."""

    what: str
    reach: str
    measured: str
    reached: bool


def targets(
    failures: Sequence[false_failures.Row],
    found: Sequence[power.Row],
    spreads: Sequence[power.BySpread],
) -> list[Target]:
    burst = [row for row in spreads if row.change == 0.10]
    little = [row for row in burst if row.spread <= VARY]
    slower = [row.shares for row in found if (row.figure, row.change) == (BURST, 0.10)]
    slower += [row.shares for row in burst]
    return [
        *(_false_failures(row) for row in failures),
        _found(found, BYTES, 0.10, 1.0),
        _found(found, BYTES, 0.02, FOUND_SMALL),
        _burst(min(_share(row, "regression") for row in little)),
        _never_cleared(slower),
        _found(found, LEAK, 200, 1.0),
    ]


def as_table(made: Iterable[Target]) -> str:
    return table(
        ("what", "to reach", "measured", ""),
        ((one.what, one.reach, one.measured, "yes" if one.reached else "**no**") for one in made),
        words=4,
    )


def _false_failures(row: false_failures.Row) -> Target:
    rates = {"one runtime": row.single, "seven": row.whole}
    measured = "; ".join(
        f"{words} a job: {with_interval(shares.share('regression'))}"
        for words, shares in rates.items()
    )
    return Target(f"false failures, {row.nuisance}", "at most 2 % of jobs", measured, row.reached)


def _found(found: Sequence[power.Row], figure: Figure, change: float, share: float) -> Target:
    worst = _worst(found, figure, change, "regression")
    said = "always" if share == 1 else f"at least {percent(share, 0)}"
    name = {BYTES: "bytes a unit", LEAK: "a leak"}[figure]
    size = f"+{change:g} bytes" if figure == LEAK else f"+{change * 100:g} %"
    return Target(
        f"{size}, {name}: found",
        said,
        f"{percent(worst)} of jobs in the worst runtime",
        worst >= share,
    )


def _burst(worst: float) -> Target:
    return Target(
        f"+10 % in spawn time, pairs varying by up to {percent(VARY, 0)}: found with 40 pairs",
        f"at least {percent(FOUND_BURST, 0)}",
        percent(worst),
        worst >= FOUND_BURST,
    )


def _never_cleared(slower: Sequence[Shares]) -> Target:
    words = [word for shares in slower for word in shares.words]
    cleared = words.count("no regression")
    return Target(
        "+10 % in spawn time, however much pairs vary: called *no regression*",
        "never",
        f"{cleared:,} of {len(words):,} jobs",
        cleared == 0,
    )


def _worst(found: Sequence[power.Row], figure: Figure, change: float, word: Word) -> float:
    return min(_share(row, word) for row in found if (row.figure, row.change) == (figure, change))


def _share(row: power.Row | power.BySpread, word: Word) -> float:
    return row.shares.share(word).value or 0.0
