"""`outnumber report` and `outnumber explain`: files, paths, and what goes wrong."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest

from bench.cli.report import explain, report
from bench.errors import ResultError, UsageError
from bench.model.records import Result
from reports.digest import COMPARISON, LIMITS, SUMMARY
from reports.figures.all import names as figure_names
from reports.page import drawing, write
from reports.page.model import Picture
from tests.support.commands import COMMAND
from tests.support.runs import every_runtime, hostile_run, run_of

PICTURES = sorted(f"{name}.{form}" for name in figure_names() for form in ("pdf", "png", "svg"))
TABLES = sorted(
    f"{n}.{f}" for n in (COMPARISON, LIMITS, SUMMARY, *figure_names()) for f in ("csv", "md")
)


def stored(folder: Path, made: Result, name: str = "run.json") -> Path:
    """A result in a file."""
    path = folder / name
    path.write_bytes(msgspec.json.encode(made))
    return path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return stored(tmp_path, run_of("pthread", "asyncio"))


@pytest.fixture
def undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leaves the drawing out, which takes long: the pictures are empty files."""

    def pictures(_: object) -> dict[str, Picture]:
        return dict.fromkeys(figure_names(), Picture("data:,", "data:,", "data:,", "data:,"))

    def files(_: object, folder: Path, formats: Sequence[str], **__: object) -> dict[Path, bytes]:
        return {folder / f"{name}.{form}": b"" for name in figure_names() for form in formats}

    monkeypatch.setattr(drawing, "pictures", pictures)
    monkeypatch.setattr(write, "pictures", files)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


# The report


@pytest.mark.slow
def test_a_report_is_one_page_with_every_figure_and_table_beside_it(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report([path])
    folder = path.with_suffix("")
    assert capsys.readouterr().out == f"{folder / 'report.html'}\n"
    assert names(folder) == sorted(["report.html", *PICTURES, *TABLES])
    assert all(place.stat().st_size > 100 for place in folder.iterdir())
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert page.count("data:image/svg+xml,%3Csvg") == 4 * len(figure_names())
    assert len(page) < 1_500_000


@pytest.mark.usefixtures("undrawn")
def test_several_results_share_a_page_and_have_a_folder_each(tmp_path: Path) -> None:
    paths = [stored(tmp_path, every_runtime(), f"{n}.json") for n in ("old", "new one", "ü")]
    report(paths, tmp_path / "out")
    folders = ["1-old", "2-new-one", "3"]
    tables = [f"{n}.{f}" for n in ("differences", "side-by-side") for f in ("csv", "md")]
    assert names(tmp_path / "out") == sorted([*folders, *tables, "report.html"])
    for folder in folders:
        assert names(tmp_path / "out" / folder) == sorted([*PICTURES, *TABLES])


@pytest.mark.usefixtures("undrawn")
def test_an_earlier_report_is_replaced(path: Path, tmp_path: Path) -> None:
    report([path], tmp_path / "out")
    stored(tmp_path, run_of("trio"))
    report([path], tmp_path / "out")
    assert "trio task" in (tmp_path / "out" / "report.html").read_text(encoding="utf-8")


@pytest.mark.usefixtures("undrawn")
@pytest.mark.parametrize("name", ["report.html", "summary.csv", "how-many.md"])
def test_what_is_not_ours_is_not_replaced(path: Path, tmp_path: Path, name: str) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / name).write_text("precious")
    with pytest.raises(UsageError, match=f"{name} is there already, and is no report of"):
        report([path], tmp_path / "out")
    assert (tmp_path / "out" / name).read_text() == "precious"
    assert names(tmp_path / "out") == [name]


@pytest.mark.usefixtures("undrawn")
def test_a_report_that_was_cut_short_before_its_page_is_written_anew(
    path: Path, tmp_path: Path
) -> None:
    report([path], tmp_path / "out")
    (tmp_path / "out" / "report.html").unlink()
    whole = (tmp_path / "out" / "summary.csv").read_bytes()
    (tmp_path / "out" / "summary.csv").write_bytes(whole[:100])
    (tmp_path / "out" / "growth.png").write_bytes(b"")
    report([path], tmp_path / "out")
    assert (tmp_path / "out" / "summary.csv").read_bytes() == whole
    assert names(tmp_path / "out") == sorted(["report.html", *PICTURES, *TABLES])


@pytest.mark.usefixtures("undrawn")
def test_a_pipe_in_the_place_of_a_file_is_not_waited_for(path: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    os.mkfifo(tmp_path / "out" / "summary.md")
    with pytest.raises(UsageError, match="not an ordinary file"):
        report([path], tmp_path / "out")


@pytest.mark.usefixtures("undrawn")
def test_a_place_that_cannot_be_written_is_a_usage_error(path: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for place in (tmp_path / "file", tmp_path / "file" / "deeper"):
        with pytest.raises(UsageError, match="the report cannot be written there") as caught:
            report([path], place)
        assert "outnumber report RESULT -o DIR writes it elsewhere" in str(caught.value)


def test_several_results_need_a_folder_of_their_own(path: Path) -> None:
    with pytest.raises(UsageError, match="give one with -o"):
        report([path, path])


def test_a_result_that_cannot_be_read_makes_no_report(path: Path, tmp_path: Path) -> None:
    (tmp_path / "bad.json").write_text("{")
    with pytest.raises(ResultError, match=r"bad\.json"):
        report([path, tmp_path / "bad.json"], tmp_path / "out")
    assert names(tmp_path) == ["bad.json", "run.json"]


@pytest.mark.usefixtures("undrawn")
def test_a_hostile_result_writes_where_it_is_told_to(tmp_path: Path) -> None:
    first = stored(tmp_path, hostile_run(), "..json")
    report([first, stored(tmp_path, hostile_run(), "-rf $(x).json")], tmp_path / "out")
    assert names(tmp_path) == sorted([first.name, "-rf $(x).json", "out"])
    assert {"1", "2-rf-x"} <= set(names(tmp_path / "out"))


# The explanation


def test_the_explanation_is_as_wide_as_the_terminal(
    path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "50")
    explain(path)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "Why tasks outnumber threads"
    assert 40 < max(map(len, lines)) <= 50


def test_the_explanation_is_written_as_markdown(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    explain(path, "markdown")
    assert capsys.readouterr().out.startswith("# Why tasks outnumber threads\n\n## What this run")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("explain", "none.json"), 5, "none.json: cannot be read"),
        (("explain", "run.json", "--format", "poem"), 2, "'poem' is not one of"),
        (("report", "none.json"), 5, "none.json: cannot be read"),
        (("report",), 2, "Missing argument"),
        (("report", "run.json", "-o", "run.json"), 2, "run.json: the report cannot be written"),
    ],
)
def test_wrong_words_are_told(path: Path, words: tuple[str, ...], code: int, message: str) -> None:
    done = subprocess.run(
        [*COMMAND, *words],
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
        cwd=path.parent,
        env={**os.environ, "NO_COLOR": "1"},
    )
    assert done.returncode == code
    assert message in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr
    assert names(path.parent) == ["run.json"]
