"""Many drawn jobs at once: which seeds they have, and what shares of them came to what."""

from __future__ import annotations

import random
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from bench.derive.statistics import Estimate, share_with_interval
from bench.judging.gates import MetricName
from bench.judging.noise import Recorded
from bench.judging.verdicts import Decision, Outcome

Runtimes = Mapping[str, Sequence[Recorded]]

# Constants of the gate are chosen by the first, figures are published of the second. What was
# published of 2 showed that a rule was missing, and 3 was drawn from the same recordings: neither
# can vouch for the rules any more. A new set of recordings gets a new seed.
SEEDS = {"tuning": 1, "published": 4}


def dice_for(seeds: str, *words: object) -> random.Random:
    """Its own dice for every row, so that adding a row changes no other."""
    return random.Random(" ".join(map(str, (SEEDS[seeds], *words))))


@dataclass(frozen=True)
class Shares:
    """How many of so many came to each verdict, and after how many pairs."""

    words: tuple[Outcome, ...]
    pairs: tuple[int, ...]

    @classmethod
    def of_jobs(cls, decisions: Iterable[Decision]) -> Shares:
        made = list(decisions)
        pairs = [max(verdict.samples for verdict in decision.verdicts) for decision in made]
        return cls(tuple(decision.outcome for decision in made), tuple(pairs))

    @classmethod
    def of_figure(cls, decisions: Iterable[Decision], figure: MetricName) -> Shares:
        found = [v for decision in decisions for v in decision.verdicts if v.metric_name == figure]
        return cls(tuple(v.verdict for v in found), tuple(v.samples for v in found))

    def share(self, word: Outcome) -> Estimate:
        """With the interval of Clopper and Pearson."""
        return share_with_interval(self.words.count(word), len(self.words))

    @property
    def cleared(self) -> Estimate:
        """Those in which a worsening past the margin was ruled out."""
        return share_with_interval(self.cleared_count, len(self.words))

    @property
    def cleared_count(self) -> int:
        return self.words.count("no regression") + self.words.count("improvement")

    @property
    def median_pairs(self) -> float:
        return statistics.median(self.pairs)

    def __add__(self, other: Shares) -> Shares:
        return Shares(self.words + other.words, self.pairs + other.pairs)


def percent(share: float | None, digits: int = 1) -> str:
    """`12.3 %`; what is neither nothing nor all is not rounded to it."""
    if share is None:
        return "unknown"
    rounded = f"{share:.{digits}%}"
    if 0 < share < 1 and float(rounded[:-1]) in (0, 100):
        rounded = f"{share:.2%}"
    return rounded.replace("%", " %")


def with_interval(estimate: Estimate) -> str:
    """`0.3 % (0.1 to 0.7)`."""
    low, high = (f"{end:.1%}".rstrip("%") for end in (estimate.low or 0.0, estimate.high or 0.0))
    return f"{percent(estimate.value)} ({low} to {high})"


def table(heading: Sequence[str], rows: Iterable[Sequence[str]], words: int = 1) -> str:
    """Markdown, the first `words` columns to the left and the numbers to the right."""
    rule = ["---" if place < words else "---:" for place in range(len(heading))]
    lines = [heading, rule, *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
