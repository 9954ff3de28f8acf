"""Names from a result as sentences and figures need them: in the plural, and never too long."""

from __future__ import annotations

from reports.wording.escape import plain

LONGEST = 28  # the longest shipped label has 27 letters
IRREGULAR = {"goroutine on its own thread": "goroutines on their own threads"}


def many(label: str) -> str:
    """The label in the plural: `asyncio tasks`, `OS threads (C)`, `Erlang processes`."""
    unit, bracket, rest = label.partition(" (")
    return f"{IRREGULAR.get(unit) or _plural(unit)}{bracket}{rest}"


def _plural(unit: str) -> str:
    if unit.endswith(("ss", "x", "ch", "sh")):
        return f"{unit}es"
    if unit.endswith("y") and unit[-2:-1] not in "aeiou":
        return f"{unit[:-1]}ies"
    return unit if unit.endswith(("s", "…")) else f"{unit}s"


def short(text: str, most: int = LONGEST) -> str:
    """The text on one line, without control characters, cut at `most` letters with an ellipsis."""
    line = plain(text)
    return line if len(line) <= most else f"{line[: most - 1].rstrip()}…"
