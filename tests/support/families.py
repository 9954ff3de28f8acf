"""Runners that start processes of their own, in every way that there is to get away, and leave a
note of each, so that a test can look whether all of them have ended."""

from __future__ import annotations

import time
from pathlib import Path

import psutil

# Each kind is a fork that returns in the new process. It notes its id before anything goes on.
KINDS = ("child", "session", "orphan", "daemon", "clean")
BEGINNING = """\
def start(kind, then=lambda: time.sleep(600)):
    ready, done = os.pipe()
    first = os.fork()
    if first:
        os.close(done)
        os.read(ready, 1)
        os.close(ready)
        if kind in ("orphan", "daemon", "clean"):
            os.waitpid(first, 0)
        return
    if kind in ("session", "daemon", "clean"):
        os.setsid()
    if kind in ("orphan", "daemon", "clean") and os.fork():
        os._exit(0)
    with open(NOTES, "a") as notes:
        notes.write(f"{os.getpid()}\\n")
    if kind == "clean":
        os.closerange(0, done)
        os.write(done, b"1")
        words = [sys.executable, "-I", "-S", "-c", "import time; time.sleep(600)"]
        os.execve(sys.executable, words, {})
    os.write(done, b"1")
    then()
    os._exit(0)
"""


def family(notes: Path, body: str) -> str:
    """The body of a runner that may `start` processes, which are noted in that file."""
    return f"NOTES = {str(notes)!r}\n{BEGINNING}\n{body}"


def noted(notes: Path) -> list[int]:
    """The processes that were started so far."""
    return [int(line) for line in notes.read_text().split()] if notes.exists() else []


def living(notes: Path, besides: int = 0) -> list[int]:
    """Those of them that still live, `besides` one, as soon as that is none; one that nobody has
    reaped yet has ended."""
    end = time.monotonic() + 20
    wanted = [pid for pid in noted(notes) if pid != besides]
    while (left := [pid for pid in wanted if not gone(pid)]) and time.monotonic() < end:
        time.sleep(0.01)
    return left


def gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True
