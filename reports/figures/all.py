"""THE list of figures. A new one is a file that builds a `Chart`, and a row here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from bench.derive.metrics import Metric
from bench.derive.series import Quantity
from bench.model.records import Result
from bench.quantities import (
    AWAKE_START,
    BURST,
    BYTES,
    CEILING,
    MARGINAL_BURST,
    START,
    SYSTEM_TIME,
    USER_TIME,
)
from reports.figures.chart import Chart, caption, left_out
from reports.figures.closeness import closeness
from reports.figures.growth import growth
from reports.figures.how_many import how_many
from reports.figures.spawn import spawn
from reports.figures.unit_cost import unit_cost
from reports.figures.where_time_goes import where_time_goes


@dataclass(frozen=True)
class FigureEntry:
    """One figure of the list: the name of its files and options, its heading on a page, what builds
    it from a result and its metrics, and the quantities that it is about: a result with none of
    them does not have the figure. `on_slide`: a deck has a slide of it."""

    name: str
    heading: str
    build: Callable[[Result, Sequence[Metric]], Chart]
    about: tuple[Quantity, ...]
    on_slide: bool = True


HOW_MANY = FigureEntry("how-many", "How many", how_many, (CEILING,))
UNIT_COST = FigureEntry("bytes-per-unit", "What one unit costs", unit_cost, (BYTES,))
GROWTH = FigureEntry("growth", "Memory as it grows", growth, (BYTES,))
SPAWN = FigureEntry(
    "spawn",
    "Spawn",
    spawn,
    (START, AWAKE_START, BURST),
)
WHERE_TIME_GOES = FigureEntry(
    "where-time-goes",
    "Where the time goes",
    where_time_goes,
    (USER_TIME, SYSTEM_TIME, MARGINAL_BURST),
)
CLOSENESS = FigureEntry("closeness", "How close every limit is", closeness, (CEILING,))

FIGURES: tuple[FigureEntry, ...] = (HOW_MANY, UNIT_COST, GROWTH, SPAWN, WHERE_TIME_GOES, CLOSENESS)


def names() -> tuple[str, ...]:
    """What `--figure` takes."""
    return tuple(entry.name for entry in FIGURES)


def charts(result: Result, metrics: Sequence[Metric]) -> tuple[Chart, ...]:
    """The figures that a result has, by its `metrics`; one of which nothing was measured has all of
    them, which say so."""
    measured = {metric.metric for metric in metrics}
    absent, made = left_out(result, metrics), []
    for entry in FIGURES:
        if not measured or not measured.isdisjoint(quantity.name for quantity in entry.about):
            chart = entry.build(result, metrics)
            missing, foot = (*absent, *chart.missing), chart.caption or caption(result)
            named = replace(chart, name=entry.name, heading=entry.heading)
            made.append(replace(named, missing=missing, caption=foot))
    return tuple(made)
