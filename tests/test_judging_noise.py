"""How noisy equal processes are, jobs that are drawn from them, and the margins that suit both."""

from __future__ import annotations

import functools
import math
import random
from collections.abc import Sequence

import pytest

from bench.judging.gates import BURST, BYTES, LEAK, Gate, Margin, MetricName
from bench.judging.looks import looks
from bench.judging.noise import (
    BLOCK,
    FEWEST,
    CaseNoise,
    Injected,
    Recommendations,
    Recorded,
    autocorrelation,
    draw,
    drift,
    margins_to_type,
    noise_of,
    processes,
    recommend,
    simulate,
    wider,
)
from bench.judging.samples import Pairs
from tests.support.sides import GATES, World

BYTE_GATE, LEAK_GATE, BURST_GATE = GATES
JOBS = 30


def noisy(spread: float, pairs: int = 30, level: float = 1e-5, seed: int = 1) -> Recorded:
    """Bursts that vary by `spread` from process to process."""
    dice = random.Random(seed)
    values = [level * math.exp(dice.gauss(0, spread)) for _ in range(2 * pairs)]
    return Recorded(BURST_GATE, tuple(zip(values[::2], values[1::2], strict=True)))


@functools.cache
def planned(spread: float) -> Recommendations:
    return recommend([noisy(spread)], JOBS)


def test_spreads_are_those_of_logarithms() -> None:
    noise = noise_of(BURST_GATE, [(1.0, math.e), (math.e, 1.0)] * 4)
    assert noise.level == pytest.approx((1 + math.e) / 2)
    assert noise.spread == pytest.approx(0.5 * math.sqrt(16 / 15))
    assert noise.pair_spread == pytest.approx(math.sqrt(8 / 7))
    assert not noise.absolute


def test_what_has_an_absolute_margin_varies_in_its_own_unit() -> None:
    noise = noise_of(LEAK_GATE, [(0.0, 4.0), (4.0, 0.0)] * 4)
    assert noise.spread == pytest.approx(2 * math.sqrt(16 / 15))
    assert noise.absolute


def test_pairs_may_vary_less_than_processes() -> None:
    noise = noise_of(BURST_GATE, [(level, level * 1.01) for level in (1.0, 2.0, 1.5) * 3])
    assert noise.pair_spread == pytest.approx(0.0, abs=1e-9)
    assert noise.spread is not None
    assert noise.spread > 0.2


@pytest.mark.parametrize("count", [0, FEWEST - 1])
def test_too_few_pairs_tell_no_spread(count: int) -> None:
    noise = noise_of(BURST_GATE, [(1.0, 1.1)] * count)
    assert (noise.pairs, noise.spread, noise.drift) == (count, None, None)


def test_drift_is_that_of_the_whole_and_a_spike_does_not_move_it() -> None:
    steps = [0.01 * place for place in range(20)]
    assert drift(steps) == pytest.approx(0.19)
    assert drift([*steps[:10], 5.0, *steps[11:]]) == pytest.approx(0.19, abs=0.01)


@pytest.mark.parametrize(
    ("steps", "expected"),
    [([1.0, -1.0] * 10, -0.95), ([1.0] * 10 + [-1.0] * 10, 0.85), ([3.0] * 5, None)],
)
def test_autocorrelation_is_that_of_each_process_with_the_next(
    steps: Sequence[float], expected: float | None
) -> None:
    assert autocorrelation(steps) == (None if expected is None else pytest.approx(expected))


def test_margins_are_tried_from_the_usual_one_on() -> None:
    assert wider(Margin(0.03))[:3] == (Margin(0.03), Margin(0.05), Margin(0.075))
    absolute = wider(Margin(10.0, absolute=True))
    assert absolute[:3] == tuple(Margin(value, absolute=True) for value in (10.0, 20.0, 30.0))


def test_a_quiet_machine_keeps_the_usual_margin() -> None:
    made = planned(0.01)
    (advice,) = made.gates
    assert advice.recommended == advice.usual
    assert not advice.is_wider
    assert advice.found is not None
    assert advice.found <= 0.06
    assert made.false_failures is not None
    assert made.false_failures.value == 0


@pytest.mark.slow
def test_a_noisy_machine_gets_a_wider_margin_which_finds_less() -> None:
    quiet, loud = (planned(spread).gates[0] for spread in (0.01, 0.15))
    assert loud.is_wider
    assert loud.recommended is not None
    assert loud.recommended.is_enough
    assert not loud.usual.is_enough
    assert loud.found is not None
    assert quiet.found is not None
    assert loud.found > quiet.found
    assert loud.recommended.pairs > quiet.usual.pairs or loud.recommended.gate.margin.value > 0.03


@pytest.mark.slow
def test_more_pairs_are_named_where_the_usual_margin_would_do_with_them() -> None:
    (advice,) = planned(0.06).gates
    assert not advice.usual.is_enough
    assert advice.usual_with_pairs in (60, 100)


@pytest.mark.slow
def test_what_is_too_noisy_is_advised_against() -> None:
    made = planned(3.0)
    assert (made.gates[0].recommended, made.gates[0].found) == (None, None)
    assert made.false_failures is None


def test_a_plan_is_the_same_each_time() -> None:
    assert recommend([noisy(0.01)], JOBS) == planned(0.01)


def advised(runtime: str, spread: float) -> CaseNoise:
    return CaseNoise(runtime, (), planned(spread))


def test_the_widest_margin_that_a_runtime_needs_is_what_to_type() -> None:
    quiet, loud = advised("quiet", 0.01), advised("loud", 0.15)
    typed: dict[MetricName, Margin | None] = {BURST: None}
    assert margins_to_type([quiet], typed) == {BURST: None}
    assert loud.recommended is not None
    needed = loud.recommended.gates[0].recommended
    assert needed is not None
    assert margins_to_type([quiet, loud], typed) == {BURST: needed.gate.margin}


def test_a_figure_that_is_too_noisy_in_one_runtime_is_left_out() -> None:
    assert margins_to_type([advised("quiet", 0.01), advised("wild", 3.0)], {BURST: None}) == {}
    assert margins_to_type([CaseNoise("few", (), None)], {BURST: None}) == {}


def test_a_margin_that_was_typed_stays_where_it_is_enough() -> None:
    gate = Gate("asyncio", BURST, Margin(0.2))
    made = recommend([Recorded(gate, noisy(0.01).pairs)], JOBS)
    margins = {BURST: Margin(0.2)}
    assert margins_to_type([CaseNoise("asyncio", (), made)], margins) == margins


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
