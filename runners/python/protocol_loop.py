"""The protocol loop that all Python runners share; each other file here holds only its unit.

`serve.py` starts it; the contract is `runners/README.md`. Needs the standard library alone, of
Python 3.9 or later. The loop is a coroutine that the unit drives with its own runtime; between
two commands it blocks that runtime on purpose, since its units are parked. Held alive here for
each unit: nothing, unless `pad` asks for it. Its handle, where users must keep one, is in the
unit's own list.
"""

from __future__ import annotations

import _signal as signals  # type: ignore[import-not-found]  # signal without its enums
import errno
import fcntl
import gc
import mmap
import os
import select
import sys
from collections.abc import Callable, Coroutine, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from time import perf_counter_ns as clock

# What a runner imports it takes of the limits that it measures: json, signal, typing and traceback
# would take 4 MB of address space, as much as 200 greenlets.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, BinaryIO, Protocol

    Reply = dict[str, Any]
    Main = Callable[[], Coroutine[Any, Any, None]]
    Act = Callable[[Mapping[str, str]], Coroutine[Any, Any, Reply]]  # what it gives of its reply
    Launched = tuple[int, int, Any]  # how many live, the longest spawn in nanoseconds, the refusal
    Launch = Callable[[int], Launched]

    class Unit(Protocol):
        """What a unit's file gives. `REFUSALS` are the exceptions by which its runtime says that it
        launches no more; `UNIT_BYTES` the memory that must be there for a unit to be launched
        without harm (0 where a refused spawn does none), of which `PARKING_BYTES` are taken only
        after the spawn, as it starts and parks, and `MAPPED_BYTES` are mapped for this unit alone.
        `SETS` is how many sets hold every unit.

        A unit may also have `SETTINGS`, those it takes, each with what applies its value; `UNITS`,
        its unit kinds beside the gate's, each with what makes `spawn` launch it; `ACTS`, its acts
        by name, which raise `ValueError` at an option that they do not take; `facts()`, what else
        moves the figures, asked from inside the runtime; `counts()`, what else it counts at a
        `grow`; `burst(launch, count)`, which calls `launch(count)` from where the runtime's users
        would; and `handles`, one for each unit, with `has_ended(handle)`."""

        RUNTIME: str
        VERSION: str
        UNIT: str
        REFUSALS: tuple[type[BaseException], ...]
        UNIT_BYTES: int
        PARKING_BYTES: int
        MAPPED_BYTES: int
        SETS: int

        def run(self, main: Main) -> None:
            """Drives the loop to its end in the unit's runtime."""

        def spawn(self, number: int) -> None:
            """Launches the unit of that number, from 0, by the everyday call."""

        async def parked(self, launched: int) -> int:
            """How many of the `launched` units are at the gate, once all that can run has run."""

        async def pause(self) -> None:
            """Lets units that wait for something else on their way to the gate go on."""

        def ended(self, launched: int) -> tuple[int, BaseException | None]:
            """How many of the launched units have ended, and what one of them raised; `None` where
            none raised anything, as far as can be told."""

        async def start_one(self) -> int:
            """Spawns one further unit, which stays parked: nanoseconds to its first instruction."""

        async def empty_one(self) -> int:
            """The same with nothing spawned."""

        async def end_started(self) -> None:
            """Ends the units of `start_one` and waits for their ends."""

        async def release(self) -> None:
            """Wakes all other units, waits for their ends, drops their handles."""


CONTRACT = 2
MOST_UNITS = 1_000_000_000
MOST_PROBED = 1_000
PARKING_SECONDS = 20  # without one more unit at the gate; the harness waits for 30 s
LONGEST_TEXT = 200  # characters of another's words in a reply, which may not grow without end
BLOCK = 1_000
ANSWER_BYTES = 256 << 10  # left when memory is refused: enough to park, to answer, to be measured
SMALL_BYTES = 480  # what the interpreter's own allocator serves, from arenas that it keeps
SET_ENTRY_BYTES = 16
PAD_BYTES = 33 + 8  # of a bytes object beside its content, and of its place in a list
IMPLEMENTATIONS = {"cpython": "CPython", "pypy": "PyPy"}
LIBC = "CS_GNU_LIBC_VERSION"
FLAGS = ("debug", "optimize", "dev_mode", "no_site", "utf8_mode", "context_aware_warnings")


def interpreter_facts() -> dict[str, str]:
    """What moves the figures of one interpreter, and not of another with the same version."""
    name = sys.implementation.name
    thresholds = getattr(gc, "get_threshold", None)  # PyPy has none
    collects = ", ".join(map(str, thresholds())) if thresholds else "on"
    jit = getattr(sys, "_jit", None)
    kinds = {"t": "free-threaded", "d": "debug"}
    built = [kinds.get(letter, letter) for letter in getattr(sys, "abiflags", "")]
    changed = [name for name in FLAGS if getattr(sys.flags, name, 0)]
    libc = os.confstr(LIBC) if LIBC in getattr(os, "confstr_names", {}) else None
    return {
        "python": f"{IMPLEMENTATIONS.get(name, name)} {sys.version.split()[0]}",
        "gc": collects if gc.isenabled() else "off",
        "build": ", ".join(built) or "ordinary",
        "GIL": "on" if getattr(sys, "_is_gil_enabled", lambda: True)() else "off",
        "JIT": "on" if jit is not None and jit.is_enabled() else "off",
        "flags": ", ".join(changed) or "none",
        "switch interval": f"{sys.getswitchinterval() * 1e3:g} ms",
        "libc": libc or "unknown",
    }


class BadCommand(Exception):
    """A command that is no command; the message says what was expected."""


class Collector:
    """What the garbage collector has taken so far, in nanoseconds."""

    def __init__(self) -> None:
        self.total = 0
        self._began = 0
        self._reports = hasattr(gc, "callbacks")  # PyPy's does not
        if self._reports:
            gc.callbacks.append(self._note)

    def since(self, before: int) -> int | None:
        """What it has taken since; `None` where it does not report."""
        return self.total - before if self._reports else None

    def _note(self, phase: str, _info: Mapping[str, int]) -> None:
        if phase == "start":
            self._began = clock()
        else:
            self.total += clock() - self._began


class Server:
    """Answers commands. `alive` is the count of units that live, all of them parked.

    `aside` are maps of address space that is held and never touched, so that it weighs nothing:
    what units that were spawned will take as they start and park, kept from the units spawned after
    them. They are small, since the kernel may refuse a single one that is larger than its memory.
    """

    def __init__(self, unit: Unit, pad: int) -> None:
        self._unit = unit
        self._pad = pad  # bytes that are held for each unit
        self._pads: list[Any] = []
        self._handles: list[Any] = getattr(unit, "handles", [])
        self._alive = 0
        self._collector = Collector()
        self._aside: list[mmap.mmap] = []
        self._acts: dict[str, Act] = {"collect": collect, **getattr(unit, "ACTS", {})}

    def hello(self) -> Reply:
        return {
            "reply": "hello",
            "contract": CONTRACT,
            "runtime": self._unit.RUNTIME,
            "version": self._unit.VERSION,
            "unit": self._unit.UNIT,
            "units": ["gate", *getattr(self._unit, "UNITS", {})],
            "acts": list(self._acts),
            "facts": {**interpreter_facts(), **getattr(self._unit, "facts", dict)()},
        }

    async def answer(self, words: list[str]) -> Reply:
        try:
            if words[:1] == ["grow"]:
                return await self._grow(count_in(words, 0, MOST_UNITS))
            if words[:1] == ["probe"]:
                return await self._probe(count_in(words, 1, MOST_PROBED))
            if words == ["release"]:
                return await self._release()
            if words[:1] == ["act"]:
                return await self._act(words)
            raise BadCommand("expected grow N, probe S, act NAME or release")
        except BadCommand as error:
            said = repr(" ".join(words)[:LONGEST_TEXT])
            return {"reply": "error", "message": f"{said} is no command: {error}"}

    async def _act(self, words: list[str]) -> Reply:
        """Has the units do what the words ask for, and park again."""
        name = words[1] if len(words) > 1 else ""
        options = dict(word.split("=", 1) for word in words[2:] if "=" in word)
        if name not in self._acts or len(options) < len(words[2:]):
            raise BadCommand(f"expected one of {', '.join(self._acts)}, then words key=value")
        began = clock()
        try:
            done = await self._acts[name](options)
        except ValueError as error:
            raise BadCommand(str(error)) from error
        took = clock() - began
        reply = {"reply": "act", "act": name, "alive": self._alive, "took_ns": took}
        return {**reply, "outcome": "done", **done}

    async def _grow(self, count: int) -> Reply:
        """Launches up to `count`. Where memory is refused, so much of it was asked for beforehand
        that some is left once the units have parked: so it goes on until none more can be had."""
        if count < self._alive:
            raise BadCommand(f"expected at least {self._alive}, the count alive")
        burst = getattr(self._unit, "burst", lambda launch, count: launch(count))
        longest, collected, began = 0, self._collector.total, clock()
        while True:
            before = self._alive
            launched, spawn, refused = burst(self._launch, count)
            longest = max(longest, spawn)
            self._give_back()
            self._alive, lost = await self._parked(launched)
            if lost is not None:
                refused = refusal_of(lost)
                if not isinstance(lost, MemoryError):
                    break  # more units would only do the same
            if not refused or not self._unit.UNIT_BYTES or self._alive <= before:
                break
        reply = {
            "reply": "grow",
            "alive": self._alive,
            "burst_ns": clock() - began,
            "longest_spawn_ns": longest,
            "gc_ns": self._collector.since(collected),
        }
        if refused:
            self._make_room(self._alive)
            return {**reply, "refused": refused}
        return {**reply, "counts": getattr(self._unit, "counts", dict)()}

    async def _parked(self, launched: int) -> tuple[int, BaseException | None]:
        """How many units are at the gate, once each of the `launched` is there or has ended; and
        why not all of them are. The first look finds all there where a unit only waits at the gate;
        a unit of a user's own may wait for other things on its way."""
        unit, alive, since = self._unit, await self._unit.parked(launched), clock()
        while alive < launched:
            ended, error = unit.ended(launched)
            if alive + ended >= launched:
                return alive, why_ended(ended, error)
            if clock() - since > PARKING_SECONDS * 1e9:
                late = f"{launched - alive - ended} of {launched} units did not reach the gate"
                return alive, TimeoutError(f"{late}: in {PARKING_SECONDS} s not one more did")
            await unit.pause()
            before, alive = alive, await unit.parked(launched)
            if alive > before:
                since = clock()
        return alive, None

    def _launch(self, count: int) -> Launched:
        """Launches until `count` live, or as far as it goes. The end of a spawn is the start of the
        next, so that no pause falls between two."""
        spawn = self._spawn_padded if self._pad else self._unit.spawn
        launched, longest = self._alive, 0
        try:
            self._make_room(count)
            while launched < count:
                end = launched + self._block(launched, count - launched)
                before = clock()
                for launched in range(launched, end):  # noqa: B020 - where it is when refused
                    spawn(launched)
                    now = clock()
                    if now - before > longest:
                        longest = now - before
                    before = now
                launched = end
        except self._unit.REFUSALS as error:
            self._give_back()
            return launched, longest, refusal_of(error)
        return count, longest, None

    def _spawn_padded(self, number: int) -> None:
        self._pads[number] = b"x" * max(0, self._pad - PAD_BYTES)
        self._unit.spawn(number)

    def _give_back(self) -> None:
        while self._aside:
            self._aside.pop().close()

    def _make_room(self, count: int) -> None:
        """Makes the lists of handles and pads exactly `count` long, so that none grows in a burst.
        To be made shorter they are changed in place: there may be no memory for more. Handles of
        the living come first then."""
        if hasattr(self._unit, "handles"):
            self._handles.extend([None] * (count - len(self._handles)))
        if self._pad:
            self._pads.extend([None] * (count - len(self._pads)))
        if len(self._handles) > count:
            has_ended = getattr(self._unit, "has_ended", lambda handle: False)
            kept = 0
            for handle in self._handles:
                if handle is not None and not has_ended(handle):
                    self._handles[kept], kept = handle, kept + 1
        for held in (self._handles, self._pads):
            while len(held) > count:  # a slice would take memory to be cut off
                held.pop()

    def _block(self, launched: int, left: int) -> int:
        """How many of the units that are left may be launched next: a block, or what there is
        memory for. Refused memory, most runtimes break in the midst of something (a nursery cancels
        its children, greenlet ends the process): so it is asked for here first, where a refusal
        does no harm. Raises `OSError`."""
        unit, block = self._unit, min(BLOCK, left)
        if not unit.UNIT_BYTES:
            return left
        while not fits(
            ANSWER_BYTES
            + block * (unit.UNIT_BYTES + self._pad)
            + unit.SETS * resized(launched, block),
            block * unit.MAPPED_BYTES,
        ):
            if block == 1:
                raise OSError(errno.ENOMEM, os.strerror(errno.ENOMEM))
            block = max(1, block // 2)
        if unit.PARKING_BYTES:
            self._aside.append(untouched(block * unit.PARKING_BYTES))
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
        began = clock()
        await self._unit.release()
        took = clock() - began
        self._alive = 0
        self._pads.clear()
        return {"reply": "release", "alive": 0, "release_ns": took}


async def collect(options: Mapping[str, str]) -> Reply:
    """One run of the interpreter's own collector."""
    if options:
        raise ValueError("collect takes no options")
    return {"ops": 1, "counts": {"unreachable": gc.collect() or 0}}  # PyPy's tells no number


def count_in(words: Sequence[str], least: int, most: int) -> int:
    """The command's one count. Raises `BadCommand`."""
    if len(words) == 2 and words[1].isdigit() and len(words[1]) <= len(str(most)):
        count = int(words[1])
        if least <= count <= most:
            return count
    raise BadCommand(f"expected one whole number from {least} to {most}")


def refusal_of(error: BaseException) -> Reply:
    """The runtime's own words: the errno's name where it gives one, else the exception's."""
    name, number, text = type(error).__name__, None, str(error)
    if isinstance(error, MemoryError):
        number, text = errno.ENOMEM, text or "out of memory"
    elif isinstance(error, OSError) and error.errno is not None:
        number, text = error.errno, error.strerror or text
        name = errno.errorcode.get(number, name)
    return {"error": name, "errno": number, "message": text[:LONGEST_TEXT]}


def why_ended(count: int, error: BaseException | None) -> BaseException:
    """Why units ended before they reached the gate: what one of them raised, unless that was for
    want of memory, of which runtimes lose the words."""
    units = "1 unit" if count == 1 else f"{count} units"
    if isinstance(error, MemoryError):
        return MemoryError(f"{units} died at their start")
    if error is None:
        return RuntimeError(f"{units} ended without waiting at the gate")
    return error


def fits(size: int, mapped: int) -> bool:
    """Whether so much memory can be had now, of which `mapped` only from the system itself: the
    rest may also lie in what the interpreter keeps for objects."""
    try:
        untouched(size).close()
    except OSError:
        try:
            if mapped:
                untouched(mapped).close()
            [bytes(SMALL_BYTES) for _ in range((size - mapped) // SMALL_BYTES)]
        except (OSError, MemoryError):
            return False
    return True


def untouched(size: int) -> mmap.mmap:
    """So much address space. Raises `OSError`."""
    return mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)


def resized(entries: int, more: int) -> int:
    """What CPython's set of so many entries takes anew when `more` join it: a table of two to four
    times the entries, once three fifths of the old one are used."""
    size, taken = 8, 0
    while (full := (size - 1) * 3 // 5) <= entries + more:
        least = full * (2 if full > 50_000 else 4)
        size = 1 << least.bit_length()
        if full > entries:
            taken += size * SET_ENTRY_BYTES
    return taken


async def serve(server: Server, commands: Iterable[bytes], replies: BinaryIO) -> None:
    """Says hello, then answers until the commands end. The process ends at once then, and at a
    fault of ours: its runtime would first wait for its units, or cancel and tell of each."""
    try:
        say(replies, server.hello())
        for line in commands:
            with ending_with_input():
                reply = await server.answer(line.decode("ascii", "replace").split())
            say(replies, reply)
    except BaseException:
        sys.excepthook(*sys.exc_info())
        os._exit(1)
    os._exit(0)


async def serve_once(server: Server, words: list[str], replies: BinaryIO) -> None:
    """Answers one command, and reads and watches nothing: an outcome such as a deadlock is that of
    the units alone."""
    reply = await server.answer(words)
    say(replies, reply)
    os._exit(0 if reply["reply"] == "act" else 1)


def say(replies: BinaryIO, reply: Reply) -> None:
    replies.write(f"{as_json(reply)}\n".encode())
    replies.flush()


def as_json(value: Any) -> str:
    """A reply's text: objects, lists, texts, whole numbers and null are all that it holds."""
    if isinstance(value, dict):
        return f"{{{', '.join(f'{as_json(key)}: {as_json(one)}' for key, one in value.items())}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(as_json, value))}]"
    if isinstance(value, str):
        codes = memoryview(value.encode("utf-16", "surrogatepass")).cast("H")[1:]
        texts = (chr(c) if 32 <= c < 127 and c not in b'"\\' else f"\\u{c:04x}" for c in codes)
        return f'"{"".join(texts)}"'
    return "null" if value is None else str(int(value))


def move_protocol() -> BinaryIO:
    """Where replies go from now on: what standard output was, which becomes standard error."""
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return replies


@contextmanager
def ending_with_input() -> Iterator[None]:
    """Ends the process at once when the other end of its input closes in the midst of a command: by
    SIGIO from the kernel, which may send one for the command itself too, somewhat late.

    A thread that waits for the hang-up would take a stack, an allocator's arena of 64 MiB and a
    place among the threads, all of limits that are to be measured. Neither can look while a call
    holds the interpreter's lock: a full garbage collection of many units is the longest. Between
    commands the input's end is read as such.
    """
    flags = fcntl.fcntl(0, fcntl.F_GETFL)
    signals.signal(signals.SIGIO, end_if_input_has_ended)
    fcntl.fcntl(0, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(0, fcntl.F_SETFL, flags | os.O_ASYNC)
    try:
        end_if_input_has_ended()  # before the kernel was asked
        yield
    finally:
        fcntl.fcntl(0, fcntl.F_SETFL, flags)


def end_if_input_has_ended(*_: object) -> None:
    poll = select.poll()
    poll.register(0, 0)
    if poll.poll(0):
        os._exit(0)


def configure(unit: Unit, words: Iterable[str]) -> int:
    """Applies the settings, each `key=value`, and gives that of `pad`; ends the runner at one that
    it cannot apply."""
    pads = [0]
    kinds = {"gate": lambda: None, **getattr(unit, "UNITS", {})}
    known: dict[str, Callable[[str], object]] = {
        "pad": lambda value: pads.append(count_in(["pad", value], 0, MOST_UNITS)),
        "unit": lambda value: kinds[value](),
        **getattr(unit, "SETTINGS", {}),
    }
    for word in words:
        key, _, value = word.partition("=")
        if key not in known:
            sys.exit(f"{unit.RUNTIME} knows no setting {word!r}; it takes {', '.join(known)}")
        try:
            known[key](value)
        except KeyError:
            sys.exit(f"{unit.RUNTIME} has no unit {value!r}; it has {', '.join(kinds)}")
        except (ValueError, OverflowError, BadCommand) as error:
            sys.exit(f"{unit.RUNTIME} cannot be set to {word!r}: {error}")
    return pads[-1]


def drive(unit: Unit, words: Sequence[str], replies: BinaryIO) -> None:
    """Takes the unit, set as the words say, through the commands that come; or through the one act
    that the words end with."""
    end = list(words).index("act") if "act" in words else len(words)
    pad, act = configure(unit, words[:end]), list(words[end:])

    def main() -> Coroutine[Any, Any, None]:
        server = Server(unit, pad)
        if act:
            return serve_once(server, act, replies)
        return serve(server, sys.stdin.buffer, replies)

    unit.run(main)
