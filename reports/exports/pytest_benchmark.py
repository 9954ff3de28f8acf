"""pytest-benchmark's JSON: `pytest-benchmark compare a.json b.json`.

A benchmark for each duration, a round for each process. It knows seconds alone; a case's other
metrics stand in the `extra_info` of its first benchmark, where `compare` does not look.
"""

from __future__ import annotations

import json
import statistics
from collections.abc import Mapping, Sequence

from bench.model.records import Result
from reports.exports.metrics import (
    Export,
    Exported,
    LeftOut,
    case_name,
    conditions,
    facts,
    sift,
    unlike_samples,
)
from reports.wording import escape

NOT_SECONDS = "not seconds; kept in extra_info alone"
ALONE = "not seconds, and no figure in seconds to stand beside"


def export(metrics: Sequence[Exported], result: Result) -> Export:
    """The durations as benchmarks, grouped by what they measure."""
    kept, left_out = sift(metrics, lambda one: None if one.dimension == "seconds" else NOT_SECONDS)
    timed = {one.metric.case for one in kept}
    left_out = [
        LeftOut(one.metric, ALONE)
        if one.reason == NOT_SECONDS and one.metric.metric.case not in timed
        else one
        for one in left_out
    ]
    left_out += unlike_samples(kept)
    if not kept:
        return Export(None, tuple(left_out))
    benchmarks = []
    for one in kept:
        case = one.metric.case
        benchmarks.append(_benchmark(one, metrics if case in timed else ()))
        timed.discard(case)
    tree = {
        "machine_info": _machine_info(result),
        "commit_info": {},
        "benchmarks": benchmarks,
        "datetime": escape.plain(result.started),
        "version": f"outnumber {escape.plain(result.version)}",
    }
    return Export(json.dumps(tree, indent=1) + "\n", tuple(left_out))


def _benchmark(one: Exported, metrics: Sequence[Exported]) -> Mapping[str, object]:
    """With those of the metrics that are of the same case and no durations."""
    others = {
        other.without_case: {"value": other.metric.value, **facts(other)}
        for other in metrics
        if other.metric.case == one.metric.case
        and other.dimension != "seconds"
        and other.metric.value is not None
    }
    return {
        "group": one.quantity,
        "name": one.full_name,
        "fullname": one.full_name,
        "params": {"runtime": case_name(one)},
        "param": case_name(one),
        "extra_info": {**facts(one), **others},
        "options": {},
        "stats": _stats(one.samples),
    }


def _stats(samples: Sequence[float]) -> Mapping[str, object]:
    """The fields of pytest-benchmark's own files, by its own definitions."""
    ordered = sorted(samples)
    mean = statistics.mean(samples)
    deviation = statistics.stdev(samples) if len(samples) > 1 else 0.0
    first, third = _quartile(ordered), _quartile(ordered[::-1])
    low, high = first - 1.5 * (third - first), third + 1.5 * (third - first)
    inside = [value for value in ordered if low <= value <= high]
    strays = sum(abs(value - mean) > deviation for value in samples)
    return {
        "min": ordered[0],
        "max": ordered[-1],
        "mean": mean,
        "stddev": deviation,
        "rounds": len(samples),
        "median": statistics.median(samples),
        "iqr": third - first,
        "q1": first,
        "q3": third,
        "iqr_outliers": len(samples) - len(inside),
        "stddev_outliers": strays,
        "outliers": f"{strays};{len(samples) - len(inside)}",
        "ld15iqr": min(inside),
        "hd15iqr": max(inside),
        "ops": 1 / mean if mean else 0,
        "total": sum(samples),
        "data": list(samples),
        "iterations": 1,
    }


def _quartile(ordered: Sequence[float]) -> float:
    """The one at the beginning: the mean of what the half without and the half with the median
    give (Wikipedia, Quartile, method 3)."""
    without = ordered[: len(ordered) // 2] or ordered
    including = ordered[: (len(ordered) + 1) // 2]
    return (statistics.median(without) + statistics.median(including)) / 2


def _machine_info(result: Result) -> Mapping[str, object]:
    """Under pytest-benchmark's keys, as far as a result knows them."""
    known = dict(conditions(result))
    cpu = {"brand_raw": known.pop("cpu", None), "count": known.pop("cpus", None)}
    names = {"kernel": "release", "architecture": "machine"}
    machine = {names.get(name, name): value for name, value in known.items()}
    return {**machine, "cpu": {name: value for name, value in cpu.items() if value is not None}}
