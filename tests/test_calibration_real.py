"""Real jobs with a fault: what is published of them, and that a figure they miss is found out."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from bench.judging.looks import looks
from bench.judging.noise import Recorded, simulate
from bench.judging.verdicts import Word
from tests.calibration import outcomes, real, recordings, targets
from tests.test_calibration import all_found, all_spreads, two


def outcome(
    kind: str = "heavier",
    fault: str = "24 bytes held a unit, +2 %",
    runtime: str = "asyncio",
    code: int = 1,
    **gate: object,
) -> outcomes.Outcome:
    """A real job whose fault was found, unless it is said otherwise."""
    known = {"figure": outcomes.AIMED.get(kind, "bytes"), "verdict": "regression"} | gate
    told = {"told": known["verdict"], "effect": "1.100 (1.090–1.110)", "pairs": 13} | known
    gates = [outcomes.Judged(**told)]  # type: ignore[arg-type]
    if kind != "heavier":
        gates.append(outcomes.Judged("bytes", "no regression", "no regression", "1.000", 13))
    word: Word = "regression" if code == 1 else "no regression"
    return outcomes.Outcome(
        kind, fault, runtime, (), "2026-11-25", code, word, 9.0, 1.0, tuple(gates)
    )


def test_the_outcomes_of_a_kind_and_runtime_replace_those_of_before(tmp_path: Path) -> None:
    path = tmp_path / "kept.json"
    for made in ("leak", "old"), ("heavier", "other"), ("leak", "new"):
        outcomes.keep([outcome(*made)], path)
    outcomes.keep([outcome("leak", "another's", "trio")], path)
    assert [one.fault for one in outcomes.load(path)] == ["other", "new", "another's"]
    assert "bytes: regression" in outcomes.injected_table(outcomes.load(path))


def test_a_fault_that_was_cleared_is_in_the_table() -> None:
    cleared = outcome(code=0, verdict="no regression", effect="1.002 (1.001–1.003)")
    table = outcomes.injected_table([cleared, outcome(), outcome(effect="1.200 (1.1–1.3)")])
    assert "bytes: no regression | 1 of 3 | 1.002 (1.001–1.003) | 13 | 0 |" in table
    assert "bytes: regression | 2 of 3 | 1.100 to 1.200 | 13 | 1 |" in table


@pytest.mark.parametrize(
    ("what", "jobs"),
    [
        ("both sides alike: did not fail", [outcome("alike", "none", code=1)]),
        ("+2 % of a unit's bytes held: found", [outcome(code=0, verdict="no regression")]),
        ("+2 % of a unit's bytes held: found", [outcome()] * 9 + [outcome(verdict="inconclusive")]),
        (
            "+10 % in spawn time, spun: found where pairs vary by up to 8 %",
            [outcome("slower", "+10 %", code=3, verdict="inconclusive", spread=0.05)],
        ),
        (
            "+10 % in spawn time, spun: not called *no regression*",
            [outcome("slower", "+10 %", code=0, verdict="no regression", spread=0.2)],
        ),
        (
            "200 bytes a unit kept: told as a leak and not as a heavier unit",
            [outcome("leak", "200 bytes a unit kept")],
        ),
        (
            "a lower pids cgroup: found, and told as a changed limit",
            [outcome("ceiling", "a cgroup below it", event="limit of another value")],
        ),
    ],
)
def test_real_jobs_that_miss_a_figure_are_found_out(
    what: str, jobs: list[outcomes.Outcome]
) -> None:
    assert {one.asked.what: one.reached for one in real.answers(jobs)}[what] is False
    target = next(one for one in with_jobs(jobs) if one.what == f"real jobs: {what}")
    assert not target.reached


def with_jobs(jobs: Sequence[outcomes.Outcome]) -> list[targets.Target]:
    answers = real.answers(jobs)
    return targets.targets((), (), all_found(), all_spreads(), (), answers)


def test_the_recorded_real_jobs_reach_what_is_asked_and_are_counted_by_runtime() -> None:
    made = {one.asked.what: one for one in real.answers(outcomes.load())}
    assert all(one.reached for one in made.values())
    assert re.fullmatch(
        r"\d+ of \d+ jobs \(asyncio \d+, trio \d+\)",
        made["+2 % of a unit's bytes held: found"].words,
    )
    assert all(not one.reached for one in real.answers(()))


def test_of_a_slower_burst_the_jobs_whose_pairs_vary_little_are_counted() -> None:
    little, much, unknown = (outcome("slower", "+10 %", spread=x) for x in (0.05, 0.2, None))
    place = next(n for n, asked in enumerate(real.ASKED) if asked.required)
    said = [real.answers(jobs)[place].words for jobs in ([little, much], [unknown])]
    assert said == [
        "2 of 2 jobs (asyncio 2); of those that vary so little 1 of 1",
        "1 of 1 jobs (asyncio 1), none of them known to vary so little",
    ]


def test_how_much_a_jobs_pairs_vary_is_kept_with_it() -> None:
    burst = two()["asyncio"][2]
    (decision,) = simulate([burst], looks(), 1, random.Random(1))
    (verdict,) = decision.verdicts
    both = zip(verdict.base_samples, verdict.new_samples, strict=True)
    spread = recordings.pair_spread(Recorded(burst.gate, tuple(both)))  # type: ignore[arg-type]
    assert outcomes.judged(verdict).spread == pytest.approx(spread)
