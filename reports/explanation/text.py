"""The explanation as a plain value: sections of paragraphs of sentences, made of pieces.

A number in a sentence is a cell of one of the report's tables, word for word, and knows which: so
that whoever reads it can look it up, and a test does. Terminal, Markdown, page and deck draw from
this value.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reports.wording.doubted import marked
from reports.wording.escape import plain


@dataclass(frozen=True)
class Place:
    """A cell: the table's name, the words that its row begins with, the heading of its column."""

    table: str
    row: tuple[str, ...]
    column: str


@dataclass(frozen=True)
class Number:
    """A figure in the words of its table. `value` is raw: bytes, seconds or a count. A doubted one
    is said with the mark; `doubt` is a name of `bench.derive.doubts`."""

    words: str
    value: float
    place: Place
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
    """Its pieces in their order, blanks and all."""

    pieces: tuple[Piece, ...]

    @property
    def text(self) -> str:
        return "".join(map(str, self.pieces))


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
        pieces = (piece for sentence in self.sentences for piece in sentence.pieces)
        held = (piece.doubt for piece in pieces if isinstance(piece, Number) and piece.doubt)
        return tuple(dict.fromkeys(held))

    @property
    def words(self) -> int:
        """How long it is, headings and all."""
        headings = (self.title, *(section.heading for section in self.sections))
        texts = (*headings, *(sentence.text for sentence in self.sentences))
        return sum(len(text.split()) for text in texts)


def say(template: str, *pieces: Piece | tuple[Piece, ...]) -> Sentence:
    """The sentence `template` with a piece, or several, for each `{}` of it.

    The template itself holds no digit: a number of ours would stand in no table.
    """
    assert not any(character.isdigit() for character in template), template
    literals = template.split("{}")
    assert len(literals) == len(pieces) + 1, template
    mixed: list[Piece] = [literals[0]]
    for piece, literal in zip(pieces, literals[1:], strict=True):
        mixed += [*(piece if isinstance(piece, tuple) else (piece,)), literal]
    return Sentence(tuple(piece for piece in mixed if piece != ""))


def listed(pieces: Sequence[Piece], last: str = "and") -> tuple[Piece, ...]:
    """The pieces as a sentence lists them: `a, b and c`."""
    mixed: list[Piece] = []
    for place, piece in enumerate(pieces):
        if place:
            mixed.append(f" {last} " if place == len(pieces) - 1 else ", ")
        mixed.append(piece)
    return tuple(mixed)
