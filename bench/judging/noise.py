"""How noisy quantities are where both sides are equal, and which margins and how many pairs suit
that. Pure, and seeded.

From recorded pairs of equal processes, jobs are drawn and judged by the shipped
decision: by the usual margins first, then by wider ones where those leave too many jobs
inconclusive. Both sides of a drawn job are the same, so a regression that is found in one is a
false one, unless the new side was changed on purpose (`tests/calibration` does that too).
"""

from __future__ import annotations

import bisect
import itertools
import math
import random
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from bench.derive.statistics import Estimate, share_with_interval, theil_sen
from bench.judging.decision import decide_in_looks
from bench.judging.gates import SHARES, Gate, GateScale, Margin, MetricName, purpose_of
from bench.judging.looks import MOST_PAIRS, PAIRS, Look, fewest_pairs, looks
from bench.judging.samples import Pairs, recorded_pairs
from bench.judging.verdicts import Decision
from bench.model.records import Result

FEWEST = 6  # pairs, for a spread that says anything
ENOUGH = 0.9  # of the jobs are to be cleared where nothing changed, and to find what did
# Pairs in a row that are drawn together (moving blocks: Künsch 1989), so that a drawn job drifts
# and clusters as the recorded one did.
BLOCK = 5
JOBS = 300
SEED = 1
TIMES = (1, 2, 3, 5, 10, 20)  # the usual margin, where it is an amount
MORE_PAIRS = (60, 100)
LARGER = (1.0, 1.25, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 7.5, 10.0)  # changes, in margins


@dataclass(frozen=True)
class Noise:
    """What `pairs` pairs of processes show of one gate. `level` is the median of their values.

    The others are steps on the gate's scale: logarithms, so that 0.05 is 5 % nearly enough, or if
    `absolute` differences in the figure's own unit. `spread` from process to process and
    `pair_spread` from pair to pair are standard deviations; `drift` is by how much the last process
    is above the first, by the slope over all; `autocorrelation` is that of one process with the
    next. `None` where there are too few pairs for it.
    """

    gate: Gate
    pairs: int
    level: float | None
    spread: float | None = None
    pair_spread: float | None = None
    drift: float | None = None
    autocorrelation: float | None = None
    absolute: bool = False


@dataclass(frozen=True)
class Expected:
    """What jobs with equal sides come to in one gate, by its margin: the shares that are
    cleared and that fail, and the median of the pairs that it takes."""

    gate: Gate
    cleared: float
    failed: float
    pairs: float

    @property
    def is_enough(self) -> bool:
        return self.cleared >= ENOUGH


@dataclass(frozen=True)
class Recommendation:
    """One gate: what to expect by the usual margin, and by the recommended one, `None` where no
    margin of a reasonable size would do. `usual_with_pairs` is with how many pairs at most the
    usual one would do; `found` the smallest change, in the terms of the margin, that nine of ten
    jobs would find by the recommended one. `None` where there is none."""

    usual: Expected
    recommended: Expected | None
    usual_with_pairs: int | None = None
    found: float | None = None

    @property
    def is_wider(self) -> bool:
        return (
            self.recommended is not None and self.recommended.gate.margin != self.usual.gate.margin
        )


@dataclass(frozen=True)
class Recommendations:
    """A case's gates, and what to expect of them together by the recommended margins: how many of
    so many `jobs` with equal sides, drawn from `pairs` pairs, fail, and the share that stays
    inconclusive. A gate without a recommendation is not among those; `None` where there is no
    other."""

    gates: tuple[Recommendation, ...]
    pairs: int
    jobs: int
    false_failures: Estimate | None
    inconclusive: float | None


@dataclass(frozen=True)
class CaseNoise:
    """One case: how noisy it is, and what to do about it, where there are enough pairs for that."""

    case: str
    noises: tuple[Noise, ...]
    recommended: Recommendations | None


@dataclass(frozen=True)
class Recorded:
    """What pairs of equal processes gave for one gate, in the order in which they
    ran, the one that ran first before the other. A job makes at most `most_pairs` of them, where
    that is given."""

    gate: Gate
    pairs: tuple[tuple[float, float], ...]
    most_pairs: int | None = None

    @classmethod
    def of(cls, gate: Gate, pairs: tuple[tuple[float, float], ...]) -> Recorded:
        """With as many pairs at most as a job makes of the gate's sessions."""
        from bench.experiments.pairs import session_kinds  # which loads all that launches

        kind = session_kinds().get(purpose_of(gate.metric))
        return cls(gate, pairs, kind.most_pairs if kind else None)


@dataclass(frozen=True)
class Injected:
    """A change of the new side: each value times `factor`, plus `more`."""

    factor: float = 1.0
    more: float = 0.0

    def __call__(self, value: float) -> float:
        return value * self.factor + self.more


Changes = Mapping[MetricName, Injected]
# What changes the values of one metric in the order in which the processes run, on both sides.
Nuisance = Callable[[MetricName, Sequence[float], random.Random], Sequence[float]]

NO_CHANGE: Changes = {}


def noise_by_case(result: Result, gates: Sequence[Gate]) -> tuple[CaseNoise, ...]:
    """Each case of the gates, in their order. Takes a few seconds for each."""
    found = []
    for case in dict.fromkeys(gate.case for gate in gates):
        recorded = [
            Recorded.of(gate, tuple(pair.values for pair in recorded_pairs(gate, result)))
            for gate in gates
            if gate.case == case
        ]
        noises = tuple(noise_of(one.gate, one.pairs) for one in recorded)
        enough = [one for one in recorded if len(one.pairs) >= FEWEST]
        found.append(CaseNoise(case, noises, recommend(enough) if enough else None))
    return tuple(found)


def margins_to_type(
    noises: Sequence[CaseNoise], typed: Mapping[MetricName, Margin | None]
) -> dict[MetricName, Margin | None]:
    """The gates of a job of all these cases: the widest margin that one of them needs, or what was
    typed where that does. A figure that is too noisy in one of them is left out."""
    found: dict[MetricName, Margin | None] = {}
    made = [one for noise in noises if noise.recommended for one in noise.recommended.gates]
    for figure in dict.fromkeys(one.usual.gate.metric for one in made):
        own = [one for one in made if one.usual.gate.metric == figure]
        margins = [one.recommended.gate.margin for one in own if one.recommended]
        if len(margins) == len(own):
            widest = max(margins, key=lambda margin: margin.value)
            found[figure] = widest if any(one.is_wider for one in own) else typed.get(figure)
    return found


def noise_of(gate: Gate, pairs: Sequence[tuple[float, float]]) -> Noise:
    """`pairs` in the order in which they ran, in each the process that ran first."""
    values = [value for pair in pairs for value in pair]
    level = statistics.median(values) if values else None
    scale = GateScale.of(gate, values)
    absolute = scale.margin.absolute
    if len(pairs) < FEWEST:
        return Noise(gate, len(pairs), level, absolute=absolute)
    steps = [scale.place(value) for value in values]
    return Noise(
        gate=gate,
        pairs=len(pairs),
        level=level,
        spread=statistics.stdev(steps),
        pair_spread=statistics.stdev(
            after - before for before, after in zip(steps[::2], steps[1::2], strict=True)
        ),
        drift=drift(steps),
        autocorrelation=autocorrelation(steps),
        absolute=absolute,
    )


def drift(steps: Sequence[float]) -> float:
    """The slope over the places of the values (Theil and Sen), over the whole of them: the median
    of all slopes, which spikes hardly move."""
    slope = theil_sen(range(len(steps)), steps).value or 0.0
    return slope * (len(steps) - 1)


def autocorrelation(steps: Sequence[float]) -> float | None:
    """Of each value with the next (Box, Jenkins and Reinsel, Time Series Analysis, 4th ed., 2.1.5);
    unknown where all are the same."""
    mean = statistics.fmean(steps)
    apart = [step - mean for step in steps]
    whole = sum(one * one for one in apart)
    if not whole:
        return None
    return sum(one * other for one, other in itertools.pairwise(apart)) / whole


def undisturbed(
    _figure: MetricName, values: Sequence[float], _dice: random.Random
) -> Sequence[float]:
    """No nuisance beyond what was recorded."""
    return values


def simulate(
    recorded: Sequence[Recorded],
    looks: Sequence[Look],
    jobs: int,
    dice: random.Random,
    changes: Changes = NO_CHANGE,
    nuisance: Nuisance = undisturbed,
) -> list[Decision]:
    """What each of the drawn jobs decides, each at as many looks as it needs."""
    gates = [one.gate for one in recorded]
    pairs = looks[-1].pairs
    return [
        decide_in_looks(gates, draw(recorded, pairs, dice, changes, nuisance), looks)
        for _ in range(jobs)
    ]


def draw(
    recorded: Sequence[Recorded],
    pairs: int,
    dice: random.Random,
    changes: Changes = NO_CHANGE,
    nuisance: Nuisance = undisturbed,
) -> tuple[Pairs, ...]:
    """The samples of one job: of two processes in a row, a tossed coin says which is new."""
    made = []
    for one, values in zip(recorded, processes(recorded, pairs, dice, nuisance), strict=True):
        change = changes.get(one.gate.metric, Injected())
        base, new = [], []
        for pair in zip(values[::2], values[1::2], strict=True):
            new_is_first = dice.random() < 0.5
            base.append(pair[new_is_first])
            new.append(change(pair[not new_is_first]))
        made.append(Pairs(tuple(base), tuple(new)))
    return tuple(made)


def processes(
    recorded: Sequence[Recorded],
    pairs: int,
    dice: random.Random,
    nuisance: Nuisance = undisturbed,
) -> list[Sequence[float]]:
    """What each gate's processes give in one job, in the order in which they run. The gates are
    drawn from the same moments of the recording: what changed them together stays together. Blocks
    of pairs go from their start on, and round the end."""
    starts = [dice.random() for _ in range(math.ceil(pairs / BLOCK))]
    made = []
    for one in recorded:
        length = len(one.pairs)
        places = [int(start * length) + place for start in starts for place in range(BLOCK)]
        drawn = places[: min(pairs, one.most_pairs or pairs)]
        values = [value for place in drawn for value in one.pairs[place % length]]
        made.append(nuisance(one.gate.metric, values, dice))
    return made


def recommend(recorded: Sequence[Recorded], jobs: int = JOBS, seed: int = SEED) -> Recommendations:
    """What to do with one case's gates. Takes a few seconds."""
    drawn = _Drawn(jobs, seed)
    usual = drawn.expected(recorded)
    widened = _widened(drawn, recorded, usual)
    more = [
        next((most for most in MORE_PAIRS if drawn.expected(recorded, most)[place].is_enough), None)
        if not before.is_enough
        else MOST_PAIRS
        for place, before in enumerate(usual)
    ]
    gates = [
        Recommendation(
            before,
            after if after.is_enough else None,
            more[place],
            _smallest_found(drawn, recorded, widened, place),
        )
        for place, (before, after) in enumerate(zip(usual, widened, strict=True))
    ]
    kept = [
        replace(one, gate=made.recommended.gate)
        for one, made in zip(recorded, gates, strict=True)
        if made.recommended
    ]
    outcomes = [decision.outcome for decision in drawn.decisions(kept)] if kept else []
    failures = share_with_interval(outcomes.count("regression"), len(outcomes)) if kept else None
    return Recommendations(
        gates=tuple(gates),
        pairs=max(len(one.pairs) for one in recorded),
        jobs=jobs,
        false_failures=failures,
        inconclusive=outcomes.count("inconclusive") / len(outcomes) if kept else None,
    )


def wider(margin: Margin) -> tuple[Margin, ...]:
    """The margins to try, the given one first."""
    if margin.absolute:
        return tuple(Margin(margin.value * times, absolute=True) for times in TIMES)
    return margin, *(Margin(share) for share in SHARES if share > margin.value)


@dataclass(frozen=True)
class _Drawn:
    """Draws jobs of one case's gates, each time with the same dice."""

    jobs: int
    seed: int

    def decisions(
        self,
        recorded: Sequence[Recorded],
        changes: Changes = NO_CHANGE,
        most_pairs: int = MOST_PAIRS,
    ) -> list[Decision]:
        made = looks(max(PAIRS, fewest_pairs(len(recorded))), most_pairs)
        return simulate(recorded, made, self.jobs, random.Random(self.seed), changes)

    def expected(
        self, recorded: Sequence[Recorded], most_pairs: int = MOST_PAIRS
    ) -> list[Expected]:
        decisions = self.decisions(recorded, most_pairs=most_pairs)
        judged = zip(*(decision.verdicts for decision in decisions), strict=True)
        return [
            Expected(
                one.gate,
                cleared=sum(verdict.is_cleared for verdict in verdicts) / self.jobs,
                failed=sum(verdict.verdict == "regression" for verdict in verdicts) / self.jobs,
                pairs=statistics.median(verdict.samples for verdict in verdicts),
            )
            for one, verdicts in zip(recorded, judged, strict=True)
        ]


def _widened(
    drawn: _Drawn, recorded: Sequence[Recorded], usual: Sequence[Expected]
) -> list[Expected]:
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
        expected = drawn.expected(_with_margins(recorded, made, tried))
        made = [expected[place] if place in tried else one for place, one in enumerate(made)]
    return made


def _with_margins(
    recorded: Sequence[Recorded], made: Sequence[Expected], tried: Mapping[int, Margin]
) -> list[Recorded]:
    return [
        replace(one, gate=replace(one.gate, margin=tried.get(place, made[place].gate.margin)))
        for place, one in enumerate(recorded)
    ]


def _smallest_found(
    drawn: _Drawn, recorded: Sequence[Recorded], by: Sequence[Expected], place: int
) -> float | None:
    """The smallest change that is found often enough: power grows with the change, so the first of
    the larger ones is sought by halves."""
    gates = _with_margins(recorded, by, {})
    gate = by[place].gate

    def is_found(times: float) -> bool:
        size = times * gate.margin.value
        change = Injected(more=size) if gate.margin.absolute else Injected(factor=1 + size)
        decisions = drawn.decisions(gates, {gate.metric: change})
        words = [decision.verdicts[place].verdict for decision in decisions]
        return words.count("regression") >= ENOUGH * len(words)

    first = bisect.bisect_left(LARGER, True, key=is_found)
    return LARGER[first] * gate.margin.value if first < len(LARGER) else None
