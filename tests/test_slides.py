"""`outnumber slides`: single pictures of a result's figures."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import get_args

import msgspec
import pytest

from bench.cli.slides import Figures, slides
from bench.errors import ResultError, UsageError
from bench.model.file import folder_of
from reports.figures.all import names
from tests.support.commands import COMMAND
from tests.support.results import whole_run

pytestmark = pytest.mark.slow


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A whole run's result in a file."""
    place = tmp_path / "run.json"
    place.write_bytes(msgspec.json.encode(whole_run()))
    return place


def test_all_six_are_written_beside_the_result_and_their_paths_printed(path: Path) -> None:
    done = subprocess.run(
        [*COMMAND, "slides", str(path), "--format", "png"],
        capture_output=True,
        text=True,
        timeout=200,
        check=True,
    )
    folder = path.with_suffix("")
    assert done.stdout.splitlines() == [str(folder / f"{name}.png") for name in names()]
    assert done.stderr == ""
    assert sorted(place.name for place in folder.iterdir()) == sorted(f"{n}.png" for n in names())


def test_the_figures_asked_for_are_written_where_asked(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = path.parent / "here"
    wanted = ["spawn", "growth", "spawn"]
    assert slides(path, "svg", "dark", wanted, "square", folder) == 0
    assert capsys.readouterr().out.splitlines() == [
        str(folder / "growth-dark-square.svg"),
        str(folder / "spawn-dark-square.svg"),
    ]


def test_a_second_time_replaces_the_first(path: Path) -> None:
    for _ in range(2):
        slides(path, "pdf", figure=["growth"])
    assert (path.with_suffix("") / "growth.pdf").read_bytes().startswith(b"%PDF")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("grwth", "no figure is called 'grwth'; did you mean growth? There are: how-many, "),
        ("xyzzy", "no figure is called 'xyzzy'; there are how-many, bytes-per-unit, growth, "),
    ],
)
def test_an_unknown_figure_is_told_with_the_nearest(path: Path, name: str, said: str) -> None:
    with pytest.raises(UsageError) as error:
        slides(path, "png", figure=["growth", name])
    assert said in str(error.value)
    assert not path.with_suffix("").exists()


def test_a_result_that_cannot_be_read_makes_no_folder(tmp_path: Path) -> None:
    (tmp_path / "bad.json").write_text("{")
    with pytest.raises(ResultError):
        slides(tmp_path / "bad.json", "png")
    assert [place.name for place in tmp_path.iterdir()] == ["bad.json"]


def test_the_folder_of_a_result_is_never_the_result() -> None:
    assert folder_of(Path("a/run.json")) == Path("a/run")
    assert folder_of(Path("a/run")) == Path("a/run-report")


def test_the_help_names_every_figure() -> None:
    (option,) = get_args(Figures)[1:]
    assert all(name in option.help for name in names())
