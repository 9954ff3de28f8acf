"""The protocol loop that all Python runners share; each other file here holds only its unit.

Started as `python -I serve.py UNIT.py [key=value…]`; the contract is `runners/README.md`. Needs the
standard library alone, of Python 3.9 or later. The loop is a coroutine that the unit drives with
its own runtime; between two commands it blocks that runtime on purpose, since its units are parked.
Held alive here for each unit: nothing. Its handle, where users must keep one, is in the unit's own
list.
"""

from __future__ import annotations

import contextlib
import errno
import gc
import importlib.util
import json
import mmap
import os
import platform
import select
import sys
import threading
import traceback
from collections.abc import Callable, Coroutine, Iterable, Mapping
from time import perf_counter_ns as clock
from typing import Any, BinaryIO, Protocol, cast

CONTRACT = 1
MOST_UNITS = 1_000_000_000
MOST_PROBED = 1_000
LONGEST_TEXT = 200  # characters of another's words in a reply, which may not grow without end
BLOCK = 1_000
BALLAST_BYTES = 64 << 20  # the ends of 200,000 units and an answer
WATCHED_VARIABLES = ("MALLOC_ARENA_MAX", "GLIBC_TUNABLES")

Reply = dict[str, Any]
Main = Callable[[], Coroutine[Any, Any, None]]
Launched = tuple[int, int, Any]  # how many live, the longest spawn in nanoseconds, the refusal
Launch = Callable[[int], Launched]


class Unit(Protocol):
    """What a unit's file gives. `SETTINGS` are those it takes, each with what applies its value;
    `REFUSALS` the exceptions by which its runtime says that it launches no more; `UNIT_BYTES` the
    address space that must be there for a unit to be launched without harm (0 where it takes care
    of itself), of which `PARKING_BYTES` are taken only after the spawn, as it starts and parks."""

    RUNTIME: str
    VERSION: str
    UNIT: str
    SETTINGS: Mapping[str, Callable[[str], object]]
    REFUSALS: tuple[type[BaseException], ...]
    UNIT_BYTES: int
    PARKING_BYTES: int

    def run(self, main: Main) -> None:
        """Drives the loop to its end in the unit's runtime."""

    def facts(self) -> Mapping[str, str]:
        """What else moves the figures. Asked from inside the runtime."""

    def room(self, count: int) -> None:
        """Makes the list of handles exactly `count` long."""

    def spawn(self, number: int) -> None:
        """Launches the unit of that number, from 0, by the everyday call."""

    def burst(self, launch: Launch, count: int) -> Launched:
        """Calls `launch(count)` from where the runtime's users would."""

    async def parked(self, launched: int) -> int:
        """Waits until each of the `launched` units is parked or dead: how many are parked. The
        handles of the dead, if any, are dropped."""

    async def start_one(self) -> int:
        """Spawns one further unit, which stays parked: nanoseconds to its first instruction."""

    async def empty_one(self) -> int:
        """The same with nothing spawned."""

    async def end_started(self) -> None:
        """Ends the units of `start_one` and waits for their ends."""

    async def release(self) -> None:
        """Wakes all other units, waits for their ends, drops their handles."""


class Rejected(Exception):
    """A command that is no command; the message says what was expected."""


class Collector:
    """What the garbage collector has taken so far, in nanoseconds."""

    def __init__(self) -> None:
        self.total = 0
        self._began = 0
        gc.callbacks.append(self._note)

    def _note(self, phase: str, _info: Mapping[str, int]) -> None:
        if phase == "start":
            self._began = clock()
        else:
            self.total += clock() - self._began


class Ballast:
    """Address space set aside and never touched, so that it weighs nothing. Refused memory, most
    runtimes break in the midst of something (a nursery cancels its children, greenlet ends the
    process): so memory is asked for here first, where a refusal does no harm.

    In many small maps, since the kernel may refuse a single one that is larger than its memory.
    """

    def __init__(self) -> None:
        self._maps: list[mmap.mmap] = []

    def hold(self, size: int) -> None:
        """Sets so much more aside. Raises `OSError`."""
        self._maps.append(mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS))

    def throw(self) -> None:
        while self._maps:
            self._maps.pop().close()

    def restore(self) -> None:
        """Holds what it does at rest, if that can be had."""
        self.throw()
        with contextlib.suppress(OSError):
            self.hold(BALLAST_BYTES)


class Server:
    """Answers commands. `alive` is the count of units that live, all of them parked."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit
        self._alive = 0
        self._collector = Collector()
        self._ballast = Ballast()
        self._ballast.restore()

    def hello(self) -> Reply:
        facts = {
            "python": f"{platform.python_implementation()} {platform.python_version()}",
            "gc": ", ".join(map(str, gc.get_threshold())) if gc.isenabled() else "off",
        }
        facts.update({name: os.environ[name] for name in WATCHED_VARIABLES if name in os.environ})
        return {
            "reply": "hello",
            "contract": CONTRACT,
            "runtime": self._unit.RUNTIME,
            "version": self._unit.VERSION,
            "unit": self._unit.UNIT,
            "facts": {**facts, **self._unit.facts()},
        }

    async def answer(self, line: bytes) -> Reply:
        words = line.decode("ascii", "replace").split()
        try:
            if words[:1] == ["grow"]:
                return await self._grow(count_in(words, 0, MOST_UNITS))
            if words[:1] == ["probe"]:
                return await self._probe(count_in(words, 1, MOST_PROBED))
            if words == ["release"]:
                return await self._release()
            raise Rejected(f"{quoted(words)} is no command; expected grow N, probe S or release")
        except Rejected as error:
            return {"reply": "error", "message": str(error)}

    async def _grow(self, count: int) -> Reply:
        if count < self._alive:
            raise Rejected(f"grow {count}: expected at least {self._alive}, the count alive")
        collected, began = self._collector.total, clock()
        launched, longest, refused = self._unit.burst(self._launch, count)
        # Moved without need, it would leave a hole of its size for the next units, who would take
        # fewer mappings in it than elsewhere.
        if self._unit.UNIT_BYTES or refused:
            self._ballast.throw()
        self._alive = await self._unit.parked(launched)
        burst = clock() - began
        if self._alive < launched:
            refused = refusal_of(MemoryError(f"{launched - self._alive} units died at their start"))
        if refused:
            self._unit.room(self._alive)
        elif self._unit.UNIT_BYTES:
            self._ballast.restore()
        reply = {
            "reply": "grow",
            "alive": self._alive,
            "burst_ns": burst,
            "longest_spawn_ns": longest,
            "gc_ns": self._collector.total - collected,
        }
        return {**reply, "refused": refused} if refused else reply

    def _launch(self, count: int) -> Launched:
        """Launches until `count` live, or as far as it goes. The end of a spawn is the start of the
        next, so that no pause falls between two."""
        spawn, launched, longest = self._unit.spawn, self._alive, 0
        try:
            self._unit.room(count)
            if self._unit.UNIT_BYTES:
                self._ballast.throw()
            while launched < count:
                end = launched + self._block(count - launched)
                before = clock()
                for launched in range(launched, end):  # noqa: B020 - where it is when refused
                    spawn(launched)
                    now = clock()
                    if now - before > longest:
                        longest = now - before
                    before = now
                launched = end
        except self._unit.REFUSALS as error:
            self._ballast.throw()
            return launched, longest, refusal_of(error)
        return count, longest, None

    def _block(self, left: int) -> int:
        """How many of the units that are left may be launched next: a block, or what there is
        memory for, beside the ballast, which is left to tables that grow. Raises `OSError`."""
        unit, block = self._unit, min(BLOCK, left)
        if not unit.UNIT_BYTES:
            return left
        while not fits(BALLAST_BYTES + block * unit.UNIT_BYTES):
            if block == 1:
                raise OSError(errno.ENOMEM, os.strerror(errno.ENOMEM))
            block = max(1, block // 10)
        if unit.PARKING_BYTES:
            self._ballast.hold(block * unit.PARKING_BYTES)
        return block

    async def _probe(self, count: int) -> Reply:
        starts: list[int] = []
        refused = None
        try:
            for _ in range(count):
                starts.append(await self._unit.start_one())  # noqa: PERF401 - kept when refused
        except self._unit.REFUSALS as error:
            refused = refusal_of(error)
        await self._unit.end_started()
        empties = [await self._unit.empty_one() for _ in range(count)]
        reply = {"reply": "probe", "alive": self._alive, "start_ns": starts, "empty_ns": empties}
        return {**reply, "refused": refused} if refused else reply

    async def _release(self) -> Reply:
        self._ballast.throw()
        began = clock()
        await self._unit.release()
        took = clock() - began
        self._alive = 0
        gc.collect()
        self._ballast.restore()
        return {"reply": "release", "alive": 0, "release_ns": took}


def count_in(words: list[str], least: int, most: int) -> int:
    """The command's one count. Raises `Rejected`."""
    if len(words) == 2 and words[1].isdigit() and len(words[1]) <= len(str(most)):
        count = int(words[1])
        if least <= count <= most:
            return count
    raise Rejected(f"{quoted(words)}: expected one whole number from {least} to {most}")


def quoted(words: Iterable[str]) -> str:
    return repr(" ".join(words)[:LONGEST_TEXT])


def refusal_of(error: BaseException) -> Reply:
    """The runtime's own words: the errno's name where it gives one, else the exception's."""
    name, number, text = type(error).__name__, None, str(error)
    if isinstance(error, MemoryError):
        number, text = errno.ENOMEM, text or "out of memory"
    elif isinstance(error, OSError) and error.errno is not None:
        number, text = error.errno, error.strerror or text
        name = errno.errorcode.get(number, name)
    return {"error": name, "errno": number, "message": text[:LONGEST_TEXT]}


def fits(size: int) -> bool:
    """Whether so much address space can be had now."""
    try:
        mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS).close()
    except OSError:
        return False
    return True


async def serve(unit: Unit, commands: Iterable[bytes], replies: BinaryIO) -> None:
    """Says hello, then answers until the commands end. At a fault of ours the process ends at once:
    its runtime would first wait for its units, or cancel and tell of each."""
    try:
        server = Server(unit)
        say(replies, server.hello())
        for line in commands:
            say(replies, await server.answer(line))
    except BaseException:
        traceback.print_exc()
        os._exit(1)


def say(replies: BinaryIO, reply: Reply) -> None:
    replies.write(json.dumps(reply).encode() + b"\n")
    replies.flush()


def move_protocol() -> BinaryIO:
    """Where replies go from now on: what standard output was, which becomes standard error."""
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return replies


def end_with_input() -> None:
    """Ends the process at once when the other end of its input closes, whatever it is doing.

    A thread, since the main one may be in the midst of a burst. It waits for no data, only for the
    hang-up, and cannot look while a call holds the interpreter's lock: a full garbage collection
    of many units is the longest. A reading thread would have to hand on every command instead.
    """
    poll = select.poll()
    poll.register(0, 0)

    def wait() -> None:
        poll.poll()
        os._exit(0)

    threading.Thread(target=wait, daemon=True).start()


def load(path: str) -> Unit:
    """The unit's file as a module. By its path, so that a file named as the library it uses
    cannot shadow it."""
    spec = importlib.util.spec_from_file_location("unit", path)
    if spec is None or spec.loader is None:
        sys.exit(f"{path} is no Python file; expected a unit's, like those beside serve.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return cast("Unit", module)


def configure(unit: Unit, words: Iterable[str]) -> None:
    """Applies the settings, each `key=value`; ends the runner at one that it cannot apply."""
    for word in words:
        key, _, value = word.partition("=")
        if key not in unit.SETTINGS:
            known = ", ".join(unit.SETTINGS) or "none"
            sys.exit(f"{unit.RUNTIME} knows no setting {word!r}; it takes {known}")
        try:
            unit.SETTINGS[key](value)
        except (ValueError, OverflowError) as error:
            sys.exit(f"{unit.RUNTIME} cannot be set to {word!r}: {error}")


def main(path: str, *words: str) -> None:
    replies = move_protocol()
    end_with_input()
    unit = load(path)
    configure(unit, words)
    unit.run(lambda: serve(unit, sys.stdin.buffer, replies))


if __name__ == "__main__":
    main(*sys.argv[1:])
    os._exit(0)  # the input has ended, and with it the units, which nobody waits for
