"""The decision: which gates of a job are regressions, which are not, and which remain open. Pure.

A regression needs both: a change that chance hardly makes (after Holm over the gates of the job and
Bonferroni over its looks) and an estimate past the margin. An improvement is the same the other way
round. *No regression* needs an interval that ends before the margin. All else is *inconclusive*.
"""

from __future__ import annotations

import itertools
import math
import statistics
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeVar

import msgspec

from bench.derive.doubts import MARK, REASONS
from bench.derive.statistics import Estimate
from bench.judging import ceilings
from bench.judging.gates import BYTES, LEAK, TOTAL, Gate, GateScale
from bench.judging.looks import FALSE_FAILURE, MISSED, Look, fewest_a_side, fewest_pairs
from bench.judging.rank_tests import (
    discovery_level,
    hodges_lehmann,
    is_sharp,
    rank_sum_p,
    same,
    shift,
    signed_rank_p,
    smallest_change,
)
from bench.judging.samples import Ceilings, Groups, Pairs, Sides, Values, is_lacking, known
from bench.judging.verdicts import (
    NOT_MEASURED,
    TOO_FEW,
    Decision,
    Event,
    Verdict,
    Word,
    runtime_of,
)

# Of the changes that are reported of advisory figures, at most this share is none.
FALSE_DISCOVERY = 0.05
LEAKS_INTO = (TOTAL, "user", "rss")  # the parts of a unit's bytes that hold what leaks
NO_RATIO = "contains 0: absolute differences are compared"

LEFT_OUT = "left out of the verdict"

Passing = tuple[bool, float]
S = TypeVar("S", Groups, Ceilings)


@dataclass(frozen=True)
class Finding:
    """One gate at one look. `p` and `estimate` are on the gate's `scale`, where more is worse;
    `p_better` is the same test for a change to the better. `spends` is what the gate's look may
    spend of the job's chance of a false failure, and `missed` what its interval may miss by. It
    rests on the samples `used`, of those of both `sides`. `is_enough` says whether a verdict can be
    given at all, `is_sharp` whether the job could have seen what a clearance rules out."""

    scale: GateScale
    p: float
    p_better: float
    estimate: Estimate
    spends: float
    missed: float
    samples: int
    sides: Sides
    used: Sides
    is_enough: bool = True
    can_clear: bool = True
    is_sharp: bool = True
    event: Event | None = None
    reasons: tuple[str, ...] = ()

    @property
    def is_past_margin(self) -> bool:
        return self.estimate.value is not None and _is_below(self.scale.limit, self.estimate.value)

    @property
    def is_better_by_a_margin(self) -> bool:
        return self.estimate.value is not None and _is_below(self.estimate.value, -self.scale.limit)

    @property
    def is_clear(self) -> bool:
        """Whether the interval leaves no room for a worsening past the margin, and not by luck; or
        the new side is better by a margin."""
        high, limit = self.estimate.high, self.scale.limit
        if not self.can_clear or high is None:
            return False
        return _is_below(high, limit if self.is_sharp else -limit)


def _is_below(one: float, other: float) -> bool:
    """Bytes come in whole pages: where every pair differs by just the margin, the last bits of
    two logarithms must not decide on which side of it that is."""
    return one < other and not same(one, other)


def decide(
    gates: Sequence[Gate], sides: Sequence[Sides], look: Look, before: Decision | None = None
) -> Decision:
    """The verdicts after `look`, from each gate's samples so far. What an earlier look decided
    stands, and stays counted among the gates that share the chances of error; a heavier unit alone
    is judged once more where a leak fails the job in its place. `before` may be of the first of the
    gates alone."""
    sharing = max(1, sum(gate.gated for gate in gates))
    earlier = before.verdicts if before else ()
    judged = []
    for gate, side, verdict in itertools.zip_longest(gates, sides, earlier):
        stands = verdict and (not verdict.is_open or isinstance(side, Ceilings))
        finding = None if stands else examine(gate, side, look, sharing)
        judged.append(_Judged(gate, side, finding, verdict if stands else None))
    worse = _passed(judged, sharing, "regression")
    better = _passed(judged, sharing, "improvement")
    for one, is_worse, is_better in zip(judged, worse, better, strict=True):
        if one.finding:
            one.verdict = _verdict(one.gate, one.finding, is_worse, is_better, look)
    return Decision(verdicts=tuple(_with_leaks(judged, look, sharing)))


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


@dataclass
class _Judged:
    """One gate at this look: what its samples say, or the verdict of an earlier look that stands;
    in the end its verdict."""

    gate: Gate
    sides: Sides
    finding: Finding | None
    verdict: Verdict | None


def _passed(
    judged: Sequence[_Judged], sharing: int, word: Literal["regression", "improvement"]
) -> list[Passing]:
    """Whether each finding passes the test for this word, and the level that its p was held to. The
    two words have an allowance each: the one for improvements is in no job's false failures."""
    found = {
        place: (one.finding.p if word == "regression" else one.finding.p_better, one.finding.spends)
        for place, one in enumerate(judged)
        if one.finding
    }
    gated = {place: chances for place, chances in found.items() if judged[place].gate.gated}
    advisory = {place: p for place, (p, _) in found.items() if place not in gated}
    rejected = sum(one.verdict is not None and one.verdict.verdict == word for one in judged)
    passed = _holm(gated, sharing - rejected)
    level = discovery_level(advisory.values(), FALSE_DISCOVERY)
    if level is None:
        level = FALSE_DISCOVERY / max(1, len(advisory))
    passed |= {place: (p <= level, level) for place, p in advisory.items()}
    return [passed.get(place, (False, 0.0)) for place in range(len(judged))]


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


def examine(gate: Gate, sides: Sides, look: Look, gates: int) -> Finding:
    """What the samples say; `gates` is how many the job decides on, which share the chances. Where
    a side is doubted, the processes that nothing spoiled decide alone if they are enough; else all
    do, and the verdict states the doubt."""
    if isinstance(sides, Ceilings):
        return _undoubted_first(sides, lambda used: _of_ceilings(gate, used, sides, gates))
    if sides.unlike is None:
        return _undoubted_first(sides, lambda used: _of_values(gate, used, sides, look, gates))
    # Nothing but both sides' values, and why they are not compared.
    return Finding(
        scale=GateScale.of(gate, ()),
        p=1.0,
        p_better=1.0,
        estimate=Estimate(None),
        spends=look.false_failure,
        missed=look.missed,
        samples=0,
        sides=sides,
        used=sides,
        is_enough=False,
        reasons=(sides.unlike, *sides.doubts),
    )


def _undoubted_first(sides: S, find: Callable[[S], Finding]) -> Finding:
    undoubted = sides.undoubted() if any(sides.doubted) else sides
    if undoubted != sides and (finding := find(undoubted)).is_enough:
        held = [REASONS[name] for name in undoubted.doubted if name]
        unmarked: list[str] = [
            one if any(words in one for words in held) else one.removeprefix(f"{MARK} ")
            for one in finding.reasons
        ]
        return replace(finding, reasons=(f"{LEFT_OUT}: {sides.left_out()}", *unmarked))
    return find(sides)


def _of_values(gate: Gate, used: Groups, sides: Groups, look: Look, gates: int) -> Finding:
    """The exact tests on the values used: by pairs, where the two sides were measured in turn."""
    paired = used if isinstance(used, Pairs) else None
    both = (*zip(*paired.whole, strict=True),) or ((), ()) if paired else used.values
    base, new = known(both[0]), known(both[1])
    scale = GateScale.of(gate, (*base, *new))
    before, after = [scale.place(value) for value in base], [scale.place(value) for value in new]
    if paired:
        steps = [late - early for early, late in zip(before, after, strict=True)]
        chances = signed_rank_p(steps), signed_rank_p([-step for step in steps])
        estimate = hodges_lehmann(steps, look.missed)
        needed = fewest_pairs(gates, look.false_failure)
        enough = len(steps) >= needed
        few = f"{TOO_FEW} pairs: {len(steps)}, at least {needed} are needed"
    else:
        is_there = bool(base and new)
        chances = (rank_sum_p(before, after), rank_sum_p(after, before)) if is_there else (1.0, 1.0)
        estimate = shift(before, after, look.missed)
        fewest = 1 / math.comb(len(base) + len(new), len(new))
        enough = is_there and fewest <= look.false_failure / gates
        needed = fewest_a_side(gates, look.false_failure)
        have = f"{len(base)} and {len(new)}"
        few = f"{TOO_FEW} processes: {have}, at least {needed} a side are needed"
    given_up = paired.given_up if paired else None
    lacking = is_lacking(sides.base), is_lacking(sides.new)
    reasons = (
        (given_up, f"given up at pair {given_up}, where a side broke once too often"),
        (not enough, few),
        (scale.margin != gate.margin, NO_RATIO),
    )
    return Finding(
        scale=scale,
        p=chances[0],
        p_better=chances[1],
        estimate=estimate,
        spends=look.false_failure,
        missed=look.missed,
        samples=min(len(base), len(new)),
        sides=sides,
        used=used,
        is_enough=enough,
        can_clear=not (given_up or any(lacking)),
        is_sharp=is_sharp(estimate, look.missed, look.false_failure / gates, scale.limit),
        event=_missing(*lacking) or ("given up" if given_up else None),
        reasons=(
            *_gaps(sides.base, sides.new, paired.broke if paired else ()),
            *(reason for holds, reason in reasons if holds),
            *sides.doubts,
        ),
    )


def _of_ceilings(gate: Gate, used: Ceilings, sides: Ceilings, gates: int) -> Finding:
    """Climbs are looked at once, so they may spend all that their gate has at that one look."""
    before, after = ceilings.badness(used.base), ceilings.badness(used.new)
    fewest = min(len(before), len(after))
    needed = fewest_a_side(gates, FALSE_FAILURE)
    few = () if fewest >= needed else (f"{TOO_FEW} climbs: {fewest} of {needed} a side",)
    return Finding(
        scale=GateScale(gate.margin, -1),
        p=rank_sum_p(before, after) if after and ceilings.met_limits(used.new) else 1.0,
        p_better=rank_sum_p(after, before) if before and ceilings.met_limits(used.base) else 1.0,
        estimate=shift(before, after, MISSED),
        spends=FALSE_FAILURE,
        missed=MISSED,
        samples=fewest,
        sides=sides,
        used=used,
        is_enough=not few,
        can_clear=ceilings.met_limits(used.base),
        event=ceilings.event(used) or _missing(is_lacking(before), is_lacking(after)),
        reasons=(*few, *ceilings.reasons(used)),
    )


def _missing(base_lacks: bool, new_lacks: bool) -> Event | None:
    """A metric that one side lacks is an event of its own."""
    return "missing" if base_lacks != new_lacks else None


def _gaps(base: Values, new: Values, broke: Sequence[str] = ()) -> tuple[str, ...]:
    """What is not there, in words. Where one side broke at once, the other was not tried."""
    if not known(base) and not known(new):
        side = f"the {broke[0]} side" if len(broke) == 1 else "either side"
        return (f"{NOT_MEASURED} on {side}",)
    lost = (("base", base), ("new", new))
    return tuple(
        f"it is missing in {len(values) - len(known(values))} of {len(values)} processes of the "
        f"{side} side"
        for side, values in lost
        if len(known(values)) < len(values)
    )


def median(values: Values) -> float | None:
    return statistics.median(known(values)) if known(values) else None


def _verdict(gate: Gate, finding: Finding, worse: Passing, better: Passing, look: Look) -> Verdict:
    is_worse, level = worse
    scale, estimate = finding.scale, finding.estimate
    ends = [None if end is None else scale.effect(end) for end in (estimate.low, estimate.high)]
    smallest = smallest_change(estimate, finding.missed, level, scale.limit) if level else None
    word: Word = "inconclusive"
    if finding.is_enough and is_worse and finding.is_past_margin:
        word = "regression"
    elif finding.is_enough and better[0] and finding.is_better_by_a_margin and finding.can_clear:
        word = "improvement"
    elif finding.is_enough and finding.is_clear:
        word = "no regression"
    is_leak = word == "regression" and gate.metric == LEAK
    (base, new), used = finding.sides.values, finding.used.values
    return Verdict(
        runtime=runtime_of(gate.case),
        case=gate.case,
        metric=gate.metric.metric,
        part=gate.metric.part,
        quantile=gate.metric.quantile,
        at=finding.sides.at,
        with_=dict(gate.metric.with_),
        better=gate.metric.quantity.better,
        margin=scale.margin.value,
        absolute=scale.margin.absolute,
        gated=gate.gated,
        verdict=word,
        base=median(used[0]),
        new=median(used[1]),
        effect=None if estimate.value is None else scale.effect(estimate.value),
        low=min(known(ends), default=None),
        high=max(known(ends), default=None),
        confidence=1 - 2 * finding.missed if estimate.low is not None else None,
        p=finding.p if finding.samples else None,
        level=level,
        smallest=None if smallest is None else scale.worsening(smallest),
        samples=finding.samples,
        look=look.number,
        event="leak" if is_leak else finding.event,
        reasons=finding.reasons,
        base_samples=base,
        new_samples=new,
        base_doubt=finding.used.doubted[0],
        new_doubt=finding.used.doubted[1],
    )


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

    def may_explain(self, verdict: Verdict) -> bool:
        """Whether these bytes moved the way in which the leak moves them: only then can the one be
        a part of the other. A leak of memory that units hold anyway moves nothing."""
        is_bytes = verdict.metric == BYTES.metric and verdict.part in LEAKS_INTO
        moved = ("regression", "inconclusive") if self.more > 0 else ("improvement",)
        return is_bytes and verdict.event is None and verdict.verdict in moved


def _with_leaks(judged: Sequence[_Judged], look: Look, sharing: int) -> Iterator[Verdict]:
    """The verdicts, with what a leak makes heavier or lighter reported once, as the leak.

    What is kept after a release is often there before it too: while units are alive, a leak weighs
    like a heavier unit. So bytes that moved the same way are judged once more without what the leak
    explains. A leak that decides nothing is reported beside the heavier unit and taken off nothing:
    it would clear a job that nothing else fails.
    """
    leaks = {}
    for one in judged:
        if (verdict := one.verdict) and verdict.metric_name == LEAK and verdict.has_moved:
            # The slope over the cycles misses a table that doubles now and then, in which the
            # leaked objects stand; what the process grew by from first cycle to last has it.
            more = (verdict.new or 0.0) - (verdict.base or 0.0)
            grown = (one.sides.grown if isinstance(one.sides, Groups) else None) or (0.0, 0.0)
            explains = max(abs(more), (grown[1] - grown[0]) * (1 if more > 0 else -1))
            leaks[verdict.case] = _Leaked(more, explains, verdict.gated, one.finding is not None)
    for one in judged:
        assert one.verdict is not None
        leaked = leaks.get(one.gate.case)
        # Of two that stood before this look, one was weighed against the other then.
        is_fresh = leaked and (one.finding or leaked.is_fresh)
        if not (leaked and is_fresh and leaked.may_explain(one.verdict)):
            yield one.verdict
        elif leaked.decides:
            yield _net(one.gate, one.sides, leaked, look, sharing)
        else:
            reason = f"{leaked.words} weigh here too; gate {LEAK.words} to have them judged apart"
            reasons = (reason, *one.verdict.reasons)
            yield msgspec.structs.replace(one.verdict, reasons=reasons)


def _net(gate: Gate, side: Sides, leaked: _Leaked, look: Look, sharing: int) -> Verdict:
    """The verdict on the same samples, the leakier side without what its leak explains, but no
    lighter than the other side: what it does not weigh more, the leak does not explain."""
    assert isinstance(side, Groups)
    heavier, lighter = (side.new, side.base) if leaked.more > 0 else (side.base, side.new)
    middle = median(lighter)
    others = lighter if len(lighter) == len(heavier) else (None,) * len(heavier)
    net: list[float | None] = []
    for value, other in zip(heavier, others, strict=True):
        least = middle if other is None else other
        if value is None or least is None:
            net.append(None if value is None else value - leaked.explains)
        else:
            net.append(min(value, max(value - leaked.explains, least)))
    made = tuple(net)
    side = replace(side, new=made) if leaked.more > 0 else replace(side, base=made)
    finding = examine(gate, side, look, sharing)
    level = finding.spends / sharing
    passing = [(p <= level, level) for p in (finding.p, finding.p_better)]
    judged = _verdict(gate, finding, passing[0], passing[1], look)
    event: Event | None = None if judged.has_moved else "only its leak"
    reasons = (f"without {leaked.words}", *judged.reasons)
    return msgspec.structs.replace(judged, event=event, reasons=reasons)
