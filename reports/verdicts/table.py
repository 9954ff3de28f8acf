"""The table that a job or a comparison ends with, for a terminal."""

from __future__ import annotations

import itertools

from rich.table import Table
from rich.text import Text

from bench.judging.verdicts import Judgement, Outcome, Verdict
from reports.console import Console
from reports.verdicts import words
from reports.wording import units
from reports.wording.escape import terminal

SAMPLES = 4  # the place of the heading that depends on how the sides were made
HEADINGS = (
    "runtime",
    "figure",
    "base → new",
    "new ÷ base,\nor difference",
    "pairs",
    "verdict",
    "smallest\nseen",
)
NUMBERS = (2, 3, 4, 6)
# Where there is no room, an interval goes below its middle, an event below its verdict.
NARROWEST = {3: len("(+199 to +203)"), 5: len("inconclusive:")}
STYLES: dict[Outcome, str] = {
    "regression": "bold red",
    "improvement": "green",
    "not measured": "bold yellow",
    "inconclusive": "yellow",
    "no regression": "",
}


def rows(judgement: Judgement) -> list[Verdict]:
    """The verdicts that stand in the table: each runtime's gates, then what is beside them."""
    shown = (*judgement.decision.gated, *judgement.decision.beside)
    places = {name: place for place, name in enumerate(dict.fromkeys(v.runtime for v in shown))}
    return sorted(shown, key=lambda verdict: places[verdict.runtime])


def cells(verdict: Verdict) -> tuple[str, ...]:
    """One verdict's row, in words."""
    return (
        verdict.runtime,
        words.name_of(verdict),
        words.both_of(verdict),
        words.effect_of(verdict),
        units.count(verdict.samples),
        words.verdict_of(verdict),
        words.smallest_of(verdict),
    )


def print_judgement(judgement: Judgement, console: Console | None = None) -> None:
    """Prints what was found, the table, what is to be known of it, and what to type next."""
    out = console or Console()
    out.print()
    out.print(Text(terminal(words.sentence(judgement)), STYLES[judgement.decision.outcome]))
    out.print()
    for name, side in (("base", judgement.base), ("new", judgement.new)):
        out.print(Text(terminal(f"{name}: {side.subject}")), soft_wrap=True)
    out.print()
    out.print(_table(judgement))
    _print_notes(judgement, out)
    for place, step in enumerate(words.next_steps(judgement)):
        out.print(Text(terminal(f"{'' if place else 'What to do: '}{step}")))


def headings(judgement: Judgement) -> tuple[str, ...]:
    """The columns' headings: what stands behind a verdict is pairs, or processes a side."""
    counted = HEADINGS[SAMPLES] if judgement.paired else "a side"
    return (*HEADINGS[:SAMPLES], counted, *HEADINGS[SAMPLES + 1 :])


def _table(judgement: Judgement) -> Table:
    """A block of rows a runtime; no number is ever cut."""
    made = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False)
    for place, heading in enumerate(headings(judgement)[1:], start=1):
        made.add_column(
            heading,
            justify="right" if place in NUMBERS else "left",
            no_wrap=place in NUMBERS and place not in NARROWEST,
            min_width=NARROWEST.get(place),
            overflow="fold",
        )
    for runtime, block in itertools.groupby(rows(judgement), key=lambda verdict: verdict.runtime):
        made.add_row(Text(terminal(runtime), "bold"))
        for verdict in block:
            style = STYLES[verdict.verdict] if verdict.gated else "dim"
            made.add_row(*(Text(terminal(cell), style) for cell in cells(verdict)[1:]))
    return made


def _print_notes(judgement: Judgement, out: Console) -> None:
    notes = [
        *words.reasons_of(judgement.decision),
        *(f"also moved, not gated: {one}" for one in words.moved(judgement)),
        *words.differences(judgement),
        *judgement.warnings,
    ]
    for note in dict.fromkeys(notes):
        out.print(Text(terminal(f"· {note}"), "dim"))
