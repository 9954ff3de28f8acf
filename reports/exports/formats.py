"""The formats that a result can be exported in."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from bench.errors import UsageError
from bench.model.records import Result
from reports.exports import bencher, github_action_benchmark, go, pyperf, pytest_benchmark
from reports.exports.github_action_benchmark import Direction
from reports.exports.metrics import Export, Exported, metrics_of

Write = Callable[[Sequence[Exported], Result], Export]

ONE_DIRECTION = "github-action-benchmark"
FORMATS: Mapping[str, Write] = {
    "pyperf": pyperf.export,
    "pytest-benchmark": pytest_benchmark.export,
    ONE_DIRECTION: github_action_benchmark.export,
    "bencher": bencher.export,
    "go": go.export,
}


def export(result: Result, format_: str, direction: Direction | None = None) -> Export:
    """The result in one of `FORMATS`.

    Raises `UsageError` where there is no such format, or it knows no direction.
    """
    if format_ not in FORMATS:
        raise UsageError(f"no format {format_!r}; give --format {'|'.join(FORMATS)}")
    write = FORMATS[format_]
    if direction is not None:
        if format_ != ONE_DIRECTION:
            raise UsageError(f"--direction belongs to {ONE_DIRECTION} alone; leave it out")
        write = functools.partial(github_action_benchmark.export, direction=direction)
    metrics = metrics_of(result)
    doubted = tuple(one for one in metrics if one.metric.doubt)
    return replace(write(metrics, result), doubted=doubted)
