"""The looks of a job: what each may spend, and that each can say something with it."""

from __future__ import annotations

import math

import pytest

from bench.judging.decision import decide
from bench.judging.gates import BYTES, Gate, Margin
from bench.judging.looks import (
    FALSE_FAILURE,
    MISSED,
    Look,
    fewest_a_side,
    fewest_pairs,
    looks,
)
from bench.judging.samples import Pairs
from tests.support.sides import pairs


def worse(count: int) -> Pairs:
    """Pairs that all point one way, and far."""
    return pairs([100.0 + place for place in range(count)], [200.0 + 3 * p for p in range(count)])


def test_a_job_looks_at_13_at_20_and_at_40_pairs() -> None:
    assert [look.pairs for look in looks()] == [13, 20, 40]
    assert [look.is_last for look in looks()] == [False, False, True]


@pytest.mark.parametrize(
    ("first", "most", "counts"),
    [(13, 13, [13]), (13, 20, [13, 20]), (13, 15, [13, 15]), (20, 200, [20, 30, 200])],
)
def test_looks_end_with_the_most_pairs(first: int, most: int, counts: list[int]) -> None:
    assert [look.pairs for look in looks(first, most)] == counts


@pytest.mark.parametrize("most", [13, 20, 40])
def test_the_looks_together_spend_no_more_than_there_is(most: int) -> None:
    made = looks(13, most)
    assert sum(look.false_failure for look in made) == pytest.approx(FALSE_FAILURE)
    assert sum(look.missed for look in made) == pytest.approx(MISSED)


@pytest.mark.parametrize("gates", [1, 3, 4, 21])
@pytest.mark.parametrize("look", looks(), ids=lambda look: f"look {look.number}")
def test_each_look_can_call_a_regression_for_each_gate(gates: int, look: Look) -> None:
    """Even where every other gate is as good as can be, which leaves Holm's hardest level."""
    judged = tuple(Gate(f"runtime {number}", BYTES, Margin(0.01)) for number in range(gates))
    equal = pairs([100.0] * look.pairs, [100.0] * look.pairs)
    for place in range(gates):
        sides = [worse(look.pairs) if number == place else equal for number in range(gates)]
        words = [verdict.verdict for verdict in decide(judged, sides, look).verdicts]
        assert words[place] == "regression"
        assert words.count("regression") == 1


@pytest.mark.parametrize("gates", [1, 3, 4, 21, 24])
def test_the_fewest_pairs_are_just_enough(gates: int) -> None:
    allowed = looks()[0].false_failure / gates
    assert 0.5 ** fewest_pairs(gates) <= allowed < 0.5 ** (fewest_pairs(gates) - 1)
    assert fewest_pairs(gates) <= 13


@pytest.mark.parametrize(("gates", "count"), [(1, 5), (4, 6), (28, 7)])
def test_the_fewest_processes_a_side_are_just_enough(gates: int, count: int) -> None:
    assert fewest_a_side(gates) == count
    assert 1 / math.comb(2 * count, count) <= FALSE_FAILURE / gates
    assert 1 / math.comb(2 * count - 2, count - 1) > FALSE_FAILURE / gates
