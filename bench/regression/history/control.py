"""Whether the control moved where a figure did: then it is the machine that changed. Pure."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from bench.regression.gates import SECONDS_SHARE
from bench.regression.history.splits import FEWEST_AFTER, FEWEST_BEFORE, WINDOW
from bench.regression.history.trends import Night
from bench.regression.unpaired import rank_sum_p

State = Literal["moved", "steady", "unknown"]

# Less sure than a nomination must be: to blame a unit for what a machine did is the worse error.
UNLIKELY = 0.05
EXPLAINS = 0.5  # of the figure's own shift, in logarithms


@dataclass(frozen=True)
class Control:
    """What the control did between the nights before and after; `ratio` is after ÷ before."""

    state: State
    ratio: float | None = None

    def explains(self, ratio: float) -> bool:
        """Whether it went the same way, and at least half as far as a duration that changed by
        `ratio`."""
        if self.state != "moved" or self.ratio is None or ratio <= 0:
            return False
        return math.log(self.ratio) / math.log(ratio) >= EXPLAINS if ratio != 1 else False


def control_between(before: Sequence[Night], after: Sequence[Night]) -> Control:
    """The control over the nights that the figure's shift was judged by. Unknown where too few of
    them have one."""
    old = [night.control for night in before[-WINDOW:] if night.control]
    new = [night.control for night in after[:WINDOW] if night.control]
    if len(old) < FEWEST_BEFORE or len(new) < FEWEST_AFTER:
        return Control("unknown")
    ratio = statistics.median(new) / statistics.median(old)
    chance = 2 * min(rank_sum_p(old, new), rank_sum_p(new, old))
    moved = chance < UNLIKELY and abs(math.log(ratio)) > math.log1p(SECONDS_SHARE)
    return Control("moved" if moved else "steady", ratio)
