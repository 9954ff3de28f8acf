"""`outnumber noise`: pairs that are all alike on a fake rig, what is kept and what is shown."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

from bench.cli.noise import margins_asked, options_for, show_stored
from bench.cli.options import gates
from bench.cli.session import kept
from bench.derive.statistics import Estimate
from bench.engine import events
from bench.engine.fake import Behaviour, FakeClock, FakeRig
from bench.errors import UsageError
from bench.experiments.pairs import NoiseRun, PairsOptions
from bench.judging.gates import BURST, BYTES, LEAK, Gate, Margin, MetricName
from bench.judging.noise import (
    CaseNoise,
    Expected,
    Noise,
    Recommendation,
    Recommendations,
    noise_by_case,
)
from bench.judging.samples import recorded_pairs
from bench.model.decoding import decode
from bench.model.file import ResultFile, load
from bench.model.records import Result
from bench.signals import Interrupted
from reports.console import Console
from reports.tables.noise import print_noise, to_paste
from tests.support.entries import MACHINE, entry, targets

ALL: frozenset[str] = frozenset({"short", "burst", "leak"})
ONE = entry("one")
EQUAL = Behaviour()
GATE = Gate("one", BYTES, Margin(0.01))


def alike(
    behaviour: Behaviour = EQUAL,
    saved: list[Result] | None = None,
    told: list[events.Event] | None = None,
    **wish: object,
) -> Result:
    """A job of fakes that are all alike."""
    clock = FakeClock()
    known: dict[str, object] = {
        "seed": 3,
        "looks": (2, 4),
        "wanted": {"one": ALL},
        "at": 1_000,
    }
    return NoiseRun(
        PairsOptions(**(known | wish)),  # type: ignore[arg-type]
        targets(FakeRig({"one": behaviour}, clock), ONE),
        MACHINE,
        (told if told is not None else []).append,
        (saved if saved is not None else []).append,
    ).run()


def test_the_pairs_are_in_one_result_that_can_be_read_again() -> None:
    result = alike()
    assert (result.command, result.side) == ("noise", None)
    assert result.finished
    assert decode(msgspec.json.encode(result)) == result
    rounds = [sweep.round for sweep in result.sessions if sweep.purpose == "short"]
    assert sorted(rounds) == list(range(1, 9))


def test_the_sweeps_are_in_the_order_in_which_they_were_made() -> None:
    started = [sweep.started_seconds for sweep in alike().sessions]
    assert started == sorted(started)


def test_every_gate_s_pairs_are_found_again_the_first_before_the_other() -> None:
    result = alike()
    for figure in (BYTES, LEAK, BURST):
        pairs = recorded_pairs(Gate("one", figure, Margin(1.0)), result)
        assert len(pairs) == 4
        assert all(first < second for first, second in (pair.started_seconds for pair in pairs))
    (pair, *_) = recorded_pairs(GATE, result)
    assert pair.values == pytest.approx((1_010.0, 1_010.0))


def test_a_pair_of_which_one_is_missing_moves_no_other_into_its_place() -> None:
    result = alike()
    lost = tuple(s for s in result.sessions if (s.purpose, s.round) != ("short", 3))
    kept = recorded_pairs(GATE, replace(result, sessions=lost))
    whole = recorded_pairs(GATE, result)
    assert kept == (whole[0], whole[2], whole[3])


def test_what_was_made_is_saved_after_every_sweep_and_when_it_is_interrupted() -> None:
    saved: list[Result] = []
    with pytest.raises(Interrupted):
        alike(Behaviour(raise_at=(1_000, Interrupted(2))), saved)
    assert saved
    assert saved[-1].finished is None
    counts: list[Result] = []
    result = alike(saved=counts)
    assert [len(one.sessions) for one in counts][: len(result.sessions)] == list(
        range(1, len(result.sessions) + 1)
    )


def test_an_interruption_says_what_is_kept_and_how_to_see_it(tmp_path: Path) -> None:
    with ResultFile.open(tmp_path / "here.json") as file:
        assert kept(file) == "nothing was measured yet"
        made = alike()
        file.save(replace(made, sessions=()))
        assert kept(file) == f"nothing was measured yet; {file.path} says what was tried"
        file.save(made)
        there = "what was measured until then is kept; type: outnumber"
        assert kept(file) == f"{there} noise {file.path}"
        file.save(replace(made, command="ceiling"))
        assert kept(file) == f"{there} summary {file.path}"


def test_the_view_is_told_of_all_pairs_and_of_the_time_for_them() -> None:
    told: list[events.Event] = []
    alike(told=told)
    pairs = [event for event in told if isinstance(event, events.PairStarted)]
    assert [(one.number, one.pairs) for one in pairs] == [(1, 4), (2, 4), (3, 4), (4, 4)]
    left = [event.seconds for event in told if isinstance(event, events.TimeLeft)]
    assert left == sorted(left, reverse=True)
    assert len(left) == 4


def test_a_budget_leaves_pairs_out_with_a_word() -> None:
    result = alike(looks=(2, 20), budget=2.0)
    made = len(recorded_pairs(GATE, result))
    assert 2 <= made < 20
    assert any("the time budget was used up" in warning for warning in result.warnings)


def test_the_time_left_is_never_more_than_the_budget_has() -> None:
    told: list[events.Event] = []
    alike(Behaviour(seconds=1e-2), told=told, looks=(2, 20), budget=700.0)
    started = next(event.seconds for event in told if isinstance(event, events.RunStarted))
    left = [event.seconds for event in told if isinstance(event, events.TimeLeft)]
    assert started <= 700
    assert left
    assert all(0 <= seconds < 700 for seconds in left)


@pytest.mark.slow
def test_alike_fakes_are_found_quiet() -> None:
    (noise,) = noise_by_case(alike(looks=(6,)), [GATE])
    assert noise.noises[0].spread == 0
    assert noise.recommended is not None
    assert noise.recommended.gates[0].usual.cleared == 1


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        (["ceiling"], "a ceiling is measured once and has no noise"),
        (["burst_secondsper_unit"], "did you mean burst_seconds_per_unit?"),
    ],
)
def test_a_gate_that_has_no_noise_is_refused(texts: list[str], said: str) -> None:
    with pytest.raises(UsageError, match=said.replace("?", r"\?")):
        margins_asked(texts)


@pytest.mark.parametrize("pairs", [5, 201])
def test_a_count_of_pairs_that_tells_nothing_is_refused(pairs: int) -> None:
    with pytest.raises(UsageError, match=f"--pairs: {pairs} is not between 6 and 200"):
        options_for(targets(FakeRig(), ONE), {BYTES: None}, PairsOptions(looks=(pairs,)))


def test_a_result_of_another_command_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    with ResultFile.open(path) as file:
        file.save(replace(alike(), command="run"))
    with pytest.raises(UsageError, match="was made by outnumber run"):
        show_stored(path, {BYTES: None})
    assert load(path).command == "run"


BURST_GATE = Gate("asyncio", BURST, Margin(0.03))
WIDER = Gate("asyncio", BURST, Margin(0.1))
NOISE = Noise(BURST_GATE, 20, 8.18e-6, 0.42, 0.2195, -0.393, 0.79)
USUAL, ADVISED = Expected(BURST_GATE, 0.4, 0.0, 40), Expected(WIDER, 0.943, 0.0, 20)
RATE = Estimate(0.0, 0.0, 0.0122)


def shown(*noises: CaseNoise, margins: dict[MetricName, Margin | None]) -> str:
    console = Console(width=100, color_system=None)
    with console.capture() as capture:
        print_noise(noises, margins, console)
    return capture.get()


def runtime_noise(advice: Recommendation, name: str = "asyncio") -> CaseNoise:
    return CaseNoise(name, (NOISE,), Recommendations((advice,), 20, 300, RATE, 0.057))


def test_what_was_measured_and_what_to_expect_are_shown() -> None:
    said = shown(
        runtime_noise(Recommendation(USUAL, ADVISED, 100, 0.2)), margins={BURST: Margin(0.1)}
    )
    for words in (
        "8.18 µs", "42 %", "22 %", "−39 %", "0.79",
        "10 % (advised)", "94.3 %", "+20 %",
        "0 % fail by the margins above (95 % interval: up to 1.22 %), and 5.7 %",
        "burst: 3 % would do with --pairs-max 100.",
        'gate = ["burst_seconds_per_unit:10%"]',
    ):  # fmt: skip
        assert words in " ".join(said.split())


def test_what_is_too_noisy_is_named_and_not_pasted() -> None:
    said = shown(runtime_noise(Recommendation(USUAL, None)), margins={})
    assert "Too noisy here to be gated by any reasonable margin: burst of asyncio." in said
    assert "gate =" not in said


def test_few_pairs_are_said_to_be_few() -> None:
    few = CaseNoise(
        "asyncio", (NOISE,), Recommendations((Recommendation(USUAL, ADVISED),), 7, 300, RATE, 0.0)
    )
    assert "From 7 pairs alone" in shown(few, margins={BURST: None})
    none = CaseNoise("asyncio", (Noise(BURST_GATE, 2, 1e-5),), None)
    assert "Too few pairs to say more." in shown(none, margins={})


def test_a_name_moves_no_terminal() -> None:
    said = shown(runtime_noise(Recommendation(USUAL, None), "a\x1b[2Jb\u202e"), margins={})
    assert "\x1b" not in said
    assert "\u202e" not in said


@pytest.mark.parametrize(
    ("figure", "margin"),
    [
        (BYTES, None),
        (BURST, Margin(0.075)),
        (LEAK, Margin(20.0, absolute=True)),
        (BURST, Margin(5e-8, absolute=True)),
        (MetricName("start_latency_seconds", quantile=0.99), Margin(0.5)),
        (MetricName("page_faults_per_unit"), Margin(0.02, absolute=True)),
    ],
)
def test_what_is_pasted_is_read_again_as_what_was_meant(
    figure: MetricName, margin: Margin | None
) -> None:
    lines = to_paste([], {figure: margin})
    table = lines.index("[tool.outnumber]")
    text = "\n".join(lines[table : table + 2])
    (typed,) = tomllib.loads(text)["tool"]["outnumber"]["gate"]
    (read,) = gates([typed]).items()
    assert read[0] == figure
    if margin is None:
        assert read[1] is None
    else:
        assert read[1] is not None
        assert read[1].value == pytest.approx(margin.value)
        assert read[1].absolute == margin.absolute
    assert f"--gate {typed}" in lines[-1]


@pytest.mark.slow
def test_a_stored_result_says_the_same_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "noise.json"
    with ResultFile.open(path) as file:
        file.save(alike(looks=(6,)))
    show_stored(path, {BYTES: None})
    said = capsys.readouterr().out
    assert json.dumps(["bytes_per_unit"]) in said


def test_what_is_to_be_pasted_gates_what_decides_by_default_and_names_the_rest() -> None:
    lines = to_paste([], {BYTES: None, LEAK: None, BURST: Margin(0.10)})
    assert 'gate = ["bytes_per_unit", "leaked_bytes_per_unit"]' in lines
    assert lines[-1] == "To have these decide too, add: burst_seconds_per_unit:10%"
    assert "To have these" not in "".join(to_paste([], {BURST: Margin(0.10)}))
