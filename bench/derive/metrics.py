"""One figure as programs see it: an object of `outnumber summary --format json`.

This is the stable interface; `bench.derive.figures` makes these from a `Result`, and every table,
picture and page draws from them.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, get_args

import msgspec

from bench.model.records import Status

SCHEMA = 1

Name = Literal[
    "bytes_per_unit",
    "fixed_bytes",
    "leaked_bytes_per_unit",
    "uncollected_bytes_per_unit",
    "burst_seconds_per_unit",
    "marginal_burst_seconds_per_unit",
    "longest_spawn_seconds",
    "user_seconds_per_unit",
    "system_seconds_per_unit",
    "gc_seconds_per_unit",
    "page_faults_per_unit",
    "start_latency_seconds",
    "awake_start_latency_seconds",
    "release_seconds_per_unit",
    "ceiling",
]
Part = Literal["total", "user", "kernel", "kernel_stack", "page_tables", "kernel_other", "rss"]
PARTS: tuple[Part, ...] = get_args(Part)
QUANTILES = (0.5, 0.9, 0.99, 1.0)
BY_QUANTILE: tuple[Name, ...] = ("start_latency_seconds", "awake_start_latency_seconds")


class Metric(msgspec.Struct, frozen=True, kw_only=True):
    """One figure with its 95 % interval.

    `value`, `low` and `high` are `None` where unknown; `samples` is how many independent sweeps
    stand behind the value; `source` is where it was read, or `unknown`. `part` belongs to
    `bytes_per_unit`, `quantile` and `overhead` to the start latencies, and `status`, `limit`,
    `where`, `predicted` and `projected` to `ceiling`, whose value is the last count confirmed
    alive. `overhead` is the part of the value, in seconds, that the measuring itself takes. `doubt`
    says why the value must not be quoted alone (a name of `bench.derive.doubts`), else `None`.
    """

    case: str
    metric: Name
    part: Part | None = None
    at: int | None = None
    quantile: float | None = None
    value: float | None
    low: float | None = None
    high: float | None = None
    samples: int
    better: Literal["lower", "higher"]
    source: str
    status: Status | None = None
    limit: str | None = None
    where: str | None = None
    predicted: int | None = None
    projected: int | None = None
    doubt: str | None = None
    overhead: float | None = None
    warnings: tuple[str, ...] = ()


def find(
    metrics: Iterable[Metric],
    runtime: str,
    metric: Name,
    part: Part | None = None,
    quantile: float | None = None,
) -> Metric | None:
    """The one figure with this name, part and quantile; `None` where the runtime has none."""
    wanted = (runtime, metric, part, quantile)
    found = (m for m in metrics if (m.case, m.metric, m.part, m.quantile) == wanted)
    return next(found, None)
