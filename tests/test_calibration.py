"""The calibration: that it can tell a gate that fails in vain, one that is blind, and one that is
neither; and that what is published is what it made."""

from __future__ import annotations

import functools
import itertools
import random
from pathlib import Path

import pytest

from bench.regression.gates import BURST, BYTES, LEAK, Gate, Margin
from bench.regression.looks import Look, looks
from bench.regression.simulate import Change, Recorded, play
from bench.regression.verdicts import Word
from bench.results.statistics import Estimate
from tests.calibration import (
    alternatives,
    drawing,
    elsewhere,
    everything,
    false_failures,
    nuisances,
    outcomes,
    page,
    power,
    recordings,
    sharpness,
    targets,
)
from tests.calibration.jobs import Runtimes, Shares, dice_for, percent, with_interval
from tests.test_noise import alike

JOBS = 40


@functools.cache
def recorded(seeds: str = "published") -> dict[str, recordings.Recording]:
    return recordings.load(recordings.FOLDER / seeds)


def two() -> Runtimes:
    """Two of the runtimes that were recorded."""
    return {name: recorded()[name].recorded() for name in ("asyncio", "pthread")}


def shares(regression: int = 0, inconclusive: int = 0, cleared: int = 0) -> Shares:
    counts: dict[Word, int] = {
        "regression": regression,
        "inconclusive": inconclusive,
        "no regression": cleared,
    }
    words = tuple(word for word, count in counts.items() for _ in range(count))
    return Shares(words, (13,) * len(words))


def test_the_gate_can_fail() -> None:
    """Heavier by a tenth: each of 40 jobs fails. Alike: none does."""
    made = two()["asyncio"]
    for changes, failing in (({BYTES: Change(1.1)}, JOBS), ({}, 0)):
        decisions = play(made, looks(), JOBS, random.Random(1), changes)
        assert [decision.outcome for decision in decisions].count("regression") == failing


def test_a_gate_that_fails_in_vain_is_found_out() -> None:
    """The same jobs by a decision without margin or level: every figure's target is missed."""
    trigger_happy = Look(1, 13, false_failure=0.5, missed=0.05, is_last=True)
    gate = Gate("asyncio", BURST, Margin(1e-9))
    burst = Recorded(gate, two()["asyncio"][2].pairs)
    made = Shares.of_jobs(play([burst], [trigger_happy], JOBS, random.Random(1)))
    row = false_failures.Row("as recorded", {"asyncio": made}, made)
    assert not row.reached
    (target, *_) = targets.targets([row], found(), spreads())
    assert not target.reached


def test_a_gate_that_sees_nothing_is_found_out() -> None:
    blind = shares(inconclusive=JOBS)
    rows = [power.Row(r.runtime, r.figure, r.change, blind) for r in found()]
    missed = [target.what for target in targets.targets([], rows, spreads()) if not target.reached]
    assert missed == [
        "+10 %, bytes a unit: found",
        "+2 %, bytes a unit: found",
        "+200 bytes, a leak: found",
    ]


def test_a_slower_burst_that_is_cleared_even_once_is_found_out() -> None:
    cleared = shares(regression=JOBS - 1, cleared=1)
    rows = [power.BySpread(r.spread, r.change, cleared) for r in spreads()]
    missed = [target.what for target in targets.targets([], found(), rows) if not target.reached]
    assert missed == ["+10 % in spawn time, however much pairs vary: called *no regression*"]


@functools.cache
def found() -> list[power.Row]:
    return power.rows(two(), "published", 10)


@functools.cache
def spreads() -> list[power.BySpread]:
    return power.by_spread(two(), "published", 10)


@pytest.mark.slow
def test_a_small_calibration_makes_every_table_and_the_picture(tmp_path: Path) -> None:
    made = everything.Measured(
        false_failures.rows(two(), "published", JOBS),
        elsewhere.rows(two(), "published", JOBS),
        found(),
        spreads(),
        power.by_pairs(two(), "published", 10),
        alternatives.rows(two(), 10),
        sharpness.rows(two(), 10),
    )
    tables = everything.blocks({name: recorded()[name] for name in two()}, two(), made)
    assert tables.keys() == page.tables(page.PAGE.read_text(encoding="utf-8")).keys()
    assert all(text.count("\n") > 2 for text in tables.values())
    found_all = [target for target in made.targets if not target.what.startswith("false")]
    assert all(target.reached for target in found_all)
    assert max(row.single.words.count("regression") for row in made.failures) <= 2
    drawing.draw(made.found, made.spreads, made.pairs, tmp_path / "power.svg")
    assert (tmp_path / "power.svg").read_text(encoding="utf-8").count("<path") > 100


def test_a_calibration_is_the_same_each_time() -> None:
    assert power.by_spread(two(), "published", 10) == spreads()
    assert power.by_spread(two(), "tuning", 10) != spreads()


def test_the_page_has_every_table_and_no_figure_that_was_missed() -> None:
    text = page.PAGE.read_text(encoding="utf-8")
    blocks = page.tables(text)
    assert all(block.count("\n|") >= 2 for block in blocks.values()), blocks.keys()
    assert "**no**" not in blocks["targets"]
    assert drawing.PICTURE.exists()


def test_a_page_is_filled_between_its_marks_alone() -> None:
    text = "above\n<!-- measured: one thing -->\nold\n<!-- end -->\nbelow <!-- end -->\n"
    filled = page.filled(text, {"one thing": "| new |\n"})
    assert filled == (
        "above\n<!-- measured: one thing -->\n\n| new |\n\n<!-- end -->\nbelow <!-- end -->\n"
    )
    assert page.filled(filled, {"one thing": "| new |\n"}) == filled
    with pytest.raises(ValueError, match="no '<!-- measured: another -->'"):
        page.filled(text, {"another": ""})


@pytest.mark.parametrize("seeds", ["tuning", "published"])
def test_every_default_runtime_is_recorded_in_pairs(seeds: str) -> None:
    known = recorded(seeds)
    assert len(known) == 7
    for recording in known.values():
        bytes_, leak, burst = recording.recorded(BYTES, LEAK, BURST)
        assert min(len(bytes_.pairs), len(burst.pairs)) >= 30
        assert len(leak.pairs) == leak.most_pairs == 20
        for series in recording.series.values():
            assert all(first < second for first, second in series.started_seconds)


def test_a_recording_is_read_as_it_was_kept(tmp_path: Path) -> None:
    recording = recordings.recording_of(alike())
    recordings.save(recording, tmp_path)
    assert recordings.load(tmp_path) == {"one": recording}
    assert len(recording.series["bytes_per_unit"].values) == 4


def dice() -> random.Random:
    return random.Random(1)


def test_a_drift_is_five_percent_over_the_whole_job_and_no_leak_drifts() -> None:
    drifted = nuisances.drift(BURST, [2.0] * 41, dice())
    assert (drifted[0], drifted[20], drifted[40]) == pytest.approx((2.0, 2.05, 2.1))
    assert nuisances.drift(LEAK, [0.0, 1.0], dice()) == [0.0, 1.0]


def test_spikes_befall_one_process_in_twenty() -> None:
    spiky = nuisances.spikes(BURST, [1.0] * 4_000, dice())
    assert set(spiky) == {1.0, nuisances.SPIKE}
    assert 0.04 < spiky.count(nuisances.SPIKE) / 4_000 < 0.06


def test_modes_and_waves_stay_for_a_while_and_leave_bytes_alone() -> None:
    slow = nuisances.two_modes(BURST, [1.0] * 1_000, dice())
    changes = sum(one != other for one, other in itertools.pairwise(slow))
    assert set(slow) == {1.0, nuisances.MODE}
    assert 50 < changes < 150
    for nuisance in (nuisances.two_modes, nuisances.waves, nuisances.another_cpu):
        assert nuisance(BYTES, [1.0] * 50, dice()) == [1.0] * 50
        assert len(set(nuisance(BURST, [1.0] * 50, dice()))) > 1


def test_ties_are_ties() -> None:
    assert nuisances.ties(BURST, [1.234e-5, 1.24e-5, 1179.2], dice()) == [1.2e-5, 1.2e-5, 1200.0]


@pytest.mark.parametrize("spread", [0.02, 0.25])
def test_noise_is_stretched_until_pairs_vary_as_wanted(spread: float) -> None:
    burst = two()["pthread"][2]
    values = [value for pair in burst.pairs for value in pair]
    stretched = recordings.rescaled(burst, spread)(BURST, values, dice())
    pairs = tuple(zip(stretched[::2], stretched[1::2], strict=True))
    assert recordings.pair_spread(Recorded(burst.gate, pairs)) == pytest.approx(spread)


def test_other_rules_are_called_by_drift_and_not_by_nothing() -> None:
    base, slower = [1.0, 1.01, 1.02, 1.03] * 5, [1.06, 1.07, 1.08, 1.09] * 5
    for rule in elsewhere.RULES.values():
        assert rule(base, slower)
        assert not rule(base, base)
        assert not rule(slower, base)


def test_every_row_has_its_own_dice() -> None:
    assert dice_for("tuning", "a").random() == dice_for("tuning", "a").random()
    assert dice_for("tuning", "a").random() != dice_for("tuning", "b").random()
    assert dice_for("tuning", "a").random() != dice_for("published", "a").random()


@pytest.mark.parametrize(
    ("share", "said"),
    [(0.0, "0.0 %"), (0.0004, "0.04 %"), (0.9996, "99.96 %"), (1.0, "100.0 %"), (None, "unknown")],
)
def test_a_share_is_not_rounded_to_nothing_or_all(share: float | None, said: str) -> None:
    assert percent(share) == said


def test_a_share_stands_beside_its_interval() -> None:
    assert with_interval(Estimate(0.015, 0.003, 0.0432)) == "1.5 % (0.3 to 4.3)"


def test_the_outcomes_of_a_kind_replace_those_of_before(tmp_path: Path) -> None:
    def outcome(kind: str, fault: str) -> outcomes.Outcome:
        gate = outcomes.Judged("bytes", "regression", "regression", "1.100", 13)
        return outcomes.Outcome(
            kind, fault, "asyncio", (), "2026-11-25", 1, "regression", 9.0, 1.0, (gate,)
        )

    path = tmp_path / "kept.json"
    outcomes.keep(["leak"], [outcome("leak", "old")], path)
    outcomes.keep(["heavier"], [outcome("heavier", "other")], path)
    outcomes.keep(["leak"], [outcome("leak", "new")], path)
    assert [one.fault for one in outcomes.load(path)] == ["other", "new"]
    assert "bytes: regression" in outcomes.injected_table(outcomes.load(path))
