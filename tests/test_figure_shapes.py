"""A figure is one value of a shape and one row in the list: it then stands in page, deck, pictures
and tables, whatever quantity it is about."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from bench.derive.metrics import Metric, figures
from bench.model.records import Result
from bench.quantities import RELEASE
from reports.deck.template import presentation
from reports.digest import digest
from reports.draw import pptx_backend
from reports.draw.canvas import SHAPES, WIDE
from reports.draw.matplotlib_backend import draw
from reports.draw.slide import FIGURE, Page
from reports.figures import all as figure_list
from reports.figures.all import FigureEntry
from reports.figures.chart import Chart
from reports.figures.shapes import (
    Axis,
    Bar,
    BarPart,
    BarRow,
    Bars,
    Curve,
    CurvePoint,
    Curves,
    Plot,
    Range,
    RangeRow,
    Ranges,
    StackedBars,
    StackRow,
)
from reports.page.write import write_report
from reports.palette import DARK, LIGHT
from tests.support.decks import charts, notes, opened, title
from tests.support.results import whole_run


def warmth(_: Result, metrics: Sequence[Metric]) -> Chart:
    """The whole of a new figure, about a quantity that no other figure shows."""
    found = [one for one in metrics if one.metric == RELEASE.name]
    rows = tuple(
        BarRow(case=one.case, label=one.case, bars=(Bar(value=one.value, said=f"{one.value}"),))
        for one in found
    )
    bars = Bars(axis=Axis("time", RELEASE.dimension), rows=rows)
    return Chart(title="Tasks are warm.", how="Measured with a thermometer.", plots=(bars,))


@pytest.fixture
def listed(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = FigureEntry("warmth", "How warm", warmth, (RELEASE,))
    monkeypatch.setattr(figure_list, "FIGURES", (*figure_list.FIGURES, entry))


@pytest.mark.slow
@pytest.mark.usefixtures("listed")
def test_a_new_figure_is_one_value_and_one_row_in_the_list(tmp_path: Path) -> None:
    assert figure_list.names()[-1] == "warmth"
    made = digest(whole_run(), figures(whole_run()))
    page = write_report({"run": made}, tmp_path).read_text("utf-8")
    assert "How warm" in page
    assert "Tasks are warm." in page
    assert (tmp_path / "warmth.csv").read_text("utf-8").startswith("runtime,value,doubts\npthread,")
    assert {place.name for place in tmp_path.glob("warmth.*")} == {
        f"warmth.{form}" for form in ("csv", "md", "pdf", "png", "svg")
    }
    (slide,) = [one for one in opened(whole_run()).slides if title(one) == "Tasks are warm."]
    (chart,) = charts(slide)
    assert all(value for series in chart.plots[0].series for value in series.values)
    assert "Measured with a thermometer." in notes(slide)


@pytest.mark.usefixtures("listed")
def test_a_figure_without_its_quantities_is_not_chosen() -> None:
    known = [one for one in figures(whole_run()) if one.metric == "ceiling"]
    chosen = [one.name for one in figure_list.charts(whole_run(), known)]
    assert chosen == [figure_list.HOW_MANY.name, figure_list.CLOSENESS.name]


def points(*values: tuple[float, float]) -> tuple[CurvePoint, ...]:
    return tuple(CurvePoint(x, y, 0.9 * y, 1.1 * y) for x, y in values)


DAY = 86_400.0
SHAPE: dict[str, tuple[Plot, tuple[str, ...], tuple[str, ...]]] = {
    "bars": (
        Bars(
            axis=Axis("seconds a unit", "seconds"),
            rows=(
                BarRow(case="trio", label="trio task", bars=(Bar(value=2e-6, said="2.00 µs"),)),
                BarRow(case="x", label="x", bars=(Bar(value=None, said="unknown"),)),
            ),
        ),
        ("runtime", "seconds a unit"),
        ("trio", "2.00 µs"),
    ),
    "bars with an interval and a doubt": (
        Bars(
            axis=Axis("bytes a unit", "bytes", log=True),
            rows=(
                BarRow(
                    case="trio",
                    label="trio task",
                    notes=("900 B to 1.10 KiB",),
                    bars=(Bar(value=1000, low=900, high=1100, said="1,000 B†", doubt="few"),),
                ),
            ),
        ),
        ("runtime", "bytes a unit", "low", "high"),
        ("trio", "0.977 KiB†", "900 B", "1.07 KiB"),
    ),
    "several bars a row": (
        Bars(
            axis=Axis("units", "count", log=True),
            rows=(
                BarRow(
                    case="trio",
                    label="trio task",
                    mark=5,
                    bars=(
                        Bar(value=10, said="10", name="near"),
                        Bar(value=1e6, said="1 million", name="far", quiet=True),
                    ),
                ),
            ),
            mark="reached",
        ),
        ("runtime", "of", "units"),
        ("trio", "near", "10"),
    ),
    "stacked bars": (
        StackedBars(
            axis=Axis("memory", "bytes"),
            parts=(BarPart("user", "own"), BarPart("of its own", "shared")),
            rows=(StackRow(case="trio", label="trio task", parts=(1, 2), said="3 B", total=3),),
        ),
        ("runtime", "own", "shared", "total"),
        ("trio", "1.00 B", "2.00 B", "3.00 B"),
    ),
    "ranges": (
        Ranges(
            axis=Axis("latency", "seconds", log=True),
            points=("median", "longest"),
            rows=(
                RangeRow(
                    case="trio",
                    label="trio task",
                    ranges=(Range(points=(1e-6, 2e-3), said="idle"),),
                ),
            ),
        ),
        ("runtime", "range", "median", "longest"),
        ("trio", "idle", "1.00 µs", "2.00 ms"),
    ),
    "curves": (
        Curves(
            x=Axis("calls", "count"),
            y=Axis("bytes", "bytes"),
            rows=(
                Curve(case="trio", label="trio task", segments=(points((1, 50), (9, 900)),)),
                Curve(case="x", label="x", segments=(points((1, 70), (5, 10)),), line=(-15, 85)),
            ),
        ),
        ("runtime", "at", "bytes", "low", "high"),
        ("trio", "1", "50.0 B", "45.0 B", "55.0 B"),
    ),
    "curves apart, by date": (
        Curves(
            x=Axis("date", "time"),
            y=Axis("burst", "seconds"),
            rows=(
                Curve(
                    case="trio",
                    label="trio task",
                    segments=(points((0, 4e-6), (DAY, 5e-6)), points((3 * DAY, 6e-6))),
                ),
            ),
            apart=True,
        ),
        ("runtime", "at", "burst", "low", "high"),
        ("trio", "1970-01-01", "4.00 µs", "3.60 µs", "4.40 µs"),
    ),
}


@pytest.mark.parametrize("name", SHAPE)
def test_a_shape_has_its_own_table(name: str) -> None:
    plot, headings, first = SHAPE[name]
    table = Chart(title="One.", how="", plots=(plot,)).table
    assert table.headings == headings
    assert table.words[0] == first


@pytest.mark.slow
@pytest.mark.parametrize("name", SHAPE)
def test_a_shape_is_drawn_by_both_backends(name: str) -> None:
    plot, *_ = SHAPE[name]
    made = Chart(title="One.", how="By hand.", plots=(plot,), name="one", caption="here")
    for shape in SHAPES.values():
        said = drawn_words(made, shape)
        assert "trio task" in said
        assert any(words.startswith("One.") for words in said)
    prs = presentation(LIGHT)
    page = Page(prs, FIGURE, LIGHT)
    pptx_backend.draw(page, made, page.figure(made))
    (chart,) = charts(page.slide)
    assert any(value for series in chart.plots[0].series for value in series.values)


def drawn_words(made: Chart, shape: Any = WIDE) -> list[str]:
    from matplotlib.text import Text

    artists = draw(made, DARK, shape).artists
    return [one.get_text() for one in artists if isinstance(one, Text)]


def test_a_plot_beside_another_has_its_rows() -> None:
    bars, _, _ = SHAPE["bars"]
    ranges, _, _ = SHAPE["ranges"]
    assert isinstance(bars, Bars)
    first = dataclasses.replace(bars, rows=bars.rows[:1])
    for plots in ((first, ranges), (ranges, first)):
        made = Chart(title="Two.", how="", plots=plots)
        assert {"2.00 µs", "idle"} <= set(drawn_words(made))
        prs = presentation(LIGHT)
        page = Page(prs, FIGURE, LIGHT)
        pptx_backend.draw(page, made, page.figure(made))
        assert len(charts(page.slide)) == 2
        assert "idle" in texts_of(page)


def texts_of(page: Page) -> list[str]:
    return [shape.text_frame.text for shape in page.slide.shapes if shape.has_text_frame]
