"""The slides of a deck: nothing overlaps, nothing is cut, all can be read from the back."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from reports.draw.slide import HEIGHT, WIDTH
from reports.figures.all import names
from reports.palette import DARK, THEMES, Theme, colour
from tests.support.decks import (
    charts,
    height,
    opened,
    parts,
    placed,
    plainly,
    slide_of,
    texts,
    title,
)
from tests.support.made_runs import RESULTS, crowded, limited
from tests.support.results import whole_run


@pytest.fixture(scope="module")
def whole() -> Any:
    """A whole run's deck, opened again."""
    return opened(whole_run())


@pytest.fixture(scope="module", params=RESULTS, ids=list(RESULTS))
def any_deck(request: pytest.FixtureRequest) -> Any:
    return opened(RESULTS[request.param])


def test_a_chart_is_told_to_those_who_do_not_see_it(any_deck: Any) -> None:
    for slide in any_deck.slides:
        for shape in slide.shapes:
            if shape.has_chart:
                told = shape._element.xpath(".//p:cNvPr/@descr")[0]
                assert title(slide)[:20] in plainly(told)
                assert len(told) <= 1200


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
            said = placed(shape)
            if said.text and not _is_heading(shape):
                assert not any(said.meets(one) for one in drawn), said


def _is_heading(shape: Any) -> bool:
    """Those of `closeness` stand over rows that have no bar."""
    return bool(shape.text_frame.paragraphs[0].runs[0].font.bold)


def test_every_text_fits_its_box(any_deck: Any) -> None:
    for slide in any_deck.slides:
        for shape in slide.shapes:
            if shape.has_text_frame and shape.text_frame.text:
                one = placed(shape)
                assert height(shape, one.right - one.left) <= (one.bottom - one.top) * 1.01, one


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
    for name in names():
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
