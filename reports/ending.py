"""What a run ends with: the comparison, the finding, the pictures."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.text import Text

from bench.results.metrics import Metric
from bench.results.records import Result
from reports.charts.unit_cost import unit_cost
from reports.comparison import compare, table
from reports.escape import terminal
from reports.finding import finding


def print_ending(
    result: Result,
    metrics: Sequence[Metric],
    pictures: Sequence[Path],
    console: Console | None = None,
) -> None:
    """Prints the table, the finding, the run's doubts, and where the pictures are."""
    out = console or Console()
    comparison = compare(result, metrics)
    out.print()
    out.print(table(comparison))
    out.print()
    out.print(Text(terminal(finding(comparison))))
    for warning in result.warnings:
        out.print(Text(f"Note: {terminal(warning)}.", style="dim"))
    for picture in pictures:
        out.print(Text(str(picture), style="dim"), soft_wrap=True)


def write_pictures(result: Result, metrics: Sequence[Metric], folder: Path) -> tuple[Path, ...]:
    """Writes the figure of what a unit costs, as PNG and SVG; returns their paths."""
    from reports.pictures import save

    return save.write_pictures([unit_cost(result, metrics)], folder, ("png", "svg"))
