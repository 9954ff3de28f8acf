"""The one derivation of figures from records: whoever shows or judges a figure takes it from here,
so that no two readers can disagree.

For each runtime that ran, in the result's order, every metric of the design's table in its order,
the unknown ones included.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from bench.derive.ceiling import ceiling
from bench.derive.choice import Choice, by_runtime, choose, choose_bursts
from bench.derive.latencies import STARTS
from bench.derive.leak import leaked_bytes_per_unit, uncollected_bytes_per_unit
from bench.derive.load import is_busy, slowed
from bench.derive.memory import bytes_per_unit, fixed_bytes
from bench.derive.metrics import PARTS, QUANTILES, Metric, Name
from bench.derive.samples import Sample, Series, metric_of
from bench.derive.times import (
    BURST_TIMES,
    CPU_TIMES,
    burst,
    coarse_clock,
    release,
    slow_faults,
    start_latency,
    start_overhead,
)
from bench.model.records import Result, Session, Step


def figures(result: Result) -> tuple[Metric, ...]:
    """Every figure of the run. A runtime without a sweep has none."""
    slow = slowed(result.control)
    return tuple(
        metric
        for runtime, sweeps in by_runtime(result)
        for metric in (*map(metric_of, _series(runtime, sweeps, slow)), ceiling(runtime, sweeps))
    )


def series(result: Result) -> tuple[Series, ...]:
    """The samples behind every figure but the ceiling, one a process, for tests of two sides and
    exports of raw values."""
    slow = slowed(result.control)
    return tuple(
        one for runtime, sweeps in by_runtime(result) for one in _series(runtime, sweeps, slow)
    )


def _series(runtime: str, sweeps: Sequence[Session], slow: bool) -> Iterator[Series]:
    """All series of one runtime, in the order of the design's table. `slow`: the machine was slower
    through most of the run than at its best."""
    choice = choose(sweeps)
    yield from _bytes(runtime, choice, slow)
    yield _of_leak_sweeps(runtime, "leaked_bytes_per_unit", leaked_bytes_per_unit, sweeps, slow)
    yield _of_leak_sweeps(
        runtime, "uncollected_bytes_per_unit", uncollected_bytes_per_unit, sweeps, slow
    )
    yield from _times(runtime, choice, choose_bursts(sweeps), slow)


def _bytes(runtime: str, choice: Choice, slow: bool) -> Iterator[Series]:
    parts = [bytes_per_unit(stops) for stops in choice.stops]
    for part in PARTS:
        samples = _doubted((each[part] for each in parts), choice, slow)
        yield Series(runtime, "bytes_per_unit", samples, part=part, warnings=choice.warnings)
    fixed = _doubted(map(fixed_bytes, choice.stops), choice, slow)
    yield Series(runtime, "fixed_bytes", fixed, warnings=choice.warnings)


def _of_leak_sweeps(
    runtime: str,
    metric: Name,
    derive: Callable[[Session], Sample],
    sweeps: Sequence[Session],
    slow: bool,
) -> Series:
    made = [sweep for sweep in sweeps if sweep.purpose == "leak"]
    samples = tuple(
        replace(derive(sweep), doubts=_doubts(sweep, sweep.steps, slow)) for sweep in made
    )
    warnings = () if samples else ("no leak sweep was made",)
    return Series(runtime, metric, samples, warnings=warnings)


def _times(runtime: str, choice: Choice, bursts: Choice, slow: bool) -> Iterator[Series]:
    doubts = (*choice.warnings, *slow_faults(choice))
    launched = _doubted(map(burst, bursts.stops), bursts, slow)
    found = (*bursts.warnings, *slow_faults(bursts))
    yield Series(runtime, "burst_seconds_per_unit", launched, warnings=found)
    for name, derive in BURST_TIMES.items():
        coarse = coarse_clock(choice, name) if name in CPU_TIMES else ()
        samples = _doubted(map(derive, choice.stops), choice, slow)
        yield Series(runtime, name, samples, warnings=(*doubts, *coarse))
    for start in STARTS:
        overhead = start_overhead(start, choice)
        for quantile in QUANTILES:
            taken = (start_latency(start, stops, quantile) for stops in choice.stops)
            yield Series(
                runtime,
                start.metric,
                _doubted(taken, choice, slow),
                quantile=quantile,
                overhead=overhead,
                warnings=doubts,
            )
    released = _doubted(map(release, choice.stops), choice, slow)
    yield Series(runtime, "release_seconds_per_unit", released, warnings=doubts)


def _doubted(samples: Iterable[Sample], choice: Choice, slow: bool) -> tuple[Sample, ...]:
    """The samples, each with the doubts about its sweep and the steps that it is made from."""
    return tuple(
        replace(sample, doubts=_doubts(stops.sweep, stops.steps, slow))
        for sample, stops in zip(samples, choice.stops, strict=True)
    )


def _doubts(sweep: Session, steps: Iterable[Step], slow: bool) -> tuple[str, ...]:
    seen = dict.fromkeys(name for step in steps for name in step.doubts)
    return (*seen, "busy") if slow or is_busy(sweep) else (*seen,)
