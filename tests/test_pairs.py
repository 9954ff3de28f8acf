"""A job of pairs on two fake sides: its order, what is kept of it, when it ends, what it finds."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import pytest

from bench.engine import events
from bench.engine.fake import Behaviour, FakeClock, FakeRig
from bench.errors import MeasureError
from bench.experiments.pairs import Contender, Open, PairsOptions, PairsRun
from bench.experiments.population import LEAK_PAIRS
from bench.judging.gates import BYTES, CEILING, LEAK, UNCOLLECTED, USUAL, MetricName
from bench.judging.judge import Judge, gates_of, wanted
from bench.judging.looks import Look, fewest_a_side, looks
from bench.judging.verdicts import Verdict
from bench.model.records import CaseRecord, Result, Session
from bench.signals import Interrupted
from runners.catalogue import Entry
from tests.support.entries import MACHINE, entry, targets

ALL: frozenset[str] = frozenset({"short", "burst", "leak"})
EQUAL = Behaviour()
ONE, TWO = entry("one"), entry("two", "thread")


@dataclass
class Job:
    """A job of fakes, with everything that was saved and told. `judge` settles nothing unless it is
    another."""

    base: Behaviour = EQUAL
    new: Behaviour = EQUAL
    entries: tuple[Entry, ...] = (ONE,)
    new_rig: FakeRig | None = None
    missing: Mapping[str, str] = field(default_factory=dict)
    judge: Callable[[Result, Result], Open] | None = None
    told: list[events.Event] = field(default_factory=list)
    saved: dict[str, list[Result]] = field(default_factory=lambda: {"base": [], "new": []})
    judged: list[int] = field(default_factory=list)

    def run(self, **fields: object) -> tuple[Result, Result]:
        clock = FakeClock()
        known: dict[str, object] = {
            "seed": 5,
            "looks": (3, 5),
            "wanted": {one.name: ALL for one in self.entries},
            "at": 1_000,
        }
        wish = PairsOptions(**(known | fields))  # type: ignore[arg-type]
        sides = tuple(self._side(name, clock) for name in ("base", "new"))
        experiment = PairsRun(
            wish,
            sides,  # type: ignore[arg-type]
            MACHINE,
            self.judge or self._leave_all_open,
            self.told.append,
            (self.saved["base"].append, self.saved["new"].append),
        )
        return experiment.run()

    def _side(self, name: str, clock: FakeClock) -> Contender:
        behaviour = self.base if name == "base" else self.new
        rig = FakeRig({one.name: behaviour for one in self.entries}, clock)
        rig = self.new_rig or rig if name == "new" else rig
        reason = self.missing.get(name)
        missing = {one.name: reason for one in self.entries} if reason else {}
        return Contender(f"the {name} one", targets(rig, *self.entries, missing=missing))

    def _leave_all_open(self, base: Result, new: Result) -> Open:
        self.judged.append(max(sweep.round for sweep in (*base.sessions, *new.sessions)))
        return {one.name: ALL for one in self.entries}

    def notes(self) -> list[str]:
        return [event.message for event in self.told if isinstance(event, events.Note)]

    def order(self) -> list[str]:
        """The rows of the sweeps as they were made."""
        return [e.runtime for e in self.told if isinstance(e, events.SessionStarted)]


def kinds(result: Result) -> Counter[str]:
    return Counter(sweep.purpose for sweep in result.sessions)


def rounds(result: Result, purpose: str) -> list[int]:
    return [sweep.round for sweep in result.sessions if sweep.purpose == purpose]


def test_each_pair_has_one_fresh_process_of_each_kind_on_either_side() -> None:
    for result in Job().run():
        for purpose in ALL:
            assert rounds(result, purpose) == [1, 2, 3, 4, 5]
        assert all(sweep.stop.status == "max" for sweep in result.sessions)


def test_a_burst_goes_straight_to_its_count_and_a_short_sweep_stops_on_the_way() -> None:
    result, _ = Job().run(looks=(1,))
    steps = {sweep.purpose: [step.alive for step in sweep.steps] for sweep in result.sessions}
    assert (steps["burst"], steps["short"]) == ([1_000], [100, 1_000])
    assert set(steps["leak"]) == {1_000}


def test_the_two_of_a_pair_follow_each_other_in_random_order() -> None:
    job = Job(entries=(ONE, TWO))
    job.run(looks=(10,))
    order = job.order()
    twos = list(zip(order[::2], order[1::2], strict=True))
    assert all(
        {one, other} == {f"{one.partition(' ')[0]} ({side})" for side in ("base", "new")}
        for one, other in twos
    )
    firsts = Counter(one.partition(" ")[2] for one, _ in twos)
    assert 20 <= firsts["(base)"] <= 40
    assert firsts.total() == 60


def test_the_same_seed_gives_the_same_order() -> None:
    jobs = [Job(), Job(), Job()]
    for job, seed in zip(jobs, (1, 1, 2), strict=True):
        job.run(seed=seed)
    assert jobs[0].order() == jobs[1].order() != jobs[2].order()


def test_both_sides_are_saved_after_every_sweep_and_know_of_each_other() -> None:
    job = Job()
    base, new = job.run(looks=(2,))
    for result, name in ((base, "base"), (new, "new")):
        assert [len(saved.sessions) for saved in job.saved[name]] == [1, 2, 3, 4, 5, 6, 6]
        assert job.saved[name][-1] == result
        assert result.finished is not None
        assert result.side is not None
        assert (result.side.name, result.side.subject) == (name, f"the {name} one")
        assert (result.command, result.plan.seed, result.plan.preset) == ("ab", 5, "ab")
    assert base.side is not None
    assert new.side is not None
    assert base.side.job == new.side.job
    assert base.side.looks == (2,)


def test_two_jobs_are_not_taken_for_one() -> None:
    one, other = Job().run(looks=(1,))[0], Job().run(looks=(1,))[0]
    assert one.side is not None
    assert other.side is not None
    assert one.side.job != other.side.job


def test_the_job_looks_when_the_pairs_for_it_are_there() -> None:
    job = Job()
    job.run(looks=(3, 5, 8))
    assert job.judged == [3, 5, 8]


def test_what_is_settled_gets_no_more_pairs() -> None:
    base, new = Job(judge=lambda base, new: {"one": frozenset({"burst"})}).run(looks=(3, 5))
    for result in (base, new):
        assert kinds(result) == {"short": 3, "leak": 3, "burst": 5}


def test_where_all_is_settled_the_job_ends() -> None:
    base, _ = Job(judge=lambda base, new: {}).run(looks=(3, 5, 40))
    assert kinds(base) == {"short": 3, "leak": 3, "burst": 3}
    assert base.finished is not None


def test_leak_sweeps_which_take_the_longest_are_fewer() -> None:
    base, _ = Job().run(looks=(LEAK_PAIRS + 5,))
    assert rounds(base, "leak") == list(range(1, LEAK_PAIRS + 1))
    assert len(rounds(base, "short")) == LEAK_PAIRS + 5


@pytest.mark.parametrize("side", ["base", "new"])
def test_a_side_that_cannot_run_at_all_is_told_before_anything_is_launched(side: str) -> None:
    job = Job(missing={side: "no module one"})
    with pytest.raises(MeasureError, match=f"the {side} side: one cannot run: no module one"):
        job.run()
    assert job.order() == []


def test_a_side_that_cannot_be_built_is_told_too() -> None:
    job = Job(new=Behaviour(no_build=True))
    with pytest.raises(MeasureError, match="the new side: building the runner of one failed"):
        job.run()


def test_a_side_that_breaks_twice_at_once_gets_no_more_pairs_and_keeps_what_it_had() -> None:
    job = Job(new=Behaviour(die_at=1))
    base, new = job.run(looks=(5,))
    assert len(new.sessions) == 2
    assert all(sweep.stop.status == "failed" for sweep in new.sessions)
    assert len(base.sessions) <= 2
    told = "no more pairs of one: the new side cannot be measured"
    assert job.notes() == [told]
    assert told in base.warnings
    assert told in new.warnings


def test_after_a_runtime_was_given_up_the_others_go_on() -> None:
    job = Job(entries=(ONE, TWO))
    rig = FakeRig({"one": Behaviour(die_at=1), "two": Behaviour()}, FakeClock())
    side = Contender("x", targets(rig, ONE, TWO))
    wish = PairsOptions(seed=5, looks=(4,), wanted={"one": ALL, "two": ALL}, at=1_000)
    saves = (job.saved["base"].append, job.saved["new"].append)
    base, _ = PairsRun(
        wish, (side, side), MACHINE, job._leave_all_open, job.told.append, saves
    ).run()
    assert Counter(sweep.case for sweep in base.sessions)["two"] == 12


def test_a_signal_leaves_what_was_finished() -> None:
    job = Job(new=Behaviour(raise_at=(1_000, Interrupted(2))))
    with pytest.raises(Interrupted):
        job.run()
    last = job.saved["new"][-1]
    assert last.finished is None
    assert last.sessions[-1].stop.status == "interrupted"


def test_more_looks_are_not_begun_than_the_time_is_enough_for() -> None:
    job = Job(base=Behaviour(seconds=1e-3), new=Behaviour(seconds=1e-3))
    base, new = job.run(looks=(3, 40, 60), budget=400.0)
    made = len(rounds(base, "burst"))
    assert 3 < made < 40
    assert job.notes() == [f"{made} of 40 pairs were made: the time budget was used up"]
    assert rounds(new, "burst") == rounds(base, "burst")
    assert job.judged == [3, made]


SLOW = Behaviour(seconds=1e-3)


def test_the_first_look_too_has_what_the_time_is_enough_for() -> None:
    job = Job(base=SLOW, new=SLOW)
    base, new = job.run(looks=(40, 60), budget=400.0, fewest=3)
    made = len(rounds(base, "burst"))
    assert 3 < made < 40
    assert job.notes() == [f"{made} of 40 pairs were made: the time budget was used up"]
    assert rounds(new, "burst") == rounds(base, "burst")
    assert job.judged == [made]


def test_no_pair_is_begun_that_would_not_fit() -> None:
    job = Job(base=SLOW, new=SLOW)
    base, new = job.run(looks=(40,), budget=400.0)
    ends = [one.started_seconds + one.seconds for one in (*base.sessions, *new.sessions)]
    each = max(ends) / len(rounds(base, "burst"))
    assert 400.0 - 2 * each < max(ends) <= 400.0


def test_where_not_even_the_fewest_pairs_fit_there_is_no_verdict_but_what_to_type() -> None:
    job = Job(base=SLOW, new=SLOW)
    with pytest.raises(MeasureError) as no:
        job.run(looks=(13, 40), budget=100.0, fewest=10)
    said = re.fullmatch(
        r"2 of the 10 pairs that are needed took \d+ seconds, so they do not fit in 100; give "
        r"--budget (\d+), fewer units with --at, or fewer figures with --gate",
        str(no.value),
    )
    assert said
    assert job.judged == []
    for results in job.saved.values():
        assert results[-1].finished is not None
        assert rounds(results[-1], "burst") == [1, 2]
    again = Job(base=SLOW, new=SLOW)
    again.run(looks=(13, 40), budget=float(said[1]), fewest=10)
    assert again.judged[0] >= 10


def test_slow_pairs_that_look_for_ceilings_are_not_held_against_the_later_ones() -> None:
    refusing = Behaviour(seconds=1e-2, refuse_at=700)
    wish: dict[str, object] = {"wanted": {"one": frozenset({"climb", "short"})}, "climbs": 4}
    base, new = Job(refusing, refusing).run(looks=(13,), at=100, **wish)
    whole = max(one.started_seconds + one.seconds for one in (*base.sessions, *new.sessions))
    heavy = max(one.started_seconds for one in (*base.sessions, *new.sessions) if one.round == 4)
    assert heavy / 4 > 2 * (whole - heavy) / 9
    job = Job(refusing, refusing)
    job.run(looks=(13,), at=100, budget=1.1 * whole, fewest=13, **wish)
    assert job.judged == [13]


CLIMBING: Open = {"one": frozenset({"climb"})}


def climbs(job: Job, count: int) -> tuple[list[Session], list[Session]]:
    base, new = job.run(looks=(count + 2,), wanted=CLIMBING, climbs=count)
    return list(base.sessions), list(new.sessions)


def test_ceilings_are_as_many_as_asked_for_on_either_side() -> None:
    refusing = Behaviour(refuse_at=700)
    base, new = climbs(Job(refusing, refusing), 4)
    assert [sweep.round for sweep in base] == [sweep.round for sweep in new] == [1, 2, 3, 4]
    assert {sweep.stop.count for sweep in base} == {700}


def test_climbs_are_dealt_freely_so_that_every_order_is_as_likely() -> None:
    """Ranks of two groups count every order; in pairs, four of these six would share all chances,
    and what always befalls the second of a pair would tell the sides apart."""
    low, orders = Behaviour(refuse_at=2), Counter[tuple[str, ...]]()
    for seed in range(120):
        job = Job(low, low)
        job.run(looks=(2,), wanted=CLIMBING, climbs=2, seed=seed)
        orders[tuple(job.order())] += 1
    assert len(orders) == math.comb(4, 2)
    assert min(orders.values()) > 5
    assert all(order.count("one (base)") == 2 for order in orders)


@pytest.mark.parametrize("seed", range(5))
def test_where_neither_side_meets_a_limit_both_are_tried_and_no_more(seed: int) -> None:
    slow = Behaviour(seconds=1e-3)
    job = Job(slow, slow)
    job.run(looks=(6,), wanted=CLIMBING, climbs=4, seed=seed)
    order = job.order()
    assert len(set(order)) == 2
    assert len(set(order[:-2])) < 2


def decided(
    job: Job, *figures: MetricName, made: Sequence[Look] = looks(13, 20), **fields: object
) -> dict[MetricName, Verdict]:
    """The verdicts of a whole job through the shipped judge."""
    runtime = CaseRecord(runtime="one", label="one", kind="task", language="none")
    gates = gates_of([runtime], dict.fromkeys(figures or USUAL))
    judge = job.judge = Judge(gates, made)
    pairs = tuple(look.pairs for look in made)
    base, new = job.run(looks=pairs, wanted=wanted(gates), **fields)
    return {
        MetricName(verdict.metric, verdict.part, verdict.quantile): verdict
        for verdict in judge.final(base, new).verdicts
    }


def words(verdicts: Mapping[MetricName, Verdict]) -> list[tuple[str, str | None]]:
    return [(v.verdict, v.event) for v in verdicts.values() if v.gated]


def test_equal_sides_are_no_regression_after_the_first_look() -> None:
    job = Job()
    assert words(decided(job)) == [("no regression", None)] * 3
    assert len(rounds(job.saved["new"][-1], "short")) == 13


@pytest.mark.parametrize(
    ("new", "found"),
    [
        (Behaviour(user=1_100), [("regression", None), ("no regression", None)]),
        (Behaviour(leak=200), [("no regression", None), ("regression", "leak")]),
        (Behaviour(kernel=200), [("regression", None), ("no regression", None)]),
        (Behaviour(user=900), [("improvement", None), ("no regression", None)]),
    ],
)
def test_what_was_injected_is_found_and_told_for_what_it_is(
    new: Behaviour, found: list[tuple[str, str | None]]
) -> None:
    assert words(decided(Job(new=new)))[:2] == found


def test_what_waits_for_the_collector_is_reported_beside_the_leak() -> None:
    verdicts = decided(Job(Behaviour(garbage=0), Behaviour(garbage=500)))
    found = verdicts[UNCOLLECTED]
    assert (found.verdict, found.gated, found.base, found.new) == ("regression", False, 0, 500)
    assert verdicts[LEAK].verdict == "no regression"
    assert UNCOLLECTED not in decided(Job())  # of runners that collect with the release


def test_a_slower_burst_is_found() -> None:
    assert words(decided(Job(new=Behaviour(seconds=1.1e-5))))[2] == ("regression", None)


def test_a_lower_ceiling_is_found() -> None:
    job = Job(Behaviour(refuse_at=900), Behaviour(refuse_at=700))
    (verdict,) = (v for v in decided(job, CEILING, climbs=fewest_a_side(1)).values() if v.gated)
    assert verdict.verdict == "regression"
    assert verdict.effect == pytest.approx(7 / 9)
    assert verdict.samples == fewest_a_side(1)


def test_a_ceiling_that_could_not_be_told_asks_for_no_more_climbs() -> None:
    slow = Behaviour(seconds=1e-3)
    job = Job(slow, slow)
    (verdict,) = (v for v in decided(job, CEILING, climbs=5).values() if v.gated)
    assert verdict.verdict == "inconclusive"
    pairs = [event.pairs for event in job.told if isinstance(event, events.PairStarted)]
    assert max(pairs) == 13


def test_what_else_moved_is_told_and_decides_nothing() -> None:
    verdicts = decided(Job(new=Behaviour(latency_ns=4_000)))
    latency = verdicts[MetricName("start_latency_seconds", quantile=0.5)]
    assert (latency.verdict, latency.gated) == ("regression", False)
    assert words(verdicts) == [("no regression", None)] * 3


def test_memory_that_one_side_cannot_read_is_missing_there() -> None:
    verdict = decided(Job(new=Behaviour(kernel_known=False)))[BYTES]
    assert (verdict.verdict, verdict.event) == ("inconclusive", "missing")


@dataclass
class TwiceBrokenRig(FakeRig):
    """A machine on which these runners, counted from 1, break at once."""

    breaking: frozenset[int] = frozenset()

    def _behaviour(self, entry: Entry) -> Behaviour:
        breaks = len(self.runners) + 1 in self.breaking
        return Behaviour(die_at=1) if breaks else super()._behaviour(entry)


def test_a_runtime_that_is_given_up_is_never_cleared_by_the_pairs_before() -> None:
    """Two of twenty are few enough for the others to speak for them, were it not given up."""
    job = Job(new_rig=TwiceBrokenRig({"one": EQUAL}, breaking=frozenset({19, 20})))
    verdict = decided(job, BYTES, made=looks(20, 20))[BYTES]
    assert (verdict.verdict, verdict.event, verdict.samples) == ("inconclusive", "given up", 18)
    assert not verdict.may_pass
    (new,) = job.saved["new"][-1:]
    assert new.side is not None
    assert new.side.given_up == {"one": 20}


@dataclass
class DyingRig(FakeRig):
    """A machine on which nothing launches any more after so many runners."""

    runners_left: int = 0

    def _behaviour(self, entry: Entry) -> Behaviour:
        gone = len(self.runners) >= self.runners_left
        return Behaviour(die_at=1) if gone else super()._behaviour(entry)


def test_a_side_that_dies_half_way_is_judged_by_what_there_is_and_never_cleared() -> None:
    job = Job(new_rig=DyingRig({"one": Behaviour()}, runners_left=24))
    verdict = decided(job)[BYTES]
    assert [len(rounds(results[-1], "short")) for results in job.saved.values()] == [9, 9]
    assert (verdict.verdict, verdict.event, verdict.samples) == ("inconclusive", "missing", 8)
    assert verdict.reasons == (
        "it is missing in 1 of 9 processes of the new side",
        "given up at pair 9, where a side broke once too often",
        "too few pairs: 8, at least 9 are needed",
    )


def test_the_time_left_is_never_more_than_the_budget_has() -> None:
    job = Job(base=Behaviour(seconds=1e-2), new=Behaviour(seconds=1e-2))
    job.run(looks=(13, 40), budget=700.0)
    (started,) = [event for event in job.told if isinstance(event, events.RunStarted)]
    left = [event.seconds for event in job.told if isinstance(event, events.TimeLeft)]
    assert started.seconds <= 700
    assert left
    assert all(0 <= seconds < 700 for seconds in left)
