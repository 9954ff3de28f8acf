"""One unit is an asyncio task: one `async def` of the user's own that awaits one `asyncio.Event`.

Parked: its future is among the event's waiters. Held alive: the task, in a list made beforehand, as
asyncio's documentation demands. A start latency holds one pass of the event loop, an empty round
that pass alone.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Coroutine, Mapping
from time import perf_counter_ns as clock

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

RUNTIME = "asyncio"
VERSION = sys.version.split()[0]
UNIT = (
    "a task: async def unit(): await gate.wait() on one asyncio.Event, started by "
    "loop.create_task; its Task is kept in a list made beforehand"
)
REFUSALS = (MemoryError, OSError)
UNIT_BYTES, PARKING_BYTES, MAPPED_BYTES, SETS = 1_200, 380, 0, 1

PAUSE_SECONDS = 0.001

loop: asyncio.AbstractEventLoop
gate: asyncio.Event
handles: list[Any] = []

round_over: asyncio.Event
probes: list[asyncio.Task[None]] = []
first_ns = 0


async def unit() -> None:
    await gate.wait()


def run(main: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(inside(main))


async def inside(main: Callable[[], Coroutine[Any, Any, None]]) -> None:
    global loop, gate, round_over
    loop, gate, round_over = asyncio.get_running_loop(), asyncio.Event(), asyncio.Event()
    await main()


def facts() -> Mapping[str, str]:
    return {
        "event loop": f"{type(loop).__module__}.{type(loop).__qualname__}",
        "debug mode": "on" if loop.get_debug() else "off",
    }


def has_ended(task: asyncio.Task[None]) -> bool:
    return task.done()


def spawn(number: int) -> None:
    handles[number] = loop.create_task(unit())


async def parked(_launched: int) -> int:
    await asyncio.sleep(0)  # first in, first out: every unit has run before this goes on
    return len(gate._waiters)


async def pause() -> None:
    await asyncio.sleep(PAUSE_SECONDS)


def ended(launched: int) -> tuple[int, BaseException | None]:
    done = [task for task in handles[:launched] if task.done()]
    errors = (error_of(task) for task in done)
    return len(done), next((error for error in errors if error is not None), None)


def error_of(task: asyncio.Task[None]) -> BaseException | None:
    return asyncio.CancelledError("it was cancelled") if task.cancelled() else task.exception()


async def probed() -> None:
    global first_ns
    first_ns = clock()
    await round_over.wait()


async def start_one() -> int:
    begun = clock()
    probes.append(loop.create_task(probed()))
    await asyncio.sleep(0)
    return first_ns - begun


async def empty_one() -> int:
    begun = clock()
    await asyncio.sleep(0)
    return clock() - begun


async def end_started() -> None:
    round_over.set()
    for task in probes:
        await task
    probes.clear()
    round_over.clear()


async def release() -> None:
    gate.set()
    for task in handles:
        await task
    handles.clear()
    gate.clear()
