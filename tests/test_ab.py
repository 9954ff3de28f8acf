"""A whole `ab` and a whole `compare`: files, what a build's page shows, and the exit codes."""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

from bench.cli.ab import (
    PairsPlace,
    carry_out_pairs,
    gates_asked,
    looks_asked,
    options_for,
    refuse_unmeasured,
)
from bench.cli.choose import Contenders
from bench.cli.compare import STEP_SUMMARY, Places, compare, ended, exit_code, refuse_markdown
from bench.engine.fake import Behaviour, FakeClock, FakeRig
from bench.errors import MeasureError, UsageError
from bench.experiments.pairs import Contender, PairsOptions
from bench.judging.judge import Judge
from bench.judging.verdicts import Judgement, Verdict
from bench.model.file import load
from bench.model.records import CaseRecord, Result
from bench.signals import Interrupted
from tests.support.commands import (
    COMMAND,
    outnumber,
    outnumber_here,
    running,
    stranger,
    unread,
    wait_for_pid,
)
from tests.support.entries import entry, targets
from tests.support.judgements import ABSENT, CLEAR, HEAVIER, MISSING, OPEN, judgement
from tests.support.results import ASYNCIO, result, runtime, sweep
from tests.support.scripts import OBEDIENT

ONE = entry("one")
EQUAL = Behaviour()
GATES = ["bytes_per_unit", "leaked_bytes_per_unit"]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder in which commands are typed."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.delenv(STEP_SUMMARY, raising=False)
    return tmp_path


def job(
    new: Behaviour = EQUAL,
    base: Behaviour = EQUAL,
    output: str | None = "here.json",
    force: bool = False,
    markdown: Path | None = None,
    quiet: bool = True,
    gate: Sequence[str] = ("bytes_per_unit",),
    pairs: int | None = None,
    pairs_max: int = 7,
    budget: float | None = None,
) -> tuple[Judgement, Path]:
    """A whole job of fakes, at a few units, as `ab` would carry it out."""
    clock = FakeClock()
    both = Contenders(
        (_side("the old one", base, clock), _side("the new one", new, clock)),
    )
    gates, beside = gates_asked(both.cases, gate, ceiling=False)
    looks = looks_asked(len(gates), pairs, pairs_max)
    wish = PairsOptions(seed=1, at=500, budget=budget)
    wish = options_for(gates, beside, looks, wish)
    place = PairsPlace(Path(output) if output else None, force, markdown)
    return carry_out_pairs(both, Judge(gates, looks, beside), wish, place, quiet)[:2]


def _side(subject: str, behaviour: Behaviour, clock: FakeClock) -> Contender:
    rig = FakeRig({"one": behaviour}, clock)
    return Contender(subject, targets(rig, ONE))


def test_a_job_leaves_both_results_and_a_folder_with_the_verdict(folder: Path) -> None:
    made, path = job()
    assert path == Path("here/verdict.json")
    assert sorted(place.name for place in folder.iterdir()) == [
        "here", "here.base.json", "here.new.json",
    ]  # fmt: skip
    assert sorted(place.name for place in (folder / "here").iterdir()) == [
        "junit.xml", "verdict.json", "verdict.md",
    ]  # fmt: skip
    assert msgspec.json.decode(path.read_bytes(), type=Judgement) == made
    assert (made.outcome, made.base.subject, made.new.subject) == (
        "no regression", "the old one", "the new one",
    )  # fmt: skip
    assert (made.seed, made.looks, made.paired) == (1, (7,), True)
    for name in ("base", "new"):
        kept = load(folder / f"here.{name}.json")
        assert kept.side is not None
        assert kept.finished is not None


def test_a_job_without_a_place_is_kept_with_the_other_results(folder: Path) -> None:
    _, path = job(output=None)
    assert path.parent.parent == Path("outnumber-results")
    assert len(list((folder / "outnumber-results").iterdir())) == 3


def test_raw_samples_are_in_the_verdict(folder: Path) -> None:  # noqa: ARG001
    made, _ = job(Behaviour(user=1_200))
    verdict = made.decision.gated[0]
    assert verdict.base_samples == (1_010.0,) * 7
    assert verdict.new_samples == (1_210.0,) * 7


@pytest.mark.parametrize(
    ("new", "code"),
    [
        (EQUAL, 0),
        (Behaviour(user=800), 0),
        (Behaviour(user=1_200), 1),
        (Behaviour(kernel_known=False), 4),
    ],
)
def test_each_outcome_has_its_exit_code(folder: Path, new: Behaviour, code: int) -> None:  # noqa: ARG001
    made, _ = job(new)
    assert exit_code(made, inconclusive_ok=False) == code
    assert exit_code(made, inconclusive_ok=True) == code  # 4: one side lacks the memory


SOUND = replace(OPEN, new_samples=OPEN.base_samples)


@pytest.mark.parametrize(
    ("verdicts", "code"),
    [
        ([SOUND], 0),
        ([SOUND, CLEAR], 0),
        ([SOUND, HEAVIER], 1),
        ([SOUND, MISSING], 4),
        ([CLEAR, MISSING], 4),
        ([CLEAR, ABSENT], 3),
        ([HEAVIER, MISSING], 1),
        ([replace(SOUND, event="given up")], 3),
        ([replace(SOUND, effect=None)], 3),  # read from unlike sources, or on neither side
        ([replace(SOUND, new_samples=(1.0, None))], 3),
        ([SOUND, replace(MISSING, gated=False)], 0),
    ],
)
def test_what_noise_alone_leaves_open_may_pass_and_nothing_that_broke(
    verdicts: list[Verdict], code: int
) -> None:
    made = judgement(*verdicts)
    assert exit_code(made, inconclusive_ok=True) == code
    assert exit_code(made, inconclusive_ok=False) == (code or 3)


def test_an_advisory_judgement_has_no_exit_code_but_0() -> None:
    for verdict in (CLEAR, HEAVIER, OPEN):
        assert exit_code(judgement(verdict, advisory=True), inconclusive_ok=False) == 0


def test_a_verdict_is_not_overwritten_without_force(folder: Path) -> None:
    job(Behaviour(user=1_200))
    with pytest.raises(UsageError, match="here has a verdict already; add --force"):
        job()
    made, _ = job(force=True)
    assert made.outcome == "no regression"
    assert b"no regression" in (folder / "here" / "verdict.json").read_bytes()


def test_a_place_that_cannot_be_written_is_found_before_anything_is_launched(folder: Path) -> None:
    (folder / "file").write_text("")
    with pytest.raises(UsageError, match="a verdict cannot be written there"):
        job(output="file/here.json")


@pytest.mark.parametrize("side", ["base", "new"])
def test_a_side_that_launches_nothing_is_no_regression_but_could_not_be_measured(
    folder: Path, side: str
) -> None:
    dead = Behaviour(die_at=1)
    with pytest.raises(MeasureError, match=f"the {side} side could not be measured at all") as no:
        job(**{side: dead})  # type: ignore[arg-type]
    assert no.value.exit_code == 4
    assert f"here.{side}.json says what was tried" in str(no.value)
    assert load(folder / f"here.{side}.json").sessions[0].stop.status == "failed"
    assert str(no.value).endswith(
        f"\nthe {side} side, one: the runner ended with status 3 before answering 'grow 50'; "
        "it said:\n  its last words"
    )
    page = (folder / "here" / "verdict.md").read_text()
    assert f"Could not be measured: bytes per unit of one on the {side} side." in page
    assert 'errors="1"' in (folder / "here" / "junit.xml").read_text()


@pytest.mark.parametrize("side", ["base", "new"])
def test_a_figure_that_a_dead_side_kept_from_being_tried_is_blamed_on_that_side_alone(
    folder: Path, side: str
) -> None:
    with pytest.raises(MeasureError):
        job(**{side: Behaviour(die_at=1)}, gate=GATES, pairs_max=9)  # type: ignore[arg-type]
    page = (folder / "here" / "verdict.md").read_text()
    assert "on either side" not in page
    both = "bytes per unit and leaked bytes per unit"
    assert f"Could not be measured: {both} of one on the {side} side." in page


def test_why_a_runner_died_and_how_things_stand_are_told_once(
    folder: Path,  # noqa: ARG001
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(MeasureError) as no:
        job(new=Behaviour(die_at=1), pairs_max=40, quiet=False)
    shown = capsys.readouterr()
    assert "its last words" not in str(no.value)
    assert shown.out.count("  its last words") == 1
    notes = [line for line in shown.err.splitlines() if line.startswith("after ")]
    assert notes == ["after 2 pairs: could not be measured: bytes per unit of one"]


def test_one_runtime_of_several_that_launches_nothing_could_not_be_measured(folder: Path) -> None:
    sound, broken = [sweep(number=n) for n in range(1, 10)], replace(sweep(), case="trio")
    runtimes = (runtime("asyncio"), runtime("trio"))
    base = result(*sound, broken, runtimes=runtimes)
    new = result(*sound, replace(broken, steps=()), runtimes=runtimes)
    with pytest.raises(MeasureError, match="the new side of trio could not be measured at all"):
        refuse_unmeasured((base, new), folder / "here")
    refuse_unmeasured((base, base), folder / "here")


def test_a_signal_keeps_both_results_and_leaves_no_empty_folder(folder: Path) -> None:
    with pytest.raises(Interrupted) as cut:
        job(base=Behaviour(raise_at=(500, Interrupted(2))))
    both = "here.base.json here.new.json"
    assert str(cut.value) == (
        "interrupted by SIGINT; the pairs so far are kept; to judge them: outnumber compare " + both
    )
    assert sorted(place.name for place in folder.iterdir())[-1] == "here.new.json"
    assert not (folder / "here").exists()
    assert load(folder / "here.new.json").finished is None


def test_a_signal_in_the_first_pair_tells_of_the_one_side_that_is_there(folder: Path) -> None:
    fate = Behaviour(raise_at=(1, Interrupted(2)))
    with pytest.raises(Interrupted) as cut:
        job(fate, fate)
    (there,) = (place.name for place in folder.iterdir())
    assert str(cut.value) == (
        f"interrupted by SIGINT; no pair was made yet; one side of the first is in {there}"
    )


def test_the_page_goes_to_the_steps_summary_and_where_it_was_asked_for(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    summary = folder / "summary.md"
    summary.write_text("before\n")
    monkeypatch.setenv(STEP_SUMMARY, str(summary))
    made, path = job()
    page = (path.parent / "verdict.md").read_text()
    assert summary.read_text() == "before\n" + page
    again = Places(None, folder / "page.md")
    assert ended(made, again, quiet=True, inconclusive_ok=False) == 0
    assert (folder / "page.md").read_text() == page


def test_a_summary_that_cannot_be_added_to_changes_nothing(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(STEP_SUMMARY, str(folder / "none" / "summary.md"))
    assert job()[0].outcome == "no regression"
    assert "GITHUB_STEP_SUMMARY cannot be added to" in capsys.readouterr().err


def test_the_usual_gates_are_replaced_by_those_asked_for_and_joined_by_the_ceiling() -> None:
    runtimes = (CaseRecord(runtime="one", label="one", kind="task", language="none"),)

    def figures(*gates: str, ceiling: bool = False) -> tuple[list[str], list[str]]:
        gated, beside = gates_asked(runtimes, gates, ceiling)
        assert all(gate.gated for gate in gated)
        assert not any(gate.gated for gate in beside)
        return [gate.metric.words for gate in gated], [gate.metric.words for gate in beside]

    usual, burst = ["bytes_per_unit", "leaked_bytes_per_unit"], ["burst_seconds_per_unit"]
    assert figures() == (usual, burst)
    assert figures(ceiling=True) == ([*usual, "ceiling"], burst)
    assert figures("fixed_bytes:5%") == (["fixed_bytes"], [])
    assert figures("burst") == (burst, [])
    assert figures("ceiling:1%", ceiling=True) == (["ceiling"], [])


@pytest.mark.parametrize("place", ["file/page.md", "folder"])
def test_a_page_that_cannot_be_written_is_found_before_anything_is_launched(
    folder: Path, place: str
) -> None:
    (folder / "file").write_text("")
    (folder / "folder").mkdir()
    with pytest.raises(UsageError, match=r"--markdown: .*: a page cannot be written there: "):
        job(Behaviour(user=1_200), markdown=Path(place))
    assert sorted(path.name for path in folder.iterdir()) == ["file", "folder"]


@pytest.mark.parametrize("name", ["verdict.json", "verdict.md", "junit.xml"])
def test_a_folder_that_takes_no_verdict_is_found_before_anything_is_launched(
    folder: Path, name: str
) -> None:
    (folder / "here" / name).mkdir(parents=True)
    with pytest.raises(UsageError, match="here: a verdict cannot be written there: it is a folder"):
        job(Behaviour(user=1_200), force=True)
    assert [path.name for path in folder.iterdir()] == ["here"]


def test_looking_whether_a_page_can_be_written_leaves_it_as_it_was(folder: Path) -> None:
    (folder / "page.md").write_text("before")
    refuse_markdown(folder / "page.md")
    refuse_markdown(folder / "new.md")
    assert (folder / "page.md").read_text() == "before"
    assert [path.name for path in folder.iterdir()] == ["page.md"]


def test_a_pipe_for_the_page_is_refused_and_not_opened(folder: Path) -> None:
    os.mkfifo(folder / "pipe")
    with pytest.raises(UsageError, match="not an ordinary file; give another place"):
        refuse_markdown(folder / "pipe")  # opening it would wait for a reader
    assert (folder / "pipe").is_fifo()


@pytest.mark.parametrize(("verdict", "code"), [(HEAVIER, 1), (OPEN, 3)])
def test_a_disk_that_fails_only_at_the_end_takes_no_verdict_away(
    folder: Path, capsys: pytest.CaptureFixture[str], verdict: Verdict, code: int
) -> None:
    (folder / "page.md").mkdir()
    places = Places(folder / "out", folder / "page.md")
    assert ended(judgement(verdict), places, quiet=True, inconclusive_ok=False) == code
    assert "page.md: cannot be written: it is a folder" in capsys.readouterr().err
    assert (folder / "out" / "verdict.json").exists()
    with pytest.raises(UsageError, match=r"page\.md: cannot be written"):
        ended(judgement(CLEAR), places, quiet=True, inconclusive_ok=False)


# -- compare ---------------------------------------------------------------------------------------


def stored(path: str, made: Result) -> Path:
    Path(path).write_bytes(msgspec.json.encode(made))
    return Path(path)


def shorts(factor: float = 1.0) -> Result:
    unit = dataclasses.replace(ASYNCIO, user=ASYNCIO.user * factor)
    return result(*(sweep(unit=unit, number=number) for number in range(1, 7)))


@pytest.mark.parametrize(("factor", "code"), [(1.0, 0), (1.1, 1), (0.9, 0)])
def test_two_results_are_compared(folder: Path, factor: float, code: int) -> None:  # noqa: ARG001
    base, new = stored("a.json", shorts()), stored("b.json", shorts(factor))
    assert compare(base, new, quiet=True) == code


def test_compare_finds_a_place_that_cannot_be_written_before_it_judges(folder: Path) -> None:
    base, new = stored("a.json", shorts()), stored("b.json", shorts(1.1))
    (folder / "file").write_text("")
    with pytest.raises(UsageError, match=r"--markdown: file/page\.md: a page cannot be written"):
        compare(base, new, markdown=Path("file/page.md"))
    with pytest.raises(UsageError, match="file: a verdict cannot be written there"):
        compare(base, new, output=Path("file"))


def test_two_sides_of_a_job_are_judged_as_the_job_was(folder: Path) -> None:
    made, _ = job(Behaviour(user=1_200, leak=100), gate=(), pairs_max=9)
    code = compare(Path("here.base.json"), Path("here.new.json"), output=Path("again"), quiet=True)
    again = msgspec.json.decode((folder / "again" / "verdict.json").read_bytes(), type=Judgement)
    assert code == 1
    assert again.decision == made.decision
    assert again.paired


def test_a_job_that_time_cut_short_is_not_looked_at_more_often_than_it_was(folder: Path) -> None:
    at_the_margin = {
        "base": Behaviour(user=990, seconds=1e-3),
        "new": Behaviour(user=1_000, seconds=1e-3),
    }
    made, _ = job(**at_the_margin, pairs=9, pairs_max=40, budget=11.0)  # type: ignore[arg-type]
    (verdict,) = made.decision.gated
    assert (verdict.verdict, verdict.look) == ("inconclusive", 2)
    assert 9 <= verdict.samples < 14
    compare(Path("here.base.json"), Path("here.new.json"), output=Path("again"), quiet=True)
    again = msgspec.json.decode((folder / "again" / "verdict.json").read_bytes(), type=Judgement)
    assert again.decision == made.decision


def test_unlike_machines_are_refused_unless_told_otherwise_and_then_decide_nothing(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = shorts(1.5)
    other = replace(other, machine=replace(other.machine, cpu="Other CPU"))
    base, new = stored("a.json", shorts()), stored("b.json", other)
    with pytest.raises(UsageError, match="cpu: Some CPU against Other CPU"):
        compare(base, new)
    assert compare(base, new, unlike_ok=True, output=Path("out")) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "the results are not alike, so this comparison is advisory and decides nothing" in said
    assert "the two sides differ in cpu: Some CPU against Other CPU" in said
    assert (
        "Advisory, since the results are not alike. Regression: bytes per unit of asyncio" in said
    )
    assert json.loads((folder / "out" / "verdict.json").read_text())["advisory"] is True


def test_a_metric_that_one_result_lacks_is_told(
    folder: Path,  # noqa: ARG001
    capsys: pytest.CaptureFixture[str],
) -> None:
    both = result(*shorts().sessions, *(replace(s, case="trio") for s in shorts().sessions))
    base, new = stored("a.json", both), stored("b.json", shorts())
    assert compare(base, new) == 3
    assert "bytes per unit of trio is missing on one side" in " ".join(
        capsys.readouterr().out.split()
    )


def test_what_a_job_has_to_say_of_itself_is_said_by_compare_too(
    folder: Path,  # noqa: ARG001
    capsys: pytest.CaptureFixture[str],
) -> None:
    job()
    for name in ("base", "new"):
        path = Path(f"here.{name}.json")
        stored(path.name, replace(load(path), warnings=("6 of 7 pairs were made",)))
    compare(Path("here.base.json"), Path("here.new.json"), gate=["bytes_per_unit"])
    assert "· 6 of 7 pairs were made" in capsys.readouterr().out


def test_settings_of_the_project_hold_for_compare_too(folder: Path) -> None:
    (folder / "pyproject.toml").write_text(
        '[tool.outnumber]\ngate = "bytes_per_unit:20%"\nruntime = "no such"\n'
    )
    stored("a.json", shorts()), stored("b.json", shorts(1.1))
    outnumber_here("compare", "a.json", "b.json", "-q", code=0)
    outnumber_here("compare", "a.json", "b.json", "-q", "--gate", "bytes_per_unit", code=1)


# -- whole commands --------------------------------------------------------------------------------

FEW = ("--gate", "burst_seconds_per_unit", "--pairs", "7", "--pairs-max", "7", "--at", "200")
SLOWER = """
def grow(count):
    global alive
    alive = count
    say('{"reply": "grow", "alive": %d, "burst_ns": 2000}' % count)
"""


def typed(folder: Path, base: str, new: str) -> tuple[str, ...]:
    """The words for a job of two runners with these bodies, as small as can be."""
    old, young = stranger(folder, base, "old"), stranger(folder, new, "young")
    return ("ab", "--base-runner", str(old), "--new-runner", str(young), *FEW, "-o", "here")


@pytest.mark.slow
def test_the_gate_fails_a_build_and_says_why(folder: Path) -> None:
    done = outnumber(*typed(folder, OBEDIENT, SLOWER + OBEDIENT), code=1)
    said = " ".join(done.stdout.split())
    found = "Regression: burst time per unit of old rose to 2.00 times the base: 5.00 → 10.0 ns."
    assert found in said.replace("†", "")  # the machine may be busy
    assert done.stdout.splitlines()[-1] == "here/verdict.json"
    assert "pair 1 of 7" in done.stderr
    assert "after 7 pairs: regression in burst time per unit of old" in done.stderr
    again = outnumber("compare", "here.base.json", "here.new.json", "--quiet", code=1)
    assert (again.stdout, again.stderr) == ("", "")


@pytest.mark.slow
def test_a_base_side_that_cannot_run_is_no_regression(folder: Path) -> None:
    words = typed(folder, "sys.exit(3)", OBEDIENT)
    done = outnumber(*words, code=4)
    assert "the base side could not be measured at all; here.base.json says" in done.stderr
    message = load(folder / "here.base.json").sessions[0].stop.message
    assert message.startswith("the runner could not start")


@pytest.mark.slow
def test_a_signal_half_way_keeps_the_pairs_that_there_are(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    witness = folder / "pid"
    waiting = f"""
if len(os.listdir({str(folder / "starts")!r})) == 2:
    open({str(witness)!r}, 'w').write(str(os.getpid()))
    time.sleep(600)
open(os.path.join({str(folder / "starts")!r}, str(os.getpid())), 'w').close()
"""
    (folder / "starts").mkdir()
    with running(*typed(folder, OBEDIENT, waiting + OBEDIENT)) as harness:
        wait_for_pid(witness)
        harness.send_signal(signal.SIGINT)
        harness.communicate(timeout=100)
    assert harness.returncode == 130
    new = load(folder / "here.new.json")
    assert [one.stop.status for one in new.sessions] == ["max", "max", "interrupted"]
    assert [one.round for one in load(folder / "here.base.json").sessions][:2] == [1, 2]
    assert compare(Path("here.base.json"), Path("here.new.json")) == 3
    assert "too few pairs: 2, at least" in " ".join(capsys.readouterr().out.split())


@pytest.mark.slow
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_verdict_and_its_files_are_there_whatever_the_reader_does(
    folder: Path, unbuffered: str
) -> None:
    stored("a.json", shorts()), stored("b.json", shorts(1.1))
    env = {STEP_SUMMARY: str(folder / "summary.md"), "PYTHONUNBUFFERED": unbuffered}
    words = ("compare", "a.json", "b.json", "-o", "out", "--markdown", "page.md")
    assert unread(*words, env=env) == (1, "")
    page = (folder / "page.md").read_text()
    assert (folder / "summary.md").read_text() == page == (folder / "out/verdict.md").read_text()


@pytest.mark.slow
def test_a_disk_without_room_for_the_table_takes_no_regression_away(folder: Path) -> None:  # noqa: ARG001
    stored("a.json", shorts()), stored("b.json", shorts(1.1))
    with Path("/dev/full").open("w") as full:
        for new, code in (("b.json", 1), ("a.json", 2)):
            command = [*COMMAND, "compare", "a.json", new]
            done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, check=False)
            assert done.returncode == code
            told = b"outnumber: standard output cannot be written: No space left on device; "
            assert done.stderr == told + b"make room, or send it elsewhere\n"


@pytest.mark.slow
def test_a_job_goes_on_where_nobody_reads_any_more(folder: Path) -> None:
    code, _ = unread(*typed(folder, OBEDIENT, SLOWER + OBEDIENT), err=subprocess.STDOUT)
    assert code == 1
    assert (folder / "here" / "junit.xml").exists()


@pytest.mark.slow
def test_wrong_words_are_a_usage_error(folder: Path) -> None:
    done = outnumber("ab", "-r", "asyncio", "--new-set", "stack-size=1KiB", code=2)
    assert "--new-set: 'stack-size' means nothing to asyncio" in done.stderr
    assert list(folder.iterdir()) == []


@pytest.mark.slow
def test_a_result_that_cannot_be_read_is_told_with_exit_code_5(folder: Path) -> None:
    (folder / "broken.json").write_text("{")
    done = outnumber("compare", "broken.json", "broken.json", code=5)
    assert "broken.json: cut short" in done.stderr
