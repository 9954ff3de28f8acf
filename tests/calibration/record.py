"""Records processes that are all alike, through the real harness: what `make calibrate` draws from.

    .venv/bin/python -m tests.calibration.record                        every default runtime
    .venv/bin/python -m tests.calibration.record --runtime trio --processes 40

The sweeps are those that `outnumber ab` makes, both sides being the same: so many processes a kind
of sweep, in pairs. Some 3 to 12 minutes a runtime on two cores. Keep the machine quiet meanwhile.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from bench import signals
from bench.experiments.alike import AlikeExperiment
from bench.experiments.ceiling import runtime_of
from bench.experiments.side import Contender, PairsRequest
from bench.machine import fingerprint
from bench.measure.availability import availability
from bench.regression.gates import BY_DEFAULT, default_gate
from bench.regression.judge import wanted
from bench.results.records import Result
from bench.system import System
from runners.catalogue import Entry
from tests.benchmarks.machine import RIG, TOOLS, default_entries, missing
from tests.calibration import recordings

PROCESSES = 120
SEED = 1


def record(entry: Entry, processes: int) -> Result:
    """One job of pairs, all alike."""
    available = {entry.name: availability(entry, TOOLS)}
    runtime = runtime_of(entry, available)
    sweeps = wanted([default_gate(figure, runtime) for figure in BY_DEFAULT])
    request = PairsRequest(SEED, (processes // 2,), sweeps)
    side = Contender("alike", RIG, (entry,), available)
    machine = fingerprint(System())
    return AlikeExperiment(request, side, machine, lambda _: None, lambda _: None).run()


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    names = [entry.name for entry in default_entries()]
    parser.add_argument("--runtime", action="append", choices=names, help="may be repeated")
    parser.add_argument("--processes", type=int, default=PROCESSES, help="a kind of sweep")
    parser.add_argument("--folder", type=Path, default=recordings.FOLDER, help="where to save")
    return parser.parse_args()


def main() -> None:
    options = arguments()
    signals.install()
    options.folder.mkdir(parents=True, exist_ok=True)
    for entry in default_entries():
        if options.runtime and entry.name not in options.runtime:
            continue
        if reason := missing(entry):
            print(f"{entry.name} is left out: {reason}")
            continue
        recording = recordings.recording_of(record(entry, options.processes))
        print(recordings.save(recording, options.folder), flush=True)


if __name__ == "__main__":
    main()
