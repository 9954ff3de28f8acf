"""Every figure that is to be reached, measured and printed: the second half of `make bench`.

    .venv/bin/python -m tests.benchmarks.figures              everything: some 12 minutes
    .venv/bin/python -m tests.benchmarks.figures --runtime trio --only bytes
    .venv/bin/python -m tests.benchmarks.figures --only burst --pairs 20

Ends with 1 where a figure was not reached.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable

from runners.catalogue import Entry
from tests.benchmarks import (
    ceiling_cost,
    harness_cost,
    own_cost,
    small_limits,
    start_latency,
    unit_figures,
)
from tests.benchmarks.machine import default_entries, missing
from tests.benchmarks.pairs import Options

PARTS: dict[str, Callable[[Options], list[bool]]] = {
    "bytes": harness_cost.all_bytes,
    "burst": harness_cost.all_bursts,
    "spread": unit_figures.spread_between_runs,
    "kernel": unit_figures.kernel_parts_of_a_thread,
    "leak": unit_figures.leaks,
    "start": start_latency.awake_against_stress_ng,
    "ceiling": ceiling_cost.to_a_pids_cgroup,
    "limits": small_limits.beside_bare,
    "memory": lambda options: own_cost.peak_memory(options.million),
    "help": lambda _: own_cost.help_time(),
    "compare": lambda _: own_cost.compare_time(),
}


def chosen(names: list[str] | None) -> tuple[Entry, ...]:
    """The runtimes asked for, those that cannot run here left out with a word."""
    wanted = [entry for entry in default_entries() if not names or entry.name in names]
    for entry in wanted:
        if reason := missing(entry):
            print(f"{entry.name} is left out: {reason}")
    return tuple(entry for entry in wanted if missing(entry) is None)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    names = [entry.name for entry in default_entries()]
    parser.add_argument("--runtime", action="append", choices=names, help="may be repeated")
    parser.add_argument("--only", action="append", choices=list(PARTS), help="may be repeated")
    parser.add_argument("--pairs", type=int, default=8, help="of bursts a runtime")
    parser.add_argument("--tasks", type=int, default=100_000, help="count of tasks")
    parser.add_argument("--threads", type=int, default=2_000, help="count of threads")
    parser.add_argument("--million", type=int, default=1_000_000, help="the larger --max of memory")
    return parser.parse_args()


def main() -> int:
    asked = arguments()
    options = Options(chosen(asked.runtime), asked.pairs, asked.tasks, asked.threads, asked.million)
    reached = [
        result
        for name, part in PARTS.items()
        if name in (asked.only or PARTS)
        for result in part(options)
    ]
    print(f"\n{sum(reached)} of {len(reached)} figures were reached")
    return 0 if all(reached) else 1


if __name__ == "__main__":
    sys.exit(main())
