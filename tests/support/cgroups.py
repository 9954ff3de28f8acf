"""Cgroups that a test makes and removes, and runners that are put into them.

Where none can be made, tests are skipped; with `OUTNUMBER_NEEDS_CGROUPS=1`, as a machine that ought
to have them sets it, they fail instead.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

import pytest

from bench.probes.cgroup import MEMORY_LIMIT, Cgroup, find
from bench.system import System


@contextmanager
def made(controller: str, limit: int | None = None, above: Path | None = None) -> Iterator[Path]:
    """A cgroup with that limit, below `above` or as near to the test's own as can be; gone after
    the block."""
    own = find(System(), controller)
    if own is None:
        _missing(f"no hierarchy with {controller} here")
    group = _make(_parents(own, above), f"test-{os.getpid()}-{controller}")
    place = Path(group.path)
    try:
        if limit is not None:
            (place / limit_file(controller)).write_text(str(limit))
            _forbid_swapping(place)
        yield place
    finally:
        remove(place)


def limit_file(controller: str) -> str:
    """The file that holds a controller's limit, which is the limit's name."""
    own = find(System(), controller)
    return MEMORY_LIMIT[own.version] if own and controller == "memory" else f"{controller}.max"


def _parents(own: Cgroup, above: Path | None) -> tuple[Cgroup, ...]:
    """Where to try, in this order. In v2 a cgroup that holds the test's own process can have none
    below it that is of use, so those above it are tried as well."""
    if above is not None:
        return (replace(own, path=str(above)),)
    return own.lineage() if own.version == 2 else (own,)


def lets_children(parent: Cgroup) -> bool:
    """Whether a cgroup made below `parent` has its controller: in v1 each has, in v2 those of a
    parent that hands it on, which one that holds processes cannot, the real root excepted. That
    and what a test made are asked to; nothing is switched on in the cgroups of others."""
    if parent.version == 1:
        return True
    control = parent.system.path(f"{parent.path}/cgroup.subtree_control")
    with contextlib.suppress(OSError):
        if parent.controller not in control.read_text().split() and _is_ours(parent):
            control.write_text(f"+{parent.controller}")
        return parent.controller in control.read_text().split()
    return False


def _is_ours(parent: Cgroup) -> bool:
    """The real root, or a cgroup that a test made."""
    return parent.at_root or Path(parent.path).name.startswith("test-")


def _make(parents: tuple[Cgroup, ...], name: str) -> Cgroup:
    """A new cgroup below the first of `parents` that lets us make one with its controller."""
    refused = "its controller is handed on to none"
    for parent in parents:
        group = replace(parent, path=f"{parent.path}/{name}")
        try:
            if lets_children(parent):
                Path(group.path).mkdir()
                return group
        except OSError as error:
            refused = str(error)
    return _missing(f"no cgroup can be made here: {refused}")


def _missing(reason: str) -> NoReturn:
    """Skips the test, or fails it."""
    if os.environ.get("OUTNUMBER_NEEDS_CGROUPS") == "1":
        pytest.fail(f"{reason}, and OUTNUMBER_NEEDS_CGROUPS=1 asks for one")
    pytest.skip(reason)


def _forbid_swapping(place: Path) -> None:
    """In v2 swap has a limit of its own, which would put off the one that is to bind."""
    swap = place / "memory.swap.max"
    if swap.exists():
        swap.write_text("0")


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
