"""Before launching: what a unit takes of each limit, how many units it allows, and which binds.

What a unit takes is the slope between what the runner holds at two counts: the *marginal* take, not
the average, since a Python thread takes 2.07 mappings among the first thousand and 3.00 after the
second. Bytes are taken over a wider span (see `takes`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from bench.limits.model import COUNTED, LimitState, Resource, Survey
from bench.limits.runner import RunnerView
from bench.model.records import MEMORY_LIMIT, MOST, Kind

# Allocators map memory in chunks of 1 to 64 MiB: a growth of address space that is small beside
# that says more of the chunk than of the units.
CHUNK_BYTES = 64 << 20
SPREAD = 10
HELD: tuple[Resource, ...] = ("threads", "mappings", "descriptors")  # counted, of what units hold
STACK_BYTES, GUARD_BYTES = 8 << 20, 1 << 20  # a thread's where no limit is its size
CLEARLY, ALIKE = 1.5, 0.2
RISE = 0.01
MEMORY_SHARE = 0.10
PIDS = 512
FAR = 10  # times the units seen: what still rose there is unknown so far ahead
UNBOUNDED = float("inf")

Takes = Mapping[Resource, float | None]


@dataclass(frozen=True)
class Holding:
    """What a runner holds, at rest, with `units` alive: counts, and bytes, of which `user` are the
    part of its memory that lies in its own address space. `None` is unknown."""

    units: int
    held: Mapping[Resource | Literal["user"], int | None]

    @classmethod
    def of(cls, runner: RunnerView, units: int, user: int | None, kernel: int | None) -> Holding:
        """The runner's holding now; `user` and `kernel` bytes are the memory probe's."""
        now = runner.afresh()
        return cls(
            units,
            {
                "threads": now.status("Threads"),
                "mappings": now.mappings,
                "descriptors": now.descriptors,
                "address space": now.status("VmSize"),
                "data": now.status("VmData"),
                "memory": None if user is None or kernel is None else user + kernel,
                "user": user,
            },
        )


def takes(earlier: Sequence[Holding], now: Holding) -> dict[Resource, float | None]:
    """What each unit took that was launched since the last of the `earlier` holdings. Bytes that
    units touch are taken since a tenth of the units instead: tables double as they grow, so that
    what lies between two near counts has either none of their growth or too much."""
    tenth = min(earlier, key=lambda one: abs(one.units * SPREAD - now.units))
    touched = _slope(tenth, now, "user")
    return {
        **{name: _slope(earlier[-1], now, name) for name in HELD},
        "memory": _slope(tenth, now, "memory"),
        "address space": _mapped(earlier, now, "address space", touched),
        "data": _mapped(earlier, now, "data", touched),
    }


def first_takes(runner: RunnerView, kind: Kind) -> dict[Resource, float | None]:
    """What the first unit takes at most, before any was seen: a thread its stack, with the arena
    that an allocator may make for it; a task the chunk that an allocator asks for."""
    _, stack = runner.rlimit("RLIMIT_STACK")
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
    slopes = {name: (_slope(before, last, name), _slope(last, now, name)) for name in HELD}
    return frozenset(
        name
        for name, (then, later) in slopes.items()
        if then is not None and later is not None and later > then * (1 + RISE)
    )


def _slope(before: Holding, now: Holding, name: Resource | Literal["user"]) -> float | None:
    """Per unit. Where the runner holds less than before, what it touches is unknown, since
    something else moved it; of what is counted or only mapped the further units took none."""
    then, later = before.held[name], now.held[name]
    if then is None or later is None or (later < then and name in ("memory", "user")):
        return None
    return float(later - then) / (now.units - before.units) if later > then else 0.0


def _mapped(
    earlier: Sequence[Holding], now: Holding, name: Resource, touched: float | None
) -> float | None:
    """The take of address space; what the units touch stands for it where they fill chunks. Each
    unit may map more than it touches, as a greenlet does, of whose 16 KiB for frames most lies
    idle: then two spans in a row grow alike, which an allocator's chunks do not."""
    last = earlier[-1]
    take = _slope(last, now, name)
    if take is None or touched is None or take * (now.units - last.units) >= CHUNK_BYTES:
        return take
    before = _slope(earlier[-2], last, name) if len(earlier) > 1 else None
    if before is None:
        return touched
    alike = min(before, take) > CLEARLY * touched and abs(take - before) <= ALIKE * take
    return take if alike else touched


@dataclass(frozen=True)
class Reserves:
    """What is left to other processes, of limits that are shared with them: threads, and either
    bytes or a share of the limit's value."""

    pids: int = PIDS
    memory_bytes: int | None = None
    memory_share: float = MEMORY_SHARE

    def of(self, state: LimitState) -> int:
        """How much of a limit is not to be taken, in its own measure."""
        if not state.shared or state.value is None:
            return 0
        if state.resource == "threads":
            return self.pids
        if state.resource not in ("memory", "data"):
            return 0
        share = int(state.value * self.memory_share)
        return share if self.memory_bytes is None else self.memory_bytes


DEFAULT_RESERVES = Reserves()
NO_RESERVES = Reserves(pids=0, memory_bytes=0)


@dataclass(frozen=True)
class Allowed:
    """How many units a limit allows in all: `units` up to the limit itself, `kept` with the
    reserve left alone. Both are `None` where nothing bounds them, or something is unknown. They
    rest on what the first `seen` units took; `at_most` where the take still rose among these and
    the count lies far beyond them."""

    state: LimitState
    take: float | None
    units: int | None
    kept: int | None
    seen: int = 0
    at_most: bool = False

    @property
    def hides_a_ceiling(self) -> bool:
        """Whether this limit may bind first and cannot be predicted. Units always use memory, so
        that a machine which does not report its memory is such a limit; so is one of threads or
        mappings that cannot be read, where each unit takes one."""
        one = self.state
        if not one.known:
            takes_one = one.resource in COUNTED and (self.take or 0) >= 1
            return one.name == MEMORY_LIMIT or takes_one
        uses = one.resource not in (None, "filters")  # a filter is met at the first unit or never
        return one.value is not None and uses and self.take is None


@dataclass(frozen=True)
class Prediction:
    """Every limit with what it allows, smallest first, those that bound nothing last.

    Nothing is predicted while what a unit takes of any limit that may bind is `unknown`: another
    limit would be named in its place, often far beyond it. The `nearest` of the known ones bounds
    the launch all the same, so that is what it is steered by.
    """

    rows: tuple[Allowed, ...]

    @property
    def unknown(self) -> tuple[Allowed, ...]:
        """The limits of which it is unknown how many units they allow."""
        return tuple(row for row in self.rows if row.hides_a_ceiling)

    @property
    def nearest(self) -> Allowed | None:
        """The limit that is met first, of those that are known, reserves included."""
        return next((row for row in self.rows if row.kept is not None), None)

    @property
    def ceiling(self) -> int | None:
        """The predicted count, reserves included."""
        return self.nearest.kept if self.nearest and not self.unknown else None

    @property
    def reserve(self) -> Allowed | None:
        """The limit whose reserve is met first; `None` where no reserve is to be kept."""
        kept = [row for row in self.rows if row.kept != row.units]
        return min(kept, key=lambda row: row.kept or 0, default=None)

    @property
    def wall(self) -> Allowed | None:
        """The limit that would bind if no reserve stopped the launch; `None` where nothing does, or
        it is unknown."""
        bounded = [row for row in self.rows if row.units is not None and not self.unknown]
        return min(bounded, key=lambda row: row.units or 0, default=None)


def predict(
    survey: Survey,
    takes: Takes,
    reserves: Reserves,
    rising: frozenset[Resource] = frozenset(),
) -> Prediction:
    """What each limit of `survey` allows, units taking `takes` of it, of some resources ever more
    (`rising`)."""
    rows, alive = [], survey.units
    for state in survey.states:
        take = takes.get(state.resource) if state.resource else None
        kept = units = None
        if take and state.spare is not None:
            kept = alive + int(max(0, state.spare - reserves.of(state)) // take)
            units = alive + int(max(0, state.spare) // take)
        if units is None or units >= MOST:  # as good as no limit
            rows.append(Allowed(state, take, None, None, alive))
        else:
            at_most = state.resource in rising and units > FAR * alive
            rows.append(Allowed(state, take, units, kept, alive, at_most))
    rows.sort(key=lambda row: (UNBOUNDED if row.kept is None else row.kept, row.units or UNBOUNDED))
    return Prediction(tuple(rows))
