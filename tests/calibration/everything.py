"""All that `make calibrate` measures, and the tables that it becomes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bench.judging.gates import BURST, BYTES, LEAK
from bench.judging.noise import noise_of
from reports.wording import units
from tests.calibration import (
    alternatives,
    climbs,
    elsewhere,
    false_failures,
    outcomes,
    power,
    real,
    sharpness,
    targets,
)
from tests.calibration.jobs import Runtimes, percent, table
from tests.calibration.recordings import Recording

POWER_SHARE = 4  # power takes a fourth of the jobs: its shares are far from 0


@dataclass(frozen=True)
class Measured:
    """One calibration."""

    failures: list[false_failures.Row]
    climbing: list[climbs.Row]
    others: list[elsewhere.Row]
    found: list[power.Row]
    spreads: list[power.BySpread]
    pairs: list[power.ByPairs]
    constants: list[alternatives.Row]
    sharpness: list[sharpness.Row]

    @property
    def targets(self) -> list[targets.Target]:
        answers = real.answers(outcomes.load())
        return targets.targets(
            self.failures, self.climbing, self.found, self.spreads, self.sharpness, answers
        )


def measure(runtimes: Runtimes, tuning: Runtimes, seeds: str, jobs: int) -> Measured:
    """The whole calibration; `tuning` are the recordings that constants are chosen by."""
    few = max(1, jobs // POWER_SHARE)
    return Measured(
        false_failures.rows(runtimes, seeds, jobs),
        climbs.rows(runtimes, seeds, jobs),
        elsewhere.rows(runtimes, seeds, jobs),
        power.rows(runtimes, seeds, few),
        power.by_spread(runtimes, seeds, few),
        power.by_pairs(runtimes, seeds, few),
        alternatives.rows(tuning, jobs),
        sharpness.rows(tuning, jobs),
    )


def blocks(recordings: Mapping[str, Recording], tuning: Runtimes, made: Measured) -> dict[str, str]:
    """The tables by the names that they have in the page."""
    return {
        "targets": targets.as_table(made.targets),
        "machines": machines_table(recordings),
        "recordings": recorded_table(recordings),
        "false failures": false_failures.as_table(made.failures),
        "climbs": climbs.as_table(made.climbing),
        "alike by runtime": false_failures.runtimes_table(made.failures),
        "elsewhere": elsewhere.as_table(made.others),
        "bytes": power.as_table(made.found, BYTES, recordings),
        "burst": power.as_table(made.found, BURST, recordings),
        "leak": power.as_table(made.found, LEAK, recordings),
        "alternatives": alternatives.as_table(made.constants),
        "sharpness": sharpness.as_table(made.sharpness, tuning),
        "injected": outcomes.injected_table(outcomes.load()),
        "alike": outcomes.alike_table(outcomes.load()),
        "alike by default": outcomes.alike_table(outcomes.load(), "default"),
        "spreads": power.spread_table(made.spreads),
    }


def machines_table(recordings: Mapping[str, Recording]) -> str:
    """Where and when, each machine once."""
    rows = {
        (
            f"{machine['cpu'] or 'unknown'}, {machine['cpus']} CPUs",
            units.size(float(machine["memory_bytes"] or 0)),
            str(machine["kernel"]),
            str(machine["virtualisation"] or "none"),
            one.started.partition("T")[0],
        ): None
        for one in recordings.values()
        for machine in (one.machine,)
    }
    return table(("machine", "memory", "kernel", "virtual machine", "recorded"), rows, words=5)


def recorded_table(recordings: Mapping[str, Recording]) -> str:
    """What was recorded, and how much it varies."""
    heading = (
        "runtime",
        "bytes: processes",
        "median",
        "pairs vary by",
        "burst: median",
        "processes vary by",
        "pairs vary by",
        "leak: processes",
        "median",
        "pairs vary by",
        "load as it began",
    )
    return table(heading, (_recorded_row(name, one) for name, one in recordings.items()))


def _recorded_row(name: str, recording: Recording) -> tuple[str, ...]:
    bytes_, leak, burst = (
        noise_of(one.gate, one.pairs) for one in recording.recorded(BYTES, LEAK, BURST)
    )
    return (
        f"{name} {recording.runtime.version or ''}".strip(),
        units.count(2 * bytes_.pairs),
        units.size(bytes_.level),
        _share(bytes_.pair_spread),
        units.seconds(burst.level),
        _share(burst.spread),
        _share(burst.pair_spread),
        units.count(2 * leak.pairs),
        units.size(leak.level),
        units.size(leak.pair_spread),
        f"{float(recording.machine['load'] or 0):.1f}",
    )


def _share(share: float | None) -> str:
    return percent(share, 0 if share and share >= 0.1 else 1 if share and share >= 0.01 else 2)
