"""`outnumber noise`: how noisy each figure is here, and what to type because of it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from rich.table import Table
from rich.text import Text

from bench.judging.gates import BY_DEFAULT, Figure, Margin
from bench.judging.noise import CaseNoise, Expected, Noise, Recommendation, Recommendations
from bench.quantities import find
from reports.console import Console
from reports.wording import units
from reports.wording.escape import terminal

MEASURED = (
    "figure (a unit)",
    "median",
    "from process\nto process",
    "from pair\nto pair",
    "drift",
    "auto-\ncorrelation",
    "pairs",
)
EXPECTED = (
    "figure (a unit)",
    "margin",
    "cleared if\nnothing changed",
    "pairs\nneeded",
    "finds, in 9\njobs of 10",
)

FEW = 20  # pairs, under which what is said is rough


def print_noise(
    noises: Sequence[CaseNoise],
    margins: Mapping[Figure, Margin | None],
    console: Console | None = None,
) -> None:
    """Prints what was measured, what to expect of it, and what can be pasted."""
    out = console or Console()
    for noise in noises:
        out.print()
        out.print(Text(terminal(noise.case), "bold"))
        out.print(_measured(noise.noises))
        if noise.recommended is None:
            out.print(Text("Too few pairs to say more.", "yellow"))
            continue
        out.print()
        out.print(_expected(noise.recommended))
        for line in _told(noise.recommended):
            out.print(Text(line, "dim"))
    out.print()
    for line in to_paste(noises, margins):
        out.print(Text(line), soft_wrap=True)


def to_paste(noises: Sequence[CaseNoise], margins: Mapping[Figure, Margin | None]) -> list[str]:
    """`[tool.outnumber]` and the same as options, each on lines of its own."""
    asked = {
        figure: margin for figure, margin in margins.items() if figure in BY_DEFAULT
    } or margins
    gates = [_gate(figure, margin) for figure, margin in asked.items()]
    others = [_gate(figure, margin) for figure, margin in margins.items() if figure not in asked]
    left_out = [
        f"{_name(advice.usual.gate.figure)} of {terminal(noise.case)}"
        for noise in noises
        if noise.recommended
        for advice in noise.recommended.gates
        if advice.recommended is None
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


def _measured(noises: Sequence[Noise]) -> Table:
    table = _table(MEASURED)
    for noise in noises:
        table.add_row(
            _name(noise.gate.figure),
            _value(noise, noise.level),
            _step(noise, noise.spread),
            _step(noise, noise.pair_spread),
            _step(noise, noise.drift, signed=True),
            "–" if noise.autocorrelation is None else f"{noise.autocorrelation:.2f}",
            units.count(noise.pairs),
        )
    return table


def _expected(plan: Recommendations) -> Table:
    table = _table(EXPECTED)
    for advice in plan.gates:
        table.add_row(*_row(advice, advice.usual, "" if advice.is_wider else _found(advice)))
        if advice.is_wider and advice.recommended:
            table.add_row("", *_row(advice, advice.recommended, _found(advice))[1:])
    return table


def _row(advice: Recommendation, outlook: Expected, found: str) -> tuple[str, ...]:
    word = " (advised)" if advice.is_wider and outlook is advice.recommended else ""
    return (
        _name(outlook.gate.figure),
        f"{_amount(outlook.gate.figure, outlook.gate.margin)}{word}",
        _percent(outlook.cleared),
        units.count(outlook.pairs),
        found,
    )


def _found(advice: Recommendation) -> str:
    if advice.recommended is None:
        return "too noisy"
    if advice.found is None:
        return "–"
    margin = advice.recommended.gate.margin
    return f"+{_amount(advice.usual.gate.figure, Margin(advice.found, margin.absolute))}"


def _told(plan: Recommendations) -> list[str]:
    """What to expect of whole jobs, and what more pairs would do."""
    said = []
    if plan.pairs < FEW:
        said.append(f"From {plan.pairs} pairs alone: {FEW} or more say it with more certainty.")
    rate = plan.false_failures
    if rate is not None and rate.value is not None and rate.high is not None:
        said.append(
            f"Of {plan.jobs:,} jobs drawn from these pairs, in which nothing changed, "
            f"{_percent(rate.value)} fail by the margins above (95 % interval: up to "
            f"{_percent(rate.high)}), and {_percent(plan.inconclusive)} stay inconclusive."
        )
    said.extend(
        f"{_name(advice.usual.gate.figure)}: "
        f"{_amount(advice.usual.gate.figure, advice.usual.gate.margin)} would do with "
        f"--pairs-max {advice.usual_with_pairs}."
        for advice in plan.gates
        if not advice.usual.is_enough and advice.usual_with_pairs is not None
    )
    return said


def _table(headings: Sequence[str]) -> Table:
    table = Table(box=None, pad_edge=False)
    for place, heading in enumerate(headings):
        table.add_column(heading, justify="right" if place else "left", overflow="fold")
    return table


def _name(figure: Figure) -> str:
    words = find(figure.metric).short
    if figure.part is not None and figure.part != "total":
        return f"{words}: {figure.part.replace('_', ' ')}"
    return words if figure.quantile is None else f"{words}, {figure.quantile:.0%}"


def _value(noise: Noise, value: float | None) -> str:
    metric = noise.gate.figure.metric
    if "seconds" in metric:
        return units.seconds(value)
    return units.size(value) if "bytes" in metric else units.number(value)


def _step(noise: Noise, step: float | None, *, signed: bool = False) -> str:
    """A step on the gate's scale: a share, or in the figure's own unit."""
    if step is None:
        return units.UNKNOWN
    sign = ("−" if step < 0 else "+") if signed and step else ""
    size = abs(step)
    return sign + (_value(noise, size) if noise.absolute else _percent(float(f"{size:.2g}")))


def _amount(figure: Figure, margin: Margin) -> str:
    """A margin as it is read: `1 %`, `10 B`."""
    if not margin.absolute:
        return f"{100 * margin.value:.3g} %"
    if "seconds" in figure.metric:
        return units.seconds(margin.value)
    return f"{margin.value:,.3g}{' B' if 'bytes' in figure.metric else ''}"


def _gate(figure: Figure, margin: Margin | None) -> str:
    """A gate as it is typed."""
    if margin is None:
        return figure.words
    if not margin.absolute:
        return f"{figure.words}:{100 * margin.value:g}%"
    if "seconds" in figure.metric:
        return f"{figure.words}:{1e9 * margin.value:g}ns"
    return f"{figure.words}:{margin.value:g}{'B' if 'bytes' in figure.metric else ''}"


def _percent(share: float | None) -> str:
    if share is None:
        return units.UNKNOWN
    return f"{100 * share:,.3g} %" if share < 10 else f"{100 * share:,.0f} %"
