"""What was launched between two measured steps, in one grow or in many."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from bench.measure.protocol import Grown
from bench.probes.cpu import CpuSplit


@dataclass(frozen=True)
class Burst:
    """The sum so far. `before` is the CPU spent ahead of it, `swapped` the machine's pages by then;
    a longest spawn is the longest of all."""

    before: CpuSplit
    swapped: int | None
    nanoseconds: int = 0
    longest_ns: int | None = None
    gc_ns: int | None = None
    alive: int = 0

    def with_(self, grown: Grown) -> Burst:
        longest = [ns for ns in (self.longest_ns, grown.longest_spawn_ns) if ns is not None]
        return dataclasses.replace(
            self,
            nanoseconds=self.nanoseconds + grown.burst_ns,
            longest_ns=max(longest, default=None),
            gc_ns=None if grown.gc_ns is None else (self.gc_ns or 0) + grown.gc_ns,
            alive=grown.alive,
        )
