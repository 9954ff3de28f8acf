"""How often the gate fails in vain, and what it finds: `make calibrate`.

    make calibrate                             everything, on the published seeds: some 5 minutes
    make calibrate ARGS="--seeds tuning"       on those that constants may be chosen by; no page
    make calibrate ARGS="--jobs 200"           a first look; no page

Jobs are drawn from what was recorded of real processes (`recorded/`) and judged by the shipped
decision. Writes the tables of docs/regression.md and docs/power.svg. Ends with 1 where a figure was
not reached.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from tests.calibration import drawing, page, recordings
from tests.calibration.everything import Measured, blocks, measure
from tests.calibration.jobs import SEEDS

JOBS = 2_000


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--jobs", type=int, default=JOBS, help="drawn for each false-failure rate")
    parser.add_argument("--seeds", choices=SEEDS, default="published")
    parser.add_argument("--folder", type=Path, help="of recordings")
    return parser.parse_args()


def publish(made: Measured, tables: dict[str, str]) -> None:
    """Writes the page's tables and its picture."""
    text = page.filled(page.PAGE.read_text(encoding="utf-8"), tables)
    page.PAGE.write_text(text, encoding="utf-8")
    drawing.draw(made.found, made.spreads, made.pairs)


def main() -> int:
    options = arguments()
    began = time.monotonic()
    recorded = recordings.load(options.folder or recordings.FOLDER / options.seeds)
    tuning = recordings.load(recordings.FOLDER / "tuning")
    runtimes, by = (
        {name: one.recorded() for name, one in made.items()} for made in (recorded, tuning)
    )
    made = measure(runtimes, by, options.seeds, options.jobs)
    tables = blocks(recorded, by, made)
    for name, text in tables.items():
        print(f"{name}\n\n{text}")
    if (options.jobs, options.seeds, options.folder) == (JOBS, "published", None):
        publish(made, tables)
    reached = [target.reached for target in made.targets]
    print(f"{sum(reached)} of {len(reached)} figures were reached", end="; ")
    print(f"{time.monotonic() - began:.0f} s")
    return 0 if all(reached) else 1


if __name__ == "__main__":
    sys.exit(main())
