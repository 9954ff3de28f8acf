"""The whole deck of a result: its finding, a slide a figure, the explanation, how to repeat it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import Any

from pptx.presentation import Presentation as Deck

from bench.model.records import Result
from reports.deck import words
from reports.deck.figures import closeness, growth, how_many, spawn, unit_cost, where_time_goes
from reports.deck.frozen import frozen
from reports.deck.page import Box, Page
from reports.deck.template import FIGURE, presentation
from reports.deck.workbook import LONG_AGO
from reports.digest import Digest
from reports.explanation.explain import explain
from reports.figures.chart import Chart
from reports.figures.closeness import LimitsCloseness
from reports.figures.growth import MemoryGrowth
from reports.figures.how_many import HowMany
from reports.figures.spawn import Spawns
from reports.figures.unit_cost import UnitCost
from reports.figures.where_time_goes import WhereTimeGoes
from reports.palette import LIGHT, Theme
from reports.tables.comparison import finding

DRAWINGS: Mapping[str, Callable[[Page, Any, Box], None]] = {
    HowMany.name: how_many.draw,
    UnitCost.name: unit_cost.draw,
    MemoryGrowth.name: growth.draw,
    Spawns.name: spawn.draw,
    WhereTimeGoes.name: where_time_goes.draw,
    LimitsCloseness.name: closeness.draw,
}


def deck(digest: Digest, theme: Theme = LIGHT, names: Collection[str] = ()) -> bytes:
    """The deck as a .pptx file, the same for the same result. `names` are those of the figures, all
    where there are none."""
    made = presentation(theme)
    words.cover(made, digest, theme)
    for chart in digest.charts:
        if not names or chart.name in names:
            _figure(Page(made, FIGURE, theme), chart)
    words.why(made, explain(digest), theme)
    words.measured(made, digest, theme)
    words.again(made, digest, theme)
    _sign(made, digest)
    return frozen(made)


def _figure(page: Page, chart: Chart) -> None:
    free = page.figure(chart)
    if getattr(chart, "rows", ()):
        DRAWINGS[chart.name](page, chart, free)
    else:
        page.nothing(free)


def _sign(made: Deck, digest: Digest) -> None:
    """Title, maker and date: the run's, so that no clock is in it."""
    core = made.core_properties
    core.title = finding(digest.comparison)[:250]
    core.author = core.last_modified_by = "outnumber"
    core.subject, core.language, core.revision = "a run of outnumber", "en", 1
    core.created = core.modified = _date(digest.result)


def _date(result: Result) -> datetime:
    try:
        return datetime.fromisoformat(result.started).replace(tzinfo=None)
    except ValueError:
        return LONG_AGO
