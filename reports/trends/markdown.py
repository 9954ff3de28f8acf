"""A check as Markdown: for the summary of a step, or a message to whoever looks after it."""

from __future__ import annotations

from pathlib import Path

from bench.regression.history.check import Nomination
from bench.regression.history.confirm import acceptance, confirmation
from bench.regression.history.review import Review
from reports.escape import markdown as escaped
from reports.escape import plain
from reports.trends import words

HEADINGS = ("runtime", "figure", "change", "between", "worth", "control")


def as_markdown(review: Review) -> str:
    """Heading, sentence, table, what to type, and what is to be known. Ends with a newline."""
    check = review.check
    headline = "something seems to have changed" if check.alarms else "no alarm"
    parts = [
        f"### outnumber history: {headline}",
        escaped(words.sentence(check)),
        _table(check.nominations),
        *(_commands(one, review.history.folder) for one in check.alarms),
        "\n".join(f"- {escaped(note)}" for note in words.notes(review)),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _table(nominations: tuple[Nomination, ...]) -> str:
    if not nominations:
        return ""
    rows = [HEADINGS, ("---",) * len(HEADINGS), *(map(escaped, _cells(n)) for n in nominations)]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _cells(one: Nomination) -> tuple[str, ...]:
    trend = one.stretch.trend
    return (
        trend.runtime.name,
        words.name_of(trend),
        words.change_of(one),
        " and ".join(words.sides_of(one)),
        words.grade_of(one),
        words.control_of(one),
    )


def _commands(one: Nomination, folder: Path) -> str:
    """In a block of code, where nothing is markup; a fence in a name would end it."""
    trend = one.stretch.trend
    before, after = words.sides_of(one)
    lines = (
        f"# {trend.runtime.name}, {words.name_of(trend)}: before is {before}, after is {after}",
        confirmation(one),
        acceptance(one, folder),
    )
    code = "\n".join(plain(line).replace("```", "'''") for line in lines)
    return f"```sh\n{code}\n```"
