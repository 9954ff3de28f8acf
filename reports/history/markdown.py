"""A check as Markdown: for the summary of a step, or a message to whoever looks after it."""

from __future__ import annotations

from bench.history.check import Nomination
from bench.history.review import (
    Review,
    SuspectedChange,
    acknowledge_command,
    confirm_command,
    prepare_commands,
    suspected_changes,
)
from bench.history.store import History
from reports.history import words
from reports.wording.escape import markdown as escaped
from reports.wording.escape import plain

HEADINGS = ("runtime", "figure", "change", "between", "verdict", "machine")


def as_markdown(review: Review) -> str:
    """Heading, sentence, table, what to type, and the notes. Ends with a newline."""
    check = review.check
    headline = "suspected changes" if check.alarms else "no alarm"
    parts = [
        f"### outnumber history: {headline}",
        escaped(words.sentence(check)),
        _table(check.nominations),
        *(_commands(one, review.history) for one in suspected_changes(check.alarms)),
        "\n".join(f"- {escaped(note)}" for note in words.notes(review)),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _table(nominations: tuple[Nomination, ...]) -> str:
    if not nominations:
        return ""
    rows = [HEADINGS, ("---",) * len(HEADINGS), *(map(escaped, _cells(n)) for n in nominations)]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _cells(one: Nomination) -> tuple[str, ...]:
    trend = one.period.trend
    return (
        trend.runtime.key,
        words.name_of(trend),
        words.change_of(one),
        " and ".join(words.sides_of(one)),
        words.grade_of(one),
        words.control_of(one),
    )


def _commands(change: SuspectedChange, history: History) -> str:
    """In a block of code, where nothing is markup; a fence in a name would end it."""
    figures = ", ".join(words.name_of(one.period.trend) for one in change.nominations)
    lines = (
        f"# {change.runtime.key}, {figures}: make both sides and compare them",
        *prepare_commands(change, history),
        confirm_command(change),
        "# or accept it, with the reason",
        *(acknowledge_command(one, history.folder) for one in change.nominations),
    )
    code = "\n".join(plain(line).replace("```", "'''") for line in lines)
    return f"```sh\n{code}\n```"
