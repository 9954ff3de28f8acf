"""Standard output and standard error: nothing harmful is printed, and no exit code depends on who
reads.

A result, a runner, a runner's file and a file's name may come from anywhere, and what is printed of
them goes to a terminal or to the log of a build. So both streams are guarded for the whole command:
control characters and marks of direction are written as JSON escapes them (so that JSON stays
JSON), and no line can be a command to the CI system that reads the log (`::error::` of GitHub,
`##vso[` of Azure, `##teamcity[`): a backslash is put into it.

rich writes control sequences of its own. It finds the stream that lets them through by the name
that it looks for, `rich_proxied_file`; the house's console (`reports.console`) takes them out of
whatever it is given to print.

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
import re
import stat
import sys
import threading
import unicodedata
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, TextIO, cast

from reports.wording.escape import visible

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

# A command begins a line, after white space, or stands anywhere; the mark is put after the match.
COMMAND = re.compile(r"^[^\S\n]*:(?=:)|##\w*(?=\[)", re.MULTILINE)
LONGEST_COMMAND = 32  # how much of a line may decide whether what comes next makes it a command
PLAIN_ASCII = "plain-ascii"
REPLACED = "outnumber.plain"
LETTERS = "†–—−‐‑×÷µμ·•←↑↓≈‘’“”«»✗─━═╴╶╸╺│┃║"
PLAIN = {
    **dict(zip(LETTERS, "+-----x/uu--<^v~''\"\"\"\"x-------|||", strict=True)),
    "‡": "++", "±": "+/-", "…": "...", "→": "->", "≤": "<=", "≥": ">=", "≠": "!=",
    "✓": "ok", "°": "deg", "′": "'",
    **{chr(code): "+" for code in (*range(0x250C, 0x254C), *range(0x2552, 0x2574))},  # corners
    **{chr(code): "#" for code in range(0x2580, 0x25A0)},  # blocks
}  # fmt: skip
USUAL = {"COLUMNS": "80", "LINES": "24"}
PATIENCE_SECONDS = 1.0


class Guarded:
    """A text stream that writes to another one only what is harmless. `styled` lets control
    sequences through."""

    writes = 0  # to all streams together

    def __init__(self, stream: TextIO, styled: bool = False) -> None:
        self._stream = stream
        self._styled = styled
        self._line = ""  # as much of the line that was begun as decides what may follow

    def write(self, text: str) -> int:
        Guarded.writes += 1
        begun = self._line
        whole = begun + (text if self._styled else visible(text))
        # A match ends where something was begun at the earliest: that holds no command any more.
        whole = COMMAND.sub(lambda found: f"{found[0]}\\", whole)
        self._stream.write(whole[len(begun) :])
        last = whole.rpartition("\n")[2]
        self._line = last if len(last) <= LONGEST_COMMAND else f"…{last[-LONGEST_COMMAND:]}"
        return len(text)

    def writelines(self, lines: Any) -> None:
        for line in lines:
            self.write(line)

    @property
    def rich_proxied_file(self) -> TextIO:
        """Where a console writes its control sequences too."""
        return cast("TextIO", Guarded(self._stream, styled=True))

    @property
    def encoding(self) -> str:
        """The stream's; ASCII under a name that typer does not know, as it would write UTF-8."""
        known: str = self._stream.encoding
        return PLAIN_ASCII if known.lower() in ("ascii", "us-ascii", "ansi_x3.4-1968") else known

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


class _Forgiving(io.FileIO):
    """A descriptor that is pointed at /dev/null once it takes no more. `fault` keeps the reason,
    unless the reader has closed its end or the terminal has gone."""

    fault: OSError | None = None

    def write(self, data: ReadableBuffer) -> int:
        try:
            return super().write(data)
        except OSError as error:
            is_device = stat.S_ISCHR(os.fstat(self.fileno()).st_mode)
            closed_terminal = is_device and error.errno == errno.EIO
            if not isinstance(error, BrokenPipeError) and not closed_terminal:
                self.fault = error
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self.fileno())
            os.close(nowhere)
            return super().write(data)


def guard() -> None:
    """Guards both streams, as far as they are there and not guarded yet."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is not None and not isinstance(stream, Guarded):
            setattr(sys, name, Guarded(stream))


def forgive() -> None:
    """Puts both streams over descriptors that forgive. A stream that was closed before, or that is
    no file (as in a test), is left alone."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        with contextlib.suppress(AttributeError, OSError, ValueError):
            descriptor = stream.fileno()
            stream.flush()
            raw = _Forgiving(descriptor, "w", closefd=False)
            forgiving = io.TextIOWrapper(
                io.BufferedWriter(raw),
                encoding="ascii" if stream.encoding == PLAIN_ASCII else stream.encoding,
                errors=REPLACED,
                line_buffering=stream.line_buffering or getattr(stream, "write_through", False),
            )
            setattr(sys, name, forgiving)


def settle_width() -> None:
    """Makes a width that is none (0, negative, no number, beyond any screen) the usual one, before
    any library reads it: at a width of 0 it would print nothing."""
    for name, usual in USUAL.items():
        text = os.environ.get(name)
        if text is not None and not re.fullmatch(r"0*[1-9]\d{0,3}", text, re.ASCII):
            os.environ[name] = usual


def flushed() -> str | None:
    """Empties both streams. Returns why what was printed is lost, where not for want of a
    reader."""
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            with contextlib.suppress(OSError):
                stream.flush()
    fault = getattr(getattr(getattr(sys.stdout, "buffer", None), "raw", None), "fault", None)
    return fault.strerror if isinstance(fault, OSError) else None


@contextlib.contextmanager
def working(doing: str, quiet: bool = False) -> Iterator[None]:
    """Says on standard error what the command is doing, once, if it prints nothing for a second.

    A thread says so, and ends with the block. While a runner is measured there is no such thread:
    the live view has printed something by then.
    """
    before = Guarded.writes

    def say() -> None:
        if Guarded.writes == before:
            print(f"outnumber: {doing} ...", file=sys.stderr, flush=True)

    timer = threading.Timer(PATIENCE_SECONDS, say)
    timer.daemon = True
    if not quiet:
        timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _replaced(error: UnicodeError) -> tuple[str | bytes, int]:
    """What stands for characters that the stream's encoding has not: no verdict is lost for want of
    a dash."""
    assert isinstance(error, UnicodeEncodeError)

    def plain(character: str) -> str:
        decomposed = unicodedata.normalize("NFKD", character)
        return decomposed.encode("ascii", "ignore").decode() or "?"

    gone = error.object[error.start : error.end]
    return "".join(PLAIN.get(one) or plain(one) for one in gone), error.end


codecs.register_error(REPLACED, _replaced)
