"""A trend in one line of a terminal: a block a night, low to high, with what happened in between.

Noise is not blown up to the full height (`Trend.least_span`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from bench.history.trends import Trend

Kind = Literal["night", "border", "worse", "better", "machine", "accepted"]
Piece = tuple[str, Kind]

BLOCKS = "▁▂▃▄▅▆▇█"
BORDER = "┊"
EARLIER: Piece = ("…", "border")
SPIKES = 0.05  # so many of the nights may be beyond either end


def spark(trend: Trend, signs: Mapping[str, Piece], width: int) -> tuple[Piece, ...]:
    """The line in at most `width` pieces, the last ones: segment after segment, a night a block.
    `signs` stand before the nights of their points."""
    span = _span(trend)
    pieces: list[Piece] = []
    for segment in trend.segments:
        if pieces:
            pieces.append((BORDER, "border"))
        for night in segment.nights:
            if night.point in signs:
                pieces.append(signs[night.point])
            pieces.append((_block(night.value, *span), "night"))
    if len(pieces) <= width:
        return tuple(pieces)
    return (EARLIER, *pieces[len(pieces) - width + 1 :])


def _span(trend: Trend) -> tuple[float, float]:
    """The values between which the blocks lie."""
    values = sorted(night.value for night in trend.nights)
    off = int(SPIKES * len(values))
    low, high = values[off], values[-1 - off]
    more = max(0.0, trend.least_span - (high - low)) / 2
    return low - more, high + more


def _block(value: float, low: float, high: float) -> str:
    share = (value - low) / (high - low)
    return BLOCKS[max(0, min(len(BLOCKS) - 1, int(share * len(BLOCKS))))]
