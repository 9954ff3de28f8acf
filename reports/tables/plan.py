"""What can run and what would be done: the tables of `outnumber runtimes` and `run --dry-run`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.table import Table

from reports.console import Console
from reports.wording import units
from reports.wording.escape import plain


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


@dataclass(frozen=True)
class PlanFoot:
    """What stands under the plan. `budget_seconds` is `None` where time is no bound."""

    sweeps: int
    seed: int
    budget_seconds: float | None


def print_runtimes(rows: Sequence[RuntimeRow], console: Console | None = None) -> None:
    """The catalogue as a table; for what is missing, what to type."""
    table = Table(box=None, pad_edge=False)
    for heading in ("runtime", "language", "unit", "here"):
        table.add_column(heading, overflow="fold")
    for row in rows:
        name = row.name if row.default else f"{row.name} (on request)"
        here = f"missing: {row.reason}" if row.reason else row.version or "yes"
        table.add_row(plain(name), row.language, row.kind, plain(here))
    (console or Console()).print(table)


def print_plan(rows: Sequence[PlanRow], foot: PlanFoot, console: Console | None = None) -> None:
    """The plan as a table, then the sum of its time, which the budget bounds."""
    out, table = console or Console(), Table(box=None, pad_edge=False)
    table.add_column("runtime")
    for heading in ("climb to", f"{foot.sweeps} repeats to", "time", "memory"):
        table.add_column(heading, justify="right")
    for row in rows:
        cells = (
            units.count(row.climb_to) if row.climb_to else "none",
            units.count(row.short_to) if foot.sweeps else "none",
            units.seconds(row.seconds),
            units.size(row.bytes),
        )
        table.add_row(plain(row.name), *(cells if row.reason is None else ("left out", "", "", "")))
    out.print(table)
    seconds, budget = sum(row.seconds for row in rows if row.reason is None), foot.budget_seconds
    if budget is not None and seconds > budget:
        total = f"At most {units.seconds(budget)} in total; what does not fit is skipped"
    else:
        total = f"About {units.seconds(seconds)} in total, without the first builds of runners"
    out.print(f"{total}; --seed {foot.seed}.")
    for row in rows:
        if row.reason is not None:
            out.print(f"{plain(row.name)} would be left out: {plain(row.reason)}")
