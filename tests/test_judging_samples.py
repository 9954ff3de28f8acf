"""From two results to the samples that are judged: what belongs together, and what is left out."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from msgspec.structs import replace

from bench.errors import UsageError
from bench.judging.gates import BURST, BYTES, CEILING, LEAK, Gate, Margin, MetricName
from bench.judging.judge import is_one_job, judged, refuse_unlike, unlike
from bench.judging.samples import (
    Ceilings,
    Groups,
    Pairs,
    Stopped,
    grouped_sides,
    paired_sides,
    pairs_made,
)
from bench.model.records import Limit, Result, Session, Side
from tests.support.results import ASYNCIO, MACHINE, MEMINFO, Unit, leak_sweep, result, sweep


def gate(figure: MetricName, runtime: str = "asyncio") -> Gate:
    return Gate(runtime, figure, Margin(0.01))


def side(name: str, *sweeps: Session, job: str = "a", looks: tuple[int, ...] = (13, 20)) -> Result:
    """One side of a job."""
    which = Side(job=job, name=name, subject=f"the {name} one", looks=looks)  # type: ignore[arg-type]
    return replace(result(*sweeps), side=which)


def shorts(weights: Sequence[float], **fields: object) -> list[Session]:
    """Short sweeps, a round each, whose units take so many user bytes."""
    return [
        sweep(unit=Unit(user=weight, kernel=0, page_tables=0), number=number, **fields)  # type: ignore[arg-type]
        for number, weight in enumerate(weights, start=1)
    ]


def pairs_of(base: Result, new: Result, figure: MetricName = BYTES) -> Pairs:
    (found,) = paired_sides([gate(figure)], base, new)
    assert isinstance(found, Pairs)
    return found


def test_sweeps_of_one_round_are_a_pair() -> None:
    found = pairs_of(result(*shorts([1000, 1001, 1002])), result(*shorts([1100, 1101, 1102])))
    assert found.base == pytest.approx((1000, 1001, 1002))
    assert found.new == pytest.approx((1100, 1101, 1102))
    assert (found.at, found.unlike) == (100_000, None)


def test_a_round_that_one_side_lacks_is_a_pair_with_a_gap() -> None:
    base, new = shorts([1000, 1001, 1002]), shorts([1100, 1101, 1102])
    found = pairs_of(result(*base), result(new[0], new[2]))
    assert [value is None for value in found.new] == [False, True, False]
    assert None not in found.base


def test_climbs_are_not_counted_among_the_pairs_that_were_made() -> None:
    climbs = [sweep(purpose="climb", number=number) for number in (1, 2, 3)]
    base, new = result(*shorts([1000, 1000]), *climbs), result(*shorts([1100]), climbs[0])
    assert pairs_made(base, new) == 2
    assert pairs_made(result(*climbs), result()) == 3
    assert pairs_made(result(), result()) == 0


def test_unequal_counts_are_paired_as_far_as_they_go() -> None:
    found = pairs_of(result(*shorts([1000] * 5)), result(*shorts([1100] * 3)))
    assert len(found.base) == len(found.new) == 5
    assert len(found.whole) == 3


def test_a_climb_to_the_ceiling_is_no_sample_of_what_a_unit_takes() -> None:
    climb = sweep((100, 30_000), purpose="climb", number=1)
    found = pairs_of(result(climb, *shorts([1000] * 3)[1:]), result(*shorts([1000] * 3)[1:]))
    assert len(found.base) == 2


def test_no_file_makes_more_pairs_than_a_job_may_have() -> None:
    made = result(*shorts([1000] * 205, stops=(10, 100)), leak_sweep(0.0, number=1))
    assert len(pairs_of(made, made).base) == 200
    assert len(pairs_of(made, made, LEAK).base) == 1


def test_bursts_are_of_burst_sweeps_where_there_are_any() -> None:
    """Later rounds without one would give the short sweep's first stop, which is another burst."""
    made = [*shorts([1000] * 3), sweep((100_000,), Unit(burst=2e-5), purpose="burst", number=1)]
    found = pairs_of(result(*made), result(*made), BURST)
    assert found.base == found.new
    assert found.base == pytest.approx((2e-5,))
    assert found.at == 100_000


def test_leaks_are_of_leak_sweeps() -> None:
    base = [leak_sweep(0.0, number=number) for number in (1, 2)]
    new = [leak_sweep(50.0, number=number) for number in (1, 2)]
    found = pairs_of(result(*base), result(*new), LEAK)
    assert found.base == pytest.approx((0, 0))
    assert found.new == pytest.approx((50, 50))


def test_sides_that_were_read_from_unlike_sources_are_not_compared() -> None:
    base = result(*shorts([1000, 1000]))
    new = result(*(sweep(unit=Unit(kernel_source=MEMINFO), number=number) for number in (1, 2)))
    found = pairs_of(base, new)
    assert found.unlike is not None
    assert "on one side and from" in found.unlike
    assert None not in (*found.base, *found.new)


def test_sides_that_were_measured_at_unlike_counts_are_not_compared() -> None:
    base, new = result(*shorts([1000])), result(*shorts([1000], stops=(1_000, 10_000)))
    for found in (
        *paired_sides([gate(BYTES)], base, new),
        *grouped_sides([gate(BYTES)], base, new),
    ):
        assert isinstance(found, Pairs | Groups)
        assert found.unlike == "measured at 100,000 units on one side and at 10,000 on the other"


def test_a_process_that_was_measured_otherwise_than_the_most_is_left_out() -> None:
    odd = sweep((1_000, 10_000), Unit(user=1), number=4)
    found = pairs_of(result(*shorts([1000] * 3), odd), result(*shorts([1000] * 4)))
    assert found.base[3] is None


def test_a_doubt_about_a_process_travels_with_the_samples() -> None:
    doubted = [replace(one, warnings=("it was Tuesday",)) for one in shorts([1000] * 2)]
    assert pairs_of(result(*doubted), result(*shorts([1000] * 2))).doubts == ("it was Tuesday",)


@pytest.mark.parametrize(
    ("figure", "told"),
    [
        (BURST, ("† the machine did other work meanwhile in 1 of 4 processes",)),
        (BYTES, ()),  # memory stands still while others work
    ],
)
def test_how_many_processes_a_doubt_met_is_told_and_whether_it_spoiled_a_median(
    figure: MetricName, told: tuple[str, ...]
) -> None:
    busy, *quiet = shorts([1000] * 2)
    base = result(replace(busy, others_share=0.5), *quiet)
    for found in (
        *paired_sides([gate(figure)], base, result(*shorts([1000] * 2))),
        *grouped_sides([gate(figure)], base, result(*shorts([1000] * 2))),
    ):
        assert isinstance(found, Pairs | Groups)
        assert found.doubts == told
        assert found.doubted == ("busy" if told else None, None)
    one_of_three = result(replace(busy, others_share=0.5), *quiet, replace(quiet[0], round=3))
    (found,) = grouped_sides([gate(figure)], one_of_three, result(*shorts([1000] * 2)))
    assert isinstance(found, Groups)
    assert found.doubted == (None, None)
    assert found.doubts == tuple(one.removeprefix("† ").replace("4", "5") for one in told)


def test_a_runner_that_was_not_at_rest_is_told_of_whatever_is_judged() -> None:
    one, *others = shorts([1000] * 2)
    steps = tuple(replace(step, doubts=("restless",)) for step in one.steps)
    found = pairs_of(result(replace(one, steps=steps), *others), result(*shorts([1000] * 2)))
    assert found.doubts == (
        "† the runner was not at rest while its units were parked in 1 of 4 processes",
    )
    assert found.doubted == ("restless", None)


def test_two_results_of_their_own_are_two_groups() -> None:
    base, new = result(*shorts([1000] * 6)), result(*shorts([1100] * 4))
    (found,) = grouped_sides([gate(BYTES)], base, new)
    assert isinstance(found, Groups)
    assert (len(found.base), len(found.new)) == (6, 4)


def test_a_ceiling_is_a_climbs_end_with_the_limits_value() -> None:
    limit = Limit(name="pids.max", measure="count", value=700, use=3, where="/a")
    other = replace(limit, where="/", value=9_000)
    made = sweep((100, 690), purpose="climb", status="refused", limit="pids.max")
    stop = replace(made.stop, where="/a")
    climb = replace(made, stop=stop, limits=(other, limit))
    (found,) = paired_sides([gate(CEILING)], result(climb), result())
    assert found == Ceilings((Stopped(690, "refused", "pids.max", "/a", 700),), ())


def test_two_sides_of_one_job_are_known_by_its_name() -> None:
    base, new = side("base"), side("new")
    assert is_one_job(base, new)
    assert is_one_job(new, base)
    assert not is_one_job(base, base)
    assert not is_one_job(base, side("new", job="b"))
    assert not is_one_job(result(), new)
    assert not is_one_job(result(), result())


def test_two_sides_of_one_job_are_judged_look_by_look() -> None:
    """At 13 pairs it is settled, and the 7 that come after change nothing."""
    base = side("base", *shorts([1000 + place for place in range(20)]))
    new = side("new", *shorts([1100 + place for place in range(13)] + [900] * 7))
    (verdict,) = judged(base, new, {BYTES: None}, []).gated
    assert (verdict.verdict, verdict.samples, verdict.look) == ("regression", 13, 1)


def test_of_one_job_the_usual_figures_are_judged_that_it_measured() -> None:
    sweeps = (*shorts([1000] * 13), *(leak_sweep(0.0, number=number) for number in range(1, 14)))
    decision = judged(side("base", *sweeps), side("new", *sweeps), {}, [])
    assert [v.metric for v in decision.gated] == ["bytes_per_unit", "leaked_bytes_per_unit"]
    assert decision.outcome == "no regression"


@pytest.mark.parametrize("looks", [(), (0,), (10**9,), (40, 13)])
def test_looks_that_make_no_sense_are_not_believed(looks: tuple[int, ...]) -> None:
    base, new = (side(name, *shorts([1000] * 13), looks=looks) for name in ("base", "new"))
    assert judged(base, new, {BYTES: None}, []).outcome == "no regression"


@pytest.mark.parametrize(
    ("factor", "word"), [(1.0, "no regression"), (1.1, "regression"), (0.9, "improvement")]
)
def test_of_two_runs_bytes_decide(factor: float, word: str) -> None:
    weights = [1000.0, 1001, 1002, 1003, 1004, 1005]
    base, new = result(*shorts(weights)), result(*shorts([factor * each for each in weights]))
    assert judged(base, new, {}, []).outcome == word


def test_of_two_runs_times_are_told_and_decide_nothing() -> None:
    base = result(*(sweep(unit=Unit(burst=1e-5), number=number) for number in range(1, 7)))
    new = result(*(sweep(unit=Unit(burst=2e-5), number=number) for number in range(1, 7)))
    decision = judged(base, new, {}, [])
    assert decision.outcome == "no regression"
    (burst,) = [v for v in decision.verdicts if v.metric == "burst_seconds_per_unit"]
    assert (burst.verdict, burst.gated) == ("regression", False)
    assert judged(base, new, {BURST: None}, []).outcome == "regression"


def test_one_process_a_side_is_too_few_and_told_how_many_are_needed() -> None:
    made = result(leak_sweep(0.0))
    (verdict,) = judged(made, made, {LEAK: None}, []).gated
    assert verdict.verdict == "inconclusive"
    assert "too few processes: 1 and 1, at least 5 a side are needed" in verdict.reasons


def test_a_runtime_that_only_one_result_has_is_an_event() -> None:
    both = (*shorts([1000] * 6), *shorts([1000] * 6, runtime="trio"))
    decision = judged(result(*both), result(*shorts([1000] * 6)), {}, [])
    events = {verdict.case: verdict.event for verdict in decision.gated}
    assert events == {"asyncio": None, "trio": "missing"}
    assert decision.outcome == "inconclusive"


def test_one_runtime_of_many_can_be_asked_for() -> None:
    both = result(*shorts([1000] * 6), *shorts([1000] * 6, runtime="trio"))
    assert {v.runtime for v in judged(both, both, {}, ["trio"]).verdicts} == {"trio"}
    with pytest.raises(UsageError, match="neither result has the runtime 'tiro'; there are: "):
        judged(both, both, {}, ["tiro"])


def test_unlike_machines_are_refused_and_what_differs_is_named() -> None:
    one = result(sweep(unit=ASYNCIO))
    other = replace(one, machine=replace(MACHINE, kernel="5.1", limits={"RLIMIT_NPROC": "9"}))
    with pytest.raises(UsageError) as refused:
        refuse_unlike(one, other)
    assert "kernel: 6.18.0 against 5.1" in str(refused.value)
    assert "RLIMIT_NPROC: unlimited against 9" in str(refused.value)
    assert "--unlike-ok" in str(refused.value)


def test_another_version_or_setting_is_what_is_compared() -> None:
    one = result(sweep(unit=ASYNCIO))
    other = replace(one, plan=replace(one.plan, settings={"stack-size": "65536"}))
    refuse_unlike(one, other)
    assert unlike(one, other) == ()
