"""How often a job fails whose two sides are the same: a maintainer called in vain."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bench.judging.gates import BY_DEFAULT
from bench.judging.looks import looks
from bench.judging.noise import simulate, undisturbed
from tests.calibration.jobs import Runtimes, Shares, dice_for, percent, table, with_interval
from tests.calibration.nuisances import NUISANCES

MOST = 0.02  # of jobs


@dataclass(frozen=True)
class Row:
    """One nuisance: jobs of one runtime each that judge what decides by default; with the burst
    gated too, jobs of one runtime each, and jobs of all runtimes at once."""

    nuisance: str
    default: Shares
    by_runtime: Mapping[str, Shares]
    whole: Shares

    @property
    def single(self) -> Shares:
        return sum(self.by_runtime.values(), Shares((), ()))

    @property
    def reached(self) -> bool:
        """Whether at most 2 % of the jobs failed: the rate itself, the interval being published."""
        kinds = (self.default, self.single, self.whole)
        rates = [shares.share("regression").value or 0.0 for shares in kinds]
        return max(rates) <= MOST


def rows(runtimes: Runtimes, seeds: str, jobs: int) -> list[Row]:
    return [
        Row(
            words,
            sum(_default(runtimes, seeds, words, jobs).values(), Shares((), ())),
            _single(runtimes, seeds, words, jobs),
            _whole(runtimes, seeds, words, jobs),
        )
        for words in NUISANCES
    ]


def _default(runtimes: Runtimes, seeds: str, words: str, jobs: int) -> dict[str, Shares]:
    """Jobs of one runtime each that judge what decides by default."""
    gated = {
        name: [one for one in recorded if one.gate.metric in BY_DEFAULT]
        for name, recorded in runtimes.items()
    }
    return _single(gated, seeds, words, jobs, "A/A by default")


def _single(
    runtimes: Runtimes, seeds: str, words: str, jobs: int, about: str = "A/A"
) -> dict[str, Shares]:
    """Jobs of one runtime each, as many of each runtime."""
    each = -(-jobs // len(runtimes))
    nuisance = NUISANCES[words]
    made = {}
    for name, recorded in runtimes.items():
        dice = dice_for(seeds, about, words, name)
        made[name] = Shares.of_jobs(simulate(recorded, looks(), each, dice, nuisance=nuisance))
    return made


def _whole(runtimes: Runtimes, seeds: str, words: str, jobs: int) -> Shares:
    """Jobs of every runtime at once, whose gates share one chance of a false failure."""
    recorded = [one for runtime in runtimes.values() for one in runtime]
    dice = dice_for(seeds, "A/A", words, "all")
    return Shares.of_jobs(simulate(recorded, looks(), jobs, dice, nuisance=NUISANCES[words]))


def as_table(made: Iterable[Row]) -> str:
    heading = (
        "both sides the same",
        "by default: failed",
        "inconclusive",
        "burst gated, one runtime a job: failed",
        "inconclusive",
        "seven runtimes a job: failed",
        "inconclusive",
    )
    return table(
        heading,
        (
            (
                row.nuisance,
                with_interval(row.default.share("regression")),
                percent(row.default.share("inconclusive").value),
                with_interval(row.single.share("regression")),
                percent(row.single.share("inconclusive").value),
                with_interval(row.whole.share("regression")),
                percent(row.whole.share("inconclusive").value),
            )
            for row in made
        ),
    )


def runtimes_table(made: Iterable[Row]) -> str:
    """Jobs of one runtime, as recorded, runtime by runtime."""
    (row,) = (row for row in made if NUISANCES[row.nuisance] is undisturbed)
    return table(
        ("both sides the same", "failed", "inconclusive", "cleared", "median pairs"),
        (
            (
                name,
                with_interval(shares.share("regression")),
                percent(shares.share("inconclusive").value),
                percent(shares.cleared.value),
                f"{shares.median_pairs:.0f}",
            )
            for name, shares in row.by_runtime.items()
        ),
    )
