"""Why a value must not be quoted alone: THE list of doubts.

A doubt belongs to a metric. Every place that shows the value shows `MARK` beside it, with the
reason under the table or figure; a title, a sentence or a verdict uses another value where there is
one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

MARK = "†"


@dataclass(frozen=True)
class Doubt:
    """`name` is what `summary` prints; `reason` ends the sentence "† …" under a table."""

    name: str
    reason: str


# The gravest first: a value has one doubt, the first of those that hold.
DOUBTS = (
    Doubt("unproved", "the kernel does not confirm what the runner reported"),
    Doubt("restless", "the runner was not at rest while its units were parked"),
    Doubt("busy", "the machine did other work meanwhile"),
    Doubt("overhead", "measuring overhead is over a quarter of the value"),
    Doubt("overlap", "the units hardly ran at the same time"),
    Doubt("few", "too few samples for an interval"),
)
REASONS = {doubt.name: doubt.reason for doubt in DOUBTS}


def gravest(names: Iterable[str | None]) -> str | None:
    """The first of `DOUBTS` among `names`; `None` where there is none."""
    held = {*names}
    return next((doubt.name for doubt in DOUBTS if doubt.name in held), None)
