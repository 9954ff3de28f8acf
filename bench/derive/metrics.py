"""The one derivation of metrics from records: whoever shows or judges a value takes it from here,
so that no two readers can disagree.

For each case that ran, in the result's order, every quantity in the order of `bench.quantities`,
the unknown ones included. A metric is also what programs see: an object of `outnumber summary
--format json`, which is the stable interface.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from bench import quantities
from bench.derive.choice import cases_of
from bench.derive.series import Better, Quantity, Series, middle_count
from bench.model.records import Result, Status

SCHEMA = 1


class Metric(msgspec.Struct, frozen=True, kw_only=True):
    """One value of a quantity, for one case, with its 95 % interval.

    `value`, `low` and `high` are `None` where unknown; `samples` is how many independent sessions
    stand behind the value; `source` is where it was read, or `unknown`. `with_` is what else the
    value belongs to. `overhead` is the part of the value, in seconds, that the measuring itself
    takes. `status`, `limit`, `where`, `predicted` and `projected` belong to a value where launching
    stopped: the last count confirmed alive. `doubt` says why the value must not be quoted alone (a
    name of `bench.derive.doubts`), else `None`.
    """

    case: str
    metric: str
    part: str | None = None
    at: int | None = None
    with_: Mapping[str, str | float] = msgspec.field(default_factory=dict, name="with")
    quantile: float | None = None
    value: float | None
    low: float | None = None
    high: float | None = None
    samples: int
    better: Better
    source: str
    status: Status | None = None
    limit: str | None = None
    where: str | None = None
    predicted: int | None = None
    projected: int | None = None
    doubt: str | None = None
    overhead: float | None = None
    warnings: tuple[str, ...] = ()

    @property
    def quantity(self) -> Quantity:
        """The row of `bench.quantities` that this is a value of."""
        return quantities.find(self.metric)


def figures(result: Result) -> tuple[Metric, ...]:
    """Every metric of the run. A case without a session has none."""
    return tuple(map(metric_of, series(result)))


def series(result: Result) -> tuple[Series, ...]:
    """The samples behind every metric, one a process, for tests of two sides and exports of raw
    values."""
    return tuple(
        one
        for case in cases_of(result)
        for quantity in quantities.all_()
        if any(session.purpose in quantity.purposes for session in case.sessions)
        for one in quantity.derive(quantity, case)
    )


def metric_of(one: Series) -> Metric:
    """The metric: the median of the samples with its interval, and every doubt about them."""
    pooled, stop, estimate = one.comparable, one.stop, one.estimate()
    return Metric(
        case=one.case,
        metric=one.quantity.name,
        part=one.part,
        with_=one.with_,
        quantile=one.quantile,
        at=middle_count(pooled or one.samples),
        value=estimate.value,
        low=estimate.low,
        high=estimate.high,
        samples=len(pooled),
        better=one.quantity.better,
        source=pooled[0].source if pooled else "unknown",
        status=stop.status if stop else None,
        limit=stop.limit if stop else None,
        where=stop.where if stop else None,
        predicted=stop.predicted if stop else None,
        projected=stop.projected if stop else None,
        doubt=one.doubt(estimate),
        overhead=one.overhead,
        warnings=one.all_warnings(estimate),
    )


def counts_behind(metrics: Iterable[Metric]) -> dict[str, str]:
    """The counts that metrics rest on, in words: results that differ in them are unlike."""
    return {
        f"{metric.case} {metric.quantity.counted}": f"{metric.at:,}"
        for metric in metrics
        if metric.quantity.counted and metric.value is not None and metric.at is not None
    }


def find(
    metrics: Iterable[Metric],
    case: str,
    metric: str,
    part: str | None = None,
    quantile: float | None = None,
) -> Metric | None:
    """The one metric with this name, part and quantile; `None` where the case has none."""
    wanted = (case, metric, part, quantile)
    found = (m for m in metrics if (m.case, m.metric, m.part, m.quantile) == wanted)
    return next(found, None)
