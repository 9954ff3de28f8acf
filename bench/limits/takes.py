"""How much one unit takes of each resource: what the runner holds at two counts, and the slope.

The *marginal* take counts, not the average: a Python thread takes 2.07 mappings among the first
thousand and 3.00 after the second. Bytes are taken over a wider span (see `takes`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bench.limits.child import RunnerView
from bench.limits.model import Resource
from bench.model.records import Kind

# Allocators map memory in chunks of 1 to 64 MiB: a growth of address space that is small beside
# that says more of the chunk than of the units.
CHUNK_BYTES = 64 << 20
SPREAD = 10
HELD: tuple[Resource, ...] = ("threads", "mappings", "descriptors")  # counted, of what units hold
STACK_BYTES, GUARD_BYTES = 8 << 20, 1 << 20  # a thread's where no limit is its size
CLEARLY, ALIKE = 1.5, 0.2
RISE = 0.01
TOUCHED = ("memory_bytes", "user_bytes")

Takes = Mapping[Resource, float | None]


@dataclass(frozen=True)
class Holding:
    """What a runner holds, at rest, with `units` alive. `user_bytes` is the part of its memory
    that lies in its own address space. `None` is unknown."""

    units: int
    threads: int | None
    mappings: int | None
    descriptors: int | None
    address_bytes: int | None
    data_bytes: int | None
    memory_bytes: int | None
    user_bytes: int | None

    @classmethod
    def of(cls, child: RunnerView, units: int, user: int | None, kernel: int | None) -> Holding:
        """The runner's holding now; `user` and `kernel` bytes are the memory probe's."""
        now = child.afresh()
        return cls(
            units=units,
            threads=now.threads,
            mappings=now.mappings,
            descriptors=now.descriptors,
            address_bytes=now.status("VmSize"),
            data_bytes=now.status("VmData"),
            memory_bytes=None if user is None or kernel is None else user + kernel,
            user_bytes=user,
        )


def takes(earlier: Sequence[Holding], now: Holding) -> dict[Resource, float | None]:
    """What each unit took that was launched since the last of the `earlier` holdings. Bytes that
    units touch are taken since a tenth of the units instead: tables double as they grow, so that
    what lies between two near counts has either none of their growth or too much."""
    last = earlier[-1]
    tenth = min(earlier, key=lambda one: abs(one.units * SPREAD - now.units))
    touched = _slope(tenth, now, "user_bytes")
    return {
        "threads": _slope(last, now, "threads"),
        "mappings": _slope(last, now, "mappings"),
        "descriptors": _slope(last, now, "descriptors"),
        "memory": _slope(tenth, now, "memory_bytes"),
        "address space": _mapped(earlier, now, "address_bytes", touched),
        "data": _mapped(earlier, now, "data_bytes", touched),
    }


def first_takes(child: RunnerView, kind: Kind) -> dict[Resource, float | None]:
    """What the first unit takes at most, of which none has been seen: a thread its stack, with the
    arena that an allocator may make for it; a task the chunk that an allocator asks for."""
    _, stack = child.rlimit("Max stack size")
    stack_bytes = STACK_BYTES if stack is None or stack > CHUNK_BYTES else stack
    thread = kind == "thread"
    bytes_ = float(stack_bytes + GUARD_BYTES if thread else CHUNK_BYTES // SPREAD)
    return {
        "threads": 1.0 if thread else None,
        "mappings": 3.0,
        "descriptors": 1.0,
        "memory": bytes_,
        "address space": bytes_,
        "data": bytes_,
    }


def rising(earlier: Sequence[Holding], now: Holding) -> frozenset[Resource]:
    """The counted resources of which the last units took more each than those before them, so that
    further ones may take more still. Bytes come in chunks, and their takes rise and fall."""
    if len(earlier) < 2:
        return frozenset()
    before, last = earlier[-2:]
    return frozenset(name for name in HELD if _rises(before, last, now, name))


def _rises(before: Holding, last: Holding, now: Holding, name: str) -> bool:
    then, later = _slope(before, last, name), _slope(last, now, name)
    return then is not None and later is not None and later > then * (1 + RISE)


def _slope(before: Holding, now: Holding, name: str) -> float | None:
    """Per unit. Where the runner holds less than before, what it touches is unknown, since
    something else moved it; of what is counted or only mapped the further units took none."""
    then, later = getattr(before, name), getattr(now, name)
    if then is None or later is None or (later < then and name in TOUCHED):
        return None
    return float(later - then) / (now.units - before.units) if later > then else 0.0


def _mapped(
    earlier: Sequence[Holding], now: Holding, name: str, touched: float | None
) -> float | None:
    """The take of address space; what the units touch stands for it where they fill chunks."""
    last = earlier[-1]
    take = _slope(last, now, name)
    if take is None or touched is None or take * (now.units - last.units) >= CHUNK_BYTES:
        return take
    before = _slope(earlier[-2], last, name) if len(earlier) > 1 else None
    return take if before is not None and _is_their_own(before, take, touched) else touched


def _is_their_own(before: float, take: float, touched: float) -> bool:
    """Whether each unit maps more than it touches, as a greenlet does, of whose 16 KiB for frames
    most lies idle: then two spans in a row grow alike, which an allocator's chunks do not."""
    return min(before, take) > CLEARLY * touched and abs(take - before) <= ALIKE * take
