"""The two sides' samples of each gate, as plain values: what a decision is made from. Pure.

Samples come from two results: pair by pair, or as two groups of processes. Figures of unlike
sources are never compared, nor those of unlike counts of units.
"""

from __future__ import annotations

import itertools
import statistics
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import replace as replaced
from typing import Self

from msgspec.structs import replace

from bench.derive.ceiling import doubt_of
from bench.derive.choice import ENDED, LIKE
from bench.derive.doubts import DOUBTS, MARK, gravest
from bench.derive.memory import grown_bytes_per_unit
from bench.derive.metrics import series
from bench.derive.series import OVERHEAD, Sample, spoiling
from bench.judging.gates import BURST, CEILING, LEAK, Gate, MetricName, purpose_of
from bench.judging.looks import FARTHEST
from bench.model.records import BURST_FROM_NOTHING, CLIMB, Result, Session, Status
from bench.model.records import LEAK as LEAK_CHECK

MOST_DOUBTS = 5
OVERHEAD_DOUBT = "overhead"
# A process that broke may have broken for what would be found in it.
LACKING = 0.1

Values = tuple[float | None, ...]
Seen = tuple[frozenset[str], ...]
Key = tuple[str, MetricName]


@dataclass(frozen=True)
class Groups:
    """One value a process; `None` is unknown. `at` is the count of units, and `doubts` are about
    all processes, in words. `seen` names, process by process of base and new, the doubts that can
    spoil its value. `unlike` says why the two sides are not to be compared, where they are not.
    `grown` is there for a leak: the bytes a unit and cycle by which the processes of base and new
    grew from their first cycle to their last, medians."""

    base: Values
    new: Values
    at: int | None = None
    doubts: tuple[str, ...] = ()
    unlike: str | None = None
    grown: tuple[float, float] | None = None
    seen: tuple[Seen, Seen] = ((), ())

    @property
    def values(self) -> tuple[Values, Values]:
        return self.base, self.new

    @property
    def doubted(self) -> tuple[str | None, str | None]:
        """What spoils the median of base and of new."""
        base, new = (
            gravest(spoiling([names for value, names in side if value is not None]))
            for side in self._with_doubts()
        )
        return base, new

    def undoubted(self) -> Self:
        """Without the values of processes that were spoiled. Overhead is no reason: the smallest
        values have it, and the others alone would be biased."""
        base, new = (
            tuple(None if names - {OVERHEAD_DOUBT} else value for value, names in side)
            for side in self._with_doubts()
        )
        return replaced(self, base=base, new=new)

    def left_out(self) -> str:
        """What `undoubted` leaves out, in words."""
        spoiled = [names - {OVERHEAD_DOUBT} for side in self.seen for names in side]
        held = [doubt.reason for doubt in DOUBTS if any(doubt.name in names for names in spoiled)]
        return f"{sum(map(bool, spoiled))} processes ({'; '.join(held)})"

    def _with_doubts(self) -> Iterator[list[tuple[float | None, frozenset[str]]]]:
        for values, seen in zip(self.values, self.seen, strict=True):
            yield [*zip(values, seen or (frozenset(),) * len(values), strict=True)]


@dataclass(frozen=True)
class Pairs(Groups):
    """The same of processes that were made in turn: `base[i]` and `new[i]` are of one pair.
    `given_up` says at which pair a side broke once too often, and `broke` which side."""

    given_up: int | None = None
    broke: tuple[str, ...] = ()

    def first(self, count: int) -> Pairs:
        return replaced(
            self,
            base=self.base[:count],
            new=self.new[:count],
            seen=(self.seen[0][:count], self.seen[1][:count]),
            given_up=self.given_up if (self.given_up or 0) <= count else None,
        )

    @property
    def whole(self) -> list[tuple[float, float]]:
        """The pairs of which both values are known."""
        both = zip(self.base, self.new, strict=True)
        return [(base, new) for base, new in both if base is not None and new is not None]


@dataclass(frozen=True)
class Stopped:
    """One climb: the last count confirmed alive and what stopped it there. `value` is what the
    limit stood at, where it was seen."""

    count: int
    status: Status
    limit: str | None = None
    where: str | None = None
    value: int | None = None
    doubt: str | None = None

    @property
    def met_a_limit(self) -> bool:
        """Whether the runtime went as far as it could; else it could have gone on."""
        return self.status in ENDED


@dataclass(frozen=True)
class Ceilings:
    """The climbs of both sides, made in random order."""

    base: tuple[Stopped, ...]
    new: tuple[Stopped, ...]
    doubts: tuple[str, ...] = ()

    at = None  # each climb has a count of its own

    @property
    def values(self) -> tuple[Values, Values]:
        base, new = (tuple(float(one.count) for one in side) for side in (self.base, self.new))
        return base, new

    def left_out(self) -> str:
        """What `undoubted` leaves out, in words."""
        seen = [climb.doubt for climb in (*self.base, *self.new) if climb.doubt]
        held = [doubt.reason for doubt in DOUBTS if doubt.name in seen]
        return f"{len(seen)} climbs ({'; '.join(held)})"

    @property
    def doubted(self) -> tuple[str | None, str | None]:
        """What spoils a climb of base and of new."""
        base, new = (gravest(climb.doubt for climb in side) for side in (self.base, self.new))
        return base, new

    def undoubted(self) -> Ceilings:
        """Without the climbs that were spoiled."""
        base, new = (
            tuple(climb for climb in side if climb.doubt is None) for side in (self.base, self.new)
        )
        return replaced(self, base=base, new=new)


Sides = Groups | Ceilings


def known(values: Sequence[float | None]) -> list[float]:
    return [value for value in values if value is not None]


def is_lacking(values: Sequence[float | None]) -> bool:
    """Whether too many processes have no value for the others to speak for them."""
    return len(known(values)) < (1 - LACKING) * len(values) or not values


def paired_sides(gates: Sequence[Gate], base: Result, new: Result) -> tuple[Sides, ...]:
    """Each gate's samples of two results whose sessions with the same round were made in turn."""
    results = base, new
    rounds = [_by_round(result) for result in results]
    found: list[Sides] = []
    for gate in gates:
        if gate.metric == CEILING:
            found.append(_ceilings(gate, results))
            continue
        sides = [each.get((gate.case, gate.metric), {}) for each in rounds]
        numbers = sorted(sides[0].keys() | sides[1].keys())
        groups = _groups(
            gate, [[side.get(number) for number in numbers] for side in sides], results
        )
        given_up = {
            name: result.side.given_up[gate.case]
            for name, result in (("base", base), ("new", new))
            if result.side and gate.case in result.side.given_up
        }
        pair = max(given_up.values(), default=None)
        found.append(Pairs(**vars(groups), given_up=pair, broke=tuple(given_up)))
    return tuple(found)


def grouped_sides(gates: Sequence[Gate], base: Result, new: Result) -> tuple[Sides, ...]:
    """Each gate's samples of two results that have nothing to do with each other."""
    results = base, new
    samples = [_by_figure(result) for result in results]
    found: list[Sides] = []
    for gate in gates:
        sides = [each.get((gate.case, gate.metric), ())[:FARTHEST] for each in samples]
        is_ceiling = gate.metric == CEILING
        found.append(_ceilings(gate, results) if is_ceiling else _groups(gate, sides, results))
    return tuple(found)


def pairs_made(base: Result, new: Result) -> int:
    """How many pairs of a job were begun. Climbs are in no pairs, and may be more; a job of climbs
    alone has looked once all were made."""
    sessions = (*base.sessions, *new.sessions)
    paired = [session.round for session in sessions if session.purpose != CLIMB]
    return max(paired or [session.round for session in sessions], default=0)


@dataclass(frozen=True)
class RecordedPair:
    """One gate's values in two processes, the one that ran first before the other, and when each
    began, in seconds from the start."""

    values: tuple[float, float]
    started_seconds: tuple[float, float]


def recorded_pairs(gate: Gate, result: Result) -> tuple[RecordedPair, ...]:
    """The pairs of one result whose processes were all equal, in the order in which they were made,
    as far as both values are known. Rounds 2n − 1 and 2n are one pair, whichever ran first."""
    pairs: dict[int, list[Session]] = defaultdict(list)
    for session in sorted(result.sessions, key=lambda session: session.started_seconds):
        if (session.case, session.purpose) == (gate.case, purpose_of(gate.metric)):
            pairs[(session.round + 1) // 2].append(session)
    found = []
    for _, two in sorted(pairs.items()):
        if len(two) != 2:
            continue
        # Round by round, so that a pair that broke moves no other into its place.
        results = [replace(result, sessions=(replace(one, round=1),)) for one in two]
        (sides,) = paired_sides([gate], *results)
        if isinstance(sides, Pairs) and sides.whole:
            began = two[0].started_seconds, two[1].started_seconds
            found.append(RecordedPair(sides.whole[0], began))
    return tuple(found)


def _by_round(result: Result) -> Mapping[Key, Mapping[int, Sample]]:
    """The sample of each figure in each round: one process's."""
    found: dict[Key, dict[int, Sample]] = {}
    made: dict[int, list[Session]] = {}
    for session in result.sessions:
        if session.purpose != CLIMB and (session.round in made or len(made) < FARTHEST):
            made.setdefault(session.round, []).append(session)
    with_bursts = {
        session.case for session in result.sessions if session.purpose == BURST_FROM_NOTHING
    }
    for number, sessions in made.items():
        bursts = {session.case for session in sessions if session.purpose == BURST_FROM_NOTHING}
        for key, samples in _by_figure(replace(result, sessions=tuple(sessions))).items():
            # A round without its burst session would give the burst of another count.
            if key[1] == BURST and key[0] in with_bursts - bursts:
                continue
            if samples:
                found.setdefault(key, {})[number] = samples[0]
    return found


def _by_figure(result: Result) -> Mapping[Key, Sequence[Sample]]:
    """The samples of each figure, those doubted too of which the measuring takes too much."""
    return {
        (one.case, MetricName.of(one)): tuple(
            replaced(sample, doubts=(*sample.doubts, OVERHEAD_DOUBT))
            if None not in (one.overhead, sample.value)
            and (one.overhead or 0.0) > OVERHEAD * (sample.value or 0.0)
            else sample
            for sample in one.samples
        )
        for one in series(result)
        if one.stop is None
    }


def _groups(
    gate: Gate, sides: Sequence[Sequence[Sample | None]], results: Sequence[Result]
) -> Groups:
    """The values of both sides, as far as they are of one kind: read from the source, and taken at
    about the count of units, that most samples have."""
    present = [[one for one in side if one is not None] for side in sides]
    measured = [[one for one in side if one.value is not None] for side in present]
    source, at, unlike = _in_common(measured)

    def value(sample: Sample | None) -> float | None:
        if sample is None or (source is not None and sample.source != source):
            return None
        is_like = at is None or (sample.at is not None and _is_like(sample.at, at))
        return sample.value if is_like else None

    def spoiled(sample: Sample) -> frozenset[str]:
        """The doubts about one process that can spoil this figure."""
        return gate.metric.quantity.doubts_from(sample.source).intersection(sample.doubts)

    doubted = [gravest(spoiling([*map(spoiled, side)])) for side in measured]
    every = [*itertools.chain(*measured)] or [*itertools.chain(*present)]
    met = Counter(name for one in every for name in spoiled(one))
    named = tuple(
        f"{f'{MARK} ' if doubt.name in doubted else ''}{doubt.reason} in {met[doubt.name]} of "
        f"{len(every)} processes"
        for doubt in DOUBTS
        if met[doubt.name]
    )
    warnings = dict.fromkeys(warning for one in every for warning in one.warnings)
    grown: tuple[float, float] | None = None
    if gate.metric == LEAK:
        base, new = (
            known([grown_bytes_per_unit(one) for one in _sessions(result, gate, LEAK_CHECK)])
            for result in results
        )
        grown = (statistics.median(base), statistics.median(new)) if base and new else None
    return Groups(
        base=tuple(map(value, sides[0])),
        new=tuple(map(value, sides[1])),
        at=at,
        doubts=(*named, *warnings)[:MOST_DOUBTS],
        unlike=unlike,
        grown=grown,
        seen=(
            tuple(spoiled(one) if one else frozenset() for one in sides[0]),
            tuple(spoiled(one) if one else frozenset() for one in sides[1]),
        ),
    )


def _in_common(sides: Sequence[Sequence[Sample]]) -> tuple[str | None, int | None, str | None]:
    """The source and the count of units of most known samples, `None` for whatever there is; and
    why the two sides are not to be compared, if they are not."""
    sources = [Counter(one.source for one in side).most_common(1)[0][0] for side in sides if side]
    if len(set(sources)) > 1:
        unlike = f"read from {sources[0]} on one side and from {sources[1]} on the other"
        return None, None, unlike
    counts = [
        Counter(stops).most_common(1)[0][0]
        for side in sides
        if (stops := [one.at for one in side if one.at is not None])
    ]
    if not all(_is_like(count, counts[0]) for count in counts):
        unlike = f"measured at {counts[0]:,} units on one side and at {counts[1]:,} on the other"
        return None, None, unlike
    return next(iter(sources), None), next(iter(counts), None), None


def _is_like(one: int, other: int) -> bool:
    """Whether two counts of units are near enough for what a unit takes to be compared."""
    return abs(one - other) <= LIKE * max(one, other)


def _ceilings(gate: Gate, results: Sequence[Result]) -> Ceilings:
    sides: list[list[Stopped]] = [[], []]
    for side, result in zip(sides, results, strict=True):
        for session in _sessions(result, gate, CLIMB):
            stop, limits = session.stop, session.limits
            at = (stop.limit, stop.where)
            value = next((one.value for one in limits if (one.name, one.where) == at), None)
            side.append(Stopped(stop.count, stop.status, *at, value, doubt_of(session)))
    met = Counter(climb.doubt for side in sides for climb in side)
    return Ceilings(
        tuple(sides[0]),
        tuple(sides[1]),
        doubts=tuple(
            f"{MARK} {doubt.reason} in {met[doubt.name]} of {sum(map(len, sides))} climbs"
            for doubt in DOUBTS
            if met[doubt.name]
        ),
    )


def _sessions(result: Result, gate: Gate, purpose: str) -> list[Session]:
    wanted = (gate.case, purpose)
    return [one for one in result.sessions if (one.case, one.purpose) == wanted][:FARTHEST]
