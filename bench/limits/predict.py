"""Before launching: how many units each limit allows, and which will bind. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from bench.limits.model import COUNTED, LimitState, Resource, Survey
from bench.limits.takes import Takes
from bench.model.records import MEMORY_LIMIT, MOST

MEMORY_SHARE = 0.10
PIDS = 512
FAR = 10  # times the units seen: what still rose there cannot be told so far ahead


@dataclass(frozen=True)
class Reserves:
    """What is left to other processes, of limits that are shared with them: threads, and either
    bytes or a share of the limit's value."""

    pids: int = PIDS
    memory_bytes: int | None = None
    memory_share: float = MEMORY_SHARE

    def of(self, allowance: LimitState) -> int:
        """How much of a limit is not to be taken, in its own measure."""
        if not allowance.shared or allowance.value is None:
            return 0
        if allowance.resource == "threads":
            return self.pids
        if allowance.resource not in ("memory", "data"):
            return 0
        share = int(allowance.value * self.memory_share)
        return share if self.memory_bytes is None else self.memory_bytes


DEFAULT_RESERVES = Reserves()
NO_RESERVES = Reserves(pids=0, memory_bytes=0)


@dataclass(frozen=True)
class Allowed:
    """How many units a limit allows in all: `units` up to the limit itself, `kept` with the
    reserve left alone. Both are `None` where nothing bounds them, or something is unknown. They
    rest on what the first `seen` units took; `at_most` where the take still rose among these and
    the count lies far beyond them."""

    allowance: LimitState
    take: float | None
    units: int | None
    kept: int | None
    seen: int = 0
    at_most: bool = False

    @property
    def hides_a_ceiling(self) -> bool:
        """Whether this limit may bind first and cannot be predicted."""
        one = self.allowance
        if not one.known:
            takes_one = one.resource in COUNTED and (self.take or 0) >= 1
            return one.limit == MEMORY_LIMIT or takes_one
        uses = one.resource not in (None, "filters")  # a filter is met at the first unit or never
        return one.value is not None and uses and self.take is None

    @property
    def reserved(self) -> bool:
        """Whether a reserve would stop the launch before the limit does."""
        return self.kept != self.units


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
        """The limits of which it is unknown how many units they allow. Units always use memory, so
        that a machine which does not report its memory is among these; so is a limit of threads or
        mappings that cannot be read, where each unit takes one."""
        return tuple(row for row in self.rows if row.hides_a_ceiling)

    @property
    def nearest(self) -> Allowed | None:
        """The limit that is met first, of those that are known, reserves included."""
        return next((row for row in self.rows if row.kept is not None), None)

    @property
    def binding(self) -> Allowed | None:
        """What will stop the launch; `None` where nothing does, or it is unknown."""
        return None if self.unknown else self.nearest

    @property
    def next(self) -> Allowed | None:
        """What would stop it if the binding limit were lifted."""
        bounded = [row for row in self.rows if row.kept is not None]
        return bounded[1] if len(bounded) > 1 and not self.unknown else None

    @property
    def ceiling(self) -> int | None:
        """The predicted count, reserves included."""
        return self.binding.kept if self.binding else None

    @property
    def reserve(self) -> Allowed | None:
        """The limit whose reserve is met first; `None` where no reserve is to be kept."""
        kept = [row for row in self.rows if row.reserved]
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
    rows = [_allowed(one, takes, survey.units, reserves, rising) for one in survey.allowances]
    return Prediction(tuple(_smallest_first(rows)))


def _allowed(
    one: LimitState, takes: Takes, alive: int, reserves: Reserves, rising: frozenset[Resource]
) -> Allowed:
    take = takes.get(one.resource) if one.resource else None
    spare = one.spare
    if not take or spare is None:
        return Allowed(one, take, None, None, alive)
    kept = alive + int(max(0, spare - reserves.of(one)) // take)
    units = alive + int(max(0, spare) // take)
    if units >= MOST:  # as good as no limit
        return Allowed(one, take, None, None, alive)
    at_most = one.resource in rising and units > FAR * alive
    return Allowed(one, take, units, kept, alive, at_most)


def _smallest_first(rows: Iterable[Allowed]) -> list[Allowed]:
    far = float("inf")
    return sorted(rows, key=lambda row: (far if row.kept is None else row.kept, row.units or far))
