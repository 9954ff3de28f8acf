"""A check as documents: Markdown, for the summary of a step or a message to whoever looks after it,
and JSON, for programs."""

from __future__ import annotations

import json
from typing import Any

from bench.history.check import FOR_ALARM, Nomination
from bench.history.review import (
    Review,
    SuspectedChange,
    acknowledge_command,
    confirm_command,
    prepare_commands,
    suspected_changes,
)
from bench.history.store import History
from bench.history.trends import Night
from reports.history import words
from reports.wording.escape import markdown as escaped
from reports.wording.escape import plain

SCHEMA = 1
HEADINGS = ("runtime", "quantity", "change", "between", "verdict", "machine")


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
    cells = (
        (
            one.period.trend.case.key,
            words.name_of(one.period.trend),
            words.change_of(one),
            " and ".join(words.sides_of(one)),
            words.grade_of(one),
            words.control_of(one),
        )
        for one in nominations
    )
    rows = [HEADINGS, ("---",) * len(HEADINGS), *(map(escaped, row) for row in cells)]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _commands(change: SuspectedChange, history: History) -> str:
    """In a block of code, where nothing is markup; a fence in a name would end it."""
    names = ", ".join(words.name_of(one.period.trend) for one in change.nominations)
    lines = (
        f"# {change.case.key}, {names}: make both sides and compare them",
        *prepare_commands(change, history),
        confirm_command(change),
        "# or accept it, with the reason",
        *(acknowledge_command(one, history.folder) for one in change.nominations),
    )
    code = "\n".join(plain(line).replace("```", "'''") for line in lines)
    return f"```sh\n{code}\n```"


def as_json(review: Review) -> str:
    """ASCII alone, so that no text of a history moves a terminal that it is printed on."""
    changed = suspected_changes(review.check.nominations)
    made = {
        "schema": SCHEMA,
        "runs": len(review.history.points),
        "alarms": len(review.check.alarms),
        "judged": len({one.trend.key for one in review.check.judged}),
        "nominations": [
            _nomination(
                one, next(each for each in changed if one in each.nominations), review.history
            )
            for one in review.check.nominations
        ],
        "advisory": {
            "until_nights": FOR_ALARM,
            "figures": [
                {
                    "runtime": trend.case.runtime,
                    "case": trend.case.key,
                    "figure": trend.metric.words,
                }
                for trend in review.advisory
            ],
        },
        "notes": words.notes(review),
    }
    return json.dumps(made, indent=1) + "\n"


def _nomination(one: Nomination, change: SuspectedChange, history: History) -> dict[str, Any]:
    """Values in the figure's own unit; `prepare` and `confirm` are the commands of the change's one
    job; `effect` is new ÷ base, or new − base where `absolute`."""
    trend = one.period.trend
    return {
        "runtime": trend.case.runtime,
        "case": trend.case.key,
        "metric": trend.metric.metric,
        "part": trend.metric.part,
        "quantile": trend.metric.quantile,
        "with": dict(trend.metric.with_),
        "alarm": one.alarms,
        "grade": one.grade,
        "worse": one.worse,
        "machine": one.is_machine,
        "base": one.base,
        "new": one.new,
        "effect": one.effect,
        "low": one.low,
        "high": one.high,
        "absolute": one.absolute,
        "p": one.p,
        "nights": len(one.nights),
        "doubt": words.effect_doubt(one),
        "last": _night(one.last),
        "first": _night(one.first),
        "control": {"state": one.control.state, "ratio": one.control.ratio},
        "prepare": list(prepare_commands(change, history)) if not one.is_machine else None,
        "confirm": confirm_command(change) if not one.is_machine else None,
        "acknowledge": acknowledge_command(one, history.folder),
    }


def _night(night: Night) -> dict[str, Any]:
    return {"point": night.point, "started": night.date.isoformat(), "commit": night.commit}
