"""One unit is that of a shipped Python runner, with a fault that can be set: what `ab` is to find.

`unit=asyncio` says which runner, `hold=BYTES` are held beside each unit until the release (a block
for a hundred of them), `leak=BYTES` beside each for ever, `spin=N` is so many turns of an empty
loop a spawn, each as long as the last. Without a setting the unit is as it ships, but for the call
in between.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Mapping
from itertools import repeat
from pathlib import Path
from typing import Any

RUNNERS = Path(__file__).parents[3] / "runners" / "python"
FILES = {
    "asyncio": "asyncio_task.py",
    "trio": "trio_task.py",
    "threading": "threading_thread.py",
}
BLOCK = 100
OBJECT_BYTES = 41  # of a bytes object without content, and of its place in a list

inner: Any = None
hold, leak, turns = 0, 0, 0
held: list[bytes] = []
kept: list[bytes] = []


def choose(name: str) -> None:
    """Becomes that runner: what is not in this file is taken from its."""
    global inner
    if name not in FILES:
        raise ValueError(f"expected one of {', '.join(FILES)}")
    spec = importlib.util.spec_from_file_location("inner", RUNNERS / FILES[name])
    assert spec is not None
    assert spec.loader is not None
    inner = importlib.util.module_from_spec(spec)
    sys.modules["inner"] = inner
    spec.loader.exec_module(inner)


def set_hold(text: str) -> None:
    global hold
    hold = int(text)


def set_leak(text: str) -> None:
    global leak
    leak = int(text) - OBJECT_BYTES


def set_spin(text: str) -> None:
    global turns
    turns = int(text)


SETTINGS: Mapping[str, Callable[[str], object]] = {
    "unit": choose,
    "hold": set_hold,
    "leak": set_leak,
    "spin": set_spin,
}


def spawn(number: int) -> None:
    inner.spawn(number)
    if hold and number % BLOCK == 0:
        held.append(b"h" * (BLOCK * hold))
    if leak > 0:
        kept.append(b"k" * leak)
    for _ in repeat(None, turns):  # of a range, each number over 256 would be made anew
        pass


async def release() -> None:
    await inner.release()
    held.clear()


def __getattr__(name: str) -> Any:
    if inner is None or name.startswith("__"):
        raise AttributeError(name)
    return getattr(inner, name)
