"""A history on a terminal: every trend in a line, a block for each night low to high, with what
happened in between; then the suspected changes and what to type."""

from __future__ import annotations

import itertools
import statistics
from collections.abc import Iterable, Iterator, Mapping
from typing import Literal

from rich.table import Table
from rich.text import Text

from bench.history.check import Nomination
from bench.history.review import Review, suspected_changes
from bench.history.trends import SegmentStart, Trend
from bench.judging.gates import MetricName
from reports.console import Console
from reports.history import words
from reports.wording.doubted import marked
from reports.wording.escape import plain

Key = tuple[str, MetricName]
Kind = Literal["night", "border", "worse", "better", "machine", "accepted"]
Piece = tuple[str, Kind]

HEADINGS = ("quantity", "at", "nights", "median", "last", "trend")
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
BLOCKS = "▁▂▃▄▅▆▇█"
BORDER = "┊"
EARLIER: Piece = ("…", "border")
SPIKES = 0.05  # the share of nights that may be beyond either end
ACCEPTED = "◇"
LEGEND = (
    f"▲ ▼ a suspected change · {ACCEPTED} accepted · {BORDER} measured differently from here on"
)
MISSING = "(−1) runs without this quantity"


def print_trends(review: Review, console: Console | None = None) -> None:
    """The trends, the starts of their segments, and the check."""
    out = console or Console()
    out.print()
    out.print(Text(plain(words.heading(review))))
    out.print()
    out.print(_table(review, max(NARROWEST, min(WIDEST, out.width - OTHER_COLUMNS))))
    out.print()
    out.print(Text(LEGEND, "dim"))
    if any(trend.missing for trend in _shown(review)):
        out.print(Text(MISSING, "dim"))
    if review.segment_starts:
        out.print()
        out.print("Measured differently from here on; these shifts are reported and not judged:")
    for night, changed, shifts in borders(review.segment_starts):
        out.print(Text(plain(f"{BORDER} {night}: {changed} – {shifts}")))
    if accepted := words.accepted(review):
        out.print()
        out.print("Accepted:")
    for night, what, reason in accepted:
        out.print(Text(plain(f"{ACCEPTED} {night}, {what}: {reason}")))
    print_check(review, out)


def print_check(review: Review, console: Console | None = None) -> None:
    """The suspected changes with what to type, the notes, and the sentence."""
    out = console or Console()
    for change in suspected_changes(review.check.nominations, review.history):
        out.print()
        for nomination in change.nominations:
            sign, kind = _sign(nomination)
            out.print(Text(plain(f"{sign} {words.nominated(nomination)}"), STYLES[kind]))
        if not change.is_machine:
            out.print("To confirm, make both sides and compare them:")
            _print_commands((*change.prepare, change.confirm), out)
        out.print("To accept, with the reason:")
        _print_commands(change.accept, out)
    out.print()
    for note in words.notes(review):
        out.print(Text(plain(f"· {note}"), "dim"))
    style = STYLES["worse"] if review.check.alarms else ""
    out.print(Text(plain(words.sentence(review.check)), style))


def _table(review: Review, width: int) -> Table:
    """A block of lines for each case; no number is ever cut."""
    made = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False)
    for place, heading in enumerate(HEADINGS):
        number = place in NUMBERS
        made.add_column(heading, justify="right" if number else "left", no_wrap=number or place > 4)
    # What stands before the nights of each trend: accepted changes and nominated ones.
    signs: dict[Key, dict[str, Piece]] = {}
    for period in review.periods:
        if period.accepted is not None:
            begun = signs.setdefault(period.trend.key, {})
            begun[period.nights[0].point] = (ACCEPTED, "accepted")
    for one in review.check.nominations:
        signs.setdefault(one.period.trend.key, {})[one.first.point] = _sign(one)
    for case, block in itertools.groupby(_shown(review), key=lambda trend: trend.case.key):
        made.add_row(Text(plain(case), "bold"))
        for trend in block:
            line = Text()
            for text, kind in spark(trend, signs.get(trend.key, {}), width):
                line.append(text, STYLES[kind])
            segment, last, nights = trend.segments[-1], trend.nights[-1], len(trend.nights)
            median = statistics.median(night.value for night in segment.nights)
            cells = (
                words.short_of(trend),
                words.count_of(segment),
                f"{nights:,} (−{trend.missing})" if trend.missing else f"{nights:,}",
                marked(words.value_of(trend, median), words.doubt_of(segment.nights)),
                marked(words.value_of(trend, last.value), last.doubt),
            )
            made.add_row(*(Text(plain(cell)) for cell in cells), line)
    return made


def _shown(review: Review) -> tuple[Trend, ...]:
    return (*review.trends, *((review.control,) if review.control else ()))


def spark(trend: Trend, signs: Mapping[str, Piece], width: int) -> tuple[Piece, ...]:
    """The trend in at most `width` pieces, the last ones: segment after segment, a night a block.
    `signs` stand before the nights of their points. Noise is not blown up to the full height
    (`Trend.least_span`)."""
    values = sorted(night.value for night in trend.nights)
    off = int(SPIKES * len(values))
    low, high = values[off], values[-1 - off]
    more = max(0.0, trend.least_span - (high - low)) / 2
    low, high = low - more, high + more
    pieces: list[Piece] = []
    for segment in trend.segments:
        if pieces:
            pieces.append((BORDER, "border"))
        for night in segment.nights:
            if night.point in signs:
                pieces.append(signs[night.point])
            share = (night.value - low) / (high - low)
            block = BLOCKS[max(0, min(len(BLOCKS) - 1, int(share * len(BLOCKS))))]
            pieces.append((block, "night"))
    if len(pieces) <= width:
        return tuple(pieces)
    return (EARLIER, *pieces[len(pieces) - width + 1 :])


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
            shifts.setdefault(plain(one.trend.case.key), []).append(words.shift_of(one))
        said = "; ".join(f"{name}: {', '.join(each)}" for name, each in shifts.items())
        yield night, changed, said


def _print_commands(commands: Iterable[str], out: Console) -> None:
    """Each on a line of its own and not wrapped, so that it can be copied."""
    for command in commands:
        out.print(Text(f"    {plain(command)}"), soft_wrap=True)
