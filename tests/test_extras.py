"""An installation without the extra `figures`: what works all the same, and what to type."""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path

import pytest

from bench.cli.main import OF_FIGURES
from bench.model.decoding import encode
from tests.support.commands import outnumber_here
from tests.support.results import whole_run
from tests.test_structure import imports, sources

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
IMPORTED_AS = {"python-pptx": "pptx"}


@pytest.fixture
def result(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A whole run's result, in an empty folder, where nothing of `figures` can be imported."""
    monkeypatch.chdir(tmp_path)
    for name in [*sys.modules]:
        if name.partition(".")[0] in OF_FIGURES or name.startswith(
            ("reports.draw", "reports.deck")
        ):
            package, _, last = name.rpartition(".")
            if package in sys.modules:  # an import puts the new module there, which is to go again
                monkeypatch.setattr(sys.modules[package], last, sys.modules[name], raising=False)
            monkeypatch.delitem(sys.modules, name)
    for name in OF_FIGURES:
        monkeypatch.setitem(sys.modules, name, None)
    Path("r.json").write_bytes(encode(whole_run()))
    return "r.json"


@pytest.mark.parametrize(
    ("words", "library"),
    [((), "python-pptx"), (("--format", "png"), "matplotlib"), (("--format", "svg"), "matplotlib")],
)
def test_a_command_that_lacks_a_library_says_what_to_type(
    result: str, words: tuple[str, ...], library: str
) -> None:
    done = outnumber_here("slides", result, *words, code=2)
    assert done.stderr == (
        f"outnumber: this command needs {library}, which is not installed; "
        "type: pip install 'outnumber[figures]'\n"
    )
    assert [path.name for path in Path().iterdir()] == [result]


def test_the_page_has_its_tables_without_pictures_and_says_what_to_type(result: str) -> None:
    done = outnumber_here("report", result)
    assert done.stderr == (
        "the page has no pictures, since matplotlib is not installed; "
        "type: pip install 'outnumber[figures]'\n"
    )
    page = Path("r/report.html").read_text(encoding="utf-8")
    assert "data:image/svg" not in page
    assert page.count("<table") > 10
    assert {path.suffix for path in Path("r").iterdir()} == {".html", ".md", ".csv"}


def test_what_is_imported_is_declared_and_what_is_optional_is_known() -> None:
    extras = PROJECT["optional-dependencies"]

    def imported(names: list[str]) -> set[str]:
        plain = [re.split(r"[><=;\[ ]", name)[0] for name in names]
        return {IMPORTED_AS.get(name, name) for name in plain}

    assert imported(extras["figures"]) == OF_FIGURES.keys()
    modules = {k: v for k, v in sources().items() if not k.startswith("runners.python")}
    wanted = {target.partition(".")[0] for name in modules for target in imports(name, modules)}
    ours = {"bench", "outnumber", "reports", "runners"}
    foreign = wanted - sys.stdlib_module_names - ours
    by_others = {"_typeshed", "markupsafe", "shellingham"}  # types; of jinja2, of typer
    assert foreign - by_others <= imported(PROJECT["dependencies"]) | OF_FIGURES.keys()
