"""An HTML page taken apart: what a test asks of its elements, attributes and words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = frozenset({"meta", "link", "img", "source", "br", "hr", "input", "wbr"})


@dataclass
class Element:
    """One element with its attributes, and the words in it and below it."""

    name: str
    attributes: dict[str, str]
    words: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return " ".join("".join(self.words).split())


class Markup(HTMLParser):
    """Every element of a page in its order. Raises `AssertionError` where one is not closed, or
    closed out of turn."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[Element] = []
        self._open: list[Element] = []
        self.feed(text)
        self.close()
        assert self._open == [], [element.name for element in self._open]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(set(names)) == len(names), f"<{tag}> has an attribute twice"
        element = Element(tag, {name: value or "" for name, value in attrs})
        self.elements.append(element)
        if tag not in VOID:
            self._open.append(element)

    def handle_endtag(self, tag: str) -> None:
        last = self._open.pop() if self._open else None
        assert last is not None, f"</{tag}> closes nothing"
        assert last.name == tag, f"</{tag}> closes <{last.name}>"
        if tag in ("td", "th", "caption"):
            self.handle_data(" ")

    def handle_data(self, data: str) -> None:
        for element in self._open:
            element.words.append(data)

    def all(self, *names: str) -> list[Element]:
        """The elements of these names."""
        return [element for element in self.elements if element.name in names]

    def one(self, name: str) -> Element:
        """The only element of that name."""
        (element,) = self.all(name)
        return element

    def attributes(self, *names: str) -> Iterator[str]:
        """The values of these attributes, wherever they stand."""
        for element in self.elements:
            yield from (element.attributes[name] for name in names if name in element.attributes)
