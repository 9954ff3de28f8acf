"""The six figures in their order, from any result."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bench.derive.metrics import Metric
from bench.model.records import Result
from reports.figures.chart import Chart
from reports.figures.closeness import LimitsCloseness, closeness
from reports.figures.growth import MemoryGrowth, growth
from reports.figures.how_many import HowMany, how_many
from reports.figures.spawn import Spawns, spawn
from reports.figures.unit_cost import UnitCost, unit_cost
from reports.figures.where_time_goes import WhereTimeGoes, where_time_goes

Builder = Callable[[Result, Sequence[Metric]], Chart]

CHARTS: tuple[Builder, ...] = (how_many, unit_cost, growth, spawn, where_time_goes, closeness)
NAMES: tuple[str, ...] = tuple(
    kind.name for kind in (HowMany, UnitCost, MemoryGrowth, Spawns, WhereTimeGoes, LimitsCloseness)
)


def charts(result: Result, metrics: Sequence[Metric]) -> tuple[Chart, ...]:
    """The data behind every figure; `metrics` are the `figures` of the result."""
    return tuple(build(result, metrics) for build in CHARTS)
