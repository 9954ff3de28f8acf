"""How many units were reached, or would be, and what stops them there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bench.derive.ceiling import Allowances, allowances
from bench.derive.choice import ENDED
from bench.derive.doubts import gravest
from bench.derive.metrics import Metric, find
from bench.model.records import CaseRecord, Result
from bench.quantities import CEILING
from reports.figures.chart import CaseRow, Chart, Column, doubted, grouped, ran, tabulate, who
from reports.figures.shapes import Axis, Bar, BarRow, Bars, Key
from reports.tables.comparison import REASONS, THREADS
from reports.wording import units
from reports.wording.doubted import marked, sure
from reports.wording.escape import many, plain, short
from reports.wording.runs import stopper

HOW = (
    "Solid: units that were alive at once, each of them started and parked. Pale: as far as the "
    "limit named there would let them, projected from what a unit was seen to take of it."
)
ALIVE, PROJECTED = "alive at once", "projected"


@dataclass(frozen=True, kw_only=True)
class Reach(CaseRow):
    """One case's count. `reached` units were alive; `projected` is where `limit` would bind, known
    where something else ended the launch before it did. `ended` says what that was, in words, and
    `stopped` that `limit` itself was it."""

    reached: int | None
    projected: int | None
    limit: str | None
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
    def counted(self) -> str:
        """What was reached, in words."""
        return marked(units.count(self.reached), self.doubt("reached"))


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


def how_many(result: Result, metrics: Sequence[Metric]) -> Chart:
    """A bar for each case that ran: the fewest units first, those of which nothing is known
    last."""
    bounds = {one.case: one for one in allowances(result)}
    reaches = [_reach(one, metrics, bounds[one.key], result) for one in ran(result, metrics)]
    rows = sorted(reaches, key=lambda row: (row.far is None, row.far or 0))
    bars = Bars(
        axis=Axis("units, on a logarithmic scale", "count", log=True),
        solid=ALIVE,
        pale=PROJECTED,
        rows=tuple(map(_bar, rows)),
    )
    return Chart(
        title=_title(rows),
        how=HOW,
        plots=(bars,),
        keys=(Key(ALIVE, "box"), Key("projected: as far as the limit would let it", "pale")),
        missing=grouped(_lacks(rows), len(rows)),
        numbers=tabulate(COLUMNS, rows, lambda row: row.doubts),
    )


def _bar(row: Reach) -> BarRow:
    """The bar and what stopped it, or what would."""
    said, notes, briefs = row.counted, [row.ended], [row.ended]
    if row.projected is not None:
        said = marked(units.rounded(row.projected).replace("about", "≈"), row.far_doubt)
        name, launched = f"{row.limit}; " if row.limit else "", f"{row.counted} launched"
        notes = [f"projected: {row.limit}" if row.limit else PROJECTED]
        notes.append(f"{launched}, {row.ended}")
        briefs = [f"{name}{launched}, {row.ended}", f"{name}{launched}"]
    bar = Bar(value=row.reached, projected=row.projected, said=said, doubt=row.far_doubt)
    return BarRow(
        case=row.runtime,
        label=row.label,
        bars=(bar,),
        notes=tuple(notes),
        briefs=tuple(briefs),
        doubts=(row.doubt("reached"),),
    )


def _reach(
    case: CaseRecord, metrics: Sequence[Metric], bounds: Allowances, result: Result
) -> Reach:
    """A projection rests on what a unit takes, and on the units that were there to take it."""
    ceiling = find(metrics, case.key, CEILING.name)
    assert ceiling is not None  # every case that ran has one
    projected = _projected(ceiling, bounds)
    binding = bounds.binding if projected is not None else None
    stopped = ceiling.status in ENDED and ceiling.limit is not None
    limit = binding.limit if binding else ceiling.limit
    named = stopper(result.sessions, case.key, case.kind) if stopped else None
    return Reach(
        **who(case),
        reached=None if ceiling.value is None else int(ceiling.value),
        projected=projected,
        limit=short(limit, 40) if limit else None,
        ended=plain(named) if named else _ended(ceiling, projected is not None),
        stopped=stopped,
        doubts=doubted(
            reached=ceiling.doubt,
            projected=gravest((ceiling.doubt, binding.doubt)) if binding else None,
        ),
    )


def _projected(ceiling: Metric, bounds: Allowances) -> int | None:
    """Where the limit would bind: as the climb's end predicted, else by what the limits allow.
    Unknown where a limit did bind, where the launch went past what was predicted, and where a limit
    that may bind first is unknown."""
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
    other = "" if far.limit == near.limit else f"{far.limit or 'a limit'} "
    return f"{_clause(near)}, {other}{_at(far)}"


def _verb(row: Reach) -> str | None:
    """What a limit did, or is expected to do; `None` where no limit is spoken of."""
    if row.projected is not None:
        return "would stop"
    return "stopped" if row.stopped else None


def _clause(row: Reach) -> str:
    """What the run shows of one case."""
    verb = _verb(row)
    if verb is None:
        return f"{_counted(row)} were alive at once"
    return f"{row.limit or 'a limit'} {verb} {_at(row)}"


def _at(row: Reach) -> str:
    far = units.count(row.reached) if row.stopped else units.rounded(row.projected)
    return f"{many(row.label)} at {marked(far, row.far_doubt)}"


def _counted(row: Reach) -> str:
    return f"{row.counted} {many(row.label)}"


def _lacks(rows: Sequence[Reach]) -> Iterator[tuple[str, str]]:
    for row in rows:
        if row.reached is None:
            yield row.runtime, f"how many is unknown ({row.ended})"
        elif row.projected is None and not row.stopped:
            yield row.runtime, "what would stop it is unknown"
