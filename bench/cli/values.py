"""Values as people type them: sizes, and names with a mistake in them."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable

import typer

from bench.errors import UsageError

MOST = 1_000_000_000
LONGEST_VALUE = 900  # of a variable: a line of a history has room for it
LARGEST = 2**50
FACTORS = {"": 1, "B": 1, "K": 1024, "M": 1024**2, "G": 1024**3, "T": 1024**4}


def size(text: str) -> int:
    """Bytes of `65536`, `64KiB`, `64K` or `8MiB`. Raises typer's usage error for anything else."""
    found = re.fullmatch(r"(\d+)\s*([KMGT]?)(?:i?B)?", text.strip(), re.IGNORECASE)
    if not found or int(found[1]) == 0:
        raise typer.BadParameter(f"'{text}' is not a size; type a number of bytes, or 64KiB, 8MiB")
    bytes_ = int(found[1]) * FACTORS[found[2].upper()]
    if bytes_ > LARGEST:
        raise typer.BadParameter(f"'{text}' is more than any machine has; type 64KiB or 8MiB, say")
    return bytes_


def size_or_zero(text: str) -> int:
    """The same, or 0."""
    return 0 if text.strip() == "0" else size(text)


def count(text: str) -> int:
    """A positive whole number, `1000000` or `1_000_000`. Raises typer's usage error otherwise."""
    number = _whole(text)
    if number is None or not 0 < number <= MOST:
        raise typer.BadParameter(
            f"'{text}' is not a positive whole number up to {MOST:,}; type one such as 1000000"
        )
    return number


def count_or_zero(text: str) -> int:
    """The same, or 0."""
    number = _whole(text)
    if number is None or number > MOST:
        raise typer.BadParameter(
            f"'{text}' is not a whole number from 0 to {MOST:,}; type one such as 7"
        )
    return number


def pairs(text: str) -> int:
    """How many pairs a job has. Raises typer's usage error for none or more than it may have."""
    from bench.regression.looks import FARTHEST

    number = _whole(text)
    if number is None or not 0 < number <= FARTHEST:
        raise typer.BadParameter(
            f"'{text}' is not a whole number from 1 to {FARTHEST}; type one such as 20"
        )
    return number


def seconds(text: str) -> float:
    """A duration of at least a second. Raises typer's usage error for anything else."""
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 1 <= number <= MOST:  # neither is NaN
        raise typer.BadParameter(f"'{text}' is not a number of seconds from 1 up; type 60, say")
    return number


def _whole(text: str) -> int | None:
    return int(text) if re.fullmatch(r"\d{1,3}(_?\d{3})*|\d+", text) else None


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
