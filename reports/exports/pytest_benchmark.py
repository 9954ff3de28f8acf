"""pytest-benchmark's JSON: `pytest-benchmark compare a.json b.json`.

A benchmark a duration, a round a process. It knows seconds alone; a runtime's other figures stand
in the `extra_info` of its first benchmark, where `compare` does not look.
"""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterable, Mapping, Sequence

from bench.model.records import Result
from reports.exports.figure import (
    Export,
    Figure,
    LeftOut,
    conditions,
    facts,
    sift,
    unlike_samples,
)
from reports.exports.names import figure_name, full_name, quantity_name, runtime_name
from reports.wording import escape

NOT_SECONDS = "not seconds; kept in extra_info alone"


def export(figures: Sequence[Figure], result: Result) -> Export:
    """The durations as benchmarks, grouped by what they measure."""
    kept, left_out = sift(figures, lambda one: None if one.dimension == "seconds" else NOT_SECONDS)
    timed = {figure.metric.case for figure in kept}
    left_out = [one if one.figure.metric.case in timed else _without_place(one) for one in left_out]
    left_out += unlike_samples(kept)
    if not kept:
        return Export(None, tuple(left_out))
    tree = {
        "machine_info": _machine_info(result),
        "commit_info": {},
        "benchmarks": list(_benchmarks(kept, figures)),
        "datetime": escape.plain(result.started),
        "version": f"outnumber {escape.plain(result.version)}",
    }
    return Export(json.dumps(tree, indent=1) + "\n", tuple(left_out))


def _without_place(one: LeftOut) -> LeftOut:
    if one.reason != NOT_SECONDS:
        return one
    return LeftOut(one.figure, "not seconds, and no figure in seconds to stand beside")


def _benchmarks(
    kept: Sequence[Figure], figures: Sequence[Figure]
) -> Iterable[Mapping[str, object]]:
    begun: set[str] = set()
    for figure in kept:
        runtime = figure.metric.case
        others = {} if runtime in begun else _others(runtime, figures)
        begun.add(runtime)
        yield _benchmark(figure, others)


def _benchmark(figure: Figure, others: Mapping[str, object]) -> Mapping[str, object]:
    runtime = runtime_name(figure)
    return {
        "group": quantity_name(figure.metric),
        "name": full_name(figure),
        "fullname": full_name(figure),
        "params": {"runtime": runtime},
        "param": runtime,
        "extra_info": {**facts(figure), **others},
        "options": {},
        "stats": _stats(figure.samples),
    }


def _others(runtime: str, figures: Iterable[Figure]) -> Mapping[str, object]:
    return {
        figure_name(one): {"value": one.metric.value, **facts(one)}
        for one in figures
        if one.metric.case == runtime
        and one.dimension != "seconds"
        and one.metric.value is not None
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
