"""The decision on made-up samples: what is a regression, what is not, and what cannot be told."""

from __future__ import annotations

import math
import random
from collections.abc import Collection, Sequence
from dataclasses import replace

import pytest

from bench.derive.doubts import REASONS
from bench.judging.decision import decide, decide_in_looks
from bench.judging.gates import BURST, BYTES, LEAK, Gate, Margin, MetricName
from bench.judging.looks import looks
from bench.judging.samples import Groups, Pairs, Sides
from bench.judging.verdicts import Decision, Verdict
from tests.support.sides import GATES, World, pairs

BYTE_GATE = Gate("asyncio", BYTES, Margin(0.01))
LEAK_GATE = Gate("asyncio", LEAK, Margin(10.0, absolute=True))


def noisy(count: int, level: float = 1.0, noise: float = 0.005, seed: int = 1) -> list[float]:
    dice = random.Random(seed)
    return [level * (1 + dice.gauss(0, noise)) for _ in range(count)]


def judged(gate: Gate, sides: Sides, pairs: int = 20) -> Verdict:
    (verdict,) = decide([gate], [sides], looks(pairs, pairs)[0]).verdicts
    return verdict


def by(factor: float, count: int = 20, noise: float = 0.005) -> Pairs:
    """Pairs whose new side is so many times the base."""
    return pairs(noisy(count, 1000.0, noise), noisy(count, 1000.0 * factor, noise, seed=2))


@pytest.mark.parametrize(
    ("factor", "word"),
    [(1.0, "no regression"), (1.1, "regression"), (0.9, "improvement"), (1.011, "inconclusive")],
)
def test_what_is_worse_past_the_margin_is_a_regression(factor: float, word: str) -> None:
    assert judged(BYTE_GATE, by(factor)).verdict == word


def test_a_change_that_is_sure_but_within_the_margin_is_no_regression() -> None:
    verdict = judged(BYTE_GATE, by(1.006, noise=0.001))
    assert verdict.p is not None
    assert verdict.level is not None
    assert verdict.p < verdict.level
    assert verdict.verdict == "no regression"


def test_a_change_past_the_margin_that_chance_could_make_is_inconclusive() -> None:
    verdict = judged(BYTE_GATE, by(1.03, noise=0.08))
    assert verdict.effect is not None
    assert verdict.effect > 1.01
    assert verdict.verdict == "inconclusive"


def test_a_verdict_gives_the_ratio_with_its_interval() -> None:
    verdict = judged(BYTE_GATE, by(1.1))
    assert verdict.effect is not None
    assert verdict.low is not None
    assert verdict.high is not None
    assert 1.09 < verdict.low < verdict.effect < verdict.high < 1.11
    assert verdict.confidence == pytest.approx(0.90)
    assert verdict.base == pytest.approx(1000, 0.01)
    assert verdict.new == pytest.approx(1100, 0.01)


@pytest.mark.parametrize(
    ("factor", "word"), [(1.1, "improvement"), (0.9, "regression"), (1.0, "no regression")]
)
def test_where_higher_is_better_a_fall_is_the_regression(factor: float, word: str) -> None:
    gate = Gate("pthread", MetricName("ceiling"), Margin(0.03))
    verdict = judged(gate, by(factor))
    assert verdict.verdict == word
    assert verdict.effect == pytest.approx(factor, abs=0.005)
    assert verdict.low is not None
    assert verdict.high is not None
    assert verdict.low < factor < verdict.high


def test_a_leak_is_a_difference_in_bytes_whatever_the_base() -> None:
    base, new = noisy(20, noise=0.5), [201.0 + value for value in noisy(20, noise=0.5, seed=2)]
    verdict = judged(LEAK_GATE, pairs(base, new))
    assert (verdict.verdict, verdict.event) == ("regression", "leak")
    assert verdict.effect == pytest.approx(201, abs=2)
    assert verdict.absolute


@pytest.mark.parametrize("base", [[0.0] * 20, [-0.4, 0.4] * 10])
def test_a_base_of_nothing_leaks_no_less_for_it(base: list[float]) -> None:
    assert judged(LEAK_GATE, pairs(base, base)).verdict == "no regression"
    assert judged(LEAK_GATE, pairs(base, [x + 200 for x in base])).verdict == "regression"


def test_where_a_zero_leaves_no_ratio_differences_are_judged() -> None:
    gate = Gate("asyncio", MetricName("gc_seconds_per_unit"), Margin(0.03))
    verdict = judged(gate, pairs([0.0] * 20, [1e-5] * 20))
    assert (verdict.verdict, verdict.absolute) == ("regression", True)
    assert verdict.effect == pytest.approx(1e-5)
    assert any("contains 0" in reason for reason in verdict.reasons)


def test_values_that_are_all_the_same_are_no_regression() -> None:
    verdict = judged(BYTE_GATE, pairs([1152.0] * 13, [1152.0] * 13), pairs=13)
    assert (verdict.verdict, verdict.p, verdict.effect) == ("no regression", 1.0, 1.0)
    assert verdict.smallest == pytest.approx(0.01)


def test_values_in_whole_pages_are_told_apart() -> None:
    """Ties in every pair: a page more in each is one chance in 2¹³."""
    verdict = judged(BYTE_GATE, pairs([1152.0] * 13, [1200.0] * 13), pairs=13)
    assert verdict.verdict == "regression"
    assert verdict.p == pytest.approx(2**-13)


@pytest.mark.parametrize("base", [1000.0, 1179.1928888888888, 2742.9546666666665, 35_690.0])
def test_a_change_of_just_the_margin_in_every_pair_is_neither_cleared_nor_found(
    base: float,
) -> None:
    """Whichever way the last bits of a logarithm fall."""
    verdict = judged(BYTE_GATE, pairs([base] * 13, [base * 1.01] * 13), pairs=13)
    assert verdict.verdict == "inconclusive"


@pytest.mark.parametrize(
    ("noise", "faster", "word"),
    [
        (0.02, 0.98, "no regression"),
        (0.25, 0.90, "inconclusive"),  # the interval ends before the margin, by luck
        (0.25, 0.60, "improvement"),
    ],
)
def test_a_job_that_could_not_have_seen_a_change_clears_only_who_is_better_by_far(
    noise: float, faster: float, word: str
) -> None:
    dice = random.Random(1)
    steps = sorted(dice.gauss(0, noise) for _ in range(20))
    middling = [step - other for step, other in zip(steps, steps[::-1], strict=True)] * 2
    gate = Gate("asyncio", BURST, Margin(0.03))
    sides = pairs([1e-5] * 40, [1e-5 * faster * math.exp(step) for step in middling])
    verdict = judged(gate, sides, pairs=40)
    assert verdict.high is not None
    assert verdict.smallest is not None
    assert verdict.high < 1.03
    assert (verdict.smallest > 4 * 0.03) == (noise == 0.25)
    assert verdict.verdict == word


def test_too_few_pairs_are_refused_a_verdict_and_told_how_many_are_needed() -> None:
    verdict = judged(BYTE_GATE, by(2.0, count=6), pairs=6)
    assert verdict.verdict == "inconclusive"
    assert verdict.reasons == ("too few pairs: 6, at least 7 are needed",)


def test_too_few_pairs_clear_nobody_either() -> None:
    verdict = judged(BYTE_GATE, pairs([1000.0] * 6, [1000.0] * 6), pairs=6)
    assert verdict.verdict == "inconclusive"


def levels_of(decision: Decision) -> list[float]:
    return [verdict.level or 0.0 for verdict in decision.verdicts]


def test_gates_share_the_chance_of_a_false_failure_and_leave_their_part_to_the_others() -> None:
    """Holm: of three, the surest has a third to pass, the next a half, the last the whole."""
    gates = [Gate(name, BYTES, Margin(0.01)) for name in ("none", "sure", "surer")]
    sides = [by(1.0), by(1.006, noise=0.002), by(1.1)]
    decision = decide(gates, sides, looks(20, 20)[0])
    assert levels_of(decision) == [pytest.approx(0.01 / part) for part in (1, 2, 3)]


def test_a_gate_that_does_not_pass_leaves_nothing() -> None:
    gates = [Gate(name, BYTES, Margin(0.01)) for name in ("none", "nor this")]
    decision = decide(gates, [by(1.0), by(1.0)], looks(20, 20)[0])
    assert levels_of(decision) == [pytest.approx(0.01 / 2)] * 2


def test_what_was_rejected_at_an_earlier_look_has_left_its_part() -> None:
    first, second, _ = looks()
    gates = [Gate(name, BYTES, Margin(0.01)) for name in ("worse", "open")]
    before = decide(gates, [by(1.1, 13), by(1.01, 13)], first)
    assert [verdict.verdict for verdict in before.verdicts] == ["regression", "inconclusive"]
    after = decide(gates, [by(1.1, 13), by(1.01, 20)], second, before)
    assert levels_of(after)[1] == pytest.approx(second.false_failure)


def test_too_few_processes_a_side_are_refused_a_verdict() -> None:
    sides = Groups((1000.0,) * 3, (2000.0,) * 3)
    (verdict,) = decide([BYTE_GATE], [sides], looks(3, 3)[0]).verdicts
    assert verdict.verdict == "inconclusive"
    assert verdict.reasons == ("too few processes: 3 and 3, at least 5 a side are needed",)


def test_unequal_numbers_of_processes_are_compared_all_the_same() -> None:
    sides = Groups(tuple(noisy(6, 1000.0)), tuple(noisy(9, 1100.0, seed=2)))
    (verdict,) = decide([BYTE_GATE], [sides], looks(6, 6)[0]).verdicts
    assert (verdict.verdict, verdict.samples) == ("regression", 6)


def test_a_pair_of_which_half_is_missing_is_left_out_and_told() -> None:
    whole = by(1.1)
    torn = pairs(whole.base, [None, None, *whole.new[2:]])
    verdict = judged(BYTE_GATE, torn)
    assert (verdict.verdict, verdict.samples) == ("regression", 18)
    assert verdict.reasons == ("it is missing in 2 of 20 processes of the new side",)


@pytest.mark.parametrize(("lost", "word"), [(2, "no regression"), (3, "inconclusive")])
def test_a_side_whose_processes_break_is_not_cleared_by_those_that_do_not(
    lost: int, word: str
) -> None:
    whole = by(1.0)
    verdict = judged(BYTE_GATE, pairs(whole.base, [None] * lost + list(whole.new[lost:])))
    assert verdict.verdict == word
    assert verdict.event == ("missing" if word == "inconclusive" else None)


@pytest.mark.parametrize("side", ["base", "new"])
def test_a_metric_that_only_one_side_has_is_an_event(side: str) -> None:
    sides = [[1000.0] * 13, [1000.0] * 13]
    sides[("base", "new").index(side)] = [None] * 13  # type: ignore[list-item]
    verdict = judged(BYTE_GATE, pairs(*sides), pairs=13)
    assert (verdict.verdict, verdict.event) == ("inconclusive", "missing")
    assert f"it is missing in 13 of 13 processes of the {side} side" in verdict.reasons


def test_a_metric_that_neither_side_has_is_inconclusive() -> None:
    verdict = judged(BYTE_GATE, pairs([None] * 13, [None] * 13), pairs=13)
    assert (verdict.verdict, verdict.event, verdict.effect) == ("inconclusive", None, None)
    assert verdict.reasons[0] == "it could not be measured on either side"


def test_what_was_decided_at_one_look_stands_at_the_next() -> None:
    first, second, _ = looks()
    sides = [by(1.1, 13)]
    decision = decide([BYTE_GATE], sides, first)
    assert decision.outcome == "regression"
    again = decide([BYTE_GATE], [by(1.0, 20)], second, decision)
    assert again == decision


def test_an_inconclusive_gate_gets_more_pairs_until_it_can_be_told() -> None:
    sides = by(1.04, 40, noise=0.03)
    gate = Gate("asyncio", BURST, Margin(0.02))
    decision = decide_in_looks([gate], [sides], looks())
    assert decision.verdicts[0].look > 1
    assert decision.verdicts[0].samples == looks()[decision.verdicts[0].look - 1].pairs


@pytest.mark.parametrize(
    ("words", "outcome"),
    [
        (("no regression", "no regression"), "no regression"),
        (("no regression", "inconclusive"), "inconclusive"),
        (("regression", "inconclusive"), "regression"),
    ],
)
def test_a_job_comes_to_its_worst_gate(words: Sequence[str], outcome: str) -> None:
    factors = {"no regression": 1.0, "inconclusive": 1.011, "regression": 1.1}
    gates = [Gate(word, BYTES, Margin(0.01)) for word in ("one", "two")]
    decision = decide(gates, [by(factors[word], 40) for word in words], looks(40, 40)[0])
    assert [verdict.verdict for verdict in decision.verdicts] == list(words)
    assert decision.outcome == outcome


def test_an_advisory_figure_decides_nothing() -> None:
    gates = [BYTE_GATE, Gate("asyncio", BURST, Margin(0.03), gated=False)]
    decision = decide(gates, [by(1.0), by(1.5)], looks(20, 20)[0])
    assert [verdict.verdict for verdict in decision.verdicts] == ["no regression", "regression"]
    assert decision.outcome == "no regression"


def test_of_many_advisory_figures_those_that_chance_moved_are_not_told() -> None:
    """Benjamini and Hochberg: the second smallest of 100 has to be under a fiftieth of 5 %."""
    equal = [pairs(noisy(20, seed=2 * n), noisy(20, seed=2 * n + 1)) for n in range(1, 100)]
    gates = [Gate(f"{n}", BYTES, Margin(0.0), gated=False) for n in range(100)]
    verdicts = decide(gates, [by(1.02), *equal], looks(20, 20)[0]).verdicts
    assert [verdict.case for verdict in verdicts if verdict.verdict == "regression"] == ["0"]
    assert sum((verdict.p or 1) < 0.05 for verdict in verdicts) > 1
    assert verdicts[0].level == pytest.approx(0.05 / 100)


def test_a_leak_is_told_as_a_leak_and_not_as_a_heavier_unit() -> None:
    sides = World(leak=200.0).pairs(random.Random(1))
    bytes_, leak, _ = decide_in_looks(GATES, sides, looks()).verdicts
    assert (leak.verdict, leak.event) == ("regression", "leak")
    assert (bytes_.verdict, bytes_.event) == ("no regression", "only its leak")
    assert bytes_.effect == pytest.approx(1.0, abs=0.01)
    assert "200 bytes more that a new unit leaks" in bytes_.reasons[0]


def test_a_unit_that_leaks_and_is_heavier_besides_is_both() -> None:
    sides = World(leak=200.0, heavier=1.1).pairs(random.Random(1))
    bytes_, leak, _ = decide_in_looks(GATES, sides, looks()).verdicts
    assert [bytes_.verdict, leak.verdict] == ["regression", "regression"]
    assert bytes_.effect == pytest.approx(1.1, abs=0.01)
    assert (bytes_.event, leak.event) == (None, "leak")


SURE = 0.0002  # of the bytes, from process to process


def weighed(
    base: float, new: float, base_leak: float, new_leak: float, grown: tuple[float, float] | None
) -> list[tuple[str, str | None]]:
    """Bytes and leak of two made-up sides, each by the bytes that a living unit takes and those
    that it leaves behind; `grown` is what the processes grew by, jumps and all."""
    leaks = pairs(noisy(20, base_leak or 1e-9), noisy(20, new_leak or 1e-9, seed=2))
    alive = pairs(noisy(20, base, SURE, seed=3), noisy(20, new, SURE, seed=4))
    sides = [alive, replace(leaks, grown=grown)]
    verdicts = decide([BYTE_GATE, LEAK_GATE], sides, looks(20, 20)[0]).verdicts
    return [(verdict.verdict, verdict.event) for verdict in verdicts]


LEAKS = ("regression", "leak")
ONLY = ("no regression", "only its leak")
CLEARED = ("no regression", None)
WORSE, BETTER = ("regression", None), ("improvement", None)


@pytest.mark.parametrize(
    ("alive", "leaks", "grown", "found"),
    [
        ((1000, 1000), (0, 0), None, [CLEARED, CLEARED]),
        ((1000, 1200), (0, 0), None, [WORSE, CLEARED]),
        ((1000, 1200), (0, 200), None, [ONLY, LEAKS]),
        ((1000, 1500), (0, 200), None, [WORSE, LEAKS]),
        # What leaks stands in a table that doubles now and then: the slope over the cycles is less.
        ((1000, 1260), (0, 200), (0, 280), [ONLY, LEAKS]),
        ((1000, 1260), (0, 200), (0, 210), [WORSE, LEAKS]),
        # Held while alive on both sides, and on one not let go of.
        ((2000, 2000), (0, 1000), None, [CLEARED, LEAKS]),
        ((2000, 1995), (0, 1000), None, [CLEARED, LEAKS]),
        # Left behind at the end of the unit, and so never held beside living ones.
        ((1000, 1001), (0, 300), None, [CLEARED, LEAKS]),
        ((1000, 1100), (0, 300), None, [ONLY, LEAKS]),
        ((1000, 800), (0, 300), None, [BETTER, LEAKS]),
        # The base side alone leaks, or leaks more.
        ((1200, 1000), (200, 0), None, [ONLY, BETTER]),
        ((1500, 1000), (200, 0), None, [BETTER, BETTER]),
        ((1000, 1000), (200, 0), None, [CLEARED, BETTER]),
        ((1000, 1200), (200, 0), None, [WORSE, BETTER]),
        # Both leak alike: then it is no finding, whatever the bytes do.
        ((1200, 1200), (200, 200), None, [CLEARED, CLEARED]),
        ((1200, 1400), (200, 200), None, [WORSE, CLEARED]),
    ],
)
def test_a_leak_is_one_finding_and_takes_nothing_off_what_it_does_not_explain(
    alive: tuple[float, float],
    leaks: tuple[float, float],
    grown: tuple[float, float] | None,
    found: list[tuple[str, str | None]],
) -> None:
    assert weighed(*alive, *leaks, grown) == found


def test_what_a_leak_explains_is_never_reported_as_a_lighter_unit() -> None:
    """Bytes that vary too much to be told leave a doubt, which no leak turns into a saving."""
    alive = pairs(noisy(20, 2000.0, 0.03), noisy(20, 2010.0, 0.03, seed=2))
    leaks = pairs([0.0] * 20, noisy(20, 1000.0, seed=3))
    bytes_, _ = decide([BYTE_GATE, LEAK_GATE], [alive, leaks], looks(20, 20)[0]).verdicts
    assert bytes_.effect == pytest.approx(1.0, abs=0.02)


def test_a_leak_that_decides_nothing_clears_no_heavier_unit() -> None:
    gates = [replace(gate, gated=gate.metric == BYTES) for gate in GATES]
    sides = World(leak=200.0).pairs(random.Random(1))
    decision = decide_in_looks(gates, sides, looks())
    bytes_, leak, _ = decision.verdicts
    assert (leak.verdict, leak.event, leak.gated) == ("regression", "leak", False)
    assert (bytes_.verdict, bytes_.event, decision.outcome) == ("regression", None, "regression")
    assert bytes_.effect == pytest.approx(1352 / 1152, abs=0.01)
    told = "more that a new unit leaks weigh here too; gate leaked_bytes_per_unit to have them"
    assert bytes_.reasons == (f"the 200 bytes {told} judged apart",)


def test_what_stood_is_not_overturned_by_a_leak_that_is_only_told_at_the_end() -> None:
    """As a job of bytes alone ends: the leak is looked at after its last look."""
    sides = World(leak=200.0).pairs(random.Random(1))
    (look, *_) = looks()
    settled = decide(GATES[:1], sides[:1], look)
    assert settled.outcome == "regression"
    advisory = [replace(gate, gated=False) for gate in GATES[1:]]
    last = decide([GATES[0], *advisory], sides, look, settled)
    assert (last.outcome, last.verdicts[1].event) == ("regression", "leak")
    assert "200 bytes more that a new unit leaks weigh here too" in last.verdicts[0].reasons[0]


def test_a_unit_and_its_leak_that_both_stood_are_not_weighed_again() -> None:
    sides = World(leak=200.0, heavier=1.1).pairs(random.Random(1))
    first, second, _ = looks()
    before = decide(GATES[:2], [side.first(first.pairs) for side in sides[:2]], first)
    assert [verdict.verdict for verdict in before.verdicts] == ["regression", "regression"]
    assert decide(GATES[:2], sides[:2], second, before) == before


def outcomes(world: World, jobs: int, seed: int) -> list[Decision]:
    dice = random.Random(seed)
    return [decide_in_looks(GATES, world.pairs(dice), looks()) for _ in range(jobs)]


def share(decisions: Sequence[Decision], outcome: str) -> float:
    return sum(decision.outcome == outcome for decision in decisions) / len(decisions)


@pytest.mark.parametrize("drift", [0.0, 0.05])
def test_equal_sides_hardly_ever_fail(drift: float) -> None:
    decisions = outcomes(World(byte_noise=0.009, burst_noise=0.08, drift=drift), 300, seed=7)
    assert share(decisions, "regression") <= 0.02


@pytest.mark.parametrize(
    ("world", "gate", "least"),
    [(World(heavier=1.1), 0, 1.0), (World(heavier=1.02), 0, 0.95), (World(slower=1.1), 2, 0.9)],
)
def test_a_change_worth_finding_is_found(world: World, gate: int, least: float) -> None:
    words = [decision.verdicts[gate].verdict for decision in outcomes(world, 100, seed=8)]
    assert words.count("regression") >= 100 * least
    assert "no regression" not in words


def test_a_change_that_noise_hides_is_inconclusive_and_not_cleared() -> None:
    world = World(slower=1.1, burst_noise=0.15)
    words = [decision.verdicts[2].verdict for decision in outcomes(world, 100, seed=9)]
    assert words.count("inconclusive") > 30
    assert "no regression" not in words


def test_a_unit_at_its_margin_is_seldom_cleared() -> None:
    """At most 5 % of the time, all looks together, with three deviations of 200 jobs."""
    world = World(slower=1.03)
    words = [decision.verdicts[2].verdict for decision in outcomes(world, 200, seed=10)]
    assert words.count("no regression") <= 200 * 0.05 + 10


def test_the_smallest_change_is_found_nine_times_out_of_ten() -> None:
    """Told by a job of equal sides, then made in others as noisy."""
    gate = Gate("asyncio", BURST, Margin(0.03))
    dice = random.Random(11)
    told, found = [], 0
    for _ in range(200):
        sides = World().pairs(dice, 20)[2]
        told.append(judged(gate, sides).smallest or 0.0)
    smallest = sorted(told)[100]
    for _ in range(200):
        sides = World(slower=1 + smallest).pairs(dice, 20)[2]
        found += judged(gate, sides).verdict == "regression"
    assert 0.8 <= found / 200 <= 0.97


def spoiled(sides: Pairs, base: Collection[int], new: Collection[int], name: str = "busy") -> Pairs:
    """The same pairs, of which these processes of either side carry the doubt."""
    seen = [
        tuple(frozenset({name} if place in places else ()) for place in range(len(sides.base)))
        for places in (base, new)
    ]
    return replace(sides, seen=(seen[0], seen[1]), doubts=(f"† {REASONS[name]} in 12 processes",))


BUSY = range(14, 30)  # of thirty pairs


@pytest.mark.parametrize("name", ["busy", "restless", "unproved"])
def test_pairs_that_nothing_spoiled_decide_alone_where_they_are_enough(name: str) -> None:
    quiet, loud = by(1.0, 14), by(1.5, 16)
    sides = pairs([*quiet.base, *loud.base], [*quiet.new, *loud.new])
    assert judged(BYTE_GATE, sides, 30).verdict == "regression"
    verdict = judged(BYTE_GATE, spoiled(sides, BUSY, BUSY, name), 30)
    assert (verdict.verdict, verdict.samples, verdict.doubt) == ("no regression", 14, None)
    assert verdict.new == pytest.approx(1000, 0.01)
    assert verdict.new_samples == sides.new
    assert verdict.reasons == (
        f"left out of the verdict: 32 processes ({REASONS[name]})",
        f"{REASONS[name]} in 12 processes",
    )


def test_where_too_few_pairs_are_unspoiled_all_decide_and_the_verdict_states_the_doubt() -> None:
    verdict = judged(BYTE_GATE, spoiled(by(1.5), range(6, 20), range(6, 20)))
    assert (verdict.verdict, verdict.samples) == ("regression", 20)
    assert (verdict.base_doubt, verdict.new_doubt) == ("busy", "busy")
    assert verdict.reasons[0].startswith("† the machine did other work")


def test_a_passing_doubt_about_few_processes_leaves_none_out() -> None:
    verdict = judged(BYTE_GATE, spoiled(by(1.5), range(3), ()))
    assert (verdict.samples, verdict.doubt) == (20, None)


def test_small_values_are_not_left_out_for_the_overhead_in_them() -> None:
    verdict = judged(BYTE_GATE, spoiled(by(1.5), range(12), range(12), "overhead"))
    assert (verdict.samples, verdict.doubt) == (20, "overhead")


def test_groups_without_what_was_spoiled_decide_where_they_are_enough() -> None:
    sides = Groups(tuple(noisy(20, 1000.0)), (*noisy(8, 1000.0, seed=2), *[1500.0] * 12))
    calm, busy = frozenset[str](), frozenset({"busy"})
    doubted = replace(sides, seen=((calm,) * 20, (calm,) * 8 + (busy,) * 12))
    assert judged(BYTE_GATE, sides).verdict == "regression"
    verdict = judged(BYTE_GATE, doubted)
    assert (verdict.samples, verdict.doubt) == (8, None)
    assert verdict.effect == pytest.approx(1.0, abs=0.01)
