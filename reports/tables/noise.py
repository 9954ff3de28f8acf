"""`outnumber noise`: how noisy each quantity is here, and what to type because of it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence

from rich.table import Table
from rich.text import Text

from bench.judging.gates import BY_DEFAULT, Margin, MetricName, typed
from bench.judging.noise import CaseNoise, Noise, Recommendation, Recommendations
from reports.console import Console
from reports.wording import units
from reports.wording.escape import plain

MEASURED = (
    "quantity",
    "median",
    "from process\nto process",
    "from pair\nto pair",
    "drift",
    "auto-\ncorrelation",
    "pairs",
)
EXPECTED = (
    "quantity",
    "margin",
    "cleared if\nnothing changed",
    "pairs\nneeded",
    "finds, in 9\njobs of 10",
)
FEW = 20  # pairs, under which the estimates are rough


def print_noise(
    noises: Sequence[CaseNoise],
    margins: Mapping[MetricName, Margin | None],
    console: Console | None = None,
) -> None:
    """Prints what was measured, what to expect of it, and what can be pasted."""
    out = console or Console()
    for noise in noises:
        out.print()
        out.print(Text(plain(noise.case), "bold"))
        out.print(_table(MEASURED, map(_measured, noise.noises)))
        if noise.recommended is None:
            out.print(Text("Too few pairs to say more.", "yellow"))
            continue
        out.print()
        rows = [row for one in noise.recommended.gates for row in _expected(one)]
        out.print(_table(EXPECTED, rows))
        for line in _of_whole_jobs(noise.recommended):
            out.print(Text(line, "dim"))
    out.print()
    for line in to_paste(noises, margins):
        out.print(Text(line), soft_wrap=True)


def to_paste(noises: Sequence[CaseNoise], margins: Mapping[MetricName, Margin | None]) -> list[str]:
    """`[tool.outnumber]` and the same as options, each on lines of its own."""
    asked = [metric for metric in margins if metric in BY_DEFAULT] or [*margins]
    gates = [typed(metric, margins[metric]) for metric in asked]
    others = [typed(metric, margin) for metric, margin in margins.items() if metric not in asked]
    left_out = [
        f"{one.usual.gate.metric.short} of {plain(noise.case)}"
        for noise in noises
        if noise.recommended
        for one in noise.recommended.gates
        if one.recommended is None
    ]
    noisy = [f"Too noisy here to be gated by any reasonable margin: {', '.join(left_out)}."]
    if not gates:
        return noisy if left_out else []
    return [
        *(noisy if left_out else []),
        "In pyproject.toml:",
        "",
        "[tool.outnumber]",
        f"gate = {json.dumps(gates)}",
        "",
        "or on the command line:",
        "",
        f"outnumber ab {' '.join(f'--gate {gate}' for gate in gates)}",
        *(["", f"To have these decide too, add: {' '.join(others)}"] if others else []),
    ]


def _measured(noise: Noise) -> tuple[str, ...]:
    dimension = noise.gate.metric.quantity.dimension

    def step(size: float | None, signed: bool = False) -> str:
        """A step on the gate's scale: a share, or in the quantity's own unit."""
        if size is None:
            return units.UNKNOWN
        sign = ("−" if size < 0 else "+") if signed and size else ""
        size = abs(size)
        return sign + (
            units.amount(dimension, size) if noise.absolute else _percent(float(f"{size:.2g}"))
        )

    return (
        noise.gate.metric.short,
        units.amount(dimension, noise.level),
        step(noise.spread),
        step(noise.pair_spread),
        step(noise.drift, signed=True),
        "–" if noise.autocorrelation is None else f"{noise.autocorrelation:.2f}",
        units.count(noise.pairs),
    )


def _expected(one: Recommendation) -> list[tuple[str, ...]]:
    """What to expect by the usual margin, and by the recommended one where that is wider."""
    found = "too noisy"
    if one.recommended is not None:
        absolute = one.recommended.gate.margin.absolute
        known = one.found is not None
        found = f"+{_amount(one, Margin(one.found or 0.0, absolute))}" if known else "–"
    rows: list[tuple[str, ...]] = []
    wider = one.recommended if one.is_wider else None
    for expected in filter(None, (one.usual, wider)):
        word = " (advised)" if expected is wider else ""
        rows.append(
            (
                "" if expected is wider else expected.gate.metric.short,
                f"{_amount(one, expected.gate.margin)}{word}",
                _percent(expected.cleared),
                units.count(expected.pairs),
                "" if wider and expected is one.usual else found,
            )
        )
    return rows


def _of_whole_jobs(made: Recommendations) -> list[str]:
    """What to expect of whole jobs, and what more pairs would do."""
    said = []
    if made.pairs < FEW:
        said.append(f"From {made.pairs} pairs alone: {FEW} or more give a more certain answer.")
    rate = made.false_failures
    if rate is not None and rate.value is not None and rate.high is not None:
        said.append(
            f"Of {made.jobs:,} jobs drawn from these pairs, in which nothing changed, "
            f"{_percent(rate.value)} fail by the margins above (95 % interval: up to "
            f"{_percent(rate.high)}), and {_percent(made.inconclusive)} stay inconclusive."
        )
    said.extend(
        f"{one.usual.gate.metric.short}: {_amount(one, one.usual.gate.margin)} would do with "
        f"--pairs-max {one.usual_with_pairs}."
        for one in made.gates
        if not one.usual.is_enough and one.usual_with_pairs is not None
    )
    return said


def _table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> Table:
    table = Table(box=None, pad_edge=False)
    for place, heading in enumerate(headings):
        table.add_column(heading, justify="right" if place else "left", overflow="fold")
    for row in rows:
        table.add_row(*row)
    return table


def _amount(one: Recommendation, margin: Margin) -> str:
    """A margin as it is read: `1 %`, `10 B`."""
    if not margin.absolute:
        return f"{100 * margin.value:.3g} %"
    return units.amount(one.usual.gate.metric.quantity.dimension, margin.value)


def _percent(share: float | None) -> str:
    if share is None:
        return units.UNKNOWN
    return f"{100 * share:,.3g} %" if share < 10 else f"{100 * share:,.0f} %"
