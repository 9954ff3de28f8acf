"""Everything that reports show of one result, worked out once: page, explanation and deck draw from
this value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bench.derive.metrics import Metric
from bench.model.records import Result
from reports.figures.all import charts
from reports.figures.chart import Chart
from reports.tables.comparison import Comparison, compare
from reports.tables.report import Titled, tables


@dataclass(frozen=True)
class Digest:
    """A result with its figures, the comparison of its runtimes, the data behind each figure, and
    its tables."""

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
    return Digest(result, tuple(metrics), compared, drawn, tables(result, metrics, compared, drawn))
