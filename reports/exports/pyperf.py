"""pyperf's JSON, version 1.0: `python -m pyperf compare_to a.json b.json`.

A benchmark for each metric, a run for each process, so that pyperf sees the samples as we do. Its
values must be above 0, and it takes every value for a cost.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from bench.derive.series import Dimension
from bench.model.records import Result
from reports.exports.metrics import Export, Exported, conditions, facts, sift, unlike_samples
from reports.wording import escape

VERSION = "1.0"
# pyperf has no other unit; under "integer" it takes and prints any number as it is.
UNITS: Mapping[Dimension, str] = {"seconds": "second", "bytes": "byte", "count": "integer"}


def export(metrics: Sequence[Exported], result: Result) -> Export:
    """The metrics as one pyperf suite."""

    def against(one: Exported) -> str | None:
        if one.metric.better == "higher":
            return "higher is better, which pyperf would call slower"
        # Without those the others would give another value.
        return "pyperf holds values above 0 alone" if min(one.samples) <= 0 else None

    kept, left_out = sift(metrics, against)
    left_out += unlike_samples(kept)
    if not kept:
        return Export(None, tuple(left_out))
    # Under pyperf's own keys where it has one. It refuses an empty value.
    names = {"cpu": "cpu_model_name", "cpus": "cpu_count"}
    known = {names.get(name, name): value for name, value in conditions(result).items()}
    made_by = {"outnumber": escape.plain(result.version), "started": escape.plain(result.started)}
    tree = {
        "version": VERSION,
        "metadata": known | {name: value for name, value in made_by.items() if value},
        "benchmarks": [
            {
                "metadata": dict(facts(one), name=one.full_name, unit=UNITS[one.dimension]),
                "runs": [{"values": [value]} for value in one.samples],
            }
            for one in kept
        ],
    }
    return Export(json.dumps(tree, indent=1) + "\n", tuple(left_out))
