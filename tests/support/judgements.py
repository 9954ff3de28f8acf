"""Made-up judgements, for what draws from them."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec.structs import replace

from bench.judging.verdicts import Compared, Decision, Judgement, Verdict

BASE = Compared(subject="Python 3.11", result="a.base.json", started="2026-11-23", versions={})
NEW = Compared(subject="Python 3.14", result="a.new.json", started="2026-11-23", versions={})

CLEAR = Verdict(
    case="asyncio",
    metric="bytes_per_unit",
    part="total",
    at=10_000,
    better="lower",
    margin=0.01,
    absolute=False,
    verdict="no regression",
    base=1152.0,
    new=1153.0,
    effect=1.001,
    low=0.999,
    high=1.002,
    confidence=0.98,
    p=0.2,
    level=0.001,
    smallest=0.0123,
    samples=13,
    look=1,
    base_samples=(1152.0, 1151.0),
    new_samples=(1153.0, None),
)
HEAVIER = replace(CLEAR, verdict="regression", new=1267.2, effect=1.1, low=1.09, high=1.11)
LIGHTER = replace(CLEAR, verdict="improvement", new=910.1, effect=0.79, low=0.78, high=0.80)
OPEN = replace(
    CLEAR,
    metric="burst_seconds_per_unit",
    part=None,
    verdict="inconclusive",
    base=9.04e-6,
    new=9.95e-6,
    effect=1.042,
    low=0.923,
    high=1.17,
    margin=0.03,
    smallest=0.3,
    samples=40,
    look=3,
)
SLOWER = replace(OPEN, verdict="regression", effect=1.1, low=1.05, high=1.15)
LEAK = replace(
    CLEAR,
    metric="leaked_bytes_per_unit",
    part=None,
    verdict="regression",
    event="leak",
    absolute=True,
    margin=10.0,
    base=0.0,
    new=201.3,
    effect=201.3,
    low=199.0,
    high=203.0,
    smallest=12.0,
)
TIGHTER = replace(
    LEAK,
    verdict="improvement",
    event=None,
    base=201.3,
    new=0.0,
    effect=-201.3,
    low=-203.0,
    high=-199.0,
)
CEILING = replace(
    CLEAR,
    case="pthread",
    metric="ceiling",
    part=None,
    better="higher",
    verdict="regression",
    event="changed limit",
    base=998.0,
    new=698.0,
    effect=0.699,
    low=0.699,
    high=0.7,
    margin=0.03,
    smallest=0.03,
    samples=6,
    reasons=(
        "the base side was stopped by pids.max = 1,000 (/a)",
        "the new side was stopped by vm.max_map_count = 65,530",
    ),
)
MISSING = replace(
    CLEAR,
    verdict="inconclusive",
    event="missing",
    new=None,
    effect=None,
    low=None,
    high=None,
    smallest=None,
    samples=0,
    reasons=("it is missing in 13 of 13 processes of the new side",),
)
ABSENT = replace(MISSING, new_samples=())
UNTRIED = replace(
    MISSING,
    event=None,
    base=None,
    base_samples=(None, None),
    new_samples=(None, None),
    reasons=(
        "it could not be measured on the new side",
        "too few pairs: 0, at least 9 are needed",
    ),
)
FEW = replace(
    MISSING,
    event=None,
    new=1153.0,
    effect=1.001,
    reasons=("too few pairs: 6, at least 9 are needed",),
)
MOVED = replace(HEAVIER, metric="page_faults_per_unit", part=None, gated=False)


def judgement(*verdicts: Verdict, **fields: object) -> Judgement:
    decision = Decision(verdicts=verdicts)
    known: Mapping[str, object] = {
        "outnumber_verdict": 1,
        "version": "0.1.0",
        "outcome": decision.outcome,
        "base": BASE,
        "new": NEW,
        "paired": True,
        "decision": decision,
    }
    return Judgement(**{**known, **fields})  # type: ignore[arg-type]
