"""From two results to the samples of each gate: pair by pair, or as two groups. Pure.

Figures of unlike sources are never compared, nor those of unlike counts of units.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from msgspec.structs import replace

from bench.regression.gates import BURST, CEILING, Figure, Gate
from bench.regression.looks import FARTHEST
from bench.regression.sides import Ceilings, Groups, Pairs, Sides, Stopped, Values
from bench.results.choice import LIKE
from bench.results.figures import series
from bench.results.records import Result, Sweep
from bench.results.samples import Sample

MOST_DOUBTS = 5
UNLIKE = "the two sides were read from unlike sources, which are never compared"

Key = tuple[str, Figure]
ByRound = Mapping[Key, Mapping[int, Sample]]


def paired_sides(gates: Sequence[Gate], base: Result, new: Result) -> tuple[Sides, ...]:
    """Each gate's samples of two results whose sweeps with the same round were made in turn."""
    before, after = _by_round(base), _by_round(new)
    return tuple(
        _ceilings(gate, base, new) if gate.figure == CEILING else _pairs(gate, before, after)
        for gate in gates
    )


def grouped_sides(gates: Sequence[Gate], base: Result, new: Result) -> tuple[Sides, ...]:
    """Each gate's samples of two results that have nothing to do with each other."""
    before, after = _in_groups(base), _in_groups(new)
    return tuple(
        _ceilings(gate, base, new) if gate.figure == CEILING else _groups(gate, before, after)
        for gate in gates
    )


def _by_round(result: Result) -> ByRound:
    """The sample of each figure in each round: one process's."""
    found: dict[Key, dict[int, Sample]] = {}
    swept: dict[int, list[Sweep]] = {}
    for sweep in result.sweeps:
        if sweep.purpose != "climb" and len(swept) < FARTHEST:
            swept.setdefault(sweep.round, []).append(sweep)
    with_bursts = {sweep.runtime for sweep in result.sweeps if sweep.purpose == "burst"}
    for number, sweeps in swept.items():
        bursts = {sweep.runtime for sweep in sweeps if sweep.purpose == "burst"}
        for key, samples in _in_groups(replace(result, sweeps=tuple(sweeps))).items():
            # A round without its burst sweep would give the burst of another count.
            if key[1] == BURST and key[0] in with_bursts - bursts:
                continue
            if samples:
                found.setdefault(key, {})[number] = samples[0]
    return found


def _in_groups(result: Result) -> dict[Key, tuple[Sample, ...]]:
    return {
        (one.runtime, Figure(one.metric, one.part, one.quantile)): one.samples
        for one in series(result)
    }


def _pairs(gate: Gate, base: ByRound, new: ByRound) -> Pairs:
    """The rounds that either side has, in their order."""
    key = gate.runtime, gate.figure
    before, after = base.get(key, {}), new.get(key, {})
    rounds = sorted(before.keys() | after.keys())
    sides = [[side.get(number) for number in rounds] for side in (before, after)]
    samples, at, doubts = _comparable(sides)
    return Pairs(samples[0], samples[1], at, doubts)


def _groups(
    gate: Gate, base: Mapping[Key, Sequence[Sample]], new: Mapping[Key, Sequence[Sample]]
) -> Groups:
    key = gate.runtime, gate.figure
    sides = [side.get(key, ())[:FARTHEST] for side in (base, new)]
    samples, at, doubts = _comparable(sides)
    return Groups(samples[0], samples[1], at, doubts)


def _comparable(
    sides: Sequence[Sequence[Sample | None]],
) -> tuple[list[Values], int | None, tuple[str, ...]]:
    """Both sides' values, those that compare with the most of the others; the count of units; and
    the doubts, each once."""
    present = [[sample for sample in side if sample and sample.value is not None] for side in sides]
    doubts = list(_few(warning for side in present for one in side for warning in one.warnings))
    sources = [Counter(sample.source for sample in side).most_common(1) for side in present]
    if all(sources) and sources[0][0][0] != sources[1][0][0]:
        return [(None,) * len(side) for side in sides], None, (UNLIKE, *doubts)
    source = next((found[0][0] for found in sources if found), None)
    counts = Counter(sample.at for side in present for sample in side if sample.at is not None)
    at = counts.most_common(1)[0][0] if counts else None
    values = [tuple(_value(sample, source, at) for sample in side) for side in sides]
    if not any(present):
        doubts = list(_few(w for side in sides for one in side if one for w in one.warnings))
    return values, at, tuple(doubts)


def _value(sample: Sample | None, source: str | None, at: int | None) -> float | None:
    if sample is None or sample.source != source:
        return None
    if at is not None and (sample.at is None or abs(sample.at - at) > LIKE * at):
        return None
    return sample.value


def _few(doubts: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(doubts))[:MOST_DOUBTS]


def _ceilings(gate: Gate, base: Result, new: Result) -> Ceilings:
    return Ceilings(_climbs(base, gate.runtime), _climbs(new, gate.runtime))


def _climbs(result: Result, runtime: str) -> tuple[Stopped, ...]:
    climbs = [one for one in result.sweeps if (one.runtime, one.purpose) == (runtime, "climb")]
    return tuple(_stopped(sweep) for sweep in climbs[:FARTHEST])


def _stopped(sweep: Sweep) -> Stopped:
    stop = sweep.stop
    at = (stop.limit, stop.where)
    value = next((one.value for one in sweep.limits if (one.name, one.where) == at), None)
    return Stopped(stop.count, stop.status, stop.limit, stop.where, value)
