"""The pilot: a few units, at most 3,000, to see what one takes of every limit."""

from __future__ import annotations

from bench.engine.lane import Lane

# Thirds: what counts is the marginal take over the last of them. The low ones are for limits that
# bind before the high ones are reached.
RUNGS = (10, 20, 30, 100, 200, 300, 1_000, 2_000, 3_000)


def pilot(lane: Lane) -> None:
    """Goes up the rungs, as far as no limit is foretold to bind before the next, and keeps what
    is foretold at each as the prediction. A refusal on the way ends the lane."""
    lane.settle_prediction()
    for rung in RUNGS:
        nearest = lane.foretold.nearest
        if nearest is not None and (nearest.units or 0) < rung:
            break
        if (reserve := lane.foretold.reserve) is not None and (reserve.kept or 0) < rung:
            break
        lane.grow(rung)
        lane.measure(rung)
        if lane.stop is not None:
            break
        lane.look()
        lane.settle_prediction()
