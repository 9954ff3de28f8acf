"""Records processes that are all alike, through the real harness: what `make calibrate` draws from.

    .venv/bin/python -m tests.calibration.record --retire       every default runtime, a new set
    .venv/bin/python -m tests.calibration.record --runtime trio one that is missing in the set

The sweeps are those that `outnumber ab` makes, both sides being the same: so many processes a kind
of sweep, in pairs. Some 1 to 4 minutes a runtime on two cores, a quarter of an hour for all. Keep
the machine quiet meanwhile: the load as each began is published with it.

`--retire` makes the published set one to tune by (`recorded/tuning/2` and on) and begins another.
With a new set comes a new seed (`SEEDS` in jobs.py), and then `make calibrate`.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from bench import signals
from bench.engine.toolchain import availability
from bench.experiments.base import target
from bench.experiments.pairs import NoiseRun, PairsOptions
from bench.judging.gates import USUAL
from bench.judging.judge import gates_of, wanted
from bench.machine import fingerprint
from bench.model.records import Result
from bench.system import System
from runners.catalogue import Entry
from tests.benchmarks.machine import RIG, TOOLS, default_entries, missing
from tests.calibration import recordings

PROCESSES = 120
SEED = 1
QUIET = 1.5  # a load above this is told
PUBLISHED = recordings.FOLDER / "published"


def record(entry: Entry, processes: int) -> Result:
    """One job of pairs, all alike."""
    one = target(entry, RIG, availability(entry, TOOLS))
    sessions = wanted(gates_of([one.case], dict.fromkeys(USUAL)))
    wish = PairsOptions(seed=SEED, looks=(processes // 2,), wanted=dict(sessions))
    return NoiseRun(wish, [one], fingerprint(System()), lambda _: None, lambda _: None).run()


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    names = [entry.name for entry in default_entries()]
    parser.add_argument("--runtime", action="append", choices=names, help="may be repeated")
    parser.add_argument("--processes", type=int, default=PROCESSES, help="a kind of sweep")
    parser.add_argument("--folder", type=Path, default=PUBLISHED, help="where to save")
    parser.add_argument("--retire", action="store_true", help="make a new published set")
    return parser.parse_args()


def main() -> None:
    options = arguments()
    signals.install()
    if options.retire:
        print(f"the published set is now {recordings.retire()}", flush=True)
    options.folder.mkdir(parents=True, exist_ok=True)
    # Threads come last: the load that they leave behind is no other work on the machine.
    for entry in sorted(default_entries(), key=lambda entry: entry.kind == "thread"):
        if options.runtime and entry.name not in options.runtime:
            continue
        if reason := missing(entry):
            print(f"{entry.name} is left out: {reason}")
            continue
        recording = recordings.recording_of(record(entry, options.processes))
        load = float(recording.machine["load"] or 0)
        busy = " (the machine was not quiet)" if load > QUIET else ""
        path = recordings.save(recording, options.folder)
        print(f"{path}: load {load:.1f} as it began{busy}", flush=True)


if __name__ == "__main__":
    main()
