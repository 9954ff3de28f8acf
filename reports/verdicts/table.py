"""A judgement as a page of Markdown, for a pull request or the summary of a step, and as the table
that a job or a comparison ends with on a terminal: the same rows, sentence and notes."""

from __future__ import annotations

import itertools
from collections.abc import Iterable

from rich.table import Table
from rich.text import Text

from bench.judging.verdicts import Judgement, Outcome, Verdict
from reports.console import Console
from reports.verdicts import words
from reports.wording import units
from reports.wording.escape import markdown as escaped
from reports.wording.escape import plain

SAMPLES = 4  # the place of the heading that depends on how the sides were made
HEADINGS = (
    "runtime",
    "quantity",
    "base → new",
    "new ÷ base,\nor difference",
    "pairs",
    "verdict",
    "smallest\ndetectable",
)
NUMBERS = (2, 3, 4, 6)
# Where there is no room, an interval goes below its middle, an event below its verdict.
NARROWEST = {3: len("(+199 to +203)"), 5: len("inconclusive:")}
HOW_TO_READ = (
    "A *regression* is a change for the worse that chance hardly makes **and** that is past its "
    "margin, an *improvement* the same for the better; *no regression* is an interval that ends "
    "before the margin; all else is *inconclusive*. What is *advisory* decides nothing."
)
STYLES: dict[Outcome, str] = {
    "regression": "bold red",
    "improvement": "green",
    "not measured": "bold yellow",
    "inconclusive": "yellow",
    "no regression": "",
}


def rows(judgement: Judgement) -> list[Verdict]:
    """The verdicts that stand in the table: each case's gates, then what is beside them."""
    shown = (*judgement.decision.gated, *judgement.decision.beside)
    places = {name: place for place, name in enumerate(dict.fromkeys(v.case for v in shown))}
    return sorted(shown, key=lambda verdict: places[verdict.case])


def cells(verdict: Verdict) -> tuple[str, ...]:
    """One verdict's row, in words."""
    return (
        verdict.case,
        verdict.metric_name.short,
        words.both_of(verdict),
        words.effect_of(verdict),
        units.count(verdict.samples),
        words.verdict_of(verdict),
        words.smallest_of(verdict),
    )


def print_judgement(judgement: Judgement, console: Console | None = None) -> None:
    """Prints what was found, the table, its notes, and what to type next."""
    out = console or Console()
    out.print()
    out.print(Text(plain(words.sentence(judgement)), STYLES[judgement.decision.outcome]))
    out.print()
    for name, side in (("base", judgement.base), ("new", judgement.new)):
        out.print(Text(plain(f"{name}: {side.subject}")), soft_wrap=True)
    out.print()
    out.print(_table(judgement))
    moved = (f"also moved, not gated: {one}" for one in words.moved(judgement))
    reasons = words.reasons_of(judgement.decision)
    notes = (*reasons, *moved, *words.differences(judgement), *judgement.warnings)
    for note in dict.fromkeys(notes):
        out.print(Text(plain(f"· {note}"), "dim"))
    for place, step in enumerate(words.next_steps(judgement)):
        out.print(Text(plain(f"{'' if place else 'What to do: '}{step}")))


def headings(judgement: Judgement) -> tuple[str, ...]:
    """The columns' headings: what stands behind a verdict is pairs, or processes a side."""
    counted = HEADINGS[SAMPLES] if judgement.paired else "a side"
    return (*HEADINGS[:SAMPLES], counted, *HEADINGS[SAMPLES + 1 :])


def _table(judgement: Judgement) -> Table:
    """A block of rows for each case; no number is ever cut."""
    made = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False)
    for place, heading in enumerate(headings(judgement)[1:], start=1):
        made.add_column(
            heading,
            justify="right" if place in NUMBERS else "left",
            no_wrap=place in NUMBERS and place not in NARROWEST,
            min_width=NARROWEST.get(place),
            overflow="fold",
        )
    for case, block in itertools.groupby(rows(judgement), key=lambda verdict: verdict.case):
        made.add_row(Text(plain(case), "bold"))
        for verdict in block:
            style = STYLES[verdict.verdict] if verdict.gated else "dim"
            made.add_row(*(Text(plain(cell), style) for cell in cells(verdict)[1:]))
    return made


def markdown(judgement: Judgement) -> str:
    """Heading, sentence, table and notes. Ends with a newline."""
    headline = words.headline(judgement)
    base, new = escaped(judgement.base.subject), escaped(judgement.new.subject)
    made = "made in turn, in random order" if judgement.paired else "not made in turn"
    heads = (*(heading.replace("\n", " ") for heading in headings(judgement)), "margin")
    rules = ("---:" if place in NUMBERS else "---" for place in range(len(HEADINGS)))
    lines = [
        heads,
        (*rules, "---:"),
        *(map(escaped, (*cells(one), words.margin_of(one))) for one in rows(judgement)),
    ]
    parts = [
        f"### outnumber: {escaped(headline[0].lower() + headline[1:])}",
        escaped(words.sentence(judgement)),
        f"Base: {base}. New: {new}. The two sides were {made}.",
        "\n".join(f"| {' | '.join(line)} |" for line in lines),
        _list("Also moved, not gated:", words.moved(judgement)),
        _list("Notes:", (*words.reasons_of(judgement.decision), *judgement.warnings)),
        _list("What differs:", words.differences(judgement)),
        _list("What to do:", words.next_steps(judgement)),
        HOW_TO_READ,
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _list(heading: str, items: Iterable[str]) -> str:
    lines = [f"- {escaped(item)}" for item in dict.fromkeys(items)]
    return "\n".join([heading, "", *lines]) if lines else ""
