"""The one derivation of figures from records: whoever shows or judges a figure takes it from here,
so that no two readers can disagree.

For each runtime that ran, in the result's order, every metric of the design's table in its order,
the unknown ones included.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bench.results.ceiling import ceiling
from bench.results.choice import Choice, by_runtime, choose, choose_bursts
from bench.results.leak import leaked_bytes_per_unit
from bench.results.memory import bytes_per_unit, fixed_bytes
from bench.results.metrics import PARTS, QUANTILES, Metric
from bench.results.records import Result, Sweep
from bench.results.samples import Series, metric_of
from bench.results.times import (
    BURST_TIMES,
    CPU_TIMES,
    burst,
    coarse_clock,
    noisy_clock,
    release,
    slow_faults,
    start_latency,
)


def figures(result: Result) -> tuple[Metric, ...]:
    """Every figure of the run. A runtime without a sweep has none."""
    return tuple(
        metric for runtime, sweeps in by_runtime(result) for metric in _figures(runtime, sweeps)
    )


def series(result: Result) -> tuple[Series, ...]:
    """The samples behind every figure but the ceiling, one a process, for tests of two sides and
    exports of raw values."""
    return tuple(one for runtime, sweeps in by_runtime(result) for one in _series(runtime, sweeps))


def _figures(runtime: str, sweeps: Sequence[Sweep]) -> Iterator[Metric]:
    yield from map(metric_of, _series(runtime, sweeps))
    yield ceiling(runtime, sweeps)


def _series(runtime: str, sweeps: Sequence[Sweep]) -> Iterator[Series]:
    """All series of one runtime, in the order of the design's table."""
    choice = choose(sweeps)
    yield from _bytes(runtime, choice)
    yield _leak(runtime, sweeps)
    yield from _times(runtime, choice, choose_bursts(sweeps))


def _bytes(runtime: str, choice: Choice) -> Iterator[Series]:
    parts = [bytes_per_unit(stops) for stops in choice.stops]
    for part in PARTS:
        samples = tuple(each[part] for each in parts)
        yield Series(runtime, "bytes_per_unit", samples, part=part, warnings=choice.warnings)
    fixed = tuple(fixed_bytes(stops) for stops in choice.stops)
    yield Series(runtime, "fixed_bytes", fixed, warnings=choice.warnings)


def _leak(runtime: str, sweeps: Sequence[Sweep]) -> Series:
    samples = tuple(leaked_bytes_per_unit(sweep) for sweep in sweeps if sweep.purpose == "leak")
    warnings = () if samples else ("no leak sweep was made",)
    return Series(runtime, "leaked_bytes_per_unit", samples, warnings=warnings)


def _times(runtime: str, choice: Choice, bursts: Choice) -> Iterator[Series]:
    doubts = (*choice.warnings, *slow_faults(choice))
    launched = tuple(burst(stops) for stops in bursts.stops)
    found = (*bursts.warnings, *slow_faults(bursts))
    yield Series(runtime, "burst_seconds_per_unit", launched, warnings=found)
    for name, derive in BURST_TIMES.items():
        coarse = coarse_clock(choice, name) if name in CPU_TIMES else ()
        samples = tuple(derive(stops) for stops in choice.stops)
        yield Series(runtime, name, samples, warnings=(*doubts, *coarse))
    for quantile in QUANTILES:
        samples = tuple(start_latency(stops, quantile) for stops in choice.stops)
        noisy = (*doubts, *noisy_clock(choice, quantile))
        yield Series(runtime, "start_latency_seconds", samples, quantile=quantile, warnings=noisy)
    released = tuple(release(stops) for stops in choice.stops)
    yield Series(runtime, "release_seconds_per_unit", released, warnings=doubts)
