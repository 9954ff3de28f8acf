"""The decision: which gates of a job are regressions, which are not, and which remain open. Pure.

A regression needs both: a change that chance hardly makes (after Holm over the gates of the job and
Bonferroni over its looks) and an estimate past the margin. An improvement is the same the other way
round. *No regression* needs an interval that ends before the margin. All else is *inconclusive*.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import msgspec

from bench.judging.findings import Finding, examine, median
from bench.judging.gates import LEAK, Gate
from bench.judging.looks import Look
from bench.judging.sensitivity import smallest_change
from bench.judging.sides import Ceilings, Groups, Pairs, Sides, Values, known
from bench.judging.verdicts import Decision, Event, Verdict, Word

# Of the changes that are told of advisory figures, at most this share is none.
FALSE_DISCOVERY = 0.05


def decide(
    gates: Sequence[Gate], sides: Sequence[Sides], look: Look, before: Decision | None = None
) -> Decision:
    """The verdicts after `look`, from each gate's samples so far. What an earlier look decided
    stands, and stays counted among the gates that share the chances of error; a heavier unit alone
    is judged once more where a leak fails the job in its place. `before` may be of the first of the
    gates alone."""
    earlier = before.verdicts if before else ()
    stood = (*earlier, *(None,) * (len(gates) - len(earlier)))
    kept = [
        verdict if verdict and (not verdict.is_open or isinstance(side, Ceilings)) else None
        for verdict, side in zip(stood, sides, strict=True)
    ]
    sharing = max(1, sum(gate.gated for gate in gates))
    findings = [
        examine(gate, side, look, sharing) if verdict is None else None
        for gate, side, verdict in zip(gates, sides, kept, strict=True)
    ]
    worse = _passed(gates, findings, kept, sharing, "regression")
    better = _passed(gates, findings, kept, sharing, "improvement")
    verdicts = [
        verdict if finding is None else _verdict(gate, finding, is_worse, is_better, look)
        for gate, finding, verdict, is_worse, is_better in zip(
            gates, findings, kept, worse, better, strict=True
        )
    ]
    made = [verdict for verdict in verdicts if verdict is not None]
    fresh = [finding is not None for finding in findings]
    return Decision(verdicts=tuple(_with_leaks(gates, sides, made, fresh, look, sharing)))


def decide_in_looks(
    gates: Sequence[Gate], sides: Sequence[Sides], looks: Sequence[Look]
) -> Decision:
    """The decision that a job with these samples would have come to, look by look."""
    decision: Decision | None = None
    for look in looks:
        so_far = [side.first(look.pairs) if isinstance(side, Pairs) else side for side in sides]
        decision = decide(gates, so_far, look, decision)
        if not any(verdict.is_open and verdict.gated for verdict in decision.verdicts):
            break
    assert decision is not None
    return decision


Passing = tuple[bool, float]


def _passed(
    gates: Sequence[Gate],
    findings: Sequence[Finding | None],
    kept: Sequence[Verdict | None],
    sharing: int,
    word: Literal["regression", "improvement"],
) -> list[Passing]:
    """Whether each finding passes the test for this word, and the level that its p was held to. The
    two words have an allowance each: the one for improvements is in no job's false failures."""
    passed: dict[int, Passing] = {}
    found = {
        place: (finding.p if word == "regression" else finding.p_better, finding.spends)
        for place, finding in enumerate(findings)
        if finding is not None
    }
    gated = {place: chances for place, chances in found.items() if gates[place].gated}
    advisory = {place: p for place, (p, _) in found.items() if not gates[place].gated}
    rejected = sum(verdict is not None and verdict.verdict == word for verdict in kept)
    passed |= _holm(gated, sharing - rejected)
    passed |= _benjamini_hochberg(advisory)
    return [passed.get(place, (False, 0.0)) for place in range(len(gates))]


def _holm(chances: dict[int, tuple[float, float]], sharing: int) -> dict[int, Passing]:
    """Holm (1979), each gate weighted by what it may spend: the surest first, each that passes
    leaves its part to the others.

    With what was rejected at earlier looks taken off `sharing`, the first false rejection of a job
    still had to be below the part of a gate among the true ones alone, at that look."""
    order = sorted(chances, key=lambda place: chances[place][0] / chances[place][1])
    passed: dict[int, Passing] = {}
    going = True
    for place in order:
        p, spends = chances[place]
        level = spends / max(1, sharing)
        going = going and p <= level
        passed[place] = (going, level)
        sharing -= going
    return passed


def _benjamini_hochberg(chances: dict[int, float]) -> dict[int, Passing]:
    """Benjamini and Hochberg (1995): the level is the highest that enough of them keep."""
    ordered = sorted(chances.values())
    levels = [FALSE_DISCOVERY * rank / len(ordered) for rank in range(1, len(ordered) + 1)]
    kept = [level for p, level in zip(ordered, levels, strict=True) if p <= level]
    level = max(kept, default=levels[0] if levels else 0.0)
    return {place: (p <= level, level) for place, p in chances.items()}


def _verdict(gate: Gate, finding: Finding, worse: Passing, better: Passing, look: Look) -> Verdict:
    is_worse, level = worse
    scale, estimate = finding.scale, finding.estimate
    ends = [None if end is None else scale.effect(end) for end in (estimate.low, estimate.high)]
    smallest = smallest_change(estimate, finding.missed, level, scale.limit) if level else None
    word = _word(finding, is_worse, better[0])
    is_leak = word == "regression" and gate.figure == LEAK
    return Verdict(
        runtime=gate.runtime,
        metric=gate.figure.metric,
        part=gate.figure.part,
        quantile=gate.figure.quantile,
        at=finding.at,
        better=gate.figure.better,
        margin=scale.margin.value,
        absolute=scale.margin.absolute,
        gated=gate.gated,
        verdict=word,
        base=median(finding.base),
        new=median(finding.new),
        effect=None if estimate.value is None else scale.effect(estimate.value),
        low=_lower(ends),
        high=_higher(ends),
        confidence=1 - 2 * finding.missed if estimate.low is not None else None,
        p=finding.p if finding.samples else None,
        level=level,
        smallest=None if smallest is None else scale.worsening(smallest),
        samples=finding.samples,
        look=look.number,
        event="leak" if is_leak else finding.event,
        reasons=finding.reasons,
        base_samples=finding.base,
        new_samples=finding.new,
        base_doubt=finding.doubted[0],
        new_doubt=finding.doubted[1],
    )


def _word(finding: Finding, is_worse: bool, is_better: bool) -> Word:
    if not finding.is_enough:
        return "inconclusive"
    if is_worse and finding.is_past_margin:
        return "regression"
    if is_better and finding.is_better_by_a_margin and finding.can_clear:
        return "improvement"
    return "no regression" if finding.is_clear else "inconclusive"


def _lower(ends: Sequence[float | None]) -> float | None:
    return min(known(ends), default=None)


def _higher(ends: Sequence[float | None]) -> float | None:
    return max(known(ends), default=None)


@dataclass(frozen=True)
class _Leaked:
    """How many bytes more a unit of the new side leaks (fewer, where negative), and how much of the
    growth of living units that may explain. Where it `decides`, it is in the verdict by itself."""

    more: float
    explains: float
    decides: bool
    is_fresh: bool

    @property
    def words(self) -> str:
        amount = f"{abs(self.more):,.0f} bytes {'more' if self.more > 0 else 'fewer'}"
        return f"the {amount} that a new unit leaks"

    def weighs_in(self, verdict: Verdict) -> bool:
        """Whether these bytes moved the way in which the leak moves them: only then can the one be
        a part of the other. A leak of memory that units hold anyway moves nothing."""
        is_bytes = verdict.metric == "bytes_per_unit" and verdict.part in ("total", "user", "rss")
        moved = ("regression", "inconclusive") if self.more > 0 else ("improvement",)
        return is_bytes and verdict.event is None and verdict.verdict in moved


def _with_leaks(
    gates: Sequence[Gate],
    sides: Sequence[Sides],
    verdicts: Sequence[Verdict],
    fresh: Sequence[bool],
    look: Look,
    sharing: int,
) -> list[Verdict]:
    """The verdicts, with what a leak makes heavier or lighter reported once, as the leak.

    What is kept after a release is often there before it too: while units are alive, a leak weighs
    like a heavier unit. So bytes that moved the same way are judged once more without what the leak
    explains. A leak that decides nothing is reported beside the heavier unit and taken off nothing:
    it would clear a job that nothing else fails.
    """
    leaks = {
        verdict.runtime: _leaked(verdict, side, is_fresh)
        for verdict, side, is_fresh in zip(verdicts, sides, fresh, strict=True)
        if verdict.metric == LEAK.metric and verdict.has_moved
    }
    found = []
    for gate, side, verdict, is_fresh in zip(gates, sides, verdicts, fresh, strict=True):
        leaked = leaks.get(gate.runtime)
        # Of two that stood before this look, one was weighed against the other then.
        if leaked and leaked.weighs_in(verdict) and (is_fresh or leaked.is_fresh):
            found.append(
                _net(gate, side, leaked, look, sharing)
                if leaked.decides
                else _beside(verdict, leaked)
            )
        else:
            found.append(verdict)
    return found


def _leaked(verdict: Verdict, side: Sides, is_fresh: bool) -> _Leaked:
    """The slope over the cycles misses a table that doubles now and then, in which the leaked
    objects stand; what the process grew by from its first cycle to its last has it."""
    more = (verdict.new or 0.0) - (verdict.base or 0.0)
    grown = (side.grown if isinstance(side, Pairs | Groups) else None) or (0.0, 0.0)
    explains = max(abs(more), (grown[1] - grown[0]) * (1 if more > 0 else -1))
    return _Leaked(more, explains, verdict.gated, is_fresh)


def _beside(verdict: Verdict, leaked: _Leaked) -> Verdict:
    """The same verdict, with the words that the leak is a part of what moved."""
    told = f"{leaked.words} weigh here too; gate {LEAK.words} to have them judged apart"
    return msgspec.structs.replace(verdict, reasons=(told, *verdict.reasons))


def _net(gate: Gate, side: Sides, leaked: _Leaked, look: Look, sharing: int) -> Verdict:
    """The verdict on the same samples, the leakier side without what its leak explains."""
    assert isinstance(side, Pairs | Groups)
    if leaked.more > 0:
        net = replace(side, new=_less(side.new, side.base, leaked.explains))
    else:
        net = replace(side, base=_less(side.base, side.new, leaked.explains))
    finding = examine(gate, net, look, sharing)
    level = finding.spends / sharing
    passing = [(p <= level, level) for p in (finding.p, finding.p_better)]
    judged = _verdict(gate, finding, passing[0], passing[1], look)
    event: Event | None = None if judged.has_moved else "only its leak"
    reasons = (f"without {leaked.words}", *judged.reasons)
    return msgspec.structs.replace(judged, event=event, reasons=reasons)


def _less(heavier: Values, lighter: Values, leaked: float) -> Values:
    """The heavier side's values less what it leaks, but no lighter than the other side: what it
    does not weigh more, the leak does not explain."""
    middle = median(lighter)
    others = lighter if len(lighter) == len(heavier) else (None,) * len(heavier)
    return tuple(
        None if value is None else _no_less(value - leaked, value, other, middle)
        for value, other in zip(heavier, others, strict=True)
    )


def _no_less(net: float, value: float, other: float | None, middle: float | None) -> float:
    """The net value, or what the other side has where that is more; never more than the value."""
    least = middle if other is None else other
    return net if least is None else min(value, max(net, least))
