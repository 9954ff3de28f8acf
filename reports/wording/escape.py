"""Text from a result, made harmless for the place where it is shown.

A result may come from anywhere, so its names may hold whatever moves a terminal's cursor, turns the
direction of reading, ends a table's cell or begins a tag or a spreadsheet's formula.
"""

from __future__ import annotations

import html as html_module
import re
import unicodedata

_MARKDOWN = {character: f"\\{character}" for character in "\\`*[]|~#$"}
# Entities, not backslashes: what takes `<` for HTML or `@` for a name does so before Markdown.
_MARKDOWN |= {"&": "&amp;", "<": "&lt;", ">": "&gt;", "@": "&#64;"}
_OUTER_UNDERSCORE = re.compile(r"(?<!\w)_|_(?!\w)")
_LINK = re.compile(r"(?i)(https?|ftp|mailto|www)(?=[:.])")
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def plain(text: str) -> str:
    """One line without control characters, marks of direction and other invisible ones.

    White space of any kind becomes a space; what Unicode calls control, format, surrogate, private
    or unassigned is taken out.
    """
    if text.isascii() and text.isprintable():
        return text.strip()
    spaced = (" " if character.isspace() else character for character in text)
    return "".join(c for c in spaced if unicodedata.category(c)[0] != "C").strip()


def visible(text: str) -> str:
    """Text of several lines with all but its line breaks and tabs made visible: what Unicode calls
    control, format, surrogate, private or unassigned, and what it calls an end of a line, is
    written as JSON escapes it."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(c if _is_seen(c) else _written(c) for c in text)


def _is_seen(character: str) -> bool:
    return character in "\n\t" or unicodedata.category(character) not in _UNSEEN


def _written(character: str) -> str:
    units = character.encode("utf-16-be", "surrogatepass")
    pairs = (units[place : place + 2].hex() for place in range(0, len(units), 2))
    return "".join(f"\\u{pair}" for pair in pairs)


def terminal(text: str) -> str:
    """For a terminal. (rich's own markup is another matter: put text into a `rich.text.Text`.)"""
    return plain(text)


def markdown(text: str) -> str:
    """For Markdown, a table's cell too: nothing in it is markup, a tag, a link or a mention."""
    escaped = "".join(_MARKDOWN.get(character, character) for character in plain(text))
    escaped = _OUTER_UNDERSCORE.sub(r"\\_", escaped)
    return _LINK.sub(lambda found: f"{found[0][0]}&#{ord(found[0][1])};{found[0][2:]}", escaped)


def csv(text: str) -> str:
    """For a cell that a spreadsheet may open: what would be a formula is text. Quoting is left to
    the `csv` module."""
    cell = plain(text)
    return f"'{cell}" if cell.startswith(_FORMULA) or text.startswith(_FORMULA) else cell


def html(text: str) -> str:
    """For HTML, an attribute's value in quotes too."""
    return html_module.escape(plain(text), quote=True)
