"""From two results to the samples of each gate: pair by pair, or as two groups. Pure.

Figures of unlike sources are never compared, nor those of unlike counts of units.
"""

from __future__ import annotations

import itertools
import statistics
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from dataclasses import replace as replaced

from msgspec.structs import replace

from bench.derive.ceiling import doubt_of
from bench.derive.choice import LIKE
from bench.derive.doubts import DOUBTS, MARK, applying, gravest
from bench.derive.figures import series
from bench.derive.leak import grown_bytes_per_unit
from bench.derive.samples import OVERHEAD, Sample, Series, spoiling
from bench.judging.gates import BURST, CEILING, LEAK, Figure, Gate
from bench.judging.looks import FARTHEST
from bench.judging.sides import Ceilings, Groups, Pairs, Sides, Stopped, known
from bench.model.records import Result, Session

MOST_DOUBTS = 5

Key = tuple[str, Figure]
ByRound = Mapping[Key, Mapping[int, Sample]]


def paired_sides(gates: Sequence[Gate], base: Result, new: Result) -> tuple[Sides, ...]:
    """Each gate's samples of two results whose sweeps with the same round were made in turn."""
    before, after = _by_round(base), _by_round(new)
    given_up = {"base": _given_up(base), "new": _given_up(new)}
    found: list[Sides] = []
    for gate in gates:
        name = gate.runtime
        if gate.figure == CEILING:
            found.append(_ceilings(gate, base, new))
            continue
        broke = {side: pairs[name] for side, pairs in given_up.items() if name in pairs}
        pair = max(broke.values(), default=None)
        sides = replaced(_pairs(gate, before, after), given_up=pair, broke=tuple(broke))
        found.append(replaced(sides, grown=_grown(gate, base, new)))
    return tuple(found)


def grouped_sides(gates: Sequence[Gate], base: Result, new: Result) -> tuple[Sides, ...]:
    """Each gate's samples of two results that have nothing to do with each other."""
    before, after = _in_groups(base), _in_groups(new)
    return tuple(
        _ceilings(gate, base, new)
        if gate.figure == CEILING
        else replaced(_groups(gate, before, after), grown=_grown(gate, base, new))
        for gate in gates
    )


def _by_round(result: Result) -> ByRound:
    """The sample of each figure in each round: one process's."""
    found: dict[Key, dict[int, Sample]] = {}
    swept: dict[int, list[Session]] = {}
    for sweep in result.sessions:
        if sweep.purpose != "climb" and (sweep.round in swept or len(swept) < FARTHEST):
            swept.setdefault(sweep.round, []).append(sweep)
    with_bursts = {sweep.case for sweep in result.sessions if sweep.purpose == "burst"}
    for number, sweeps in swept.items():
        bursts = {sweep.case for sweep in sweeps if sweep.purpose == "burst"}
        for key, samples in _in_groups(replace(result, sessions=tuple(sweeps))).items():
            # A round without its burst sweep would give the burst of another count.
            if key[1] == BURST and key[0] in with_bursts - bursts:
                continue
            if samples:
                found.setdefault(key, {})[number] = samples[0]
    return found


def pairs_made(base: Result, new: Result) -> int:
    """How many pairs of a job were begun. Climbs are in no pairs, and may be more; a job of climbs
    alone has looked once all were made."""
    sweeps = (*base.sessions, *new.sessions)
    paired = [sweep.round for sweep in sweeps if sweep.purpose != "climb"]
    return max(paired or [sweep.round for sweep in sweeps], default=0)


def _given_up(result: Result) -> dict[str, int]:
    """The runtimes that a side was given up in, each by the pair at which."""
    return result.side.given_up if result.side else {}


def _in_groups(result: Result) -> dict[Key, tuple[Sample, ...]]:
    return {
        (one.case, Figure(one.metric, one.part, one.quantile)): _samples(one)
        for one in series(result)
    }


def _samples(one: Series) -> tuple[Sample, ...]:
    """The samples, those doubted too of which the measuring takes too much."""
    if one.overhead is None:
        return one.samples
    return tuple(
        replaced(sample, doubts=(*sample.doubts, "overhead"))
        if sample.value is not None and one.overhead > OVERHEAD * sample.value
        else sample
        for sample in one.samples
    )


def _pairs(gate: Gate, base: ByRound, new: ByRound) -> Pairs:
    """The rounds that either side has, in their order."""
    key = gate.runtime, gate.figure
    before, after = base.get(key, {}), new.get(key, {})
    rounds = sorted(before.keys() | after.keys())
    sides = [[side.get(number) for number in rounds] for side in (before, after)]
    kind, unlike = _in_common(sides)
    values = [tuple(_value(sample, kind) for sample in side) for side in sides]
    doubted = _doubted(gate, sides[0]), _doubted(gate, sides[1])
    return Pairs(values[0], values[1], kind.at, _doubts(gate, sides), unlike, doubted=doubted)


def _groups(
    gate: Gate, base: Mapping[Key, Sequence[Sample]], new: Mapping[Key, Sequence[Sample]]
) -> Groups:
    key = gate.runtime, gate.figure
    sides = [side.get(key, ())[:FARTHEST] for side in (base, new)]
    kind, unlike = _in_common(sides)
    values = [tuple(_value(sample, kind) for sample in side) for side in sides]
    doubted = _doubted(gate, sides[0]), _doubted(gate, sides[1])
    return Groups(values[0], values[1], kind.at, _doubts(gate, sides), unlike, doubted=doubted)


@dataclass(frozen=True)
class _Kind:
    """What samples must have in common to be compared: where they were read, at how many units.
    `None` is whatever there is."""

    source: str | None = None
    at: int | None = None


def _in_common(sides: Sequence[Sequence[Sample | None]]) -> tuple[_Kind, str | None]:
    """The kind of most samples, and why the two sides are not to be compared, if they are not."""
    known = [[one for one in side if one is not None and one.value is not None] for side in sides]
    sources = [Counter(one.source for one in side).most_common(1)[0][0] for side in known if side]
    if len(set(sources)) > 1:
        return _Kind(), f"read from {sources[0]} on one side and from {sources[1]} on the other"
    counts = [count for count in map(_most_common_count, known) if count is not None]
    if not all(_is_like(count, counts[0]) for count in counts):
        return (
            _Kind(),
            f"measured at {counts[0]:,} units on one side and at {counts[1]:,} on the other",
        )
    return _Kind(next(iter(sources), None), next(iter(counts), None)), None


def _grown(gate: Gate, base: Result, new: Result) -> tuple[float, float] | None:
    """For a leak, by how much each side's processes grew over all their cycles."""
    if gate.figure != LEAK:
        return None
    medians = []
    for result in (base, new):
        sweeps = [s for s in result.sessions if (s.case, s.purpose) == (gate.runtime, "leak")]
        values = known([grown_bytes_per_unit(sweep) for sweep in sweeps[:FARTHEST]])
        if not values:
            return None
        medians.append(statistics.median(values))
    return medians[0], medians[1]


def _doubts(gate: Gate, sides: Sequence[Sequence[Sample | None]]) -> tuple[str, ...]:
    """The doubts about the known samples, first in how many processes each was met; where none is
    known, about all. Each once."""
    present = [one for side in sides for one in side if one is not None]
    known = [one for one in present if one.value is not None] or present
    met = Counter(name for one in known for name in _spoiling(gate, one))
    held = {_doubted(gate, side) for side in sides}
    named = tuple(
        f"{f'{MARK} ' if doubt.name in held else ''}{doubt.reason} in {met[doubt.name]} of "
        f"{len(known)} processes"
        for doubt in DOUBTS
        if met[doubt.name]
    )
    return (*named, *dict.fromkeys(doubt for one in known for doubt in one.warnings))[:MOST_DOUBTS]


def _doubted(gate: Gate, side: Sequence[Sample | None]) -> str | None:
    """The doubt about a side's median."""
    known = [one for one in side if one is not None and one.value is not None]
    return gravest(spoiling([_spoiling(gate, one) for one in known]))


def _spoiling(gate: Gate, sample: Sample) -> frozenset[str]:
    """The doubts about one process that can spoil this figure."""
    return applying(gate.figure.metric, sample.source).intersection(sample.doubts)


def _value(sample: Sample | None, kind: _Kind) -> float | None:
    """The sample's value, if it is of the kind."""
    if sample is None or (kind.source is not None and sample.source != kind.source):
        return None
    if kind.at is not None and (sample.at is None or not _is_like(sample.at, kind.at)):
        return None
    return sample.value


def _most_common_count(samples: Sequence[Sample]) -> int | None:
    counts = Counter(sample.at for sample in samples if sample.at is not None)
    return counts.most_common(1)[0][0] if counts else None


def _is_like(one: int, other: int) -> bool:
    """Whether two counts of units are near enough for what a unit takes to be compared."""
    return abs(one - other) <= LIKE * max(one, other)


def _ceilings(gate: Gate, base: Result, new: Result) -> Ceilings:
    sides = [_climbs(result, gate.runtime) for result in (base, new)]
    seen = [[doubt_of(sweep) for sweep in side] for side in sides]
    met = Counter(itertools.chain(*seen))
    return Ceilings(
        tuple(map(_stopped, sides[0])),
        tuple(map(_stopped, sides[1])),
        doubts=tuple(
            f"{MARK} {doubt.reason} in {met[doubt.name]} of {sum(map(len, sides))} climbs"
            for doubt in DOUBTS
            if met[doubt.name]
        ),
        doubted=(gravest(seen[0]), gravest(seen[1])),
    )


def _climbs(result: Result, runtime: str) -> list[Session]:
    climbs = [one for one in result.sessions if (one.case, one.purpose) == (runtime, "climb")]
    return climbs[:FARTHEST]


def _stopped(sweep: Session) -> Stopped:
    stop = sweep.stop
    at = (stop.limit, stop.where)
    value = next((one.value for one in sweep.limits if (one.name, one.where) == at), None)
    return Stopped(stop.count, stop.status, stop.limit, stop.where, value)
