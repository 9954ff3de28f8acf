"""A metric in words: its name, value and interval, as every table and sentence shows them."""

from __future__ import annotations

from bench.derive.metrics import Metric
from bench.judging.gates import TOTAL, MetricName
from reports.wording import units


def name_of(metric: Metric) -> str:
    """The metric in words: `bytes per unit: kernel stack`; `start latency awake, 99 %`; what else
    the value belongs to in brackets. Where it stands beside its parts, a total is called one."""
    label = MetricName.of(metric).label
    return f"{label}: {TOTAL}" if metric.part == TOTAL else label


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
