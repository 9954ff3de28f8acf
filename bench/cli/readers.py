"""Standard output and standard error whose reader may go away: no exit code hangs on it.

`outnumber compare A B | head -1` closes the pipe in the middle of the table; under `nohup` the
terminal itself may be closed. The verdict is the same, and files are still to be written: so what
nobody reads is thrown away, and the command goes on to its own end.
"""

from __future__ import annotations

import codecs
import contextlib
import errno
import io
import os
import stat
import sys
import unicodedata
from typing import TYPE_CHECKING, TextIO

from bench.cli.guard import PLAIN_ASCII

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


REPLACED = "outnumber.plain"
LETTERS = "†–—−‐‑×÷µμ·•←↑↓≈‘’“”«»✗─━═╴╶╸╺│┃║"
PLAIN = {
    **dict(zip(LETTERS, "+-----x/uu--<^v~''\"\"\"\"x-------|||", strict=True)),
    "‡": "++", "±": "+/-", "…": "...", "→": "->", "≤": "<=", "≥": ">=", "≠": "!=",
    "✓": "ok", "°": "deg", "′": "'",
    **{chr(code): "+" for code in (*range(0x250C, 0x254C), *range(0x2552, 0x2574))},  # corners
    **{chr(code): "#" for code in range(0x2580, 0x25A0)},  # blocks
}  # fmt: skip
USUAL_COLUMNS, USUAL_LINES = "80", "24"


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


def _replaced(error: UnicodeError) -> tuple[str | bytes, int]:
    """What stands for characters that the stream's encoding has not: no verdict is lost for want of
    a dash."""
    assert isinstance(error, UnicodeEncodeError)
    gone = error.object[error.start : error.end]
    return "".join(PLAIN.get(c) or _without_marks(c) for c in gone), error.end


def _without_marks(character: str) -> str:
    plain = unicodedata.normalize("NFKD", character).encode("ascii", "ignore").decode()
    return plain or "?"


codecs.register_error(REPLACED, _replaced)


def settle_width() -> None:
    """Makes a width that is none (0, negative, no number, beyond any screen) the usual one, before
    any library reads it: at a width of 0 it would print nothing."""
    for name, usual in (("COLUMNS", USUAL_COLUMNS), ("LINES", USUAL_LINES)):
        text = os.environ.get(name)
        if text is not None and not (
            text.isascii() and text.isdigit() and len(text) < 5 and int(text) > 0
        ):
            os.environ[name] = usual


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
        encoding="ascii" if stream.encoding == PLAIN_ASCII else stream.encoding,
        errors=REPLACED,
        line_buffering=bool(stream.line_buffering or getattr(stream, "write_through", False)),
    )
