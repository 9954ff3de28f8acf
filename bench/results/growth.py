"""Memory as units grow: what the process took above its baseline at each count, and a line.

For the curve alone. What one unit costs is `bytes_per_unit`, from the two stops of the short
sweeps: a line through a dense climb is off by up to 4 %, since hash tables and lists resize in
steps, and `scatter` tells how far the points lie from it.
"""

from __future__ import annotations

import itertools
import statistics
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bench.results.choice import by_runtime, steps_by_count
from bench.results.doubts import applying, gravest
from bench.results.records import Memory, Reading, Result, Step, Sweep
from bench.results.samples import UNKNOWN
from bench.results.statistics import theil_sen

# The line looks at every pair of points: a hostile file's thousands would take all memory.
MOST_FITTED = 300


@dataclass(frozen=True)
class Point:
    """User and kernel memory in bytes above the baseline with `units` alive: the median over the
    processes that were there, the least and the most of them, and how many they were."""

    units: int
    bytes: float
    low: float
    high: float
    samples: int


@dataclass(frozen=True)
class Line:
    """bytes = `bytes_per_unit` · units + `offset_bytes`. `scatter` is the points' median distance
    from it, as a share of it."""

    bytes_per_unit: float
    offset_bytes: float
    scatter: float

    def at(self, units: float) -> float:
        """The line's bytes at a count."""
        return self.bytes_per_unit * units + self.offset_bytes


@dataclass(frozen=True)
class Growth:
    """One runtime's curve, the fewest units first. Without points `reason` says why; without a
    line there are fewer than two points. `doubt` is the gravest that was seen of a runner behind
    it."""

    runtime: str
    points: tuple[Point, ...]
    line: Line | None
    source: str
    reason: str = ""
    doubt: str | None = None


def growths(result: Result) -> tuple[Growth, ...]:
    """The curve of every runtime that ran. Which sweeps tell of a count is the rule of
    `steps_by_count`."""
    return tuple(_growth(runtime, sweeps) for runtime, sweeps in by_runtime(result))


def _growth(runtime: str, sweeps: Sequence[Sweep]) -> Growth:
    def is_read(sweep: Sweep, step: Step) -> bool:
        return _taken(sweep.baseline, step) is not None

    steps = [*itertools.chain.from_iterable(steps_by_count(sweeps, is_read).values())]
    taken = (_taken(sweep.baseline, step) for sweep, step in steps)
    known = [one for one in taken if one is not None]
    if not known:
        finished = steps_by_count(sweeps, lambda sweep, step: True)
        reason = "its memory could not be read" if finished else "no step was finished"
        return Growth(runtime, (), None, UNKNOWN, reason)
    source = Counter(source for _, _, source in known).most_common(1)[0][0]
    points = _points((units, value) for units, value, from_ in known if from_ == source)
    seen = (name for _, step in steps for name in step.doubts)
    doubt = gravest(applying("bytes_per_unit", source).intersection(seen))
    return Growth(runtime, points, _line(points), source, doubt=doubt)


def _taken(baseline: Memory | None, step: Step) -> tuple[int, float, str] | None:
    """A step's count, its bytes above the baseline, and their source; `None` where a part is not
    known, was read from elsewhere than the baseline's, or is less than it was there: then its
    source counts something else too."""
    if baseline is None:
        return None
    total, sources = 0, []
    for before, after in _pairs(baseline, step.memory):
        if before.bytes is None or after.bytes is None or before.source != after.source:
            return None
        if after.bytes < before.bytes:
            return None
        total += after.bytes - before.bytes
        sources.append(after.source)
    return step.alive, float(total), " + ".join(sources)


def _pairs(baseline: Memory, memory: Memory) -> tuple[tuple[Reading, Reading], ...]:
    return ((baseline.user, memory.user), (baseline.kernel, memory.kernel))


def _points(taken: Iterable[tuple[int, float]]) -> tuple[Point, ...]:
    at: dict[int, list[float]] = defaultdict(list)
    for units, value in taken:
        at[units].append(value)
    return tuple(
        Point(units, statistics.median(all_), min(all_), max(all_), len(all_))
        for units, all_ in sorted(at.items())
    )


def _line(points: Sequence[Point]) -> Line | None:
    """Theil's line: the median slope of all pairs, and the median of what the slope leaves over
    (Sen, 1968). Through two points it is the line through both."""
    fitted = points[:: 1 + len(points) // MOST_FITTED]
    if len(fitted) < 2:
        return None
    slope = _slope(fitted)
    offset = statistics.median(point.bytes - slope * point.units for point in fitted)
    line = Line(slope, offset, 0.0)
    off = [abs(p.bytes / line.at(p.units) - 1) for p in fitted if line.at(p.units) > 0]
    return Line(slope, offset, statistics.median(off)) if off else None


def _slope(points: Sequence[Point]) -> float:
    if len(points) == 2:
        first, last = points
        return (last.bytes - first.bytes) / (last.units - first.units)
    slope = theil_sen([point.units for point in points], [point.bytes for point in points]).value
    assert slope is not None  # known from three distinct counts on
    return slope
