"""Bencher Metric Format: `bencher run --adapter json --file FILE`.

A benchmark a runtime, a measure a figure, so that each figure can have a threshold of its own. The
value is the median, with its interval where known.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from bench.derive.metrics import Metric
from bench.model.records import Result
from reports.exports.figure import Export, Figure, sift
from reports.exports.names import figure_name, runtime_name

_UUID = re.compile(
    r"[0-9a-fA-F]{8}(-?)[0-9a-fA-F]{4}\1[0-9a-fA-F]{4}\1[0-9a-fA-F]{4}\1[0-9a-fA-F]{12}"
)
_IGNORED = ("-bencher-ignore", "_bencher_ignore", "BencherIgnore")


def export(
    figures: Sequence[Figure],
    result: Result,  # noqa: ARG001  a machine is a testbed there, which the uploader names
) -> Export:
    """The figures of every runtime."""
    kept, left_out = sift(figures, lambda _: None)
    tree: dict[str, dict[str, object]] = {}
    for figure in kept:
        runtime = runtime_name(figure, _means_more)
        tree.setdefault(runtime, {})[figure_name(figure)] = _values(figure.metric)
    return Export(json.dumps(tree, indent=1) + "\n" if kept else None, tuple(left_out))


def _means_more(name: str) -> bool:
    """Whether Bencher reads more than a name in it: the UUID of a benchmark that it already has, or
    the end that keeps one from raising alerts."""
    return bool(_UUID.fullmatch(name)) or name.endswith(_IGNORED)


def _values(metric: Metric) -> dict[str, float | None]:
    values = {"value": metric.value, "lower_value": metric.low, "upper_value": metric.high}
    return {name: value for name, value in values.items() if value is not None}
