"""The data behind the pictures of a history: a chart a metric, a row a runtime."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from bench.history.check import Nomination
from bench.history.review import Review
from bench.history.trends import Night, Trend
from bench.judging.gates import MetricName
from bench.quantities import find
from reports.figures.chart import Chart, Column, Row, Table, tabulate, who
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
class Dot:
    """One night: `segment` counts from 1; `sign` says what begins with it, if something does."""

    runtime: str
    date: datetime
    commit: str | None
    value: float
    low: float | None
    high: float | None
    segment: int
    sign: str = ""
    worse: bool | None = None
    doubt: str | None = None
    overhead: float | None = None


@dataclass(frozen=True, kw_only=True)
class TrendRow(Row):
    """One runtime's nights, those of a segment together; `metric` says what its values are, and
    `least_span` how much of them the row's height is at least."""

    metric: str
    least_span: float
    dots: tuple[Dot, ...]

    @property
    def segments(self) -> tuple[tuple[Dot, ...], ...]:
        return tuple(
            tuple(dots) for _, dots in itertools.groupby(self.dots, key=lambda dot: dot.segment)
        )

    @property
    def last(self) -> Dot:
        return max(self.dots, key=lambda dot: dot.date)

    def said(self, value: float | None) -> str:
        """A value in words."""
        return "" if value is None else units.amount(find(self.metric).dimension, value)


@dataclass(frozen=True, kw_only=True)
class TrendChart(Chart):
    """One metric over all nights."""

    metric: str
    heading: str
    rows: tuple[TrendRow, ...]

    @property
    def name(self) -> str:  # type: ignore[override]  # there are as many of them as metrics
        """`trend-bytes-per-unit`, as it stands in file names."""
        return "trend-" + self.metric.replace("_", "-").replace("/", "-").replace(".", "-")

    @property
    def table(self) -> Table:
        return tabulate(
            tuple(_columns(self.rows[0])) if self.rows else (),
            [dot for row in self.rows for dot in row.dots],
            lambda dot: {"value": dot.doubt} if dot.doubt else {},
        )

    @property
    def drawn_doubts(self) -> Iterable[str]:
        return (dot.doubt for row in self.rows for dot in row.dots if dot.doubt)


def charts(review: Review) -> tuple[TrendChart, ...]:
    """A chart for each metric of the review, in its order."""
    found: dict[MetricName, list[Trend]] = {}
    for trend in review.trends:
        found.setdefault(trend.metric, []).append(trend)
    charted = [_chart(review, made) for made in found.values()]
    return (*charted, *((_control(review, review.control),) if review.control else ()))


def _chart(review: Review, made: Sequence[Trend]) -> TrendChart:
    nominated = [
        one for one in review.check.nominations if one.period.trend.metric == made[0].metric
    ]
    heading = words.name_of(made[0])
    return TrendChart(
        metric=made[0].metric.words,
        heading=heading,
        title=_title(heading, nominated, _verdict(review, made)),
        how=HOW,
        missing=(),
        caption=_caption(review, made),
        rows=tuple(_row(review, trend) for trend in made),
    )


def _control(review: Review, trend: Trend) -> TrendChart:
    return TrendChart(
        metric="control",
        heading="the control",
        title="The control, night by night: the same work in C in every run.",
        how=CONTROL_HOW,
        missing=(),
        caption=_caption(review, (trend,)),
        rows=(_row(review, trend),),
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


def _row(review: Review, trend: Trend) -> TrendRow:
    begun = {
        stretch.nights[0].point: "accepted"
        for stretch in review.periods
        if stretch.trend.key == trend.key and stretch.accepted
    }
    changed = {
        one.first.point: one
        for one in review.check.nominations
        if one.period.trend.key == trend.key
    }
    dots = (
        _dot(trend, night, number, changed.get(night.point), begun.get(night.point, ""))
        for number, segment in enumerate(trend.segments, start=1)
        for night in segment.nights
    )
    return TrendRow(
        **who(trend.case),
        metric=trend.metric.metric,
        least_span=trend.least_span,
        dots=tuple(dots),
    )


def _dot(trend: Trend, night: Night, segment: int, nominated: Nomination | None, begun: str) -> Dot:
    sign = ("up" if nominated.new > nominated.base else "down") if nominated else begun
    return Dot(
        runtime=plain(trend.case.key),
        date=night.date,
        commit=plain(night.commit) if night.commit else None,
        value=night.value,
        low=night.low,
        high=night.high,
        segment=segment,
        sign=sign,
        worse=nominated.worse if nominated else None,
        doubt=night.doubt,
        overhead=night.overhead,
    )


def _columns(row: TrendRow) -> Iterable[Column[Dot]]:
    overhead: Column[Dot] = Column("overhead", "overhead", lambda dot: dot.overhead, row.said)
    return (
        Column("runtime", "runtime", lambda dot: dot.runtime, is_number=False),
        Column("began", "began", lambda dot: dot.date.isoformat(sep=" "), is_number=False),
        Column("commit", "commit", lambda dot: dot.commit, cell=_commit, is_number=False),
        Column("value", "value", lambda dot: dot.value, row.said),
        *((overhead,) if find(row.metric).quantiles else ()),
        Column("least", "low", lambda dot: dot.low, row.said),
        Column("most", "high", lambda dot: dot.high, row.said),
        Column("segment", "segment", lambda dot: dot.segment),
        Column("change", "change", lambda dot: dot.sign, is_number=False),
    )


def _commit(dot: Dot) -> str:
    return (dot.commit or "")[: words.LETTERS_OF_COMMIT]
