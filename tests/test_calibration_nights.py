"""The made-up nights: where some are missing, their dates have gaps."""

from __future__ import annotations

import itertools

from bench.history.check import check
from tests.calibration.history import NIGHTS, nominates, period_of
from tests.calibration.nights import KINDS, Dated, series, shifted

MISSING = "waves, a fifth of the nights missing"


def test_nights_follow_each_other_but_where_some_are_missing() -> None:
    for kind in KINDS:
        nights = period_of(series(kind, NIGHTS, "published", 1)).nights
        days = [(after.date - before.date).days for before, after in itertools.pairwise(nights)]
        assert max(days) > 1 if kind == MISSING else set(days) == {1}
        assert len(nights) < NIGHTS if kind == MISSING else len(nights) == NIGHTS


def test_a_check_goes_by_the_order_of_nights_and_not_by_their_dates() -> None:
    """So that what is published of missing nights is what fewer nights would give."""
    nights = shifted(series(MISSING, NIGHTS, "published", 1), 20, 0.2)
    closed_up = [Dated(place, night.value) for place, night in enumerate(nights)]
    assert closed_up != nights
    found, same = (check([period_of(made)]).nominations for made in (nights, closed_up))
    assert [(one.p, len(one.nights), one.grade) for one in found] == [
        (one.p, len(one.nights), one.grade) for one in same
    ]
    assert nominates(nights)
