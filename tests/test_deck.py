"""The deck opened again: what it says, and what it is as a file."""

from __future__ import annotations

import io
import re
import zipfile
from typing import Any

import pytest
from msgspec.structs import replace

from bench.derive.metrics import figures
from reports.deck import deck as decks
from reports.deck.deck import deck
from reports.deck.template import presentation
from reports.digest import digest
from reports.draw.slide import BODY_HEIGHT
from reports.explanation.explain import explain
from reports.explanation.text import Explanation, Section, Sentence
from reports.palette import LIGHT
from reports.tables.comparison import finding
from tests.support.decks import (
    charts,
    height,
    notes,
    opened,
    parts,
    placed,
    slide_of,
    texts,
    title,
)
from tests.support.made_runs import crowded, hostile, limited
from tests.support.results import whole_run


@pytest.fixture(scope="module")
def whole() -> Any:
    """A whole run's deck, opened again."""
    return opened(whole_run())


def test_a_deck_is_16_to_9_and_each_slide_has_one_message(whole: Any) -> None:
    made = digest(whole_run(), figures(whole_run()))
    assert whole.slide_width / whole.slide_height == pytest.approx(16 / 9)
    titles = [title(slide) for slide in whole.slides]
    assert "34.8\u00a0KiB" in next(iter(whole.slides)).shapes.title.text_frame.text
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
            assert f"Missing in this run: {missing}." in notes(slide)
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
    assert "projected: MemAvailable\n1,000,000 launched, this run's cap" in said


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


# The explanation


def explained(*paragraphs: tuple[str, ...]) -> Any:
    """The one slide of an explanation of one section."""
    told = tuple(tuple(Sentence((words,)) for words in paragraph) for paragraph in paragraphs)
    made = presentation(LIGHT)
    decks.why(made, Explanation("Why", (Section("Because", told),)), LIGHT)
    (slide,) = made.slides
    return slide


def test_of_each_paragraph_the_first_two_sentences_stand_on_the_slide() -> None:
    slide = explained(("One.", "Two.", "Three."), ("Four.",))
    assert slide.placeholders[1].text_frame.text == "Because\nOne. Two.\nFour."
    assert notes(slide) == "Because\nOne. Two. Three.\nFour."


def test_a_section_that_no_slide_can_hold_is_shortened() -> None:
    long = " ".join(["word"] * 40) + "."
    many = explained(*[(f"{place} {long}", long) for place in range(5)])
    assert many.placeholders[1].text_frame.text.count(long) == 5
    too_many = explained(*[(f"{place} {long}", long) for place in range(20)])
    body = too_many.placeholders[1]
    assert 4 < body.text_frame.text.count(long) < 20
    assert height(body, 0) <= BODY_HEIGHT
    assert notes(too_many).count(long) == 40


def test_a_command_that_is_too_long_is_cut_on_the_slide_and_whole_in_the_notes() -> None:
    made = whole_run()
    plan = replace(made.plan, settings={"stack-size": "very " * 300})
    slide = list(opened(replace(made, plan=plan)).slides)[-1]
    (shown,) = [one for one in map(placed, slide.shapes) if one.text.startswith("outnumber run")]
    assert shown.text.endswith("…")
    assert notes(slide).count("very") == 300
    for shape in slide.shapes:
        one = placed(shape)
        assert height(shape, one.right - one.left) <= one.bottom - one.top


# What it is as a file


def test_the_same_result_gives_the_same_file() -> None:
    made = digest(limited(), figures(limited()))
    assert deck(made) == deck(made)


def test_the_date_in_it_is_the_run_s(whole: Any) -> None:
    core = whole.core_properties
    assert (core.author, core.last_modified_by) == ("outnumber", "outnumber")
    assert core.title.startswith("One OS thread (C) takes as much memory as 31 asyncio tasks")
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
