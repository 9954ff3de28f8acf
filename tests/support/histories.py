"""Made-up histories: nights of one figure or more, whose values a test gives or tosses."""

from __future__ import annotations

import math
import random
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bench.history.store import VERSION, Acknowledgement, History, Point, StoredMetric
from bench.judging.gates import BURST, MetricName
from bench.model.likeness import facts_of
from bench.model.records import CaseRecord
from tests.support.results import result, runtime, sweep

FIRST = datetime(2026, 9, 1, 2, 30, tzinfo=UTC)
FACTS = facts_of(result(sweep()))
AT = {"asyncio": 100_000, "pthread": 10_000}

Values = Mapping[tuple[str, MetricName], Sequence[float | None]]


def history(
    values: Values,
    *,
    control: Sequence[float | None] | None = None,
    facts: Mapping[int, Mapping[str, Mapping[str, str]]] | None = None,
    acknowledged: Iterable[Acknowledgement] = (),
    runtimes: Mapping[str, CaseRecord] | None = None,
) -> History:
    """A history whose nights have these values, `None` being a night without the figure. `facts`
    hold from the night that they stand at on."""
    nights = max(map(len, values.values()))
    return History(
        folder=Path("outnumber-history"),
        points=tuple(
            point(
                night,
                {key: each[night] for key, each in values.items() if night < len(each)},
                control=control[night] if control else None,
                facts=_facts_at(night, facts or {}),
                runtimes=runtimes,
            )
            for night in range(nights)
        ),
        acknowledged=tuple(acknowledged),
        faults=(),
    )


def burst_history(values: Sequence[float | None], **more: object) -> History:
    """A history of asyncio's bursts alone, in seconds a unit."""
    return history({("asyncio", BURST): values}, **more)  # type: ignore[arg-type]


def point(
    night: int,
    values: Mapping[tuple[str, MetricName], float | None],
    *,
    control: float | None = None,
    facts: Mapping[str, Mapping[str, str]] = FACTS,  # type: ignore[assignment]
    runtimes: Mapping[str, CaseRecord] | None = None,
) -> Point:
    """The run of one night."""
    names = dict.fromkeys(name for name, _ in values)
    known = runtimes or {}
    return Point(
        history=VERSION,
        id=f"{night:016x}",
        started=(FIRST + timedelta(days=night)).isoformat(),
        commit=f"{night:02d}c0ffee{'0' * 32}",
        command="run",
        cases=tuple(known.get(name) or runtime(name) for name in names),
        facts=facts,  # type: ignore[arg-type]
        control=None if control is None else (control,) * 8,
        kept=tuple(
            _kept(name, figure, value)
            for (name, figure), value in values.items()
            if value is not None
        ),
    )


def noise(
    nights: int, seed: int, spread: float = 0.03, level: float = 4e-6, echo: float = 0.0
) -> list[float]:
    """Nights that vary about a level; `echo` is the autocorrelation from one to the next."""
    dice = random.Random(seed)
    height, found = dice.gauss(0, 1), []
    for _ in range(nights):
        found.append(level * math.exp(spread * height))
        height = echo * height + math.sqrt(1 - echo**2) * dice.gauss(0, 1)
    return found


def shifted(values: Sequence[float], place: int, factor: float) -> list[float]:
    """The values, those from a place on `factor` times as large."""
    return [value * (factor if night >= place else 1) for night, value in enumerate(values)]


def _kept(name: str, figure: MetricName, value: float) -> StoredMetric:
    is_ceiling = figure.metric == "ceiling"
    return StoredMetric(
        case=name,
        metric=figure.metric,
        part=figure.part,
        quantile=figure.quantile,
        at=None if is_ceiling else AT.get(name, 100_000),
        value=value,
        samples=6,
        status="refused" if is_ceiling else None,
        limit="vm.max_map_count" if is_ceiling else None,
    )


def _facts_at(
    night: int, facts: Mapping[int, Mapping[str, Mapping[str, str]]]
) -> Mapping[str, Mapping[str, str]]:
    found: Mapping[str, Mapping[str, str]] = FACTS  # type: ignore[assignment]
    for begins in sorted(facts):
        if begins <= night:
            found = {**found, **{t: {**found.get(t, {}), **n} for t, n in facts[begins].items()}}
    return found
