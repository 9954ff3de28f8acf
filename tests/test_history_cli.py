"""`outnumber history` as a user types it: what it says, what it writes, and how it ends."""

from __future__ import annotations

import io
import json
import shlex
import subprocess
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

from bench.cli.history import COMMIT_VARIABLES as VARIABLES
from bench.history.store import add, read
from bench.judging.gates import BURST, BYTES
from bench.model.records import Result
from tests.support.commands import outnumber_here as outnumber
from tests.support.commands import unread
from tests.support.histories import history, noise, shifted
from tests.support.results import result, sweep

RUN = result(*[sweep(number=number) for number in range(1, 7)])
TESTED = "4f2a9c1b0d" * 4


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, of no repository and on no CI, in which commands are typed."""
    monkeypatch.chdir(tmp_path)
    for name in (*VARIABLES, "GITHUB_STEP_SUMMARY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    monkeypatch.setenv("COLUMNS", "150")
    monkeypatch.setattr("bench.cli.streams.PATIENCE_SECONDS", 600)
    return tmp_path


def stored(folder: Path, made: Result = RUN, name: str = "run.json") -> str:
    (folder / name).write_bytes(msgspec.json.encode(made))
    return name


def nightly(folder: Path, nights: int = 40, change: float = 1.3) -> None:
    made = history(
        {
            ("asyncio", BURST): shifted(noise(nights, 2), nights - 10, change),
            ("asyncio", BYTES): noise(nights, 3, spread=0.0003, level=1152),
            ("trio", BURST): noise(nights, 4, level=2e-5),
        },
        control=noise(nights, 5, spread=0.01, level=0.04),
    )
    for point in made.points:
        add(folder / "outnumber-history", point)


# add


def test_a_run_is_added_once_and_told_the_second_time(folder: Path) -> None:
    first = outnumber("history", "add", stored(folder, replace(RUN, control=(0.04,))))
    (path,) = (folder / "outnumber-history").iterdir()
    assert first.stdout == f"{path.relative_to(folder)}\n"
    assert path.name.startswith("2026-11-23T22-31-07-")
    assert first.stderr == ""
    kept = path.read_bytes()
    again = outnumber("history", "add", "run.json")
    assert again.stdout == ""
    assert "run.json is in outnumber-history already" in again.stderr
    assert path.read_bytes() == kept


def test_a_run_without_a_control_is_added_with_a_word(folder: Path) -> None:
    done = outnumber("history", "add", stored(folder))
    assert (
        "run.json has no control: a change of the machine will look like a change of" in done.stderr
    )
    assert done.stdout


def test_a_run_that_was_cut_short_is_not_taken_for_a_night(folder: Path) -> None:
    done = outnumber("history", "add", stored(folder, replace(RUN, finished=None)), code=2)
    assert "run.json: its run was cut short before its end" in done.stderr
    assert not (folder / "outnumber-history").exists()


def test_of_several_runs_one_that_cannot_be_added_is_named_and_the_others_are_added(
    folder: Path,
) -> None:
    one = stored(folder)
    two = stored(folder, replace(RUN, started="2026-11-24T22:00:00+00:00"), "two.json")
    (folder / "broken.json").write_text("{")
    cut = stored(folder, replace(RUN, finished=None), "cut.json")
    done = outnumber("history", "add", one, "broken.json", cut, two, code=5)
    first, second = done.stderr.splitlines()[-2:]
    assert first.startswith("outnumber: broken.json: cut short")
    assert second.strip().startswith("cut.json: its run was cut short before its end")
    assert len(done.stdout.splitlines()) == 2
    assert len(read(folder / "outnumber-history").points) == 2


def test_the_commit_is_what_was_typed_or_else_what_ci_says(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_SHA", TESTED)
    outnumber("history", "add", stored(folder), "--folder", "a")
    assert read(folder / "a").points[0].commit == TESTED
    outnumber("history", "add", "run.json", "--folder", "b", "--commit", "v1.2")
    assert read(folder / "b").points[0].commit == "v1.2"


def test_the_commit_is_else_what_git_says_of_the_folder(folder: Path) -> None:
    outnumber("history", "add", stored(folder), "--folder", "a")
    assert read(folder / "a").points[0].commit is None
    git = ("git", "-c", "user.name=a", "-c", "user.email=a@b.example", "-c", "commit.gpgsign=false")
    subprocess.run([*git, "init", "-q"], cwd=folder, check=True)
    subprocess.run([*git, "commit", "-q", "--allow-empty", "-m", "x"], cwd=folder, check=True)
    said = subprocess.run(
        [*git, "rev-parse", "HEAD"], cwd=folder, check=True, capture_output=True, text=True
    )
    outnumber("history", "add", "run.json", "--folder", "b")
    assert read(folder / "b").points[0].commit == said.stdout.strip()


# Wrong words

WRONG = [
    (("show",), "outnumber-history: no such folder; outnumber history add RESULT makes one"),
    (("check", "--folder", "none"), "none: no such folder"),
    (("acknowledge", "2026", "--reason", "x"), "no such folder"),
    (("acknowledge", "2026-10-01"), "Missing option '--reason'"),
    (("add",), "Missing argument"),
    (("add", "run.json", "--commit", ""), "--commit: '' is not a commit; give up to 200 letters"),
    (("add", "run.json", "--commit", "not a sha!!"), "'not a sha!!' is not a commit"),
    (("add", "run.json", "--commit", "-x"), "'-x' is not a commit"),
    (("add", "run.json", "--commit", "f" * 201), "its SHA (git rev-parse HEAD prints it)"),
    (("sing",), "No such command"),
]


@pytest.mark.parametrize(("typed", "said"), WRONG, ids=[" ".join(typed) for typed, _ in WRONG])
def test_wrong_words_are_a_usage_error(folder: Path, typed: tuple[str, ...], said: str) -> None:
    stored(folder)
    done = outnumber("history", *typed, code=2)
    assert said in " ".join(done.stderr.split())


NAMES = [
    (("-m", "start_latency_secs"), "did you mean start_latency_seconds/"),
    (("-m", "burst_second"), "no figure is called 'burst_second'; did you mean burst_seconds_"),
    (("-m", "ceiling"), "no run in it has ceiling"),
    (("-r", "asincio"), "--runtime: the history has no 'asincio'; did you mean asyncio?"),
    (("--across", "kernal"), "--across: nothing is called 'kernal'; did you mean kernel?"),
]


@pytest.mark.parametrize(("typed", "said"), NAMES, ids=[" ".join(typed) for typed, _ in NAMES])
def test_a_name_that_the_history_does_not_have_is_told_with_the_nearest(
    folder: Path, typed: tuple[str, ...], said: str
) -> None:
    nightly(folder, nights=12)
    for command in ("show", "check"):
        assert said in " ".join(outnumber("history", command, *typed, code=2).stderr.split())


def test_a_folder_without_a_point_is_told(folder: Path) -> None:
    (folder / "outnumber-history").mkdir()
    assert "no point of a history in it" in outnumber("history", "show", code=2).stderr


# show, check, acknowledge


def test_shown_is_what_was_asked_for(folder: Path) -> None:
    nightly(folder)
    whole = outnumber("history", "show").stdout
    assert all(word in whole for word in ("asyncio", "trio", "bytes", "burst", "▲", "the control"))
    one = outnumber("history", "show", "-r", "trio", "-m", "burst_seconds_per_unit").stdout
    assert "trio" in one
    assert "asyncio" not in one
    assert "bytes" not in one


def test_a_broken_line_is_told_and_the_rest_is_shown(folder: Path) -> None:
    nightly(folder, nights=12)
    (folder / "outnumber-history" / "odd.jsonl").write_text("{\n")
    done = outnumber("history", "show")
    told = " ".join(done.stdout.split())
    assert "outnumber-history/odd.jsonl, line 1: cut short; delete the line" in told
    assert "12 runs" in done.stdout


def test_a_page_is_written_where_it_was_asked_for(folder: Path) -> None:
    nightly(folder, nights=12)
    done = outnumber("history", "show", "--page", "out", "-m", "bytes_per_unit", "-r", "asyncio")
    assert done.stdout == "out/history.html\n"
    assert (folder / "out" / "history.html").read_text().startswith("<!doctype html>")


@pytest.mark.slow
def test_figures_are_written_where_they_were_asked_for(folder: Path) -> None:
    nightly(folder, nights=12)
    done = outnumber("history", "show", "--figures", "out", "-m", "bytes_per_unit")
    assert done.stdout.splitlines() == [
        "out/trend-bytes-per-unit.svg",
        "out/trend-bytes-per-unit.png",
        "out/trend-control.svg",
        "out/trend-control.png",
    ]
    assert (folder / "out" / "trend-bytes-per-unit.png").read_bytes().startswith(b"\x89PNG")


def test_figures_that_cannot_be_written_are_told_with_what_to_type(folder: Path) -> None:
    nightly(folder, nights=2)
    (folder / "out").write_text("")
    done = outnumber("history", "show", "--figures", "out", code=2)
    assert done.stderr.endswith(
        "the history itself is safe; outnumber history show --figures DIR writes them elsewhere\n"
    )


def test_an_alarm_ends_with_3_and_never_with_1(folder: Path) -> None:
    nightly(folder)
    done = outnumber("history", "check", code=3)
    assert "Suspected changes: burst time per unit of asyncio (×1.3" in done.stdout
    assert "Suspected" in outnumber("history", "check", "--fail-on", "none", code=0).stdout


@pytest.mark.parametrize(("nights", "change"), [(20, 1.3), (40, 1.0), (40, 0.7)])
def test_advice_and_what_got_better_end_with_0(folder: Path, nights: int, change: float) -> None:
    nightly(folder, nights, change)
    said = outnumber("history", "check", code=0).stdout
    assert "No alarm" in said
    assert ("1 of 3 got worse (advisory until 30 nights)" in said) is (change > 1)


def test_what_a_check_of_another_folder_prints_can_be_typed(folder: Path) -> None:
    nightly(folder)
    (folder / "outnumber-history").rename(folder / "the nights")
    where = ("--folder", "the nights")
    said = outnumber("history", "check", *where, code=3).stdout
    (command,) = (line for line in said.splitlines() if "history acknowledge" in line)
    outnumber(*shlex.split(command)[1:])
    assert "No alarm" in outnumber("history", "check", *where, code=0).stdout


def test_a_page_of_a_check_that_cannot_be_written_is_found_before_anything_is_said(
    folder: Path,
) -> None:
    nightly(folder)
    done = outnumber("history", "check", "--markdown", "outnumber-history", code=2)
    assert done.stdout == ""
    assert "--markdown: outnumber-history: a page cannot be written there" in done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("form", ["table", "json", "markdown"])
def test_an_alarm_is_one_whatever_the_reader_does(folder: Path, form: str) -> None:
    nightly(folder)
    words = ("history", "check", "--format", form, "--markdown", "check.md")
    code, said = unread(*words, env={"GITHUB_STEP_SUMMARY": "summary.md"})
    assert (code, said.replace("outnumber: reading the history ...\n", "")) == (3, "")
    page = (folder / "check.md").read_text()
    assert page.startswith("### outnumber history: suspected changes")
    assert (folder / "summary.md").read_text() == page


def test_a_check_is_written_as_json_and_as_markdown(folder: Path) -> None:
    nightly(folder)
    tree = json.loads(outnumber("history", "check", "--format", "json", code=3).stdout)
    assert tree["alarms"] == 1
    text = outnumber("history", "check", "--format", "markdown", code=3).stdout
    assert text.startswith("### outnumber history: ")
    outnumber("history", "check", "--markdown", "check.md", code=3)
    assert (folder / "check.md").read_text() == text


def test_a_github_step_shows_the_check(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(folder / "summary.md"))
    nightly(folder)
    outnumber("history", "check", code=3)
    assert (folder / "summary.md").read_text().startswith("### outnumber history: ")


def test_the_command_that_a_check_prints_accepts_the_change(folder: Path) -> None:
    nightly(folder)
    tree = json.loads(outnumber("history", "check", "--format", "json", code=3).stdout)
    point = tree["nominations"][0]["first"]["point"]
    words = ("-r", "asyncio", "-m", "burst_seconds_per_unit", "--reason", "meant")
    short = ["burst" if word == "burst_seconds_per_unit" else word for word in words]
    done = outnumber("history", "acknowledge", point, *short)
    assert Path(done.stdout.strip()).name.startswith("acknowledged-")
    assert "No alarm" in outnumber("history", "check", code=0).stdout
    shown = outnumber("history", "show").stdout
    assert "burst_seconds_per_unit of asyncio: meant" in shown
    again = outnumber("history", "acknowledge", point, *words)
    assert "acknowledged already" in again.stderr


def test_a_point_is_named_by_its_id_its_commit_or_its_date(folder: Path) -> None:
    nightly(folder, nights=12)
    for number, text in enumerate((f"{7:016x}", "08c0ffee", "2026-09-10")):
        outnumber("history", "acknowledge", text, "--reason", "x", "-r", "asyncio")
        assert len(read(folder / "outnumber-history").acknowledged) == number + 1
    points = {one.point for one in read(folder / "outnumber-history").acknowledged}
    assert points == {f"{7:016x}", f"{8:016x}", f"{9:016x}"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("2026-09", "'2026-09' names 12 runs; give the id of one:"),
        ("2020-01-01", "no run of this history has an id, commit or date that begins with"),
        ("0", "no run of this history has an id, commit or date that begins with '0'"),
    ],
)
def test_a_point_that_is_none_or_several_is_told(folder: Path, text: str, said: str) -> None:
    nightly(folder, nights=12)
    assert said in outnumber("history", "acknowledge", text, "--reason", "x", code=2).stderr


def test_bytes_alarm_after_few_nights_and_a_burst_advises(folder: Path) -> None:
    nights = history(
        {
            ("asyncio", BURST): shifted(noise(21, 2, spread=0.05), 12, 1.25),
            ("asyncio", BYTES): shifted(noise(21, 3, spread=0.0003, level=1152), 12, 1.06),
        },
        control=noise(21, 5, spread=0.01, level=0.04),
    )
    for point in nights.points:
        add(folder / "outnumber-history", point)
    said = outnumber("history", "check", code=3).stdout
    assert "Suspected changes: bytes per unit of asyncio (×1.06, 2026-09-13 (12c0ffee00))." in said
    assert "1 of 2 got worse (advisory until 30 nights)." in said
    assert "worse, advisory until 30 nights (p " in " ".join(said.split())
    assert "advisory until 30 nights measured alike: burst time per unit of asyncio" in said
    assert said.count("outnumber ab ") == 1  # one job for both figures of one change
    assert "--gate bytes_per_unit --gate burst_seconds_per_unit\n" in said
    assert f"git worktree add --detach before-code 11c0ffee{'0' * 32}" in said
    assert f"git worktree add --detach after-code 12c0ffee{'0' * 32}" in said


ALL = ("history", "acknowledge", "2026-10-01", "--reason", "meant")


def test_accepting_all_of_a_run_lists_it_and_needs_a_yes(folder: Path) -> None:
    nightly(folder)
    said = outnumber(*ALL, code=2).stderr
    assert "This would accept every figure of the run 2026-10-01 (30c0ffee00):" in said
    assert "burst time per unit of asyncio: 3.97 → 5.16 µs, 1.299 times" in said
    assert (
        "a new baseline from 2026-10-01 (30c0ffee00) for bytes per unit and burst time per unit of "
        "asyncio; burst" in said
    )
    assert "add --yes to accept all of it" in said
    assert read(folder / "outnumber-history").acknowledged == ()
    outnumber(*ALL, "--yes")
    assert "No alarm" in outnumber("history", "check").stdout


@pytest.mark.parametrize(("answer", "code", "kept"), [("y\n", 0, 1), ("n\n", 2, 0)])
def test_a_person_is_asked_before_all_of_a_run_is_accepted(
    folder: Path, monkeypatch: pytest.MonkeyPatch, answer: str, code: int, kept: int
) -> None:
    nightly(folder)
    typed = io.StringIO(answer)
    monkeypatch.setattr(typed, "isatty", lambda: True)
    monkeypatch.setattr("sys.stdin", typed)
    done = outnumber(*ALL, code=code)
    assert "Accept all of it?" in done.stderr
    assert len(read(folder / "outnumber-history").acknowledged) == kept
