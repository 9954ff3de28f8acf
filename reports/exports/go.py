"""Go's benchmark text: `benchstat a.txt b.txt`.

A line for each process. The format: https://go.dev/design/14313-benchmark-format. The machine and
the settings stand in configuration lines, by which benchstat gives each its own tables.
"""

from __future__ import annotations

from collections.abc import Sequence

from bench import quantities
from bench.derive.doubts import REASONS
from bench.derive.series import Quantity
from bench.model.records import Result
from reports.exports.metrics import Export, Exported, case_name, conditions, sift, unlike_samples

# Not ns/op: benchstat turns that into this, but a value of 0 it leaves, in a table of its own.
UNITS = {"seconds": "sec/op", "bytes": "B", "count": "units"}
# These have had units of their own since the first release.
OWN = {quantities.LEAKED: "leaked-B/unit", quantities.PAGE_FAULTS: "faults/unit"}


def export(metrics: Sequence[Exported], result: Result) -> Export:
    """The metrics as a benchmark file: a block of lines for each, a line for each sample (what a
    process repeats inside is one). Above them, as a comment, which Go's tools skip, why the metric
    is doubted."""
    kept, left_out = sift(metrics, lambda _: None)
    left_out += unlike_samples(kept)
    lines = [f"{name}: {value}" for name, value in conditions(result).items()]
    # Which way is better, of each unit once: Go's tools assume neither.
    better = {unit_of(one.metric.quantity): one.metric.better for one in kept}
    lines += [f"Unit {unit} better={direction}" for unit, direction in better.items()]
    for one in kept:
        name, doubt = name_of(one), one.metric.doubt
        lines += [f"# doubted: {name}: {REASONS[doubt]}"] if doubt else []
        lines += [f"{name} 1 {sample!r} {unit_of(one.metric.quantity)}" for sample in one.samples]
    return Export("\n".join(lines) + "\n" if kept else None, tuple(left_out))


def name_of(one: Exported) -> str:
    """`BenchmarkOutnumber/runtime=trio/metric=bytes_per_unit/part=total/n=100000`.

    The case is never the end, where it could be called `x-4`: Go's tools would take the 4 for a
    number of processors.
    """
    metric = one.metric
    pairs = {"runtime": case_name(one), "metric": metric.metric, "part": metric.part}
    words = [f"{key}={value}" for key, value in pairs.items() if value]
    words += [f"quantile={one.quantile}"] if one.quantile else []
    return "/".join(filter(None, ("BenchmarkOutnumber", *words, *one.about, one.at)))


def unit_of(quantity: Quantity) -> str:
    per_unit = "/unit" if quantity.per_unit and quantity.dimension != "seconds" else ""
    return OWN.get(quantity) or f"{UNITS[quantity.dimension]}{per_unit}"
