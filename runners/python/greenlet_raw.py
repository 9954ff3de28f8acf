"""One unit is a raw greenlet: one function of the user's own that switches to the main greenlet.

Parked: the switch into it has come back. Held alive: the greenlet, in a list made beforehand, since
one that nobody holds is ended. A start latency is the making of a greenlet and the switch into it,
an empty round the clock alone.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Coroutine
from time import perf_counter_ns as clock

import greenlet as library  # type: ignore[import-untyped]
from greenlet import getcurrent, greenlet

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

RUNTIME = "greenlet"
VERSION = library.__version__
UNIT = (
    "a greenlet: def unit(): main.switch() to the main greenlet, started by "
    "greenlet(unit).switch(); the greenlet is kept in a list made beforehand"
)
REFUSALS = (MemoryError, OSError, library.error)
UNIT_BYTES, PARKING_BYTES, MAPPED_BYTES, SETS = 19_500, 0, 16_384, 0  # mapped: its frames

main = getcurrent()
handles: list[Any] = []
probes: list[Any] = []


def unit() -> None:
    main.switch()


def run(serve: Callable[[], Coroutine[Any, Any, None]]) -> None:
    with contextlib.suppress(StopIteration):
        serve().send(None)


def spawn(number: int) -> None:
    handles[number] = one = greenlet(unit)
    if (
        one.switch() is None
    ):  # what a unit returns that ended; a switch to the main greenlet gives ()
        raise RuntimeError("a unit ended without switching to the main greenlet")


async def parked(launched: int) -> int:
    return launched


async def pause() -> None:
    """Nothing else can run: a unit is at its switch when the spawn comes back."""


def ended(_launched: int) -> tuple[int, BaseException | None]:
    return 0, None


def probed() -> None:
    main.switch(clock())


async def start_one() -> int:
    begun = clock()
    probes.append(greenlet(probed))
    first: int = probes[-1].switch()
    return first - begun


async def empty_one() -> int:
    begun = clock()
    return clock() - begun


async def end_started() -> None:
    end(probes)


async def release() -> None:
    end(handles)


def end(those: list[Any]) -> None:
    for one in those:
        one.switch()
    those.clear()
