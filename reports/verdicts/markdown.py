"""A judgement as Markdown: for a pull request, or the summary of a step."""

from __future__ import annotations

from collections.abc import Iterable

from bench.judging.verdicts import Judgement
from reports.verdicts import words
from reports.verdicts.table import HEADINGS, NUMBERS, cells, headings, rows
from reports.wording.escape import markdown as escaped

HOW_TO_READ = (
    "A *regression* is a change for the worse that chance hardly makes **and** that is past its "
    "margin, an *improvement* the same for the better; *no regression* is an interval that ends "
    "before the margin; all else is *inconclusive*. What is *advisory* decides nothing."
)


def markdown(judgement: Judgement) -> str:
    """Heading, sentence, table, and what is to be known of them. Ends with a newline."""
    parts = [
        f"### outnumber: {escaped(_uncapitalised(words.headline(judgement)))}",
        escaped(words.sentence(judgement)),
        _sides(judgement),
        _table(judgement),
        _list("Also moved, not gated:", words.moved(judgement)),
        _list("To be known:", [*words.reasons_of(judgement.decision), *judgement.warnings]),
        _list("What differs:", words.differences(judgement)),
        _list("What to do:", words.next_steps(judgement)),
        HOW_TO_READ,
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _sides(judgement: Judgement) -> str:
    made = "made in turn, in random order" if judgement.paired else "not made in turn"
    base, new = escaped(judgement.base.subject), escaped(judgement.new.subject)
    return f"Base: {base}. New: {new}. The two sides were {made}."


def _table(judgement: Judgement) -> str:
    heads = (*(heading.replace("\n", " ") for heading in headings(judgement)), "margin")
    rules = ("---:" if place in NUMBERS else "---" for place in range(len(HEADINGS)))
    lines = [
        _row(map(escaped, (*cells(verdict), words.margin_of(verdict))))
        for verdict in rows(judgement)
    ]
    return "\n".join([_row(heads), _row((*rules, "---:")), *lines])


def _uncapitalised(text: str) -> str:
    return text[0].lower() + text[1:]


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _list(heading: str, items: Iterable[str]) -> str:
    lines = [f"- {escaped(item)}" for item in dict.fromkeys(items)]
    return "\n".join([heading, "", *lines]) if lines else ""
