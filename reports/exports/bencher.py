"""Bencher Metric Format: `bencher run --adapter json --file FILE`.

A benchmark for each case, a measure for each metric, so that each can have a threshold of its own.
The value is the median, with its interval where known.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from bench.model.records import Result
from reports.exports.metrics import Export, Exported, case_name, sift

_UUID = re.compile(
    r"[0-9a-fA-F]{8}(-?)[0-9a-fA-F]{4}\1[0-9a-fA-F]{4}\1[0-9a-fA-F]{4}\1[0-9a-fA-F]{12}"
)
_IGNORED = ("-bencher-ignore", "_bencher_ignore", "BencherIgnore")


def export(
    metrics: Sequence[Exported],
    result: Result,  # noqa: ARG001  a machine is a testbed there, which the uploader names
) -> Export:
    """The metrics of every case."""
    kept, left_out = sift(metrics, lambda _: None)
    tree: dict[str, dict[str, object]] = {}
    for one in kept:
        names = {"value": "value", "low": "lower_value", "high": "upper_value"}
        values = {names[end]: getattr(one.metric, end) for end in names}
        known = {name: value for name, value in values.items() if value is not None}
        tree.setdefault(case_name(one, _means_more), {})[one.without_case] = known
    return Export(json.dumps(tree, indent=1) + "\n" if kept else None, tuple(left_out))


def _means_more(name: str) -> bool:
    """Whether Bencher reads more than a name in it: the UUID of a benchmark that it already has, or
    the end that keeps one from raising alerts."""
    return bool(_UUID.fullmatch(name)) or name.endswith(_IGNORED)
