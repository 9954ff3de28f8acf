"""Memory as units grow: what the process took above its baseline at each count, and a line.

For the curve alone. What one unit costs is a metric, from the two stops of the repeats: a line
through a dense climb is off by up to 4 %, since hash tables and lists resize in steps, and
`scatter` is how far the points lie from it.
"""

from __future__ import annotations

import itertools
import statistics
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from bench.derive.choice import CaseSessions, cases_of, steps_by_count
from bench.derive.doubts import MEMORY, gravest
from bench.derive.series import doubts_from
from bench.derive.statistics import theil_sen
from bench.model.records import KERNEL, USER, Result, Session, Step, reading

UNKNOWN = "unknown"
# The line looks at every pair of points: a hostile file's thousands would take all memory.
MOST_FITTED = 300


@dataclass(frozen=True)
class GrowthPoint:
    """User and kernel memory in bytes above the baseline with `units` alive: the median over the
    processes that were there, the least and the most of them, and how many they were. `doubt` is
    the gravest that any of them has; that they are few is seen from `samples`."""

    units: int
    bytes: float
    low: float
    high: float
    samples: int
    doubt: str | None = None


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
    """One case's curve, the fewest units first. Without points `reason` says why; without a
    line there are fewer than two points."""

    case: str
    points: tuple[GrowthPoint, ...]
    line: Line | None
    source: str
    reason: str = ""


@dataclass(frozen=True)
class _Taken:
    """A step's count, its bytes above the baseline, their source, and the doubts about them."""

    units: int
    bytes: float
    source: str
    doubts: frozenset[str]


def growths(result: Result) -> tuple[Growth, ...]:
    """The curve of every case that ran. Which sessions have a count is the rule of
    `steps_by_count`."""
    return tuple(map(growth_of, cases_of(result)))


def growth_of(case: CaseSessions) -> Growth:
    """The curve of one case, of the source that most of its steps were read from."""
    steps = steps_by_count(case.sessions, lambda *step: _taken(case, *step) is not None).values()
    known = [one for step in itertools.chain(*steps) if (one := _taken(case, *step)) is not None]
    if not known:
        finished = steps_by_count(case.sessions, lambda *_: True)
        reason = "its memory could not be read" if finished else "no step was finished"
        return Growth(case.case, (), None, UNKNOWN, reason)
    source = Counter(one.source for one in known).most_common(1)[0][0]
    at: dict[int, list[_Taken]] = defaultdict(list)
    for one in known:
        if one.source == source:
            at[one.units].append(one)
    points = []
    for units, taken in sorted(at.items()):
        values = [one.bytes for one in taken]
        doubt = gravest(name for one in taken for name in one.doubts)
        middle, samples = statistics.median(values), len(values)
        points.append(GrowthPoint(units, middle, min(values), max(values), samples, doubt))
    line = line_through(points) if len(points) > 1 else None
    return Growth(case.case, tuple(points), line, source)


def _taken(case: CaseSessions, session: Session, step: Step) -> _Taken | None:
    """What a step took; `None` where a part is not known, was read from elsewhere than the
    baseline's, or is less than it was there: then its source counts something else too."""
    if session.baseline is None:
        return None
    total, sources = 0, []
    for before, after in (
        (reading(session.baseline, name), step.read(name)) for name in (USER, KERNEL)
    ):
        if before.bytes is None or after.bytes is None or before.source != after.source:
            return None
        if after.bytes < before.bytes:
            return None
        total += after.bytes - before.bytes
        sources.append(after.source)
    source = " + ".join(sources)
    held = doubts_from(MEMORY, source) & {*case.doubts(session, [step])}
    return _Taken(step.alive, float(total), source, held)


def line_through(points: Sequence[GrowthPoint]) -> Line | None:
    """Theil's line, of two points or more: the median slope of all pairs, and the median of what
    the slope leaves over (Sen, 1968). Through two points it is the line through both."""
    fitted = points[:: 1 + len(points) // MOST_FITTED]
    first, last = fitted[0], fitted[-1]
    slope = (last.bytes - first.bytes) / (last.units - first.units)
    if len(fitted) > 2:
        median = theil_sen([p.units for p in fitted], [p.bytes for p in fitted]).value
        assert median is not None  # known from three distinct counts on
        slope = median
    offset = statistics.median(point.bytes - slope * point.units for point in fitted)
    line = Line(slope, offset, 0.0)
    off = [abs(p.bytes / line.at(p.units) - 1) for p in fitted if line.at(p.units) > 0]
    return replace(line, scatter=statistics.median(off)) if off else None
