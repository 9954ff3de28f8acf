"""The judgement on two stored results: of one job, pair by pair; else as two groups of processes.

Two results that have nothing to do with each other were made at different times, and what the
machine did in between looks like a change. Bytes hardly know of that; times do. So of such results
bytes alone decide, unless other gates are asked for, and the rest is told.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bench.errors import UsageError
from bench.judging.decision import decide
from bench.judging.gates import BURST, BY_DEFAULT, BYTES, CEILING, Figure, Gate, Margin
from bench.judging.judge import advisory_gates, gates_of, has_values, judge_stored, purpose_of
from bench.judging.looks import FARTHEST, Look, looks
from bench.judging.pairing import grouped_sides
from bench.judging.verdicts import Decision
from bench.model.likeness import Difference, Topic, differences
from bench.model.records import CaseRecord, Result

# A comparison of results that differ in these says more of the machines than of the runtimes.
REFUSED: tuple[Topic, ...] = ("machine", "limit", "measuring")


def is_one_job(base: Result, new: Result) -> bool:
    """Whether the two are the sides of one job of pairs."""
    sides = base.side, new.side
    return all(sides) and len({side.job for side in sides if side}) == 1 and base.side != new.side


def unlike(base: Result, new: Result) -> tuple[Difference, ...]:
    """What tells the two machines, or the ways of measuring, apart."""
    return tuple(one for one in differences(base, new) if one.topic in REFUSED)


def refuse_unlike(base: Result, new: Result) -> None:
    """Raises `UsageError` that names what differs, where the two are not to be compared."""
    found = unlike(base, new)
    if found:
        told = "\n".join(f"  {difference}" for difference in found)
        raise UsageError(
            f"these two results are not alike, and what differs may be all that is seen:\n{told}\n"
            "measure both on one machine (outnumber ab does), or add --unlike-ok for a comparison "
            "that decides nothing"
        )


def judged(
    base: Result, new: Result, margins: Mapping[Figure, Margin | None], names: Sequence[str]
) -> Decision:
    """The verdicts on the figures asked for, or else on the usual ones. `names` are the runtimes,
    all of either result where there are none."""
    runtimes = _runtimes(base, new, names)
    if is_one_job(base, new):
        gates = gates_of(runtimes, margins or dict.fromkeys(_made(base, new)))
        return judge_stored(gates, _looks(base), base, new)
    gates = gates_of(runtimes, margins or {BYTES: None})
    every: Sequence[Gate] = (*gates, *advisory_gates(runtimes, gates))
    (look,) = looks(1, 1)
    decision = decide(every, grouped_sides(every, base, new), look)
    told = [v for v in decision.verdicts if v.gated or has_values(v)]
    return Decision(verdicts=tuple(told))


def _runtimes(base: Result, new: Result, names: Sequence[str]) -> list[CaseRecord]:
    """The runtimes that either result swept: one that is missing on one side is an event."""
    swept = {sweep.case for result in (base, new) for sweep in result.sessions}
    known = {r.key: r for result in (new, base) for r in result.cases if r.key in swept}
    for name in names:
        if name not in known:
            there = ", ".join(known) or "none"
            raise UsageError(f"neither result has the runtime '{name}'; there are: {there}")
    return [runtime for name, runtime in known.items() if not names or name in names]


def _made(base: Result, new: Result) -> list[Figure]:
    """The figures that decide by default of which either side has the sweeps. A job that has none
    but bursts was made to judge those."""
    purposes = {sweep.purpose for result in (base, new) for sweep in result.sessions}
    usual = [figure for figure in (*BY_DEFAULT, CEILING) if purpose_of(figure) in purposes]
    return usual or ([BURST] if purpose_of(BURST) in purposes else list(BY_DEFAULT))


def _looks(result: Result) -> tuple[Look, ...]:
    """Those of the job, as far as the file makes sense."""
    made = result.side.looks if result.side else ()
    sensible = bool(made) and 0 < made[0] <= made[-1] <= FARTHEST
    return looks(made[0], made[-1]) if sensible else looks()
