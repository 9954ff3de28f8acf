"""From a run's result to its point in a history."""

from __future__ import annotations

import hashlib
from datetime import datetime

import msgspec

from bench.derive.metrics import Metric, figures
from bench.errors import UsageError
from bench.history.records import VERSION, Kept, Point
from bench.model.likeness import facts_of
from bench.model.records import USER, CaseRecord, Result

NIGHTLY = ("run", "ceiling")


def point_of(result: Result, commit: str | None) -> Point:
    """The point of a result. Raises `UsageError` for what is no nightly run, was cut short, or
    holds no figure."""
    if result.command not in NIGHTLY:
        raise UsageError(
            f"made by outnumber {result.command}, one side of a job of pairs: a history is made of "
            "results of outnumber run or outnumber ceiling"
        )
    if result.finished is None:
        raise UsageError(
            "its run was cut short before its end, and a part of a night is not judged beside "
            f"whole ones; make the run again with outnumber {result.command}, and add that"
        )
    kept = tuple(_kept(metric) for metric in figures(result) if _belongs(result, metric))
    if not kept:
        raise UsageError("it holds no figure: nothing was measured in that run")
    return Point(
        history=VERSION,
        id=id_of(result),
        started=_date(result.started),
        commit=commit,
        command=result.command,
        cases=_ran(result, kept),
        facts=facts_of(result),
        control=result.control,
        kept=kept,
    )


def id_of(result: Result) -> str:
    """A hash over what was measured and when: the same however the file was written, and by a later
    version that knows of more to store."""
    sweeps = [
        [sweep.case, sweep.purpose, sweep.round]
        + [[step.alive, step.burst_seconds, step.read(USER).bytes] for step in sweep.steps]
        for sweep in result.sessions
    ]
    measured = [result.command, result.started, result.plan.seed, sweeps]
    return hashlib.sha256(msgspec.json.encode(measured)).hexdigest()[:16]


def _belongs(result: Result, metric: Metric) -> bool:
    """Known figures; of a ceiling's run the ceiling alone, since it weighs at another count each
    night."""
    return metric.value is not None and (result.command == "run" or metric.metric == "ceiling")


def _kept(metric: Metric) -> Kept:
    assert metric.value is not None
    return Kept(
        case=metric.case,
        metric=metric.metric,
        part=metric.part,
        quantile=metric.quantile,
        at=metric.at,
        value=metric.value,
        low=metric.low,
        high=metric.high,
        samples=metric.samples,
        status=metric.status,
        limit=metric.limit,
        doubt=metric.doubt,
        overhead=metric.overhead,
    )


def _ran(result: Result, kept: tuple[Kept, ...]) -> tuple[CaseRecord, ...]:
    names = {each.case for each in kept}
    return tuple(runtime for runtime in result.cases if runtime.key in names)


def _date(text: str) -> str:
    """The result's own beginning. Raises `UsageError` where that is no date."""
    try:
        return datetime.fromisoformat(text).isoformat(timespec="seconds")
    except ValueError:
        raise UsageError(f"its beginning is no date: {text[:60]!r}") from None
