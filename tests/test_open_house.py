"""The house is open: an experiment with an act, a quantity and a figure of its own needs a row in
each list, and appears everywhere."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench import experiments, quantities
from bench.derive.choice import CaseSessions
from bench.derive.doubts import TIME
from bench.derive.metrics import figures
from bench.derive.series import Margin, Quantity, Sample, Series
from bench.engine.budget import Bounds
from bench.engine.fake import Behaviour, FakeClock, FakeRig
from bench.engine.session import LiveSession
from bench.experiments.base import SessionKind
from bench.experiments.pairs import Contender, PairsOptions, PairsRun
from bench.experiments.rounds import RoundsOptions
from bench.history import store
from bench.history.review import review
from bench.judging.gates import MetricName
from bench.judging.judge import Judge, gates_of, wanted
from bench.judging.looks import looks
from bench.model.records import Result
from reports.console import Console
from reports.deck.deck import deck
from reports.digest import digest
from reports.figures import all as figure_list
from reports.figures.all import FigureEntry
from reports.figures.chart import Chart
from reports.figures.shapes import Axis, Bar, BarRow, Bars
from reports.history.table import print_trends
from reports.page.write import write_report
from reports.tables.columns import cells, columns_of
from tests.support.entries import MACHINE, entry, targets

ONE = entry("one")


# The toy: how long do parked units take to nap? Its quantity, its act, its figure, its three rows.


def naps(quantity: Quantity, case: CaseSessions) -> Iterator[Series]:
    taken = [(one, act) for one in case.of("nap") for act in one.acts]
    samples = tuple(Sample(act.took_seconds, "runner's clock", act.alive) for _, act in taken)
    yield Series(case.case, quantity, samples)


NAP = Quantity(
    name="nap_seconds",
    dimension="seconds",
    label="time of a nap",
    short="nap",
    derive=naps,
    purposes=frozenset({"nap"}),
    doubts=TIME,
    margin=Margin(0.05),
    negligible=1e-9,
    headline=True,
)


def take_nap(live: LiveSession, limits: Bounds) -> None:
    live.grow(live.job.stops[-1])
    live.measure()
    live.act("nap", {"seconds": "1"})
    live.end_with(limits.status, limits.message)


def chart(result: Result, _: object) -> Chart:
    rows = [
        BarRow(case=one.case, label=one.case, bars=(Bar(value=one.value, said=f"{one.value} s"),))
        for one in figures(result)
        if one.metric == NAP.name
    ]
    return Chart(
        title="Naps take their time.",
        how="By the runner's clock.",
        plots=(Bars(axis=Axis(NAP.label, NAP.dimension), rows=tuple(rows)),),
    )


KIND = SessionKind("nap", lambda units, _: (units,), take_nap)
TOY = experiments.Experiment("nap", "How long does a nap take?", (KIND,))
FIGURE = FigureEntry("naps", "Naps", chart, (NAP,))


# Where it appears


@pytest.fixture(autouse=True)
def a_row_in_each_list(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quantities, "ALL", (*quantities.ALL, NAP))
    monkeypatch.setattr(experiments, "ALL", (*experiments.ALL, TOY))
    monkeypatch.setattr(figure_list, "FIGURES", (*figure_list.FIGURES, FIGURE))


def napping(seconds: float = 1e-3) -> FakeRig:
    return FakeRig({"one": Behaviour(acts=("nap",), seconds=seconds)}, FakeClock())


def made() -> Result:
    wish, cases = RoundsOptions(at=100), targets(napping(), ONE)
    result = TOY.run_of(wish, cases, MACHINE, lambda _: None, lambda _: None).run()
    assert isinstance(result, Result)
    assert [one.round for one in result.sessions] == [1, 2, 3, 4, 5, 6]
    return result


def test_a_toy_experiment_is_in_table_summary_and_export() -> None:
    from reports.exports.formats import FORMATS, export
    from reports.tables.summary import FORMATS as SUMMARIES
    from reports.tables.summary import render

    result = made()
    compared = digest(result, figures(result)).comparison
    columns = columns_of(compared)
    headings = [column.heading for column in columns]
    row = dict(zip(headings, cells(compared.rows[0], columns), strict=True))
    assert row[NAP.label].startswith("100 ms")
    for format_ in SUMMARIES:
        text = render(result, format_)
        assert NAP.name in text or NAP.label in text or NAP.short in text, format_
    written = {format_: export(result, format_).text or "" for format_ in FORMATS}
    assert all(NAP.name in text for text in written.values())


def test_a_toy_experiment_is_on_the_page_and_in_the_deck(tmp_path: Path) -> None:
    result = made()
    whole = digest(result, figures(result))
    page = write_report({"r": whole}, tmp_path / "r").read_text(encoding="utf-8")
    assert "Naps take their time." in page
    assert (tmp_path / "r" / "naps.csv").exists()
    with zipfile.ZipFile(io.BytesIO(deck(whole))) as archive:
        slides = [archive.read(n).decode() for n in archive.namelist() if "slides/slide" in n]
    assert any("Naps take their time." in slide for slide in slides)


def test_a_toy_experiment_is_judged_in_pairs() -> None:
    sides = [Contender(f"{s}", targets(napping(s), ONE)) for s in (1e-3, 2e-3)]
    gates = gates_of([sides[0].targets[0].case], {MetricName(NAP.name): None})
    judge = Judge(gates, looks(13))
    options = PairsOptions(
        seed=1, looks=tuple(one.pairs for one in looks(13)), wanted=wanted(gates), at=100
    )
    base, new = PairsRun(
        options, (sides[0], sides[1]), MACHINE, judge, lambda _: None, (lambda _: None,) * 2
    ).run()
    (verdict,) = judge.final(base, new).verdicts
    assert (verdict.metric, verdict.verdict) == (NAP.name, "regression")
    assert verdict.effect == pytest.approx(2)


def test_a_toy_experiment_has_a_history(tmp_path: Path) -> None:
    store.add(tmp_path, store.point_of(made(), None))
    found = review(store.read(tmp_path))
    assert NAP.name in {trend.metric.metric for trend in found.trends}
    out = io.StringIO()
    print_trends(found, Console(file=out, width=120, color_system=None))
    assert NAP.short in out.getvalue()
