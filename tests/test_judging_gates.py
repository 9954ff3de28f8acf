"""What can be gated, by which words, and by which margin unless another is given."""

from __future__ import annotations

import msgspec
import pytest

from bench import quantities
from bench.judging.gates import (
    BURST,
    BYTES,
    CEILING,
    LEAK,
    Gate,
    GateScale,
    Margin,
    MetricName,
    default_margin,
    metric_names,
)
from bench.model.records import CaseRecord
from runners.catalogue import shipped

TASK = CaseRecord(runtime="any", label="any", kind="task", language="Python")


def test_every_metric_has_its_words() -> None:
    known = metric_names()
    assert {figure.metric for figure in known.values()} == {one.name for one in quantities.all_()}
    assert all(figure.words == words for words, figure in known.items())
    assert known["bytes_per_unit"] == BYTES
    assert known["bytes_per_unit/rss"] == MetricName("bytes_per_unit", part="rss")
    assert known["start_latency_seconds/0.99"] == MetricName("start_latency_seconds", quantile=0.99)


@pytest.mark.parametrize(
    ("figure", "margin"),
    [
        (BYTES, Margin(0.01)),
        (MetricName("fixed_bytes"), Margin(0.01)),
        (BURST, Margin(0.03)),
        (MetricName("page_faults_per_unit"), Margin(0.03)),
        (CEILING, Margin(0.03)),
        (LEAK, Margin(10.0, absolute=True)),
    ],
)
def test_a_figure_has_a_margin_of_its_kind(figure: MetricName, margin: Margin) -> None:
    assert default_margin(figure, TASK) == margin


def test_a_runtime_may_leak_what_its_catalogue_entry_says() -> None:
    usual = {one.name: one.leak_margin for one in shipped()}
    assert {name for name, bytes_ in usual.items() if bytes_ != 10.0} == {"threading"}
    threads = msgspec.structs.replace(TASK, leak_margin=usual["threading"])
    assert default_margin(LEAK, threads).value == 64.0


@pytest.mark.parametrize(
    ("figure", "margin", "effect"),
    [
        (BYTES, Margin(0.25), 1.25),
        (CEILING, Margin(0.2), 0.8),
        (LEAK, Margin(10.0, absolute=True), 10.0),
    ],
)
def test_a_scale_puts_the_margin_where_it_is_meant(
    figure: MetricName, margin: Margin, effect: float
) -> None:
    scale = GateScale.of(Gate("any", figure, margin), [1.0])
    assert scale.effect(scale.limit) == pytest.approx(effect)
    assert scale.worsening(scale.limit) == pytest.approx(margin.value)
    assert scale.limit > 0


@pytest.mark.parametrize(
    ("name", "amount"),
    [("gc_seconds_per_unit", 1e-7), ("fixed_bytes", 10.0), ("page_faults_per_unit", 0.01)],
)
def test_without_a_ratio_there_is_an_amount_of_the_figures_own_kind(
    name: str, amount: float
) -> None:
    scale = GateScale.of(Gate("any", MetricName(name), Margin(0.03)), [1.0, 0.0])
    assert scale.margin == Margin(amount, absolute=True)
