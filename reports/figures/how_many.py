"""How many units were reached, or would be, and what stops them there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from bench.derive.ceiling import Allowance, Allowances, allowances
from bench.derive.choice import ENDED
from bench.derive.doubts import gravest
from bench.derive.metrics import Metric, find
from bench.model.records import CaseRecord, Result, Status
from reports.figures.chart import (
    Chart,
    Column,
    Doubts,
    Row,
    Table,
    caption,
    grouped,
    left_out,
    ran,
    tabulate,
    who,
)
from reports.tables.comparison import REASONS, THREADS
from reports.wording import units
from reports.wording.doubted import marked, sure
from reports.wording.escape import many, plain, short
from reports.wording.runs import stopper

HOW = (
    "Solid: units that were alive at once, every one started and parked. Pale: as far as the limit "
    "named there would let them, projected from what a unit was seen to take of it."
)


@dataclass(frozen=True, kw_only=True)
class Reach(Row):
    """One runtime's bar. `reached` units were alive; `projected` is where `limit` would bind, told
    where something else ended the launch before it did. `ended` says what that was, in words, and
    `stopped` that `limit` itself was it."""

    reached: int | None
    projected: int | None
    limit: str | None
    status: Status | None
    ended: str
    stopped: bool

    @property
    def far(self) -> int | None:
        """Where the bar ends."""
        return self.projected or self.reached

    @property
    def far_doubt(self) -> str | None:
        """That about where the bar ends."""
        return self.doubt("reached" if self.projected is None else "projected")

    @property
    def words(self) -> str:
        """What stands on the bar: what stopped it, or what would."""
        if self.projected is None:
            return self.ended
        reached = marked(units.count(self.reached), self.doubt("reached"))
        by = f"projected: {self.limit}" if self.limit else "projected"
        return f"{by}; {reached} launched, {self.ended}"

    @property
    def brief(self) -> str:
        """The same where there is little room."""
        if self.projected is None:
            return self.ended
        reached = f"{marked(units.count(self.reached), self.doubt('reached'))} launched"
        return f"{self.limit}; {reached}" if self.limit else reached


COLUMNS: tuple[Column[Reach], ...] = (
    Column("runtime", "runtime", lambda row: row.runtime, is_number=False),
    Column("reached", "reached", lambda row: row.reached, units.count),
    Column("ended by", "ended", lambda row: row.ended, is_number=False),
    Column(
        "projected",
        "projected",
        lambda row: row.projected,
        lambda value: "–" if value is None else units.count(value),
    ),
    Column("limit", "limit", lambda row: row.limit, is_number=False),
)


@dataclass(frozen=True, kw_only=True)
class HowMany(Chart):
    """The fewest units first, those of which nothing is known last."""

    name: ClassVar[str] = "how-many"
    rows: tuple[Reach, ...]

    @property
    def table(self) -> Table:
        return tabulate(COLUMNS, self.rows, lambda row: row.doubts)


def how_many(result: Result, metrics: Sequence[Metric]) -> HowMany:
    """A bar for each runtime that ran."""
    bounds = {one.case: one for one in allowances(result)}
    reaches = [_reach(one, metrics, bounds[one.key], result) for one in ran(result, metrics)]
    rows = tuple(sorted(reaches, key=lambda row: (row.far is None, row.far or 0)))
    return HowMany(
        title=_title(rows),
        how=HOW,
        missing=(*left_out(result, metrics), *grouped(_lacks(rows), len(rows))),
        caption=caption(result),
        rows=rows,
    )


def _reach(
    runtime: CaseRecord, metrics: Sequence[Metric], bounds: Allowances, result: Result
) -> Reach:
    ceiling = find(metrics, runtime.key, "ceiling")
    assert ceiling is not None  # every runtime that ran has one
    reached = None if ceiling.value is None else int(ceiling.value)
    projected = _projected(ceiling, bounds)
    stopped = ceiling.status in ENDED and ceiling.limit is not None
    limit = bounds.binding.limit if bounds.binding and projected is not None else ceiling.limit
    named = stopper(result.sessions, runtime.key, runtime.kind) if stopped else None
    return Reach(
        **who(runtime),
        reached=reached,
        projected=projected,
        limit=short(limit, 40) if limit else None,
        status=ceiling.status,
        ended=plain(named) if named else _ended(ceiling, projected is not None),
        stopped=stopped,
        doubts=_doubts(ceiling, None if projected is None else bounds.binding),
    )


def _doubts(ceiling: Metric, binding: Allowance | None) -> Doubts:
    """A projection rests on what a unit takes, and on the units that were there to take it."""
    projected = gravest((ceiling.doubt, binding.doubt if binding else None))
    found = {"reached": ceiling.doubt, "projected": projected if binding else None}
    return {key: doubt for key, doubt in found.items() if doubt}


def _projected(ceiling: Metric, bounds: Allowances) -> int | None:
    """Where the limit would bind: as the climb's end foretold, else by what the limits allow. Not
    told where a limit did bind, nor where the launch went past what was foretold, nor where a
    limit that may bind first is unknown."""
    if ceiling.status in ENDED or ceiling.value is None or bounds.unknown:
        return None
    allowed = bounds.binding.units if bounds.binding else None
    projected = ceiling.projected if ceiling.projected is not None else allowed
    return projected if projected is not None and projected > ceiling.value else None


def _ended(ceiling: Metric, projected: bool) -> str:
    """Why the launch went no further, in a few words; a projection names the limit itself."""
    if ceiling.status is None:
        return units.UNKNOWN
    reason = REASONS[ceiling.status]
    return f"{reason}: {short(ceiling.limit, 40)}" if ceiling.limit and not projected else reason


def _title(rows: Sequence[Reach]) -> str:
    """The thread against the task that goes farthest; else the least against the most. Of those
    that are not doubted, where there are any."""
    known = sure([row for row in rows if row.far is not None], lambda row: row.far_doubt)
    if not known:
        return "How many can be launched is unknown."
    threads = [row for name in THREADS for row in known if row.runtime == name]
    tasks = [row for row in known if row.kind == "task"]
    near, far = (threads[0], tasks[-1]) if threads and tasks else (known[0], known[-1])
    return f"{_against(near, far)}."


def _against(near: Reach, far: Reach) -> str:
    if near is far:
        return _clause(near)
    verbs = {_verb(near), _verb(far)}
    if verbs == {None}:
        return f"{_counted(near)} and {_counted(far)} were alive at once"
    if len(verbs) > 1:
        return f"{_clause(near)}; {_clause(far)}"
    other = "" if far.limit == near.limit else f"{_limit(far)} "
    return f"{_clause(near)}, {other}{_at(far)}"


def _verb(row: Reach) -> str | None:
    """What a limit did, or is foretold to do; `None` where no limit is spoken of."""
    if row.projected is not None:
        return "would stop"
    return "stopped" if row.stopped else None


def _clause(row: Reach) -> str:
    """What the run bears of one runtime."""
    verb = _verb(row)
    return f"{_limit(row)} {verb} {_at(row)}" if verb else f"{_counted(row)} were alive at once"


def _limit(row: Reach) -> str:
    return row.limit or "a limit"


def _at(row: Reach) -> str:
    far = units.count(row.reached) if row.stopped else units.rounded(row.projected)
    return f"{many(row.label)} at {marked(far, row.far_doubt)}"


def _counted(row: Reach) -> str:
    return f"{marked(units.count(row.reached), row.doubt('reached'))} {many(row.label)}"


def _lacks(rows: Sequence[Reach]) -> Iterator[tuple[str, str]]:
    for row in rows:
        if row.reached is None:
            yield row.runtime, f"how many is unknown ({row.ended})"
        elif row.projected is None and not row.stopped:
            yield row.runtime, "what would stop it is unknown"
