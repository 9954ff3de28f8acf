"""Go's benchmark text: `benchstat a.txt b.txt`.

A line a process. The format: https://go.dev/design/14313-benchmark-format. The machine and
the settings stand in configuration lines, by which benchstat gives each its own tables.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bench.derive.doubts import REASONS
from bench.derive.metrics import Metric
from bench.model.records import Result
from reports.exports.figure import Export, Figure, conditions, sift, unlike_samples
from reports.exports.names import quantile_name, runtime_name, units_name

# Not ns/op: benchstat turns that into this, but a value of 0 it leaves, in a table of its own.
SECONDS = "sec/op"
UNITS: dict[str, str] = {
    "bytes_per_unit": "B/unit",
    "fixed_bytes": "B",
    "leaked_bytes_per_unit": "leaked-B/unit",
    "page_faults_per_unit": "faults/unit",
    "ceiling": "units",
}


def export(figures: Sequence[Figure], result: Result) -> Export:
    """The figures as a benchmark file, a block of lines a figure."""
    kept, left_out = sift(figures, lambda _: None)
    left_out += unlike_samples(kept)
    lines = [*_configuration(result), *_units(kept), *map("\n".join, map(_lines, kept))]
    return Export("\n".join(lines) + "\n" if kept else None, tuple(left_out))


def _configuration(result: Result) -> Iterator[str]:
    for name, value in conditions(result).items():
        yield f"{name}: {value}"


def _units(figures: Sequence[Figure]) -> Iterator[str]:
    """Which way is better, of each unit once: Go's tools assume neither."""
    better = {unit_of(figure.metric): figure.metric.better for figure in figures}
    for unit, direction in better.items():
        yield f"Unit {unit} better={direction}"


def _lines(figure: Figure) -> Iterator[str]:
    """A line a sample: what a process repeats inside is one. Above them why the figure is doubted,
    as a comment, which Go's tools skip."""
    unit, name = unit_of(figure.metric), name_of(figure)
    if figure.metric.doubt:
        yield f"# doubted: {name}: {REASONS[figure.metric.doubt]}"
    for sample in figure.samples:
        yield f"{name} 1 {sample!r} {unit}"


def name_of(figure: Figure) -> str:
    """`BenchmarkOutnumber/runtime=trio/metric=bytes_per_unit/part=total/n=100000`.

    The runtime is never the end, where it could be called `x-4`: Go's tools would take the 4 for a
    number of processors.
    """
    metric = figure.metric
    named = {"part": metric.part, "quantile": quantile_name(metric)}
    pairs = {"runtime": runtime_name(figure), "metric": metric.metric, **named}
    words = [f"{key}={value}" for key, value in pairs.items() if value]
    return "/".join(filter(None, ("BenchmarkOutnumber", *words, units_name(figure))))


def unit_of(metric: Metric) -> str:
    return UNITS.get(metric.metric, SECONDS)
