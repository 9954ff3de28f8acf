"""A history in words: plain text, still to be escaped for where it is shown.

Nothing is computed here but what a person needs to read it: units, signs, one sentence.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence

from bench.derive.doubts import DOUBTS, MARK, gravest
from bench.history.check import FOR_ALARM, FOR_VERDICT, Check, Nomination
from bench.history.review import Review
from bench.history.store import Point, when
from bench.history.trends import CONTROL, STOPPED, UNITS, Night, Segment, SegmentStart, Trend
from reports.tables.comparison import REASONS
from reports.wording import changes, units
from reports.wording.doubted import marked
from reports.wording.escape import plain

LETTERS_OF_COMMIT = 10
ADVISORY = f"advisory until {FOR_ALARM} nights"
# By what a history keeps, which may be any text.
ENDED = {str(status): words for status, words in REASONS.items()}


def name_of(trend: Trend) -> str:
    """The metric: `bytes per unit`, `bytes per unit: rss`, `start latency awake, median`."""
    return "fixed work in C" if trend.case == CONTROL else trend.metric.label


def short_of(trend: Trend) -> str:
    """As a table has room for it."""
    return "fixed work in C" if trend.case == CONTROL else trend.metric.short


def names_of(nominations: Iterable[Nomination]) -> str:
    return ", ".join(name_of(one.period.trend) for one in nominations)


def value_of(trend: Trend, value: float | None) -> str:
    """A value of the metric with its unit."""
    return units.amount(trend.metric.quantity.dimension, value)


def doubt_of(nights: Sequence[Night]) -> str | None:
    """That about a median of these nights: the gravest, where half of them are doubted."""
    doubted = [night.doubt for night in nights if night.doubt]
    return gravest(doubted) if doubted and 2 * len(doubted) >= len(nights) else None


def count_of(segment: Segment) -> str:
    """The count of units at which the figure was taken; nothing where it has none."""
    return segment.facts.get("measuring", {}).get(UNITS, "")


def date_of(night: Night) -> str:
    return night.date.strftime("%Y-%m-%d")


def night_of(night: Night) -> str:
    """A night by its date, and by its commit where that is known: `2026-11-10 (3f2a9c1b0d)`."""
    return _dated(date_of(night), night.commit)


def sides_of(nomination: Nomination) -> tuple[str, str]:
    """The night before the change and the one after it, with their times if the dates are alike."""
    last, first = nomination.last, nomination.first
    if date_of(last) != date_of(first):
        return night_of(last), night_of(first)
    before, after = (
        _dated(night.date.strftime("%Y-%m-%d %H:%M"), night.commit) for night in (last, first)
    )
    return before, after


def _dated(date: str, commit: str | None) -> str:
    return f"{date} ({plain(commit)[:LETTERS_OF_COMMIT]})" if commit else date


def change_of(nomination: Nomination) -> str:
    """`3.82 → 4.21 µs, 1.102 times (1.060–1.148)`; the difference where a ratio has no meaning."""
    one, dimension = nomination, nomination.period.trend.metric.quantity.dimension
    doubts = _doubts_of(one)
    both = changes.both(dimension, one.base, one.new, doubts)
    ends = one.effect, one.low, one.high
    return f"{both}, {changes.effect(dimension, ends, doubts, one.absolute, ' times')}"


def effect_of(nomination: Nomination) -> str:
    """The effect without its interval: `×1.10`, `+201 B`."""
    effect = f"×{nomination.effect:.2f}"
    if nomination.absolute:
        dimension = nomination.period.trend.metric.quantity.dimension
        effect = changes.difference(dimension, nomination.effect)
    return marked(effect, effect_doubt(nomination))


def grade_of(nomination: Nomination) -> str:
    """What the nomination is worth, in a few words."""
    if nomination.is_machine:
        return "machine"
    worse = "worse" if nomination.worse else "better"
    return f"{worse}, {ADVISORY}" if nomination.grade == "advisory" else worse


def control_of(nomination: Nomination) -> str:
    """What the control, and so the machine, did meanwhile."""
    control = nomination.control
    if control.state == "unknown" or control.ratio is None:
        return "machine speed unknown: too few of these runs have a control"
    if control.state == "steady":
        return f"machine speed unchanged (×{control.ratio:.3f})"
    slower = f"machine {'slower' if control.ratio > 1 else 'faster'} (control ×{control.ratio:.3f})"
    if nomination.is_machine:
        return f"{slower}: the machine changed, not the unit"
    return f"{slower}, which does not explain this"


def nominated(nomination: Nomination) -> str:
    """The whole of a nomination, without what to type."""
    trend = nomination.period.trend
    where = "between {} and {}".format(*sides_of(nomination))
    left_out = len(nomination.period.nights) - len(nomination.nights)
    nights = f"{len(nomination.nights)} nights"
    nights += f" without {left_out} doubted" if left_out else ""
    return (
        f"{plain(trend.case.key)}, {name_of(trend)}: {change_of(nomination)}, {where}; "
        f"{grade_of(nomination)} (p {nomination.p:.2g}, {nights}); {control_of(nomination)}"
    )


def changed(start: SegmentStart) -> str:
    """What changed at the border of a segment."""
    return "; ".join(plain(str(one)) for one in start.changed) or "nothing that was looked at"


def shift_of(start: SegmentStart) -> str:
    """`bytes per unit 0.998 times`: what a metric did there, reported and not judged."""
    trend, before, after = start.trend, start.before, start.after
    if before > 0 and after > 0:
        return f"{name_of(trend)} {after / before:.3f} times"
    return f"{name_of(trend)} {changes.both(trend.metric.quantity.dimension, before, after)}"


def sentence(check: Check) -> str:
    """What a check came to, in a sentence or two."""
    if not check.judged:
        return f"No verdict yet: no figure has {FOR_VERDICT} nights that were measured alike."
    judged = len({one.trend.key for one in check.judged})
    figures = f"{judged:,} figure{'' if judged == 1 else 's'}"
    others = _others(check, judged)
    if check.alarms:
        named = "; ".join(
            f"{name_of(one.period.trend)} of {plain(one.period.trend.case.key)} "
            f"({effect_of(one)}, {night_of(one.first)})"
            for one in check.alarms
        )
        more = f" {others}." if others else ""
        return f"Suspected changes: {named}.{more} A paired job confirms or clears each of them."
    if others:
        return f"No alarm. {others}."
    few = len({one.trend.key for one in check.advisory})
    if few == judged:
        return f"No alarm in {figures} ({ADVISORY})."
    young = f"; {few} of {judged} {'is' if few == 1 else 'are'} {ADVISORY}" if few else ""
    return f"No alarm in {figures}{young}."


def _others(check: Check, judged: int) -> str:
    """The figures that changed and are no alarm: `2 of 17 got worse (advisory until 30 nights)`."""
    kinds: dict[str, set[object]] = {}
    for one in check.nominations:
        if one.alarms:
            continue
        if one.is_machine:
            kind = "changed with the machine"
        else:
            kind = f"got {'worse' if one.worse else 'better'}"
            kind += f" ({ADVISORY})" if one.grade == "advisory" else ""
        kinds.setdefault(kind, set()).add(one.period.trend.key)
    return "; ".join(f"{len(keys)} of {judged} {kind}" for kind, keys in kinds.items())


def acceptable(review: Review, point: Point) -> list[str]:
    """What an acknowledgement of this run would accept: each change that is suspected there, and
    how many figures would begin a new baseline."""
    begun = [
        trend for trend in review.trends if any(night.date >= when(point) for night in trend.nights)
    ]
    found = [
        f"{name_of(one.period.trend)} of {plain(one.period.trend.case.key)}: {change_of(one)}"
        for one in review.check.nominations
        if one.first.point == point.id
    ]
    changes = found or ["no change is suspected there"]
    return [*changes, f"a new baseline from {point_of(point)} for {listed(begun)}"]


def heading(review: Review) -> str:
    """What the history is: `outnumber-history: 34 runs, 2026-10-01 to 2026-11-24`."""
    points = review.history.points
    first, last = (when(point).strftime("%Y-%m-%d") for point in (points[0], points[-1]))
    runs = f"{len(points):,} run{'' if len(points) == 1 else 's'}"
    days = first if first == last else f"{first} to {last}"
    return f"{plain(str(review.history.folder))}: {runs}, {days}"


def notes(review: Review) -> list[str]:
    """Notes on the history, most urgent first."""
    found = [f"a line was left out: {plain(str(fault))}" for fault in review.history.faults]
    found += [f"an acknowledged point is not in this history: {one.point}" for one in review.lost]
    if few := review.unjudged:
        found.append(f"no verdict on {listed(few)}: fewer than {FOR_VERDICT} nights measured alike")
    if young := review.advisory:
        found.append(f"{ADVISORY} measured alike: {listed(young)}")
    found += [
        f"{plain(name)} keeps changing, and begins a segment each time; if it is what is being "
        f"tested, add --across {shlex.quote(plain(name))}"
        for name in review.often_changed
    ]
    if open_ended := review.open_ended:
        found.append(
            f"not judged, since no limit was reached and it is a lower bound: {ended(open_ended)}"
        )
    found += _doubted(review)
    runs, without = len(review.history.points), review.without_control
    if without:
        found.append(
            f"{without:,} of {runs:,} runs have no control: where it is missing, a machine that "
            "changed looks like a unit that did"
        )
    return found


def accepted(review: Review) -> tuple[tuple[str, str, str], ...]:
    """The acknowledgements of points that the history has: where, of what, and why."""
    points = {point.id: point for point in review.history.points}
    return tuple(
        (
            point_of(points[one.point]),
            " of ".join((plain(one.metric or "everything"), plain(one.case or "all runtimes"))),
            plain(one.reason),
        )
        for one in review.history.acknowledged
        if one.point in points
    )


def point_of(point: Point) -> str:
    """A run by its date and its commit, as `night_of`."""
    return _dated(when(point).strftime("%Y-%m-%d"), point.commit)


def listed(trends: Iterable[Trend]) -> str:
    return changes.listed((trend.case.key, name_of(trend)) for trend in trends)


def ended(trends: Iterable[Trend]) -> str:
    """`ceiling of pthread (safety reserve: kernel.pid_max); ceiling of trio (this run's cap)`:
    what ended the launches of the last segments."""
    found: dict[str, list[Trend]] = {}
    for trend in trends:
        status, _, limit = trend.segments[-1].facts.get("limit", {}).get(STOPPED, "").partition(" ")
        reason = ENDED.get(status, "something else than a limit ended it")
        found.setdefault(f"{reason}: {plain(limit)}" if limit else reason, []).append(trend)
    return "; ".join(f"{listed(about)} ({reason})" for reason, about in found.items())


def _doubts_of(nomination: Nomination) -> tuple[str | None, str | None]:
    """Those about the medians before and after the change."""
    nights, first = nomination.nights, nomination.first
    place = nights.index(first)
    return doubt_of(nights[:place]), doubt_of(nights[place:])


def effect_doubt(nomination: Nomination) -> str | None:
    """That about a change: the gravest about its two sides."""
    return gravest(_doubts_of(nomination))


def _doubted(review: Review) -> Iterable[str]:
    """Which nights are doubted and why, a line a reason."""
    for doubt in DOUBTS:
        trends = [
            (trend, points)
            for trend in review.trends
            if (points := {night.point for night in trend.nights if night.doubt == doubt.name})
        ]
        if trends:
            nights = len(set().union(*(points for _, points in trends)))
            yield (
                f"{MARK} {doubt.reason}, in {nights:,} of {len(review.history.points):,} runs: "
                f"{listed(trend for trend, _ in trends)}"
            )
