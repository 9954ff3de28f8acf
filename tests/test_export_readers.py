"""Exports in front of their readers: the real one where it can be installed, else its own rules."""

from __future__ import annotations

import json
import math
import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pyperf  # type: ignore[import-untyped]
import pytest
from jsonschema import Draft202012Validator, ValidationError  # type: ignore[import-untyped]

from bench.model.records import Result
from reports.exports.formats import ONE_DIRECTION, export
from reports.exports.github_action_benchmark import DIRECTIONS
from tests.support.results import Unit, leak_sweep, result, sweep, whole_run
from tests.test_exports import hostile, text_of

UUID = "^[0-9a-fA-F]{8}-?([0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}$"
METRIC = {
    "type": "object",
    "required": ["value"],
    "properties": {name: {"type": "number"} for name in ("value", "lower_value", "upper_value")},
    "additionalProperties": False,
}
# Bencher Metric Format as its reference and its server have it, in a form that forbids the rest: a
# name is 1 to 1,024 bytes, a measure's 1 to 64; one like a UUID names what is there already, and
# certain ends are cut off and keep a benchmark from raising alerts.
BENCHER = {
    "type": "object",
    "minProperties": 1,
    "propertyNames": {
        "minLength": 1,
        "maxLength": 1024,
        "pattern": "^[ -~]+$",  # so that a character is a byte
        "not": {"anyOf": [{"pattern": UUID}, {"pattern": "([-_]bencher[-_]i|BencherI)gnore$"}]},
    },
    "additionalProperties": {
        "type": "object",
        "minProperties": 1,
        "propertyNames": {
            "minLength": 1,
            "maxLength": 64,
            "pattern": "^[ -~]+$",
            "not": {"pattern": UUID},
        },
        "additionalProperties": METRIC,
    },
}
ZEROS = result(
    *[sweep(unit=Unit(marginal=0.0), number=n) for n in (1, 2)],
    sweep(runtime="trio"),
    leak_sweep(-3),
)
RESULTS = pytest.mark.parametrize(
    "made", [whole_run(), hostile(), ZEROS], ids=["whole", "evil", "0"]
)


def heavier(factor: float, sweeps: int = 6) -> Result:
    """asyncio with this many times its memory and its times; a process differs a little from the
    next, as it does in earnest."""
    units = [
        Unit(1000 * factor + n, 0, page_tables=0, burst=factor * (1e-5 + n * 1e-8))
        for n in range(sweeps)
    ]
    return result(*[sweep(unit=unit, number=n) for n, unit in enumerate(units)])


def strict(text: str) -> Any:
    """JSON without what its readers understand differently: a key twice, NaN and infinities."""

    def pairs(pairs: list[tuple[str, object]]) -> dict[str, object]:
        assert len(dict(pairs)) == len(pairs), "a key twice"
        return dict(pairs)

    def constant(name: str) -> float:
        raise ValueError(f"{name} is no JSON")

    return json.loads(text, object_pairs_hook=pairs, parse_constant=constant)


def written(folder: Path, format_: str, **results: Result) -> list[str]:
    """The names of the files, `NAME.json`, in which these results are exported."""
    for name, made in results.items():
        (folder / f"{name}.json").write_text(text_of(made, format_))
    return [f"{name}.json" for name in results]


def typed(folder: Path, *words: str) -> str:
    """What `python -m …` prints."""
    done = subprocess.run(
        [sys.executable, "-m", *words],
        cwd=folder,
        env={"COLUMNS": "200", "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
        timeout=200,
    )
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout


class TestPyperf:
    @RESULTS
    def test_it_loads_what_is_exported(self, made: Result) -> None:
        text = text_of(made, "pyperf")
        suite = pyperf.BenchmarkSuite.loads(text)
        entries = strict(text)["benchmarks"]
        assert [one.get_name() for one in suite] == [one["metadata"]["name"] for one in entries]
        assert len(suite) > 10
        for one, entry in zip(suite, entries, strict=True):
            assert [list(run.values) for run in one.get_runs()] == [
                run["values"] for run in entry["runs"]
            ]
            assert one.get_unit() == entry["metadata"]["unit"]

    @pytest.mark.slow
    def test_it_compares_two(self, tmp_path: Path) -> None:
        files = written(tmp_path, "pyperf", base=heavier(1), new=heavier(1.1))
        said = typed(tmp_path, "pyperf", "compare_to", *files)
        bytes_ = (
            "asyncio/bytes_per_unit/total/n=100000: Mean +- std dev: [base] 1002 bytes +- 2 bytes"
        )
        assert f"{bytes_} -> [new] 1102 bytes +- 2 bytes: 1.10x slower" in said
        burst = "asyncio/burst_seconds_per_unit/n=10000: Mean +- std dev: [base] 10.0 us +- 0.0 us"
        assert f"{burst} -> [new] 11.0 us +- 0.0 us: 1.10x slower" in said
        assert "Ignored benchmarks" not in said


class TestPytestBenchmark:
    @pytest.mark.slow
    def test_it_compares_two(self, tmp_path: Path) -> None:
        files = written(tmp_path, "pytest-benchmark", base=heavier(1), new=heavier(1.1))
        said = typed(tmp_path, "pytest_benchmark", "compare", *files, "--between=median,min")
        assert "benchmark 'burst_seconds_per_unit': 1 tests, 2 sources" in said
        row = next(line for line in said.splitlines() if "burst_seconds_per_unit/n=10000" in line)
        assert row.split()[1:] == ["10.0250", "11.0275", "+10.0%", "10.0000", "11.0000", "+10.0%"]

    @pytest.mark.slow
    @RESULTS
    def test_it_reads_them_from_its_own_storage(self, tmp_path: Path, made: Result) -> None:
        folder = tmp_path / "storage" / "machine"
        folder.mkdir(parents=True)
        text = text_of(made, "pytest-benchmark")
        (folder / "0001_one.json").write_text(text)
        words = ("pytest_benchmark", "--storage", "storage", "compare", "0001", "--csv=all.csv")
        said = typed(tmp_path, *words)
        names = [one["fullname"] for one in strict(text)["benchmarks"]]
        assert len(names) >= 8
        assert all(f"\n{name} " in said for name in names)
        rows = (tmp_path / "all.csv").read_text().splitlines()
        assert len(rows) == len(names) + 1


class TestBencher:
    @RESULTS
    def test_an_export_keeps_the_rules(self, made: Result) -> None:
        tree = strict(text_of(made, "bencher"))
        Draft202012Validator(BENCHER).validate(tree)
        metrics = [metric for measures in tree.values() for metric in measures.values()]
        assert len(metrics) > 10
        for one in metrics:
            assert one.get("lower_value", one["value"]) <= one["value"]
            assert one.get("upper_value", one["value"]) >= one["value"]

    @pytest.mark.parametrize(
        "tree",
        [
            {},
            {"": {"m": {"value": 1}}},
            {"é": {"m": {"value": 1}}},
            {"n" * 1025: {"m": {"value": 1}}},
            {"n": {"m" * 65: {"value": 1}}},
            {"n": {}},
            {"n": {"m": {}}},
            {"n": {"m": {"value": None}}},
            {"n": {"m": {"value": "1"}}},
            {"n": {"m": {"value": 1, "unit": "s"}}},
            {"123e4567-e89b-12d3-a456-426614174000": {"m": {"value": 1}}},
            {"n-bencher-ignore": {"m": {"value": 1}}},
        ],
        ids=str,
    )
    def test_the_rules_refuse(self, tree: object) -> None:
        with pytest.raises(ValidationError):
            Draft202012Validator(BENCHER).validate(tree)


def accepted(text: str) -> dict[str, dict[str, Any]]:
    """The entries by name, as github-action-benchmark's custom tools would store them. Raises
    `ValueError` for what it refuses, and for what it takes for something else than it is.

    It takes an array with an entry or more; name, unit, value, and range and extra where given. It
    turns each into a text or a number rather than refuse it: no value becomes 0, no name
    "undefined". It looks an entry up by its name, the first of those called so.
    """
    tree = strict(text)
    if not isinstance(tree, list) or not tree:
        raise ValueError("no benchmark result was found")
    for entry in tree:
        if not isinstance(entry, dict):
            raise ValueError("no entry")
        texts = [
            entry.get("name"),
            entry.get("unit"),
            entry.get("range", ""),
            entry.get("extra", ""),
        ]
        if not all(isinstance(text, str) for text in texts) or not entry["name"]:
            raise ValueError("becomes another text")
        if isinstance(entry.get("value"), bool) or not isinstance(entry.get("value"), int | float):
            raise ValueError("becomes another number")
    entries = {entry["name"]: entry for entry in tree}
    if len(entries) < len(tree):
        raise ValueError("only the first of a name is ever found")
    return entries


def alerts(base: Iterable[dict[str, Any]], new: dict[str, dict[str, Any]]) -> list[str]:
    """The names that the action, its threshold 105 %, calls worse in a file whose smaller is
    better: by their ratio, in which it scales values only where their units differ."""
    both = [(one, new[one["name"]]) for one in base if one["name"] in new]
    assert all(was["unit"] == now["unit"] for was, now in both)
    return [now["name"] for was, now in both if ratio(was["value"], now["value"]) > 1.05]


def ratio(was: float, now: float) -> float:
    if not was:
        return math.inf * now if now else 1
    return now / was


class TestGithubActionBenchmark:
    @RESULTS
    @pytest.mark.parametrize("direction", DIRECTIONS)
    def test_an_export_passes_its_checks(self, made: Result, direction: Any) -> None:
        text = export(made, ONE_DIRECTION, direction).text
        assert text is not None
        entries = accepted(text)
        assert {entry["unit"] for entry in entries.values()} <= {"s", "bytes", "count"}
        # Neither ends the code in which its report shows a name, nor a cell of its table.
        assert not [name for name in entries if re.search(r"[`|\n]", name)]

    def test_it_finds_what_got_worse(self) -> None:
        base, new = (accepted(text_of(heavier(by), ONE_DIRECTION)) for by in (1, 1.1))
        found = alerts(base.values(), new)
        assert "asyncio/bytes_per_unit/total/n=100000" in found
        assert "asyncio/burst_seconds_per_unit/n=10000" in found
        assert "asyncio/release_seconds_per_unit/n=100000" not in found
        assert alerts(base.values(), base) == []

    @pytest.mark.parametrize(
        "text",
        [
            "[]",
            "{}",
            "[1]",
            '[{"name": "a", "unit": "s", "value": null}]',
            '[{"name": "a", "unit": "s", "value": ""}]',
            '[{"name": "a", "unit": "s", "value": true}]',
            '[{"name": "a", "unit": "s", "value": NaN}]',
            '[{"unit": "s", "value": 1}]',
            '[{"name": "", "unit": "s", "value": 1}]',
            '[{"name": "a", "value": 1}]',
            '[{"name": "a", "unit": "s", "value": 1, "range": null}]',
            '[{"name": "a", "unit": "s", "value": 1}, {"name": "a", "unit": "s", "value": 2}]',
        ],
    )
    def test_the_checks_refuse(self, text: str) -> None:
        with pytest.raises(ValueError, match=r"."):
            accepted(text)
