"""What every format is made from: a figure with the samples behind it; and what it gives back."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from bench.derive.choice import Choice, choose
from bench.derive.doubts import REASONS
from bench.derive.metrics import Metric, figures, series
from bench.derive.series import Series
from bench.model.records import Result
from reports.wording import escape

Dimension = Literal["seconds", "bytes", "count"]
CLIMB: Literal["climb"] = "climb"


@dataclass(frozen=True)
class Figure:
    """A figure, and one value a process in the order in which they ran.

    `units` is the number of units that it was taken at, where that was fixed beforehand; `CLIMB`
    where it is what a climb happened to reach; `None` where it belongs to no number. `unlike`
    counts the sweeps whose value is unknown, or was read from another source than most: those are
    neither in the figure nor in its samples.
    """

    metric: Metric
    samples: tuple[float, ...]
    units: int | Literal["climb"] | None
    unlike: int = 0

    @property
    def dimension(self) -> Dimension:
        """What its numbers are: seconds, bytes, or things counted."""
        dimensions: tuple[Dimension, ...] = ("seconds", "bytes")
        return next((one for one in dimensions if one in self.metric.metric), "count")


@dataclass(frozen=True)
class LeftOut:
    """What a format could not hold, and why."""

    figure: Figure
    reason: str


@dataclass(frozen=True)
class Export:
    """The text of a format, `None` where nothing was left to write, what was left out, and which
    figures of the result are doubted."""

    text: str | None
    left_out: tuple[LeftOut, ...]
    doubted: tuple[Figure, ...] = ()


def figures_of(result: Result) -> tuple[Figure, ...]:
    """Every figure of the result, the unknown ones too."""
    behind = {_key(one): one for one in series(result)}
    metrics = figures(result)
    choices = {
        name: choose([sweep for sweep in result.sessions if sweep.case == name])
        for name in {metric.case for metric in metrics}
    }
    return tuple(_figure(m, behind.get(_key(m)), choices[m.case]) for m in metrics)


def sift(
    figures: Iterable[Figure], against: Callable[[Figure], str | None]
) -> tuple[list[Figure], list[LeftOut]]:
    """The figures that a format can hold, and the others: those unknown, and those that `against`
    gives a reason against."""
    kept, left_out = [], []
    for figure in figures:
        reason = "unknown" if figure.metric.value is None else against(figure)
        if reason is None:
            kept.append(figure)
        else:
            left_out.append(LeftOut(figure, reason))
    return kept, left_out


def unlike_samples(figures: Iterable[Figure]) -> list[LeftOut]:
    """For a format of samples: those that a figure is not made from, which it does not get."""
    return [
        LeftOut(one, f"{one.unlike} of {made} samples, unknown or of another source")
        for one in figures
        if one.unlike and (made := one.unlike + len(one.samples))
    ]


def facts(figure: Figure) -> Mapping[str, str | int | float]:
    """What stands beside a value where there is a place: where it belongs and was read, its
    interval, the measuring overhead in it and why it is doubted, as far as known."""
    metric = figure.metric
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
    """What figures may be compared across at most with care: the machine, as far as known, and the
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


def _figure(metric: Metric, behind: Series | None, choice: Choice) -> Figure:
    """The ceiling has no series: its one value is what was counted."""
    if behind is None or behind.stop is not None:
        return Figure(metric, () if metric.value is None else (metric.value,), None)
    values = behind.values
    return Figure(metric, values, _units(metric, choice), len(behind.samples) - len(values))


def _units(metric: Metric, choice: Choice) -> int | Literal["climb"] | None:
    """Short sweeps and a leak's cycles stop where they were told to."""
    if metric.metric == "leaked_bytes_per_unit":
        return metric.at
    if any(stops.session.purpose == "climb" for stops in choice.stops):
        return CLIMB
    reached = [stops.last.alive for stops in choice.stops]
    return metric.at or (statistics.median_high(reached) if reached else None)


def _key(one: Metric | Series) -> Sequence[object]:
    return (one.case, one.metric, one.part, one.quantile)
