"""Doubted values where a person reads them: the mark beside the value, and the reasons once below.

In sentences and titles others are taken where there are any, else the doubt is stated.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from bench.derive.doubts import DOUBTS, MARK

T = TypeVar("T")


def sure(rows: Sequence[T], doubt: Callable[[T], str | None]) -> list[T]:
    """Those without a doubt; all of them where each has one."""
    return [row for row in rows if doubt(row) is None] or list(rows)


def marked(words: str, doubt: str | None) -> str:
    """The words of a value, with the mark where it is doubted."""
    return words if doubt is None or MARK in words else f"{words}{MARK}"


def reasons(doubts: Iterable[str | None]) -> str:
    """Why the values are doubted that have these doubts, the gravest first; empty where none is."""
    held = {*doubts}
    return "; ".join(doubt.reason for doubt in DOUBTS if doubt.name in held)


def note(doubts: Iterable[str | None]) -> str:
    """The line below a table or a figure in which values with these doubts stand; empty where none
    is doubted."""
    why = reasons(doubts)
    return f"{MARK} {why}." if why else ""


def stated(sentence: str, doubts: Iterable[str | None], end: str = ".") -> str:
    """The sentence with the reasons before its `end`."""
    why = reasons(doubts)
    return f"{sentence.removesuffix(end)} ({MARK}: {why}){end}" if why else sentence
