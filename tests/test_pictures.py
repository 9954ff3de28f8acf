"""The figures as they are drawn: nothing overlaps, nothing is cut, the same bytes each time."""

from __future__ import annotations

import io
import itertools
import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote
from xml.etree import ElementTree

import pytest
from PIL import Image

from bench.derive.metrics import figures
from bench.errors import UsageError
from bench.model.records import Result
from reports.draw import scale
from reports.draw.canvas import (
    SHAPES,
    SQUARE,
    WIDE,
    Shape,
    balanced,
    drawable,
    fitted,
    width,
    wrapped,
)
from reports.draw.matplotlib_backend import draw
from reports.draw.save import (
    FORMATS,
    HISTORY,
    REPORT,
    Elsewhere,
    embedded,
    file_name,
    rendered,
    write_pictures,
)
from reports.draw.scale import Scale, shared_out, spread
from reports.figures.all import charts, names
from reports.figures.chart import Chart
from reports.figures.shapes import Axis
from reports.page.drawing import COLOUR, PHONE, pictures
from reports.palette import DARK, LIGHT
from tests.support.odd import ODD, hostile
from tests.support.results import Unit, allowing, result, sweep, whole_run

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from matplotlib.transforms import Bbox

pytestmark = pytest.mark.slow

SHAPE = pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)


COUNT, SECONDS = Axis("", "count", log=True), Axis("", "seconds", log=True)


def all_of(made: Result) -> tuple[Chart, ...]:
    return charts(made, figures(made))


def chart(name: str) -> Chart:
    return next(one for one in all_of(whole_run()) if one.name == name)


def texts(figure: Figure) -> list[tuple[str, Bbox]]:
    """Every text of the figure with where it stands, in dots."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.text import Text

    renderer = FigureCanvasAgg(figure).get_renderer()  # type: ignore[no-untyped-call]
    found = (artist for artist in figure.artists if isinstance(artist, Text))
    return [(text.get_text(), text.get_window_extent(renderer)) for text in found]


def overlap(first: Bbox, second: Bbox) -> bool:
    """Whether two boxes share more than the hair's breadth that lines of text may."""
    across = min(first.x1, second.x1) - max(first.x0, second.x0)
    up = min(first.y1, second.y1) - max(first.y0, second.y0)
    return bool(across > 2 and up > 0.25 * min(first.height, second.height))


# How they look


@SHAPE
@pytest.mark.parametrize("made", ODD.values(), ids=ODD)
def test_no_text_overlaps_another_or_leaves_the_page(made: Result, shape: Shape) -> None:
    for one in all_of(made):
        figure = draw(one, LIGHT, shape)
        page, boxes = figure.bbox, texts(figure)
        for words, box in boxes:
            assert box.x0 >= 0, (one.name, words)
            assert box.x1 <= page.x1, (one.name, words)
            assert box.y0 >= 0, (one.name, words)
            assert box.y1 <= page.y1, (one.name, words)
        for (words, box), (others, other) in itertools.combinations(boxes, 2):
            assert not overlap(box, other), (one.name, words, others)


def test_what_is_missing_is_said_in_the_figure() -> None:
    for one in all_of(ODD["nothing alive"]):
        said = " ".join(words for words, _ in texts(draw(one, LIGHT, WIDE)))
        assert f"Missing in this run: {one.missing[0]}" in said
        assert "Some CPU · Linux 6.18.0 · 2026-11-23" in said


def test_a_figure_without_rows_says_that_there_is_nothing_to_draw() -> None:
    for one in all_of(ODD["nothing"]):
        said = [words for words, _ in texts(draw(one, DARK, SQUARE))]
        assert "There is nothing to draw." in said


def test_more_runtimes_than_fit_are_told() -> None:
    for one in all_of(ODD["more runtimes than fit"]):
        said = " ".join(words for words, _ in texts(draw(one, LIGHT, WIDE)))
        assert "3 more runtimes are in the table alone." in said, one.name


def test_every_runtime_is_named_beside_its_row() -> None:
    for one in all_of(whole_run()):
        said = [words for words, _ in texts(draw(one, LIGHT, WIDE))]
        for label in ("OS thread (C)", "threading.Thread", "goroutine", "asyncio task"):
            assert label in said, one.name


def test_a_projected_count_is_told_as_projected() -> None:
    made = next(one for one in all_of(ODD["two runtimes"]) if one.name == "how-many")
    said = [words for words, _ in texts(draw(made, LIGHT, WIDE))]
    assert "≈ 122,000" in said
    assert "projected: vm.max_map_count; 10,000 launched, this run's cap" in said


def test_the_binding_limit_is_in_the_runtime_s_colour_and_the_others_are_not() -> None:
    from matplotlib.colors import to_hex
    from matplotlib.patches import Rectangle

    made = next(one for one in all_of(ODD["one runtime"]) if one.name == "closeness")
    artists = draw(made, LIGHT, WIDE).artists
    fills = [to_hex(one.get_facecolor()) for one in artists if isinstance(one, Rectangle)]
    assert fills.count(LIGHT.runtimes["pthread"]) == 1
    assert fills.count(LIGHT.quiet) == 2 + 1  # of three limits two, and the key


# What is saved


@pytest.mark.parametrize("format_", FORMATS)
def test_the_same_result_gives_the_same_bytes(format_: str) -> None:
    once, again = (rendered(draw(chart("growth"), LIGHT, WIDE), format_) for _ in range(2))  # type: ignore[arg-type]
    assert once == again
    assert b"outnumber" in once
    assert not re.search(rb"20\d\d-\d\d-\d\dT|CreationDate|ModDate", once)


@pytest.mark.parametrize(("shape", "size"), [(WIDE, (1920, 1080)), (SQUARE, (1080, 1080))])
def test_a_png_has_the_sides_of_its_shape(shape: Shape, size: tuple[int, int]) -> None:
    picture = Image.open(io.BytesIO(rendered(draw(chart("spawn"), DARK, shape), "png")))
    assert picture.size == size
    assert picture.convert("RGB").getpixel((2, 2)) == (0x14, 0x17, 0x1C)


@pytest.mark.parametrize("name", names())
def test_an_embedded_picture_is_small_and_its_words_are_text(name: str) -> None:
    made = chart(name)
    svg = embedded(draw(made, DARK, WIDE))
    assert svg.startswith("<svg ")
    assert len(svg.encode()) < 35_000
    tree = ElementTree.fromstring(svg)
    said = " ".join(text.text or "" for text in tree.iter("{http://www.w3.org/2000/svg}text"))
    assert made.title in said
    assert not list(tree.iter("{http://creativecommons.org/ns#}Work"))


def test_hostile_names_are_text_in_a_picture_and_nothing_else() -> None:
    for one in all_of(hostile()):
        figure = draw(one, LIGHT, WIDE)
        tree = ElementTree.fromstring(embedded(figure))
        kinds = {element.tag.rpartition("}")[2] for element in tree.iter()}
        assert kinds <= {"svg", "defs", "style", "g", "path", "text", "title", "use"}
        assert "$x^2$" in one.caption
        for format_ in FORMATS:
            assert rendered(figure, format_)


def test_pictures_are_named_by_figure_and_by_what_is_unusual(tmp_path: Path) -> None:
    assert file_name("growth", "png") == "growth.png"
    assert file_name("growth", "svg", DARK, SQUARE) == "growth-dark-square.svg"
    made = [chart("growth"), chart("spawn")]
    places = write_pictures(made, tmp_path / "a", ["svg", "pdf"], shape=SQUARE)
    assert [str(place.relative_to(tmp_path)) for place in places] == [
        *("a/growth-square.svg", "a/growth-square.pdf"),
        *("a/spawn-square.svg", "a/spawn-square.pdf"),
    ]
    assert all(place.stat().st_size > 1000 for place in places)


@pytest.mark.parametrize("format_", FORMATS)
def test_a_picture_of_ours_is_replaced(tmp_path: Path, format_: str) -> None:
    for title in ("Before.", "After."):
        made = [replace(chart("growth"), title=title)]
        (place,) = write_pictures(made, tmp_path, [format_])  # type: ignore[list-item]
        assert place.read_bytes() == rendered(draw(made[0], LIGHT, WIDE), format_)  # type: ignore[arg-type]


def test_a_file_of_somebody_else_is_left_alone_and_nothing_is_written(tmp_path: Path) -> None:
    (tmp_path / "spawn.svg").write_text("precious")
    with pytest.raises(UsageError) as error:
        write_pictures([chart("growth"), chart("spawn")], tmp_path, ["svg"])
    assert str(error.value) == (
        f"{tmp_path / 'spawn.svg'} is there already, and outnumber did not make it; "
        "move it away, or give another folder with -o"
    )
    assert [place.name for place in tmp_path.iterdir()] == ["spawn.svg"]
    assert (tmp_path / "spawn.svg").read_text() == "precious"


@pytest.mark.parametrize(
    ("elsewhere", "advice"),
    [
        (REPORT, "the result itself is safe; outnumber report RESULT -o DIR"),
        (HISTORY, "the history itself is safe; outnumber history show --figures DIR"),
    ],
)
def test_what_to_type_for_another_folder_is_what_was_typed(
    tmp_path: Path, elsewhere: Elsewhere, advice: str
) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError) as error:
        write_pictures([chart("growth")], tmp_path / "file", ["svg"], elsewhere=elsewhere)
    assert str(error.value).endswith(f"; {advice} writes them elsewhere")
    (tmp_path / "growth.svg").write_text("precious")
    with pytest.raises(UsageError) as error:
        write_pictures([chart("growth")], tmp_path, ["svg"], elsewhere=elsewhere)
    assert str(error.value).endswith(f"give another folder with {elsewhere.option}")


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError) as error:
        write_pictures([chart("growth")], tmp_path / "file" / "x", ["svg"])
    assert str(error.value) == (
        f"the pictures cannot be written in {tmp_path / 'file' / 'x'}: "
        f"{tmp_path / 'file'} is not a folder; "
        "the result itself is safe; "
        "outnumber slides RESULT --format png -o FOLDER writes them elsewhere"
    )


# Words


def test_words_are_cut_to_their_room_with_an_ellipsis() -> None:
    assert fitted("threading.Thread", 500, 12) == "threading.Thread"
    cut = fitted("threading.Thread", 60, 12)
    assert cut.startswith("thre")
    assert cut.endswith("…")
    assert width(cut, 12) <= 60
    assert fitted("threading.Thread", 3, 12) == ""
    assert fitted("already cut…" * 9, 100, 12).count("……") == 0


def test_words_are_wrapped_into_so_many_lines_and_the_last_is_cut() -> None:
    words = "one two three four five six"
    assert wrapped(words, 1000, 2, 12) == (words,)
    lines = wrapped(words, 70, 2, 12)
    assert len(lines) == 2
    assert lines[1].endswith("…")
    assert max(width(line, 12) for line in lines) <= 70
    assert wrapped("", 70, 2, 12) == ()
    assert wrapped("w" * 99 + " x", 70, 3, 12)[1] == "x"


def test_a_number_and_its_unit_stay_on_one_line() -> None:
    for unit in ("KiB", "B", "µs", "%", "million"):
        words = f"a thread takes 34.8 {unit}, a task"
        lines = wrapped(words, width(f"a thread takes 34.8 {unit}", 12) - 1, 3, 12)
        assert lines == ("a thread takes", f"34.8 {unit}, a task")


def test_a_title_s_lines_are_about_as_long_as_each_other() -> None:
    title = "one two three four five six seven eight"
    room = width("one two three four five six seven", 20, bold=True) + 1
    assert wrapped(title, room, 2, 20, bold=True)[1] == "eight"
    lines = balanced(title, room, 2, 20)
    assert " ".join(lines) == title
    assert len(lines) == 2
    assert len(lines[1].split()) >= 3


def test_what_the_font_does_not_have_becomes_a_box() -> None:
    assert drawable("µs ≈ 5 × …") == "µs ≈ 5 × …"
    assert drawable("日\x1b🎉") == "□□"


# Scales


def test_a_scale_keeps_what_is_beyond_it_at_the_edge() -> None:
    even = Scale(0, 10, 100, 200)
    assert [even.at(value) for value in (-5, 0, 5, 10, 50)] == [100, 100, 150, 200, 200]
    log = Scale(1, 100, 0, 20, log=True)
    assert [log.at(value) for value in (0, 1, 10, 100)] == pytest.approx([0, 0, 10, 20])


@pytest.mark.parametrize(
    ("ticks", "words"),
    [
        (scale.decades(COUNT, 1, 2e7, 6), ["10", "1,000", "100,000", "10 million"]),
        (scale.decades(SECONDS, 3e-7, 2e-3), ["1 µs", "10 µs", "100 µs", "1 ms"]),
        (scale.decades(COUNT, 20, 90), []),
        (scale.decades(COUNT, 1, 1e13, 4), ["10", "100,000", "1 billion", "10 trillion"]),
        (scale.binary(1e5, 3e9, 6), ["1 MiB", "16 MiB", "256 MiB"]),
        (scale.binary(900, 5000, 6), ["1 KiB", "2 KiB", "4 KiB"]),
        (scale.even(43.2, 5, lambda value: f"{value:g}"), ["0", "10", "20", "30", "40"]),
        (
            scale.even(1, 5, lambda value: f"{value:.1f}"),
            ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"],
        ),
    ],
)
def test_ticks_are_few_and_round(ticks: scale.Ticks, words: list[str]) -> None:
    assert [said for _, said in ticks] == words


@pytest.mark.parametrize(
    ("values", "ends"),
    [
        ([1.8e-7, 4e-3], (1e-7, 1e-2)),
        ([1e-6, 1e-4], (1e-7, 1e-3)),
        ([3e-6, 4e-6], (1e-6, 1e-5)),
        ([2e-3], (1e-3, 1e-2)),
        ([2.1e-7, 2.11e-4], (1e-7, 1e-3)),  # with room for the marks
        ([1.05e-7, 9.6e-5], (1e-8, 1e-3)),
    ],
)
def test_whole_powers_of_ten_stand_around_values(
    values: list[float], ends: tuple[float, float]
) -> None:
    assert scale.powers(values) == pytest.approx(ends)


def placed(figure: Figure, words: str) -> Bbox:
    """Where the one text that is these words stands."""
    (box,) = [box for said, box in texts(figure) if said == words]
    return box


def close_starts(shape: Shape) -> Figure:
    """Spawning of one runtime whose median start is almost its longest."""
    unit = Unit(start_ns=(3_960_000,) * 30 + (3_975_000,) * 10)
    made = result(sweep((1000, 2000), unit, runtime="pthread", purpose="climb"))
    return draw(next(one for one in all_of(made) if one.name == "spawn"), LIGHT, shape)


@SHAPE
def test_the_count_beside_a_range_covers_no_mark(shape: Shape) -> None:
    artists: list[Any] = list(close_starts(shape).artists)
    drawn = [one for one in artists if type(one).__name__ == "Line2D"]
    lines = [one for one in drawn if one.get_color() == LIGHT.runtimes["pthread"]]
    *_, mark = (one for one in drawn if one.get_marker() == "o")
    reach = max(x for line in lines for x in line.get_xdata())
    reach = max(reach, mark.get_xdata()[0] + mark.get_markersize() / 2)
    after = artists[artists.index(mark) :]
    plate = next(one for one in after if type(one).__name__ == "Rectangle")
    assert plate.get_x() > reach


@SHAPE
def test_the_scale_of_start_latencies_goes_on_past_the_longest(shape: Shape) -> None:
    figure = close_starts(shape)
    assert placed(figure, "10 ms").x0 > placed(figure, "1 ms").x0
    few = "too few starts were timed for their 99 %"
    assert few in " ".join(words for words, _ in texts(figure))


def test_the_longest_bar_ends_at_a_number_however_narrow_the_page() -> None:
    limits = (allowing("MemAvailable", 19_140_861),)
    maps = (allowing("vm.max_map_count", 23_841),)
    made = result(
        sweep((100, 20_000), purpose="climb", limits=limits),
        sweep((100, 2000), runtime="threading", purpose="climb", limits=maps),
    )
    figure = draw(next(one for one in all_of(made) if one.name == "how-many"), LIGHT, PHONE)
    said = [words for words, _ in texts(figure)]
    assert "10 million" in said
    assert "vm.max_map_count; 2,000 launched" in said
    assert not any("…" in words for words in said)


def test_a_figure_says_at_which_counts_it_was_taken() -> None:
    said = {
        one.name: " ".join(words for words, _ in texts(draw(one, LIGHT, WIDE)))
        for one in all_of(whole_run())
    }
    assert "bars: bursts of 1,000 threads or 10,000 tasks" in said["spawn"]
    assert "in bursts that ended at 10,000 threads or 100,000 tasks" in said["where-time-goes"]
    assert "with 10,000 threads or 100,000 tasks alive" in said["bytes-per-unit"]


def test_names_are_spread_without_changing_their_order() -> None:
    up = Scale(0, 100, 0, 100)
    assert spread([10, 50], 10, up) == [10, 50]
    assert spread([10, 11, 12], 10, up) == [10, 20, 30]
    assert spread([-5, 95, 96, 97], 10, up) == [0, 80, 90, 100]


@pytest.mark.parametrize(
    ("wanted", "most", "given"),
    [
        ([5, 5, 2, 2], 10, [3, 3, 2, 2]),
        ([1, 1], 10, [1, 1]),
        ([5, 5, 5], 2, [1, 1, 0]),
        ([0, 3], 2, [0, 2]),
        ([], 5, []),
    ],
)
def test_bars_are_shared_out_one_each_in_turn(
    wanted: list[int], most: int, given: list[int]
) -> None:
    assert shared_out(wanted, most) == given


@pytest.mark.parametrize("name", names())
def test_the_dark_picture_of_a_page_is_the_one_that_would_be_drawn(name: str) -> None:
    made = chart(name)
    shown = pictures([made])[name]
    for shape, dark in ((WIDE, shown.dark), (PHONE, shown.dark_narrow)):
        drawn = embedded(draw(made, DARK, shape))
        assert set(re.findall("#[0-9a-f]{6}", drawn)) == {*COLOUR.findall(drawn)}
        assert named_alike(unquote(dark.split(",", 1)[1])) == named_alike(drawn)


def named_alike(svg: str) -> str:
    """Without the names of parts, which hash what they hold."""
    return re.sub(r"\bm[0-9a-f]{10}\b", "part", svg)
