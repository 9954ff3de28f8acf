"""Burst spawning, one benchmark a runtime and count: a fresh process each round, the burst timed.

    make bench                                   saves the figures in .benchmarks/
    .venv/bin/pytest-benchmark compare           compares the saved ones

What is timed is the question's way to the runner and back as well, some 0.1 ms; the burst alone, as
the runner's own clock had it, stands in the extra information of each benchmark.
"""

from __future__ import annotations

import contextlib
import statistics
from collections.abc import Iterator

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from bench.engine.runner import Runner
from runners.catalogue import Entry
from tests.benchmarks.machine import RIG, default_entries, missing

COUNTS = {"task": (1_000, 10_000), "thread": (200, 1_000)}
ROUNDS = 10
pytestmark = pytest.mark.live

CASES = [
    pytest.param(entry, count, id=f"{entry.name}-{count}")
    for entry in default_entries()
    for count in COUNTS[entry.kind]
]


class Rounds:
    """Fresh runners, one a round. The last one is ended with the stack."""

    def __init__(self, entry: Entry, count: int) -> None:
        self._entry = entry
        self._count = count
        self._runner = contextlib.ExitStack()
        self.burst_seconds: list[float] = []

    def start(self) -> tuple[tuple[Runner], dict[str, object]]:
        self.end()
        subject = self._runner.enter_context(RIG.start(self._entry, {}))
        subject.runner.hello()
        subject.monitor.settle(exact=False)
        return (subject.runner,), {}

    def grow(self, runner: Runner) -> None:
        grown = runner.grow(self._count, 60)
        assert grown.refused is None
        self.burst_seconds.append(grown.burst_ns / 1e9)

    def end(self) -> None:
        self._runner.close()


@pytest.fixture
def rounds(request: pytest.FixtureRequest) -> Iterator[Rounds]:
    entry, count = request.getfixturevalue("entry"), request.getfixturevalue("count")
    if reason := missing(entry):
        pytest.skip(reason)
    RIG.prepare(entry, print)
    made = Rounds(entry, count)
    yield made
    made.end()


@pytest.mark.slow
@pytest.mark.parametrize(("entry", "count"), CASES)
def test_burst(rounds: Rounds, benchmark: BenchmarkFixture, entry: Entry, count: int) -> None:
    benchmark.group = f"{count:,} {entry.kind}s"
    benchmark.pedantic(  # type: ignore[no-untyped-call]
        rounds.grow, setup=rounds.start, rounds=ROUNDS
    )
    alone = statistics.median(rounds.burst_seconds)
    benchmark.extra_info["seconds a unit, the burst alone"] = alone / count
