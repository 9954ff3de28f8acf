"""Gates as people type them: `burst`, `bytes_per_unit/rss:2%`, `ceiling:5%`."""

from __future__ import annotations

import re
from collections.abc import Iterable

from bench.cli import values
from bench.errors import UsageError
from bench.judging.gates import LEAK, Figure, Margin, figures

BYTE_UNITS = {"B": 1.0, "KiB": 2.0**10, "MiB": 2.0**20}
SECOND_UNITS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0}
SUFFIXES = r"(_seconds)?(_per_unit)?$"
EXAMPLES = "type one such as 1%, 10B or 50ns"


def gates(texts: Iterable[str]) -> dict[Figure, Margin | None]:
    """The figures asked for, each with its margin or `None` for the usual one.

    Raises `UsageError` for a figure that is not known (the nearest is offered), for a margin that
    is none or of another kind than its figure, and for a figure that is there twice.
    """
    found: dict[Figure, Margin | None] = {}
    for text in texts:
        name, colon, margin = text.partition(":")
        figure = figure_called(name, "--gate")
        if figure in found:
            raise UsageError(f"--gate: {figure.words} is there twice; give it once")
        found[figure] = _margin(figure, margin) if colon else None
    return found


def figure_called(name: str, option: str) -> Figure:
    """The figure of this name, or of the short one that tables show: `burst`, `leaked bytes`,
    `start-latency/0.99`. Raises `UsageError` where there is none; the nearest is offered."""
    known = figures()
    figure = known.get(name) or _by_short_name(known.values()).get(_plain(name))
    if figure is None:
        raise UsageError(f"{option}: no figure is called '{name}'{values.nearest(name, known)}")
    return figure


def _by_short_name(known: Iterable[Figure]) -> dict[str, Figure]:
    from reports.tables.summary import NAMES

    found = {"leak": LEAK}
    for figure in known:
        metric, slash, detail = figure.words.partition("/")
        for name in (NAMES[figure.metric].partition(" (")[0], re.sub(SUFFIXES, "", metric)):
            found[_plain(f"{name}{slash}{detail}")] = figure
            if figure.quantile == 0.5:
                found[_plain(name)] = figure
    return found


def _plain(name: str) -> str:
    """Without what tells one spelling of a name from another: case, hyphens, underscores."""
    return " ".join(re.sub(r"[-_\s]+", " ", name).lower().split())


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
