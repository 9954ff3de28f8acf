"""The asyncio runner, sound or leaking 200 bytes a unit."""

from __future__ import annotations

import sys
from pathlib import Path

from runners.catalogue import FOLDER, Entry
from tests.support.entries import entry

UNIT = FOLDER / "python" / "asyncio_task.py"
LEAKED_BYTES = 200
# 159 bytes and the 33 of a bytes object are 192; its place in the list is 8 more.
LEAK = """
kept = []
_spawn = spawn

def spawn(number):
    kept.append(bytes(159))
    _spawn(number)
"""


def asyncio_with(folder: Path, addition: str) -> Entry:
    """The asyncio runner, with a few lines added to its unit's file."""
    (folder / "unit.py").write_text(UNIT.read_text(encoding="utf-8") + addition, encoding="utf-8")
    serve = str(FOLDER / "python" / "serve.py")
    return entry("asyncio", command=(sys.executable, "-I", serve, str(folder / "unit.py")))
