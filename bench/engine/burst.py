"""What was launched between two measured steps, in one grow or in many, and the step it becomes:
first without its memory, so that a count that was reported is kept whatever happens next, then at
rest, with what the kernel confirms of the report."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

import msgspec

from bench.engine.protocol import Grown
from bench.engine.rig import Monitor
from bench.model.records import (
    BURST,
    GC,
    LONGEST_SPAWN,
    MAJOR_FAULTS,
    MINOR_FAULTS,
    SYSTEM,
    THREADS,
    USER,
    Kind,
    Refusal,
    Step,
)
from bench.probes.cpu import STILL_FAULTS, CpuSplit
from bench.probes.memory import GONE

N = TypeVar("N", int, float)
RESTLESS = "the runner never came to rest before its memory was read"
GROWING = "the runner took more memory while its units were parked"
NOT_ALIVE = "the process that was started had ended when its memory was read"
ENDED_STATES = "ZX"


@dataclass(frozen=True)
class Burst:
    """The sum so far. `before` is the CPU spent ahead of it, `swapped` the machine's pages by then
    and `alive_before` the units; a longest spawn is the longest of all."""

    before: CpuSplit
    swapped: int | None
    alive_before: int
    nanoseconds: int = 0
    longest_ns: int | None = None
    gc_ns: int | None = None
    alive: int = 0
    refusal: Refusal | None = None
    counts: Mapping[str, int] = field(default_factory=dict)

    def with_(self, grown: Grown) -> Burst:
        longest = [ns for ns in (self.longest_ns, grown.longest_spawn_ns) if ns is not None]
        return dataclasses.replace(
            self,
            nanoseconds=self.nanoseconds + grown.burst_ns,
            longest_ns=max(longest, default=None),
            gc_ns=None if grown.gc_ns is None else (self.gc_ns or 0) + grown.gc_ns,
            alive=grown.alive,
            refusal=refusal_of(grown),
            counts=grown.counts,
        )

    def step(self, requested: int, after: CpuSplit = CpuSplit()) -> Step:  # noqa: B008
        """The step as far as the runner's replies tell, its memory unknown."""
        before = self.before
        return Step(
            requested=requested,
            alive=self.alive,
            spawned=self.alive - self.alive_before,
            readings=GONE,
            seconds=known(
                {
                    BURST: self.nanoseconds / 1e9,
                    USER: grown_by(before.user_seconds, after.user_seconds),
                    SYSTEM: grown_by(before.system_seconds, after.system_seconds),
                    LONGEST_SPAWN: seconds(self.longest_ns),
                    GC: seconds(self.gc_ns),
                }
            ),
            counts=dict(self.counts)
            | known(
                {
                    MINOR_FAULTS: grown_by(before.minor_faults, after.minor_faults),
                    MAJOR_FAULTS: grown_by(before.major_faults, after.major_faults),
                }
            ),
            refusal=self.refusal,
        )


def measured(
    step: Step, burst: Burst, monitor: Monitor, kind: Kind, settle: Callable[[], bool]
) -> Step:
    """The step with what is seen of it from outside once `settle` finds the runner at rest, and
    with the doubts that arise: the kernel shows how many threads there are, whether the process
    lives, and whether it is at rest. A task it cannot see."""
    at_rest = settle()
    before = monitor.cpu()
    memory, threads, state = monitor.memory(), monitor.threads(), monitor.state()
    faults = grown_by(before.minor_faults, monitor.cpu().minor_faults)
    unproved, restless = [], []
    if state is not None and state in ENDED_STATES:
        unproved.append(NOT_ALIVE)
    elif kind == "thread" and threads is not None and threads < step.alive:
        unproved.append(
            f"the kernel counts {threads:,} threads, the runner reported {step.alive:,}"
        )
    if not at_rest:
        restless.append(RESTLESS)
    elif faults is not None and faults > STILL_FAULTS:
        restless.append(GROWING)
    return msgspec.structs.replace(
        step,
        readings=memory,
        counts=step.counts | known({THREADS: threads}),
        swapped=went_up(burst.swapped, monitor.swapped_out_pages()),
        warnings=(*unproved, *restless),
        doubts=(*(("unproved",) if unproved else ()), *(("restless",) if restless else ())),
    )


def refusal_of(grown: Grown) -> Refusal | None:
    if grown.refused is None:
        return None
    refused = grown.refused
    return Refusal(
        alive=grown.alive, error=refused.error, message=refused.message, errno=refused.errno
    )


def known(values: Mapping[str, N | None]) -> dict[str, N]:
    """Without those that are unknown."""
    return {name: value for name, value in values.items() if value is not None}


def seconds(nanoseconds: int | None) -> float | None:
    return None if nanoseconds is None else nanoseconds / 1e9


def grown_by(before: N | None, after: N | None) -> N | None:
    """The difference of two readings; unknown where either is."""
    return None if before is None or after is None else after - before


def went_up(before: int | None, after: int | None) -> bool:
    """Whether a counter counted something; an unknown reading is no event."""
    return before is not None and after is not None and after > before
