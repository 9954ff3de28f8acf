"""The order of one runtime's climbs. Pure.

Ceilings are few and compared as two groups, by ranks. That is exact only where every order of both
sides' climbs is as likely as any other. In pairs it is not: were the second of each two a little
lower, because the first left something behind, the groups would fall apart more often than ranks
that are dealt freely do.
"""

from __future__ import annotations

import random


def dealt(climbs: int, dice: random.Random) -> tuple[int, ...]:
    """Which side, 0 or 1, makes each of the climbs: so many of either, in any order alike."""
    order = [0, 1] * climbs
    dice.shuffle(order)
    return tuple(order)
