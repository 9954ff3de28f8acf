"""What was decided of two sides, as frozen values: a verdict a metric, and what the job comes to.

These are what `verdict.json` holds and what every table and page of verdicts draws from. Values are
in the metric's own unit (seconds, bytes, a count); `None` is unknown.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Literal, get_args

import msgspec
from msgspec import Meta

from bench.derive.doubts import gravest
from bench.judging.gates import UNCOLLECTED, USUAL, MetricName
from bench.judging.samples import is_lacking
from bench.model.records import Count, Record, Result
from outnumber import __version__

Word = Literal["regression", "improvement", "no regression", "inconclusive"]
# What the gates of a job come to together, the first that holds. Each has its exit code.
Outcome = Literal["regression", "not measured", "inconclusive", "improvement", "no regression"]
# What is an event of its own beside, or instead of, a figure that moved.
Event = Literal[
    "leak", "only its leak", "changed limit", "limit of another value", "missing", "given up"
]

# The words in reasons by which reports find those that a sentence needs.
TOO_FEW, NOT_MEASURED, STOPPED_BY = "too few", "it could not be measured", "was stopped by"

Share = Annotated[float, Meta(ge=0, le=1)]


def runtime_of(case: str) -> str:
    """The runtime's name, with which a case's key begins."""
    return re.split("[:@%]", case, maxsplit=1)[0]


class Verdict(Record, frozen=True, kw_only=True):
    """One metric of one case, judged. `case` is the case's key, `runtime` its runtime's name.

    `effect`, with its interval `low` to `high`, is new ÷ base, or new − base where `absolute`;
    `margin` is the worsening that does not matter, as a share of the base or, where `absolute`, in
    the metric's unit. `smallest` is the smallest worsening, in the terms of `margin`, that would
    have been called a regression nine times out of ten by as many samples as noisy as these.
    The interval holds with `confidence`; `p` had to be at most `level`. `samples` counts the pairs,
    or for sides that were not paired the processes of the smaller side. One that is not `gated`
    is reported and decides nothing. `base_doubt` and `new_doubt` say why a side's value must not be
    quoted alone (names of `bench.derive.doubts`), with the reasons among `reasons`.
    """

    runtime: str = ""
    case: str
    metric: str
    part: str | None = None
    quantile: float | None = None
    with_: dict[str, str | float] = msgspec.field(default_factory=dict, name="with")
    at: Count | None = None
    better: Literal["lower", "higher"]
    margin: float
    absolute: bool
    gated: bool = True
    verdict: Word
    base: float | None
    new: float | None
    effect: float | None
    low: float | None = None
    high: float | None = None
    confidence: Share | None = None
    p: Share | None = None
    level: Share | None = None
    smallest: float | None = None
    samples: Count
    look: Count
    event: Event | None = None
    reasons: tuple[str, ...] = ()
    base_samples: tuple[float | None, ...] = ()
    new_samples: tuple[float | None, ...] = ()
    base_doubt: str | None = None
    new_doubt: str | None = None

    @property
    def doubt(self) -> str | None:
        """The gravest about either side, and so about the effect."""
        return gravest((self.base_doubt, self.new_doubt))

    @property
    def metric_name(self) -> MetricName:
        return MetricName.of(self)

    @property
    def dimension(self) -> str:
        return self.metric_name.quantity.dimension

    def reasons_with(self, words: str) -> list[str]:
        return [reason for reason in self.reasons if words in reason]

    @property
    def is_open(self) -> bool:
        """Whether more pairs could still settle it."""
        return self.verdict == "inconclusive"

    @property
    def is_cleared(self) -> bool:
        """Whether a worsening past the margin is ruled out."""
        return self.verdict in ("no regression", "improvement")

    @property
    def has_moved(self) -> bool:
        """Whether it changed past its margin, for worse or better."""
        return self.verdict in ("regression", "improvement")

    @property
    def is_unmeasured(self) -> bool:
        """Whether it is open for want of any value on a side whose processes were to give one; not
        where a result holds no such process."""
        is_absent = self.event == "missing" and not (self.base_samples and self.new_samples)
        return self.is_open and not is_absent and (self.base is None or self.new is None)

    @property
    def may_pass(self) -> bool:
        """Whether it is settled, or both sides were measured and it is open for noise alone: what
        broke does not pass as noise."""
        is_broken = self.event in ("missing", "given up") or self.effect is None
        lacks = is_lacking(self.base_samples) or is_lacking(self.new_samples)
        return not (self.is_open and (is_broken or lacks))


class Decision(Record, frozen=True, kw_only=True):
    """The verdicts of a job's gates, in the gates' order, as they stand after a look."""

    verdicts: tuple[Verdict, ...]

    @property
    def outcome(self) -> Outcome:
        """What the gated verdicts come to: one regression is enough for one, and nothing is
        cleared while anything could not be measured or is inconclusive."""
        words: set[Outcome] = {
            "not measured" if verdict.is_unmeasured else verdict.verdict for verdict in self.gated
        }
        return next((word for word in get_args(Outcome) if word in words), "inconclusive")

    @property
    def may_pass(self) -> bool:
        """Whether the job is inconclusive, and for nothing but noise."""
        return self.outcome == "inconclusive" and all(one.may_pass for one in self.gated)

    @property
    def advisory(self) -> tuple[Verdict, ...]:
        return tuple(verdict for verdict in self.verdicts if not verdict.gated)

    @property
    def beside(self) -> tuple[Verdict, ...]:
        """The advisory ones that stand beside the gates wherever those are shown."""
        return tuple(one for one in self.advisory if one.metric_name in (*USUAL, UNCOLLECTED))

    @property
    def gated(self) -> tuple[Verdict, ...]:
        return tuple(verdict for verdict in self.verdicts if verdict.gated)


class Compared(Record, frozen=True, kw_only=True):
    """One of the two sides that were judged: what it was, and the result that holds its samples."""

    subject: str
    result: str
    started: str
    versions: dict[str, str | None]


class Judgement(Record, frozen=True, kw_only=True):
    """All that a job or a comparison came to: `verdict.json`.

    `paired` says whether the two sides were made in turn. `differences` are those of the two
    results, in words; a judgement that is `advisory` for them never fails anybody. `seed` and
    `looks` (pairs by each) are those of a job.
    """

    outnumber_verdict: Literal[1]
    version: str
    outcome: Outcome
    base: Compared
    new: Compared
    paired: bool
    advisory: bool = False
    differences: tuple[str, ...] = ()
    seed: Count | None = None
    looks: tuple[Count, ...] = ()
    decision: Decision
    warnings: tuple[str, ...] = ()


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
    """What a decision was made on, with it: `base` and `new` are each a result and the file that
    holds it. A side is called what its job called it, else as the file."""

    def compared(result: Result, path: Path) -> Compared:
        return Compared(
            subject=result.side.subject if result.side else path.name,
            result=path.name,
            started=result.started,
            versions={case.key: case.version for case in result.cases},
        )

    result = base[0]
    is_job = paired and result.side is not None
    return Judgement(
        outnumber_verdict=1,
        version=__version__,
        outcome=decision.outcome,
        base=compared(*base),
        new=compared(*new),
        paired=paired,
        advisory=advisory,
        differences=differences,
        seed=result.plan.seed if is_job else None,
        looks=result.side.looks if is_job and result.side else (),
        decision=decision,
        warnings=warnings,
    )
