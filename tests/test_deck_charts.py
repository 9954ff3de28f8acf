"""The charts of a deck hold what the data behind the figures hold, and can be edited."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import pytest
from msgspec.structs import replace
from pptx.enum.chart import XL_MARKER_STYLE

from reports.figures.all import names
from reports.palette import LIGHT, colour
from tests.support.decks import (
    charts,
    labels,
    opened,
    placed,
    points,
    slide_of,
    texts,
    values,
)
from tests.support.made_runs import RESULTS, limited
from tests.support.results import Unit, allowing, altered, result, sweep, whole_run

KIB = 1024
FEW_SHARE = '0 %"†"'  # of one sweep, of which there is no interval


@pytest.fixture(scope="module")
def whole() -> Any:
    """A whole run's deck, opened again."""
    return opened(whole_run())


def test_how_many_holds_the_counts(whole: Any) -> None:
    (chart,) = charts(slide_of(whole, "how-many"))
    assert list(chart.plots[0].categories) == [
        *("threading.Thread", "OS thread (C)", "goroutine", "asyncio task"),
    ]
    assert values(chart) == {
        "projected": [None] * 4,
        "alive at once": [22_362, 30_000, 1_000_000, 1_000_000],
    }
    (chart,) = charts(slide_of(opened(limited()), "how-many"))
    assert values(chart) == {
        "projected": [None, 19_273_901],
        "alive at once": [22_362, 1_000_000],
    }


def test_a_projected_bar_is_pale_and_dashed(whole: Any) -> None:
    (chart,) = charts(slide_of(whole, "how-many"))
    pale, solid = (series._element for series in chart.plots[0].series)
    assert len(pale.xpath(".//a:alpha")) == len(pale.xpath(".//a:prstDash")) == 4
    assert solid.xpath(".//a:alpha") == solid.xpath(".//a:prstDash") == []


def test_a_bar_is_labelled_with_its_own_value_at_its_end() -> None:
    made = opened(limited())
    (chart,) = charts(slide_of(made, "how-many"))
    assert labels(chart, "alive at once") == {0: ("#,##0", "outEnd")}
    assert labels(chart, "projected") == {1: ('#,##0.0,," million"', "outEnd")}
    (chart,) = charts(slide_of(made, "bytes-per-unit"))
    assert labels(chart, "total") == {
        0: ('" "#,##0.0" KiB†"', "inBase"),
        1: ('" "#,##0.00" KiB†"', "inBase"),
    }
    (chart,) = charts(slide_of(made, "closeness"))
    assert list(labels(chart, "units that the limit allows")) == [0, 1, 2]


def test_a_share_of_a_few_ticks_is_about_so_much() -> None:
    one = sweep((10_000, 100_000))
    rough = altered(one.steps[1], user_seconds=0.02, system_seconds=0.02, gc_seconds=None)
    made = opened(result(replace(one, steps=(one.steps[0], rough))))
    (chart,) = charts(slide_of(made, "where-time-goes"))
    assert labels(chart, "neither: waiting") == {0: ('"≈ "0 %"†"', "ctr")}
    few = altered(one.steps[1], user_seconds=0.0, system_seconds=0.01)
    made = opened(result(replace(one, steps=(one.steps[0], few))))
    (chart,) = charts(slide_of(made, "where-time-goes"))
    assert [labels(chart, name) for name in values(chart)] == [{}] * 4


def test_a_quantile_that_is_not_told_has_no_point() -> None:
    timed = Unit(start_ns=(1000,) * 30 + (2000,) * 10)
    _, latencies = charts(slide_of(opened(result(sweep((10, 100), timed))), "spawn"))
    series, _ = latencies.plots[0].series
    known, _ = points(latencies).values()
    assert [x for x, _ in known] == pytest.approx([1, 2, 2], 0.01)
    styles = [series.points[place].marker.style for place in range(3)]
    assert styles == [XL_MARKER_STYLE.CIRCLE, XL_MARKER_STYLE.DIAMOND, XL_MARKER_STYLE.SQUARE]


def test_a_series_stands_before_no_longer_one(whole: Any) -> None:
    few = sweep((10, 100), Unit(start_ns=(1000,) * 20), runtime="pthread")
    _, latencies = charts(slide_of(opened(result(few, sweep((10, 100)))), "spawn"))
    known = points(latencies)
    assert [len(each) for each in known.values()] == [4, 4, 3, 3]
    assert next(reversed(known)) == "OS thread (C), awake†, 5.00 ns"
    (chart,) = charts(slide_of(whole, "growth"))
    lengths = [len(series) for series in points(chart).values()]
    assert lengths == sorted(lengths, reverse=True)
    assert len(set(lengths)) > 1


def test_a_share_is_written_where_it_has_room_and_the_clock_s_mark_leaves_it() -> None:
    one = sweep((10_000, 100_000), Unit(marginal=1e-3))
    busy = altered(one.steps[1], system_seconds=0.5 * one.steps[1].burst_seconds)
    made = opened(result(*[replace(one, steps=(one.steps[0], busy), round=n) for n in range(6)]))
    (chart,) = charts(slide_of(made, "where-time-goes"))
    assert labels(chart, "program") == {0: ("0 %", "ctr")}
    assert labels(chart, "garbage collector") == {0: ("0 %", "ctr")}
    assert labels(chart, "neither: waiting") == {}
    tiny = altered(one.steps[1], gc_seconds=0.02 * one.steps[1].burst_seconds)
    (chart,) = charts(
        slide_of(opened(result(replace(one, steps=(one.steps[0], tiny)))), "where-time-goes")
    )
    assert values(chart)["garbage collector"] == pytest.approx([0.02])
    assert labels(chart, "garbage collector") == {}


@pytest.mark.parametrize(
    ("clock", "position"), [(0.1, "ctr"), (0.48, "inEnd"), (0.52, "inBase"), (0.9, "ctr")]
)
def test_a_share_keeps_clear_of_the_wall_clock_s_mark(clock: float, position: str) -> None:
    one = sweep((10_000, 100_000), Unit(marginal=1e-3))
    burst = one.steps[1].burst_seconds
    busy = altered(one.steps[1], user_seconds=0.0, system_seconds=burst / clock, gc_seconds=None)
    made = opened(result(replace(one, steps=(one.steps[0], busy))))
    (chart,) = charts(slide_of(made, "where-time-goes"))
    assert labels(chart, "kernel") == {0: (FEW_SHARE, position)}


def test_unit_cost_holds_the_parts_in_kib_with_a_mark_where_rss_ends(whole: Any) -> None:
    slide = slide_of(whole, "bytes-per-unit")
    (chart,) = charts(slide)
    known = values(chart)
    assert known["user memory"] == pytest.approx([v / KIB for v in (16_531, 8481, 2750, 1152)])
    assert known["kernel stack"] == pytest.approx([16, 16, 0, 0])
    assert known["total"] == pytest.approx([v / KIB for v in (44_131, 35_683, 2755, 1154)])
    frame = next(placed(shape) for shape in slide.shapes if shape.has_chart)
    left, wide = (
        float(chart._chartSpace.xpath(f".//c:plotArea/c:layout//c:{name}/@val")[0]) for name in "xw"
    )
    ends = [placed(shape).left for shape in slide.shapes if shape.name == "where RSS ends"]
    plot = frame.left + left * (frame.right - frame.left), wide * (frame.right - frame.left)
    assert ends == pytest.approx(
        [plot[0] + plot[1] * rss / 44_131 for rss in (900, 8600, 2750, 1150)], abs=1e-4
    )


def test_growth_holds_points_and_line_of_each_curve(whole: Any) -> None:
    (chart,) = charts(slide_of(whole, "growth"))
    known = points(chart)
    assert len(known) == 8
    assert [count for count, _ in known["asyncio task"]] == [100, 1000, 10_000, 100_000, 1_000_000]
    assert known["asyncio task"][0][1] == pytest.approx(115_400 / KIB**2)
    assert known["asyncio task, fitted line"][-1][1] == pytest.approx(1154e6 / KIB**2)


def test_spawn_holds_rates_and_quantiles() -> None:
    rates, latencies = charts(slide_of(opened(limited()), "spawn"))
    assert values(rates)["burst, units a second"] == pytest.approx([1 / 3e-4, 100_000])
    known = points(latencies)
    assert list(known) == [
        f"{label}, {start}†, 5.00 ns"
        for label in ("threading.Thread", "asyncio task")
        for start in ("from idle", "awake")
    ]
    assert [x for x, _ in known["asyncio task, awake†, 5.00 ns"]] == pytest.approx(
        [1, 1, 2, 8], 0.01
    )
    heights = [points[0][1] for points in known.values()]
    assert heights == [1.75, 1.25, 0.75, 0.25]  # two lanes a row, the first row above


def test_without_latencies_the_bursts_have_the_slide_for_themselves() -> None:
    one = sweep((10, 1000), purpose="climb")
    untimed = replace(
        one, steps=tuple(altered(step, latencies=None, awake_latencies=None) for step in one.steps)
    )
    (chart,) = charts(slide_of(opened(result(untimed)), "spawn"))
    assert values(chart)["burst, units a second"] == pytest.approx([100_000])


def test_where_time_goes_holds_shares_that_add_up(whole: Any) -> None:
    (chart,) = charts(slide_of(whole, "where-time-goes"))
    known = values(chart)
    assert list(known) == ["program", "garbage collector", "kernel", "neither: waiting"]
    assert [column[0] for column in known.values()] == pytest.approx([0.5, 0.1, 0.3, 0.1])
    for row in zip(*known.values(), strict=True):
        assert sum(share or 0 for share in row) == pytest.approx(1)


def test_closeness_holds_what_each_limit_allows_the_binding_one_in_colour() -> None:
    slide = slide_of(opened(limited()), "closeness")
    (chart,) = charts(slide)
    assert list(chart.plots[0].categories) == [
        "threading.Thread: vm.max_map_count",
        "kernel.pid_max",
        "asyncio task: MemAvailable",
    ]
    (series,) = chart.plots[0].series
    assert list(series.values) == [22_362, 32_456, 19_273_901]
    fills = [str(series.points[n].format.fill.fore_color.rgb) for n in range(3)]
    assert fills == [
        one[1:].upper()
        for one in (colour("threading", LIGHT), LIGHT.quiet, colour("asyncio", LIGHT))
    ]


def test_the_limit_that_ended_a_launch_is_shown_however_far_it_was() -> None:
    limits = [allowing(f"limit.number.{n}", 30_000 * 10**n) for n in range(5)]
    sweeps = [
        sweep(
            (100, 20_000),
            runtime=f"runtime {place}",
            purpose="climb",
            status="refused",
            limit="limit.number.4",
            limits=limits,
        )
        for place in range(10)
    ]
    shown = [
        str(name)
        for chart in charts(slide_of(opened(result(*sweeps)), "closeness"))
        for name in chart.plots[0].categories
    ]
    assert sum(name.endswith("limit.number.4") for name in shown) == 10
    assert not any(name.endswith("limit.number.3") for name in shown)


def test_none_has_no_place_on_a_logarithmic_scale_and_is_said() -> None:
    made = opened(RESULTS["none alive, and its limit"])
    (chart,) = charts(slide_of(made, "how-many"))
    assert values(chart) == {"projected": [None], "alive at once": [None]}
    assert "none: a, 1,000,000 threads" in texts(slide_of(made, "how-many"))
    (chart,) = charts(slide_of(made, "closeness"))
    assert values(chart) == {"units that the limit allows": [None]}
    assert list(chart.plots[0].categories) == ["asyncio task: a: none"]
    assert len(charts(slide_of(opened(RESULTS["no time at all"]), "spawn"))) == 1


def test_a_line_is_drawn_where_it_is_above_nothing() -> None:
    one = sweep((10, 1000, 2000, 3000, 4000))
    taken = (1, 100_000, 300_000, 500_000, 700_000)
    steps = [
        altered(step, memory=step.readings | {"user": replace(step.readings["user"], bytes=size)})
        for step, size in zip(one.steps, [1_000_000 + more for more in taken], strict=True)
    ]
    (chart,) = charts(slide_of(opened(result(replace(one, steps=tuple(steps)))), "growth"))
    known = points(chart)
    assert len(known["asyncio task"]) == 5
    assert [x for x, _ in known["asyncio task, fitted line"]] == [1000, 2000, 3000, 4000]


def test_every_figure_is_a_chart_that_can_be_edited(whole: Any) -> None:
    drawn = [chart for slide in whole.slides for chart in charts(slide)]
    assert len(drawn) == 7
    for chart in drawn:
        book = zipfile.ZipFile(io.BytesIO(chart.part.chart_workbook.xlsx_part.blob))
        assert "xl/worksheets/sheet1.xml" in book.namelist()
        assert b"2000-01-01T00:00:00Z" in book.read("docProps/core.xml")


def test_counts_and_bytes_and_latencies_stand_on_logarithmic_scales(whole: Any) -> None:
    logs = {
        name: [len(chart._chartSpace.xpath(".//c:logBase[@val='10']")) for chart in charts(slide)]
        for name in names()
        for slide in [slide_of(whole, name)]
    }
    assert logs == {
        "how-many": [1],
        "bytes-per-unit": [0],
        "growth": [2],
        "spawn": [0, 1],
        "where-time-goes": [0],
        "closeness": [1],
    }


def test_the_first_row_is_above_and_the_scale_below(whole: Any) -> None:
    for name in ("how-many", "bytes-per-unit", "spawn", "where-time-goes", "closeness"):
        space = charts(slide_of(whole, name))[0]._chartSpace
        assert space.xpath(".//c:catAx/c:scaling/c:orientation/@val") == ["maxMin"]
        assert space.xpath(".//c:valAx/c:crosses/@val") == ["max"]


def test_an_interval_is_drawn_where_it_is_known() -> None:
    slow = [sweep((100, 1000), Unit(burst=n * 1e-6), number=n) for n in range(1, 7)]
    rates, _ = charts(slide_of(opened(result(*slow)), "spawn"))
    reach = [float(one) for one in rates._chartSpace.xpath(".//c:errBars//c:v/text()")]
    value = 1e6 / 3.5
    assert reach == pytest.approx([1e6 - value, value - 1e6 / 6])


def test_an_unknown_total_is_said_and_has_no_number() -> None:
    slide = slide_of(opened(result(sweep(unit=Unit(kernel=None)))), "bytes-per-unit")
    assert "total unknown" in texts(slide)
    (chart,) = charts(slide)
    assert values(chart)["total"] == [None]
