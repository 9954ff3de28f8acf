"""The calibration: that it can tell a gate that fails in vain, one that is blind, and one that is
neither; and that what is published is what it made."""

from __future__ import annotations

import functools
import itertools
import random
from collections.abc import Sequence
from pathlib import Path

import pytest

from bench.derive.statistics import Estimate
from bench.judging.gates import BURST, BYTES, LEAK, Gate, Margin
from bench.judging.looks import Look, looks
from bench.judging.noise import Injected, Recorded, simulate
from bench.judging.verdicts import Word
from tests.calibration import (
    alternatives,
    climbs,
    drawing,
    elsewhere,
    everything,
    false_failures,
    nuisances,
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
    for changes, failing in (({BYTES: Injected(1.1)}, JOBS), ({}, 0)):
        decisions = simulate(made, looks(), JOBS, random.Random(1), changes)
        assert [decision.outcome for decision in decisions].count("regression") == failing


def test_a_gate_that_fails_in_vain_is_found_out() -> None:
    """The same jobs by a decision without margin or level: every figure's target is missed."""
    trigger_happy = Look(1, 13, false_failure=0.5, missed=0.05, is_last=True)
    gate = Gate("asyncio", BURST, Margin(1e-9))
    burst = Recorded(gate, two()["asyncio"][2].pairs)
    made = Shares.of_jobs(simulate([burst], [trigger_happy], JOBS, random.Random(1)))
    row = false_failures.Row("as recorded", made, {"asyncio": made}, made)
    assert not row.reached
    assert not drawn([row])[0].reached


def test_a_gate_that_sees_nothing_is_found_out() -> None:
    blind = shares(inconclusive=JOBS)
    rows = [power.Row(r.runtime, r.figure, r.change, blind) for r in all_found()]
    assert missed(drawn(found=rows)) == [
        "drawn: +10 %, bytes a unit: found",
        "drawn: +2 %, bytes a unit: found",
        "drawn: +200 bytes, a leak: found",
    ]


def test_a_slower_burst_that_is_cleared_even_once_is_found_out() -> None:
    cleared = shares(regression=JOBS - 1, cleared=1)
    rows = [power.BySpread(r.spread, r.change, cleared) for r in all_spreads()]
    assert missed(drawn(spreads=rows)) == [NEVER_CLEARED]


def test_a_slower_burst_that_is_cleared_on_the_noisiest_machine_counts_as_well() -> None:
    """The page has one truth: what the rule of sharpness leaves is part of the same figure."""
    cleared = shares(regression=2_990, cleared=10)
    rows = [sharpness.Row(words, cleared, cleared, cleared) for words in sharpness.RULES]
    assert missed(drawn(blurred=rows)) == [NEVER_CLEARED]
    (told,) = (one.measured for one in drawn(blurred=rows) if one.what == NEVER_CLEARED)
    assert told.startswith("10 of 3,")


def test_a_leak_that_is_told_as_a_heavier_unit_is_found_out() -> None:
    rows = [
        power.Row(r.runtime, r.figure, r.change, r.shares, r.change == 200) for r in all_found()
    ]
    what = "drawn: +200 bytes, a leak: told as one and not as a heavier unit"
    assert missed(drawn(found=rows)) == [what]
    assert all(row.heavier for row in all_found() if (row.figure, row.change) == (BYTES, 0.1))


NEVER_CLEARED = "drawn: +10 % in spawn time, however much pairs vary: called *no regression*"


def drawn(
    failures: Sequence[false_failures.Row] = (),
    climbing: Sequence[climbs.Row] = (),
    found: Sequence[power.Row] | None = None,
    spreads: Sequence[power.BySpread] | None = None,
    blurred: Sequence[sharpness.Row] = (),
) -> list[targets.Target]:
    """The targets of drawn jobs."""
    powers, by_spread = found or all_found(), spreads or all_spreads()
    return targets.targets(failures, climbing, powers, by_spread, blurred, ())


def missed(made: Sequence[targets.Target]) -> list[str]:
    return [target.what for target in made if not target.reached]


@functools.cache
def all_found() -> list[power.Row]:
    return power.rows(two(), "published", 10)


@functools.cache
def all_spreads() -> list[power.BySpread]:
    return power.by_spread(two(), "published", 10)


@pytest.mark.slow
def test_a_small_calibration_makes_every_table_and_the_picture(tmp_path: Path) -> None:
    made = everything.Measured(
        false_failures.rows(two(), "published", JOBS),
        climbs.rows(two(), "published", 10),
        elsewhere.rows(two(), "published", 10),
        all_found(),
        all_spreads(),
        power.by_pairs(two(), "published", 10),
        alternatives.rows(two(), 10),
        sharpness.rows(two(), 10),
    )
    tables = everything.blocks({name: recorded()[name] for name in two()}, two(), made)
    assert tables.keys() == page.tables(page.PAGE.read_text(encoding="utf-8")).keys()
    assert all(text.count("\n") > 2 for text in tables.values())
    assert all(target.reached for target in made.targets if "false" not in target.what)
    assert max(row.single.words.count("regression") for row in made.failures) <= 2
    drawing.draw(made.found, made.spreads, made.pairs, tmp_path / "power.svg")
    assert (tmp_path / "power.svg").read_text(encoding="utf-8").count("<path") > 100


def test_a_calibration_is_the_same_each_time() -> None:
    assert power.by_spread(two(), "published", 10) == all_spreads()
    assert power.by_spread(two(), "tuning", 10) != all_spreads()


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
        assert len(leak.pairs) % 20 == 0
        assert leak.most_pairs == 20
        for series in recording.series.values():
            assert all(first < second for first, second in series.started_seconds)


def test_a_recording_is_read_as_it_was_kept(tmp_path: Path) -> None:
    recording = recordings.recording_of(alike())
    recordings.save(recording, tmp_path)
    assert recordings.load(tmp_path) == {"one": recording}
    assert len(recording.series["bytes_per_unit"].values) == 4


def test_a_published_set_that_is_retired_is_one_more_to_tune_by(tmp_path: Path) -> None:
    recording = recordings.recording_of(alike())
    for folder in ("tuning/1", "published"):
        (tmp_path / folder).mkdir(parents=True)
        recordings.save(recording, tmp_path / folder)
    assert recordings.retire(tmp_path) == tmp_path / "tuning" / "2"
    assert recordings.load(tmp_path / "published") == {}
    joined = recordings.load(tmp_path / "tuning")["one"]
    for figure, series in recording.series.items():
        assert joined.series[figure].values == series.values * 2


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
