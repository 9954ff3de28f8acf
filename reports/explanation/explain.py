"""The explanation of one run: a template (`explanation.txt.j2`) filled with its values.

Where anything ran it has 250 to 900 words. It says nothing of a runtime that was left out. A
sentence with an unknown value is left out; others say that a value is unknown.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable
from importlib.resources import files
from typing import TYPE_CHECKING

from bench.derive.doubts import MARK
from reports.digest import Digest
from reports.explanation.facts import facts
from reports.explanation.text import Explanation, Name, Number, Paragraph, Piece, Section, Sentence
from reports.wording.doubted import reasons

if TYPE_CHECKING:
    from jinja2 import Template
    from jinja2.runtime import Context

MOST_WORDS = 900
NAMED = (3, 1, 0)  # how many unknown runtimes are named, until the text is short enough
# What stands in the filled template for a number or a name, and for one that is unknown.
PLACE = re.compile("\ue000(\\d+)\ue001")
UNKNOWN = "\ue002"
# A share of a whole in words, up to the share.
PORTIONS = (
    (0.03, "next to nothing"),
    (0.15, "about a tenth"),
    (0.225, "about a fifth"),
    (0.29, "about a quarter"),
    (0.42, "about a third"),
    (0.58, "about half"),
    (0.71, "about two thirds"),
    (0.85, "about three quarters"),
    (0.97, "most of it"),
)


def explain(digest: Digest) -> Explanation:
    """The whole text of a digest."""
    for most in NAMED:
        known = facts(digest, most)
        if known is None:
            said = (
                Sentence(("This run measured nothing, so there is nothing to explain.",)),
                Sentence(("Its result file says what was tried and how it ended.",)),
            )
            return Explanation("What this run found", (Section("Nothing to explain", (said,)),))
        sections = _filled(known)
        if why := reasons(Explanation("", sections).doubts):
            doubted = Sentence((f"Do not quote a number with {MARK} alone: {why}.",))
            last = sections[-1]
            sections = (*sections[:-1], Section(last.heading, (*last.paragraphs, (doubted,))))
        text = Explanation(known["title"], sections)
        if text.words <= MOST_WORDS:
            break
    return text


@functools.cache
def _template() -> Template:
    """The template, compiled once, which takes longer than to fill it. Each value that is shown
    goes into the list `pieces` of those that the template is filled with."""
    from jinja2 import Environment, StrictUndefined, pass_context

    @pass_context
    def place(context: Context, value: object) -> object:
        if value is None:
            return UNKNOWN
        if not isinstance(value, Number | Name):
            return value
        pieces = context["pieces"]
        pieces.append(value)
        return f"\ue000{len(pieces) - 1}\ue001"

    @pass_context
    def listed(context: Context, values: Iterable[object]) -> str:
        *first, last = (str(place(context, value)) for value in values)
        return f"{', '.join(first)} and {last}" if first else last

    environment = Environment(
        undefined=StrictUndefined, finalize=place, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {"listed": listed, "named": Name, "portion": portion}
    source = files("reports.explanation").joinpath("explanation.txt.j2").read_text("utf-8")
    return environment.from_string(source)


def _filled(known: dict[str, object]) -> tuple[Section, ...]:
    """The sections of the template with these values."""
    pieces: list[Number | Name] = []
    text = _template().render({**known, "pieces": pieces})
    sections = []
    for block in text.split("## ")[1:]:
        heading, _, body = block.partition("\n")
        found = (_paragraph(lines, pieces) for lines in body.split("\n\n"))
        if paragraphs := tuple(paragraph for paragraph in found if paragraph):
            sections.append(Section(heading, paragraphs))
    return tuple(sections)


def _paragraph(lines: str, pieces: list[Number | Name]) -> Paragraph:
    """A sentence for each line without an unknown value. No digit is the template's own: a number
    must come from the result."""
    sentences = []
    for line in filter(None, lines.split("\n")):
        if UNKNOWN in line:
            continue
        # What is between two places, then the number of a place, and so on.
        parts = PLACE.split(line)
        assert not re.search(r"\d", "".join(parts[::2])), line
        mixed: list[Piece] = [
            pieces[int(part)] if odd % 2 else part for odd, part in enumerate(parts)
        ]
        sentences.append(Sentence(tuple(piece for piece in mixed if piece != "")))
    return tuple(sentences)


def portion(share: float) -> str:
    """A share of a whole in words; both its numbers stand beside it."""
    return next((words for most, words in PORTIONS if share < most), "nearly all")
