"""Cgroups that a test makes and removes, and runners that are put into them."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bench.probes.cgroup import find
from bench.system import System

FILES = {"pids": "pids.max", "memory": "memory.limit_in_bytes"}


@contextmanager
def made(controller: str, limit: int | None = None, above: Path | None = None) -> Iterator[Path]:
    """A v1 cgroup with that limit, below `above` or the test's own; gone after the block."""
    own = find(System(), controller)
    if own is None or own.version != 1:
        pytest.skip(f"no v1 hierarchy with {controller} here")
    place = (above or Path(own.path)) / f"test-{os.getpid()}-{controller}"
    try:
        place.mkdir()
    except OSError as error:
        pytest.skip(f"no cgroup can be made here: {error}")
    try:
        if limit is not None:
            (place / FILES[controller]).write_text(str(limit))
        yield place
    finally:
        remove(place)


def remove(place: Path) -> None:
    """Takes it away, once the kernel has let its last process go."""
    end = time.monotonic() + 60
    while place.exists() and time.monotonic() < end:
        with contextlib.suppress(OSError):
            place.rmdir()
            return
        time.sleep(0.02)
    assert not place.exists(), f"{place} will not go"


def inside(*places: Path) -> tuple[str, ...]:
    """Words before a command that put it into cgroups."""
    joins = "".join(f"echo $$ > {place}/cgroup.procs; " for place in places)
    return ("sh", "-c", f'{joins}exec "$@"', "sh")
