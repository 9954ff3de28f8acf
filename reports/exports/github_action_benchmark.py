"""The custom JSON of github-action-benchmark: `tool: customSmallerIsBetter`, or `…Bigger…`.

An entry for each metric, its value the median. A file has one direction. An absent value would
become 0 there and an absent name the word "undefined", so what is unknown is no entry at all.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Literal, get_args

from bench.derive.series import Dimension
from bench.model.records import Result
from reports.exports.metrics import Export, Exported, facts, sift

Direction = Literal["smaller", "bigger"]
DIRECTIONS: tuple[Direction, ...] = get_args(Direction)
BETTER: Mapping[Direction, str] = {"smaller": "lower", "bigger": "higher"}
# One a dimension, always: the action scales times between some units, and never bytes.
UNITS: Mapping[Dimension, str] = {"seconds": "s", "bytes": "bytes", "count": "count"}


def export(
    metrics: Sequence[Exported],
    result: Result,  # noqa: ARG001  the format has no place for a machine
    direction: Direction = "smaller",
) -> Export:
    """The metrics of one direction."""
    (other,) = set(DIRECTIONS) - {direction}
    reason = f"{other} is better; written with --direction {other}"
    kept, left_out = sift(
        metrics, lambda one: None if one.metric.better == BETTER[direction] else reason
    )
    entries = []
    for one in kept:
        metric = one.metric
        entry = {"name": one.full_name, "unit": UNITS[one.dimension], "value": metric.value}
        if metric.low is not None and metric.high is not None:
            entry["range"] = f"{metric.low} to {metric.high}"
        extra = {name: value for name, value in facts(one).items() if name not in ("low", "high")}
        entry["extra"] = "\n".join(f"{name}: {value}" for name, value in extra.items())
        entries.append(entry)
    return Export(json.dumps(entries, indent=1) + "\n" if kept else None, tuple(left_out))
