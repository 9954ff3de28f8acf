"""Catalogue entries that stand for nothing real, for the fake rig."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from bench.engine.rig import Rig
from bench.engine.toolchain import Availability
from bench.experiments.base import Target, target
from bench.model.records import Kind, Machine
from runners.catalogue import Entry, Guess


def entry(name: str, kind: Kind = "task", **fields: object) -> Entry:
    """An entry whose guess is what `fake.Behaviour` takes by default."""
    guess = Guess(seconds=1e-5, bytes=1_010)
    known = {"label": name, "language": "none", "command": (name,), "guess": guess}
    return Entry(name=name, kind=kind, **(known | fields))  # type: ignore[arg-type]


NONE: Mapping[str, str] = MappingProxyType({})


def targets(
    rig: Rig,
    *entries: Entry,
    settings: Mapping[str, str] = NONE,
    missing: Mapping[str, str] = NONE,
) -> tuple[Target, ...]:
    """The cases of these entries on a rig; `missing` says why some cannot run."""
    return tuple(
        target(one, rig, Availability("1.0", missing.get(one.name)), settings) for one in entries
    )


MACHINE = Machine(
    system="Linux",
    kernel="6.18.0",
    architecture="x86_64",
    cpu="Fake CPU",
    cpus=2,
    memory_bytes=24 << 30,
    swap_bytes=0,
    virtualisation=None,
    container=None,
    cgroup="v1",
    transparent_huge_pages="madvise",
    overcommit="0",
    governor=None,
    load=0.0,
    steal=0.0,
    libc="glibc 2.36",
    python="CPython 3.11.7",
    limits={},
)
