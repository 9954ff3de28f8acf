"""What a run ends with: the comparison and the finding."""

from __future__ import annotations

from rich.text import Text

from reports.console import Console
from reports.digest import Digest
from reports.tables.columns import Fitted
from reports.tables.comparison import finding
from reports.wording.escape import plain
from reports.wording.runs import busy_line, failures


def print_ending(made: Digest, console: Console | None = None) -> None:
    """Prints the table, the finding, the run's doubts, and what broke."""
    out = console or Console()
    out.print()
    out.print(Fitted(made.comparison))
    out.print()
    out.print(Text(plain(finding(made.comparison))))
    for warning in made.result.warnings:
        out.print(Text(f"Note: {plain(warning)}.", style="dim"))
    if (busy := busy_line(made.result)) is not None:
        out.print(Text(plain(busy)), soft_wrap=True)
    for line in failures(made.result.sessions):
        out.print(Text(line), soft_wrap=True)
