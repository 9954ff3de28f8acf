"""One finding in one sentence, of a run's own figures, saying no more than they bear."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bench.derive.doubts import gravest
from reports.tables.comparison import Comparison, Row
from reports.wording import units
from reports.wording.doubted import marked, stated, sure
from reports.wording.escape import many

NOTHING = "This run measured too little for a finding."
SAME = 1.05  # two units that weigh this much alike are not told apart by a multiple


def finding(comparison: Comparison) -> str:
    """The sentence. Labels in it are plain text, to be escaped for where it is shown.

    The thread against the lightest task where both were weighed by the same sources; else the
    heaviest against the lightest; else one unit alone; else how far each got. Of those whose value
    is not doubted, where there are enough; else the doubt is stated.
    """
    pair, weighed = pair_of(comparison), _weighed(comparison)
    if pair:
        return _stated(f"{_weights(*pair)}{_reaches(*pair)}.", pair, "total_bytes", "reached")
    if weighed:
        return _stated(_alone(weighed[0]), weighed[:1], "total_bytes", "reached")
    counted = [row for row in comparison.rows if row.reached]
    return _stated(_counts(counted), counted, "reached")


def weight_finding(comparison: Comparison) -> str:
    """The part of the finding that is about memory: the title of the figure that shows it, which
    says below why values are marked."""
    pair, weighed = pair_of(comparison), _weighed(comparison)
    if pair:
        return f"{_weights(*pair)}."
    if weighed:
        return f"{_weight_alone(weighed[0])}."
    return "What one unit weighs is unknown."


def _stated(sentence: str, rows: Iterable[Row], *names: str) -> str:
    return stated(sentence, [row.doubt(name) for row in rows for name in names])


def _weighed(comparison: Comparison) -> list[Row]:
    """The rows whose unit was weighed, those without a doubt first."""
    weighed = [row for row in comparison.rows if row.total_bytes and row.total_bytes > 0]
    return sorted(weighed, key=lambda row: row.doubt("total_bytes") is not None)


def pair_of(comparison: Comparison) -> tuple[Row, Row] | None:
    """The heavy and the light row that the finding sets against each other; `None` where no two
    were weighed alike."""
    weighed = _weighed(comparison)
    for rows in (sure(weighed, lambda row: row.doubt("total_bytes")), weighed):
        if pair := _thread_and_task(comparison, rows) or _extremes(rows):
            return pair
    return None


def _thread_and_task(comparison: Comparison, weighed: Sequence[Row]) -> tuple[Row, Row] | None:
    """The row that stands for an OS thread, and the lightest task that compares with it."""
    thread = next((row for row in weighed if row.name == comparison.thread), None)
    tasks = [row for row in weighed if row.kind == "task" and row.per_thread]
    return (thread, min(tasks, key=_weight)) if thread and tasks else None


def _extremes(weighed: Sequence[Row]) -> tuple[Row, Row] | None:
    """The heaviest and the lightest of those that were weighed like the lightest."""
    if not weighed:
        return None
    light = min(weighed, key=_weight)
    alike = [row for row in weighed if row.source == light.source and row is not light]
    return (max(alike, key=_weight), light) if alike else None


def _weight(row: Row) -> float:
    return row.total_bytes or 0.0


def _weights(heavy: Row, light: Row) -> str:
    """Heavy against light, as a multiple where they differ enough for one."""
    sizes = f"{_size(heavy)} against {_size(light)} a unit"
    times = _weight(heavy) / _weight(light)
    if times >= SAME:
        doubt = gravest((heavy.doubt("total_bytes"), light.doubt("total_bytes")))
        ratio = marked(units.ratio(times), doubt)
        return f"One {heavy.label} takes the memory of {ratio} {_many(light)}: {sizes}"
    if times > 1 / SAME:
        return f"One {heavy.label} takes about as much memory as one {light.label}: {sizes}"
    return f"One {heavy.label} takes less memory than one {light.label}: {sizes}"


def _reaches(heavy: Row, light: Row) -> str:
    """How far each got; that one *stopped* is said only where something stopped it."""
    if not heavy.reached or not light.reached:
        return ""
    heavies = "threads" if (heavy.kind, light.kind) == ("thread", "task") else _many(heavy)
    near, far = _reached(heavy), _reached(light)
    if heavy.status in ("refused", "killed") and light.reached > heavy.reached:
        limit = f" ({heavy.stopper or heavy.limit})" if heavy.limit else ""
        return f", and {heavies} stopped at {near}{limit} where {_many(light)} reached {far}"
    return f", and this run took {heavies} to {near}, {_many(light)} to {far}"


def _alone(row: Row) -> str:
    sentence = _weight_alone(row)
    if not row.reached:
        return f"{sentence}."
    return f"{sentence}, and {_reached(row)} were alive at once."


def _weight_alone(row: Row) -> str:
    return f"One {row.label} takes {_size(row)} of memory"


def _size(row: Row) -> str:
    return marked(units.size(row.total_bytes), row.doubt("total_bytes"))


def _reached(row: Row) -> str:
    return marked(units.count(row.reached), row.doubt("reached"))


def _counts(rows: Sequence[Row]) -> str:
    """How far the farthest got, where nothing was weighed."""
    if not rows:
        return NOTHING
    ordered = sorted(rows, key=lambda row: row.reached or 0)
    far, near = ordered[-1], ordered[0]
    said = f"{_reached(far)} {_many(far)} were alive at once"
    if near is far:
        return f"{said}; what one weighs is unknown."
    return f"{said}, {_reached(near)} {_many(near)}; what one weighs is unknown."


def _many(row: Row) -> str:
    return many(row.label)
