"""Text from a result, made harmless for the place where it is shown; names in the plural, and cut.

A result may come from anywhere, so its names may hold whatever moves a terminal's cursor, turns the
direction of reading, ends a table's cell or begins a tag or a spreadsheet's formula.
"""

from __future__ import annotations

import re
import unicodedata

LONGEST = 28  # the longest shipped label has 27 letters
IRREGULAR = {"goroutine on its own thread": "goroutines on their own threads"}
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
    or unassigned is taken out. (rich's own markup is another matter: put text into a
    `rich.text.Text`.)
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
    written = []
    for character in text:
        if character in "\n\t" or unicodedata.category(character) not in _UNSEEN:
            written.append(character)
        else:
            code = character.encode("utf-16-be", "surrogatepass").hex()
            written += [f"\\u{code[place : place + 4]}" for place in range(0, len(code), 4)]
    return "".join(written)


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


def many(label: str) -> str:
    """The label in the plural: `asyncio tasks`, `OS threads (C)`, `Erlang processes`."""
    unit, bracket, rest = label.partition(" (")
    if unit in IRREGULAR:
        plural = IRREGULAR[unit]
    elif unit.endswith(("ss", "x", "ch", "sh")):
        plural = f"{unit}es"
    elif unit.endswith("y") and unit[-2:-1] not in "aeiou":
        plural = f"{unit[:-1]}ies"
    else:
        plural = unit if unit.endswith(("s", "…")) else f"{unit}s"
    return f"{plural}{bracket}{rest}"


def short(text: str, most: int = LONGEST) -> str:
    """The text on one line, without control characters, cut at `most` letters with an ellipsis."""
    line = plain(text)
    return line if len(line) <= most else f"{line[: most - 1].rstrip()}…"
