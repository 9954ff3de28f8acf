"""Whether the control moved where a figure did: then it is the machine that changed. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from bench.history.splits import (
    NEAR,
    USUAL,
    WINDOW,
    Layout,
    layout,
    medians,
    rank_sums,
)
from bench.history.trends import Night
from bench.judging.gates import SECONDS_SHARE

if TYPE_CHECKING:
    from bench.history.splits import Floats

State = Literal["moved", "steady", "unknown"]

# Less sure than a nomination must be: to blame a unit for what a machine did is the worse error.
UNLIKELY = 1.96  # standard deviations of a rank sum: a two-sided p of 0.05
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
    """The control where a figure shifted. Unknown where too few of the nights on either side have
    one. Where the control shifts most some nights away, that is another matter."""
    import numpy as np

    old = [night.control for night in before if night.control]
    new = [night.control for night in after if night.control]
    if len(old) < USUAL.before or len(new) < USUAL.after:
        return Control("unknown")
    rows, where = np.log([[*old, *new]]), layout(len(old) + len(new))
    off = np.abs(where.places - len(old))
    sums = np.where(off < WINDOW, np.abs(rank_sums(rows, where)[0]), -1.0)
    place = int(sums.argmax())
    steps = _steps(rows, where)
    is_here = off[place] <= NEAR and abs(steps[place]) > math.log1p(SECONDS_SHARE)
    if sums[place] >= UNLIKELY and is_here:
        return Control("moved", math.exp(steps[place]))
    return Control("steady", math.exp(steps[int(off.argmin())]))


def _steps(rows: Floats, where: Layout) -> list[float]:
    before, after = medians(rows, where)
    return [float(step) for step in (after - before)[0]]
