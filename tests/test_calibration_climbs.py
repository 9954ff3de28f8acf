"""The order of climbs: dealt freely it fails no more jobs than it may, in pairs it would."""

from __future__ import annotations

import random

import pytest

from bench.judging.decision import decide
from bench.judging.gates import BURST, BYTES, CEILING, LEAK, Gate, Margin
from bench.judging.looks import looks
from bench.judging.samples import Pairs
from tests.calibration import climbs
from tests.test_calibration import drawn, missed, shares


def in_pairs(count: int, dice: random.Random) -> tuple[int, ...]:
    """The order of climbs were they made pair by pair."""
    return tuple(side for _ in range(count) for side in dice.sample((0, 1), 2))


ORDERED = "every second climb 5 % lower"


def ceilings_that_fail(jobs: int) -> int:
    """Of so many jobs of four gates, whose climbs differ by their order alone."""
    gate = Gate("pthread", CEILING, Margin(0.03))
    others = [Gate("pthread", figure, Margin(0.01)) for figure in (BYTES, LEAK, BURST)]
    level = [Pairs((1.0,) * 13, (1.0,) * 13)] * 3
    tossed = random.Random(3)
    made = [
        decide(
            [gate, *others],
            [climbs.ceilings(climbs.ORDERS[ORDERED], 6, tossed), *level],
            looks()[0],
        ).verdicts[0]
        for _ in range(jobs)
    ]
    return [verdict.verdict for verdict in made].count("regression")


@pytest.mark.slow
def test_the_order_of_climbs_fails_no_more_jobs_than_the_ceiling_may(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A quarter of 1 % of 2,000 jobs is 5. In pairs, what befalls the second of each fails 31."""
    assert ceilings_that_fail(2_000) <= 9
    monkeypatch.setattr(climbs, "dealt", in_pairs)
    assert ceilings_that_fail(1_000) > 10


def test_climbs_that_fail_too_many_jobs_are_found_out() -> None:
    for failed, reached in ((5, True), (31, False)):
        made = shares(regression=failed, cleared=2_000 - failed)
        row = climbs.Row(ORDERED, 6, 0.0025, made, made)
        assert row.reached == reached
        assert (missed(drawn(climbing=[row])) == []) == reached
