"""When a job looks at its pairs, and what each look may spend of the chance to err.

Looking again and again at growing data finds a difference sooner or later where there is none. So
the chance of a false failure that a job is allowed is divided over its looks: whatever is decided
at a look, and whoever stops early, the parts cannot add up to more than the whole (Bonferroni's
inequality, which needs nothing to be known of how the looks depend on each other).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

PAIRS, MOST_PAIRS = 13, 40
FARTHEST = 200  # pairs, in any job

# Of a whole job, all gates and all looks: half of the 2 % that it is allowed.
FALSE_FAILURE = 0.01
# Of one gate, all looks: that "no regression" is said of one that is at its margin.
MISSED = 0.05

# What each of one, two or three looks spends of either chance. To fail, a look must have enough for
# pairs that all point one way; to clear, the last look needs the most.
FAILING = {1: (1.0,), 2: (0.4, 0.6), 3: (0.3, 0.3, 0.4)}
CLEARING = {1: (1.0,), 2: (0.4, 0.6), 3: (0.2, 0.3, 0.5)}


@dataclass(frozen=True)
class Look:
    """One look: `pairs` by then, and what it may spend. `false_failure` is the whole job's part
    at this look, `missed` one gate's."""

    number: int
    pairs: int
    false_failure: float
    missed: float
    is_last: bool

    @property
    def confidence(self) -> float:
        """That of an interval which may miss by `missed` on either side."""
        return 1 - 2 * self.missed


def looks(pairs: int = PAIRS, most: int = MOST_PAIRS) -> tuple[Look, ...]:
    """Looks at `pairs`, at half as many again, and at `most`; fewer where they coincide."""
    counts = sorted({pairs, *(count for count in (math.ceil(1.5 * pairs), most) if count <= most)})
    shares = zip(counts, FAILING[len(counts)], CLEARING[len(counts)], strict=True)
    return tuple(
        Look(number, count, failing * FALSE_FAILURE, clearing * MISSED, count == counts[-1])
        for number, (count, failing, clearing) in enumerate(shares, start=1)
    )


def fewest_pairs(gates: int, false_failure: float = FALSE_FAILURE * FAILING[3][0]) -> int:
    """The fewest pairs with which each of so many gates *can* be called a regression.

    n pairs that all point one way have a chance of 2⁻ⁿ, and under Holm the first gate to be
    rejected must be below its part of `false_failure`.
    """
    return math.ceil(math.log2(gates / false_failure))


def fewest_a_side(gates: int, false_failure: float = FALSE_FAILURE) -> int:
    """The same for two sides that are not paired: n above n others have one chance in C(2n, n)."""
    count = 1
    while 1 / math.comb(2 * count, count) > false_failure / gates:
        count += 1
    return count
