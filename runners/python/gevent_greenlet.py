"""One unit is a gevent greenlet: one function of the user's own that waits on one gevent `Event`.

Parked: it is among the event's links. Held alive: nothing by the runner; the event's links hold
those that wait on it. A start latency holds one pass of the hub, an empty round that pass alone.
"""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Callable, Coroutine, Mapping
from time import perf_counter_ns as clock
from typing import Any

import gevent  # type: ignore[import-untyped]
import greenlet  # type: ignore[import-untyped]
from gevent.event import Event  # type: ignore[import-untyped]

RUNTIME = "gevent"
VERSION = gevent.__version__
UNIT = (
    "a greenlet: def unit(): gate.wait() on one gevent.event.Event, started by gevent.spawn; "
    "no handle is kept"
)
REFUSALS = (MemoryError, OSError, greenlet.error)
UNIT_BYTES, PARKING_BYTES, MAPPED_BYTES, SETS = 22_000, 21_000, 16_384, 0  # mapped: its frames

PAUSE_SECONDS = 0.001

hub = gevent.get_hub()
errors: list[BaseException] = []
gate = Event()
round_over = Event()
probes: list[Any] = []
first_ns = 0


def unit() -> None:
    gate.wait()


def run(serve: Callable[[], Coroutine[Any, Any, None]]) -> None:
    hub.handle_error = keep_error
    with contextlib.suppress(StopIteration):
        serve().send(None)


def facts() -> Mapping[str, str]:
    loop = type(gevent.get_hub().loop)
    return {
        "event loop": f"{loop.__module__}.{loop.__qualname__}",
        "greenlet": greenlet.__version__,
    }


def spawn(_number: int) -> None:
    gevent.spawn(unit)


def burst(launch: Callable[[int], Any], count: int) -> Any:
    """A gevent greenlet remembers up to ten frames of the stack that spawned it, 56 bytes each. In
    a greenlet of its own the burst stands as near to the bottom as that of a short program."""
    return greenlet.greenlet(launch).switch(count)


async def parked(_launched: int) -> int:
    gevent.sleep(0)  # first in, first out: every unit has run before this goes on
    count: int = gate.linkcount()
    return count


async def pause() -> None:
    gevent.sleep(PAUSE_SECONDS)


def ended(launched: int) -> tuple[int, BaseException | None]:
    """No handle is kept, so the living are looked for among all objects: only where some unit is
    not at the gate."""
    living = sum(isinstance(one, gevent.Greenlet) and not one.dead for one in gc.get_objects())
    return launched - living, errors[0] if errors else None


def keep_error(context: Any, kind: Any, value: BaseException, trace: Any) -> None:
    """What gevent's hub is told of a greenlet that raised; it then writes it to standard error."""
    if not errors:
        errors.append(value)
    type(hub).handle_error(hub, context, kind, value, trace)


def probed() -> None:
    global first_ns
    first_ns = clock()
    round_over.wait()


async def start_one() -> int:
    begun = clock()
    probes.append(gevent.spawn(probed))
    gevent.sleep(0)
    return first_ns - begun


async def empty_one() -> int:
    begun = clock()
    gevent.sleep(0)
    return clock() - begun


async def end_started() -> None:
    round_over.set()
    gevent.joinall(probes)
    probes.clear()
    round_over.clear()


async def release() -> None:
    gate.set()
    while gate.linkcount():
        gevent.sleep(0)
    gate.clear()
