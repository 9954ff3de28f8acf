"""Results and histories of format 1 are read as if they were of today."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from bench.derive.metrics import figures, find
from bench.errors import ResultError
from bench.history.store import read
from bench.model.file import load
from bench.model.records import VERSION
from reports.exports.metrics import case_name, metrics_of
from tests.support.commands import outnumber_here

ROOT = Path(__file__).parents[1]
EXAMPLE = ROOT / "docs" / "example" / "run.json"
NIGHT = ROOT / "tests" / "format1" / "night.jsonl"


def test_the_first_release_s_example_is_read_whole() -> None:
    stored, made = json.loads(EXAMPLE.read_text(encoding="utf-8")), load(EXAMPLE)
    assert (stored["outnumber"], made.outnumber) == (1, VERSION)
    assert len(made.sessions) == len(stored["sweeps"])
    assert [case.key for case in made.cases] == [one["name"] for one in stored["runtimes"]]
    for session, sweep in zip(made.sessions, stored["sweeps"], strict=True):
        assert (session.case, session.purpose) == (sweep["runtime"], sweep["purpose"])
        for step, old in zip(session.steps, sweep["steps"], strict=True):
            assert step.burst_seconds == old["burst_seconds"]
            assert step.read("user").bytes == old["memory"]["user"]["bytes"]
            assert step.seconds.get("release") == old["release_seconds"]
            assert step.counts.get("minor_faults") == old["minor_faults"]
            timed = old["latencies"]
            assert ("start" in step.samples) == (timed is not None)
            if timed is not None:
                assert list(step.samples["start_empty"].counts) == timed["empty"]["counts"]


def test_its_metrics_are_those_that_the_first_release_derived() -> None:
    metrics = figures(load(EXAMPLE))
    total = find(metrics, "pthread", "bytes_per_unit", "total")
    assert total is not None
    assert total.value == pytest.approx(35_688.448)
    ceilings = {m.case: m.value for m in metrics if m.metric == "ceiling"}
    assert ceilings["pthread"] == 30_000


def test_a_fault_in_a_file_of_format_1_is_told_with_its_place_in_that_file(tmp_path: Path) -> None:
    tree = json.loads(EXAMPLE.read_text(encoding="utf-8"))
    tree["sweeps"][3]["runtime"] = "perl"
    path = tmp_path / "r.json"
    path.write_text(json.dumps(tree), encoding="utf-8")
    with pytest.raises(ResultError, match=r"sweeps\[3\]\.runtime: perl is not among"):
        load(path)


def test_a_history_of_format_1_is_read(tmp_path: Path) -> None:
    shutil.copy(NIGHT, tmp_path / "night.jsonl")
    made = read(tmp_path)
    assert made.faults == ()
    (point,), (accepted,) = made.points, made.acknowledged
    stored = json.loads(NIGHT.read_text(encoding="utf-8").splitlines()[0])
    assert [case.key for case in point.cases] == [one["name"] for one in stored["runtimes"]]
    assert [(one.case, one.value) for one in point.kept] == [
        (one["runtime"], one["value"]) for one in stored["kept"]
    ]
    assert (accepted.case, accepted.metric, accepted.point) == (
        "asyncio",
        "bytes_per_unit",
        point.id,
    )


OLD, NEW = "goroutine-locked", "goroutine:locked"


def with_the_old_name(text: str) -> str:
    return text.replace('"pthread"', f'"{OLD}"').replace('"pthread ', f'"{OLD} ')


def test_a_runtime_that_became_a_unit_kind_is_read_under_its_key_and_kept_elsewhere(
    tmp_path: Path,
) -> None:
    path = tmp_path / "r.json"
    path.write_text(with_the_old_name(EXAMPLE.read_text(encoding="utf-8")), encoding="utf-8")
    made = load(path)
    (case,) = (case for case in made.cases if case.key == NEW)
    assert (case.runtime, case.unit) == ("goroutine", "locked")
    assert (case.by_python, case.collector, case.leak_margin) == (False, False, 10.0)
    assert any(session.case == NEW for session in made.sessions)
    assert {case_name(one) for one in metrics_of(made) if one.metric.case == NEW} == {OLD}
    night = with_the_old_name(NIGHT.read_text(encoding="utf-8"))
    (tmp_path / "night.jsonl").write_text(night, encoding="utf-8")
    (point,) = read(tmp_path).points
    assert OLD not in repr(point)
    assert any(name.startswith(f"{NEW} ") for topic in point.facts.values() for name in topic)


def test_its_old_name_is_taken_for_it_wherever_it_is_typed(tmp_path: Path) -> None:
    words = ("run", "--runtime", OLD, "--runtime", "asyncio", "--dry-run", "--max", "100")
    assert NEW in outnumber_here(*words).stdout
    (tmp_path / "night.jsonl").write_text(
        with_the_old_name(NIGHT.read_text(encoding="utf-8")), encoding="utf-8"
    )
    done = outnumber_here("history", "show", "--folder", str(tmp_path), "--runtime", OLD)
    assert NEW in done.stdout
