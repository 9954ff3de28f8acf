"""What one unit costs, part by part: the data that the figure and, later, other readers draw."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bench.results.metrics import Metric, Part, find
from bench.results.records import Result, Runtime

PARTS: tuple[tuple[Part, str], ...] = (
    ("user", "user memory"),
    ("kernel_stack", "kernel stack"),
    ("page_tables", "page tables"),
    ("kernel_other", "other kernel memory"),
)


@dataclass(frozen=True)
class Cost:
    """One runtime's bar. `parts` are bytes in the order of `PARTS`, a negative difference of two
    counters being 0; `None` is unknown. `rss` is where RSS ends; `low` and `high` the total's
    interval; `at` the count N."""

    runtime: str
    label: str
    parts: tuple[float | None, ...]
    total: float | None
    low: float | None
    high: float | None
    rss: float | None
    at: int | None


def unit_costs(result: Result, metrics: Sequence[Metric]) -> tuple[Cost, ...]:
    """A bar for each runtime that ran, the dearest first, those of unknown cost last."""
    ran = {metric.runtime for metric in metrics}
    costs = [_cost(runtime, metrics) for runtime in result.runtimes if runtime.name in ran]
    return tuple(sorted(costs, key=lambda cost: -_known(cost)))


def _known(cost: Cost) -> float:
    """What is known of a unit's bytes, for the order and for the length of the bar."""
    return cost.total if cost.total is not None else sum(part or 0 for part in cost.parts)


def _cost(runtime: Runtime, metrics: Sequence[Metric]) -> Cost:
    total = find(metrics, runtime.name, "bytes_per_unit", part="total")
    rss = find(metrics, runtime.name, "bytes_per_unit", part="rss")
    parts = [find(metrics, runtime.name, "bytes_per_unit", part=part) for part, _ in PARTS]
    return Cost(
        runtime=runtime.name,
        label=runtime.label,
        parts=tuple(_at_least_nothing(part) for part in parts),
        total=total.value if total else None,
        low=total.low if total else None,
        high=total.high if total else None,
        rss=rss.value if rss else None,
        at=total.at if total else None,
    )


def _at_least_nothing(metric: Metric | None) -> float | None:
    return None if metric is None or metric.value is None else max(0.0, metric.value)
