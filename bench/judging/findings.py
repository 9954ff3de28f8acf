"""What the samples of one gate say by themselves, before a job's gates are weighed together."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from bench.derive.statistics import Estimate
from bench.judging import ceilings
from bench.judging.gates import Gate
from bench.judging.looks import FALSE_FAILURE, MISSED, Look, fewest_a_side, fewest_pairs
from bench.judging.paired import hodges_lehmann, signed_rank_p
from bench.judging.ranks import same
from bench.judging.scale import Scale
from bench.judging.sensitivity import is_sharp
from bench.judging.sides import Ceilings, Groups, Pairs, Sides, Values, is_lacking, known
from bench.judging.unpaired import rank_sum_p, shift
from bench.judging.verdicts import Event


@dataclass(frozen=True)
class Finding:
    """One gate at one look. `p` and `estimate` are on the gate's `scale`, where more is worse;
    `p_better` is the same test for a change to the better. `spends` is what the gate's look may
    spend of the job's chance of a false failure, and `missed` what its interval may miss by.
    `is_enough` says whether a verdict can be given at all, `is_sharp` whether the job could have
    seen what a clean bill rules out."""

    scale: Scale
    p: float
    p_better: float
    estimate: Estimate
    spends: float
    missed: float
    samples: int
    base: Values
    new: Values
    at: int | None = None
    is_enough: bool = True
    can_clear: bool = True
    is_sharp: bool = True
    event: Event | None = None
    reasons: tuple[str, ...] = ()
    doubted: tuple[str | None, str | None] = (None, None)

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
    two logarithms are not to tell on which side of it that is."""
    return one < other and not same(one, other)


def examine(gate: Gate, sides: Sides, look: Look, gates: int) -> Finding:
    """What the samples say; `gates` is how many the job decides on, which share the chances."""
    match sides:
        case Pairs() | Groups() if sides.unlike is not None:
            return _not_compared(gate, sides, look)
        case Pairs():
            return _of_pairs(gate, sides, look, gates)
        case Groups():
            return _of_groups(gate, sides, look, gates)
        case Ceilings():
            return _of_ceilings(gate, sides, gates)


def _not_compared(gate: Gate, sides: Pairs | Groups, look: Look) -> Finding:
    """Nothing but both sides' values, and why they are not compared."""
    assert sides.unlike is not None
    return Finding(
        scale=Scale.of(gate, ()),
        p=1.0,
        p_better=1.0,
        estimate=Estimate(None),
        spends=look.false_failure,
        missed=look.missed,
        samples=0,
        base=sides.base,
        new=sides.new,
        is_enough=False,
        reasons=(sides.unlike, *sides.doubts),
        doubted=sides.doubted,
    )


def _of_pairs(gate: Gate, sides: Pairs, look: Look, gates: int) -> Finding:
    pairs = sides.whole
    scale = Scale.of(gate, (value for pair in pairs for value in pair))
    steps = [scale.place(new) - scale.place(base) for base, new in pairs]
    needed = fewest_pairs(gates, look.false_failure)
    enough = len(pairs) >= needed
    reasons = () if enough else (f"too few pairs: {len(pairs)}, at least {needed} are needed",)
    estimate = hodges_lehmann(steps, look.missed)
    return Finding(
        scale=scale,
        p=signed_rank_p(steps),
        p_better=signed_rank_p([-step for step in steps]),
        estimate=estimate,
        spends=look.false_failure,
        missed=look.missed,
        samples=len(pairs),
        base=sides.base,
        new=sides.new,
        at=sides.at,
        is_enough=enough,
        can_clear=not (sides.given_up or is_lacking(sides.base) or is_lacking(sides.new)),
        is_sharp=is_sharp(estimate, look.missed, look.false_failure / gates, scale.limit),
        event=_missing(sides.base, sides.new) or ("given up" if sides.given_up else None),
        reasons=(
            *_gaps(sides.base, sides.new, sides.broke),
            *_cut_short(sides.given_up),
            *reasons,
            *_no_ratio(gate, scale),
            *sides.doubts,
        ),
        doubted=sides.doubted,
    )


def _of_groups(gate: Gate, sides: Groups, look: Look, gates: int) -> Finding:
    base, new = known(sides.base), known(sides.new)
    scale = Scale.of(gate, (*base, *new))
    before, after = [scale.place(value) for value in base], [scale.place(value) for value in new]
    fewest = 1 / math.comb(len(base) + len(new), len(new))
    enough = bool(base and new) and fewest <= look.false_failure / gates
    have = f"{len(base)} and {len(new)}"
    needed = fewest_a_side(gates, look.false_failure)
    few = () if enough else (f"too few processes: {have}, at least {needed} a side are needed",)
    estimate = shift(before, after, look.missed)
    return Finding(
        scale=scale,
        p=rank_sum_p(before, after) if base and new else 1.0,
        p_better=rank_sum_p(after, before) if base and new else 1.0,
        estimate=estimate,
        spends=look.false_failure,
        missed=look.missed,
        samples=min(len(base), len(new)),
        base=sides.base,
        new=sides.new,
        at=sides.at,
        is_enough=enough,
        can_clear=not is_lacking(sides.base) and not is_lacking(sides.new),
        is_sharp=is_sharp(estimate, look.missed, look.false_failure / gates, scale.limit),
        event=_missing(sides.base, sides.new),
        reasons=(*_gaps(sides.base, sides.new), *few, *_no_ratio(gate, scale), *sides.doubts),
        doubted=sides.doubted,
    )


def _of_ceilings(gate: Gate, sides: Ceilings, gates: int) -> Finding:
    """Climbs are looked at once, so they may spend all that their gate has at that one look."""
    before, after = ceilings.badness(sides.base), ceilings.badness(sides.new)
    fewest = min(len(before), len(after))
    needed = fewest_a_side(gates, FALSE_FAILURE)
    few = () if fewest >= needed else (f"too few climbs: {fewest} of {needed} a side",)
    base, new = (tuple(float(c.count) for c in side) for side in (sides.base, sides.new))
    return Finding(
        scale=Scale(gate.margin, -1),
        p=rank_sum_p(before, after) if after and ceilings.met_limits(sides.new) else 1.0,
        p_better=rank_sum_p(after, before) if before and ceilings.met_limits(sides.base) else 1.0,
        estimate=shift(before, after, MISSED),
        spends=FALSE_FAILURE,
        missed=MISSED,
        samples=fewest,
        base=base,
        new=new,
        is_enough=not few,
        can_clear=ceilings.met_limits(sides.base),
        event=ceilings.event(sides) or _missing(before, after),
        reasons=(*few, *ceilings.told(sides)),
        doubted=sides.doubted,
    )


def _missing(base: Sequence[float | None], new: Sequence[float | None]) -> Event | None:
    """A metric that one side lacks is an event of its own."""
    return "missing" if is_lacking(base) != is_lacking(new) else None


def _cut_short(given_up: int | None) -> tuple[str, ...]:
    return (f"given up at pair {given_up}, where a side broke once too often",) if given_up else ()


def _gaps(base: Values, new: Values, broke: Sequence[str] = ()) -> tuple[str, ...]:
    """What is not there, in words. Where one side broke at once, the other was not tried."""
    if not known(base) and not known(new):
        side = f"the {broke[0]} side" if len(broke) == 1 else "either side"
        return (f"it could not be measured on {side}",)
    lost = (("base", base), ("new", new))
    return tuple(
        f"it is missing in {len(values) - len(known(values))} of {len(values)} processes of the "
        f"{side} side"
        for side, values in lost
        if len(known(values)) < len(values)
    )


def _no_ratio(gate: Gate, scale: Scale) -> tuple[str, ...]:
    if scale.margin == gate.margin:
        return ()
    return ("a value of 0 leaves no ratio: differences are judged, by a margin of their own",)


def median(values: Values) -> float | None:
    return statistics.median(known(values)) if known(values) else None
