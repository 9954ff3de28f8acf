"""`outnumber slides` without a format: a deck, at a place that is held before it is made."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from pptx import Presentation

from bench.cli.slides import slides
from bench.errors import OutnumberError, ResultError, UsageError
from tests.support.commands import COMMAND
from tests.support.decks import charts
from tests.support.results import result, sweep


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A small result in a file."""
    place = tmp_path / "run.json"
    place.write_bytes(msgspec.json.encode(result(sweep((100, 1000)))))
    return place


@pytest.mark.slow
def test_the_deck_is_written_beside_the_result_and_its_path_printed(path: Path) -> None:
    done = subprocess.run(
        [*COMMAND, "slides", str(path)], capture_output=True, text=True, timeout=200, check=True
    )
    place = path.with_suffix(".pptx")
    assert (done.stdout, done.stderr) == (f"{place}\n", "")
    assert len(Presentation(str(place)).slides) > 9
    assert sorted(one.name for one in path.parent.iterdir()) == ["run.json", "run.pptx"]


def test_theme_and_figures_are_the_ones_asked_for(path: Path) -> None:
    place = path.parent / "deck.pptx"
    assert slides(path, theme="dark", figure=["growth"], output=place) == 0
    made = Presentation(str(place))
    assert [len(charts(slide)) for slide in made.slides][:3] == [0, 1, 0]
    assert made.slide_master.element.xpath("./p:clrMap/@bg1") == ["dk1"]


def test_a_deck_that_is_there_is_replaced_on_request_alone(path: Path) -> None:
    place = path.with_suffix(".pptx")
    place.write_text("a speaker's own")
    with pytest.raises(UsageError) as error:
        slides(path)
    assert str(error.value) == (
        f"{place} is there already; add --force to replace it, or give another place with -o"
    )
    assert place.read_text() == "a speaker's own"
    slides(path, force=True)
    assert place.read_bytes().startswith(b"PK")


WRONG: list[tuple[str, Callable[[Path], object], type[OutnumberError], str]] = [
    (
        "another program's deck",
        lambda path: slides(path, output=path.with_name("foo.key")),
        UsageError,
        "open; type -o ",
    ),
    (
        "a deck named as the result",
        lambda path: slides(path, output=path, force=True),
        UsageError,
        "run.json: a deck is a .pptx, which PowerPoint, Keynote, Google Slides and",
    ),
    (
        "a picture's name for their folder",
        lambda path: slides(path, "png", output=path.with_name("foo.png")),
        UsageError,
        "foo.png: -o is the pictures' folder; type -o ",
    ),
    (
        "below a file",
        lambda path: slides(path, output=path / "deck.pptx"),
        UsageError,
        "cannot be written there",
    ),
    (
        "a folder",
        lambda path: slides(path, output=path.parent, force=True),
        UsageError,
        "it is a folder",
    ),
    (
        "a square deck",
        lambda path: slides(path, shape="square"),
        UsageError,
        "a deck is 16:9; give --shape with --format png, svg or pdf",
    ),
    (
        "a figure that is none",
        lambda path: slides(path, "pptx", figure=["grwth"]),
        UsageError,
        "did you mean growth?",
    ),
    (
        "no result",
        lambda path: slides(path.with_name("none.json")),
        ResultError,
        "cannot be read",
    ),
]


@pytest.mark.parametrize(
    ("call", "kind", "said"), [case[1:] for case in WRONG], ids=[case[0] for case in WRONG]
)
def test_what_cannot_be_done_is_told_and_leaves_nothing(
    path: Path, call: Callable[[Path], object], kind: type[OutnumberError], said: str
) -> None:
    before = path.read_bytes()
    with pytest.raises(kind) as error:
        call(path)
    assert said in str(error.value)
    assert [place.name for place in path.parent.iterdir()] == ["run.json"]
    assert path.read_bytes() == before


def test_a_deck_that_fails_leaves_no_empty_file(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> bytes:
        raise ZeroDivisionError

    monkeypatch.setattr("reports.deck.deck.deck", broken)
    with pytest.raises(ZeroDivisionError):
        slides(path)
    assert not path.with_suffix(".pptx").exists()


def test_a_deck_never_takes_the_place_of_its_result(path: Path) -> None:
    odd = path.rename(path.with_suffix(".pptx"))
    before = odd.read_bytes()
    with pytest.raises(UsageError, match="is the result itself; give another place with -o"):
        slides(odd, force=True)
    assert odd.read_bytes() == before
