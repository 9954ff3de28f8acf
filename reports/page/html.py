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
from reports.page.model import ReportPage
from reports.palette import DARK, LIGHT, Theme
from reports.wording.escape import plain

if TYPE_CHECKING:
    from markupsafe import Markup

MAKER = "outnumber"
SIGNED = f'<meta name="generator" content="{MAKER}">'  # by which our own page is recognised
DATE = re.compile(r"(\b\d{4}-\d\d-\d\d\b)")
VALUE = '<span class="value">{}</span>'  # is not broken into two lines
PARTS = {
    "comparison": "Side by side",
    "figures": "Figures",
    "explanation": "Explanation",
    "limits": "Limits",
    "method": "How it was measured",
    "machine": "Machine and versions",
    "caveats": "Caveats",
    "summary": "Every value",
}
SEVERAL = {
    "differences": "What differs",
    "side-by-side": "Side by side",
    "figures": "Figures",
}


def html(page: ReportPage) -> str:
    """The whole file."""
    own = {view.key: view.label for view in page.views}
    contents = SEVERAL | own if page.several else PARTS
    return rendered("page.html.j2", page=page, parts=PARTS, contents=contents.items())


def rendered(template: str, **shown: object) -> str:
    """The text of a template of this folder with these values, in the one style."""
    from jinja2 import Environment, PackageLoader, StrictUndefined
    from markupsafe import Markup

    environment = Environment(
        loader=PackageLoader("reports.page", ""),
        autoescape=True,
        undefined=StrictUndefined,
        # Text on one line, without what turns or hides it; `Markup`, which is ours, stays as it is.
        finalize=lambda value: plain(value) if type(value) is str else value,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["sentence"] = _sentence
    environment.filters["dated"] = _dated
    rules = files("reports.page").joinpath("page.css").read_text(encoding="utf-8")
    dark = f"@media screen and (prefers-color-scheme: dark) {{ {_colours(DARK)} }}"
    style = f"{_colours(LIGHT)}\n{dark}\n{rules}"
    # The page's policy allows this one style sheet by its hash.
    digest = base64.b64encode(hashlib.sha256(style.encode("utf-8")).digest()).decode()
    return environment.get_template(template).render(
        style=Markup(style), style_hash=f"sha256-{digest}", maker=MAKER, **shown
    )


def _sentence(sentence: Sentence) -> Markup:
    """A sentence whose numbers keep their units on the same line, and whose names cannot turn what
    stands beside them."""
    from markupsafe import Markup, escape

    made = Markup("")
    for piece in sentence.pieces:
        if isinstance(piece, Number):
            made += Markup(VALUE).format(plain(str(piece)))
        elif isinstance(piece, Name):
            made += Markup("<bdi>{}</bdi>").format(str(piece))
        else:
            made += escape(piece)
    return made


def _dated(text: str) -> Markup:
    """Words whose dates are not broken at their hyphens."""
    from markupsafe import Markup, escape

    pieces = DATE.split(plain(text))  # what is between two dates, then a date, and so on
    return Markup("").join(
        Markup(VALUE).format(piece) if place % 2 else escape(piece)
        for place, piece in enumerate(pieces)
    )


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
