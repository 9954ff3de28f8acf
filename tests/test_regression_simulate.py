"""Jobs drawn from recorded pairs: what of the recording they keep, and what they add."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest

from bench.judging.gates import BURST, BYTES, LEAK, Gate, Margin, MetricName
from bench.judging.looks import looks
from bench.judging.noise import BLOCK, Injected, Recorded, draw, processes, simulate
from bench.judging.samples import Pairs
from tests.support.sides import GATES, World

BYTE_GATE, LEAK_GATE, BURST_GATE = GATES
COUNTED = tuple((float(2 * place), float(2 * place + 1)) for place in range(30))


def counted(gate: Gate = BYTE_GATE, most_pairs: int | None = None) -> Recorded:
    """Pairs whose values are their places."""
    return Recorded(gate, COUNTED, most_pairs)


def recorded_world(world: World, seed: int = 1) -> tuple[Recorded, ...]:
    drawn = world.pairs(random.Random(seed))
    return tuple(
        Recorded(gate, tuple(sides.whole)) for gate, sides in zip(GATES, drawn, strict=True)
    )


def test_a_drawn_pair_is_one_that_was_recorded() -> None:
    (sides,) = draw([counted()], 40, random.Random(1))
    assert len(sides.base) == 40
    assert {tuple(sorted(pair)) for pair in sides.whole} <= set(COUNTED)


def test_a_tossed_coin_says_which_of_a_pair_is_new() -> None:
    (sides,) = draw([counted()], 200, random.Random(1))
    new_ran_last = sum(new > base for base, new in sides.whole)
    assert 70 < new_ran_last < 130


def test_pairs_are_drawn_in_blocks_of_neighbours_round_the_end() -> None:
    (values,) = processes([counted()], 60, random.Random(1))
    firsts = [int(value) // 2 for value in values[::2]]
    blocks = [firsts[place : place + BLOCK] for place in range(0, 60, BLOCK)]
    assert all(block == [(block[0] + step) % 30 for step in range(BLOCK)] for block in blocks)
    assert len({block[0] for block in blocks}) > 5


def test_the_gates_of_a_job_are_drawn_from_the_same_moments() -> None:
    bytes_, burst = processes([counted(), counted(BURST_GATE)], 40, random.Random(1))
    assert bytes_ == burst


def test_a_figure_that_a_job_measures_less_often_has_fewer_pairs() -> None:
    sides = draw([counted(), counted(LEAK_GATE, most_pairs=20)], 40, random.Random(1))
    assert [len(one.base) for one in sides] == [40, 20]


def test_a_change_is_given_to_the_new_side_of_its_figure_alone() -> None:
    changes = {BYTES: Injected(factor=2.0, more=1000.0)}
    changed = draw([counted(), counted(BURST_GATE)], 20, random.Random(1), changes)
    same = draw([counted(), counted(BURST_GATE)], 20, random.Random(1))
    assert changed[0].base == same[0].base
    assert changed[0].new == tuple(2 * (value or 0) + 1000 for value in same[0].new)
    assert changed[1] == same[1]


def test_a_nuisance_befalls_the_processes_in_the_order_in_which_they_run() -> None:
    def numbered(figure: MetricName, values: Sequence[float], _dice: random.Random) -> list[float]:
        assert figure == BYTES
        return [float(place) for place in range(len(values))]

    (sides,) = draw([counted()], 20, random.Random(1), nuisance=numbered)
    assert [min(pair) for pair in sides.whole] == [2.0 * place for place in range(20)]


def test_the_same_dice_draw_the_same_jobs() -> None:
    def drawn(seed: int) -> tuple[Pairs, ...]:
        return draw([counted()], 40, random.Random(seed))

    assert drawn(1) == drawn(1)
    assert drawn(1) != drawn(2)


def test_played_jobs_clear_what_is_alike_and_find_what_is_not() -> None:
    recorded = recorded_world(World(burst_noise=0.02))
    for changes, word in (({}, "no regression"), ({BURST: Injected(factor=1.2)}, "regression")):
        decisions = simulate(recorded, looks(), 20, random.Random(1), changes)
        assert [decision.outcome for decision in decisions] == [word] * 20


@pytest.mark.parametrize("leaked", [0.0, 200.0])
def test_a_change_on_top_is_found_as_a_leak(leaked: float) -> None:
    recorded = [Recorded(Gate("asyncio", LEAK, Margin(10.0, absolute=True)), ((0.0, 0.0),) * 20)]
    (decision,) = simulate(recorded, looks(), 1, random.Random(1), {LEAK: Injected(more=leaked)})
    assert decision.verdicts[0].event == ("leak" if leaked else None)
