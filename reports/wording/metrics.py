"""A metric in words: its name, value and interval, as every table and sentence shows them."""

from __future__ import annotations

from bench.derive.metrics import Metric
from reports.wording import units


def name_of(metric: Metric) -> str:
    """The metric in words: `bytes per unit: kernel stack`; `start latency awake, 99 %`; what else
    the value belongs to in brackets."""
    words = metric.quantity.label
    words += f": {metric.part.replace('_', ' ')}" if metric.part else ""
    if metric.quantile is not None:
        names = {0.5: "median", 1.0: "longest"}
        words += f", {names.get(metric.quantile, f'{metric.quantile * 100:.3g} %')}"
    about = ", ".join(f"{key} {value}" for key, value in metric.with_.items())
    return f"{words} ({about})" if about else words


def value_of(metric: Metric, value: float | None) -> str:
    """A value of this metric as a person reads it."""
    return units.amount(metric.quantity.dimension, value)


def interval(metric: Metric) -> str:
    """The 95 % interval, its unit once where both ends have the same; empty where there is none."""
    if metric.low is None or metric.high is None:
        return ""
    low, high = value_of(metric, metric.low), value_of(metric, metric.high)
    same = low.partition(" ")[2] == high.partition(" ")[2]
    return f"{low.partition(' ')[0] if same else low} to {high}"
