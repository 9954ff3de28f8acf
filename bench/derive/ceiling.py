"""The ceiling: the last count that was confirmed alive, and what stopped the launch there."""

from __future__ import annotations

from collections.abc import Sequence

from bench.derive.allowances import hiding
from bench.derive.choice import farthest, farthest_stop
from bench.derive.doubts import APPLY, gravest
from bench.derive.metrics import Metric
from bench.model.records import Session, Stop

SOURCE = "runner's count, confirmed parked"


def ceiling(runtime: str, sweeps: Sequence[Session]) -> Metric:
    """The ceiling of the climb that went farthest; without a climb, of any sweep.

    A runner that broke, or a run that ended, before anything was alive says nothing of a ceiling:
    that is unknown. A refusal of the very first unit is a ceiling of 0.
    """
    sweep, stop = farthest(sweeps), farthest_stop(sweeps)
    climbed = () if sweep.purpose == "climb" else (_NO_CLIMB,)
    unknown = hiding(sweep.limits)
    known = stop.count > 0 or stop.status in ("refused", "killed")
    return Metric(
        case=runtime,
        metric="ceiling",
        value=stop.count if known else None,
        samples=1 if known else 0,
        better="higher",
        source=SOURCE if known else "unknown",
        status=stop.status,
        limit=stop.limit,
        where=stop.where,
        doubt=doubt_of(sweep) if known else None,
        predicted=None if unknown else stop.predicted,
        projected=None if unknown else stop.projected,
        warnings=(*_doubts(stop), *climbed, *map(_not_projected, unknown), *sweep.warnings),
    )


def doubt_of(sweep: Session) -> str | None:
    """What was seen of the runner at the count itself."""
    seen = sweep.steps[-1].doubts if sweep.steps else ()
    return gravest(APPLY["ceiling"].intersection(seen))


def _not_projected(limit: str) -> str:
    return f"nothing is projected: how many units {limit} would allow is unknown"


_NO_CLIMB = "no climb was made: the farthest that any sweep went"


def _doubts(stop: Stop) -> tuple[str, ...]:
    """The runner's own words where no limit is named, and those of every broken end."""
    if stop.status == "refused" and stop.limit is None:
        return (f"no limit was recognised: {stop.message}",)
    if stop.status in ("killed", "failed", "interrupted"):
        return (stop.message, *stop.evidence)
    return ()
