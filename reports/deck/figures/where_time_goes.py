"""Where the time goes: each launch as a whole, and its parts as shares of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pptx.enum.chart import XL_CHART_TYPE

from reports.deck import dress, formats, native, paint, rows, text
from reports.deck.formats import SHARE
from reports.deck.page import MOST_ROWS, Box, Key, Page, described
from reports.deck.workbook import by_category
from reports.figures.where_time_goes import PARTS, Times, WhereTimeGoes
from reports.palette import on
from reports.wording import units
from reports.wording.doubted import marked

CLOCK = "the wall clock"
ROUGH = f'"≈\u00a0"{SHARE}'
ROOM = 0.15  # around a share


def draw(page: Page, chart: WhereTimeGoes, free: Box) -> None:
    """The chart, the wall clock's marks over it, and beside each bar time and faults."""
    shown = chart.rows[:MOST_ROWS]
    words = [_said(row) for row in shown]
    place = rows.laid_out(free, shown, words, above=rows.LEGEND, numbers=0.3, marks=True)
    shares = {
        name: [row.shares[number] if row.shares else None for row in shown]
        for number, (_, name) in enumerate(PARTS)
    }
    data = by_category([row.label for row in shown], shares, SHARE)
    kind = XL_CHART_TYPE.BAR_STACKED_100
    drawn = native.add(page, kind, data, place.frame, place.plot, described(chart))
    native.rows_axis(drawn.category_axis, page, place.points)
    scale = native.Axis(0, 1, 0.25, SHARE)
    native.values_axis(drawn.value_axis, page, scale, rows=True)
    _dress(page, drawn.plots[0], shown, place.plot.width)
    keys = [Key(name, page.theme.time[part]) for part, name in PARTS]
    page.legend(place.legend, [*keys, Key(CLOCK)])
    for number, row in enumerate(shown):
        rows.mark(page, place, number, row.runtime)
        rows.say_beside(page, place, number, *words[number])
        if row.wall is not None and row.whole:
            rows.tick(page, place, number, row.wall / row.whole, CLOCK)


def _said(row: Times) -> rows.Said:
    first = f"{marked(units.seconds(row.wall), row.drawn_doubt)} a unit"
    if row.faults is None:
        return first, "page faults unknown"
    return first, f"{marked(units.number(row.faults), row.faults_doubt)} page faults"


def _dress(page: Page, bars: Any, shown: Sequence[Times], wide: float) -> None:
    """Colours, and the share in each part that has room for it."""
    bars.gap_width = 45
    for number, ((part, _), series) in enumerate(zip(PARTS, bars.series, strict=True)):
        colour = page.theme.time[part]
        paint.fill(series.format, colour)
        places = {place: _position(row, number, wide) for place, row in enumerate(shown)}
        dress.labels(
            series,
            {
                at: dress.Label(_format(shown[at]), said, on(colour))
                for at, said in places.items()
                if said
            },
            page,
        )


def _format(row: Times) -> str:
    return formats.marked(ROUGH if row.rough else SHARE, row.drawn_doubt)


def _position(row: Times, number: int, wide: float) -> str | None:
    """Where in a part its share stands: in the larger side where the clock's mark divides it."""
    if row.shares is None or not row.whole:
        return None
    start = sum(row.shares[:number])
    end = start + row.shares[number]
    clock = min(1.0, (row.wall or 0.0) / row.whole)
    before, after = (clock - start) * wide, (end - clock) * wide
    widest = marked("≈ 100 %" if row.rough else "100 %", row.drawn_doubt)
    room = text.width(widest, native.VALUE_POINTS) + ROOM
    if min(before, after) <= 0 or abs(before - after) > room:
        return "ctr" if before + after > room else None
    return ("inBase" if before > after else "inEnd") if max(before, after) > room else None
