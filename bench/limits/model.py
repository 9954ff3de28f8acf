"""The words of this package: what a limit is, how it stands now, and how its refusal looks.

A `KnownLimit` is one record that knows how to be read, which resource a unit takes of it, what its
refusal looks like and what lifts it; `bench.limits.known` lists them all.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from bench.model.records import MOST

if TYPE_CHECKING:
    from bench.limits.child import RunnerView

Resource = Literal[
    "threads", "mappings", "address space", "data", "memory", "descriptors", "filters"
]
COUNTED: frozenset[Resource] = frozenset({"threads", "mappings", "descriptors", "filters"})
"""Resources that are counted in ones; the others are bytes."""


@dataclass(frozen=True)
class LimitState:
    """A limit as it stands in one place, for one runner.

    `value` is `None` where there is no limit, or, if `known` is false, where it cannot be read.
    `use` is what is taken of it by everybody whom it counts; `None` is unknown. `where` is the
    cgroup's folder, or whom the limit counts. `shared`: processes outside the harness's own tree
    are counted too. `witnesses` are the counters (see `Survey`) that move when this limit refuses.
    """

    limit: str
    resource: Resource | None
    value: int | None
    use: int | None
    where: str | None = None
    known: bool = True
    shared: bool = False
    witnesses: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """A limit that is larger than anything is none; a use that is so large is unknown."""
        for name in ("value", "use"):
            number = getattr(self, name)
            if number is not None and not 0 <= number < MOST:
                object.__setattr__(self, name, None)

    @property
    def spare(self) -> int | None:
        """How much is left; `None` where there is no limit or its use is unknown."""
        return None if self.value is None or self.use is None else self.value - self.use

    def amount(self, value: int | None) -> str:
        """A value in its own measure, in words."""
        if value is None:
            return "unknown"
        if self.resource in COUNTED:
            return f"{value:,}"
        return f"{value / 2**20:,.1f} MiB" if value >= 1 << 20 else f"{value:,} bytes"

    @property
    def key(self) -> tuple[str, str | None]:
        """What makes it the same allowance in two surveys."""
        return self.limit, self.where

    @property
    def title(self) -> str:
        """The name, with the place where there may be several."""
        return f"{self.limit} in {self.where}" if (self.where or "").startswith("/") else self.limit


@dataclass(frozen=True)
class Sign:
    """How a refusal looks: any one of an errno, a signal, or words in the message or in what the
    runner last wrote. `decisive`: nothing else looks like this."""

    errnos: frozenset[int] = frozenset()
    signals: frozenset[str] = frozenset()
    words: str | None = None
    decisive: bool = False

    def fits(self, ending: Ending) -> bool:
        """Whether a launch that ended so may have been ended by this."""
        said = f"{ending.message}\n{ending.stderr}"
        spoken = self.words is not None and re.search(self.words, said, re.IGNORECASE) is not None
        return spoken or ending.errno in self.errnos or ending.signal in self.signals


@dataclass(frozen=True)
class Ending:
    """How a launch ended: the runner's refusal, or its death. `alive` is the last count that was
    confirmed, `asked` the count that it was to reach."""

    alive: int
    asked: int
    message: str
    errno: int | None = None
    signal: str | None = None
    stderr: str = ""
    dead: bool = False


def no_counters(_: RunnerView) -> Mapping[str, int]:
    """For limits that keep no count of their refusals."""
    return {}


@dataclass(frozen=True)
class KnownLimit:
    """One thing that can stop a launch.

    `read` gives it in every place where it stands for a runner; `counters` what it counts of its
    own refusals, by a label that says where. `lift` is what to type, for one process where that can
    be: `{value}` there becomes `raised` times its value, or `most` that it can be, `{where}` its
    place.
    """

    name: str
    read: Callable[[RunnerView], tuple[LimitState, ...]]
    signs: tuple[Sign, ...]
    lift: str
    counters: Callable[[RunnerView], Mapping[str, int]] = no_counters
    raised: float = 2
    most: int | None = None

    def to_lift(self, allowance: LimitState) -> str:
        """What to type to go further than `allowance` lets."""
        value = int((allowance.value or 0) * self.raised)
        if self.most is not None:
            if (allowance.value or 0) >= self.most:
                return f"nothing: {self.most:,} is the most that the kernel takes"
            value = min(value, self.most)
        return self.lift.format(value=value, where=allowance.where or "")


@dataclass(frozen=True)
class Survey:
    """Every limit of one runner at one moment, and every counter of refusals and kills by its
    label (`pids.events max in /sys/fs/cgroup/pids/a`). `units` were alive."""

    units: int = 0
    allowances: tuple[LimitState, ...] = ()
    counters: Mapping[str, int] = field(default_factory=dict)
