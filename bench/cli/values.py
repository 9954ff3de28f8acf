"""Values as people type them: counts, sizes, durations, shares, and names with a mistake in them.

A number is digits, with a point, with an exponent, or with thousands grouped by `_` or `,`; a unit
may follow. Every parser raises typer's usage error, which names the text and what to type instead.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

import typer

from bench.errors import UsageError

MOST = 1_000_000_000
LONGEST_VALUE = 900  # of a variable: a line of a history has room for it
LARGEST = 2**50
MOST_FUTEX_SLOTS = 2**20  # of 64 bytes each
LONGEST = 32  # characters of one number
NUMBER = r"((?:\d{1,3}(?:[_,]\d{3})+|\d+)(?:\.\d+)?(?:e\+?\d{1,2})?)"
COUNTS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9}
SIZES = {"": 1, "k": 1024, "m": 1024**2, "g": 1024**3, "t": 1024**4}
SHARES = {"%": Fraction(1, 100)}


def size(text: str) -> int:
    """Bytes of `65536`, `64KiB`, `64K`, `8MiB` or `1.5GiB`; a unit counts in steps of 1,024."""
    bytes_ = _scaled(text, SIZES, r"(?:i?b)?")
    if not bytes_ or bytes_.denominator != 1:
        raise typer.BadParameter(f"'{text}' is not a size; type a number of bytes, or 64KiB, 8MiB")
    if bytes_ > LARGEST:
        raise typer.BadParameter(f"'{text}' is more than any machine has; type 64KiB or 8MiB, say")
    return int(bytes_)


@dataclass(frozen=True)
class Amount:
    """A number of bytes, or a share of the whole; the other one is `None`."""

    bytes: int | None = None
    share: float | None = None


def amount(text: str) -> Amount:
    """A size, or 0, or a share of the whole: `10%`."""
    if (share := _scaled(text, SHARES)) is not None:
        if share > 1:
            raise typer.BadParameter(f"'{text}' is more than all; type 10%, say")
        return Amount(share=float(share))
    return Amount(bytes=0 if _scaled(text, SIZES) == 0 else size(text))


def count(text: str) -> int:
    """A positive whole number: `1000000`, `1_000_000`, `1M`, `1e6`."""
    return _count(text, 1, MOST, "1000000 or 1M")


def count_or_zero(text: str) -> int:
    """The same, or 0."""
    return _count(text, 0, MOST, "7")


def futex_slots(text: str) -> int:
    """How many slots a futex hash is to have. Raises typer's usage error for what is no power of
    two, or more than anybody's threads."""
    number = _scaled(text, COUNTS)
    slots = int(number) if number is not None and number.denominator == 1 else 0
    if not 2 <= slots <= MOST_FUTEX_SLOTS or slots & (slots - 1):
        raise typer.BadParameter(
            f"'{text}' is not a power of two from 2 to {MOST_FUTEX_SLOTS:,}; type 16384, say"
        )
    return slots


def pairs(text: str) -> int:
    """How many pairs a job has: at least one, at most as many as a job may have."""
    from bench.judging.looks import FARTHEST

    return _count(text, 1, FARTHEST, "20")


def seconds(text: str) -> float:
    """A duration of at least a second: `90`, `90s`, `3m`, `1.5h`, `2m30s`."""
    found = re.fullmatch(
        rf"(?:{NUMBER}h)?\s*(?:{NUMBER}m)?\s*(?:{NUMBER}s?)?",
        text.strip(),
        re.IGNORECASE | re.ASCII,
    )
    parts = [_exact(part) for part in found.groups("0")] if found else []
    total = sum(part * unit for part, unit in zip(parts, (3600, 60, 1), strict=False))
    if not 1 <= total <= MOST:
        raise typer.BadParameter(
            f"'{text}' is not a duration of a second or more; type 90, 90s or 3m, say"
        )
    return float(total)


def _count(text: str, least: int, most: int, example: str) -> int:
    number = _scaled(text, COUNTS)
    if number is None or number.denominator != 1 or not least <= number <= most:
        raise typer.BadParameter(
            f"'{text}' is not a whole number from {least} to {most:,}; type {example}, say"
        )
    return int(number)


def _scaled(text: str, units: Mapping[str, int | Fraction], tail: str = "") -> Fraction | None:
    """The number in `text` times its unit; `None` where it is no such number."""
    names = "|".join(map(re.escape, units))
    found = re.fullmatch(rf"{NUMBER}\s*({names}){tail}", text.strip(), re.IGNORECASE | re.ASCII)
    return _exact(found[1]) * units[found[2].lower()] if found else None


def _exact(number: str) -> Fraction:
    """Without the rounding of a float; nobody means a text of a million digits, which is 0."""
    return Fraction(re.sub("[_,]", "", number)) if len(number) <= LONGEST else Fraction(0)


def variables(texts: Iterable[str], option: str = "--env") -> dict[str, str]:
    """Variables of an environment, from words such as `GOGC=50`. Raises `UsageError` for what is
    none, one that is given twice, and a value that no text can hold."""
    found: dict[str, str] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]{0,99}", name):
            raise UsageError(f"{option}: '{text}' sets no variable; type one such as GOGC=50")
        if name in found:
            raise UsageError(f"{option}: {name} is given twice; give it once")
        if len(value) > LONGEST_VALUE or not value.isprintable():
            raise UsageError(
                f"{option}: the value of {name} is kept in the result; give it printable text of "
                f"at most {LONGEST_VALUE} characters"
            )
        found[name] = value
    return found


def nearest(name: str, known: Iterable[str]) -> str:
    """A hint at what `name` was meant to be, and all that there is."""
    names = list(known)
    close = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    hint = f"; did you mean {close[0]}?" if close else ""
    return f"{hint} There are: {', '.join(names)}." if hint else f"; there are {', '.join(names)}"
