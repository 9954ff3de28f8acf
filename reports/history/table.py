"""A history on a terminal: every trend in a line, then what was nominated and what to type."""

from __future__ import annotations

import itertools
import statistics
from collections.abc import Iterable, Iterator

from rich.table import Table
from rich.text import Text

from bench.history.check import Nomination
from bench.history.review import (
    Review,
    SuspectedChange,
    acknowledge_command,
    confirm_command,
    prepare_commands,
    suspected_changes,
)
from bench.history.store import History
from bench.history.trends import SegmentStart, Trend
from bench.judging.gates import Figure
from reports.console import Console
from reports.history import words
from reports.history.spark import BORDER, Kind, Piece, spark
from reports.wording import units
from reports.wording.doubted import marked
from reports.wording.escape import plain, terminal

Key = tuple[str, Figure]

HEADINGS = ("figure", "at", "nights", "median", "last", "trend")
NUMBERS = (1, 2, 3, 4)
STYLES: dict[Kind, str] = {
    "worse": "bold red",
    "better": "green",
    "machine": "yellow",
    "accepted": "dim",
    "border": "cyan",
    "night": "",
}
OTHER_COLUMNS = 62  # what the columns before the trend take at most
NARROWEST, WIDEST = 12, 90
ACCEPTED = "◇"
LEGEND = (
    f"▲ ▼ a suspected change · {ACCEPTED} accepted · {BORDER} measured differently from here on"
)
MISSING = "(−1) so many of its runs are without the figure"


def print_trends(review: Review, console: Console | None = None) -> None:
    """The trends, the borders of their segments, the nominations, and what could not be read."""
    out = console or Console()
    out.print()
    out.print(Text(terminal(words.heading(review))))
    out.print()
    out.print(_table(review, max(NARROWEST, min(WIDEST, out.width - OTHER_COLUMNS))))
    out.print()
    out.print(Text(LEGEND, "dim"))
    if any(trend.missing for trend in _shown(review)):
        out.print(Text(MISSING, "dim"))
    _print_borders(review, out)
    _print_accepted(review, out)
    print_check(review, out)


def print_check(review: Review, console: Console | None = None) -> None:
    """The suspected changes with what to type, the notes, and the sentence."""
    out = console or Console()
    for change in suspected_changes(review.check.nominations):
        _print_change(change, review.history, out)
    out.print()
    for note in words.notes(review):
        out.print(Text(terminal(f"· {note}"), "dim"))
    style = STYLES["worse"] if review.check.alarms else ""
    out.print(Text(terminal(words.sentence(review.check)), style))


def _print_borders(review: Review, out: Console) -> None:
    if review.segment_starts:
        out.print()
        out.print(
            Text("Measured differently from here on; these shifts are reported and not judged:")
        )
    for night, changed, shifts in borders(review.segment_starts):
        out.print(Text(terminal(f"{BORDER} {night}: {changed} – {shifts}")))


def _print_accepted(review: Review, out: Console) -> None:
    accepted = words.accepted(review)
    if accepted:
        out.print()
        out.print(Text("Accepted:"))
    for night, what, reason in accepted:
        out.print(Text(terminal(f"{ACCEPTED} {night}, {what}: {reason}")))


def _table(review: Review, width: int) -> Table:
    """A block of lines a runtime; no number is ever cut."""
    made = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False)
    for place, heading in enumerate(HEADINGS):
        number = place in NUMBERS
        made.add_column(heading, justify="right" if number else "left", no_wrap=number or place > 4)
    signs = _signs(review)
    for runtime, block in itertools.groupby(_shown(review), key=lambda trend: trend.runtime.key):
        made.add_row(Text(terminal(runtime), "bold"))
        for trend in block:
            line = Text()
            for text, kind in spark(trend, signs.get(trend.key, {}), width):
                line.append(text, STYLES[kind])
            made.add_row(*(Text(terminal(cell)) for cell in _cells(trend)), line)
    return made


def _shown(review: Review) -> tuple[Trend, ...]:
    return (*review.trends, *((review.control,) if review.control else ()))


def _cells(trend: Trend) -> tuple[str, ...]:
    segment, last = trend.segments[-1], trend.nights[-1]
    nights = units.count(len(trend.nights))
    median = statistics.median(night.value for night in segment.nights)
    return (
        words.name_of(trend),
        words.count_of(segment),
        f"{nights} (−{trend.missing})" if trend.missing else nights,
        marked(words.value_of(trend, median), words.doubt_of(segment.nights)),
        marked(words.value_of(trend, last.value), last.doubt),
    )


def _signs(review: Review) -> dict[Key, dict[str, Piece]]:
    """What stands before the nights of each trend: accepted changes and nominated ones."""
    signs: dict[Key, dict[str, Piece]] = {}
    for stretch in review.periods:
        if stretch.accepted is not None:
            signs.setdefault(stretch.trend.key, {})[stretch.nights[0].point] = (
                ACCEPTED,
                "accepted",
            )
    for one in review.check.nominations:
        signs.setdefault(one.period.trend.key, {})[one.first.point] = _sign(one)
    return signs


def _sign(nomination: Nomination) -> Piece:
    kind: Kind = "worse" if nomination.worse else "better"
    arrow = "▲" if nomination.new > nomination.base else "▼"
    return arrow, "machine" if nomination.is_machine else kind


def borders(found: Iterable[SegmentStart]) -> Iterator[tuple[str, str, str]]:
    """Each place where something changed: the night, what it was, and what the figures did."""
    places: dict[tuple[str, str], list[SegmentStart]] = {}
    for one in found:
        places.setdefault((words.night_of(one.first), words.changed(one)), []).append(one)
    for (night, changed), crossed in places.items():
        shifts: dict[str, list[str]] = {}
        for one in crossed:
            shifts.setdefault(plain(one.trend.runtime.key), []).append(words.shift_of(one))
        told = "; ".join(f"{name}: {', '.join(each)}" for name, each in shifts.items())
        yield night, changed, told


def _print_change(change: SuspectedChange, history: History, out: Console) -> None:
    out.print()
    for nomination in change.nominations:
        sign, kind = _sign(nomination)
        out.print(Text(terminal(f"{sign} {words.nominated(nomination)}"), STYLES[kind]))
    if not change.is_machine:
        out.print(Text("To confirm, make both sides and compare them:"))
        for line in (*prepare_commands(change, history), confirm_command(change)):
            _print_command(line, out)
    out.print(Text("To accept, with the reason:"))
    for nomination in change.nominations:
        _print_command(acknowledge_command(nomination, history.folder), out)


def _print_command(command: str, out: Console) -> None:
    """On a line of its own and not wrapped, so that it can be copied."""
    out.print(Text(f"    {terminal(command)}"), soft_wrap=True)
