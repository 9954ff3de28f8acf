"""The check of a history: it nominates the nights at which a figure seems to have changed. Pure.

History nominates, a paired job confirms: nights are not measured in turn, and nothing here can know
what happened to the machine between two of them. So a nomination is never called a regression.

A series needs fewer nights, the less its own noise is beside its margin. Noise that is far under
the margin cannot make a step past it, so a few nights will do: bytes hardly vary, and alarm from
six nights on. Where noise could make one, there is no verdict under `FOR_VERDICT` nights and no
alarm under `FOR_ALARM`: so few nights do not separate a change from noise that lasts for some
nights.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from bench.derive.statistics import student_quantile
from bench.history.shifts import (
    LEVEL,
    PERMUTATIONS,
    RULE,
    Shift,
    clear_steps,
    error_of,
    local_noise,
    shifts,
)
from bench.history.splits import (
    CALM_SERIES,
    NEAR,
    USUAL,
    WINDOW,
    FewestNights,
    layout,
    medians,
    rank_sums,
)
from bench.history.trends import Night, Period
from bench.judging.gates import SECONDS_SHARE, Gate, GateScale, default_margin
from bench.judging.rank_tests import discovery_level

FALSE_DISCOVERY = 0.05  # of all changes that one check nominates (Benjamini and Hochberg)
FOR_VERDICT, FOR_ALARM = 10, 30  # nights
# The chance that noise makes a step as high as the margin at one place: 42 figures with 20 places
# each have one by chance in fewer than one check of ten.
UNLIKELY = 1e-4
# The control must be less sure than a nomination: to blame a unit for what a machine did is the
# worse error.
CONTROL_UNLIKELY = 1.96  # standard deviations of a rank sum: a two-sided p of 0.05
EXPLAINS = 0.5  # of the figure's own shift, in logarithms

Grade = Literal["alarm", "advisory"]
State = Literal["moved", "steady", "unknown"]


@dataclass(frozen=True)
class Readiness:
    """Whether a series has nights enough for a verdict, how many must be on either side of a step,
    and what a change is worth."""

    is_enough: bool
    fewest: FewestNights
    grade: Grade

    @property
    def rank(self) -> tuple[bool, bool]:
        return self.is_enough, self.grade == "alarm"


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


@dataclass(frozen=True)
class Nomination:
    """A change of one figure between two nights.

    `base` and `new` are medians before and after, in the metric's own unit. `effect`, with its 95 %
    interval, is new ÷ base, or new − base where `absolute`. `nights` are those that were judged.
    """

    period: Period
    last: Night
    first: Night
    base: float
    new: float
    effect: float
    low: float
    high: float
    absolute: bool
    worse: bool
    p: float
    nights: tuple[Night, ...]
    grade: Grade
    control: Control

    @property
    def is_machine(self) -> bool:
        """Whether the machine is to blame: a duration moved, and the control moved with it."""
        is_time = self.period.trend.metric.quantity.dimension == "seconds"
        return is_time and not self.absolute and self.control.explains(self.effect)

    @property
    def alarms(self) -> bool:
        """Whether somebody should look: an improvement, or a slower machine, is reported only."""
        return self.grade == "alarm" and self.worse and not self.is_machine


@dataclass(frozen=True)
class Check:
    """What a check came to. `judged` are the periods that were long enough for a verdict, of
    which those in `advisory` cannot alarm yet; `thin` are the others."""

    nominations: tuple[Nomination, ...]
    judged: tuple[Period, ...]
    thin: tuple[Period, ...]
    advisory: tuple[Period, ...]

    @property
    def alarms(self) -> tuple[Nomination, ...]:
        return tuple(one for one in self.nominations if one.alarms)


def check(periods: Sequence[Period]) -> Check:
    """The nominations in all periods together, those that alarm first."""
    able = [_Series.of(one) for one in periods if one.segment.is_judged]
    judged = [one for one in able if one.readiness.is_enough]
    permutations = permutations_for(len(judged))
    found = [shifts(one.places, one.margin, one.readiness.fewest, permutations) for one in judged]
    level = level_of([min((each.p for each in one), default=1.0) for one in found])
    nominations = [
        _nomination(series, each)
        for series, made in zip(judged, found, strict=True)
        for each in made
        if each.p <= level
    ]
    nominations.sort(key=lambda one: (not one.alarms, one.grade != "alarm", one.is_machine))
    return Check(
        nominations=tuple(nominations),
        judged=tuple(one.period for one in judged),
        thin=tuple(one.period for one in able if not one.readiness.is_enough),
        advisory=tuple(one.period for one in judged if one.readiness.grade == "advisory"),
    )


def permutations_for(tests: int) -> int:
    """Enough that each of the tests can pass, even if it is the only one that does."""
    return max(PERMUTATIONS, round(2 * tests / FALSE_DISCOVERY))


def level_of(chances: Sequence[float]) -> float:
    """What a chance may be at most: `LEVEL`, or what false discoveries leave of it."""
    return min(LEVEL, discovery_level(chances, FALSE_DISCOVERY) or 0.0)


@dataclass(frozen=True)
class _Series:
    """The nights of a period that are judged, on their scale: logarithms where all of the values
    have one."""

    period: Period
    nights: tuple[Night, ...]
    scale: GateScale
    places: tuple[float, ...]
    readiness: Readiness

    @classmethod
    def of(cls, period: Period) -> _Series:
        """Without the nights whose doubted value others around it can replace, as long as that
        costs no verdict and no alarm."""
        whole = cls._of_nights(period, period.nights)
        nights = undoubted(period.nights)
        if len(nights) == len(period.nights):
            return whole
        others = cls._of_nights(period, nights)
        return others if others.readiness.rank >= whole.readiness.rank else whole

    @classmethod
    def _of_nights(cls, period: Period, nights: tuple[Night, ...]) -> _Series:
        trend = period.trend
        gate = Gate(trend.case.key, trend.metric, default_margin(trend.metric, trend.case))
        values = [night.value for night in nights]
        scale = GateScale.of(gate, values)
        places = tuple(map(scale.place, values))
        return cls(period, nights, scale, places, readiness_of(places, abs(scale.limit)))

    @property
    def margin(self) -> float:
        return abs(self.scale.limit)


def undoubted(nights: Sequence[Night]) -> tuple[Night, ...]:
    """Without the doubted nights that others replace: an undoubted one has followed, and most of
    those around are undoubted. Where most are not, as on a machine that stays busy, they stay: a
    change that comes with them must be seen too."""
    last = max((place for place, night in enumerate(nights) if night.doubt is None), default=0)
    kept = []
    for place, night in enumerate(nights):
        near = nights[max(0, place - NEAR) : place + NEAR + 1]
        most = 2 * sum(one.doubt is not None for one in near) >= len(near)
        if night.doubt is None or most or place > last:
            kept.append(night)
    return tuple(kept)


def readiness_of(values: Sequence[float], margin: float) -> Readiness:
    """That of a series of levels beside its margin."""
    nights = len(values)
    if is_calm(values, margin, CALM_SERIES):
        return Readiness(True, CALM_SERIES, "alarm")
    enough = nights >= FOR_VERDICT
    alarms = nights >= FOR_ALARM or (enough and is_calm(values, margin, USUAL))
    return Readiness(enough, USUAL, "alarm" if alarms else "advisory")


def is_calm(values: Sequence[float], margin: float, fewest: FewestNights) -> bool:
    """Whether noise alone hardly makes a step as high as the margin with so few nights on either
    side, by Student's t."""
    if len(values) < fewest.total:
        return False
    import numpy as np

    row = np.array(values, dtype=float)
    allowed = margin / (1 / fewest.before + 1 / fewest.after) ** 0.5
    if local_noise(row, margin) > allowed:  # far from it, and cheaper to find
        return False
    places = clear_steps(row, margin, fewest, RULE.clear)
    freedom = len(values) - len(places) - 1
    if freedom < 1:
        return False
    least = student_quantile(1 - UNLIKELY / 2, freedom) * error_of(row, places, margin)
    return bool(least <= allowed)


def _nomination(series: _Series, found: Shift) -> Nomination:
    period, scale = series.period, series.scale
    before, after = series.nights[: found.place], series.nights[found.place :]
    step = found.after - found.before
    ends = sorted((scale.effect(found.low), scale.effect(found.high)))
    return Nomination(
        period=period,
        last=before[-1],
        first=after[0],
        base=scale.effect(found.before),  # a level is a step from nothing
        new=scale.effect(found.after),
        effect=scale.effect(step),
        low=ends[0],
        high=ends[1],
        absolute=scale.margin.absolute,
        worse=step > 0,
        p=found.p,
        nights=series.nights,
        grade=series.readiness.grade,
        control=control_between(before, after),
    )


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
    levels = medians(rows, where)
    steps = [float(step) for step in (levels[1] - levels[0])[0]]
    is_here = off[place] <= NEAR and abs(steps[place]) > math.log1p(SECONDS_SHARE)
    if sums[place] >= CONTROL_UNLIKELY and is_here:
        return Control("moved", math.exp(steps[place]))
    return Control("steady", math.exp(steps[int(off.argmin())]))
