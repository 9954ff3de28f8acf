"""What this project recorded of itself: pairs of processes that were all alike, a file a runtime.

A file holds raw values in the order in which the processes ran, with the moments at which they
began; everything that is published about the gate is drawn from these.

`recorded/published` is the set that figures are published of, `recorded/tuning` holds the sets that
have been looked at while rules and constants were chosen, a folder each: the first was recorded for
that, the others were published once.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping
from pathlib import Path

import msgspec

from bench.judging.gates import USUAL, Gate, MetricName, metric_names
from bench.judging.judge import gates_of
from bench.judging.noise import Recorded
from bench.judging.samples import recorded_pairs
from bench.model.format1 import Runtime
from bench.model.records import Result
from tests.calibration import nuisances

FOLDER = Path(__file__).parent / "recorded"

Two = tuple[float, float]


class Series(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One figure: `values` of pairs, the process that ran first before the other, and when each
    began, in seconds from the start."""

    values: tuple[Two, ...]
    started_seconds: tuple[Two, ...]


class Recording(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One runtime's processes. `machine` is what moves figures; `series` are by figure."""

    runtime: Runtime
    started: str
    harness: str
    machine: dict[str, str | int | float | None]
    series: dict[str, Series]

    def recorded(self, *figures_: MetricName) -> tuple[Recorded, ...]:
        """The gates' recorded pairs, with the margins that the gates have by default."""
        known = metric_names()
        wanted = figures_ or tuple(known[words] for words in self.series)
        gates = gates_of([self.runtime.case()], dict.fromkeys(wanted))
        return tuple(Recorded.of(gate, self.series[gate.metric.words].values) for gate in gates)


def recording_of(result: Result) -> Recording:
    """What a job of pairs recorded that had one runtime, and the gates that it has by default."""
    (case,) = result.cases
    gates = gates_of([case], dict.fromkeys(USUAL))
    machine = result.machine
    return Recording(
        runtime=Runtime(
            name=case.key,
            label=case.label,
            kind=case.kind,
            language=case.language,
            version=case.version,
        ),
        started=result.started,
        harness=result.version,
        machine={
            "kernel": machine.kernel,
            "cpu": machine.cpu,
            "cpus": machine.cpus,
            "memory_bytes": machine.memory_bytes,
            "virtualisation": machine.virtualisation,
            "load": machine.load,
        },
        series={gate.metric.words: _series(gate, result) for gate in gates},
    )


def _series(gate: Gate, result: Result) -> Series:
    pairs = recorded_pairs(gate, result)
    return Series(
        values=tuple(pair.values for pair in pairs),
        started_seconds=tuple(pair.started_seconds for pair in pairs),
    )


def save(recording: Recording, folder: Path) -> Path:
    path = folder / f"{recording.runtime.name}.json"
    fields = msgspec.json.decode(msgspec.json.encode(recording), type=dict[str, msgspec.Raw])
    lines = ",\n".join(f'"{key}": {bytes(value).decode()}' for key, value in fields.items())
    path.write_text(f"{{\n{lines}\n}}\n", encoding="utf-8")
    return path


def load(folder: Path = FOLDER / "published") -> dict[str, Recording]:
    """Every recording of a folder and of the sets in it, by runtime; those of one runtime joined,
    in the sets' order."""
    found: dict[str, Recording] = {}
    for file in sorted(folder.rglob("*.json")):
        one = msgspec.json.decode(file.read_bytes(), type=Recording)
        before = found.get(one.runtime.name)
        found[one.runtime.name] = _joined(before, one) if before else one
    return dict(sorted(found.items()))


def _joined(before: Recording, after: Recording) -> Recording:
    """The pairs of both. What else is told is of the later one."""
    series = {
        figure: Series(
            before.series[figure].values + one.values,
            before.series[figure].started_seconds + one.started_seconds,
        )
        for figure, one in after.series.items()
    }
    return msgspec.structs.replace(after, series=series)


def retire(folder: Path = FOLDER) -> Path:
    """Makes what is published one more of the sets to tune by, and returns its new folder. What is
    recorded next has been seen by nobody when it is published."""
    sets = folder / "tuning"
    kept = sets / str(1 + max((int(one.name) for one in sets.iterdir()), default=0))
    (folder / "published").rename(kept)
    return kept


def pair_spread(recorded: Recorded) -> float:
    """By how much pairs vary: the standard deviation of log(second ÷ first), a share."""
    return statistics.stdev(math.log(second / first) for first, second in recorded.pairs)


def rescaled(recorded: Recorded, spread: float) -> nuisances.Rescaled:
    """What makes the pairs of this recording vary by `spread`."""
    factors: Mapping[MetricName, float] = {
        recorded.gate.metric: spread / pair_spread(recorded),
    }
    return nuisances.Rescaled(factors)
