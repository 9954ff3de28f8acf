"""A change between two sides in words, for verdicts and histories alike: plain text, still to be
escaped for where it is shown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bench.derive.doubts import gravest
from reports.wording import units
from reports.wording.doubted import marked
from reports.wording.escape import plain

Doubts = tuple[str | None, str | None]


def both(
    dimension: str, base: float | None, new: float | None, doubts: Doubts = (None, None)
) -> str:
    """`4.71 → 5.46 µs`, the unit once where both have the same; marked where there are `doubts`
    about one."""
    before, after = units.amount(dimension, base), units.amount(dimension, new)
    if before.partition(" ")[2] == after.partition(" ")[2]:
        before = before.partition(" ")[0]
    return f"{marked(before, doubts[0])} → {marked(after, doubts[1])}"


def difference(dimension: str, step: float) -> str:
    """`+201 B`, `−3.00 µs`."""
    return f"{'−' if step < 0 else '+'}{units.amount(dimension, abs(step))}"


def effect(
    dimension: str,
    ends: tuple[float, float | None, float | None],
    doubts: Doubts,
    absolute: bool,
    times: str = "",
) -> str:
    """The middle of the `ends` with its interval, a ratio or a difference: `1.012 (1.005–1.020)`,
    `+201 B (+199 to +208)`. `times` stands after a ratio."""
    known = [end for end in ends if end is not None]
    words = [difference(dimension, end) if absolute else f"{end:.3f}" for end in known]
    middle = marked(words[0], gravest(doubts)) + ("" if absolute else times)
    if len(words) < 3:
        return middle
    if len({word.partition(" ")[2] for word in words}) == 1:
        words = [word.partition(" ")[0] for word in words]
    return f"{middle} ({words[1]}{' to ' if absolute else '–'}{words[2]})"


def conjoined(words: Sequence[str]) -> str:
    """`one, two and three`."""
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))


def listed(named: Iterable[tuple[str, str]]) -> str:
    """Cases with names of quantities: `bytes per unit and ceiling of asyncio and trio; ceiling of
    gevent`, like cases together."""
    by_case: dict[str, list[str]] = {}
    for case, name in named:
        by_case.setdefault(plain(case), []).append(name)
    alike: dict[str, list[str]] = {}
    for case, names in by_case.items():
        alike.setdefault(conjoined(names), []).append(case)
    return "; ".join(f"{names} of {conjoined(cases)}" for names, cases in alike.items())
