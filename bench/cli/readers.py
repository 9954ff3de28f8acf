"""Standard output and standard error whose reader may go away: no exit code hangs on it.

`outnumber compare A B | head -1` closes the pipe in the middle of the table; under `nohup` the
terminal itself may be closed. The verdict is the same, and files are still to be written: so what
nobody reads is thrown away, and the command goes on to its own end.
"""

from __future__ import annotations

import contextlib
import errno
import io
import os
import stat
import sys
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


class _Forgiving(io.FileIO):
    """A descriptor that is pointed at nothing once it takes no more. `fault` keeps why, unless it
    is that the reader has seen enough."""

    fault: OSError | None = None

    def write(self, data: ReadableBuffer) -> int:
        try:
            return super().write(data)
        except OSError as error:
            if not isinstance(error, BrokenPipeError) and not self._is_closed_terminal(error):
                self.fault = error
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self.fileno())
            os.close(nowhere)
            return super().write(data)

    def _is_closed_terminal(self, error: OSError) -> bool:
        """It says of itself no longer that it is a terminal."""
        is_device = stat.S_ISCHR(os.fstat(self.fileno()).st_mode)
        return is_device and error.errno == errno.EIO


def forgive() -> None:
    """Puts both streams over such descriptors. One that was closed before, or that is no file (as
    in a test), is left alone."""
    sys.stdout = _forgiving(sys.stdout)
    sys.stderr = _forgiving(sys.stderr)


def flushed() -> str | None:
    """Empties both streams. Says why what was printed is lost, where not for want of a reader."""
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            with contextlib.suppress(OSError):
                stream.flush()
    fault = getattr(getattr(getattr(sys.stdout, "buffer", None), "raw", None), "fault", None)
    return fault.strerror if isinstance(fault, OSError) else None


def _forgiving(stream: TextIO) -> TextIO:
    try:
        descriptor = stream.fileno()
        stream.flush()
    except (AttributeError, OSError, ValueError):
        return stream
    raw = _Forgiving(descriptor, "w", closefd=False)
    return io.TextIOWrapper(
        io.BufferedWriter(raw),
        encoding=stream.encoding,
        errors=stream.errors,
        line_buffering=bool(stream.line_buffering or getattr(stream, "write_through", False)),
    )
