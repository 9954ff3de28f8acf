"""Results that a figure must stand: few and many runtimes, hostile names, hardly any figures."""

from __future__ import annotations

from msgspec.structs import replace

from bench.model.records import Result, Status
from tests.support.results import Unit, allowing, altered, result, runtime, sweep, whole_run

NAMES = (
    *("pthread", "threading", "goroutine", "greenlet", "gevent", "asyncio", "trio"),
    *("goroutine:locked", "stranger", "other", *("a", "b", "c", "d", "e")),
)
LIMITS = (
    allowing("kernel.pid_max", 32_456, value=32_768),
    allowing("vm.max_map_count", 122_362, value=65_530, take=2.93),
    allowing("MemAvailable", 19_273_901, measure="bytes", value=24 << 30, take=1152.0),
    allowing("address space", 122_228_171_556, measure="bytes", value=1 << 47, take=1200.0),
)
LONG = "W" * 200
NASTY = "<b>$x^2$\u202e\n\x1b[31m=" + "日本語 العربية 🎉 &" * 9


def many(count: int) -> Result:
    """A whole run of so many runtimes, each heavier than the one before."""
    sweeps = []
    for place, name in enumerate(NAMES[:count], start=1):
        unit = Unit(
            user=1000 * place**1.5,
            kernel=500 * place,
            kernel_stack=200 * place,
            burst=1e-5 * place,
            start_ns=[1000 * place + 37 * sample**2 for sample in range(200)],
        )
        stopped = place % 3 == 0
        status: Status = "refused" if stopped else "max"
        limit = "vm.max_map_count" if stopped else None
        climb = sweep((100, 1000, 10_000 * place), unit, runtime=name, purpose="climb")
        stop = replace(climb.stop, status=status, limit=limit)
        sweeps.append(replace(climb, stop=stop, limits=LIMITS[place % 2 :]))
        sweeps += [sweep((1000, 10_000), unit, runtime=name, number=n) for n in range(1, 7)]
    return result(*sweeps)


def hostile() -> Result:
    """Every text of it is meant to do harm, or far too long."""
    limits = (allowing(LONG, 77), allowing(NASTY, 5, where=NASTY), allowing("z", 10**15))
    climbs = [
        sweep((10, 100), runtime=name, purpose="climb", status="refused", limit=LONG, limits=limits)
        for name in (LONG, NASTY)
    ]
    runtimes = [
        replace(runtime(name, reason), label=name, version=name)
        for name, reason in ((LONG, None), (NASTY, None), (f"z{LONG}", NASTY))
    ]
    made = result(*climbs, runtimes=runtimes)
    return replace(made, machine=replace(made.machine, cpu=LONG, kernel=NASTY), started=LONG)


def hardly() -> Result:
    """Three runtimes of which next to nothing is known."""
    unread = Unit(kernel=None, kernel_stack=None)
    one = sweep((100, 1000), unread, runtime="trio", purpose="climb", status="failed")
    bare = [
        altered(step, latencies=None, awake_latencies=None, user_seconds=None, minor_faults=None)
        for step in one.steps
    ]
    return result(
        replace(one, steps=tuple(bare)),
        sweep((), runtime="asyncio", purpose="climb", status="failed"),
        sweep((1000,), runtime="gevent"),
    )


ODD = {
    "a whole run": whole_run(),
    "one runtime": many(1),
    "two runtimes": many(2),
    "ten runtimes": many(10),
    "more runtimes than fit": many(15),
    "hostile names": hostile(),
    "hardly any figures": hardly(),
    "nothing alive": result(sweep((), status="failed")),
    "nothing": result(),
}
