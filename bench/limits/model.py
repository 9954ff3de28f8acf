"""The types of this package: a limit, its state for one runner, and how its refusal looks.

A `KnownLimit` is one row of `bench.limits.known.KNOWN`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from bench.model.records import MOST

if TYPE_CHECKING:
    from bench.limits.runner import RunnerView

Resource = Literal[
    "threads", "mappings", "address space", "data", "memory", "descriptors", "filters"
]
COUNTED: frozenset[Resource] = frozenset({"threads", "mappings", "descriptors", "filters"})
"""Resources that are counted in ones; the others are bytes."""


@dataclass(frozen=True)
class LimitState:
    """A limit as it stands in one place, for one runner.

    `value` is `None` where there is no limit, or, if `known` is false, where it cannot be read.
    `use` is what is in use by everybody whom it counts; `None` is unknown. `where` is the cgroup's
    folder, or whom the limit counts. `shared`: processes outside the harness's own tree are counted
    too. `counters` are those of the `Survey` that move when this limit refuses.
    """

    name: str
    resource: Resource | None
    value: int | None
    use: int | None
    where: str | None = None
    known: bool = True
    shared: bool = False
    counters: tuple[str, ...] = ()
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
        """What makes it the same limit in two surveys."""
        return self.name, self.where

    @property
    def title(self) -> str:
        """The name, with the place where there may be several."""
        return f"{self.name} in {self.where}" if (self.where or "").startswith("/") else self.name

    @property
    def in_words(self) -> str:
        """Its value and its use."""
        return f"{self.title} is {self.amount(self.value)}, {self.amount(self.use)} in use"


@dataclass(frozen=True)
class Sign:
    """How a refusal looks: any one of an errno, a signal, or words in the message or in what the
    runner last wrote. `decisive`: nothing else looks like this."""

    errnos: frozenset[int] = frozenset()
    signals: frozenset[str] = frozenset()
    words: str | None = None
    decisive: bool = False

    def fits(self, ending: Ending) -> bool:
        """Whether this may have ended a launch that ended so."""
        text = f"{ending.message}\n{ending.stderr}"
        matches = self.words is not None and re.search(self.words, text, re.IGNORECASE) is not None
        return matches or ending.errno in self.errnos or ending.signal in self.signals


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


@dataclass(frozen=True)
class KnownLimit:
    """One thing that can stop a launch.

    `read` gives its state in every place where it stands for a runner; `counters` what the kernel
    counts of its refusals, by a label that says where (`None` is unknown). `lift` is what to type,
    for one process where that can be: `{value}` there becomes `raised` times its value, or `most`
    that it can be, `{where}` its place.
    """

    name: str
    resource: Resource | None
    read: Reader
    signs: tuple[Sign, ...]
    lift: str
    counters: Counter | None = None
    raised: float = 2
    most: int | None = None

    def state(
        self, value: int | None, use: int | None, where: str, known: bool = True, **more: Any
    ) -> LimitState:
        """Its state in one place; `more` are further fields of `LimitState`."""
        return LimitState(self.name, self.resource, value, use, where, known, **more)

    def to_lift(self, state: LimitState) -> str:
        """What to type to go further than `state` lets."""
        value = int((state.value or 0) * self.raised)
        if self.most is not None:
            if (state.value or 0) >= self.most:
                return f"nothing: {self.most:,} is the most that the kernel takes"
            value = min(value, self.most)
        return self.lift.format(value=value, where=state.where or "")


Reader = Callable[[KnownLimit, "RunnerView"], Iterable[LimitState]]
Counter = Callable[[KnownLimit, "RunnerView"], Mapping[str, int | None]]


@dataclass(frozen=True)
class Survey:
    """Every limit of one runner at one moment, and every counter of refusals and kills by its
    label (`pids.events max in /sys/fs/cgroup/pids/a`). `units` were alive."""

    units: int = 0
    states: tuple[LimitState, ...] = ()
    counters: Mapping[str, int] = field(default_factory=dict)
