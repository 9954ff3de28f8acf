"""The two sides' samples of one gate, as plain values: what a decision is made from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bench.model.records import Status

Values = tuple[float | None, ...]

# A process that broke may have broken for what would be found in it.
LACKING = 0.1


@dataclass(frozen=True)
class Pairs:
    """One value a process, `base[i]` and `new[i]` of the same pair; `None` is unknown. `at` is the
    count of units, and `doubts` are about all of them. `unlike` says why the two sides are not to
    be compared, where they are not; `given_up` at which pair a side broke once too often, and
    `broke` which side. `grown` is there for a leak: the bytes a unit and cycle by which the
    processes of base and new grew from their first cycle to their last, medians; `doubted` names
    what spoils the median of base and of new."""

    base: Values
    new: Values
    at: int | None = None
    doubts: tuple[str, ...] = ()
    unlike: str | None = None
    given_up: int | None = None
    broke: tuple[str, ...] = ()
    grown: tuple[float, float] | None = None
    doubted: tuple[str | None, str | None] = (None, None)

    def first(self, count: int) -> Pairs:
        given_up = self.given_up if (self.given_up or 0) <= count else None
        return replace(self, base=self.base[:count], new=self.new[:count], given_up=given_up)

    @property
    def whole(self) -> list[tuple[float, float]]:
        """The pairs of which both values are known."""
        both = zip(self.base, self.new, strict=True)
        return [(base, new) for base, new in both if base is not None and new is not None]


@dataclass(frozen=True)
class Groups:
    """One value a process, the two sides not made in turn; else as in `Pairs`."""

    base: Values
    new: Values
    at: int | None = None
    doubts: tuple[str, ...] = ()
    unlike: str | None = None
    grown: tuple[float, float] | None = None
    doubted: tuple[str | None, str | None] = (None, None)


@dataclass(frozen=True)
class Stopped:
    """One climb: the last count confirmed alive and what stopped it there. `value` is what the
    limit stood at, where it was seen."""

    count: int
    status: Status
    limit: str | None = None
    where: str | None = None
    value: int | None = None

    @property
    def met_a_limit(self) -> bool:
        """Whether the runtime went as far as it could; else it could have gone on."""
        return self.status in ("refused", "killed")


@dataclass(frozen=True)
class Ceilings:
    """The climbs of both sides, made in freely dealt order (`bench.experiments.dealing`)."""

    base: tuple[Stopped, ...]
    new: tuple[Stopped, ...]
    doubts: tuple[str, ...] = ()
    doubted: tuple[str | None, str | None] = (None, None)


Sides = Pairs | Groups | Ceilings


def is_lacking(values: Sequence[float | None]) -> bool:
    """Whether too many processes have no value for the others to speak for them."""
    return len(known(values)) < (1 - LACKING) * len(values) or not values


def known(values: Sequence[float | None]) -> list[float]:
    return [value for value in values if value is not None]
