"""A check as documents: Markdown, for the summary of a step or a message to whoever looks after it,
and JSON, for programs."""

from __future__ import annotations

import json
from typing import Any

from bench.history.check import FOR_ALARM, Nomination
from bench.history.review import Review, SuspectedChange, suspected_changes
from bench.history.trends import Night
from reports.history import words
from reports.wording.escape import markdown as escaped
from reports.wording.escape import plain

SCHEMA = 1
HEADINGS = ("runtime", "quantity", "change", "between", "verdict", "machine")


def as_markdown(review: Review) -> str:
    """Heading, sentence, table, what to type, and the notes. Ends with a newline."""
    check = review.check
    cells = [
        (
            one.period.trend.case.key,
            words.name_of(one.period.trend),
            words.change_of(one),
            " and ".join(words.sides_of(one)),
            words.grade_of(one),
            words.control_of(one),
        )
        for one in check.nominations
    ]
    rows = [HEADINGS, ("---",) * len(HEADINGS), *(map(escaped, row) for row in cells)]
    blocks = []
    for change in suspected_changes(check.alarms, review.history):
        about = f"{change.case.key}, {words.names_of(change.nominations)}"
        lines = (
            f"# {about}: make both sides and compare them",
            *change.prepare,
            change.confirm,
            "# or accept it, with the reason",
            *change.accept,
        )
        # In a block of code nothing is markup; a fence in a name would end it.
        code = "\n".join(plain(line).replace("```", "'''") for line in lines)
        blocks.append(f"```sh\n{code}\n```")
    parts = [
        f"### outnumber history: {'suspected changes' if check.alarms else 'no alarm'}",
        escaped(words.sentence(check)),
        "\n".join(f"| {' | '.join(row)} |" for row in rows) if cells else "",
        *blocks,
        "\n".join(f"- {escaped(note)}" for note in words.notes(review)),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def as_json(review: Review) -> str:
    """ASCII alone, so that no text of a history moves a terminal that it is printed on."""
    commands = {
        id(one): (accept, change)
        for change in suspected_changes(review.check.nominations, review.history)
        for one, accept in zip(change.nominations, change.accept, strict=True)
    }
    made = {
        "schema": SCHEMA,
        "runs": len(review.history.points),
        "alarms": len(review.check.alarms),
        "judged": len({one.trend.key for one in review.check.judged}),
        "nominations": [_nomination(one, *commands[id(one)]) for one in review.check.nominations],
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


def _nomination(one: Nomination, accept: str, change: SuspectedChange) -> dict[str, Any]:
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
        "prepare": list(change.prepare) if not one.is_machine else None,
        "confirm": change.confirm if not one.is_machine else None,
        "acknowledge": accept,
    }


def _night(night: Night) -> dict[str, Any]:
    return {"point": night.point, "started": night.date.isoformat(), "commit": night.commit}
