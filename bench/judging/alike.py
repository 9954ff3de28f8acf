"""From a result whose processes were made in pairs that are all alike to those pairs. Pure."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from msgspec.structs import replace

from bench.judging.gates import Gate
from bench.judging.judge import purpose_of
from bench.judging.pairing import paired_sides
from bench.judging.sides import Pairs
from bench.model.records import Result, Session


@dataclass(frozen=True)
class RecordedPair:
    """One gate's values in two processes, the one that ran first before the other, and when each
    began, in seconds from the start."""

    values: tuple[float, float]
    started_seconds: tuple[float, float]


def recorded_pairs(gate: Gate, result: Result) -> tuple[RecordedPair, ...]:
    """The pairs of which both values are known, in the order in which they were made. Rounds 2n − 1
    and 2n are one pair, whichever of them ran first."""
    pairs: dict[int, list[Session]] = defaultdict(list)
    for sweep in sorted(result.sessions, key=lambda sweep: sweep.started_seconds):
        if (sweep.case, sweep.purpose) == (gate.runtime, purpose_of(gate.figure)):
            pairs[(sweep.round + 1) // 2].append(sweep)
    found = [_pair(gate, result, *two) for _, two in sorted(pairs.items()) if len(two) == 2]
    return tuple(pair for pair in found if pair)


def _pair(gate: Gate, result: Result, first: Session, second: Session) -> RecordedPair | None:
    """Round by round, so that a pair that broke moves no other into its place."""
    results = [replace(result, sessions=(replace(sweep, round=1),)) for sweep in (first, second)]
    (sides,) = paired_sides([gate], *results)
    if not isinstance(sides, Pairs) or not sides.whole:
        return None
    return RecordedPair(sides.whole[0], (first.started_seconds, second.started_seconds))
