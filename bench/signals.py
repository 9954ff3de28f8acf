"""Signals that end a run as one exception that is raised once, never inside a critical section.

A signal that was ignored when the command started stays ignored: `nohup` means that SIGHUP ends
nothing, and a shell starts a job in the background with SIGINT and SIGQUIT ignored.

A handler that raises can do so between any two instructions: after a process was started but before
anybody holds it. Sections that must not be cut (`held`) postpone the signal to their end. After the
first signal everything is on its way out, so later ones are only noted: pressing Ctrl-C five times
does not cut the clean-up.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)


class Interrupted(BaseException):
    """The user or the system wants an end. `exit_code` is 128 + the signal's number."""

    def __init__(self, number: int) -> None:
        super().__init__(f"interrupted by {signal.Signals(number).name}")
        self.exit_code = 128 + number

    def add(self, more: str) -> None:
        """Adds what the user should know of it: what was kept, and where."""
        self.args = (f"{self}; {more}",)


class _Signals:
    """The state of this process: whose it is, how deep it is in held sections, which signal is
    pending, and whether one was raised."""

    is_the_command = False
    depth = 0
    pending: int | None = None
    raised = False


def declare() -> None:
    """Says that this process is the command, and not somebody's program that calls into the house:
    it has no children but those that it started. Call once, where the command begins."""
    _Signals.is_the_command = True


def is_the_command() -> bool:
    """Whether this process is the command itself."""
    return _Signals.is_the_command


def install() -> None:
    """Takes over the signals for the rest of the process, except those that are ignored. Call it
    from the main thread."""
    for number in SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _on_signal)


@contextmanager
def held() -> Iterator[None]:
    """A section that no signal cuts: one that comes meanwhile is raised at its end."""
    _Signals.depth += 1
    try:
        yield
    finally:
        _Signals.depth -= 1
        if _Signals.depth == 0 and _Signals.pending is not None:
            _raise(_Signals.pending)


def _on_signal(number: int, _frame: FrameType | None) -> None:
    if _Signals.depth:
        _Signals.pending = number
    else:
        _raise(number)


def _raise(number: int) -> None:
    if not _Signals.raised:
        _Signals.raised = True
        raise Interrupted(number)
