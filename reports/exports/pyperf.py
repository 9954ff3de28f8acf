"""pyperf's JSON, version 1.0: `python -m pyperf compare_to a.json b.json`.

A benchmark a figure, a run a process, so that pyperf sees the samples as we do. Its values must be
above 0, and it takes every value for a cost.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from bench.model.records import Result
from reports.exports.figure import (
    Dimension,
    Export,
    Figure,
    conditions,
    facts,
    sift,
    unlike_samples,
)
from reports.exports.names import full_name
from reports.wording import escape

VERSION = "1.0"
# pyperf has no other unit; under "integer" it takes and prints any number as it is.
UNITS: Mapping[Dimension, str] = {"seconds": "second", "bytes": "byte", "count": "integer"}


def export(figures: Sequence[Figure], result: Result) -> Export:
    """The figures as one pyperf suite."""
    kept, left_out = sift(figures, _against)
    left_out += unlike_samples(kept)
    if not kept:
        return Export(None, tuple(left_out))
    tree = {
        "version": VERSION,
        "metadata": _metadata(result),
        "benchmarks": [_benchmark(figure) for figure in kept],
    }
    return Export(json.dumps(tree, indent=1) + "\n", tuple(left_out))


def _against(figure: Figure) -> str | None:
    if figure.metric.better == "higher":
        return "higher is better, which pyperf would call slower"
    if min(figure.samples) <= 0:
        # Without those the others would tell another figure.
        return "pyperf holds values above 0 alone"
    return None


def _benchmark(figure: Figure) -> dict[str, object]:
    name = {"name": full_name(figure), "unit": UNITS[figure.dimension]}
    return {
        "metadata": {**facts(figure), **name},
        "runs": [{"values": [value]} for value in figure.samples],
    }


def _metadata(result: Result) -> dict[str, str | int]:
    """Under pyperf's own keys where it has one. It refuses an empty value."""
    names = {"cpu": "cpu_model_name", "cpus": "cpu_count"}
    known = {names.get(name, name): value for name, value in conditions(result).items()}
    made_by = {"outnumber": escape.plain(result.version), "started": escape.plain(result.started)}
    return known | {name: value for name, value in made_by.items() if value}
