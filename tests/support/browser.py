"""A real browser that looks at a page: what it complains of, what it asks for, what it cannot do.

It is Debian's `chromium`, or whatever `OUTNUMBER_BROWSER` names. Where there is none, tests are
skipped; with `OUTNUMBER_NEEDS_BROWSER=1`, as CI sets it, they fail instead.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

Scheme = Literal["light", "dark"]
SCHEMES: tuple[Scheme, ...] = ("light", "dark")
PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PHONE = 375
DESK = 1280
OPEN_ALL = "document.querySelectorAll('details').forEach(each => { each.open = true; })"
TOO_WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def program() -> str:
    """The browser to use. Skips the test, or fails it, where there is none."""
    named = os.environ.get("OUTNUMBER_BROWSER")
    found = named or next((path for name in PROGRAMS if (path := shutil.which(name))), None)
    if found:
        return found
    missing = f"no browser: none of {', '.join(PROGRAMS)} is here (apt install chromium)"
    if os.environ.get("OUTNUMBER_NEEDS_BROWSER") == "1":
        pytest.fail(f"{missing}, and OUTNUMBER_NEEDS_BROWSER=1 asks for one")
    pytest.skip(missing)


@contextmanager
def browser() -> Iterator[Browser]:
    """A browser without a window."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=program(), args=list(ARGUMENTS))
        try:
            yield started
        finally:
            started.close()


def faults(started: Browser, path: Path, schemes: Sequence[Scheme] = SCHEMES) -> list[str]:
    """Everything that is wrong with a page, in words; contrast is looked at in these schemes."""
    found: list[str] = []
    context = started.new_context(viewport={"width": DESK, "height": 900})
    page = context.new_page()
    page.on("console", lambda message: found.append(f"console: {message.text}"))
    page.on("pageerror", lambda error: found.append(f"error: {error.message}"))
    page.on("request", lambda request: found.append(f"request: {request.url[:200]}"))
    page.goto(path.as_uri())
    found.remove(f"request: {path.as_uri()}")
    for scheme in schemes:
        page.emulate_media(color_scheme=scheme)
        found += [f"{scheme}: {fault}" for fault in _violations(page)]
    found += _narrow(page, "")
    page.evaluate(OPEN_ALL)
    found += _narrow(page, ", all opened")
    found += _violations(page, {"color-contrast": {"enabled": False}})
    context.close()
    return [fault for fault in found if not fault.startswith("request: data:")]


def words_without_scripts(started: Browser, path: Path) -> str:
    """What a reader whose browser runs no script sees, in words."""
    context = started.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(path.as_uri())
    words = page.locator("body").inner_text()
    context.close()
    return words


def printed(started: Browser, path: Path) -> dict[str, str]:
    """What goes to paper where the screen is dark: its ground, and the first figure's address."""
    context = started.new_context(color_scheme="dark", viewport={"width": DESK, "height": 900})
    page = context.new_page()
    page.emulate_media(media="print")
    page.goto(path.as_uri())
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    shown = page.evaluate("document.querySelector('img').currentSrc")
    light = page.evaluate("document.querySelector('img').src")
    context.close()
    return {"ground": ground, "figure": "light" if shown == light else "dark"}


def _narrow(page: Page, state: str) -> list[str]:
    """How much of the page a phone's screen does not hold."""
    page.set_viewport_size({"width": PHONE, "height": 800})
    wide = page.evaluate(TOO_WIDE)
    page.set_viewport_size({"width": DESK, "height": 900})
    return [f"{wide} pixels too wide{state}"] if wide else []


def _violations(page: Page, rules: Mapping[str, object] | None = None) -> list[str]:
    """What axe-core finds, rule by rule. Contrast takes it long, and needs to be seen but once a
    scheme: what is opened looks like what was open."""
    from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]

    if not page.evaluate("'axe' in window"):
        page.evaluate(f"{Axe().axe_script}; null")
    options = {"resultTypes": ["violations"], "rules": rules or {}}
    found = Axe("null").run(page, options=options).response["violations"]
    return [f"axe: {one['id']}: {one['nodes'][0]['html'][:200]}" for one in found]
