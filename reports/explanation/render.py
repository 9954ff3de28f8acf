"""The explanation for a terminal and as Markdown."""

from __future__ import annotations

import textwrap
from typing import Literal, get_args

from bench.errors import UsageError
from reports.explanation.text import Explanation, Number, Paragraph
from reports.wording import escape

Format = Literal["text", "markdown"]
FORMATS: tuple[Format, ...] = get_args(Format)
WIDTH = 80
WIDEST = 88  # longer lines are hard to read
KEEP = "\u00a0"  # holds a number and its unit together while lines are broken


def render(explanation: Explanation, format_: str, width: int = WIDTH) -> str:
    """The text, ending with a newline. Raises `UsageError` where there is no such format."""
    match format_:
        case "text":
            return as_text(explanation, width)
        case "markdown":
            return as_markdown(explanation)
        case _:
            raise UsageError(f"no format {format_!r}; give --format {'|'.join(FORMATS)}")


def as_text(explanation: Explanation, width: int = WIDTH) -> str:
    """Wrapped at `width` columns, and never wider than reads well."""
    width = max(20, min(width, WIDEST))
    lines = [explanation.title, "=" * len(explanation.title)]
    for section in explanation.sections:
        lines += ["", section.heading, "-" * len(section.heading)]
        for place, paragraph in enumerate(section.paragraphs):
            lines += [""] * bool(place) + _wrapped(paragraph, width)
    return "\n".join(lines) + "\n"


def as_markdown(explanation: Explanation) -> str:
    """A heading for the whole and one a section, a line a paragraph."""
    blocks = [f"# {explanation.title}"]
    for section in explanation.sections:
        blocks.append(f"## {section.heading}")
        blocks += [
            " ".join(escape.markdown(sentence.text) for sentence in paragraph)
            for paragraph in section.paragraphs
        ]
    return "\n\n".join(blocks) + "\n"


def _wrapped(paragraph: Paragraph, width: int) -> list[str]:
    text = " ".join("".join(_kept(piece) for piece in sentence.pieces) for sentence in paragraph)
    lines = textwrap.wrap(text, width, break_long_words=True, break_on_hyphens=False)
    return [escape.terminal(line) for line in lines]


def _kept(piece: object) -> str:
    return str(piece).replace(" ", KEEP) if isinstance(piece, Number) else str(piece)
