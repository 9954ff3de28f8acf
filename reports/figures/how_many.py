"""How many units were reached, or would be, and what stops them there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bench.derive.ceiling import Allowances
from bench.derive.choice import ENDED
from bench.derive.doubts import gravest
from bench.derive.metrics import Metric
from bench.model.records import MEMORY_LIMIT, Result
from reports.figures.chart import Chart, Column, Doubts, doubted, grouped, ran, tabulate
from reports.figures.shapes import Axis, Bar, BarRow, Bars, Key
from reports.tables.comparison import REASONS, THREADS, Row
from reports.wording import units
from reports.wording.doubted import marked, sure
from reports.wording.escape import many, short

HOW = (
    "Solid bars: units alive at once, all of them started and parked. Pale bars: how many the "
    "named limit would allow, projected from what one unit uses."
)
ALIVE, PROJECTED = "alive at once", "projected"


@dataclass(frozen=True)
class Reach:
    """How far one case went. `projected` is where `limit` would bind, known where something else
    ended the launch before it did. `ended` says what that was, in words, and `stopped` that `limit`
    itself was it. `doubt` is about where the bar ends."""

    row: Row
    projected: int | None
    limit: str | None
    ended: str
    stopped: bool
    doubt: str | None

    @property
    def far(self) -> int | None:
        """Where the bar ends."""
        return self.projected or self.row.reached

    @property
    def counted(self) -> str:
        """What was reached, in words."""
        return marked(units.count(self.row.reached), self.row.reached_doubt)


COLUMNS: tuple[Column[Reach], ...] = (
    Column("runtime", "runtime", lambda one: one.row.name, is_number=False),
    Column("reached", "reached", lambda one: one.row.reached, units.count),
    Column("ended by", "ended", lambda one: one.ended, is_number=False),
    Column(
        "projected",
        "projected",
        lambda one: one.projected,
        lambda value: "–" if value is None else units.count(value),
    ),
    Column("limit", "limit", lambda one: one.limit, is_number=False),
)


def how_many(result: Result, metrics: Sequence[Metric]) -> Chart:
    """A bar for each case that ran: the fewest units first, those of which nothing is known
    last."""
    reaches = [
        _reach(row, row.ceiling, row.allowed)
        for row in ran(result, metrics)
        if row.ceiling and row.allowed
    ]
    rows = sorted(reaches, key=lambda one: (one.far is None, one.far or 0))
    return Chart(
        title=_title(rows),
        how=HOW,
        plots=(
            Bars(
                axis=Axis("units, on a logarithmic scale", "count", log=True),
                solid=ALIVE,
                pale=PROJECTED,
                rows=tuple(map(_bar, rows)),
            ),
        ),
        keys=(Key(ALIVE, "box"), Key("projected: as far as the limit would let it", "pale")),
        missing=grouped(_lacks(rows), len(rows)),
        numbers=tabulate(COLUMNS, rows, _doubts),
    )


def _doubts(one: Reach) -> Doubts:
    projected = one.doubt if one.projected is not None else None
    return doubted(reached=one.row.reached_doubt, projected=projected)


def _reach(row: Row, ceiling: Metric, allowed: Allowances) -> Reach:
    """Projected is where the climb's end predicted that a limit would bind, else what the limits
    allow: unknown where a limit did bind, where the launch went past what was predicted, and where
    a limit that may bind first is unknown. A projection rests on what a unit takes, and on the
    units that were there to take it."""
    projected, limit, doubt = None, ceiling.limit, ceiling.doubt
    binding = allowed.binding
    if ceiling.status not in ENDED and ceiling.value is not None and not allowed.unknown:
        allows = binding.units if binding else None
        predicted = allows if ceiling.projected is None else ceiling.projected
        projected = predicted if predicted is not None and predicted > ceiling.value else None
    if projected is not None and binding:
        limit, doubt = binding.limit, gravest((doubt, binding.doubt))
    stopped = ceiling.status in ENDED and ceiling.limit is not None
    ended = REASONS[ceiling.status] if ceiling.status else units.UNKNOWN
    if ceiling.limit and projected is None:
        ended = f"{ended}: {short(ceiling.limit, 40)}"
    if stopped and row.stopper:
        ended = row.stopper
    return Reach(row, projected, short(limit, 40) if limit else None, ended, stopped, doubt)


def _bar(one: Reach) -> BarRow:
    """The bar and what stopped it, or what would."""
    said, notes, briefs = one.counted, [one.ended], [one.ended]
    if one.projected is not None:
        said = marked(units.rounded(one.projected).replace("about", "≈"), one.doubt)
        name, launched = f"{one.limit}; " if one.limit else "", f"{one.counted} launched"
        notes = [f"projected: {one.limit}" if one.limit else PROJECTED]
        notes.append(f"{launched}, {one.ended}")
        briefs = [f"{name}{launched}, {one.ended}", f"{name}{launched}"]
    bar = Bar(value=one.row.reached, projected=one.projected, said=said, doubt=one.doubt)
    return BarRow(
        case=one.row.name,
        label=one.row.label,
        bars=(bar,),
        notes=tuple(notes),
        briefs=tuple(briefs),
        doubts=(one.row.reached_doubt,),
    )


def _title(rows: Sequence[Reach]) -> str:
    """The thread against the task that goes farthest; else the least against the most. Of those
    that are not doubted, where there are any."""
    known = sure([one for one in rows if one.far is not None], lambda one: one.doubt)
    if not known:
        return "How many can be launched is unknown."
    threads = [one for name in THREADS for one in known if one.row.name == name]
    tasks = [one for one in known if one.row.kind == "task"]
    near, far = (threads[0], tasks[-1]) if threads and tasks else (known[0], known[-1])
    if near is far:
        return f"{_clause(near)}."
    if not any(one.stopped or one.projected is not None for one in (near, far)):
        return f"{_counted(near)} and {_counted(far)} were alive at once."
    return f"{_clause(near)}; {_clause(far)}."


def _clause(one: Reach) -> str:
    """What the run shows of one case: the limit that its units hit, or would hit."""
    if one.projected is None and not one.stopped:
        return f"{_counted(one)} were alive at once"
    is_memory, limit = one.limit == MEMORY_LIMIT, one.limit or "a limit"
    if one.projected is None:
        verb, far = "filled memory" if is_memory else f"hit {limit}", units.count(one.row.reached)
    else:
        verb = f"would {'fill memory' if is_memory else f'hit {limit}'}"
        far = units.rounded(one.projected)
    return f"{many(one.row.label)} {verb} at {marked(far, one.doubt)}"


def _counted(one: Reach) -> str:
    return f"{one.counted} {many(one.row.label)}"


def _lacks(rows: Sequence[Reach]) -> Iterator[tuple[str, str]]:
    for one in rows:
        if one.row.reached is None:
            yield one.row.name, f"how many is unknown ({one.ended})"
        elif one.projected is None and not one.stopped:
            yield one.row.name, "what would stop it is unknown"
