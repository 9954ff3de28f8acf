"""Runs to make decks of: whole ones, odd ones, and one that is meant to do harm."""

from __future__ import annotations

from msgspec.structs import replace

from bench.model.records import Result
from tests.support.results import (
    PTHREAD,
    THREADING,
    Unit,
    allowing,
    result,
    runtime,
    sweep,
    whole_run,
)

HOSTILE = (
    '=cmd|"/c calc"!A1 <b>&\x00\x1b[31m\u202e\ufffe\n\ud800' + "www.example.org שלום 名前 " * 9
)


def limited() -> Result:
    """Two runtimes with limits: one that was stopped, one that was not."""
    maps = allowing("vm.max_map_count", 22_362, value=65_530, take=2.93)
    pids = allowing("kernel.pid_max", 32_456, value=32_768)
    room = allowing("MemAvailable", 19_273_901, measure="bytes", value=24 << 30, take=1152.0)
    timed = Unit(start_ns=(1000,) * 90 + (2000,) * 9 + (8000,))
    stopped = sweep(
        (1000, 22_362),
        THREADING,
        runtime="threading",
        purpose="climb",
        status="refused",
        limit="vm.max_map_count",
        limits=(maps, pids),
    )
    return result(stopped, sweep((10_000, 1_000_000), timed, purpose="climb", limits=(room,)))


def hostile() -> Result:
    """A run whose every text is meant to do harm."""
    limit = allowing(HOSTILE, 30_000, where=HOSTILE, lift=HOSTILE)
    one = sweep(
        (100, 1000, 30_000),
        PTHREAD,
        runtime=HOSTILE,
        purpose="climb",
        status="refused",
        limit=HOSTILE,
        limits=(limit,),
        warnings=(HOSTILE,),
    )
    made = result(
        one,
        *(sweep((1000, 10_000), PTHREAD, runtime=HOSTILE, number=n) for n in range(1, 7)),
        runtimes=[
            replace(runtime(HOSTILE), label=HOSTILE, version=HOSTILE),
            runtime("=other", HOSTILE),
        ],
    )
    machine = replace(made.machine, cpu=HOSTILE, kernel=HOSTILE, limits={HOSTILE: HOSTILE})
    plan = replace(made.plan, preset=HOSTILE, settings={"stack-size": HOSTILE})
    return replace(made, machine=machine, plan=plan, started=HOSTILE, warnings=(HOSTILE,))


def crowded() -> Result:
    """Twelve runtimes with five limits each."""
    sweeps = []
    for place in range(12):
        limits = [allowing(f"limit.number.{n}", 30_000 * 10**n) for n in range(5)]
        name, unit = f"my own runtime number {place}", Unit(user=500.0 + 900 * place)
        sweeps.append(sweep((100, 20_000), unit, runtime=name, purpose="climb", limits=limits))
    return result(*sweeps)


def ceiling() -> Result:
    """A run of one process a runtime, without repeats."""
    made = result(sweep((10, 1000), purpose="climb"))
    return replace(made, plan=replace(made.plan, sweeps=0))


RESULTS: dict[str, Result] = {
    "a whole run": whole_run(),
    "limits": limited(),
    "hostile names": hostile(),
    "many runtimes": crowded(),
    "one runtime, one step": result(sweep((1000,))),
    "a ceiling": ceiling(),
    "unknown memory": result(sweep(unit=Unit(kernel=None, kernel_stack=None))),
    "only failures": result(
        sweep((), status="failed"),
        sweep((), runtime="pthread", purpose="climb", status="refused", limit="RLIMIT_NPROC"),
    ),
    "none alive, and its limit": result(
        sweep((0,), purpose="climb", status="refused", limit="a", limits=(allowing("a", 0),))
    ),
    "nothing ran": result(runtimes=[runtime("trio", "no trio here")]),
    "no time at all": result(sweep(unit=Unit(burst=0.0, marginal=0.0, start_ns=(0,) * 200))),
}
