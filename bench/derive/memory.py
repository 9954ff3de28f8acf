"""Bytes: what one unit takes, part by part, and what a process takes before its first unit.

The slope is the cost: (M(N) − M(n)) / (N − n) between the two stops of a sweep. Readings of unlike
sources are never subtracted. No part is negative and none is clamped: a negative difference is
unknown. The total is user and kernel memory, unknown where either is. The kernel's memory is
counted as a whole; where its division is less than the counters can tell (a light unit's remainder
after stack and page tables is a page or two of the whole process), the remainder alone is unknown.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from bench.derive.choice import Stops, doubts
from bench.derive.doubts import SHARED
from bench.derive.metrics import Part
from bench.derive.samples import UNKNOWN, Sample
from bench.model.records import HUGE_PAGES, Step

READ: tuple[Part, ...] = ("user", "kernel", "kernel_stack", "page_tables", "rss")
# Parts that huge pages move: 2 MiB come at once, whether or not units fill them.
RESIDENT: frozenset[Part] = frozenset({"total", "user", "rss"})


def bytes_per_unit(stops: Stops) -> Mapping[Part, Sample]:
    """Every part's slope between the two stops, all unknown where the sweep has one stop only."""
    first, last = stops.first, stops.last
    if first is None:
        only = Sample(None, UNKNOWN, last.alive, warnings=(_one_step(last),))
        return dict.fromkeys((*READ, "total", "kernel_other"), only)
    read = {part: _slope(part, first, last) for part in READ}
    derived: dict[Part, Sample] = {
        "total": _combined((read["user"], 1), (read["kernel"], 1)),
        "kernel_other": _kernel_other(read, last.alive - first.alive),
    }
    return {part: _with_doubts(part, sample, stops) for part, sample in (read | derived).items()}


def fixed_bytes(stops: Stops) -> Sample:
    """The intercept, M(n) − slope · n: what the process takes with no unit.

    User and kernel memory, where the kernel's counter is of the sweep's own cgroup. A counter that
    others share has no zero of ours: then user memory alone, as the source and a warning say.
    """
    if stops.first is None:
        return Sample(None, UNKNOWN, warnings=(_one_step(stops.last),))
    user = _intercept("user", stops.first, stops.last)
    kernel = _intercept("kernel", stops.first, stops.last)
    if kernel.value is None or any(word in kernel.source for word in SHARED):
        alone = "user memory alone: the kernel's part is unknown, or counts other processes too"
        return Sample(user.value, user.source, warnings=(*user.warnings, alone, *doubts(stops)))
    return _combined((user, 1), (kernel, 1), warnings=doubts(stops))


def huge_pages(*steps: Step) -> tuple[str, ...]:
    """The doubt where huge pages were in use at one of the steps."""
    most = max(step.read(HUGE_PAGES).bytes or 0 for step in steps)
    return (f"transparent huge pages held {most:,} bytes of the process",) if most else ()


def _slope(part: Part, first: Step, last: Step) -> Sample:
    before, after = first.read(part), last.read(part)
    name = part.replace("_", " ")
    if before.bytes is None or after.bytes is None:
        return Sample(None, UNKNOWN, last.alive, warnings=(f"{name}: could not be read",))
    if before.source != after.source:
        change = f"{name}: read from {before.source}, then from {after.source}: no difference"
        return Sample(None, UNKNOWN, last.alive, warnings=(change,))
    slope = (after.bytes - before.bytes) / (last.alive - first.alive)
    return _not_negative(part, Sample(slope, after.source, last.alive))


def _not_negative(part: str, sample: Sample) -> Sample:
    """The sample; unknown where it is negative."""
    if sample.value is None or sample.value >= 0:
        return sample
    name = part.replace("_", " ")
    wrong = f"{name}: {sample.value:,.1f} bytes by {sample.source}, which counts something else too"
    return Sample(None, UNKNOWN, sample.at, warnings=(*sample.warnings, wrong))


def _intercept(part: Part, first: Step, last: Step) -> Sample:
    slope, start = _slope(part, first, last), first.read(part).bytes
    if slope.value is None or start is None:
        return Sample(None, UNKNOWN, warnings=slope.warnings)
    fixed = Sample(start - slope.value * first.alive, slope.source)
    return _not_negative(f"fixed {part}", fixed)


def _kernel_other(read: Mapping[Part, Sample], units: int) -> Sample:
    """What is left of the kernel's memory, in whole bytes of all `units`: no rounding of quotients
    makes nothing of it less than nothing."""
    rest = _combined((read["kernel"], 1), (read["kernel_stack"], -1), (read["page_tables"], -1))
    if rest.value is not None:
        rest = replace(rest, value=round(rest.value * units) / units)
    return _not_negative("kernel_other", rest)


def _combined(*terms: tuple[Sample, int], warnings: tuple[str, ...] = ()) -> Sample:
    """The signed sum of samples; unknown where one of them is."""
    warnings = (*(doubt for sample, _ in terms for doubt in sample.warnings), *warnings)
    total = 0.0
    source = ""
    for sample, sign in terms:
        if sample.value is None:
            return Sample(None, UNKNOWN, sample.at, warnings=warnings)
        total += sign * sample.value
        source += f" {'+' if sign > 0 else '−'} {sample.source}" if source else sample.source
    return Sample(total, source, terms[0][0].at, warnings=warnings)


def _with_doubts(part: Part, sample: Sample, stops: Stops) -> Sample:
    steps = (stops.first, stops.last) if stops.first else (stops.last,)
    huge = huge_pages(*steps) if part in RESIDENT else ()
    return Sample(
        sample.value,
        sample.source,
        sample.at,
        warnings=(*sample.warnings, *huge, *doubts(stops)),
    )


def _one_step(last: Step) -> str:
    return f"one step only, at {last.alive:,}: a slope needs two"
