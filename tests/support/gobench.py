"""A strict reader of Go's benchmark format, written from its specification (design 14313).

Strict: a line that the format lets readers ignore is an error here, for nothing that we write is
meant to be ignored.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")


@dataclass(frozen=True)
class Line:
    """One result: the name without `Benchmark`, the values by their units."""

    name: str
    iterations: int
    values: dict[str, float]


@dataclass
class File:
    """A whole file. Configuration stands before the results that it describes."""

    configuration: dict[str, str] = field(default_factory=dict)
    units: dict[tuple[str, str], str] = field(default_factory=dict)
    results: list[Line] = field(default_factory=list)


def read(text: str) -> File:
    """The file in `text`. Raises `ValueError` with the line's number and what is wrong with it."""
    file = File()
    if not text.endswith("\n") or "\r" in text:
        raise ValueError("lines end with a newline alone")
    for number, line in enumerate(text.split("\n")[:-1], start=1):
        try:
            _take(line, file)
        except ValueError as error:
            raise ValueError(f"line {number}: {error}") from None
    return file


def _take(line: str, file: File) -> None:
    words = line.split()
    if line.startswith("Benchmark"):
        file.results.append(_result(words))
    elif words[:1] == ["Unit"]:
        _unit(words[1:], file)
    elif not line.startswith("#"):  # the format skips lines that are none of its own
        key, value = _configuration(line)
        file.configuration[key] = value


def _result(words: list[str]) -> Line:
    name, rest = words[0].removeprefix("Benchmark"), words[1:]
    if name and not name[0].isupper():
        raise ValueError("a name goes on with an upper case letter")
    if len(words) < 4 or len(words) % 2:
        raise ValueError("a result has an even number of fields, at least four")
    if not re.fullmatch(r"\d+", rest[0]):
        raise ValueError(f"{rest[0]} is no number of iterations")
    values, units = rest[1::2], rest[2::2]
    if wrong := [value for value in values if not NUMBER.fullmatch(value)]:
        raise ValueError(f"{wrong[0]} is no number")
    if len(set(units)) < len(units):
        raise ValueError("a unit is there twice")
    return Line(name, int(rest[0]), dict(zip(units, map(float, values), strict=True)))


def _unit(words: list[str], file: File) -> None:
    if not words:
        raise ValueError("a unit is missing")
    for pair in words[1:]:
        key, equals, value = pair.partition("=")
        if not equals or not key:
            raise ValueError(f"{pair} is no key=value")
        if file.units.setdefault((words[0], key), value) != value:
            raise ValueError(f"{key} of {words[0]} is there already")


def _configuration(line: str) -> tuple[str, str]:
    key, colon, value = line.partition(":")
    spaced = any(character.isspace() or character.isupper() for character in key)
    if not colon or not key or not key[0].islower() or spaced:
        raise ValueError("neither a result nor a unit nor a configuration line")
    if value and value[0] not in " \t":
        raise ValueError("a value is parted from its key by a space")
    return key, value.strip(" \t")
