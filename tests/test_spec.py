"""A run as data: what a result holds of it, what `exec` makes of that, and what it refuses."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from bench.cli import choose
from bench.errors import ResultError, UsageError
from bench.experiments import POPULATION, all_, find
from bench.model.file import load
from bench.model.records import CaseSpec, Spec
from bench.model.spec import load_spec, options_as
from tests.support.commands import little, outnumber_here, stranger

CASE = {"runtime": "asyncio"}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def written(folder: Path, content: object) -> Path:
    path = folder / "spec.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def test_a_result_holds_what_makes_its_run_again(folder: Path) -> None:
    runner = stranger(folder)
    outnumber_here(*little(runner), "--seed", "7", "-o", "a.json")
    spec = load(folder / "a.json").spec
    assert spec is not None
    assert (spec.experiment, spec.options["seed"]) == ("population", 7)
    assert spec.cases == (CaseSpec(runtime="strange", runner=str(runner)),)
    outnumber_here("exec", "a.json", "-q", "-o", "b.json")
    first, again = load(folder / "a.json"), load(folder / "b.json")
    assert again.spec == first.spec
    assert again.plan == first.plan
    assert [(one.purpose, one.round) for one in again.sessions] == [
        (one.purpose, one.round) for one in first.sessions
    ]


def test_exec_says_which_programs_a_file_names(folder: Path) -> None:
    spec = {"experiment": "ceiling", "cases": [{**CASE, "python": "/no/python", "variables": {}}]}
    written(folder, spec)
    said = outnumber_here("exec", "spec.json", code=2).stderr
    assert "spec.json names /no/python" in said
    assert "--python: /no/python cannot be run as a program" in said


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "not JSON"),
        ("[]", "expected an object, not a list"),
        ({"experiment": "population"}, "cases is missing"),
        ({"experiment": "population", "cases": []}, "$.cases: shorter than 1"),
        ({"experiment": 5, "cases": [CASE]}, "$.experiment: expected a text, not a whole number"),
        ({"cases": [CASE], "experiment": "x", "bad": 1}, "unknown field bad"),
        ({"spec": 2, "cases": [CASE], "experiment": "x"}, "$.spec: unknown value 2"),
    ],
)
def test_what_is_no_spec_is_told_with_its_place(folder: Path, content: object, said: str) -> None:
    with pytest.raises(ResultError) as wrong:
        load_spec(written(folder, content))
    assert str(wrong.value).startswith(f"{folder}/spec.json: ")
    assert said in str(wrong.value)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"max": 0}, r"\$\.options\.max: expected a whole number of at least 1"),
        ({"seed": "x"}, r"\$\.options\.seed: expected a whole number, not a text"),
        ({"preset": "huge"}, r"\$\.options\.preset: unknown value 'huge'"),
        ({"fast": True}, r"\$\.options: unknown field fast"),
    ],
)
def test_options_are_checked_by_their_experiment(options: dict[str, object], said: str) -> None:
    spec = Spec(experiment="population", cases=(CaseSpec(runtime="x"),), options=options)
    with pytest.raises(UsageError, match=said):
        options_as(spec, POPULATION.options)


@pytest.mark.parametrize("experiment", all_(), ids=lambda one: one.name)
def test_every_experiment_takes_a_spec_without_options(experiment: object) -> None:
    spec = Spec(experiment="x", cases=(CaseSpec(runtime="x"),))
    assert options_as(spec, experiment.options)  # type: ignore[attr-defined]


def test_an_experiment_that_is_none_is_told_with_those_that_are() -> None:
    with pytest.raises(UsageError, match="no experiment is called 'x'; there are population, "):
        find("x")


@pytest.mark.slow
def test_two_interpreters_are_two_cases(folder: Path) -> None:
    """Here the same one twice, by two names."""
    other = folder / "python"
    other.symlink_to(sys.executable)
    words = ("--python", sys.executable, "--python", str(other), "-r", "asyncio")
    outnumber_here("run", *words, "--max", "100", "--sweeps", "1", "-q", "-o", "a.json")
    made = load(folder / "a.json")
    version = sys.version.split()[0]
    keys = [f"asyncio@{version}", f"asyncio@{version}+"]
    assert [case.key for case in made.cases] == keys
    assert {session.case for session in made.sessions} == {*keys}


@pytest.mark.parametrize(
    ("typed", "keys"),
    [
        (["trio", "asyncio", "trio"], ["asyncio", "trio"]),
        (["asyncio:gate"], ["asyncio"]),
        (["goroutine-locked", "goroutine:locked"], ["goroutine:locked"]),
        (
            ["pthread:gate,stack-size=64KiB", "pthread", "pthread:gate,stack-size=1M"],
            ["pthread:gate,stack-size=65536", "pthread", "pthread:gate,stack-size=1048576"],
        ),
    ],
)
def test_a_case_is_typed_by_its_key(typed: list[str], keys: list[str]) -> None:
    made = choose.targets(choose.cases(typed, None, None, quiet=True))
    assert [target.key for target in made] == [target.case.key for target in made] == keys


def test_a_case_s_own_settings_reach_its_runner_and_stand_in_its_label() -> None:
    words = ["pthread:gate,stack-size=64KiB", "pthread"]
    own, other = choose.targets(
        choose.cases(words, None, None, settings={"stack-size": 2**20}, quiet=True)
    )
    assert (own.settings, other.settings) == ({"stack-size": "65536"}, {"stack-size": "1048576"})
    assert own.case.label == f"{other.case.label} (stack-size=65536)"


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("trio:gate,stack-size=1M", "--runtime: 'stack-size' means nothing to trio"),
        ("pthread:gate,stack-size", "--runtime: 'stack-size' is not a setting; type one such as"),
        ("pthread:gate,stack-size=9", "--runtime: 9 bytes are too few for pthread"),
        ("pthread:deep", "--runtime: no runtime is called 'pthread:deep'; did you mean pthread?"),
    ],
)
def test_a_case_that_is_none_is_refused(typed: str, said: str) -> None:
    with pytest.raises(UsageError) as wrong:
        choose.cases([typed], None, None, quiet=True)
    assert str(wrong.value).startswith(said)


def test_a_name_beside_its_own_runner_file_is_one_too_many(folder: Path) -> None:
    with pytest.raises(UsageError) as wrong:
        choose.cases(["strange"], [stranger(folder)], None, quiet=True)
    assert str(wrong.value) == (
        "--runtime: strange is not needed: --runner already says to measure it; "
        "leave out --runtime strange"
    )
