"""One unit is a trio task: one `async def` of the user's own that awaits one `trio.Event`.

Parked: it is among the event's `tasks_waiting`. Held alive: nothing by the runner; the nursery
holds its children. A start latency holds one pass of trio's loop, an empty round that pass alone.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from time import perf_counter_ns as clock
from typing import Any

import trio

RUNTIME = "trio"
VERSION = trio.__version__
UNIT = (
    "a task: async def unit(): await gate.wait() on one trio.Event, started by "
    "nursery.start_soon; no handle is kept"
)
REFUSALS = (MemoryError, OSError)
UNIT_BYTES, PARKING_BYTES, MAPPED_BYTES, SETS = 2_200, 1_200, 0, 3

PAUSE_SECONDS = 0.001

nursery: trio.Nursery
gate: trio.Event

probes: trio.Nursery
round_over: trio.Event
handed: trio.Event
first_ns = 0


async def unit() -> None:
    await gate.wait()


def run(main: Callable[[], Coroutine[Any, Any, None]]) -> None:
    trio.run(inside, main)


async def inside(main: Callable[[], Coroutine[Any, Any, None]]) -> None:
    global nursery, gate, probes, round_over
    gate, round_over = trio.Event(), trio.Event()
    async with trio.open_nursery() as nursery, trio.open_nursery() as probes:
        await main()


def spawn(_number: int) -> None:
    nursery.start_soon(unit)


async def pass_twice() -> None:
    """Everything that can run has run after two passes, not after one: a pass goes through its
    tasks forwards or backwards by chance. Where a unit raised, trio cancels all, and this too: then
    what the unit raised is raised here, and ends the runner."""
    try:
        await trio.lowlevel.checkpoint()
        await trio.lowlevel.checkpoint()
    except trio.Cancelled:
        raise error_of(nursery) or MemoryError("trio cancelled all units") from None


def error_of(children: trio.Nursery) -> BaseException | None:
    return next(iter(children._pending_excs), None)


async def parked(_launched: int) -> int:
    await pass_twice()
    return gate.statistics().tasks_waiting


async def pause() -> None:
    with trio.move_on_after(PAUSE_SECONDS):
        await trio.sleep_forever()
    await pass_twice()


def ended(launched: int) -> tuple[int, BaseException | None]:
    return launched - len(nursery.child_tasks), error_of(nursery)


async def probed() -> None:
    global first_ns
    first_ns = clock()
    handed.set()
    await round_over.wait()


async def start_one() -> int:
    global handed
    handed = trio.Event()
    begun = clock()
    probes.start_soon(probed)
    await handed.wait()
    return first_ns - begun


async def empty_one() -> int:
    begun = clock()
    await trio.lowlevel.checkpoint()
    return clock() - begun


async def end_started() -> None:
    global round_over
    round_over.set()
    await end_of(probes)
    round_over = trio.Event()


async def release() -> None:
    global gate
    gate.set()
    await end_of(nursery)
    gate = trio.Event()


async def end_of(children: trio.Nursery) -> None:
    await pass_twice()
    while children.child_tasks:
        await trio.lowlevel.checkpoint()
