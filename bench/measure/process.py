"""The runner's process: started, asked, watched over, and surely ended.

Guarantees: a runner has a session of its own (Ctrl-C reaches the harness alone); it never outlives
the harness (its input closes, and the kernel kills it where it can); every question has a deadline;
standard error is drained while waiting, so that a chatty runner cannot block itself, and only its
tail is kept.
"""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, TypeVar

from bench.clock import Clock
from bench.measure import protocol
from bench.measure.protocol import AnyReply, Grown, Hello, Probed, Refused, Rejected, Released
from bench.signals import held

PATIENCE_SECONDS = 30.0
GRACE_SECONDS = 2.0  # to end by itself, before it is killed
DYING_SECONDS = 10.0  # from the end of its replies to its own
HEAD_BYTES = 1_024
TAIL_BYTES = 4_096
FLOOD_BYTES = 4 << 20
LAUNCHER = Path(__file__).with_name("launch.py")

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
        self.signal = signal.Signals(number).name if number else None


class RunnerHung(RunnerError):
    """No reply within the deadline."""


class RunnerBroke(RunnerError):
    """An answer that the contract does not allow."""


class RunnerFlooded(RunnerError):
    """So much on standard error that nothing else is to be expected."""


class Runner(Protocol):
    """What a sweep needs of a runner; `bench.measure.fake` has one that launches nothing."""

    @property
    def pid(self) -> int: ...
    def hello(self) -> Hello: ...
    def grow(self, count: int, foretold_seconds: float) -> Grown: ...
    def probe(self, count: int) -> Probed: ...
    def release(self, foretold_seconds: float) -> Released: ...
    def stop(self) -> None: ...


@dataclass(frozen=True)
class Launch:
    """How a runner is started: its words, the `cgroup.procs` files it joins, its soft limits."""

    command: tuple[str, ...]
    cgroups: tuple[str, ...] = ()
    limits: dict[str, int] = field(default_factory=dict)

    def words(self) -> list[str]:
        """The whole command line, the launcher's included."""
        wanted = {"parent": os.getpid(), "cgroups": self.cgroups, "limits": self.limits}
        return [sys.executable, "-I", "-S", str(LAUNCHER), json.dumps(wanted), *self.command]


class RunnerProcess:
    """A live runner. Not thread-safe; to be started by the thread that lives longest, since the
    kernel ties the parent-death signal to the thread that forked; and in a section `held` against
    signals, until whoever is to `stop` it has it."""

    def __init__(self, launch: Launch, clock: Clock) -> None:
        self._clock = clock
        self._buffer = bytearray()
        self._head = bytearray()
        self._tail = bytearray()
        self._poured = 0
        self._replies = 0
        self._replying = True
        self._process = subprocess.Popen(
            launch.words(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            start_new_session=True,
        )
        self._selector = selectors.DefaultSelector()
        for stream in (self._process.stdout, self._process.stderr):
            assert stream is not None
            os.set_blocking(stream.fileno(), False)
            self._selector.register(stream, selectors.EVENT_READ)

    @property
    def pid(self) -> int:
        return self._process.pid

    def hello(self) -> Hello:
        """The runner's first line, waited for. Raises `RunnerError`, as every question does."""
        hello = self.answer("hello", Hello, PATIENCE_SECONDS)
        if hello.contract != protocol.CONTRACT:
            raise self._broke(
                f"the runner speaks contract {hello.contract}, this harness {protocol.CONTRACT}"
            )
        return hello

    def grow(self, count: int, foretold_seconds: float) -> Grown:
        """Launches up to `count` units in all; a refusal is in the reply."""
        grown = self.ask(f"grow {count}", Grown, foretold_seconds)
        self._check_count(f"grow {count}", grown.alive, count, grown.refused)
        return grown

    def probe(self, count: int) -> Probed:
        """Start latencies of `count` further units, one at a time."""
        probed = self.ask(f"probe {count}", Probed, 0)
        self._check_count(f"probe {count}", len(probed.start_ns), count, probed.refused)
        return probed

    def release(self, foretold_seconds: float) -> Released:
        """Ends all units."""
        released = self.ask("release", Released, foretold_seconds)
        self._check_count("release", released.alive, 0, None)
        return released

    def ask(self, command: str, kind: type[R], foretold_seconds: float = 0.0) -> R:
        """Sends one command and waits for its reply, which must be of `kind`.

        The deadline is 30 s or ten times what was foretold, whichever is longer.
        """
        self.send(command)
        return self.answer(command, kind, max(PATIENCE_SECONDS, 10 * foretold_seconds))

    def send(self, command: str) -> None:
        """Sends one command and waits for nothing."""
        assert self._process.stdin is not None
        self._poured, self._head = 0, bytearray()
        with contextlib.suppress(BrokenPipeError):  # its death is told by the reply that is missing
            self._process.stdin.write(f"{command}\n".encode())

    def answer(self, command: str, kind: type[R], seconds: float) -> R:
        """Waits up to `seconds` for the reply to a command that was sent; it must be of `kind`."""
        reply = self._reply(command, seconds)
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
        assert self._process.stdin is not None
        with contextlib.suppress(OSError):
            self._process.stdin.close()

    def stop(self) -> None:
        """Ends the runner and everything it started, and waits until it is gone."""
        with held():
            self.close_input()
            self._ends_within(0 if self._poured > FLOOD_BYTES else GRACE_SECONDS)
            if self._process.returncode is None:
                self._kill_session()
            self._process.wait()
            self._selector.close()
            for stream in (self._process.stdout, self._process.stderr):
                assert stream is not None
                stream.close()

    def ended(self) -> bool:
        """Whether the process has ended. Leaves it unreaped, so that its id stays its own."""
        if self._process.returncode is not None:
            return True
        flags = os.WEXITED | os.WNOWAIT | os.WNOHANG
        return os.waitid(os.P_PID, self.pid, flags) is not None

    def tail(self) -> str:
        """What the runner wrote to standard error: its end, and where that is long, what came first
        after the last question: a dying Go program tells why, then prints every goroutine."""
        end = self._tail.decode("utf-8", "replace").strip()
        if self._poured <= TAIL_BYTES:
            return end
        return f"{self._head.decode('utf-8', 'replace').strip()}\n…\n{end}"

    def _ends_within(self, seconds: float) -> bool:
        """Waits for the end, taking in what is written meanwhile."""
        deadline = self._clock.monotonic() + seconds
        while not self.ended() and self._clock.monotonic() < deadline:
            self._drain(0.01)
        return self.ended()

    def _kill_session(self) -> None:
        """Kills the runner's whole process group, before the id is free to be another's."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)

    def _reply(self, command: str, seconds: float) -> AnyReply:
        line = self._line(command, seconds)
        self._replies += 1
        try:
            return protocol.parse(line, self._replies)
        except protocol.ProtocolError as error:
            raise self._broke(f"the runner's answer to '{command}' is no reply: {error}") from error

    def _line(self, command: str, seconds: float) -> bytes:
        """The next whole line of the protocol, however it comes in pieces."""
        deadline = self._clock.monotonic() + seconds
        while (end := self._buffer.find(b"\n")) < 0:
            self._check_length(command, len(self._buffer))
            self._check_flood(command)
            if not self._replying:
                raise self._died(command)
            left = deadline - self._clock.monotonic()
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
        if length > protocol.LONGEST_LINE:
            raise self._broke(
                f"the runner's answer to '{command}' is longer than {protocol.LONGEST_LINE} bytes: "
                f"{protocol.excerpt(bytes(self._buffer))}"
            )

    def _check_flood(self, command: str) -> None:
        """A runner that writes so much is on its way out: Go takes minutes to print a million
        goroutines, and nothing is left of them that could be measured."""
        if self._poured > FLOOD_BYTES:
            raise RunnerFlooded(
                f"the runner wrote more than {FLOOD_BYTES >> 20} MiB to standard error instead of "
                f"answering '{command}'",
                self.tail(),
            )

    def _drain(self, seconds: float) -> None:
        """Takes in what has been written, waiting up to `seconds`; notes the end of replies."""
        for key, _ in self._selector.select(seconds):
            data = os.read(key.fd, 65_536)
            if key.fileobj is self._process.stderr:
                self._poured += len(data)
                self._head += data[: HEAD_BYTES - len(self._head)]
                self._tail += data
                del self._tail[:-TAIL_BYTES]
            else:
                self._buffer += data
                self._replying = bool(data)
            if not data:
                self._selector.unregister(key.fileobj)

    def _check_count(self, command: str, got: int, wanted: int, refused: Refused | None) -> None:
        if got == wanted or (refused is not None and got < wanted):
            return
        raise self._broke(f"the runner answered '{command}' with {got}, not {wanted}")

    def _broke(self, message: str) -> RunnerBroke:
        return RunnerBroke(message, self.tail())

    def _died(self, command: str) -> RunnerError:
        """Why replies have ended: the status tells, once the process is reaped."""
        ended = self._ends_within(DYING_SECONDS)
        self._drain(0)
        if not ended:
            return self._broke(f"the runner closed its replies before answering '{command}'")
        self._kill_session()
        code = self._process.wait()
        how = f"by {signal.Signals(-code).name}" if code < 0 else f"with status {code}"
        return RunnerDied(
            f"the runner ended {how} before answering '{command}'",
            self.tail(),
            -code if code < 0 else None,
        )
