"""How many nights a series needs: fewer, the less its own noise is beside its margin. Pure.

Noise that is far under the margin cannot make a step past it, so a few nights will do: bytes hardly
vary, and alarm from six nights on. Where noise could make one, there is no verdict under
`FOR_VERDICT` nights and no alarm under `FOR_ALARM`: so few nights do not tell noise that stays for
some nights from a change.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from bench.history.segments import clear_steps, error_of, local_noise
from bench.history.shift import RULE
from bench.history.splits import CALM_SIDES, USUAL, Sides

Grade = Literal["alarm", "advisory"]

FOR_VERDICT, FOR_ALARM = 10, 30
# The chance that noise makes a step as high as the margin at one place: 42 figures with 20 places
# each have one by chance in fewer than one check of ten.
UNLIKELY = 1e-4


@dataclass(frozen=True)
class Patience:
    """Whether a series has nights enough for a verdict, how many must be on either side of a step,
    and what a change is worth."""

    is_enough: bool
    sides: Sides
    grade: Grade


def patience_of(values: Sequence[float], margin: float) -> Patience:
    """That of a series of levels beside its margin."""
    nights = len(values)
    if is_calm(values, margin, CALM_SIDES):
        return Patience(True, CALM_SIDES, "alarm")
    enough = nights >= FOR_VERDICT
    alarms = nights >= FOR_ALARM or (enough and is_calm(values, margin, USUAL))
    return Patience(enough, USUAL, "alarm" if alarms else "advisory")


def is_calm(values: Sequence[float], margin: float, sides: Sides) -> bool:
    """Whether noise alone hardly makes a step as high as the margin with so few nights on either
    side, by Student's t."""
    if len(values) < sides.fewest:
        return False
    import numpy as np
    from scipy.special import stdtrit

    row = np.array(values, dtype=float)
    allowed = margin / (1 / sides.before + 1 / sides.after) ** 0.5
    if local_noise(row, margin) > allowed:  # far from it, and cheaper to find
        return False
    places = clear_steps(row, margin, sides, RULE.clear)
    freedom = len(values) - len(places) - 1
    least = float(stdtrit(freedom, 1 - UNLIKELY / 2)) * error_of(row, places, margin)
    return bool(least <= allowed)
