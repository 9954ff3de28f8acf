"""Ceilings of two sides: the count, what stopped it, and which of the two changed."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from bench.judging.decision import decide
from bench.judging.gates import CEILING, Gate, Margin
from bench.judging.looks import looks
from bench.judging.samples import Ceilings, Stopped
from bench.judging.verdicts import Verdict

GATE = Gate("pthread", CEILING, Margin(0.03))
FIRST, SECOND, _ = looks()


def stopped(*counts: int, **facts: object) -> tuple[Stopped, ...]:
    """Climbs that `pids.max` refused unless `facts` say otherwise."""
    known = {"status": "refused", "limit": "pids.max", "where": "/a", "value": 1000} | facts
    return tuple(Stopped(count, **known) for count in counts)  # type: ignore[arg-type]


def judged(base: Sequence[Stopped], new: Sequence[Stopped]) -> Verdict:
    (verdict,) = decide([GATE], [Ceilings(tuple(base), tuple(new))], FIRST).verdicts
    return verdict


SIX = (995, 996, 997, 995, 996, 997)
LOW = tuple(count - 300 for count in SIX)
BUDGET = {"status": "budget", "limit": None, "where": None, "value": None}


def test_equal_ceilings_are_no_regression() -> None:
    verdict = judged(stopped(*SIX), stopped(*reversed(SIX)))
    assert (verdict.verdict, verdict.event, verdict.samples) == ("no regression", None, 6)
    assert (verdict.base, verdict.new, verdict.better) == (996, 996, "higher")


@pytest.mark.parametrize(
    ("facts", "event", "told"),
    [
        ({}, None, "the new side was stopped by pids.max = 1,000 (/a)"),
        ({"value": 700}, "limit of another value", "pids.max = 700 (/a)"),
        ({"where": "/b"}, "changed limit", "pids.max = 1,000 (/b)"),
        ({"limit": "RLIMIT_NPROC", "where": None}, "changed limit", "RLIMIT_NPROC = 1,000"),
        ({"status": "killed"}, "changed limit", "pids.max = 1,000 (/a)"),
        ({"limit": None}, "changed limit", "a refusal of which no limit is known"),
    ],
)
def test_a_lower_ceiling_is_a_regression_and_what_changed_is_told(
    facts: dict[str, object], event: str | None, told: str
) -> None:
    verdict = judged(stopped(*SIX), stopped(*LOW, **facts))
    assert (verdict.verdict, verdict.event) == ("regression", event)
    assert verdict.effect == pytest.approx(0.7, abs=0.01)
    assert any(told in reason for reason in verdict.reasons)


def test_a_changed_limit_that_allows_as_many_is_told_and_no_regression() -> None:
    verdict = judged(stopped(*SIX), stopped(*SIX, limit="RLIMIT_NPROC"))
    assert (verdict.verdict, verdict.event) == ("no regression", "changed limit")


def test_a_higher_ceiling_is_an_improvement() -> None:
    verdict = judged(stopped(*LOW), stopped(*SIX, value=2000))
    assert (verdict.verdict, verdict.event) == ("improvement", "limit of another value")


def test_a_base_side_that_could_have_gone_on_makes_no_improvement() -> None:
    assert judged(stopped(*LOW, **BUDGET), stopped(*SIX)).verdict == "inconclusive"


def test_a_new_side_that_could_have_gone_on_is_not_worse() -> None:
    verdict = judged(stopped(*SIX), stopped(*LOW, **BUDGET))
    assert (verdict.verdict, verdict.p) == ("inconclusive", 1.0)
    assert "the new side was stopped by the end of its time" in verdict.reasons


def test_a_new_side_that_fell_below_what_the_base_reached_at_least_is_worse() -> None:
    verdict = judged(stopped(*SIX, **BUDGET), stopped(*LOW))
    assert (verdict.verdict, verdict.event) == ("regression", "changed limit")


def test_a_base_side_that_could_have_gone_on_clears_nobody() -> None:
    assert judged(stopped(*SIX, **BUDGET), stopped(*SIX)).verdict == "inconclusive"


def test_where_neither_side_met_a_limit_nothing_is_told_of_a_change() -> None:
    verdict = judged(stopped(*SIX, **BUDGET), stopped(*LOW, **BUDGET))
    assert (verdict.verdict, verdict.event) == ("inconclusive", None)
    assert any("the counts are the least they can be" in reason for reason in verdict.reasons)


def test_sides_that_disagree_with_themselves_tell_of_no_changed_limit() -> None:
    mixed = (*stopped(*SIX[:3]), *stopped(*SIX[3:], limit="RLIMIT_NPROC"))
    verdict = judged(stopped(*SIX), mixed)
    assert verdict.event is None
    assert any("pids.max = 1,000 (/a) or RLIMIT_NPROC" in reason for reason in verdict.reasons)


def test_a_broken_climb_counts_for_nothing() -> None:
    verdict = judged(stopped(*SIX), (*stopped(*SIX), *stopped(3, status="failed", limit=None)))
    assert (verdict.verdict, verdict.samples) == ("no regression", 6)


def test_a_ceiling_that_only_one_side_has_is_an_event() -> None:
    assert judged(stopped(*SIX), stopped(*SIX, status="failed")).event == "missing"


def test_too_few_climbs_are_refused_a_verdict() -> None:
    verdict = judged(stopped(*SIX[:3]), stopped(*LOW[:3], value=700))
    assert (verdict.verdict, verdict.event) == ("inconclusive", "limit of another value")
    assert verdict.reasons[0] == "too few climbs: 3 of 5 a side"


@pytest.mark.parametrize("count", [0, 1])
def test_a_runtime_that_cannot_launch_one_unit_any_more_is_worse(count: int) -> None:
    assert judged(stopped(*SIX), stopped(*(count,) * 6)).verdict == "regression"


def test_climbs_are_looked_at_once() -> None:
    few = Ceilings(stopped(*SIX[:3]), stopped(*SIX[:3]))
    more = Ceilings(stopped(*SIX), stopped(*LOW))
    before = decide([GATE], [few], FIRST)
    assert decide([GATE], [more], SECOND, before) == before


def test_climbs_that_nothing_spoiled_decide_alone_where_they_are_enough() -> None:
    spoiled = stopped(*(400,) * 3, doubt="restless")
    alone = judged(stopped(*SIX), (*stopped(*SIX), *spoiled))
    assert (alone.verdict, alone.samples, alone.doubt) == ("no regression", 6, None)
    assert alone.new_samples[-1] == 400
    few = judged(stopped(*SIX), (*stopped(*SIX[:3]), *spoiled))
    assert (few.samples, few.new_doubt) == (6, "restless")
