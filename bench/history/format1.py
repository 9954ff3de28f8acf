"""Format 1 of a history's lines, as the first versions wrote them: read, and never written."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta
from msgspec.structs import asdict

from bench.history.records import (
    LONGEST_REASON,
    VERSION,
    Acknowledgement,
    Id,
    Kept,
    Number,
    Point,
    Quantile,
    Words,
)
from bench.model.format1 import Runtime
from bench.model.likeness import Topic
from bench.model.records import Count, Record, Seconds, Status, Text


class _Kept(Record, frozen=True, kw_only=True):
    runtime: Words
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


class _Point(Record, frozen=True, kw_only=True, tag="point", tag_field="kind"):
    history: Literal[1]
    id: Id
    started: Words
    commit: Words | None = None
    command: Words
    runtimes: Annotated[tuple[Runtime, ...], Meta(max_length=1000)]
    facts: dict[Topic, dict[Text, Text]]
    control: Annotated[tuple[Seconds, ...], Meta(max_length=20_000)] | None = None
    kept: Annotated[tuple[_Kept, ...], Meta(max_length=50_000)] = ()


class _Acknowledgement(Record, frozen=True, kw_only=True, tag="acknowledged", tag_field="kind"):
    history: Literal[1]
    point: Id
    runtime: Words | None = None
    metric: Words | None = None
    reason: Annotated[str, Meta(min_length=1, max_length=LONGEST_REASON)]
    on: Words


def decoded(line: bytes) -> Point | Acknowledgement:
    """A line of format 1 in the terms of today. Raises what msgspec raises."""
    one = msgspec.json.decode(line, type=_Point | _Acknowledgement)
    fields = asdict(one) | {"history": VERSION}
    if isinstance(one, _Acknowledgement):
        return Acknowledgement(case=fields.pop("runtime"), **fields)
    del fields["runtimes"]
    kept = []
    for each in one.kept:
        known = asdict(each)
        kept.append(Kept(case=known.pop("runtime"), **known))
    return Point(cases=tuple(r.case() for r in one.runtimes), **fields | {"kept": tuple(kept)})
