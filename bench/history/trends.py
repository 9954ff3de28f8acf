"""A history as trends: each figure of each case, night by night, in segments of like nights. Pure.

A segment holds the nights that were measured alike, in their order. Where what a figure rests on
changes, another segment begins; where all of it is as it was before, the earlier segment goes on,
so that two machines that take turns do not tear each other's nights apart. A period is the part of
a segment from one accepted change to the next: nights with one baseline.
"""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bench.derive.choice import ENDED
from bench.derive.doubts import gravest
from bench.history.splits import WINDOW
from bench.history.store import Acknowledgement, History, Point, when
from bench.judging.gates import BURST, MetricName, default_margin, headlines, metric_names
from bench.model.likeness import Difference, Facts, Topic, differences_of, joined, without_runtimes
from bench.model.records import CaseRecord

# What the control is called where it stands among the runtimes: none of them has a space in it.
CONTROL = CaseRecord(runtime="the control", label="the control", kind="task", language="C")

LEAST_SPAN = 0.1
UNITS, STOPPED, COMMAND = "units alive", "stopped by", "command"


@dataclass(frozen=True)
class Night:
    """One figure of one run. `value`, `low` and `high` are in the figure's own unit; `control` is
    the median of the run's control in seconds, `None` where it has none; `at` is the count of units
    that the figure is of, where it is of one; `doubt` why the value must not be quoted alone, and
    `overhead` the measuring overhead in it."""

    point: str
    date: datetime
    commit: str | None
    value: float
    low: float | None = None
    high: float | None = None
    control: float | None = None
    at: int | None = None
    doubt: str | None = None
    overhead: float | None = None


@dataclass(frozen=True)
class Segment:
    """Nights that were measured alike. `changed` is how the first one differs from the night before
    it, whichever segment that is in. `is_judged` is false where the figure is a ceiling at which no
    limit was reached: a lower bound."""

    nights: tuple[Night, ...]
    facts: Facts
    changed: tuple[Difference, ...] = ()
    is_judged: bool = True


@dataclass(frozen=True)
class Trend:
    """One figure of one case over all nights. `missing` counts the nights without it."""

    case: CaseRecord
    metric: MetricName
    segments: tuple[Segment, ...]
    missing: int = 0

    @property
    def least_span(self) -> float:
        """What noise is not to be blown up beyond where the trend is drawn: a tenth of the figure,
        or twice a margin that is no share of it."""
        margin = default_margin(self.metric, self.case)
        level = abs(statistics.median(night.value for night in self.nights))
        return 2 * margin.value if margin.absolute else LEAST_SPAN * level or 1.0

    @property
    def key(self) -> tuple[str, MetricName]:
        return self.case.key, self.metric

    @property
    def nights(self) -> tuple[Night, ...]:
        """Those of all segments, by their dates."""
        every = (night for segment in self.segments for night in segment.nights)
        return tuple(sorted(every, key=lambda night: (night.date, night.point)))


@dataclass(frozen=True)
class Period:
    """Nights with one baseline. `accepted` is the acknowledgement that began it, where one did."""

    trend: Trend
    segment: Segment
    nights: tuple[Night, ...]
    accepted: Acknowledgement | None = None


@dataclass(frozen=True)
class SegmentStart:
    """Where a segment begins: what changed, and the figure's medians on either side, reported and
    not judged, since the change itself may be all that is seen."""

    trend: Trend
    last: Night
    first: Night
    changed: tuple[Difference, ...]
    before: float
    after: float


@dataclass(frozen=True)
class _Seen:
    """A night with what its figure rests on."""

    night: Night
    facts: Facts
    is_judged: bool


def trends(
    history: History,
    cases: Collection[str] = (),
    wanted: Collection[MetricName] = (),
    across: Collection[str] = (),
) -> tuple[Trend, ...]:
    """The trends of these cases (all, where none is given) and metrics (the headlines), as far as
    the history has them. What is named in `across` begins no segment."""
    known = {case.key: case for point in history.points for case in point.cases}
    ran = Counter(case.key for point in history.points for case in point.cases)
    seen: dict[tuple[str, MetricName], list[_Seen]] = {}
    for point in history.points:
        for key, one in _seen(point, across):
            seen.setdefault(key, []).append(one)
    asked, found = wanted or headlines(), []
    order = {metric: place for place, metric in enumerate(metric_names().values())}
    keys = [(name, metric, replace(metric, with_=())) for name, metric in seen]
    places = {name: place for place, name in enumerate(known)}
    keys.sort(key=lambda key: (places[key[0]], order.get(key[2], len(order)), key[1].words))
    for name, metric, general in keys:
        if (not cases or name in cases) and (metric in asked or general in asked):
            nights = seen[name, metric]
            missing = ran[name] - len(nights)
            found.append(Trend(known[name], metric, tuple(_segments(nights)), missing))
    return tuple(found)


def control_trend(history: History) -> Trend | None:
    """The control, night by night: seconds for the same work. `None` where no run has one."""
    nights = tuple(
        Night(point.id, when(point), point.commit, seconds, control=seconds)
        for point in history.points
        if (seconds := control_of(point)) is not None
    )
    if not nights:
        return None
    segment = Segment(nights, {}, is_judged=False)
    return Trend(CONTROL, BURST, (segment,), len(history.points) - len(nights))


def periods(history: History, trends: Iterable[Trend]) -> tuple[Period, ...]:
    """Every period of these trends, in the trends' order and by their dates: the segments, cut
    where changes of the figure were accepted."""
    moments = {point.id: (when(point), point.id) for point in history.points}
    found = []
    for trend in trends:
        accepted = [
            one
            for one in history.acknowledged
            if one.point in moments
            and one.case in (None, trend.case.key)
            and one.metric in (None, trend.metric.words)
        ]
        for segment in trend.segments:
            begun: dict[int, Acknowledgement | None] = {0: None}
            for one in accepted:
                moment = moments[one.point]
                place = sum((night.date, night.point) < moment for night in segment.nights)
                begun.setdefault(place, one)
            places = sorted(place for place in begun if place < len(segment.nights))
            for place, end in zip(places, [*places[1:], len(segment.nights)], strict=True):
                found.append(Period(trend, segment, segment.nights[place:end], begun[place]))
    return tuple(found)


def segment_starts(made: Iterable[Trend]) -> tuple[SegmentStart, ...]:
    """Every beginning of a segment but the first, by its date: beside the nights, up to there, of
    the segment that the night before is in."""
    found = []
    for trend in made:
        for segment in trend.segments[1:]:
            first = segment.nights[0]
            earlier = [
                tuple(one for one in each.nights if _moment(one) < _moment(first))
                for each in trend.segments
            ]
            before = max(filter(None, earlier), key=lambda nights: _moment(nights[-1]), default=())
            if before:
                found.append(
                    SegmentStart(
                        trend=trend,
                        last=before[-1],
                        first=first,
                        changed=segment.changed,
                        before=statistics.median(night.value for night in before[-WINDOW:]),
                        after=statistics.median(night.value for night in segment.nights[:WINDOW]),
                    )
                )
    return tuple(sorted(found, key=lambda one: _moment(one.first)))


def _moment(night: Night) -> tuple[datetime, str]:
    return night.date, night.point


def fact_names(history: History) -> tuple[str, ...]:
    """Everything that can begin a segment, by the names that `across` takes."""
    own = (COMMAND, STOPPED, UNITS)
    named = (name for p in history.points for facts in p.facts.values() for name in facts)
    return tuple(dict.fromkeys((*named, *own)))


def control_of(point: Point) -> float | None:
    """The median of the run's control, seconds."""
    return statistics.median(point.control) if point.control else None


def _seen(point: Point, across: Collection[str]) -> Iterator[tuple[tuple[str, MetricName], _Seen]]:
    """Every figure of a point, with what it rests on: the point's facts, but for what is of other
    cases alone, and its own count or what stopped the launch."""
    names = [case.key for case in point.cases]
    shared: dict[str, Facts] = {}
    for name in names:
        facts = without_runtimes(point.facts, [other for other in names if other != name])
        facts["measuring"] = facts.get("measuring", {}) | {COMMAND: point.command}
        shared[name] = {
            topic: {name: value for name, value in named.items() if name not in across}
            for topic, named in facts.items()
        }
    control = control_of(point)
    for stored in point.kept:
        # The count at which a runner broke or was cut is no ceiling.
        if stored.case not in shared or stored.status in ("failed", "interrupted"):
            continue
        night = Night(
            point=point.id,
            date=when(point),
            commit=point.commit,
            value=stored.value,
            low=stored.low,
            high=stored.high,
            control=control,
            at=stored.at,
            doubt=gravest([stored.doubt]),
            overhead=stored.overhead,
        )
        own: dict[Topic, Mapping[str, str]] = {**shared[stored.case]}
        stopped = " ".join(filter(None, (stored.status, stored.limit)))
        if stored.at is not None and UNITS not in across:
            own["measuring"] = {**own.get("measuring", {}), UNITS: f"{stored.at:,}"}
        if stopped and STOPPED not in across:
            own["limit"] = {**own.get("limit", {}), STOPPED: stopped}
        is_judged = stored.status is None or stored.status in ENDED
        yield (stored.case, MetricName.of(stored)), _Seen(night, own, is_judged)


def _segments(seen: Sequence[_Seen]) -> list[Segment]:
    """The nights by segments: each goes to the last one whose last night was measured like it."""
    nights: list[list[_Seen]] = []
    rests_on: list[Facts] = []  # what is known of each by its last night, or from those before
    changed: list[tuple[Difference, ...]] = []
    before: Facts = seen[0].facts
    for one in seen:
        like: int | None = None
        for place in reversed(range(len(nights))):
            if rests_on[place] == one.facts or not differences_of(rests_on[place], one.facts):
                like = place
                break
        if like is None:
            nights.append([one])
            rests_on.append(one.facts)
            changed.append(differences_of(before, one.facts))
            like = -1
        else:
            nights[like].append(one)
            rests_on[like] = joined(rests_on[like], one.facts)
        before = rests_on[like]
    return [
        Segment(tuple(one.night for one in each), facts, difference, each[-1].is_judged)
        for each, facts, difference in zip(nights, rests_on, changed, strict=True)
    ]
