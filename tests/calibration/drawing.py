"""The power curves as one picture, in the reports' colours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from bench.judging.gates import BURST, BYTES, BYTES_SHARE, SECONDS_SHARE, MetricName
from bench.judging.looks import PAIRS
from bench.judging.verdicts import Word
from reports.palette import LIGHT, colour, mark, on
from tests.calibration import power

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PICTURE = Path(__file__).parents[2] / "docs" / "power.svg"
MARKERS = {
    "circle": "o", "square": "s", "diamond": "D", "triangle": "^", "star": "*", "plus": "P",
    "x": "X", "dash": "_",
}  # fmt: skip
# Light to dark: the more pairs vary, the lighter.
SHADES = ("#08306b", "#08519c", "#2171b5", "#4292c6", "#6baed6", "#9ecae1")
WORDS: Mapping[Word, str] = {
    "regression": LIGHT.parts["user"],
    "inconclusive": LIGHT.quiet,
    "no regression": LIGHT.parts["kernel_stack"],
}


def draw(
    found: Sequence[power.Row],
    spreads: Sequence[power.BySpread],
    pairs: Sequence[power.ByPairs],
    path: Path = PICTURE,
) -> None:
    import matplotlib as mpl
    from matplotlib.figure import Figure as Canvas

    with mpl.rc_context({"svg.hashsalt": "outnumber", "font.size": 9, "svg.fonttype": "path"}):
        canvas = Canvas(figsize=(10, 7.6), layout="constrained")
        (bytes_, burst), (by_pairs, by_spread) = canvas.subplots(2, 2)
        _by_runtime(bytes_, found, BYTES, BYTES_SHARE, "Bytes a unit")
        _by_runtime(burst, found, BURST, SECONDS_SHARE, "Burst, as noisy as recorded")
        _by_pairs(by_pairs, pairs)
        _by_spread(by_spread, [row for row in spreads if row.change == 0.10])
        handles, labels = bytes_.get_legend_handles_labels()
        canvas.legend(handles, labels, loc="outside upper center", ncols=7, frameon=False)
        canvas.savefig(path, metadata={"Date": None})


def _by_runtime(
    axes: Axes, found: Sequence[power.Row], figure: MetricName, margin: float, title: str
) -> None:
    for runtime in dict.fromkeys(row.runtime for row in found):
        rows = [row for row in found if (row.runtime, row.figure) == (runtime, figure)]
        axes.plot(
            [100 * row.change for row in rows],
            [100 * _found(row) for row in rows],
            color=colour(runtime, LIGHT),
            marker=MARKERS[mark(runtime)],
            label=runtime,
        )
    axes.axvline(100 * margin, color=LIGHT.muted, linestyle=":")
    axes.text(100 * margin * 1.04, 107, "margin", color=LIGHT.muted, va="top")
    _changes(axes)
    _shares(axes, f"{title}: found with 13 to 40 pairs")


def _changes(axes: Axes) -> None:
    axes.set_xscale("log")
    axes.set_xticks([100 * change for change in power.GRID])
    axes.set_xticklabels([f"+{100 * change:g}" for change in power.GRID])
    axes.minorticks_off()
    axes.set_xlabel("change of the new side, %")


def _by_pairs(axes: Axes, pairs: Sequence[power.ByPairs]) -> None:
    for shade, spread in zip(SHADES, power.SPREADS, strict=True):
        rows = [row for row in pairs if row.spread == spread]
        axes.plot(
            [row.pairs for row in rows],
            [100 * _found(row) for row in rows],
            color=shade,
            marker="o",
            markersize=4,
        )
        _say_spread(axes, rows, spread, above=spread == power.SPREADS[0])
    axes.set_xscale("log")
    axes.set_xticks(power.BY_PAIRS)
    axes.set_xticklabels([str(count) for count in power.BY_PAIRS])
    axes.minorticks_off()
    axes.set_xlabel("pairs, all looked at once")
    _shares(axes, "Burst +10 %: found, by how much pairs vary")


def _say_spread(axes: Axes, rows: Sequence[power.ByPairs], spread: float, *, above: bool) -> None:
    """The name of a line, where it passes 13 pairs; of two that are as good, one is above."""
    row = next(row for row in rows if row.pairs == PAIRS)
    axes.annotate(
        f"{100 * spread:.0f} %",
        (row.pairs, 100 * _found(row)),
        xytext=(4, 3 if above else -3),
        textcoords="offset points",
        color=LIGHT.ink,
        va="bottom" if above else "top",
    )


def _by_spread(axes: Axes, spreads: Sequence[power.BySpread]) -> None:
    places = range(len(spreads))
    floor = [0.0] * len(spreads)
    for word, fill in WORDS.items():
        shares = [100 * (row.shares.share(word).value or 0.0) for row in spreads]
        axes.bar(places, shares, bottom=floor, color=fill, width=0.7)
        _say_word(axes, word, shares, floor, fill)
        floor = [low + share for low, share in zip(floor, shares, strict=True)]
    axes.set_xticks(places, [f"{100 * row.spread:.0f}" for row in spreads])
    axes.set_xlabel("pairs vary by, %")
    _shares(axes, "Burst +10 %: found, or else inconclusive")


def _say_word(
    axes: Axes, word: Word, shares: Sequence[float], floor: Sequence[float], fill: str
) -> None:
    """What a part of the bars is, on the bar that has most of it; nothing of what there is none."""
    place = max(range(len(shares)), key=shares.__getitem__)
    if shares[place] > 0:
        said = "found" if word == "regression" else word
        middle = floor[place] + shares[place] / 2
        axes.text(place, middle, said, color=on(fill), ha="center", va="center", rotation=90)


def _shares(axes: Axes, title: str) -> None:
    axes.set_title(title, loc="left", color=LIGHT.ink)
    axes.set_ylim(0, 109)
    axes.set_ylabel("share of jobs, %")
    axes.grid(axis="y", color=LIGHT.line)
    axes.set_axisbelow(True)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)


def _found(row: power.Row | power.ByPairs) -> float:
    return row.shares.share("regression").value or 0.0
