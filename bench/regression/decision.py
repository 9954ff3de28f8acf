"""The decision: which gates of a job are regressions, which are not, and which remain open. Pure.

A regression needs both: a change that chance hardly makes (after Holm over the gates of the job and
Bonferroni over its looks) and an estimate past the margin. *No regression* needs an interval that
ends before the margin. All else is *inconclusive*. An improvement is no regression.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import msgspec

from bench.regression.findings import Finding, examine, median
from bench.regression.gates import LEAK, Gate
from bench.regression.looks import Look
from bench.regression.sensitivity import smallest_change
from bench.regression.sides import Ceilings, Groups, Pairs, Sides, Values, known
from bench.regression.verdicts import Decision, Event, Verdict, Word

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
    passed = _passed(gates, findings, kept, sharing)
    verdicts = [
        verdict if finding is None else _verdict(gate, finding, *passing, look)
        for gate, finding, verdict, passing in zip(gates, findings, kept, passed, strict=True)
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
) -> list[Passing]:
    """Whether each finding passes its test, and the level that its p was held to."""
    passed: dict[int, Passing] = {}
    found = {place: finding for place, finding in enumerate(findings) if finding is not None}
    gated = {place: finding for place, finding in found.items() if gates[place].gated}
    advisory = {place: finding for place, finding in found.items() if not gates[place].gated}
    rejected = sum(verdict is not None and verdict.verdict == "regression" for verdict in kept)
    passed |= _holm(gated, sharing - rejected)
    passed |= _benjamini_hochberg(advisory)
    return [passed.get(place, (False, 0.0)) for place in range(len(gates))]


def _holm(findings: dict[int, Finding], sharing: int) -> dict[int, Passing]:
    """Holm (1979), each gate weighted by what it may spend: the surest first, each that passes
    leaves its part to the others.

    With what was rejected at earlier looks taken off `sharing`, the first false rejection of a job
    still had to be below the part of a gate among the true ones alone, at that look."""
    order = sorted(findings, key=lambda place: findings[place].p / findings[place].spends)
    passed: dict[int, Passing] = {}
    going = True
    for place in order:
        level = findings[place].spends / max(1, sharing)
        going = going and findings[place].p <= level
        passed[place] = (going, level)
        sharing -= going
    return passed


def _benjamini_hochberg(findings: dict[int, Finding]) -> dict[int, Passing]:
    """Benjamini and Hochberg (1995): the level is the highest that enough of them keep."""
    ordered = sorted(finding.p for finding in findings.values())
    levels = [FALSE_DISCOVERY * rank / len(ordered) for rank in range(1, len(ordered) + 1)]
    kept = [level for p, level in zip(ordered, levels, strict=True) if p <= level]
    level = max(kept, default=levels[0] if levels else 0.0)
    return {place: (finding.p <= level, level) for place, finding in findings.items()}


def _verdict(gate: Gate, finding: Finding, passes: bool, level: float, look: Look) -> Verdict:
    scale, estimate = finding.scale, finding.estimate
    ends = [None if end is None else scale.effect(end) for end in (estimate.low, estimate.high)]
    smallest = smallest_change(estimate, finding.missed, level, scale.limit) if level else None
    word = _word(finding, passes)
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
    )


def _word(finding: Finding, passes: bool) -> Word:
    if not finding.is_enough:
        return "inconclusive"
    if passes and finding.is_past_margin:
        return "regression"
    return "no regression" if finding.is_clear else "inconclusive"


def _lower(ends: Sequence[float | None]) -> float | None:
    return min(known(ends), default=None)


def _higher(ends: Sequence[float | None]) -> float | None:
    return max(known(ends), default=None)


@dataclass(frozen=True)
class _Leaked:
    """What a unit of either side leaks, bytes. Where it `decides`, it fails the job by itself."""

    base: float
    new: float
    decides: bool
    is_fresh: bool

    @property
    def more(self) -> str:
        return f"the {self.new - self.base:,.0f} bytes more that a new unit leaks"


def _with_leaks(
    gates: Sequence[Gate],
    sides: Sequence[Sides],
    verdicts: Sequence[Verdict],
    fresh: Sequence[bool],
    look: Look,
    sharing: int,
) -> list[Verdict]:
    """The verdicts, each heavier unit that also leaks judged once more without what it leaks.

    What is kept after a release is there before it too: while units are alive, a leak weighs like a
    heavier unit, and would be told as one. A leak that decides nothing is told beside the heavier
    unit and taken off nothing: it would clear a job that nothing else fails.
    """
    leaks = {
        verdict.runtime: _Leaked(verdict.base or 0.0, verdict.new or 0.0, verdict.gated, is_fresh)
        for verdict, is_fresh in zip(verdicts, fresh, strict=True)
        if verdict.event == "leak"
    }
    found = []
    for gate, side, verdict, is_fresh in zip(gates, sides, verdicts, fresh, strict=True):
        leaked = leaks.get(gate.runtime)
        # Of two that stood before this look, one was weighed against the other then.
        if leaked and _is_heavier(verdict) and (is_fresh or leaked.is_fresh):
            weighed = _net(gate, side, leaked, look, sharing) if leaked.decides else None
            found.append(weighed or _beside(verdict, leaked))
        else:
            found.append(verdict)
    return found


def _is_heavier(verdict: Verdict) -> bool:
    return (
        verdict.metric == "bytes_per_unit"
        and verdict.part in ("total", "user", "rss")
        and verdict.verdict != "no regression"
        and verdict.event is None
    )


def _beside(verdict: Verdict, leaked: _Leaked) -> Verdict:
    """The same verdict, with the words that the leak is a part of what is heavier."""
    told = f"{leaked.more} weigh here too; gate {LEAK.words} to have them judged apart"
    return msgspec.structs.replace(verdict, reasons=(told, *verdict.reasons))


def _net(gate: Gate, side: Sides, leaked: _Leaked, look: Look, sharing: int) -> Verdict:
    """The verdict on the same samples less what the units of each side leak."""
    assert isinstance(side, Pairs | Groups)
    net = replace(side, base=_less(side.base, leaked.base), new=_less(side.new, leaked.new))
    finding = examine(gate, net, look, sharing)
    level = finding.spends / sharing
    judged = _verdict(gate, finding, finding.p <= level, level, look)
    event: Event | None = None if judged.verdict == "regression" else "only its leak"
    reasons = (f"without {leaked.more}", *judged.reasons)
    return msgspec.structs.replace(judged, event=event, reasons=reasons)


def _less(values: Values, leaked: float) -> Values:
    return tuple(None if value is None else value - leaked for value in values)
