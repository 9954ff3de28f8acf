"""The check of a history: it nominates the nights at which a figure seems to have changed.

History nominates, a paired job confirms: nights are not made in turn, and nothing here can know
what befell the machine between two of them. So a nomination is never called a regression.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bench.history.control import Control, control_between
from bench.history.patience import Grade, Patience, patience_of
from bench.history.shift import LEVEL, PERMUTATIONS, Shift, shifts
from bench.history.splits import Sides
from bench.history.stretches import Stretch
from bench.history.trends import Night
from bench.judging.gates import Gate, Scale, default_margin

FALSE_DISCOVERY = 0.05  # of all changes that one check nominates (Benjamini and Hochberg)


@dataclass(frozen=True)
class Nomination:
    """A change of one figure between two nights.

    `base` and `new` are medians before and after, in the figure's own unit. `effect`, with its 95 %
    interval, is new ÷ base, or new − base where `absolute`. `points` counts the nights behind it.
    """

    stretch: Stretch
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
    points: int
    grade: Grade
    control: Control

    @property
    def is_machine(self) -> bool:
        """Whether the machine is to blame: a duration moved, and the control moved with it."""
        is_time = "seconds" in self.stretch.trend.figure.metric
        return is_time and not self.absolute and self.control.explains(self.effect)

    @property
    def alarms(self) -> bool:
        """Whether somebody should look: an improvement, or a machine that got slower, is told."""
        return self.grade == "alarm" and self.worse and not self.is_machine


@dataclass(frozen=True)
class Check:
    """What a check came to. `judged` are the stretches that were long enough for a verdict, of
    which those in `advisory` cannot alarm yet; `thin` are the others."""

    nominations: tuple[Nomination, ...]
    judged: tuple[Stretch, ...]
    thin: tuple[Stretch, ...]
    advisory: tuple[Stretch, ...]

    @property
    def alarms(self) -> tuple[Nomination, ...]:
        return tuple(one for one in self.nominations if one.alarms)


def check(stretches: Sequence[Stretch]) -> Check:
    """The nominations in all stretches together, those that alarm first."""
    able = [(one, _patience(one)) for one in stretches if one.segment.is_judged]
    judged = [(one, patience) for one, patience in able if patience.is_enough]
    permutations = permutations_for(len(judged))
    found = [_shifts(one, patience.sides, permutations) for one, patience in judged]
    level = level_of([min((each.p for each in one), default=1.0) for one in found])
    nominations = [
        _nomination(stretch, each, patience.grade)
        for (stretch, patience), shifts in zip(judged, found, strict=True)
        for each in shifts
        if each.p <= level
    ]
    nominations.sort(key=lambda one: (not one.alarms, one.grade != "alarm", one.is_machine))
    return Check(
        nominations=tuple(nominations),
        judged=tuple(one for one, _ in judged),
        thin=tuple(one for one, patience in able if not patience.is_enough),
        advisory=tuple(one for one, patience in judged if patience.grade == "advisory"),
    )


def permutations_for(tests: int) -> int:
    """As many that each of so many tests can pass, were it the only one that does."""
    return max(PERMUTATIONS, round(2 * tests / FALSE_DISCOVERY))


def level_of(chances: Sequence[float]) -> float:
    """What a chance may be at most: `LEVEL`, or what Benjamini and Hochberg (1995) leave of it."""
    ordered = sorted(chances)
    levels = [FALSE_DISCOVERY * rank / len(ordered) for rank in range(1, len(ordered) + 1)]
    kept = [level for p, level in zip(ordered, levels, strict=True) if p <= level]
    return min(LEVEL, max(kept, default=0.0))


def _patience(stretch: Stretch) -> Patience:
    scale = _scale(stretch)
    return patience_of([scale.place(night.value) for night in stretch.nights], abs(scale.limit))


def _shifts(stretch: Stretch, sides: Sides, permutations: int) -> tuple[Shift, ...]:
    scale = _scale(stretch)
    places = [scale.place(night.value) for night in stretch.nights]
    return shifts(places, abs(scale.limit), sides, permutations)


def _scale(stretch: Stretch) -> Scale:
    """One for all nights of a stretch: logarithms where all of its values have one."""
    trend = stretch.trend
    margin = default_margin(trend.figure, trend.runtime)
    gate = Gate(trend.runtime.key, trend.figure, margin)
    return Scale.of(gate, [night.value for night in stretch.nights])


def _nomination(stretch: Stretch, found: Shift, grade: Grade) -> Nomination:
    scale = _scale(stretch)
    before, after = stretch.nights[: found.place], stretch.nights[found.place :]
    step = found.after - found.before
    ends = sorted((scale.effect(found.low), scale.effect(found.high)))
    return Nomination(
        stretch=stretch,
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
        points=len(stretch.nights),
        grade=grade,
        control=control_between(before, after),
    )
