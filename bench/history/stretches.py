"""Stretches: the nights of a segment from one accepted change to the next. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bench.history.reading import History, when
from bench.history.records import Acknowledgement
from bench.history.trends import Night, Segment, Trend

Moment = tuple[datetime, str]
Moments = Mapping[str, Moment]


@dataclass(frozen=True)
class Stretch:
    """Nights with one baseline. `accepted` is the acknowledgement that began it, where one did."""

    trend: Trend
    segment: Segment
    nights: tuple[Night, ...]
    accepted: Acknowledgement | None = None


def stretches(history: History, trends: Iterable[Trend]) -> tuple[Stretch, ...]:
    """Every stretch of these trends, in the trends' order and by their dates."""
    moments = {point.id: (when(point), point.id) for point in history.points}
    return tuple(
        stretch
        for trend in trends
        for segment in trend.segments
        for stretch in _of_segment(trend, segment, history.acknowledged, moments)
    )


def lost(history: History) -> tuple[Acknowledgement, ...]:
    """The acknowledgements of points that the history does not have."""
    known = {point.id for point in history.points}
    return tuple(one for one in history.acknowledged if one.point not in known)


def _of_segment(
    trend: Trend, segment: Segment, accepted: Sequence[Acknowledgement], moments: Moments
) -> Iterator[Stretch]:
    """The segment cut where changes of this figure were accepted."""
    begun: dict[int, Acknowledgement | None] = {0: None}
    for one in accepted:
        if one.point in moments and is_about(one, trend):
            begun.setdefault(_place(segment, moments[one.point]), one)
    places = [*sorted(place for place in begun if place < len(segment.nights))]
    for place, end in zip(places, [*places[1:], len(segment.nights)], strict=True):
        yield Stretch(trend, segment, segment.nights[place:end], begun[place])


def is_about(one: Acknowledgement, trend: Trend) -> bool:
    """Whether it accepts changes of this figure."""
    return one.case in (None, trend.runtime.key) and one.metric in (None, trend.figure.words)


def _place(segment: Segment, moment: Moment) -> int:
    """That of the first night of the segment from this moment on."""
    return sum((night.date, night.point) < moment for night in segment.nights)
