"""The judgement as it is kept: the decision, and what it was a decision on."""

from __future__ import annotations

from pathlib import Path

from bench.judging.verdicts import Compared, Decision, Judgement
from bench.model.records import Result
from outnumber import __version__


def judgement(
    decision: Decision,
    base: tuple[Result, Path],
    new: tuple[Result, Path],
    *,
    paired: bool,
    advisory: bool = False,
    differences: tuple[str, ...] = (),
    warnings: tuple[str, ...] = (),
) -> Judgement:
    """`base` and `new` are each a result and the file that holds it."""
    result = base[0]
    is_job = paired and result.side is not None
    return Judgement(
        outnumber_verdict=1,
        version=__version__,
        outcome=decision.outcome,
        base=_compared(*base),
        new=_compared(*new),
        paired=paired,
        advisory=advisory,
        differences=differences,
        seed=result.plan.seed if is_job else None,
        looks=result.side.looks if is_job and result.side else (),
        decision=decision,
        warnings=warnings,
    )


def _compared(result: Result, path: Path) -> Compared:
    """A side in words: what the job called it; else the file."""
    return Compared(
        subject=result.side.subject if result.side else path.name,
        result=path.name,
        started=result.started,
        versions={runtime.key: runtime.version for runtime in result.cases},
    )
