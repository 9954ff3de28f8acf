"""What every format is made from: a metric with the samples behind it, and what it is called there.

A name is the same in every run, and no other metric's: `runtime/metric`, in the words of `outnumber
summary --format json`, then `/part` for bytes and `/quantile` for start latencies, then what else
the values belong to, then the number of units: `trio/bytes_per_unit/total/n=100000`. That number is
part of the name because it moves the value (2,091 bytes a trio task at 100,000 and 2,388 at 5,000),
and a tool compares whatever is called alike. Where it is only what a climb reached, another number
every night, the name says `climb` instead.
"""

from __future__ import annotations

import hashlib
import re
import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from bench.derive.choice import choose
from bench.derive.doubts import DOUBTS, MARK, REASONS
from bench.derive.metrics import Metric, metric_of, series
from bench.derive.series import Dimension
from bench.judging.gates import MetricName, purpose_of
from bench.model.records import BURST_FROM_NOTHING, RENAMED, REPEAT, Result
from bench.model.records import CLIMB as CLIMBS
from reports.wording import escape

CLIMB: Literal["climb"] = "climb"
# A catalogue's rule for names, so that a real runtime keeps its own in every format.
LONGEST = 64
_SAFE = re.compile(rf"[A-Za-z0-9][A-Za-z0-9._+-]{{0,{LONGEST - 1}}}")


@dataclass(frozen=True)
class Exported:
    """A metric, and one value a process in the order in which they ran.

    `units` is the number of units that it was taken at, where that was fixed beforehand; `CLIMB`
    where it is what a climb happened to reach; `None` where it belongs to no number. `unlike`
    counts the sessions whose value is unknown, or was read from another source than most: those are
    neither in the metric nor in its samples.
    """

    metric: Metric
    samples: tuple[float, ...]
    units: int | Literal["climb"] | None
    unlike: int = 0

    @property
    def dimension(self) -> Dimension:
        return self.metric.quantity.dimension

    @property
    def quantity(self) -> str:
        """What was measured, without case and units: `bytes_per_unit/total`."""
        words = (self.metric.metric, self.metric.part, self.quantile, *self.about)
        return "/".join(filter(None, words))

    @property
    def about(self) -> tuple[str, ...]:
        """What else the values belong to: `calls=100`."""
        pairs = self.metric.with_.items()
        return tuple(f"{_safe(key)}={_safe(str(value))}" for key, value in pairs)

    @property
    def quantile(self) -> str | None:
        """The quantile as in a name, `0.99` or `1`; `None` where the metric has none."""
        return None if self.metric.quantile is None else f"{self.metric.quantile:g}"

    @property
    def at(self) -> str | None:
        """`n=100000`, `climb`, or `None` where the metric belongs to no number of units."""
        return self.units if self.units is None or self.units == CLIMB else f"n={self.units}"

    @property
    def without_case(self) -> str:
        """The name without its case: `ceiling`, `bytes_per_unit/total/n=100000`."""
        return "/".join(filter(None, (self.quantity, self.at)))

    @property
    def full_name(self) -> str:
        """The case and the metric: `trio/bytes_per_unit/total/n=100000`."""
        return f"{case_name(self)}/{self.without_case}"


@dataclass(frozen=True)
class LeftOut:
    """What a format could not hold, and why."""

    metric: Exported
    reason: str


@dataclass(frozen=True)
class Export:
    """The text of a format, `None` where nothing was left to write, what was left out, and which
    metrics of the result are doubted."""

    text: str | None
    left_out: tuple[LeftOut, ...]
    doubted: tuple[Exported, ...] = ()


def metrics_of(result: Result) -> tuple[Exported, ...]:
    """Every metric of the result, the unknown ones too."""
    every, found = series(result), []
    choices = {
        case: choose([session for session in result.sessions if session.case == case])
        for case in {one.case for one in every}
    }
    for one in every:
        metric, stops = metric_of(one), choices[one.case].stops
        if one.stop is not None:
            # A count at which launching stopped is its one sample: there is no median of those.
            counted = () if metric.value is None else (metric.value,)
            found.append(Exported(metric, counted, None))
            continue
        units: int | Literal["climb"] | None = metric.at
        # Sessions of other purposes have a fixed count.
        if purpose_of(MetricName.of(one)) in (REPEAT, BURST_FROM_NOTHING):
            if any(each.session.purpose == CLIMBS for each in stops):
                units = CLIMB
            elif not units and stops:
                units = statistics.median_high([each.last.alive for each in stops])
        found.append(Exported(metric, one.values, units, len(one.samples) - len(one.values)))
    return tuple(found)


def sift(
    metrics: Iterable[Exported], against: Callable[[Exported], str | None]
) -> tuple[list[Exported], list[LeftOut]]:
    """The metrics that a format can hold, and the others: those unknown, and those that `against`
    gives a reason against."""
    kept, left_out = [], []
    for one in metrics:
        reason = "unknown" if one.metric.value is None else against(one)
        if reason is None:
            kept.append(one)
        else:
            left_out.append(LeftOut(one, reason))
    return kept, left_out


def unlike_samples(metrics: Iterable[Exported]) -> list[LeftOut]:
    """For a format of samples: those that a metric is not made from, which it does not get."""
    return [
        LeftOut(one, f"{one.unlike} of {made} samples, unknown or of another source")
        for one in metrics
        if one.unlike and (made := one.unlike + len(one.samples))
    ]


def facts(one: Exported) -> Mapping[str, str | int | float]:
    """What stands beside a value where there is a place: where it belongs and was read, its
    interval, the measuring overhead in it and why it is doubted, as far as known."""
    metric = one.metric
    known = {
        "at": metric.at,
        "samples": metric.samples,
        "low": metric.low,
        "high": metric.high,
        "source": escape.plain(metric.source),
        "status": metric.status,
        "limit": escape.plain(metric.limit or ""),
        "overhead": metric.overhead,
        "doubt": metric.doubt and REASONS[metric.doubt],
    }
    return {name: value for name, value in known.items() if value not in (None, "")}


def conditions(result: Result) -> Mapping[str, str | int]:
    """What metrics may be compared across at most with care: the machine, as far as known, and the
    settings of the run, where there are any."""
    machine = result.machine
    known = {
        "system": machine.system,
        "kernel": machine.kernel,
        "architecture": machine.architecture,
        "cpu": machine.cpu or "",
        "cpus": machine.cpus or "",
        "settings": " ".join(f"{k}={v}" for k, v in sorted(result.plan.settings.items())),
    }
    plain = {k: escape.plain(v) if isinstance(v, str) else v for k, v in known.items()}
    return {name: value for name, value in plain.items() if value}


def case_name(one: Exported, against: Callable[[str], bool] = lambda _: False) -> str:
    """The case, safe to stand in any format; another name than it where a format is `against` it
    too. A case that was renamed keeps the name that series elsewhere go on with."""
    case = one.metric.case
    return _safe(next((old for old, new in RENAMED.items() if new == case), case), against)


def _safe(name: str, against: Callable[[str], bool] = lambda _: False) -> str:
    """Letters, digits and `. _ + -` alone. Of any other name the rest is replaced and, after a `~`
    that no safe name has, a digest of the whole follows: names that differ still do, and in every
    run alike."""
    if _SAFE.fullmatch(name) and not against(name):
        return name
    readable = re.sub(r"[^A-Za-z0-9.+-]+", "_", name)[:LONGEST]
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    return f"{readable}~{digest}"


def doubted(metrics: Sequence[Exported]) -> list[str]:
    """A line for each doubt about metrics of the result, ready for a terminal."""
    lines = []
    for doubt in DOUBTS:
        held = [one.metric.case for one in metrics if one.metric.doubt == doubt.name]
        if held:
            count = f"{len(held):,} figure{'' if len(held) == 1 else 's'}"
            names = ", ".join(map(escape.plain, dict.fromkeys(held)))
            lines.append(f"doubted ({MARK}): {count} of {names}: {doubt.reason}")
    return lines


def reasons_left_out(left_out: Iterable[LeftOut]) -> list[str]:
    """A line for each quantity that was left out and each reason, its cases together, ready for a
    terminal."""
    cases: dict[tuple[str, str], list[str]] = {}
    for one in left_out:
        cases.setdefault((one.metric.quantity, one.reason), []).append(one.metric.metric.case)
    return [
        f"left out: {name} of {', '.join(map(escape.plain, these))}: {reason}"
        for (name, reason), these in cases.items()
    ]
