"""Which margins and how many pairs are reasonable, from recorded noise. Pure, and seeded.

Jobs that might have been are drawn from what was recorded and judged by the shipped decision: at
the usual margins first, then at wider ones where those leave too many jobs inconclusive.
"""

from __future__ import annotations

import bisect
import dataclasses
import random
import statistics
from collections.abc import Sequence

from bench.derive.statistics import share_with_interval
from bench.judging.gates import Gate, Margin
from bench.judging.looks import MOST_PAIRS, PAIRS, Look, fewest_pairs, looks
from bench.judging.outlook import ENOUGH, Advice, Outlook, Plan
from bench.judging.simulate import NO_CHANGE, Change, Changes, Recorded, play
from bench.judging.verdicts import Decision, Verdict

JOBS = 300
SEED = 1
SHARES = (0.01, 0.02, 0.03, 0.05, 0.075, 0.10, 0.15, 0.20, 0.30, 0.50)
TIMES = (1, 2, 3, 5, 10, 20)  # the usual margin, where it is an amount
MORE_PAIRS = (60, 100)
LARGER = (1.0, 1.25, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 7.5, 10.0)  # changes, in margins


def plan(recorded: Sequence[Recorded], jobs: int = JOBS, seed: int = SEED) -> Plan:
    """What to do with one runtime's gates. Takes a few seconds."""
    player = _Player(recorded, jobs, seed)
    usual = player.outlooks(recorded)
    advised = _widened(player, recorded, usual)
    found = [_found(player, recorded, advised, place) for place in range(len(recorded))]
    gates = [
        Advice(before, after if after.is_enough else None, _more_pairs(player, place, before), size)
        for place, (before, after, size) in enumerate(zip(usual, advised, found, strict=True))
    ]
    kept = [
        dataclasses.replace(one, gate=advice.advised.gate)
        for one, advice in zip(recorded, gates, strict=True)
        if advice.advised
    ]
    pairs = max(len(one.pairs) for one in recorded)
    if not kept:
        return Plan(tuple(gates), pairs, jobs, None, None)
    outcomes = [decision.outcome for decision in player.play(kept)]
    return Plan(
        tuple(gates),
        pairs,
        jobs,
        share_with_interval(outcomes.count("regression"), len(outcomes)),
        outcomes.count("inconclusive") / len(outcomes),
    )


def wider(margin: Margin) -> tuple[Margin, ...]:
    """The margins to try, the given one first."""
    if margin.absolute:
        return tuple(Margin(margin.value * times, absolute=True) for times in TIMES)
    return margin, *(Margin(share) for share in SHARES if share > margin.value)


class _Player:
    """Plays jobs of one runtime's gates, each time with the same dice."""

    def __init__(self, recorded: Sequence[Recorded], jobs: int, seed: int) -> None:
        self.recorded = recorded
        self._jobs, self._seed = jobs, seed

    def play(
        self,
        recorded: Sequence[Recorded],
        changes: Changes = NO_CHANGE,
        most_pairs: int = MOST_PAIRS,
    ) -> list[Decision]:
        dice = random.Random(self._seed)
        return play(recorded, _looks(len(recorded), most_pairs), self._jobs, dice, changes)

    def outlooks(self, recorded: Sequence[Recorded], most_pairs: int = MOST_PAIRS) -> list[Outlook]:
        decisions = self.play(recorded, most_pairs=most_pairs)
        verdicts = zip(*(decision.verdicts for decision in decisions), strict=True)
        return [_outlook(one.gate, made) for one, made in zip(recorded, verdicts, strict=True)]


def _looks(gates: int, most: int) -> tuple[Look, ...]:
    return looks(max(PAIRS, fewest_pairs(gates)), most)


def _outlook(gate: Gate, verdicts: Sequence[Verdict]) -> Outlook:
    words = [verdict.verdict for verdict in verdicts]
    return Outlook(
        gate,
        cleared=sum(verdict.is_cleared for verdict in verdicts) / len(verdicts),
        failed=words.count("regression") / len(words),
        pairs=statistics.median(verdict.samples for verdict in verdicts),
    )


def _widened(
    player: _Player, recorded: Sequence[Recorded], usual: Sequence[Outlook]
) -> list[Outlook]:
    """Each gate by the first margin that is enough; by the widest where none is."""
    ladders = [wider(one.gate.margin) for one in recorded]
    made = list(usual)
    for step in range(1, max(len(SHARES), len(TIMES)) + 1):
        tried = {
            place: ladder[step]
            for place, ladder in enumerate(ladders)
            if step < len(ladder) and not made[place].is_enough
        }
        if not tried:
            break
        gates = _with_margins(recorded, made, tried)
        made = [
            outlook if place in tried else made[place]
            for place, outlook in enumerate(player.outlooks(gates))
        ]
    return made


def _with_margins(
    recorded: Sequence[Recorded], made: Sequence[Outlook], tried: dict[int, Margin]
) -> list[Recorded]:
    return [
        dataclasses.replace(
            one,
            gate=dataclasses.replace(one.gate, margin=tried.get(place, made[place].gate.margin)),
        )
        for place, one in enumerate(recorded)
    ]


def _more_pairs(player: _Player, place: int, usual: Outlook) -> int | None:
    """With how many pairs the usual margin would do."""
    if usual.is_enough:
        return MOST_PAIRS
    for most in MORE_PAIRS:
        if player.outlooks(player.recorded, most)[place].is_enough:
            return most
    return None


def _found(
    player: _Player, recorded: Sequence[Recorded], advised: Sequence[Outlook], place: int
) -> float | None:
    """The smallest change that is found often enough: power grows with the change, so the first of
    the larger ones is looked for by halves."""
    gates = _with_margins(recorded, advised, {})
    margin = advised[place].gate.margin

    def is_found(times: float) -> bool:
        size = times * margin.value
        change = Change(more=size) if margin.absolute else Change(factor=1 + size)
        decisions = player.play(gates, {advised[place].gate.figure: change})
        words = [decision.verdicts[place].verdict for decision in decisions]
        return words.count("regression") >= ENOUGH * len(words)

    first = bisect.bisect_left(LARGER, True, key=is_found)
    return LARGER[first] * margin.value if first < len(LARGER) else None
