"""What can run and what would be done: the tables of `outnumber runtimes` and `run --dry-run`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.table import Table

from reports.console import Console
from reports.wording import units
from reports.wording.escape import terminal


@dataclass(frozen=True)
class RuntimeRow:
    """One runtime of the catalogue. `reason` is `None` where it can run."""

    name: str
    language: str
    kind: str
    default: bool
    version: str | None
    reason: str | None


@dataclass(frozen=True)
class PlanRow:
    """What a run would do with one runtime. `reason` says why it would be left out."""

    name: str
    climb_to: int | None
    short_to: int
    seconds: float
    bytes: float
    reason: str | None


def print_runtimes(rows: Sequence[RuntimeRow], console: Console | None = None) -> None:
    """The catalogue as a table; what is missing is told with what to type."""
    table = Table(box=None, pad_edge=False)
    for heading in ("runtime", "language", "unit", "here"):
        table.add_column(heading, overflow="fold")
    for row in rows:
        name = row.name if row.default else f"{row.name} (on request)"
        here = f"missing: {row.reason}" if row.reason else row.version or "yes"
        table.add_row(terminal(name), row.language, row.kind, terminal(here))
    (console or Console()).print(table)


@dataclass(frozen=True)
class PlanFoot:
    """What stands under the plan. `budget_seconds` is `None` where time is no bound."""

    sweeps: int
    seed: int
    budget_seconds: float | None


def print_plan(rows: Sequence[PlanRow], foot: PlanFoot, console: Console | None = None) -> None:
    """The plan as a table, then the sum of its time, which the budget bounds."""
    table = Table(box=None, pad_edge=False)
    table.add_column("runtime")
    for heading in ("climb to", f"{foot.sweeps} short sweeps to", "about", "memory"):
        table.add_column(heading, justify="right")
    for row in rows:
        table.add_row(terminal(row.name), *_cells(row, foot.sweeps))
    out = console or Console()
    out.print(table)
    seconds = sum(row.seconds for row in rows if row.reason is None)
    out.print(f"{_in_all(seconds, foot.budget_seconds)}; --seed {foot.seed}.")
    for row in rows:
        if row.reason is not None:
            out.print(f"{terminal(row.name)} would be left out: {terminal(row.reason)}")


def _in_all(seconds: float, budget: float | None) -> str:
    if budget is not None and seconds > budget:
        return f"At most {units.seconds(budget)} in all, leaving out what does not fit"
    return f"About {units.seconds(seconds)} in all, first builds apart"


def _cells(row: PlanRow, sweeps: int) -> tuple[str, ...]:
    if row.reason is not None:
        return ("left out", "", "", "")
    return (
        units.count(row.climb_to) if row.climb_to else "none",
        units.count(row.short_to) if sweeps else "none",
        units.seconds(row.seconds),
        units.size(row.bytes),
    )
