"""All that is to be seen of a history at once: its trends, and what their check came to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass

from bench.history.check import Check, check
from bench.history.reading import History
from bench.history.records import Acknowledgement
from bench.history.stretches import Stretch, lost, stretches
from bench.history.trends import (
    HEADLINES,
    Crossing,
    Trend,
    control_trend,
    crossings,
    trends,
)
from bench.judging.gates import Figure

OFTEN = 2  # borders by one fact: so many make one wonder whether it is what is being tested


@dataclass(frozen=True)
class Review:
    """A history with its trends, in stretches, and the check of them. `control` is looked at where
    a figure moved, and not judged by itself; `lost` are acknowledgements of points that the history
    does not have."""

    history: History
    trends: tuple[Trend, ...]
    stretches: tuple[Stretch, ...]
    crossings: tuple[Crossing, ...]
    check: Check
    control: Trend | None
    lost: tuple[Acknowledgement, ...]

    @property
    def unjudged(self) -> tuple[Trend, ...]:
        """The trends of which no stretch is long enough for a verdict."""
        judged = {one.trend.key for one in self.check.judged}
        thin = {one.trend.key for one in self.check.thin}
        return tuple(one for one in self.trends if one.key in thin - judged)

    @property
    def advisory(self) -> tuple[Trend, ...]:
        """The trends whose last stretch has a verdict and cannot alarm yet."""
        last = {one.trend.key: one for one in self.stretches}
        young = {one.trend.key for one in self.check.advisory if last[one.trend.key] is one}
        return tuple(one for one in self.trends if one.key in young)

    @property
    def open_ended(self) -> tuple[Trend, ...]:
        """The ceilings that nothing stopped in their last segment."""
        return tuple(one for one in self.trends if not one.segments[-1].is_judged)

    @property
    def without_control(self) -> int:
        """How many runs have no control."""
        return self.control.missing if self.control else len(self.history.points)

    @property
    def restless(self) -> tuple[str, ...]:
        """What keeps changing, where trends have no verdict for it."""
        unjudged = {trend.key for trend in self.unjudged}
        borders = {
            (one.first.point, difference.name)
            for one in self.crossings
            if one.trend.key in unjudged
            for difference in one.changed
        }
        times = Counter(name for _, name in borders)
        return tuple(name for name, count in times.items() if count >= OFTEN)


def review(
    history: History,
    runtimes: Collection[str] = (),
    figures: Collection[Figure] = (),
    across: Collection[str] = (),
) -> Review:
    """The review of these runtimes and figures: of all, and of the usual ones, where none are
    given."""
    made = trends(history, runtimes, figures or HEADLINES, across)
    pieces = stretches(history, made)
    return Review(
        history=history,
        trends=made,
        stretches=pieces,
        crossings=crossings(made),
        check=check(pieces),
        control=control_trend(history),
        lost=lost(history),
    )
