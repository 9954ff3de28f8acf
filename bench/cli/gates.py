"""Gates as people type them: `burst_seconds_per_unit`, `bytes_per_unit/rss:2%`, `ceiling:5%`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from bench.cli import values
from bench.errors import UsageError
from bench.regression.gates import LEAK, Figure, Margin, figures

BYTE_UNITS = {"B": 1.0, "KiB": 2.0**10, "MiB": 2.0**20}
SECOND_UNITS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0}
EXAMPLES = "type one such as 1%, 10B or 50ns"


def gates(texts: Iterable[str]) -> dict[Figure, Margin | None]:
    """The figures asked for, each with its margin or `None` for the usual one.

    Raises `UsageError` for a figure that is not known (the nearest is offered), for a margin that
    is none or of another kind than its figure, and for a figure that is there twice.
    """
    found: dict[Figure, Margin | None] = {}
    known = figures()
    for text in texts:
        name, colon, margin = text.partition(":")
        if name not in known:
            raise UsageError(f"--gate: no figure is called '{name}'{nearest(name, known)}")
        if known[name] in found:
            raise UsageError(f"--gate: {name} is there twice; give it once")
        found[known[name]] = _margin(known[name], margin) if colon else None
    return found


def nearest(name: str, known: Mapping[str, Figure]) -> str:
    """A hint at which figure was meant: by its name in the tables, else by the most alike."""
    from reports.summary import NAMES

    shown = (words for words, figure in known.items() if NAMES[figure.metric] == name.lower())
    return values.nearest(next(shown, name), known)


def _margin(figure: Figure, text: str) -> Margin:
    match = re.fullmatch(r"(\d+(?:\.\d*)?|\.\d+)\s*(\S*)", text.strip())
    value = float(match[1]) if match else 0.0
    if match is None or value == 0:
        raise UsageError(f"--gate: '{text}' is not a margin above 0; {EXAMPLES}")
    if match[2] == "%":
        return _share(figure, value / 100)
    units = _units(figure)
    if match[2] not in units:
        kinds = " or ".join(filter(None, ("" if figure == LEAK else "%", *units)))
        raise UsageError(
            f"--gate: the margin '{text}' does not fit {figure.words}: its unit is {kinds}"
        )
    return Margin(value * units[match[2]], absolute=True)


def _units(figure: Figure) -> dict[str, float]:
    if "bytes" in figure.metric:
        return BYTE_UNITS
    return SECOND_UNITS if "seconds" in figure.metric else {"": 1.0}


def _share(figure: Figure, share: float) -> Margin:
    if figure == LEAK:
        raise UsageError(
            f"--gate: a leak has no share to be a margin, since the usual one is 0; give bytes: "
            f"{figure.words}:10B"
        )
    if figure.better == "higher" and share >= 1:
        raise UsageError(f"--gate: a margin of {share:.0%} lets {figure.words} fall to nothing")
    return Margin(share)
