"""A process that has loaded all of the command, and forks one for each time that a test types it:
no test pays for the start of Python and of every library again.

What it forks is the command from its `main` on, with words, variables, a folder, streams and a pid
of its own, and with nothing that a test or another command has left behind. A signal, a start that
fails, an interpreter's variables and the order of imports need a real start: `commands.COMMAND`.
"""

from __future__ import annotations

import atexit
import functools
import gc
import importlib
import os
import pickle
import pkgutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import traceback
from dataclasses import dataclass, field
from typing import IO, NoReturn

from bench.cli import main as cli
from tests.support.hurry import built, hurry

HOUSE = ("bench", "reports", "outnumber")
START = "from tests.support.starter import serve; serve()"
NUMBER = struct.Struct("i")
PATIENCE_SECONDS = 200
LOST_OUTPUT = 120  # Python's exit code where its last output cannot be written


@dataclass(frozen=True)
class Typed:
    """What was typed, and where."""

    words: tuple[str, ...]
    folder: str = field(default_factory=os.getcwd)
    variables: dict[str, str] = field(default_factory=lambda: dict(os.environ))


def typed(command: Typed) -> tuple[int, bytes, bytes]:
    """Types a command. Its exit code, negative where a signal ended it, its output, its errors."""
    starter = _starter()
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as errors:
        request = pickle.dumps(command)
        streams = [out.fileno(), errors.fileno()]
        socket.send_fds(starter, [NUMBER.pack(len(request))], streams)
        starter.sendall(request)
        pid = _number(starter)
        starter.settimeout(PATIENCE_SECONDS)
        try:
            code = _number(starter)
        except TimeoutError:
            os.kill(pid, signal.SIGKILL)
            starter.settimeout(None)
            code = _number(starter)
        return code, _whole(out), _whole(errors)


def _whole(file: IO[bytes]) -> bytes:
    file.seek(0)
    return file.read()


def _number(of: socket.socket) -> int:
    return int(NUMBER.unpack(_received(of, NUMBER.size))[0])


def _received(of: socket.socket, size: int) -> bytes:
    got = b""
    while len(got) < size:
        more = of.recv(size - len(got))
        if not more:
            raise EOFError("the other end has gone")
        got += more
    return got


@functools.cache
def _starter() -> socket.socket:
    """This process's own starter, which ends with it: its end of the socket is closed then."""
    ours, theirs = socket.socketpair()
    process = subprocess.Popen([sys.executable, "-c", START], stdin=theirs.fileno())
    theirs.close()

    def end() -> None:
        ours.close()
        process.wait()

    atexit.register(end)
    return ours


def serve() -> None:
    """The starter itself: one command at a time, until nobody asks any more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for name in HOUSE:
        for module in pkgutil.walk_packages(importlib.import_module(name).__path__, f"{name}."):
            importlib.import_module(module.name)
    hurry()
    cli.app = built()  # type: ignore[assignment]
    asking = socket.socket(fileno=os.dup(0))
    gc.collect()
    gc.freeze()  # a collection in a command would copy all that it shares with this process
    while True:
        size, streams, _, _ = socket.recv_fds(asking, NUMBER.size, 2)
        if not size:
            return
        request = pickle.loads(_received(asking, NUMBER.unpack(size)[0]))
        pid = os.fork()
        if not pid:
            asking.close()
            _be_the_command(request, streams)
        for descriptor in streams:
            os.close(descriptor)
        asking.sendall(NUMBER.pack(pid))
        asking.sendall(NUMBER.pack(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])))


def _be_the_command(request: Typed, streams: list[int]) -> NoReturn:
    from outnumber.__main__ import main

    code = 1
    try:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        for number, descriptor in enumerate([os.open(os.devnull, os.O_RDONLY), *streams]):
            os.dup2(descriptor, number)
            os.close(descriptor)
        os.environ.clear()
        os.environ.update(request.variables)
        os.chdir(request.folder)
        encoding, _, errors = os.environ.get("PYTHONIOENCODING", "utf-8:strict").partition(":")
        sys.stdout = open(1, "w", -1, encoding, errors, closefd=False)  # noqa: SIM115
        sys.stderr = open(2, "w", 1, encoding, "backslashreplace", closefd=False)  # noqa: SIM115
        sys.argv = ["outnumber", *request.words]
        main()
    except SystemExit as end:
        code = int(end.code or 0)
    except BaseException:
        traceback.print_exc()
    finally:
        atexit._run_exitfuncs()
        try:
            sys.stdout.flush()
            sys.stderr.flush()
        except OSError:
            code = LOST_OUTPUT
        os._exit(code)
