"""The same histories through apache-otava, beside the check of `outnumber history`.

apache-otava pins numpy and brings cloud clients, so it is no dependency; it runs in an environment
of its own:

    python3.11 -m venv ENV && ENV/bin/pip install apache-otava
    .venv/bin/python -m tests.calibration.otava_compare ENV/bin/python

Writes recorded/otava.csv and its table in docs/history.md: of the series of each kind, all of 60
nights on which nothing changed, and of those whose last 20 nights are 10 % slower, how many had any
change nominated.
"""

from __future__ import annotations

import argparse
import csv
import functools
import json
import math
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tests.calibration.history import NIGHTS, PAGE, Share, nominates
from tests.calibration.nights import KINDS, Dated, series, shifted
from tests.calibration.page import filled

CSV = Path(__file__).parent / "recorded" / "otava.csv"
SERIES = 500
CHANGE, AFTER = 0.10, 20
HEADINGS = ("nights", "what happened", "by", "nominated", "of", "low", "high")

# What runs over there: its defaults, as its command line has them.
PROGRAM = """\
import importlib.metadata, json, sys
from otava.analysis import compute_change_points
found = [bool(compute_change_points(values)[0]) for values in json.load(sys.stdin)]
print(json.dumps([importlib.metadata.version("apache-otava"), found]))
"""

Make = Callable[[str, int], Sequence[Dated]]


def unchanged(kind: str, number: int) -> Sequence[Dated]:
    return series(kind, NIGHTS, "published", number)


def slower(kind: str, number: int) -> Sequence[Dated]:
    return shifted(unchanged(kind, number), AFTER, CHANGE)


MADE: dict[str, Make] = {
    "unchanged": unchanged,
    f"+{CHANGE:.0%} in the last {AFTER} nights": slower,
}


def by_otava(python: str, made: Sequence[Sequence[Dated]]) -> tuple[str, int]:
    """Its name with its version, and in how many of the series it finds any change."""
    bursts = [[4e-6 * math.exp(night.value) for night in one] for one in made]
    done = subprocess.run(
        [python, "-I", "-W", "ignore", "-c", PROGRAM],
        input=json.dumps(bursts),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(f"{python} could not run apache-otava:\n{done.stderr}")
    version, found = json.loads(done.stdout)
    return f"apache-otava {version}", sum(found)


@dataclass(frozen=True)
class Row:
    """In how many of the series of one kind `by` nominated any change."""

    kind: str
    what: str
    by: str
    share: Share

    @property
    def cells(self) -> tuple[object, ...]:
        ends = (f"{end:.4f}" for end in self.share.interval)
        return (self.kind, self.what, self.by, self.share.count, self.share.of, *ends)


def rows(python: str, count: int) -> list[Row]:
    made = []
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        for kind in KINDS:
            for what, make in MADE.items():
                nights = list(map(functools.partial(make, kind), range(count)))
                ours = sum(pool.map(nominates, nights, chunksize=10))
                for name, found in (("outnumber history", ours), by_otava(python, nights)):
                    made.append(Row(kind, what, name, Share(found, count)))
                    print(kind, what, name, made[-1].share, sep="; ", flush=True)
    return made


def as_table(made: Sequence[Row]) -> str:
    """A line a kind, a column for each of the two and what happened."""
    asked = list(dict.fromkeys((row.what, row.by) for row in made))
    heads = (f"{what}: {by}" for what, by in asked)
    shares = {(row.kind, row.what, row.by): str(row.share) for row in made}
    lines = (
        f"| {kind} | {' | '.join(shares[kind, *one] for one in asked)} |"
        for kind in dict.fromkeys(row.kind for row in made)
    )
    head = f"| nights | {' | '.join(heads)} |\n| --- |{' ---: |' * len(asked)}"
    return "\n".join((head, *lines))


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("python", help="the interpreter of the environment with apache-otava")
    parser.add_argument("--series", type=int, default=SERIES)
    options = parser.parse_args()
    made = rows(options.python, options.series)
    with CSV.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(HEADINGS)
        writer.writerows(row.cells for row in made)
    blocks = {"beside otava": as_table(made)}
    PAGE.write_text(filled(PAGE.read_text(encoding="utf-8"), blocks), encoding="utf-8")


if __name__ == "__main__":
    main()
