"""One unit is a `threading.Thread`: one function of the user's own that waits on one `Event`.

Parked: its lock is among the waiters of the event's condition. Held alive: the Thread, in a list
made beforehand, since it is to be joined. A start latency runs to the new thread's first
instruction while the spawner sleeps; an empty round is the clock and the queue alone.
"""

from __future__ import annotations

import contextlib
import resource
import signal
import sys
import threading
import time
from collections.abc import Callable, Coroutine, Iterator, Mapping
from queue import SimpleQueue
from threading import Thread
from time import perf_counter_ns as clock

try:
    import ctypes

    prctl = ctypes.CDLL(None, use_errno=True).prctl
    prctl.argtypes = [ctypes.c_int, *[ctypes.c_ulong] * 4]
except (ImportError, OSError, AttributeError):  # not every Python has it, nor every system
    prctl = None  # type: ignore[assignment]

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

RUNTIME = "threading"
VERSION = sys.version.split()[0]
UNIT = (
    "a thread: def unit(): gate.wait() on one threading.Event, started by "
    "Thread(target=unit).start(); its Thread is kept in a list made beforehand"
)
REFUSALS = (MemoryError, OSError, RuntimeError)
UNIT_BYTES, PARKING_BYTES, MAPPED_BYTES, SETS = 0, 0, 0, 0  # a refused start does no harm
FUTEX_HASH, SET_SLOTS, GET_SLOTS = 78, 1, 2  # of linux/prctl.h, from Linux 6.16 on
POLL_SECONDS = 0.0002
LOOK_SECONDS = 0.25
PARKING_LOOK_SECONDS = 1.0
RELEASE_SWITCH_SECONDS = 10.0

stack_bytes: int | None = None
gate = threading.Event()
handles: list[Any] = []
others = 0  # threads that are no units
suspect: object = None
errors: list[BaseException] = []

round_over = threading.Event()
probes: list[Thread] = []
first_ns: SimpleQueue[int] = SimpleQueue()


def unit() -> None:
    gate.wait()


def run(main: Callable[[], Coroutine[Any, Any, None]]) -> None:
    global others
    others = kernel_threads() or 0
    signal.signal(signal.SIGALRM, look_for_a_death)
    threading.excepthook = keep_error
    with contextlib.suppress(StopIteration):
        main().send(None)


def set_stack_size(value: str) -> None:
    global stack_bytes
    stack_bytes = int(value)
    threading.stack_size(stack_bytes)


def futex_slots() -> int | None:
    """How many slots the hash has in which the kernel finds this process's sleeping threads, 0
    before the second thread; `None` where it has none for each process."""
    slots = prctl(FUTEX_HASH, GET_SLOTS, 0, 0, 0) if prctl else -1
    return None if slots < 0 else slots


def set_futex_slots(value: str) -> None:
    slots = int(value)
    if futex_slots() is None:
        raise ValueError("this kernel has no futex hash for each process (Linux 6.16 has)")
    if slots < 1 or prctl(FUTEX_HASH, SET_SLOTS, slots, 0, 0):
        raise ValueError("the kernel does not take that many slots; give a power of two")


SETTINGS: Mapping[str, Callable[[str], object]] = {
    "stack-size": set_stack_size,
    "futex-slots": set_futex_slots,
}


def counts() -> Mapping[str, int]:
    slots = futex_slots()
    return {} if slots is None else {"futex_slots": slots}


def facts() -> Mapping[str, str]:
    """The size is remembered, since to ask `threading.stack_size()` for it sets it to 0."""
    soft, _ = resource.getrlimit(resource.RLIMIT_STACK)
    default = "unlimited" if soft == resource.RLIM_INFINITY else str(soft)
    return {"stack bytes": str(stack_bytes or default)}


def has_ended(thread: Thread) -> bool:
    return not thread.is_alive()


def spawn(number: int) -> None:
    handles[number] = thread = Thread(target=unit)
    start(thread)


def start(thread: Thread) -> None:
    """Starts it. CPython does not hand on the errno of `pthread_create`; and of a thread that could
    not be started for want of memory it keeps a trace."""
    try:
        thread.start()
    except MemoryError:
        threading._limbo.pop(thread, None)  # type: ignore[attr-defined]
        raise


@contextlib.contextmanager
def deaths_told() -> Iterator[None]:
    """Sees to it that `start()` comes back from a thread that dies before it says that it has
    begun, for which it would wait for ever (python/cpython#140746)."""
    signal.setitimer(signal.ITIMER_REAL, LOOK_SECONDS, LOOK_SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def look_for_a_death(_number: int, _frame: object) -> None:
    """Raises in the midst of `start()`, if the same thread is about to begin at two looks and the
    kernel has none but those that have begun. A hook cannot tell: where memory has run out, there
    is none to call it with."""
    global suspect
    beginning = next(iter(threading._limbo), None)  # type: ignore[attr-defined]
    if beginning is not None and beginning is suspect:
        alive = kernel_threads()
        if alive is not None and alive <= len(threading._active):  # type: ignore[attr-defined]
            raise MemoryError("a thread died before it had begun")
    suspect = beginning


def kernel_threads() -> int | None:
    """How many threads the process has; `None` where the system does not tell."""
    try:
        with open("/proc/self/status", "rb", buffering=0) as status:  # noqa: PTH123 - no memory
            text = status.read(4_096) or b""
    except OSError:
        return None
    return int(text.partition(b"Threads:")[2].split(None, 1)[0])


def burst(launch: Callable[[int], Any], count: int) -> Any:
    with deaths_told():
        return launch(count)


async def parked(launched: int) -> int:
    """Polls, as the event has nothing that could say when the last of many waiters has come. With
    the lock held, whoever is counted has let go of it and has nothing left to do but wait."""
    end = clock() + PARKING_LOOK_SECONDS * 1e9
    while True:
        with gate._cond:  # type: ignore[attr-defined]
            count = len(gate._cond._waiters)  # type: ignore[attr-defined]
        if count >= launched or clock() > end:
            return count
        alive = kernel_threads()
        if alive is not None and count == alive - others:
            return count
        time.sleep(POLL_SECONDS)


async def pause() -> None:
    """`parked` has waited."""


def ended(launched: int) -> tuple[int, BaseException | None]:
    dead = sum(not thread.is_alive() for thread in handles[:launched])
    return dead, errors[0] if errors else None


def keep_error(told: threading.ExceptHookArgs) -> None:
    """Keeps what the first unit raised; the usual hook then writes it to standard error."""
    if not errors and told.exc_value is not None:
        errors.append(told.exc_value)
    threading.__excepthook__(told)


def probed() -> None:
    first_ns.put(clock())
    round_over.wait()


async def start_one() -> int:
    with deaths_told():
        begun = clock()
        thread = Thread(target=probed)
        start(thread)
    probes.append(thread)
    return first_ns.get() - begun


async def empty_one() -> int:
    begun = clock()
    first_ns.put(clock())
    return first_ns.get() - begun


async def end_started() -> None:
    round_over.set()
    end(probes)
    round_over.clear()


async def release() -> None:
    """At the interpreter's everyday switch interval of 5 ms, ten thousand threads that all wait for
    its lock wake each other in vain: their release was seen to take from 3 to 71 s, and holds up
    the machine. Without that it takes 1 s, and tells what ending a thread costs."""
    everyday = sys.getswitchinterval()
    sys.setswitchinterval(RELEASE_SWITCH_SECONDS)
    gate.set()
    end(handles)
    gate.clear()
    sys.setswitchinterval(everyday)


def end(those: list[Any]) -> None:
    for thread in those:
        thread.join()
    those.clear()
