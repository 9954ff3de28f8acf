"""The harness's own weight: its peak memory while it measures, and how soon its commands answer."""

from __future__ import annotations

import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

MOST_BYTES = 80 << 20
ALIKE = 0.05
HELP_SECONDS = 0.35
COMPARE_SECONDS = 1.5
RESULT = Path(__file__).parents[2] / "docs" / "example" / "run.json"  # of all default runtimes
NOT_FOR_HELP = {"matplotlib", "scipy", "gevent", "trio", "numpy"}

# Tells its peak when the last sweep has ended, before figures and statistics are loaded.
RUN = """
from bench.cli.main import main
from bench.experiments.population import PopulationRun

run = PopulationRun.run

def told(self):
    result = run(self)
    with open("/proc/self/status") as status:
        print(*[line for line in status if line.startswith("VmHWM")])
    return result

PopulationRun.run = told
main()
"""
HELP = "from bench.cli.main import main; main()"


def peak_memory(million: int) -> list[bool]:
    """Prints the peak of runs to a thousand and to `million`; whether they are as wanted."""
    print(
        f"\nPeak memory of the harness; to reach: {MOST_BYTES >> 20} MiB, alike within {ALIKE:.0%}"
    )
    small, large = (peak_bytes(most) for most in (1_000, million))
    alike = abs(large / small - 1) <= ALIKE
    for most, peak in ((1_000, small), (million, large)):
        print(f"--max {most:9,}  {peak / 2**20:6.1f} MiB  {verdict(peak <= MOST_BYTES)}")
    print(f"apart by         {large / small - 1:6.1%}      {verdict(alike)}")
    return [small <= MOST_BYTES, large <= MOST_BYTES, alike]


def peak_bytes(most: int) -> int:
    """The peak of one run of asyncio until its last sweep has ended."""
    with tempfile.TemporaryDirectory() as folder:
        words = ["run", "--runtime", "asyncio", "--max", str(most), "--sweeps", "2"]
        said = python(RUN, *words, "--no-report", "-o", str(Path(folder) / "result.json"))
    found = re.search(r"VmHWM:\s+(\d+) kB", said.stdout)
    if not found:
        sys.exit(f"outnumber run failed:\n{said.stdout}{said.stderr}")
    return int(found[1]) * 1024


def help_time() -> list[bool]:
    """Prints how long `outnumber --help` takes, and what heavy it loads."""
    print(
        f"\noutnumber --help; to reach: {HELP_SECONDS} s, none of {', '.join(sorted(NOT_FOR_HELP))}"
    )
    taken = statistics.median(seconds_of_help() for _ in range(9))
    loaded = modules_of_help() & NOT_FOR_HELP
    print(f"median of 9      {taken:6.3f} s    {verdict(taken < HELP_SECONDS)}")
    print(f"loads            {', '.join(sorted(loaded)) or 'none'}       {verdict(not loaded)}")
    return [taken < HELP_SECONDS, not loaded]


def seconds_of_help() -> float:
    began = time.perf_counter()
    python(HELP, "--help")
    return time.perf_counter() - began


def compare_time() -> list[bool]:
    """Prints how long `outnumber compare` takes with two results of seven runtimes."""
    print(f"\noutnumber compare, two results of seven runtimes; to reach: {COMPARE_SECONDS} s")
    taken = statistics.median(seconds_of_compare() for _ in range(9))
    print(f"median of 9      {taken:6.3f} s    {verdict(taken < COMPARE_SECONDS)}")
    return [taken < COMPARE_SECONDS]


def seconds_of_compare() -> float:
    began = time.perf_counter()
    said = python(HELP, "compare", str(RESULT), str(RESULT))
    if said.returncode:
        sys.exit(f"outnumber compare failed:\n{said.stdout}{said.stderr}")
    return time.perf_counter() - began


def modules_of_help() -> set[str]:
    """The top-level names of all modules that `--help` imports."""
    command = [sys.executable, "-X", "importtime", "-c", HELP, "--help"]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stderr
    names = (line.rpartition("|")[2].strip() for line in said.splitlines() if "|" in line)
    return {name.partition(".")[0] for name in names}


def python(program: str, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", program, *words], capture_output=True, text=True)


def verdict(reached: bool) -> str:
    return "ok" if reached else "MISSED"
