"""What came of real jobs with a known fault, and without one."""

from __future__ import annotations

import math
import re
import statistics
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path

import msgspec

from bench.judging.verdicts import Event, Judgement, Verdict, Word
from bench.judging.verdicts import Outcome as Ending
from reports.verdicts.words import effect_of, verdict_of
from tests.calibration.jobs import table

FILE = Path(__file__).parent / "recorded" / "injected.json"


# What a kind of fault is to be seen in.
AIMED = {"heavier": "bytes", "slower": "burst", "leak": "leak", "ceiling": "ceiling"}


class Judged(msgspec.Struct, frozen=True):
    """One gate of a job, as far as it is published. `spread` is by how much its pairs vary: the
    standard deviation of log(new ÷ base), a share; `None` where there is no such."""

    figure: str
    verdict: Word
    told: str
    effect: str
    pairs: int
    event: Event | None = None
    spread: float | None = None


class Outcome(msgspec.Struct, frozen=True):
    """One job. `words` are those after `outnumber ab`; `load` is the machine's as it began."""

    kind: str
    fault: str
    runtime: str
    words: tuple[str, ...]
    started: str
    exit_code: int
    outcome: Ending
    seconds: float
    load: float
    gates: tuple[Judged, ...]

    @property
    def aimed(self) -> Judged | None:
        """The gate that the fault is to be seen in."""
        return self.gate(AIMED.get(self.kind, ""))

    def gate(self, figure: str) -> Judged | None:
        return next((gate for gate in self.gates if gate.figure == figure), None)

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
        runtime=gated[0].case,
        words=tuple(words),
        started=judgement.base.started,
        exit_code=exit_code,
        outcome=judgement.outcome,
        seconds=round(seconds, 1),
        load=load,
        gates=tuple(map(judged, gated)),
    )


def load(path: Path = FILE) -> tuple[Outcome, ...]:
    """What is kept; nothing where nothing is."""
    if not path.exists():
        return ()
    return msgspec.json.decode(path.read_bytes(), type=tuple[Outcome, ...])


def keep(made: Sequence[Outcome], path: Path = FILE) -> None:
    """Replaces the kept outcomes of these kinds and runtimes by those that were made now."""
    anew = {(one.kind, one.runtime) for one in made}
    others = [one for one in load(path) if (one.kind, one.runtime) not in anew]
    lines = [msgspec.json.encode(one).decode() for one in (*others, *made)]
    path.write_text("[\n" + ",\n".join(lines) + "\n]\n", encoding="utf-8")


def injected_table(made: Sequence[Outcome]) -> str:
    """A row for all jobs that told the same of what a fault was to be seen in, whatever it was, and
    of what else they did not clear."""
    heading = (
        "runtime", "the new side", "told", "jobs", "new ÷ base, or difference", "pairs",
        "exit code",
    )  # fmt: skip
    jobs = Counter((one.runtime, one.fault) for one in made)
    told: dict[tuple[str, str, str], list[tuple[Judged, Outcome]]] = defaultdict(list)
    for one in made:
        for gate in one.gates if one.fault != "none" else ():
            if gate == one.aimed or gate.verdict != "no regression" or gate.event:
                key = (one.runtime, one.fault, f"{gate.figure}: {gate.told}")
                told[key].append((gate, one))
    rows = [(*key, *_cells(same, jobs[key[:2]])) for key, same in told.items()]
    return table(heading, rows, words=5)


def _cells(same: Sequence[tuple[Judged, Outcome]], jobs: int) -> tuple[str, ...]:
    effects = [gate.effect for gate, _ in same]
    pairs = [gate.pairs for gate, _ in same]
    codes = sorted({one.exit_code for _, one in same})
    return (
        f"{len(same)} of {jobs}",
        effects[0] if len(effects) == 1 else _from_to([e.partition(" (")[0] for e in effects]),
        _from_to([str(count) for count in pairs]),
        ", ".join(map(str, codes)),
    )


def _from_to(words: Sequence[str]) -> str:
    """The least and the greatest of what begins with a number."""
    ordered = sorted(words, key=_number)
    low, high = ordered[0], ordered[-1]
    return low if low == high else f"{low} to {high}"


def _number(words: str) -> float:
    found = re.match(r"[+-]?[0-9.]+", words.replace("−", "-").replace(",", ""))
    return float(found[0]) if found else 0.0


def alike_table(made: Sequence[Outcome], kind: str = "alike") -> str:
    """Jobs without a fault of this kind, a row each."""
    heading = ("runtime", "outcome", "left open", "pairs", "seconds", "load as it began")
    rows = [
        (
            one.runtime,
            one.outcome,
            ", ".join(gate.figure for gate in one.gates if gate.verdict == "inconclusive") or "–",
            str(max(gate.pairs for gate in one.gates)),
            f"{one.seconds:.0f}",
            f"{one.load:.1f}",
        )
        for one in made
        if one.kind == kind
    ]
    return table(heading, rows, words=3)


def judged(verdict: Verdict) -> Judged:
    return Judged(
        figure=verdict.metric_name.short,
        verdict=verdict.verdict,
        told=verdict_of(verdict),
        effect=effect_of(verdict),
        pairs=verdict.samples,
        event=verdict.event,
        spread=_spread(verdict),
    )


def _spread(verdict: Verdict) -> float | None:
    both = zip(verdict.base_samples, verdict.new_samples, strict=False)
    steps = [math.log(new / base) for base, new in both if base and new and min(base, new) > 0]
    is_whole = len(steps) == verdict.samples > 1 and verdict.metric != "ceiling"
    return statistics.stdev(steps) if is_whole and not verdict.absolute else None
