"""What can run and what would be done: the tables of `outnumber runtimes` and `run --dry-run`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rich.table import Table

from reports.console import Console
from reports.wording import units
from reports.wording.escape import plain
from runners.catalogue import Entry


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


def print_runtimes(
    entries: Sequence[Entry],
    found: Mapping[str, tuple[str | None, str | None]],
    console: Console | None = None,
) -> None:
    """The catalogue as a table. `found` has the version of each runtime by its name, and why it
    cannot run here, with what to type."""
    table = Table(box=None, pad_edge=False)
    table.add_column("runtime", no_wrap=True)
    for heading in ("unit", "language", "here"):
        table.add_column(heading, overflow="fold")
    for entry in entries:
        name = entry.name if entry.default else f"{entry.name} (on request)"
        version, reason = found[entry.name]
        here = f"missing: {reason}" if reason else version or "yes"
        table.add_row(*map(plain, (name, entry.label, entry.language, here)))
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
