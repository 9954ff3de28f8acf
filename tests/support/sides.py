"""Made-up samples of two sides, as a job of pairs would have them."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass

from bench.judging.gates import BURST, BYTES, LEAK, Gate, Margin
from bench.judging.samples import Pairs

GATES = (
    Gate("asyncio", BYTES, Margin(0.01)),
    Gate("asyncio", LEAK, Margin(10.0, absolute=True)),
    Gate("asyncio", BURST, Margin(0.03)),
)


Process = tuple[float, float, float]


@dataclass(frozen=True)
class World:
    """How noisy a process is, and what the new side was given: `heavier` and `slower` are factors,
    `leak` bytes a unit; the machine slows down by `drift` over the job."""

    byte_noise: float = 0.002
    burst_noise: float = 0.04
    heavier: float = 1.0
    slower: float = 1.0
    leak: float = 0.0
    drift: float = 0.0

    def pairs(self, dice: random.Random, count: int = 40) -> tuple[Pairs, Pairs, Pairs]:
        """The three gates' samples: bytes in whole pages, the two of a pair in random order."""
        rows = [self._pair(dice, place / count) for place in range(count)]
        return (_side(rows, 0), _side(rows, 1).first(20), _side(rows, 2))

    def _pair(self, dice: random.Random, done: float) -> list[Process]:
        new_first = dice.random() < 0.5
        return [
            self._process(dice, is_new, done + 0.01 * (is_new != new_first))
            for is_new in (False, True)
        ]

    def _process(self, dice: random.Random, is_new: bool, done: float) -> Process:
        leak = self.leak if is_new else 0.0
        each = 1152.0 * (self.heavier if is_new else 1.0) * (1 + dice.gauss(0, self.byte_noise))
        burst = 1e-5 * (self.slower if is_new else 1.0) * math.exp(dice.gauss(0, self.burst_noise))
        pages = round((each + leak) * 9000 / 4096) * 4096 / 9000
        return pages, leak + dice.gauss(0, 1.0), burst * (1 + self.drift * done)


def pairs(base: Sequence[float | None], new: Sequence[float | None]) -> Pairs:
    return Pairs(tuple(base), tuple(new))


def _side(rows: Sequence[Sequence[Sequence[float]]], figure: int) -> Pairs:
    return pairs(*([row[side][figure] for row in rows] for side in (0, 1)))
