"""A runner's process: started, asked, watched over, and surely ended.

Guarantees: it never outlives the harness, nor does what descends from it (`bench.engine.children`
says how); its death is seen at once, whoever else holds its pipes, and so is the end of its input
or of its replies; a reply that was written before counts; every question has a deadline; standard
error is drained while waiting, so that a chatty runner cannot block itself, and only its ends are
kept.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import IO, Protocol, TypeVar

import msgspec

from bench.clock import Clock
from bench.engine.children import LOOK_SECONDS, Child, Launch, run_child
from bench.engine.protocol import (
    COLLECT,
    CONTRACTS,
    LONGEST_LINE,
    AnyReply,
    Collected,
    Greeted,
    Grown,
    Performed,
    Probed,
    ProtocolError,
    Refused,
    Rejected,
    Released,
    act_command,
    excerpt,
    parse,
)
from bench.errors import is_refusal
from bench.model.records import Act
from bench.signals import held

PATIENCE_SECONDS = 30.0
GRACE_SECONDS = 2.0  # to end by itself, before it is killed
DYING_SECONDS = 1.0  # from the end of its input or its replies to its own, if it is dying
CLOCKS_APART_SECONDS = 1.0  # between a runner's clock and ours
LONGEST_POLL_SECONDS = 60.0  # poll() takes no more than 24 days
HEAD_BYTES = 1_024
TAIL_BYTES = 4_096
FLOOD_BYTES = 4 << 20

R = TypeVar("R", bound=AnyReply)


class RunnerError(Exception):
    """A runner that can no longer be asked. `tail` is the end of its standard error."""

    signal: str | None = None

    def __init__(self, message: str, tail: str = "") -> None:
        super().__init__(message)
        self.tail = tail


class RunnerDied(RunnerError):
    """The process ended by itself or was killed. `signal` is the signal's name, if one did it."""

    def __init__(self, message: str, tail: str, number: int | None) -> None:
        super().__init__(message, tail)
        self.signal = signal_name(number) if number else None


class RunnerNotStarted(RunnerError):
    """No process could be made of it. `errno` is the system's, where it has given one."""

    def __init__(self, message: str, errno: int | None) -> None:
        super().__init__(message)
        self.errno = errno


class RunnerHung(RunnerError):
    """No reply within the deadline."""


class RunnerBroke(RunnerError):
    """An answer that the contract does not allow."""


class RunnerFlooded(RunnerError):
    """So much on standard error that nothing else is to be expected."""


class Runner(Protocol):
    """What a session needs of a runner; `bench.engine.fake` has one that launches nothing."""

    @property
    def pid(self) -> int: ...
    def hello(self) -> Greeted: ...
    def grow(self, count: int, foretold_seconds: float) -> Grown: ...
    def probe(self, count: int) -> Probed: ...
    def act(
        self, name: str, options: Mapping[str, str], foretold_seconds: float = 0.0
    ) -> Performed: ...
    def release(
        self, foretold_seconds: float, ended: Callable[[], None] | None = None
    ) -> Released: ...
    def stop(self) -> None: ...


class RunnerProcess:
    """A live runner. Not thread-safe; to be started as `Child` says.

    Raises `RunnerNotStarted` where the system lets no process be made of it."""

    def __init__(self, launch: Launch, clock: Clock) -> None:
        self._clock = clock
        self._buffer = bytearray()
        self._head = bytearray()
        self._tail = bytearray()
        self._poured = 0
        self._replies = 0
        self._collecting: str | None = None
        self._alive = 0
        self._is_dead = False
        self._closed: str | None = None  # its input or its replies, since `_closed_at`
        self._closed_at = 0.0
        self._child = _started(launch, clock)
        process = self._child.process
        assert process.stdin is not None
        assert process.stderr is not None
        assert self._child.replies is not None
        self._input, self._errors = process.stdin, process.stderr
        self._output = self._child.replies
        self._poll = select.poll()
        for stream in (self._output, self._errors):
            os.set_blocking(stream.fileno(), False)
            self._poll.register(stream, select.POLLIN)
        self._poll.register(self._input, 0)  # which reports one thing: that nobody reads it
        if self._child.pidfd is not None:
            self._poll.register(self._child.pidfd, select.POLLIN)

    @property
    def pid(self) -> int:
        return self._child.pid

    def hello(self) -> Greeted:
        """The runner's first line, waited for. Raises `RunnerError`, as every question does."""
        hello = self.answer("hello", Greeted, PATIENCE_SECONDS)
        if hello.contract not in CONTRACTS:
            raise self._broke(
                f"the runner speaks contract {hello.contract}, "
                f"this harness {' and '.join(map(str, CONTRACTS))}"
            )
        self._collecting = hello.collecting
        return hello

    def grow(self, count: int, foretold_seconds: float) -> Grown:
        """Launches up to `count` units in all; a refusal is in the reply."""
        grown = self.ask(f"grow {count}", Grown, foretold_seconds)
        self._check_count(f"grow {count}", grown.alive, count, grown.refused)
        if grown.alive < self._alive:
            raise self._broke(
                f"the runner answered 'grow {count}' with {grown.alive}, fewer than the "
                f"{self._alive} that were alive"
            )
        self._alive = grown.alive
        return grown

    def probe(self, count: int) -> Probed:
        """Start latencies of `count` further units, one at a time."""
        probed = self.ask(f"probe {count}", Probed, 0)
        self._check_count(f"probe {count}", len(probed.start_ns), count, probed.refused)
        return probed

    def act(
        self, name: str, options: Mapping[str, str], foretold_seconds: float = 0.0
    ) -> Performed:
        """Has the living units perform an operation and park again."""
        command = " ".join(act_command(name, options))
        performed = self.ask(command, Performed, foretold_seconds)
        if performed.act != name:
            raise self._broke(f"the runner answered '{command}' with the act '{performed.act}'")
        self._check_count(command, performed.alive, self._alive, None)
        return performed

    def release(self, foretold_seconds: float, ended: Callable[[], None] | None = None) -> Released:
        """Ends all units, and has their garbage collected. Between the two `ended` is called, if
        this runner collects apart from the release."""
        released = self.ask("release", Released, foretold_seconds)
        self._check_count("release", released.alive, 0, None)
        self._alive = 0
        if self._collecting is not None:
            if ended is not None:
                ended()
            kind: type[Collected | Performed] = Performed
            if self._collecting == COLLECT:  # as a command of its own, in contract 1
                kind = Collected
            self._check_count(COLLECT, self.ask(self._collecting, kind).alive, 0, None)
        return released

    def ask(self, command: str, kind: type[R], foretold_seconds: float = 0.0) -> R:
        """Sends one command and waits for its reply, which must be of `kind`. Its durations cannot
        be longer than the answer took: forecasts and deadlines are made from them.

        The deadline is 30 s or ten times what was foretold, whichever is longer.
        """
        began = self._clock.monotonic()
        self.send(command)
        reply = self.answer(command, kind, max(PATIENCE_SECONDS, 10 * foretold_seconds))
        seconds = self._clock.monotonic() - began
        for name, took in reply.durations().items():
            if (took or 0) / 1e9 > seconds + CLOCKS_APART_SECONDS:
                raise self._broke(
                    f"the runner answered '{command}' within {seconds:.1f} s, but {name} says "
                    f"{(took or 0) / 1e9:,.1f} s"
                )
        return reply

    def send(self, command: str) -> None:
        """Sends one command and waits for nothing. To a dead runner nothing is sent: whoever holds
        its pipe might answer in its place."""
        self._poured, self._head = 0, bytearray()
        self._drain(0)
        if self._is_dead:
            self._buffer.clear()
        elif b"\n" in self._buffer:
            raise self._broke(
                f"the runner wrote a reply that nothing had asked for before '{command}'"
            )
        elif self._closed != "input":
            with contextlib.suppress(BrokenPipeError):  # no reader: the poll reports that
                self._input.write(f"{command}\n".encode())

    def answer(self, command: str, kind: type[R], seconds: float) -> R:
        """Waits up to `seconds` for the reply to a command that was sent; it must be of `kind`."""
        line = self._line(command, seconds)
        self._replies += 1
        try:
            reply = parse(line, self._replies)
        except ProtocolError as error:
            raise self._broke(f"the runner's answer to '{command}' is no reply: {error}") from error
        if isinstance(reply, kind):
            return reply
        if isinstance(reply, Rejected):
            raise self._broke(f"the runner rejected '{command}': {reply.message}")
        wanted, got = kind.__struct_config__.tag, type(reply).__struct_config__.tag
        raise self._broke(f"the runner answered '{command}' with '{got}', not '{wanted}'")

    def has_answered(self) -> bool:
        """Whether a reply has come that nobody has waited for yet."""
        self._drain(0)
        return b"\n" in self._buffer

    def close_input(self) -> None:
        """Ends the runner's input, at which it must end itself."""
        if not self._input.closed:
            self._unwatch(self._input.fileno())
            with contextlib.suppress(OSError):
                self._input.close()

    def stop(self) -> None:
        """Ends the runner and everything that descends from it, and waits until it is gone."""
        with held():
            self.close_input()
            grace = 0 if self._poured > FLOOD_BYTES else GRACE_SECONDS
            deadline = self._clock.monotonic() + grace
            while not self._is_dead and (left := deadline - self._clock.monotonic()) > 0:
                self._drain(left)
            self._child.end()
            self._is_dead = True
            for stream in (self._output, self._errors):
                stream.close()

    def ended(self) -> bool:
        """Whether the process has ended. Leaves it unreaped, so that its id stays its own."""
        return self._child.ended()

    def tail(self) -> str:
        """What the runner wrote to standard error: its end, and where that is long, what came first
        after the last question: a dying Go program tells why, then prints every goroutine."""
        end = self._tail.decode("utf-8", "replace").strip()
        if self._poured <= TAIL_BYTES:
            return end
        return f"{self._head.decode('utf-8', 'replace').strip()}\n…\n{end}"

    def _line(self, command: str, seconds: float) -> bytes:
        """The next whole line of the protocol, however it comes in pieces."""
        deadline = self._clock.monotonic() + seconds
        while (end := self._buffer.find(b"\n")) < 0:
            self._check_length(command, len(self._buffer))
            self._check_lives(command)
            if self._closed:
                deadline = min(deadline, self._closed_at + DYING_SECONDS)
            left = deadline - self._clock.monotonic()
            if left <= 0 and self._closed:
                raise self._broke(
                    f"the runner closed its {self._closed} before answering '{command}'"
                )
            if left <= 0:
                raise RunnerHung(
                    f"the runner did not answer '{command}' within {seconds:.0f} s", self.tail()
                )
            self._drain(left)
        self._check_length(command, end)
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 1]
        return line

    def _check_length(self, command: str, length: int) -> None:
        if length > LONGEST_LINE:
            raise self._broke(
                f"the runner's answer to '{command}' is longer than {LONGEST_LINE} bytes: "
                f"{excerpt(bytes(self._buffer))}"
            )

    def _check_lives(self, command: str) -> None:
        """That an answer is to be expected. A runner that floods standard error is on its way out:
        Go takes minutes to print a million goroutines, and nothing is left of them to measure."""
        if self._poured > FLOOD_BYTES:
            raise RunnerFlooded(
                f"the runner wrote more than {FLOOD_BYTES >> 20} MiB to standard error instead of "
                f"answering '{command}'",
                self.tail(),
            )
        if self._is_dead:
            status = self._child.status()
            how = how_ended(status)
            message = (
                f"the runner could not start: it ended {how}"
                if command == "hello"
                else f"the runner ended {how} before answering '{command}'"
            )
            raise RunnerDied(message, self.tail(), -status if status < 0 else None)

    def _drain(self, seconds: float) -> None:
        """Takes in what happens next, waiting up to `seconds` for it: what has been written, the
        end of a pipe, the end of the process, at which everything is taken that it has written."""
        if self._child.pidfd is None:
            seconds = min(seconds, LOOK_SECONDS)
            self._is_dead = self._child.ended()
        for descriptor, _ in self._poll.poll(1_000 * min(seconds, LONGEST_POLL_SECONDS)):
            if descriptor == self._child.pidfd:
                self._unwatch(descriptor)
                self._is_dead = True
            elif descriptor == self._output.fileno():
                self._take_replies()
            elif descriptor == self._errors.fileno():
                self._take_errors()
            else:
                self._close("input", descriptor)
        if self._is_dead:
            self._take_the_rest()

    def _take_the_rest(self) -> None:
        """What a dead runner has written; no more than that of others, who may go on for ever."""
        while self._take_replies() and len(self._buffer) <= LONGEST_LINE:
            pass
        while self._take_errors() and self._poured <= FLOOD_BYTES:
            pass

    def _take_replies(self) -> bool:
        """One read; whether anything was there. What exceeds the longest line is not kept."""
        data = _read(self._output)
        if data == b"":
            self._close("replies", self._output.fileno())
        if len(self._buffer) <= 2 * LONGEST_LINE:
            self._buffer += data or b""
        return bool(data)

    def _take_errors(self) -> bool:
        """One read; whether anything was there."""
        data = _read(self._errors)
        if data == b"":
            self._unwatch(self._errors.fileno())
        if data:
            self._poured += len(data)
            self._head += data[: HEAD_BYTES - len(self._head)]
            self._tail += data
            del self._tail[:-TAIL_BYTES]
        return bool(data)

    def _close(self, what: str, descriptor: int) -> None:
        """Notes the end of a pipe, the first time."""
        self._unwatch(descriptor)
        if self._closed is None:
            self._closed, self._closed_at = what, self._clock.monotonic()

    def _unwatch(self, descriptor: int) -> None:
        with contextlib.suppress(KeyError):
            self._poll.unregister(descriptor)

    def _check_count(self, command: str, got: int, wanted: int, refused: Refused | None) -> None:
        if got != wanted and not (refused is not None and got < wanted):
            raise self._broke(f"the runner answered '{command}' with {got}, not {wanted}")

    def _broke(self, message: str) -> RunnerBroke:
        return RunnerBroke(message, self.tail())


def act_once(
    launch: Launch, name: str, options: Mapping[str, str], seconds: float, clock: Clock
) -> Act:
    """Has a runner perform one act as its whole command line, without reader or watcher: an outcome
    such as a deadlock is that of its units alone. Where it gives no reply, how it ended is the
    outcome. Raises `OSError` where it cannot be started."""
    command = (*launch.command, *act_command(name, options))
    began = clock.monotonic()
    done = run_child(replace(launch, command=command), seconds)
    act = Act(
        name=name,
        options=dict(options),
        alive=0,
        took_seconds=clock.monotonic() - began,
        outcome=how_ended(done.status) if done else f"no end within {seconds:.0f} s",
        output=done.errors[-TAIL_BYTES:].decode("utf-8", "replace").strip() if done else "",
    )
    try:
        reply = parse((done.output if done else b"").splitlines()[-1], 1)
    except (ProtocolError, IndexError):
        return act
    return recorded(reply, act) if isinstance(reply, Performed) else act


def recorded(said: Performed, act: Act) -> Act:
    """The act with the runner's words."""
    return msgspec.structs.replace(
        act,
        alive=said.alive,
        took_seconds=said.took_ns / 1e9,
        ops=said.ops,
        columns=said.samples,
        counts=said.counts,
        outcome=said.outcome,
    )


def _read(stream: IO[bytes]) -> bytes | None:
    """What is there; empty at the end, `None` where there is nothing yet."""
    try:
        return os.read(stream.fileno(), 65_536)
    except BlockingIOError:
        return None


def _started(launch: Launch, clock: Clock) -> Child:
    """A child. What the system refuses to that, be it the interpreter of the launcher, is no fault
    of ours and none of the runner's."""
    try:
        return Child(launch, clock)
    except Exception as error:
        if not (isinstance(error, OSError) or is_refusal(error)):
            raise
        number = error.errno if isinstance(error, OSError) else None
        words = f"{type(error).__name__}: {error}" if number is None else os.strerror(number)
        named = f": {error.filename}" if isinstance(error, OSError) and error.filename else ""
        raise RunnerNotStarted(
            f"the runner could not be started: {words}{named}", number
        ) from error


def how_ended(status: int) -> str:
    """The end of a process, in words, by `Child.status`."""
    return f"by {signal_name(-status)}" if status < 0 else f"with status {status}"


def signal_name(number: int) -> str:
    """`SIGKILL`; a real-time signal between the first and the last has none of its own."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
