"""The data behind the pictures of a history: a chart a metric, a row a runtime."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

from bench.derive.doubts import MARK
from bench.history.check import Nomination
from bench.history.review import Review
from bench.history.trends import Night, Trend
from bench.judging.gates import MetricName
from bench.quantities import find
from reports.figures.chart import Chart, Column, doubted, tabulate
from reports.figures.shapes import Axis, Curve, CurvePoint, Curves, Key
from reports.history import words
from reports.wording import units
from reports.wording.doubted import marked
from reports.wording.escape import plain, short

HOW = (
    "A point is the figure of one run, by its date; a runtime has a scale of its own, a tenth of "
    "its figure from bottom to top at least. An upright line is where it was measured differently "
    "from then on; a triangle is a suspected change, which only a paired job confirms."
)
MOST_NAMED = 3  # runtimes in a title: more are counted
CONTROL_HOW = (
    "A point is the median over one run of how long a fixed piece of work took. Where it moves, "
    "the machine has changed, and durations are not held against a unit that moved with it."
)


@dataclass(frozen=True)
class TrendPoint:
    """One night of a trend in the figure's table: `segment` counts from 1; `sign` says what begins
    with the night, if something does."""

    trend: Trend
    night: Night
    segment: int
    sign: Literal["", "up", "down", "accepted"]


def charts(review: Review) -> tuple[Chart, ...]:
    """A chart for each metric of the review, in its order, and one of the control."""
    found: dict[MetricName, list[Trend]] = {}
    for trend in review.trends:
        found.setdefault(trend.metric, []).append(trend)
    made = [_chart(review, trends) for trends in found.values()]
    if review.control:
        title = "The control, night by night: the same work in C in every run."
        control = _drawn(review, (review.control,), title, CONTROL_HOW)
        made.append(replace(control, name="trend-control", heading="the control"))
    return tuple(made)


def _chart(review: Review, trends: Sequence[Trend]) -> Chart:
    metric, heading = trends[0].metric, words.name_of(trends[0])
    nominated = [one for one in review.check.nominations if one.period.trend.metric == metric]
    title = _title(heading, nominated, _verdict(review, trends))
    name = "trend-" + re.sub("[_/.]", "-", metric.words)
    return replace(_drawn(review, trends, title, HOW), name=name, heading=heading)


def _drawn(review: Review, trends: Sequence[Trend], title: str, how: str) -> Chart:
    points = [_points(review, trend) for trend in trends]
    curves = Curves(
        x=Axis("date", "time"),
        y=Axis(words.name_of(trends[0]), find(trends[0].metric.metric).dimension),
        rows=tuple(map(_curve, trends, points)),
        apart=True,
    )
    doubted_ones = any(point.night.doubt for each in points for point in each)
    return Chart(
        title=title,
        how=how,
        plots=(curves,),
        keys=(
            Key("a run", "circle"),
            Key("measured differently from here on", "upright"),
            Key("▲ ▼ a suspected change"),
            Key("◇ accepted"),
            *([Key(f"○ doubted {MARK}")] if doubted_ones else []),
        ),
        caption=_caption(review, trends),
        numbers=tabulate(
            _columns(trends[0]),
            [point for each in points for point in each],
            lambda point: doubted(value=point.night.doubt),
        ),
    )


def _verdict(review: Review, made: Sequence[Trend]) -> str:
    """What is said where nothing is nominated: of what was not judged, that it was not."""
    judged = {one.trend.key for one in review.check.judged}
    rest = [short(trend.case.key) for trend in made if trend.key not in judged]
    if len(rest) == len(made):
        return "no verdict yet"
    if not rest:
        return "no change is suspected"
    some = ", ".join(rest) if len(rest) <= MOST_NAMED else f"{len(rest)} of {len(made)} runtimes"
    return f"no change is suspected, and there is no verdict on {some}"


def _title(heading: str, found: Sequence[Nomination], otherwise: str) -> str:
    name = f"{heading[:1].upper()}{heading[1:]}, night by night"
    nominated = ", ".join(_named(one) for one in found if not one.is_machine)
    machine = ", ".join(_named(one) for one in found if one.is_machine)
    said = (
        f"a change is suspected for {nominated}" if nominated else otherwise,
        f"with the machine: {machine}" if machine else "",
    )
    return f"{name}: {'; '.join(filter(None, said))}."


def _named(one: Nomination) -> str:
    name = short(one.period.trend.case.key)
    return f"{name} ({_effect(one)}, {words.date_of(one.first)})"


def _effect(one: Nomination) -> str:
    if not one.absolute:
        return marked(f"×{one.effect:.2f}", words.effect_doubt(one))
    said = marked(words.value_of(one.period.trend, abs(one.effect)), words.effect_doubt(one))
    return f"{said} {'more' if one.effect > 0 else 'less'}"


def _caption(review: Review, made: Sequence[Trend]) -> str:
    """The history, the machine of its last run, and the runs that are not in the figure."""
    machine = review.history.points[-1].facts.get("machine", {})
    facts = (
        short(words.heading(review), 90),
        short(f"{machine.get('cpus', '?')} × {machine.get('cpu', 'unknown CPU')}", 40),
        short(f"{machine.get('system', '')} {machine.get('kernel', '')}", 40),
        *(
            f"{units.count(trend.missing)} run{'' if trend.missing == 1 else 's'} of "
            f"{short(trend.case.key)} {'is' if trend.missing == 1 else 'are'} without it"
            for trend in made
            if trend.missing
        ),
    )
    return " · ".join(fact for fact in facts if fact)


def _points(review: Review, trend: Trend) -> list[TrendPoint]:
    """The nights of a trend, those of a segment together."""
    accepted = {
        period.nights[0].point
        for period in review.periods
        if period.trend.key == trend.key and period.accepted
    }
    changed = {
        one.first.point: one
        for one in review.check.nominations
        if one.period.trend.key == trend.key
    }

    def sign(night: Night) -> Literal["", "up", "down", "accepted"]:
        if one := changed.get(night.point):
            return "up" if one.new > one.base else "down"
        return "accepted" if night.point in accepted else ""

    return [
        TrendPoint(trend, night, number, sign(night))
        for number, segment in enumerate(trend.segments, start=1)
        for night in segment.nights
    ]


def _curve(trend: Trend, points: Sequence[TrendPoint]) -> Curve:
    segments = itertools.groupby(points, key=lambda point: point.segment)
    return Curve(
        case=plain(trend.case.key),
        label=short(trend.case.label) or plain(trend.case.key) or "unnamed",
        segments=tuple(
            tuple(
                CurvePoint(
                    one.night.date.timestamp(),
                    one.night.value,
                    one.night.low,
                    one.night.high,
                    one.night.doubt,
                    one.sign,
                )
                for one in segment
            )
            for _, segment in segments
        ),
        least_span=trend.least_span,
    )


def _columns(trend: Trend) -> tuple[Column[TrendPoint], ...]:
    said = partial(words.value_of, trend)

    def value(heading: str, key: str, field: str) -> Column[TrendPoint]:
        def words_of(one: float | None) -> str:
            return "" if one is None else said(one)

        return Column(heading, key, lambda one: getattr(one.night, field), words_of)

    quantiles = find(trend.metric.metric).quantiles
    return (
        Column("runtime", "runtime", lambda one: plain(one.trend.case.key), is_number=False),
        Column("began", "began", lambda one: one.night.date.isoformat(sep=" "), is_number=False),
        Column(
            "commit",
            "commit",
            lambda one: plain(one.night.commit) if one.night.commit else None,
            cell=lambda one: plain(one.night.commit or "")[: words.LETTERS_OF_COMMIT],
            is_number=False,
        ),
        value("value", "value", "value"),
        *((value("overhead", "overhead", "overhead"),) if quantiles else ()),
        value("least", "low", "low"),
        value("most", "high", "high"),
        Column("segment", "segment", lambda one: one.segment),
        Column("change", "change", lambda one: one.sign, is_number=False),
    )
