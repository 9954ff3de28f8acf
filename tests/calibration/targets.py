"""The figures to reach, each with what was measured for it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bench.judging.gates import BURST, BYTES, LEAK, MetricName
from bench.judging.verdicts import Outcome
from tests.calibration import climbs, false_failures, power, real, sharpness
from tests.calibration.jobs import Shares, percent, table, with_interval
from tests.calibration.real import FOUND_BURST, FOUND_SMALL, VARY

RARE = 2_000  # of so many jobs one at most: what is never to happen can only be shown to be rare


@dataclass(frozen=True)
class Target:
    """One figure: what was asked, what was measured, and whether that is enough."""

    what: str
    reach: str
    measured: str
    reached: bool


def targets(
    failures: Sequence[false_failures.Row],
    climbing: Sequence[climbs.Row],
    found: Sequence[power.Row],
    spreads: Sequence[power.BySpread],
    blurred: Sequence[sharpness.Row],
    answers: Sequence[real.Answer],
) -> list[Target]:
    """Those of drawn jobs, and those of real ones."""
    burst = [row for row in spreads if row.change == 0.10]
    little = [row for row in burst if row.spread <= VARY]
    slower = [row.shares for row in found if (row.figure, row.change) == (BURST, 0.10)]
    slower += [row.shares for row in burst]
    slower += [row.slower for row in blurred if row.rule == sharpness.SHIPPED]
    return [
        *map(_false_failures, failures),
        *map(_false_ceilings, climbing),
        _found(found, BYTES, 0.10, 1.0),
        _found(found, BYTES, 0.02, FOUND_SMALL),
        _burst(min(_share(row, "regression") for row in little)),
        _never_cleared(slower),
        _found(found, LEAK, 200, 1.0),
        _not_heavier([row for row in found if (row.figure, row.change) == (LEAK, 200)]),
        *map(_real, answers),
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
    return Target(
        f"drawn: false failures, {row.nuisance}", "at most 2 % of jobs", measured, row.reached
    )


def _false_ceilings(row: climbs.Row) -> Target:
    return Target(
        f"drawn: false failures with `--ceiling`, {row.order}",
        f"at most 2 % of jobs, {percent(row.share, 2)} for the ceiling",
        f"{with_interval(row.whole.share('regression'))}; for the ceiling {with_interval(row.own)}",
        row.reached,
    )


def _found(found: Sequence[power.Row], figure: MetricName, change: float, share: float) -> Target:
    worst = _worst(found, figure, change, "regression")
    said = "always" if share == 1 else f"at least {percent(share, 0)}"
    name = {BYTES: "bytes a unit", LEAK: "a leak"}[figure]
    size = f"+{change:g} bytes" if figure == LEAK else f"+{change * 100:g} %"
    return Target(
        f"drawn: {size}, {name}: found",
        said,
        f"{percent(worst)} of jobs in the worst runtime",
        worst >= share,
    )


def _burst(worst: float) -> Target:
    vary = f"pairs varying by up to {percent(VARY, 0)}"
    return Target(
        f"drawn: +10 % in spawn time, {vary}: found with 40 pairs",
        f"at least {percent(FOUND_BURST, 0)}",
        percent(worst),
        worst >= FOUND_BURST,
    )


def _never_cleared(slower: Sequence[Shares]) -> Target:
    every = sum(slower, Shares((), ()))
    cleared = every.cleared
    return Target(
        "drawn: +10 % in spawn time, however much pairs vary: called *no regression*",
        f"never, as far as jobs can show: at most 1 of {RARE:,}",
        f"{every.cleared_count:,} of {len(every.words):,} jobs: at most {percent(cleared.high, 2)}",
        RARE * (cleared.value or 0.0) <= 1,
    )


def _not_heavier(leaks: Sequence[power.Row]) -> Target:
    heavier, jobs = sum(row.heavier for row in leaks), sum(len(row.shares.words) for row in leaks)
    return Target(
        "drawn: +200 bytes, a leak: told as one and not as a heavier unit",
        "always",
        f"{jobs - heavier:,} of {jobs:,} jobs",
        not heavier,
    )


def _real(answer: real.Answer) -> Target:
    asked = answer.asked
    return Target(f"real jobs: {asked.what}", asked.reach, answer.words, answer.reached)


def _worst(found: Sequence[power.Row], figure: MetricName, change: float, word: Outcome) -> float:
    return min(_share(row, word) for row in found if (row.figure, row.change) == (figure, change))


def _share(row: power.Row | power.BySpread, word: Outcome) -> float:
    return row.shares.share(word).value or 0.0
