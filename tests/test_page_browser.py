"""The page in a real browser: silent, self-contained, narrow enough, and without axe violations.

Needs a Chromium (see `tests.support.browser`) and is skipped where there is none.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bench.derive.metrics import figures
from bench.model.records import Result
from reports.digest import digest
from reports.figures.all import names
from reports.page.drawing import pictures
from reports.page.html import html
from reports.page.model import Picture, page
from tests.support import browser
from tests.support.runs import every_runtime, hostile_run, run_of

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.slow

SOUND = (
    '<!doctype html><html lang="en"><head><meta name="viewport" content="width=device-width">'
    "<title>A page</title>{head}</head><body><main><h1>A page</h1>{body}</main></body></html>"
)
# What is wrong with a page: its head, its body, and the faults that are to be found.
UNSOUND = {
    "nothing": ("", "<p>words</p>", ()),
    "everything": (
        (
            "<style>div { width: 500px } p { color: #ccc; background: #fff }</style>"
            "<script>console.warn('oh'); nowhere.to.go()</script>"
        ),
        '<div>words</div><p>pale</p><img src="data:image/svg+xml,"><img alt="x" src="gone.png">',
        (
            "console: oh",
            "error: nowhere is not defined",
            "request: file:///",
            "pixels too wide",
            "light: axe: color-contrast",
            "light: axe: image-alt",
        ),
    ),
    "what is seen in the dark, or opened": (
        (
            "<style>@media (prefers-color-scheme: dark) { p { color: #333; background: #000 } }"
            "div { width: 500px }</style>"
        ),
        "<p>words</p><details><summary>more</summary><div>words</div></details>",
        ("dark: axe: color-contrast", "pixels too wide, all opened"),
    ),
}
BLANK = Picture(*(["data:image/svg+xml,%3Csvg%20xmlns='http://www.w3.org/2000/svg'/%3E"] * 4))


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser.browser() as started:
        yield started


def written(folder: Path, results: Sequence[Result], *, drawn: bool) -> Path:
    """The page of these results, with its figures or with stand-ins for them."""
    digests = [digest(made, figures(made)) for made in results]
    labels = [f"run {place}" for place in range(1, len(results) + 1)]
    drawings = [
        pictures(made.charts) if drawn else dict.fromkeys(names(), BLANK) for made in digests
    ]
    path = folder / "report.html"
    path.write_text(html(page(digests, labels, drawings)), encoding="utf-8")
    return path


def test_a_report_is_without_fault(chromium: Browser, tmp_path: Path) -> None:
    path = written(tmp_path, [every_runtime()], drawn=True)
    assert browser.faults(chromium, path) == []
    assert browser.printed(chromium, path) == {"ground": "rgb(255, 255, 255)", "figure": "light"}
    words = browser.words_without_scripts(chromium, path)
    for part in ("Why tasks outnumber threads", "How it was measured", "34.8 KiB", "1,000,000"):
        assert part in words


def test_a_report_of_a_hostile_result_is_without_fault(chromium: Browser, tmp_path: Path) -> None:
    path = written(tmp_path, [hostile_run(), run_of("trio")], drawn=False)
    assert browser.faults(chromium, path, schemes=()) == []


@pytest.mark.parametrize("name", UNSOUND)
def test_what_is_wrong_with_a_page_is_found_out(
    chromium: Browser, tmp_path: Path, name: str
) -> None:
    head, body, faults = UNSOUND[name]
    path = tmp_path / "page.html"
    path.write_text(SOUND.format(head=head, body=body))
    found = browser.faults(chromium, path)
    assert bool(found) == bool(faults)
    for fault in faults:
        assert [one for one in found if fault in one], (fault, found)


def test_a_browser_that_is_needed_and_missing_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("OUTNUMBER_BROWSER", raising=False)
    monkeypatch.delenv("OUTNUMBER_NEEDS_BROWSER", raising=False)
    with pytest.raises(pytest.skip.Exception, match="apt install chromium"):
        browser.program()
    monkeypatch.setenv("OUTNUMBER_NEEDS_BROWSER", "1")
    with pytest.raises(pytest.fail.Exception, match="OUTNUMBER_NEEDS_BROWSER=1 asks for one"):
        browser.program()
