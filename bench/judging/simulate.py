"""Jobs that might have been: drawn from recorded processes, judged by the shipped decision. Pure.

What was recorded is the same on both sides, so a regression that is found in a drawn job is a false
one, unless the new side was changed on purpose.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from bench.judging.decision import decide_in_looks
from bench.judging.gates import Figure, Gate
from bench.judging.looks import Look
from bench.judging.sides import Pairs
from bench.judging.verdicts import Decision

# Pairs in a row that are drawn together (moving blocks: Künsch 1989), so that a drawn job creeps
# and clusters as the recorded one did.
BLOCK = 5


@dataclass(frozen=True)
class Recorded:
    """What pairs of processes that were all alike gave for one gate, in the order in which they
    ran, the one that ran first before the other. A job makes at most `most_pairs` of them, where
    that is given."""

    gate: Gate
    pairs: tuple[tuple[float, float], ...]
    most_pairs: int | None = None


@dataclass(frozen=True)
class Change:
    """What a process of the new side is given: so many times its value, and so much on top."""

    factor: float = 1.0
    more: float = 0.0

    def __call__(self, value: float) -> float:
        return value * self.factor + self.more


Changes = Mapping[Figure, Change]
# What befalls the processes of one figure in the order in which they run, whichever side they are.
Nuisance = Callable[[Figure, Sequence[float], random.Random], Sequence[float]]

NO_CHANGE: Changes = {}


def undisturbed(_figure: Figure, values: Sequence[float], _dice: random.Random) -> Sequence[float]:
    """No nuisance beyond what was recorded."""
    return values


def draw(
    recorded: Sequence[Recorded],
    pairs: int,
    dice: random.Random,
    changes: Changes = NO_CHANGE,
    nuisance: Nuisance = undisturbed,
) -> tuple[Pairs, ...]:
    """The samples of one job: of two processes in a row, a tossed coin says which is new."""
    return tuple(
        _tossed(values, changes.get(one.gate.figure, Change()), dice)
        for one, values in zip(recorded, processes(recorded, pairs, dice, nuisance), strict=True)
    )


def processes(
    recorded: Sequence[Recorded],
    pairs: int,
    dice: random.Random,
    nuisance: Nuisance = undisturbed,
) -> list[Sequence[float]]:
    """What each gate's processes give in one job, in the order in which they run. The gates are
    drawn from the same moments of the recording: what befell them together stays together."""
    starts = [dice.random() for _ in range(math.ceil(pairs / BLOCK))]
    return [
        nuisance(
            one.gate.figure, _blocks(one.pairs, min(pairs, one.most_pairs or pairs), starts), dice
        )
        for one in recorded
    ]


def play(
    recorded: Sequence[Recorded],
    looks: Sequence[Look],
    jobs: int,
    dice: random.Random,
    changes: Changes = NO_CHANGE,
    nuisance: Nuisance = undisturbed,
) -> list[Decision]:
    """What so many drawn jobs decide, each at as many looks as it needs."""
    gates = [one.gate for one in recorded]
    pairs = looks[-1].pairs
    return [
        decide_in_looks(gates, draw(recorded, pairs, dice, changes, nuisance), looks)
        for _ in range(jobs)
    ]


def _tossed(values: Sequence[float], change: Change, dice: random.Random) -> Pairs:
    base, new = [], []
    for pair in zip(values[::2], values[1::2], strict=True):
        new_is_first = dice.random() < 0.5
        base.append(pair[new_is_first])
        new.append(change(pair[not new_is_first]))
    return Pairs(tuple(base), tuple(new))


def _blocks(
    pairs: Sequence[tuple[float, float]], count: int, starts: Sequence[float]
) -> list[float]:
    """Blocks of pairs, each from its start (a share of the whole) on and round the end."""
    places = [int(start * len(pairs)) + place for start in starts for place in range(BLOCK)]
    return [value for place in places[:count] for value in pairs[place % len(pairs)]]
