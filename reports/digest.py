"""Everything that reports show of one result, worked out once: page, explanation and deck draw from
this value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bench.derive.metrics import Metric
from bench.model.records import Result
from reports.figures.all import charts
from reports.figures.chart import Chart
from reports.tables import limits, summary
from reports.tables.columns import table_of
from reports.tables.comparison import Comparison, compare
from reports.tables.table import Titled

COMPARISON = "comparison"
SUMMARY = "summary"
LIMITS = "limits"


@dataclass(frozen=True)
class Digest:
    """A result with its metrics, the comparison of its cases, the data behind each figure, and
    every table."""

    result: Result
    metrics: tuple[Metric, ...]
    comparison: Comparison
    charts: tuple[Chart, ...]
    tables: tuple[Titled, ...]

    def chart(self, name: str) -> Chart:
        """The figure of that name."""
        return next(chart for chart in self.charts if chart.name == name)

    def table(self, name: str) -> Titled:
        """The table of that name."""
        return next(table for table in self.tables if table.name == name)


def digest(result: Result, metrics: Sequence[Metric]) -> Digest:
    """The digest of a result; `metrics` are its `figures`."""
    compared, drawn = compare(result, metrics), charts(result, metrics)
    tables = (
        Titled(COMPARISON, "The runtimes side by side", table_of(compared)),
        *(Titled(chart.name, chart.title, chart.table) for chart in drawn),
        Titled(LIMITS, "Every limit that was read", limits.limits(result)),
        Titled(SUMMARY, "Every value with its 95 % interval", summary.table(metrics)),
    )
    return Digest(result, tuple(metrics), compared, drawn, tables)
