"""What is wrong with JSON or TOML, in plain words: msgspec's own messages name its types."""

from __future__ import annotations

import re

KINDS = {
    "int": "a whole number",
    "float": "a number",
    "str": "a text",
    "bool": "true or false",
    "array": "a list",
    "object": "an object",
}
FOUND = {**KINDS, "float": "a decimal number"}
BOUNDS = {">=": "of at least", "<=": "of at most", "<": "below", ">": "above"}
OTHERS = (
    (r"Object missing required field `(\w+)`", r"\1 is missing"),
    (r"Object contains unknown field `(.*)`", r"unknown field \1"),
    (r"Invalid (?:enum )?value (.*)", r"unknown value \1"),
    (r"(?:Integer value|Number) out of range", "the number is out of range"),
    (r"Input data was truncated", "cut short"),
)


def placed(message: str) -> tuple[str, str]:
    """The place that msgspec's message gives, such as `$.plan.seed` (`$` is the whole), and what is
    wrong there. Neither is escaped."""
    what, _, place = message.rpartition(" - at `")
    return (place.removesuffix("`"), in_words(what)) if what else ("$", in_words(message))


def in_words(message: str) -> str:
    """A message of msgspec's without its place, with the words for types that a person uses."""
    if expected := re.fullmatch(r"Expected `([\w |]+)`(.*)", message, re.DOTALL):
        return _expected(expected[1].split(" | "), expected[2])
    for pattern, words in OTHERS:
        if found := re.fullmatch(pattern, message, re.DOTALL):
            return found.expand(words)
    return message


def _expected(kinds: list[str], rest: str) -> str:
    """`rest` is what msgspec says after the kinds: what there is instead, or the bound."""
    if found := re.fullmatch(r", got `(\w+)`", rest):
        wanted = " or ".join(KINDS.get(kind, kind) for kind in kinds)
        return f"expected {wanted}, not {FOUND.get(found[1], found[1])}"
    if length := re.fullmatch(r" of length ([<>]=) (\d+)", rest):
        return f"{'longer' if length[1] == '<=' else 'shorter'} than {length[2]}"
    if pattern := re.fullmatch(r" matching regex '(.*)'", rest):
        return f"does not match {pattern[1]}"
    one = KINDS.get(kinds[0], kinds[0])
    if bound := re.fullmatch(r" ([<>]=?) (-?\d+)(?:\.0)?", rest):
        return f"expected {one} {BOUNDS[bound[1]]} {bound[2]}"
    return f"expected {one}{rest.replace(' of length', ' of')}"
