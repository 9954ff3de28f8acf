"""The explanation as a plain value: sections of paragraphs of sentences, made of pieces; and that
value as text for a terminal and as Markdown.

A number in a sentence knows the values that it is made from, so a doubt about them travels with it,
and a test compares both. Terminal, Markdown, page and deck draw from this value.
"""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import Literal, get_args

from bench.derive.ceiling import Allowance
from bench.derive.metrics import Metric
from bench.derive.times import Population
from bench.errors import UsageError
from bench.model.records import Limit
from reports.wording import escape
from reports.wording.doubted import marked
from reports.wording.escape import plain

Format = Literal["text", "markdown"]
FORMATS: tuple[Format, ...] = get_args(Format)
WIDTH = 80
WIDEST = 88  # longer lines are hard to read
KEEP = "\u00a0"  # holds a number and its unit together while lines are broken

Source = Metric | Limit | Allowance | Population


@dataclass(frozen=True)
class Number:
    """A value in words, with the values that it is made from: `of`. `value` is raw: bytes, seconds
    or a count. The words of a doubted one carry the mark; `doubt` is a name of
    `bench.derive.doubts`."""

    words: str
    value: float
    of: tuple[Source, ...]
    doubt: str | None = None

    def __str__(self) -> str:
        return marked(self.words, self.doubt)


@dataclass(frozen=True)
class Name:
    """What a result calls something: a runtime's label, a limit. It may hold digits of its own, and
    is still to be escaped for where it is shown."""

    words: str

    def __str__(self) -> str:
        return plain(self.words)


Piece = str | Number | Name


@dataclass(frozen=True)
class Sentence:
    """Its pieces in their order, with the blanks between them."""

    pieces: tuple[Piece, ...]

    @property
    def text(self) -> str:
        return "".join(map(str, self.pieces))

    @property
    def numbers(self) -> tuple[Number, ...]:
        return tuple(piece for piece in self.pieces if isinstance(piece, Number))


Paragraph = tuple[Sentence, ...]


@dataclass(frozen=True)
class Section:
    """A heading, and paragraphs of whole sentences."""

    heading: str
    paragraphs: tuple[Paragraph, ...]


@dataclass(frozen=True)
class Explanation:
    """The whole text."""

    title: str
    sections: tuple[Section, ...]

    @property
    def sentences(self) -> tuple[Sentence, ...]:
        return tuple(
            sentence
            for section in self.sections
            for paragraph in section.paragraphs
            for sentence in paragraph
        )

    @property
    def doubts(self) -> tuple[str, ...]:
        """The doubts about its numbers."""
        numbers = (number for sentence in self.sentences for number in sentence.numbers)
        return tuple(dict.fromkeys(number.doubt for number in numbers if number.doubt))

    @property
    def words(self) -> int:
        """How long it is, with its headings."""
        headings = (self.title, *(section.heading for section in self.sections))
        texts = (*headings, *(sentence.text for sentence in self.sentences))
        return sum(len(text.split()) for text in texts)


def render(explanation: Explanation, format_: str, width: int = WIDTH) -> str:
    """The text, ending with a newline. Raises `UsageError` where there is no such format."""
    if format_ not in FORMATS:
        raise UsageError(f"no format {format_!r}; give --format {'|'.join(FORMATS)}")
    return as_markdown(explanation) if format_ == "markdown" else as_text(explanation, width)


def as_text(explanation: Explanation, width: int = WIDTH) -> str:
    """Wrapped at `width` columns, and never wider than reads well; a number keeps its unit."""
    width = max(20, min(width, WIDEST))
    lines = [explanation.title, "=" * len(explanation.title)]
    for section in explanation.sections:
        lines += ["", section.heading, "-" * len(section.heading)]
        for place, paragraph in enumerate(section.paragraphs):
            text = " ".join(
                "".join(
                    str(piece).replace(" ", KEEP) if isinstance(piece, Number) else str(piece)
                    for piece in sentence.pieces
                )
                for sentence in paragraph
            )
            wrapped = textwrap.wrap(text, width, break_on_hyphens=False)
            lines += [""] * bool(place) + [plain(line) for line in wrapped]
    return "\n".join(lines) + "\n"


def as_markdown(explanation: Explanation) -> str:
    """A heading for the whole and one for each section; each paragraph is one line."""
    blocks = [f"# {explanation.title}"]
    for section in explanation.sections:
        blocks.append(f"## {section.heading}")
        blocks += [
            " ".join(escape.markdown(sentence.text) for sentence in paragraph)
            for paragraph in section.paragraphs
        ]
    return "\n\n".join(blocks) + "\n"
