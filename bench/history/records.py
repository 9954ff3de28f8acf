"""What a history keeps, as frozen types: a point a run, and the change points that were accepted.

Each is one line of JSON that says its `kind`. Seconds and bytes only; what is unknown is left out.

Version history of the format (`Point.history`, `Acknowledgement.history`):
    1  the first; `Kept.doubt` and `Kept.overhead` came to it, with defaults.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal

from msgspec import Meta

from bench.model.likeness import Topic
from bench.model.records import CaseRecord, Count, Record, Seconds, Status, Text

VERSION: Final = 2
LONGEST_REASON = 1000

Words = Annotated[str, Meta(max_length=200)]
Id = Annotated[str, Meta(pattern=r"^[0-9a-f]{16}$")]
Number = Annotated[float, Meta(ge=-1e18, le=1e18)]
Quantile = Annotated[float, Meta(ge=0, le=1)]


class Kept(Record, frozen=True, kw_only=True, omit_defaults=True):
    """One figure of one runtime, as `bench.derive.figures` derived it that night, with its doubt
    and the measuring overhead in it."""

    case: Words
    metric: Words
    part: str | None = None
    quantile: Quantile | None = None
    at: Count | None = None
    value: Number
    low: Number | None = None
    high: Number | None = None
    samples: Count
    status: Status | None = None
    limit: Words | None = None
    doubt: Words | None = None
    overhead: Number | None = None


class Point(Record, frozen=True, kw_only=True, omit_defaults=True, tag="point", tag_field="kind"):
    """One run in a history: when, of which commit, made on what, and every known figure.

    `id` is a hash of what was measured, so that nothing is added twice; `cases` are those that
    ran. `facts` are those of `bench.model.likeness`; `control` is as in the result.
    """

    history: Literal[2]
    id: Id
    started: Words
    commit: Words | None = None
    command: Words
    cases: Annotated[tuple[CaseRecord, ...], Meta(max_length=1000)]
    facts: dict[Topic, dict[Text, Text]]
    control: Annotated[tuple[Seconds, ...], Meta(max_length=20_000)] | None = None
    kept: Annotated[tuple[Kept, ...], Meta(max_length=50_000)] = ()


class Acknowledgement(
    Record, frozen=True, kw_only=True, omit_defaults=True, tag="acknowledged", tag_field="kind"
):
    """Somebody has seen that figures changed at a point, and said why: it alarms no more, and a new
    baseline begins there. `None` for case or metric means all; `metric` is in the words that
    `--metric` takes."""

    history: Literal[2]
    point: Id
    case: Words | None = None
    metric: Words | None = None
    reason: Annotated[str, Meta(min_length=1, max_length=LONGEST_REASON)]
    on: Words
