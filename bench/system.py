"""Reads of `/proc`, `/sys` and `/etc` below a root folder.

Everything that looks at the machine goes through a `System`, so that a recorded tree stands in for
a machine that is not at hand. A file that is absent or may not be read is `None`: unknown, never 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class System:
    """A machine as seen through its files. `root` is `/` except in tests."""

    root: Path = Path("/")

    @property
    def is_this_machine(self) -> bool:
        """Whether it is no recorded tree, so that system calls answer for it too."""
        return self.root == Path("/")

    def path(self, name: str) -> Path:
        """The place of `/name` below the root; `name` may begin with a slash."""
        return self.root / name.lstrip("/")

    def text(self, name: str) -> str | None:
        """The file's text without the last newline; `None` where it cannot be read."""
        try:
            return self.path(name).read_text(encoding="utf-8", errors="replace").rstrip("\n")
        except OSError:
            return None

    def integer(self, name: str) -> int | None:
        """The file's one whole number; `None` where unreadable or not a number (`max`)."""
        return whole_number(self.text(name))

    def table(self, name: str) -> dict[str, int]:
        """`key value [kB]` lines (`meminfo`, `status`, `smaps_rollup`, `memory.stat`) as bytes.

        A value in kB is turned into bytes, one without a unit stays as it is, lines whose value is
        no number are left out. An unreadable file is an empty table.
        """
        rows: dict[str, int] = {}
        for line in (self.text(name) or "").splitlines():
            words = line.replace(":", " ", 1).split()
            value = whole_number(words[1]) if len(words) in (2, 3) else None
            if value is not None:
                rows[words[0]] = value * 1024 if words[-1] == "kB" else value
        return rows


def whole_number(text: str | None) -> int | None:
    """`text` as an int; `None` where it is no whole number."""
    try:
        return int(text) if text is not None else None
    except ValueError:
        return None
