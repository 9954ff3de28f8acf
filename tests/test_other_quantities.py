"""Quantities that no shipped experiment has are judged, kept and exported by their rows alone."""

from __future__ import annotations

import functools
import io
import json
import math
import random
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from bench import quantities
from bench.cli.options import figure_called
from bench.derive.choice import CaseSessions
from bench.derive.doubts import TIME
from bench.derive.series import Margin, Quantity, Sample, Series
from bench.history.review import Review, review
from bench.history.store import add, point_of, read
from bench.judging.gates import Gate, MetricName, headlines
from bench.judging.judge import judged, wanted
from bench.judging.noise import margins_to_type, noise_by_case
from bench.judging.verdicts import judgement
from bench.model.records import Result, Session, Side
from reports.console import Console
from reports.exports.formats import FORMATS, export
from reports.history.documents import as_json
from reports.history.table import print_trends
from reports.tables.noise import print_noise
from reports.verdicts.table import markdown
from tests.support.results import Unit, result, sweep

LAPS = (2, 3)


def laps(quantity: Quantity, case: CaseSessions) -> Iterator[Series]:
    """Rounds a second, for as many tokens as went round."""
    for tokens in LAPS:
        samples = tuple(
            Sample(session.steps[-1].seconds["lap"] * tokens, "the test", at=100)
            for session in case.of("ring")
        )
        yield Series(case.case, quantity, samples, with_={"tokens": tokens})


def waits(quantity: Quantity, case: CaseSessions) -> Iterator[Series]:
    samples = (
        Sample(session.steps[-1].seconds["lap"], "the test", at=100) for session in case.of("ring")
    )
    yield Series(case.case, quantity, tuple(samples))


_of_rings = functools.partial(
    Quantity,
    purposes=frozenset({"ring"}),
    doubts=TIME,
    margin=Margin(0.05),
    negligible=1e-7,
    per_unit=False,
    headline=True,
)
WAIT = _of_rings(
    name="wait_seconds",
    dimension="seconds",
    label="wait for the token",
    short="wait",
    derive=waits,
)
RATE = _of_rings(
    name="laps",
    dimension="count",
    label="laps per second",
    short="laps",
    derive=laps,
    better="higher",
)


@pytest.fixture(autouse=True)
def _two_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quantities, "ALL", (*quantities.ALL, WAIT, RATE))


def rings(factor: float = 1.0, count: int = 20, seed: int = 1) -> tuple[Session, ...]:
    dice = random.Random(seed)
    return tuple(
        replace(
            one,
            steps=(replace(one.steps[0], seconds={"lap": factor * math.exp(dice.gauss(0, 0.01))}),),
            started_seconds=float(number),
        )
        for number in range(1, count + 1)
        for one in [sweep((100,), Unit(), purpose="ring", number=number)]
    )


def of_rings(*sessions: Session, **fields: object) -> Result:
    return replace(result(*sessions), **{"command": "exec"} | fields)


def side(name: str) -> Side:
    return Side(job="a job", name=name, subject=name, looks=(20,))  # type: ignore[arg-type]


@pytest.mark.parametrize("is_job", [True, False])
def test_the_headlines_of_an_experiment_decide_by_default(is_job: bool) -> None:
    fields = [{"side": side(name)} if is_job else {} for name in ("base", "new")]
    base = of_rings(*rings(), **fields[0])
    new = of_rings(*rings(1.5, seed=2), **fields[1])
    decision = judged(base, new, {}, [])
    assert decision.outcome == "regression"
    found = {one.metric_name.words: one for one in decision.verdicts}
    assert (found["wait_seconds"].verdict, found["wait_seconds"].gated) == ("regression", True)
    more = found["laps/tokens=2"]
    assert (more.verdict, more.better) == ("improvement", "higher")
    page = markdown(judgement(decision, (base, Path("a")), (new, Path("b")), paired=is_job))
    assert re.search(r"Regression: wait for the token of asyncio rose to 1\.(49|50) times", page)
    assert "laps per second (tokens 3)" in page


@pytest.mark.parametrize(
    ("typed", "metric"),
    [
        ("wait", MetricName("wait_seconds")),
        ("laps/tokens=2", MetricName("laps", with_=(("tokens", 2),))),
        ("laps per second/share=0.5", MetricName("laps", with_=(("share", 0.5),))),
        ("laps/b=x/a=1", MetricName("laps", with_=(("a", 1), ("b", "x")))),
    ],
)
def test_it_is_typed_as_it_is_shown(typed: str, metric: MetricName) -> None:
    found = figure_called(typed, "--gate")
    assert found == metric
    assert figure_called(found.words, "--gate") == found


def test_a_gate_on_what_else_the_values_belong_to_decides() -> None:
    base, new = of_rings(*rings()), of_rings(*rings(0.6, seed=2))
    decision = judged(base, new, {figure_called("laps/tokens=3", "--gate"): None}, [])
    assert [one.verdict for one in decision.gated] == ["regression"]


def test_a_job_makes_the_sessions_of_the_quantity() -> None:
    gate = Gate("asyncio", MetricName("wait_seconds"), WAIT.margin)
    assert wanted([gate]) == {"asyncio": frozenset({"ring"})}
    assert {MetricName("wait_seconds"), MetricName("laps")} <= {*headlines()}


def history_of(folder: Path) -> Review:
    for night in range(1, 25):
        made = of_rings(
            *rings(1.0 if night < 13 else 1.4, 6, seed=night),
            started=f"2026-09-{night:02d}T02:00:00+00:00",
        )
        add(folder, point_of(made, None))
    return review(read(folder))


def test_a_history_keeps_its_headlines_and_nominates_their_changes(tmp_path: Path) -> None:
    found = history_of(tmp_path)
    assert {one.metric.words for one in found.trends} == {
        "wait_seconds", "laps/tokens=2", "laps/tokens=3",
    }  # fmt: skip
    alarms = [one.period.trend.metric.words for one in found.check.alarms]
    assert alarms == ["wait_seconds"]
    out = io.StringIO()
    print_trends(found, Console(file=out, width=140, color_system=None))
    assert "wait for the token: 1.00 → 1.40 s" in out.getvalue()
    made = json.loads(as_json(found))["nominations"]
    assert {"tokens": 3} in [one["with"] for one in made]


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_holds_it(form: str) -> None:
    made = export(of_rings(*rings()), form)
    assert made.text is not None
    assert "wait_seconds" in made.text
    assert ("tokens=2" in made.text) is (form != "github-action-benchmark" and form != "pyperf")
    other = export(of_rings(*rings()), "github-action-benchmark", "bigger")
    assert "asyncio/laps/tokens=3/n=100" in (other.text or "")


def test_its_noise_is_measured_and_a_margin_recommended() -> None:
    gates = [Gate("asyncio", MetricName("wait_seconds"), WAIT.margin)]
    noises = noise_by_case(of_rings(*rings(count=40)), gates)
    margins = margins_to_type(noises, {MetricName("wait_seconds"): None})
    out = io.StringIO()
    print_noise(noises, margins, Console(file=out, width=120, color_system=None))
    assert "outnumber ab --gate wait_seconds" in out.getvalue()
