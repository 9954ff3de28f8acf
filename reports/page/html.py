"""The page as one HTML file that asks for nothing: no script, no font, no picture from elsewhere.

What a result holds is text in it and never markup: Jinja escapes all that the template does not
say, after control characters and marks of direction are gone.
"""

from __future__ import annotations

import base64
import hashlib
import re
from importlib.resources import files
from typing import TYPE_CHECKING

from reports.explanation.text import Name, Number, Sentence
from reports.page.model import Page
from reports.palette import DARK, LIGHT, Theme
from reports.wording.escape import plain

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

MAKER = "outnumber"
SIGNED = f'<meta name="generator" content="{MAKER}">'  # by which a page of ours is known again
DATE = re.compile(r"(\b\d{4}-\d\d-\d\d\b)")
PARTS = {
    "comparison": "Side by side",
    "figures": "Figures",
    "explanation": "Explanation",
    "limits": "Limits",
    "method": "How it was measured",
    "machine": "Machine and versions",
    "doubts": "Doubts",
    "summary": "Every figure",
}


def html(page: Page) -> str:
    """The whole file."""
    return rendered("page.html.j2", page=page, contents=_contents(page))


def rendered(template: str, **shown: object) -> str:
    """What a template of this folder makes of what it is to show, in the one style."""
    from markupsafe import Markup

    style = _style()
    return (
        _environment()
        .get_template(template)
        .render(style=Markup(style), style_hash=_hash(style), maker=MAKER, **shown)
    )


def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("reports.page", ""),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_harmless,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["sentence"] = _sentence
    environment.filters["dated"] = _dated
    return environment


def _harmless(value: object) -> object:
    """What the template shows: text on one line, without what turns or hides it. `Markup`, which
    is ours, stays as it is."""
    return plain(value) if type(value) is str else value


def _sentence(sentence: Sentence) -> Markup:
    """A sentence whose numbers keep their units on the same line, and whose names cannot turn what
    stands beside them."""
    from markupsafe import Markup

    return Markup("").join(_piece(piece) for piece in sentence.pieces)


def _dated(text: str) -> Markup:
    """Words whose dates are not broken at their hyphens."""
    from markupsafe import Markup, escape

    pieces = DATE.split(plain(text))  # what is between two dates, then a date, and so on
    return Markup("").join(
        Markup('<span class="value">{}</span>').format(piece) if place % 2 else escape(piece)
        for place, piece in enumerate(pieces)
    )


def _piece(piece: object) -> Markup:
    from markupsafe import Markup, escape

    match piece:
        case Number():
            return Markup('<span class="value">{}</span>').format(plain(str(piece)))
        case Name():
            return Markup("<bdi>{}</bdi>").format(str(piece))
        case _:
            return escape(piece)


def _contents(page: Page) -> list[tuple[str, str]]:
    """The addresses on the page, and what each is called."""
    if not page.several:
        return list(PARTS.items())
    own = [(view.key, view.label) for view in page.views]
    several = {
        "differences": "What differs",
        "side-by-side": "Side by side",
        "figures": "Figures",
    }
    return [*several.items(), *own]


def _style() -> str:
    rules = files("reports.page").joinpath("page.css").read_text(encoding="utf-8")
    dark = f"@media screen and (prefers-color-scheme: dark) {{ {_colours(DARK)} }}"
    return f"{_colours(LIGHT)}\n{dark}\n{rules}"


def _colours(theme: Theme) -> str:
    """The palette of the figures, for what stands around them."""
    colours = {
        "ground": theme.ground,
        "ink": theme.ink,
        "muted": theme.muted,
        "line": theme.line,
        "stripe": f"color-mix(in srgb, {theme.line} 28%, {theme.ground})",
        "focus": theme.parts["user"],
    }
    return f":root {{ {' '.join(f'--{name}: {colour};' for name, colour in colours.items())} }}"


def _hash(style: str) -> str:
    """What the page's policy knows its one style sheet by."""
    digest = hashlib.sha256(style.encode("utf-8")).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"
