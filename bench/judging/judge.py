"""The judge of a job: decides at each look, says which sweeps could still tell more, and at the end
what else moved."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from bench.judging.decision import decide
from bench.judging.gates import (
    BURST,
    CEILING,
    LEAK,
    UNCOLLECTED,
    USUAL,
    Figure,
    Gate,
    Margin,
    default_margin,
    figures,
)
from bench.judging.looks import Look
from bench.judging.pairing import paired_sides, pairs_made
from bench.judging.sides import Pairs
from bench.judging.verdicts import Decision, Verdict
from bench.model.records import CaseRecord, Purpose, Result

# What is told beside the gates where it moved. The parts of a total are left to `summary`.
TOLD = tuple(
    figure
    for figure in figures().values()
    if figure not in (*USUAL, CEILING) and figure.quantile in (None, 0.5, 0.99)
)


def purpose_of(figure: Figure) -> Purpose:
    """The kind of sweep that a figure of a job is made from."""
    known: Mapping[Figure, Purpose] = {
        LEAK: "leak",
        UNCOLLECTED: "leak",
        BURST: "burst",
        CEILING: "climb",
    }
    return known.get(figure, "short")


def wanted(gates: Sequence[Gate]) -> dict[str, frozenset[Purpose]]:
    """The kinds of sweeps that these gates need, by runtime."""
    found: dict[str, set[Purpose]] = defaultdict(set)
    for gate in gates:
        found[gate.runtime].add(purpose_of(gate.figure))
    return {runtime: frozenset(purposes) for runtime, purposes in found.items()}


def gates_of(
    runtimes: Sequence[CaseRecord], margins: Mapping[Figure, Margin | None], gated: bool = True
) -> list[Gate]:
    """A gate for each runtime and figure; the figure's own margin where none is given."""
    return [
        Gate(runtime.key, figure, margin or default_margin(figure, runtime), gated)
        for runtime in runtimes
        for figure, margin in margins.items()
    ]


def advisory_gates(runtimes: Sequence[CaseRecord], gates: Sequence[Gate]) -> list[Gate]:
    """Every other figure, to be told of and to decide nothing."""
    gated = {(gate.runtime, gate.figure) for gate in gates}
    return [
        Gate(runtime.key, figure, default_margin(figure, runtime), gated=False)
        for runtime in runtimes
        for figure in (*USUAL, *TOLD)
        if (runtime.key, figure) not in gated
    ]


class Judge:
    """Holds a job's gates, its looks, and what was decided so far. `beside` are figures that are
    measured as long as a gate of their runtime is open, are reported, and decide nothing: not even
    how long the job goes on."""

    def __init__(
        self, gates: Sequence[Gate], looks: Sequence[Look], beside: Sequence[Gate] = ()
    ) -> None:
        self._gates = tuple(gates)
        self._beside = tuple(beside)
        self._looks = tuple(looks)
        self._made = 0
        self.decision: Decision | None = None

    def __call__(self, base: Result, new: Result) -> dict[str, frozenset[Purpose]]:
        """Looks once more. Answers which kinds of sweeps could still tell something."""
        look = self._looks[self._made]
        self._made += 1
        self.decision = self._decided(self._gates, base, new, look)
        still_open = self.open_gates
        runtimes = {gate.runtime for gate in still_open}
        return wanted([*still_open, *(one for one in self._beside if one.runtime in runtimes)])

    @property
    def look(self) -> Look:
        """The look that was made last."""
        return self._looks[self._made - 1]

    @property
    def open_gates(self) -> list[Gate]:
        """Those that more pairs could settle; a ceiling is looked at once."""
        assert self.decision is not None
        judged = zip(self._gates, self.decision.verdicts, strict=True)
        return [gate for gate, verdict in judged if verdict.is_open and gate.figure != CEILING]

    def final(self, base: Result, new: Result) -> Decision:
        """What was decided, and beside it what else moved: figures that decide nothing."""
        assert self.decision is not None
        gates = (*self._gates, *advisory_gates(base.cases, self._gates))
        whole = self._decided(gates, base, new, self.look)
        told = [v for v in whole.verdicts if v.gated or has_values(v)]
        return Decision(verdicts=tuple(told))

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


def has_values(verdict: Verdict) -> bool:
    """Whether there is anything to tell of an advisory figure."""
    return verdict.base is not None or verdict.new is not None
