"""Standard output and standard error that pass on no character which could do harm.

A result, a runner, an entry's file and a file's name may come from anywhere, and what is printed of
them goes to a terminal or to the log of a build. So both streams are guarded for the whole command,
whoever prints: control characters and marks of direction are written as JSON escapes them (so that
JSON stays JSON), and no line can be a command to the CI system that reads the log (`::error::` of
GitHub, `##vso[` of Azure, `##teamcity[`): a backslash is put into it.

rich writes control sequences of its own. It finds the stream that lets them through by the name
that it looks for, `rich_proxied_file`; the house's console (`reports.console`) takes them out of
whatever it is given to print.
"""

from __future__ import annotations

import re
import sys
from typing import Any, TextIO, cast

from reports.wording.escape import visible

# A command begins a line, after white space, or stands anywhere; the mark is put after the match.
COMMAND = re.compile(r"^[^\S\n]*:(?=:)|##\w*(?=\[)", re.MULTILINE)
PLAIN_ASCII = "plain-ascii"
LONGEST_COMMAND = 32  # how much of a line may decide whether what comes next makes it a command


class _Printed:
    writes = 0


class Guarded:
    """A text stream that writes to another one only what is harmless. `styled` lets control
    sequences through."""

    def __init__(self, stream: TextIO, styled: bool = False) -> None:
        self._stream = stream
        self._styled = styled
        self._line = ""  # as much of the line that was begun as decides what may follow

    def write(self, text: str) -> int:
        _Printed.writes += 1
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


def writes() -> int:
    """How often anything was written to either stream so far."""
    return _Printed.writes


def guard() -> None:
    """Guards both streams, as far as they are there and not guarded yet."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is not None and not isinstance(stream, Guarded):
            setattr(sys, name, Guarded(stream))
