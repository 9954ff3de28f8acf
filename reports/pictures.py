"""Drawing: one figure as PNG and SVG. matplotlib is loaded here, when a picture is wanted."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from bench.errors import UsageError
from bench.results.records import Machine, Result
from reports import units
from reports.charts.unit_cost import PARTS, Cost
from reports.escape import plain

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Okabe and Ito's colours, which the colour-blind tell apart, from dark to light so that grey does.
COLOURS = ("#0072B2", "#D55E00", "#56B4E9", "#F0E442")
INK = "#222222"
MUTED = "#666666"
WIDE = (12.8, 7.2)  # inches: 1280 by 720 points of 100 to the inch, 1920 by 1080 at 150
DPI = 150
KIB = 1024
NO_DATE: dict[str, str | None] = {"Date": None}  # the same result gives the same file


def write_unit_cost(
    result: Result, costs: Sequence[Cost], title: str, folder: Path
) -> tuple[Path, ...]:
    """Writes `bytes-per-unit.png` and `.svg` into `folder` and returns their paths.

    Raises `UsageError` where the folder cannot be written.
    """
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    places = tuple(folder / f"bytes-per-unit.{kind}" for kind in ("png", "svg"))
    with rc_context({"font.size": 15, "svg.hashsalt": "outnumber", "svg.fonttype": "path"}):
        figure = Figure(figsize=WIDE, facecolor="white")
        _draw(figure, costs, title, caption(result))
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for place in places:
                metadata = NO_DATE if place.suffix == ".svg" else None
                figure.savefig(place, dpi=DPI, metadata=metadata)
        except OSError as error:
            raise UsageError(
                f"the figure cannot be written in {folder}: {error.strerror}; "
                "the result itself is safe"
            ) from error
    return places


def caption(result: Result) -> str:
    """Machine, versions and date in one line, for the foot of a figure."""
    machine: Machine = result.machine
    versions = [f"{r.name} {r.version}" for r in result.runtimes if r.version and not r.reason]
    facts = [
        f"{machine.cpus or '?'} × {machine.cpu or 'unknown CPU'}",
        f"{machine.system} {machine.kernel}",
        ", ".join(dict.fromkeys(versions)),
        result.started[:10],
        f"outnumber {result.version}",
    ]
    return plain(" · ".join(facts))


def _draw(figure: Figure, costs: Sequence[Cost], title: str, foot: str) -> None:
    axes = figure.add_axes((0.19, 0.19, 0.77, 0.55))
    figure.text(0.03, 0.95, _wrapped(title, 70), fontsize=21, weight="bold", color=INK, va="top")
    figure.text(0.03, 0.03, _wrapped(foot, 150), fontsize=9.5, color=MUTED, va="bottom")
    for row, cost in enumerate(costs):
        _bar(axes, row, cost)
    _frame(axes, costs)
    _legend(figure)


def _bar(axes: Axes, row: int, cost: Cost) -> None:
    """One runtime's bar: its parts one after the other, the end of RSS, the total in words."""
    left = 0.0
    for part, colour in zip(cost.parts, COLOURS, strict=True):
        if part is not None:
            axes.barh(row, part / KIB, left=left, height=0.62, color=colour)
            left += part / KIB
    if cost.rss is not None:
        rss = cost.rss / KIB
        axes.plot([rss, rss], [row - 0.42, row + 0.42], color=INK, linewidth=2.5)
    if cost.low is not None and cost.high is not None:
        ends = [cost.low / KIB, cost.high / KIB]
        axes.plot(ends, [row, row], color=INK, linewidth=1, marker="|", markersize=8)
    axes.annotate(
        units.size(cost.total) if cost.total is not None else "total unknown",
        (max(left, (cost.rss or 0) / KIB, (cost.high or 0) / KIB), row),
        xytext=(9, 0),
        textcoords="offset points",
        va="center",
        color=INK,
        weight="bold",
    )


def _frame(axes: Axes, costs: Sequence[Cost]) -> None:
    """Labels, a scale in KiB, and nothing that is not needed."""
    axes.set_yticks(range(len(costs)), [plain(cost.label) for cost in costs])
    axes.set_ylim(len(costs) - 0.4, -0.6)
    most = max((sum(part or 0 for part in cost.parts) for cost in costs), default=0)
    axes.set_xlim(0, (most or KIB) / KIB * 1.14)
    axes.set_xlabel("KiB a unit", color=MUTED)
    axes.tick_params(left=False, colors=MUTED)
    axes.tick_params(axis="y", labelcolor=INK)
    axes.grid(axis="x", color="#dddddd")
    axes.set_axisbelow(True)
    axes.spines[["top", "right", "left"]].set_visible(False)


def _legend(figure: Figure) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    handles: list[Patch | Line2D] = [
        Patch(color=colour, label=name) for (_, name), colour in zip(PARTS, COLOURS, strict=True)
    ]
    handles.append(Line2D([], [], color=INK, linewidth=2.5, label="where RSS ends"))
    figure.legend(
        handles=handles,
        loc="upper left",
        bbox_to_anchor=(0.02, 0.84),
        ncols=len(handles),
        frameon=False,
        fontsize=13,
        handlelength=1.1,
        columnspacing=1.3,
    )


def _wrapped(text: str, width: int) -> str:
    """At most two lines; `$` is a letter here and not the beginning of a formula."""
    import textwrap

    return textwrap.fill(text, width, max_lines=2, placeholder=" …").replace("$", r"\$")
