"""A check as JSON, for programs: an object a nomination."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from bench.regression.history.check import Nomination
from bench.regression.history.confirm import acceptance, confirmation
from bench.regression.history.review import Review
from bench.regression.history.trends import Night
from reports.trends import words

SCHEMA = 1


def as_json(review: Review) -> str:
    """ASCII alone, so that no text of a history moves a terminal that it is printed on."""
    folder = review.history.folder
    made = {
        "schema": SCHEMA,
        "runs": len(review.history.points),
        "alarms": len(review.check.alarms),
        "judged": len({one.trend.key for one in review.check.judged}),
        "nominations": [_nomination(one, folder) for one in review.check.nominations],
        "notes": words.notes(review),
    }
    return json.dumps(made, indent=1) + "\n"


def _nomination(one: Nomination, folder: Path) -> dict[str, Any]:
    """Values in the figure's own unit; `effect` is new ÷ base, or new − base where `absolute`."""
    trend = one.stretch.trend
    return {
        "runtime": trend.runtime.name,
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
        "confirm": confirmation(one) if not one.is_machine else None,
        "acknowledge": acceptance(one, folder),
    }


def _night(night: Night) -> dict[str, Any]:
    return {"point": night.point, "started": night.date.isoformat(), "commit": night.commit}
