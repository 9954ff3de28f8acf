"""A trend in one line of a terminal: a block a night, low to high, with what happened in between.

Noise is not blown up to the full height: from bottom to top is a tenth of the figure at least.
"""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from typing import Literal

from bench.regression.history.trends import Night, Trend

Kind = Literal["night", "border", "worse", "better", "accepted"]
Piece = tuple[str, Kind]

BLOCKS = "▁▂▃▄▅▆▇█"
BORDER = "┊"
LEAST_SPAN = 0.1
SPIKES = 0.05  # so many of the nights may be beyond either end


def spark(trend: Trend, signs: Mapping[str, Piece], width: int) -> tuple[Piece, ...]:
    """The line in its pieces, the last `width` of them: segment after segment, a night a block.
    `signs` stand before the nights of their points."""
    span = _span(trend.nights)
    pieces: list[Piece] = []
    for segment in trend.segments:
        if pieces:
            pieces.append((BORDER, "border"))
        for night in segment.nights:
            if night.point in signs:
                pieces.append(signs[night.point])
            pieces.append((_block(night.value, *span), "night"))
    return tuple(pieces[-width:])


def _span(nights: Sequence[Night]) -> tuple[float, float]:
    """The values between which the blocks lie."""
    values = sorted(night.value for night in nights)
    off = int(SPIKES * len(values))
    low, high = values[off], values[-1 - off]
    least = LEAST_SPAN * abs(statistics.median(values)) or 1.0
    more = max(0.0, least - (high - low)) / 2
    return low - more, high + more


def _block(value: float, low: float, high: float) -> str:
    share = (value - low) / (high - low)
    return BLOCKS[max(0, min(len(BLOCKS) - 1, int(share * len(BLOCKS))))]
