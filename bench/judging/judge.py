"""The judge of two sides: decides look by look, says which sessions could still change an open
verdict, and at the end what else moved.

Two stored results of one job are judged pair by pair, as the job was; others as two groups of
processes. Two results that have nothing to do with each other were made at different times, and
what the machine did in between looks like a change. Bytes hardly move with that; times do. So of
such results bytes alone decide, unless other gates are asked for, and the rest is reported.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from bench.derive.metrics import series
from bench.errors import UsageError
from bench.judging.decision import decide
from bench.judging.gates import (
    BURST,
    BY_DEFAULT,
    BYTES,
    CEILING,
    USUAL,
    Gate,
    Margin,
    MetricName,
    default_margin,
    headlines,
    metric_names,
    purpose_of,
)
from bench.judging.looks import FARTHEST, Look, looks
from bench.judging.samples import Pairs, grouped_sides, paired_sides, pairs_made
from bench.judging.verdicts import Decision
from bench.model.likeness import Difference, Topic, differences
from bench.model.records import CaseRecord, Result

# A comparison of results that differ in these says more of the machines than of the runtimes.
REFUSED: tuple[Topic, ...] = ("machine", "limit", "measuring")


def wanted(gates: Sequence[Gate]) -> dict[str, frozenset[str]]:
    """The purposes of the sessions that these gates need, by case."""
    found: dict[str, set[str]] = defaultdict(set)
    for gate in gates:
        found[gate.case].add(purpose_of(gate.metric))
    return {case: frozenset(purposes) for case, purposes in found.items()}


def gates_of(
    cases: Sequence[CaseRecord], margins: Mapping[MetricName, Margin | None], gated: bool = True
) -> list[Gate]:
    """A gate for each case and metric; the metric's own margin where none is given."""
    return [
        Gate(case.key, metric, margin or default_margin(metric, case), gated)
        for case in cases
        for metric, margin in margins.items()
    ]


def decides_by_default(results: Sequence[Result]) -> list[MetricName]:
    """What decides of two stored results, unless other gates are asked for: the usual ones of which
    either has the sessions. A job that has none but bursts was made to judge those; sessions of
    another experiment are judged by its headlines."""
    purposes = {session.purpose for result in results for session in result.sessions}
    usual = [metric for metric in (*BY_DEFAULT, CEILING) if purpose_of(metric) in purposes]
    if not usual and purpose_of(BURST) in purposes:
        usual = [BURST]
    own = [metric for metric in headlines() if metric.quantity.purposes & purposes]
    return usual or own or list(BY_DEFAULT)


def advisory_gates(
    cases: Sequence[CaseRecord], gates: Sequence[Gate], results: Sequence[Result]
) -> list[Gate]:
    """Every other metric, to be reported and to decide nothing."""
    gated = {(gate.case, gate.metric) for gate in gates}
    listed = [one for one in metric_names().values() if one not in (*USUAL, CEILING)]
    # What else values belong to, only the results know.
    found = (MetricName.of(one) for result in results for one in series(result) if one.with_)
    reported = [one for one in (*listed, *found) if one.quantile in (None, 0.5, 0.99)]
    return [
        Gate(case.key, metric, default_margin(metric, case), gated=False)
        for case in cases
        for metric in dict.fromkeys((*USUAL, *reported))
        if (case.key, metric) not in gated
    ]


class Judge:
    """Holds a job's gates, its looks, and what was decided so far. `beside` are metrics that are
    measured as long as a gate of their case is open, are reported, and decide nothing: not even how
    long the job goes on."""

    def __init__(
        self, gates: Sequence[Gate], looks: Sequence[Look], beside: Sequence[Gate] = ()
    ) -> None:
        self._gates = tuple(gates)
        self._beside = tuple(beside)
        self._looks = tuple(looks)
        self._made = 0
        self.decision: Decision | None = None

    def __call__(self, base: Result, new: Result) -> dict[str, frozenset[str]]:
        """Looks once more. Answers which kinds of sessions could still change an open verdict."""
        look = self._looks[self._made]
        self._made += 1
        self.decision = self._decided(self._gates, base, new, look)
        still_open = self.open_gates
        cases = {gate.case for gate in still_open}
        return wanted([*still_open, *(one for one in self._beside if one.case in cases)])

    @property
    def look(self) -> Look:
        """The look that was made last."""
        return self._looks[self._made - 1]

    @property
    def open_gates(self) -> list[Gate]:
        """Those that more pairs could settle; a ceiling is looked at once."""
        assert self.decision is not None
        judged = zip(self._gates, self.decision.verdicts, strict=True)
        return [gate for gate, verdict in judged if verdict.is_open and gate.metric != CEILING]

    def final(self, base: Result, new: Result) -> Decision:
        """What was decided, and beside it what else moved: metrics that decide nothing."""
        assert self.decision is not None
        gates = (*self._gates, *advisory_gates(base.cases, self._gates, (base, new)))
        return _with_values(self._decided(gates, base, new, self.look))

    def _decided(self, gates: Sequence[Gate], base: Result, new: Result, look: Look) -> Decision:
        sides = [
            one.first(look.pairs) if isinstance(one, Pairs) else one
            for one in paired_sides(gates, base, new)
        ]
        return decide(gates, sides, look, self.decision)


def judge_stored(
    gates: Sequence[Gate], looks: Sequence[Look], base: Result, new: Result
) -> Decision:
    """What a job came to whose two sides are there already, look by look as it was made: the first
    for which pairs are lacking was its last."""
    judge, made = Judge(gates, looks), pairs_made(base, new)
    for look in looks:
        if not any(judge(base, new).values()) or made < look.pairs:
            break
    return judge.final(base, new)


def is_one_job(base: Result, new: Result) -> bool:
    """Whether the two are the sides of one job of pairs."""
    sides = base.side, new.side
    return all(sides) and len({side.job for side in sides if side}) == 1 and base.side != new.side


def unlike(base: Result, new: Result) -> tuple[Difference, ...]:
    """The differences of the machines and of the ways of measuring."""
    return tuple(one for one in differences(base, new) if one.topic in REFUSED)


def refuse_unlike(base: Result, new: Result) -> None:
    """Raises `UsageError` that names what differs, where the two are not to be compared."""
    found = unlike(base, new)
    if found:
        listed = "\n".join(f"  {difference}" for difference in found)
        raise UsageError(
            "these two results are not alike, and what differs may be all that is seen:\n"
            f"{listed}\n"
            "measure both on one machine (outnumber ab does), or add --unlike-ok for a comparison "
            "that decides nothing"
        )


def judged(
    base: Result, new: Result, margins: Mapping[MetricName, Margin | None], names: Sequence[str]
) -> Decision:
    """The verdicts on the metrics asked for, or else on the usual ones. `names` are cases: all of
    either result where there are none, since one that is missing on one side is an event."""
    results = base, new
    ran = {session.case for result in results for session in result.sessions}
    known = {case.key: case for result in (new, base) for case in result.cases if case.key in ran}
    for name in names:
        if name not in known:
            there = ", ".join(known) or "none"
            raise UsageError(f"neither result has the runtime '{name}'; there are: {there}")
    cases = [case for key, case in known.items() if not names or key in names]
    usual = decides_by_default(results)
    if is_one_job(base, new):
        gates = gates_of(cases, margins or dict.fromkeys(usual))
        made = base.side.looks if base.side else ()
        sensible = bool(made) and 0 < made[0] <= made[-1] <= FARTHEST
        return judge_stored(gates, looks(made[0], made[-1]) if sensible else looks(), base, new)
    if {*usual} & {*USUAL, CEILING}:
        usual = [BYTES]
    gates = gates_of(cases, margins or dict.fromkeys(usual))
    every: Sequence[Gate] = (*gates, *advisory_gates(cases, gates, results))
    (look,) = looks(1, 1)
    return _with_values(decide(every, grouped_sides(every, base, new), look))


def _with_values(decision: Decision) -> Decision:
    """Without the advisory metrics of which there is nothing to report."""
    kept = [v for v in decision.verdicts if v.gated or v.base is not None or v.new is not None]
    return Decision(verdicts=tuple(kept))
