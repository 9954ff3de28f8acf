"""A check as JSON, for programs: an object a nomination."""

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

SCHEMA = 1


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
                {"runtime": trend.runtime.key, "figure": trend.figure.words}
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
        "runtime": trend.runtime.key,
        "metric": trend.figure.metric,
        "part": trend.figure.part,
        "quantile": trend.figure.quantile,
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
        "nights": one.points,
        "last": _night(one.last),
        "first": _night(one.first),
        "control": {"state": one.control.state, "ratio": one.control.ratio},
        "prepare": list(prepare_commands(change, history)) if not one.is_machine else None,
        "confirm": confirm_command(change) if not one.is_machine else None,
        "acknowledge": acknowledge_command(one, history.folder),
    }


def _night(night: Night) -> dict[str, Any]:
    return {"point": night.point, "started": night.date.isoformat(), "commit": night.commit}
