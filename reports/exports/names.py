"""What a figure is called in another tool: the same name in every run, and no other figure's.

`runtime/metric`, in the words of `outnumber summary --format json`, then `/part` for bytes and
`/quantile` for start latencies, then the number of units: `trio/bytes_per_unit/total/n=100000`.
That number is part of the name because it moves the figure (2,091 bytes a trio task at 100,000 and
2,388 at 5,000), and a tool compares whatever is called alike. Where it is only what a climb
reached, another number every night, the name says `climb` instead.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Sequence

from bench.derive.doubts import DOUBTS, MARK
from bench.derive.metrics import Metric
from reports.exports.figure import CLIMB, Figure, LeftOut
from reports.wording import escape

# A catalogue's rule for names, so that a real runtime keeps its own in every format.
LONGEST = 64
_SAFE = re.compile(rf"[A-Za-z0-9][A-Za-z0-9._+-]{{0,{LONGEST - 1}}}")


def runtime_name(figure: Figure, against: Callable[[str], bool] = lambda _: False) -> str:
    """The runtime, safe to stand in any format: letters, digits and `. _ + -` alone.

    Another name, or one that a format is `against`, has the rest replaced and, after a `~` that no
    safe name has, a digest of the whole: what was told apart still is, and in every run alike.
    """
    name = figure.metric.case
    if _SAFE.fullmatch(name) and not against(name):
        return name
    readable = re.sub(r"[^A-Za-z0-9.+-]+", "_", name)[:LONGEST]
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    return f"{readable}~{digest}"


def quantity_name(metric: Metric) -> str:
    """What was measured, without runtime and units: `bytes_per_unit/total`."""
    return "/".join(filter(None, (metric.metric, metric.part, quantile_name(metric))))


def quantile_name(metric: Metric) -> str | None:
    """The quantile as in a name, `0.99` or `1`; `None` where the figure has none."""
    return None if metric.quantile is None else f"{metric.quantile:g}"


def figure_name(figure: Figure) -> str:
    """The figure without its runtime: `ceiling`, `bytes_per_unit/total/n=100000`."""
    return "/".join(filter(None, (quantity_name(figure.metric), units_name(figure))))


def units_name(figure: Figure) -> str | None:
    """`n=100000`, `climb`, or `None` where the figure belongs to no number of units."""
    return figure.units if figure.units in (None, CLIMB) else f"n={figure.units}"


def full_name(figure: Figure) -> str:
    """The runtime and the figure: `trio/bytes_per_unit/total/n=100000`."""
    return f"{runtime_name(figure)}/{figure_name(figure)}"


def doubted(figures: Sequence[Figure]) -> list[str]:
    """A line for each doubt about figures of the result, ready for a terminal."""
    lines = []
    for doubt in DOUBTS:
        held = [one.metric.case for one in figures if one.metric.doubt == doubt.name]
        if held:
            count = f"{len(held):,} figure{'' if len(held) == 1 else 's'}"
            names = ", ".join(map(escape.terminal, dict.fromkeys(held)))
            lines.append(f"doubted ({MARK}): {count} of {names}: {doubt.reason}")
    return lines


def told(left_out: Iterable[LeftOut]) -> list[str]:
    """A line for each quantity that was left out and each reason, its runtimes together, ready for
    a terminal."""
    runtimes: dict[tuple[str, str], list[str]] = {}
    for one in left_out:
        quantity = quantity_name(one.figure.metric)
        runtimes.setdefault((quantity, one.reason), []).append(one.figure.metric.case)
    return [
        f"left out: {name} of {', '.join(map(escape.terminal, these))}: {reason}"
        for (name, reason), these in runtimes.items()
    ]
