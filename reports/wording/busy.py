"""The line that says which runtimes were measured while the machine did other work."""

from __future__ import annotations

import statistics

from bench.derive.choice import by_runtime
from bench.derive.doubts import MARK
from bench.derive.load import is_busy, slowed
from bench.model.records import Result, Session
from reports.wording import units
from reports.wording.escape import plain


def busy_line(*results: Result) -> str | None:
    """For a person, with what to do; `None` where no runtime's times suffered. A runtime's did
    where half of its sweeps ran beside other work."""
    busy: dict[str, list[Session]] = {}
    for result in results:
        slow = slowed(result.control)
        for name, every in by_runtime(result):
            sweeps = [sweep for sweep in every if sweep.steps]  # others have no times
            if sweeps and 2 * sum(slow or is_busy(sweep) for sweep in sweeps) >= len(sweeps):
                busy.setdefault(plain(name), []).extend(sweeps)
    if not busy:
        return None
    shares = [
        sweep.others_share + (sweep.stolen_share or 0)
        for sweeps in busy.values()
        for sweep in sweeps
        if sweep.others_share is not None
    ]
    share = units.share(statistics.median(shares)) if shares else "an unknown share"
    return (
        f"{MARK} Other work took {share} of the processors while these were measured, so their "
        f"times may be too long: {', '.join(busy)}. Repeat it with --wait-for-quiet 60."
    )
