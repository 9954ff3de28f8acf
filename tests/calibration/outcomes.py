"""What came of real jobs with a known fault, and without one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec

from bench.regression.verdicts import Event, Judgement, Verdict, Word
from reports.verdicts.words import effect_of, name_of, verdict_of
from tests.calibration.jobs import table

FILE = Path(__file__).parent / "recorded" / "injected.json"


class Judged(msgspec.Struct, frozen=True):
    """One gate of a job, as far as it is published."""

    figure: str
    verdict: Word
    told: str
    effect: str
    pairs: int
    event: Event | None = None


class Outcome(msgspec.Struct, frozen=True):
    """One job. `words` are those after `outnumber ab`; `load` is the machine's as it began."""

    kind: str
    fault: str
    runtime: str
    words: tuple[str, ...]
    started: str
    exit_code: int
    outcome: Word
    seconds: float
    load: float
    gates: tuple[Judged, ...]

    @property
    def line(self) -> str:
        gates = "; ".join(f"{gate.figure} {gate.told} {gate.effect}" for gate in self.gates)
        return f"{self.runtime}, {self.fault}: {self.outcome} ({gates}), {self.seconds:.0f} s"


def outcome_of(
    kind: str,
    fault: str,
    words: Sequence[str],
    judgement: Judgement,
    exit_code: int,
    seconds: float,
    load: float,
) -> Outcome:
    gated = judgement.decision.gated
    return Outcome(
        kind=kind,
        fault=fault,
        runtime=gated[0].runtime,
        words=tuple(words),
        started=judgement.base.started,
        exit_code=exit_code,
        outcome=judgement.outcome,
        seconds=round(seconds, 1),
        load=load,
        gates=tuple(map(_judged, gated)),
    )


def load(path: Path = FILE) -> tuple[Outcome, ...]:
    """What is kept; nothing where nothing is."""
    if not path.exists():
        return ()
    return msgspec.json.decode(path.read_bytes(), type=tuple[Outcome, ...])


def keep(kinds: Sequence[str], made: Sequence[Outcome], path: Path = FILE) -> None:
    """Replaces the kept outcomes of these kinds by those that were made now."""
    others = [one for one in load(path) if one.kind not in kinds]
    lines = [msgspec.json.encode(one).decode() for one in (*others, *made)]
    path.write_text("[\n" + ",\n".join(lines) + "\n]\n", encoding="utf-8")


def injected_table(made: Sequence[Outcome]) -> str:
    """A row for each gate that a fault moved, or was to move; the quiet ones are counted."""
    heading = ("runtime", "the new side", "told", "new ÷ base, or difference", "pairs", "exit code")
    rows = [
        (one.runtime, one.fault, f"{gate.figure}: {gate.told}", gate.effect, str(gate.pairs),
         str(one.exit_code))
        for one in made
        if one.kind != "alike"
        for gate in one.gates
        if gate.verdict != "no regression" or gate.event
    ]  # fmt: skip
    return table(heading, rows, words=4)


def alike_table(made: Sequence[Outcome]) -> str:
    heading = ("runtime", "outcome", "left open", "pairs", "seconds", "load as it began")
    rows = [
        (
            one.runtime,
            one.outcome,
            ", ".join(gate.figure for gate in one.gates if gate.verdict != "no regression") or "–",
            str(max(gate.pairs for gate in one.gates)),
            f"{one.seconds:.0f}",
            f"{one.load:.1f}",
        )
        for one in made
        if one.kind == "alike"
    ]
    return table(heading, rows, words=3)


def _judged(verdict: Verdict) -> Judged:
    return Judged(
        figure=name_of(verdict),
        verdict=verdict.verdict,
        told=verdict_of(verdict),
        effect=effect_of(verdict),
        pairs=verdict.samples,
        event=verdict.event,
    )
