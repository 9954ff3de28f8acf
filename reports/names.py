"""Names from a result as sentences and figures need them: in the plural, and never too long."""

from __future__ import annotations

from reports.escape import plain

LONGEST = 28  # the longest shipped label has 27 letters


def many(label: str) -> str:
    """The label in the plural: `asyncio tasks`, `OS threads (C)`."""
    unit, bracket, rest = label.partition(" (")
    return f"{unit}{'' if unit.endswith('s') else 's'}{bracket}{rest}"


def short(text: str, most: int = LONGEST) -> str:
    """The text on one line, without control characters, cut at `most` letters with an ellipsis."""
    line = plain(text)
    return line if len(line) <= most else f"{line[: most - 1].rstrip()}…"
