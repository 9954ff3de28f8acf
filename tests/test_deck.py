"""The deck: opened again it says what the figures' data say, and nothing overlaps or is cut."""

from __future__ import annotations

import io
import itertools
import re
import zipfile
from typing import Any

import pytest
from msgspec.structs import replace

from bench.results.figures import figures
from bench.results.records import Result
from reports.charts.all import NAMES
from reports.deck.deck import deck
from reports.deck.page import Words, body_height
from reports.deck.template import BODY_HEIGHT, HEIGHT, WIDTH
from reports.deck.text import LINE, count_lines
from reports.digest import digest
from reports.explanation.tell import explain
from reports.finding import finding
from reports.palette import DARK, LIGHT, THEMES, Theme, colour
from tests.support.decks import (
    charts,
    labels,
    notes,
    opened,
    parts,
    placed,
    plainly,
    points,
    texts,
    title,
    values,
)
from tests.support.results import (
    PTHREAD,
    THREADING,
    Unit,
    allowing,
    result,
    runtime,
    sweep,
    whole_run,
)

KIB = 1024
MONO = 0.6  # a letter's width in the command's font, in sizes of letters
HOSTILE = (
    '=cmd|"/c calc"!A1 <b>&\x00\x1b[31m\u202e\ufffe\n\ud800' + "www.example.org שלום 名前 " * 9
)


def limited() -> Result:
    """Two runtimes with limits: one that was stopped, one that was not."""
    maps = allowing("vm.max_map_count", 22_362, value=65_530, take=2.93)
    pids = allowing("kernel.pid_max", 32_456, value=32_768)
    room = allowing("MemAvailable", 19_273_901, measure="bytes", value=24 << 30, take=1152.0)
    timed = Unit(start_ns=(1000,) * 90 + (2000,) * 9 + (8000,))
    stopped = sweep(
        (1000, 22_362),
        THREADING,
        runtime="threading",
        purpose="climb",
        status="refused",
        limit="vm.max_map_count",
        limits=(maps, pids),
    )
    return result(stopped, sweep((10_000, 1_000_000), timed, purpose="climb", limits=(room,)))


def hostile() -> Result:
    """A run whose every text is meant to do harm."""
    limit = allowing(HOSTILE, 30_000, where=HOSTILE, lift=HOSTILE)
    one = sweep(
        (100, 1000, 30_000),
        PTHREAD,
        runtime=HOSTILE,
        purpose="climb",
        status="refused",
        limit=HOSTILE,
        limits=(limit,),
        warnings=(HOSTILE,),
    )
    made = result(
        one,
        *(sweep((1000, 10_000), PTHREAD, runtime=HOSTILE, number=n) for n in range(1, 7)),
        runtimes=[
            replace(runtime(HOSTILE), label=HOSTILE, version=HOSTILE),
            runtime("=other", HOSTILE),
        ],
    )
    machine = replace(made.machine, cpu=HOSTILE, kernel=HOSTILE, limits={HOSTILE: HOSTILE})
    plan = replace(made.plan, preset=HOSTILE, settings={"stack-size": HOSTILE})
    return replace(made, machine=machine, plan=plan, started=HOSTILE, warnings=(HOSTILE,))


def crowded() -> Result:
    """Twelve runtimes with five limits each."""
    sweeps = []
    for place in range(12):
        limits = [allowing(f"limit.number.{n}", 30_000 * 10**n) for n in range(5)]
        name, unit = f"my own runtime number {place}", Unit(user=500.0 + 900 * place)
        sweeps.append(sweep((100, 20_000), unit, runtime=name, purpose="climb", limits=limits))
    return result(*sweeps)


RESULTS: dict[str, Result] = {
    "a whole run": whole_run(),
    "limits": limited(),
    "hostile names": hostile(),
    "many runtimes": crowded(),
    "one runtime, one step": result(sweep((1000,))),
    "a ceiling": replace(result(sweep((10, 1000), purpose="climb")), command="ceiling"),
    "unknown memory": result(sweep(unit=Unit(kernel=None, kernel_stack=None))),
    "only failures": result(
        sweep((), status="failed"),
        sweep((), runtime="pthread", purpose="climb", status="refused", limit="RLIMIT_NPROC"),
    ),
    "none alive, and its limit": result(
        sweep((0,), purpose="climb", status="refused", limit="a", limits=(allowing("a", 0),))
    ),
    "nothing ran": result(runtimes=[runtime("trio", "no trio here")]),
    "no time at all": result(sweep(unit=Unit(burst=0.0, marginal=0.0, start_ns=(0,) * 200))),
}


@pytest.fixture(scope="module")
def whole() -> Any:
    """A whole run's deck, opened again."""
    return opened(whole_run())


@pytest.fixture(scope="module", params=RESULTS, ids=list(RESULTS))
def any_deck(request: pytest.FixtureRequest) -> Any:
    return opened(RESULTS[request.param])


def slide_of(made: Any, name: str) -> Any:
    """The slide of a figure."""
    return list(made.slides)[1 + NAMES.index(name)]


# What it says


def test_a_deck_is_16_to_9_and_each_slide_has_one_message(whole: Any) -> None:
    made = digest(whole_run(), figures(whole_run()))
    assert whole.slide_width / whole.slide_height == pytest.approx(16 / 9)
    titles = [title(slide) for slide in whole.slides]
    assert titles[0] == finding(made.comparison)
    assert titles[1:7] == [chart.title for chart in made.charts]
    assert titles[7].startswith("Why tasks outnumber threads (1 of ")
    assert titles[-2:] == [
        "How it was measured: from outside, in fresh processes, at rest",
        "To repeat this run: the machine, the versions, the command",
    ]


def test_the_notes_say_how_it_was_measured_and_what_is_missing() -> None:
    made = digest(limited(), figures(limited()))
    slides = list(opened(limited()).slides)
    for chart, slide in zip(made.charts, slides[1:7], strict=True):
        assert f"How it was measured: {chart.how}" in notes(slide)
        assert chart.caption in notes(slide)
        for missing in chart.missing:
            assert f"Not told by this run: {missing}." in notes(slide)
            assert missing in "".join(placed(shape).text for shape in slide.shapes)
    assert any(chart.missing for chart in made.charts)


@pytest.mark.slow
def test_every_sentence_of_the_explanation_stands_in_the_deck() -> None:
    for made in (whole_run(), limited(), crowded()):
        said = "\n".join(map(texts, opened(made).slides))
        for sentence in explain(digest(made, figures(made))).sentences:
            assert sentence.text in said


def test_what_stopped_a_runtime_stands_beside_its_bar() -> None:
    said = texts(slide_of(opened(limited()), "how-many"))
    assert "vm.max_map_count, 65,530 mappings, 2.93 a thread" in said
    assert "projected: MemAvailable\n1,000,000 launched, as far as asked" in said


def test_the_last_slide_says_how_to_repeat_the_run(whole: Any) -> None:
    said = texts(list(whole.slides)[-1])
    assert "outnumber run --sweeps 6 --seed 1 -r pthread -r threading -r goroutine" in said
    assert "processor: Some CPU" in said
    assert "limit RLIMIT_NPROC: unlimited" in said


def test_what_one_unit_was_stands_in_the_notes(whole: Any) -> None:
    assert "pthread: 1.0, a unit of the test" in notes(list(whole.slides)[-2])


def test_the_figures_asked_for_are_the_ones_drawn() -> None:
    made = opened(limited(), LIGHT, "spawn", "how-many")
    assert [len(charts(slide)) for slide in made.slides][:4] == [0, 1, 2, 0]


# What its charts hold


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
    assert labels(chart, "total a unit") == {
        0: ('" "#,##0.0" KiB"', "inBase"),
        1: ('" "#,##0.00" KiB"', "inBase"),
    }
    (chart,) = charts(slide_of(made, "closeness"))
    assert list(labels(chart, "units that the limit allows")) == [1, 2, 4]


def test_a_share_is_written_where_it_has_room_and_the_clock_s_mark_leaves_it() -> None:
    one = sweep((10_000, 100_000), Unit(marginal=1e-3))
    busy = replace(one.steps[1], system_seconds=0.5 * one.steps[1].burst_seconds)
    made = opened(result(replace(one, steps=(one.steps[0], busy))))
    (chart,) = charts(slide_of(made, "where-time-goes"))
    assert labels(chart, "program") == {0: ("0 %", "ctr")}
    assert labels(chart, "garbage collector") == {0: ("0 %", "ctr")}
    assert labels(chart, "neither: waiting") == {}
    tiny = replace(one.steps[1], gc_seconds=0.02 * one.steps[1].burst_seconds)
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
    busy = replace(one.steps[1], user_seconds=0.0, system_seconds=burst / clock, gc_seconds=None)
    made = opened(result(replace(one, steps=(one.steps[0], busy))))
    (chart,) = charts(slide_of(made, "where-time-goes"))
    assert labels(chart, "kernel") == {0: ("0 %", position)}


def test_unit_cost_holds_the_parts_in_kib_with_a_mark_where_rss_ends(whole: Any) -> None:
    slide = slide_of(whole, "bytes-per-unit")
    (chart,) = charts(slide)
    known = values(chart)
    assert known["user memory"] == pytest.approx([v / KIB for v in (16_531, 8481, 2750, 1152)])
    assert known["kernel stack"] == pytest.approx([16, 16, 0, 0])
    assert known["total a unit"] == pytest.approx([v / KIB for v in (44_131, 35_683, 2755, 1154)])
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


def test_no_series_of_growth_is_longer_than_the_one_before_it(whole: Any) -> None:
    (chart,) = charts(slide_of(whole, "growth"))
    lengths = [len(series) for series in points(chart).values()]
    assert lengths == sorted(lengths, reverse=True)
    assert len(set(lengths)) > 1


def test_spawn_holds_rates_and_quantiles() -> None:
    rates, latencies = charts(slide_of(opened(limited()), "spawn"))
    assert values(rates)["burst, units a second"] == pytest.approx([1 / 3e-4, 100_000])
    known = points(latencies)
    assert list(known) == [
        "threading.Thread, 22,362 parked",
        "asyncio task, 10,000 parked",
        "asyncio task, 1,000,000 parked",
    ]
    assert [x for x, _ in known["asyncio task, 10,000 parked"]] == pytest.approx([1, 1, 2, 8], 0.01)
    assert known["threading.Thread, 22,362 parked"][0][1] == 1.5  # the upper row's middle


def test_without_latencies_the_bursts_have_the_slide_for_themselves() -> None:
    one = sweep((10, 1000), purpose="climb")
    untimed = replace(one, steps=tuple(replace(step, latencies=None) for step in one.steps))
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
        "threading.Thread",
        "threading.Thread: vm.max_map_count",
        "threading.Thread: kernel.pid_max",
        "asyncio task",
        "asyncio task: MemAvailable",
    ]
    (series,) = chart.plots[0].series
    assert list(series.values) == [None, 22_362, 32_456, None, 19_273_901]
    fills = [str(series.points[n].format.fill.fore_color.rgb) for n in (1, 2, 4)]
    assert fills == [
        one[1:].upper()
        for one in (colour("threading", LIGHT), LIGHT.quiet, colour("asyncio", LIGHT))
    ]


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
        for name in NAMES
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
    assert values(chart)["total a unit"] == [None]


def test_a_chart_is_told_to_those_who_do_not_see_it(any_deck: Any) -> None:
    for slide in any_deck.slides:
        for shape in slide.shapes:
            if shape.has_chart:
                told = shape._element.xpath(".//p:cNvPr/@descr")[0]
                assert title(slide)[:20] in plainly(told)
                assert len(told) <= 1200


# What it looks like


def test_no_placeholder_is_left_empty(any_deck: Any) -> None:
    for slide in any_deck.slides:
        assert slide.shapes.title is not None
        for shape in slide.placeholders:
            assert shape.text_frame.text.strip()


def test_every_shape_is_inside_the_slide(any_deck: Any) -> None:
    for slide in any_deck.slides:
        for one in map(placed, slide.shapes):
            assert min(one.left, one.top) >= 0, one
            assert one.right <= WIDTH + 1e-4, one
            assert one.bottom <= HEIGHT + 1e-4, one


def test_no_two_texts_overlap(any_deck: Any) -> None:
    for slide in any_deck.slides:
        said = [one for one in map(placed, slide.shapes) if one.text]
        for first, second in itertools.combinations(said, 2):
            assert not first.meets(second), (title(slide), first, second)


def test_no_text_lies_on_a_chart_but_a_heading(any_deck: Any) -> None:
    for slide in any_deck.slides:
        drawn = [placed(shape) for shape in slide.shapes if shape.has_chart]
        for shape in slide.shapes:
            words = placed(shape)
            if words.text and not _is_heading(shape):
                assert not any(words.meets(one) for one in drawn), words


def _is_heading(shape: Any) -> bool:
    """Those of `closeness` stand over rows that have no bar."""
    return bool(shape.text_frame.paragraphs[0].runs[0].font.bold)


def test_every_text_fits_its_box(any_deck: Any) -> None:
    for slide in any_deck.slides:
        for shape in slide.shapes:
            if shape.has_text_frame and shape.text_frame.text:
                one = placed(shape)
                assert _height(shape, one.right - one.left) <= (one.bottom - one.top) * 1.01, one


def _height(shape: Any, wide: float) -> float:
    """Of a shape's text at most, in inches."""
    runs = [run for paragraph in shape.text_frame.paragraphs for run in paragraph.runs]
    if shape.is_placeholder and shape.placeholder_format.idx == 1:
        words = [Words(run.text, run.font.size.pt, bold=bool(run.font.bold)) for run in runs]
        return sum(map(body_height, words))
    return sum(_lines(run, wide) * float(run.font.size.pt) * LINE / 72 for run in runs)


def _lines(run: Any, wide: float) -> int:
    if run.font.name is None:
        return count_lines(run.text, wide, run.font.size.pt)
    return 1 + int(len(run.text) * MONO * run.font.size.pt / 72 / wide)  # all letters alike


def test_letters_are_large_enough_to_be_read_from_the_back(whole: Any) -> None:
    for slide in whole.slides:
        for run in slide.shapes.title.text_frame.paragraphs[0].runs:
            assert run.font.size.pt >= 28
        for shape in slide.shapes:
            for paragraph in shape.text_frame.paragraphs if shape.has_text_frame else ():
                for run in paragraph.runs:
                    scale_or_source = run.font.color.type is not None
                    assert run.font.size.pt >= (11 if scale_or_source else 14), run.text


def test_a_legend_is_whole(whole: Any) -> None:
    said = texts(slide_of(whole, "spawn")).splitlines()
    assert {"median", "90 %", "99 %", "longest"} <= set(said)
    assert "where RSS ends" in texts(slide_of(whole, "bytes-per-unit"))
    assert "units reached" in texts(slide_of(whole, "closeness"))
    assert "fitted line" in texts(slide_of(whole, "growth"))


def test_runtimes_beyond_the_tenth_are_told_not_to_be_drawn() -> None:
    made = opened(crowded())
    for name in NAMES:
        assert "2 more of the runtimes are not drawn." in texts(slide_of(made, name))
    (chart,) = charts(slide_of(made, "how-many"))
    assert len(list(chart.plots[0].categories)) == 10


@pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES)
def test_a_runtime_has_its_colour_on_every_slide(theme: Theme) -> None:
    made = opened(limited(), theme)
    own = colour("threading", theme)[1:].upper()
    for name in ("how-many", "growth", "spawn", "closeness"):
        chart = charts(slide_of(made, name))[0]
        assert own in {one.upper() for one in chart._chartSpace.xpath(".//a:srgbClr/@val")}, name
    for name in ("bytes-per-unit", "where-time-goes"):
        (mark,) = [s for s in slide_of(made, name).shapes if s.name == "mark of threading"]
        assert str(mark.fill.fore_color.rgb) == own


def test_a_dark_deck_is_dark_for_slides_that_are_added_too() -> None:
    made = opened(limited(), DARK)
    assert made.slide_master.element.xpath("./p:clrMap/@bg1") == ["dk1"]
    themes = [part.blob for part in parts(made) if "slideMaster" not in str(part.partname)]
    dark = f'<a:dk1><a:srgbClr val="{DARK.ground[1:]}"/></a:dk1>'.encode()
    assert sum(dark in one for one in themes) == 1
    assert opened(limited()).slide_master.element.xpath("./p:clrMap/@bg1") == ["lt1"]


# What it is as a file


def test_the_same_result_gives_the_same_file() -> None:
    made = digest(limited(), figures(limited()))
    assert deck(made) == deck(made)


def test_the_date_in_it_is_the_run_s(whole: Any) -> None:
    core = whole.core_properties
    assert (core.author, core.last_modified_by) == ("outnumber", "outnumber")
    assert core.title.startswith("One OS thread (C) takes the memory of 31 asyncio tasks")
    assert str(core.created) == str(core.modified) == "2026-11-23 22:31:07"


def test_hostile_names_are_text_and_nothing_else() -> None:
    made = opened(hostile())
    written = [part.blob for part in parts(made)]
    assert not [blob for blob in written if b"TargetMode" in blob]
    assert not any(rel.is_external for part in parts(made) for rel in part.rels.values())
    drawn = [chart for slide in made.slides for chart in charts(slide)]
    assert drawn
    for chart in drawn:
        book = zipfile.ZipFile(io.BytesIO(chart.part.chart_workbook.xlsx_part.blob))
        cells = book.read("xl/worksheets/sheet1.xml")
        assert b"<f>" not in cells
        assert b"hyperlink" not in cells
        assert b"=cmd|" in book.read("xl/sharedStrings.xml")
    said = "".join(map(texts, made.slides))
    assert not set(said) & {"\x00", "\x1b", "\u202e", "\ufffe", "\ud800"}
    assert "=cmd|" in said


def test_nothing_tells_of_the_template_s_own_making(whole: Any) -> None:
    names = [str(part.partname) for part in parts(whole)]
    assert not [name for name in names if re.search("printer|thumbnail|app.xml", name)]


def test_a_section_that_no_slide_can_hold_is_shortened() -> None:
    slides = list(opened(crowded()).slides)
    bodies = [
        shape
        for slide in slides[7:]
        for shape in slide.placeholders
        if shape.placeholder_format.idx == 1
    ]
    assert bodies
    assert all(_height(shape, 0) <= BODY_HEIGHT for shape in bodies)
