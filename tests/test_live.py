"""The live view: what is shown while a run goes, on a terminal and in a log."""

from __future__ import annotations

import contextlib
import io
import os
import sys
import tracemalloc
from collections.abc import Iterator, Sequence

import pytest

from bench.engine.events import (
    BuildStarted,
    Event,
    Note,
    PairStarted,
    RunStarted,
    SessionFinished,
    SessionStarted,
    StepFinished,
    StepStarted,
    TimeLeft,
)
from bench.model.records import CaseRecord, Reading, Status, Step, Stop
from reports.console import Console
from reports.live import Board, LinesView, LiveView, TableView, drawn, live_view

UNKNOWN = Reading(bytes=None, source="unknown")
SHOW_CURSOR = "\x1b[?25h"
HIDE_CURSOR = "\x1b[?25l"


class Hand:
    """A clock that stands where it is put."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def run_started(*names: str, seconds: float = 60) -> RunStarted:
    runtimes = (CaseRecord(runtime=n, label=n, kind="task", language="none") for n in names)
    return RunStarted(tuple(runtimes), seconds)


def step(
    name: str, count: int, each: float | None = 1200.0, purpose: str = "climb"
) -> StepFinished:
    finished = Step(requested=count, alive=count, spawned=count, seconds={"burst": 0.1})
    return StepFinished(name, purpose, finished, each)


def end(
    name: str,
    count: int,
    message: str = "reached it",
    status: Status = "max",
    purpose: str = "climb",
    limit: str | None = None,
) -> SessionFinished:
    stop = Stop(status=status, count=count, message=message, limit=limit)
    return SessionFinished(name, purpose, stop)


def climb(name: str, *counts: int) -> list[Event]:
    made: list[Event] = [SessionStarted(name, "climb", 1, 1)]
    for count in counts:
        made += [StepStarted(name, "climb", count), step(name, count)]
    return made


def table(events: Sequence[Event], width: int = 80) -> list[str]:
    """The lines of the table after `events`."""
    board = Board(Hand())
    for event in events:
        board.take(event)
    console = Console(file=io.StringIO(), width=width)
    with console.capture() as capture:
        console.print(drawn(board))
    return [line.rstrip() for line in capture.get().splitlines()]


def lines(events: Sequence[Event], clock: Hand | None = None) -> list[str]:
    """What a log says after `events`."""
    file = io.StringIO()
    with live_view(Console(file=file, width=80), now=clock or Hand()) as view:
        assert isinstance(view, LinesView)
        for event in events:
            view(event)
    return file.getvalue().splitlines()


def test_each_runtime_has_a_row_from_the_start() -> None:
    heading, *rows, left = table([run_started("pthread", "asyncio", seconds=150)])
    assert " ".join(heading.split()) == "runtime units bytes per unit now, or why it stopped"
    assert rows == ["pthread", "asyncio"]
    assert left == "about 3 min left"


def test_the_count_climbs_with_the_bytes_a_unit_so_far() -> None:
    shown = table(
        [run_started("trio"), *climb("trio", 100, 200), StepStarted("trio", "climb", 500)]
    )
    assert shown[1].split(maxsplit=4) == ["trio", "200", "1.17", "KiB", "launching 500"]


def test_what_stopped_the_climb_stays_while_repeats_come_and_go() -> None:
    refused = end("trio", 30_000, "no more", "refused", limit="vm.max_map_count")
    short: list[Event] = [
        SessionStarted("trio", "short", 2, 6),
        StepStarted("trio", "short", 10_000),
        step("trio", 10_000, 99.0, "short"),
    ]
    events: list[Event] = [run_started("trio"), *climb("trio", 20_000), refused, *short]
    assert "repeat 2 of 6: launching 10,000" in table(events)[1]
    row = table([*events, end("trio", 10_000, purpose="short")])[1]
    assert row.split(maxsplit=4) == ["trio", "30,000", "1.17", "KiB", "vm.max_map_count: no more"]


def test_a_later_sweep_that_breaks_is_told() -> None:
    broken = end("trio", 0, "the runner ended by SIGSEGV", "killed", "short")
    assert "SIGSEGV" in table([run_started("trio"), end("trio", 100), broken])[1]


def test_a_leak_sweep_moves_no_figure() -> None:
    leak = step("trio", 2_000, 5.0, "leak")
    assert table([run_started("trio"), step("trio", 100), leak])[1].split() == [
        "trio",
        "100",
        "1.17",
        "KiB",
    ]


def test_unknown_bytes_are_left_empty() -> None:
    assert table([run_started("trio"), step("trio", 100, None)])[1].split() == ["trio", "100"]


@pytest.mark.parametrize("width", [20, 40, 60, 80, 200])
def test_a_row_is_one_line_however_narrow_the_terminal(width: int) -> None:
    long = end("a-runtime-with-a-rather-long-name", 1_000_000, "reached what was asked " * 9)
    shown = table([run_started(long.runtime), step(long.runtime, 1_000_000), long], width)
    assert len(shown) == 3
    assert all(len(line) <= width for line in shown)


def test_at_80_columns_no_number_is_cut() -> None:
    name = "goroutine:locked"
    row = table([run_started(name), step(name, 1_000_000, 36_123.0), end(name, 1_000_000)])[1]
    assert row == "goroutine:locked  1,000,000        35.3 KiB  reached it"


@pytest.mark.parametrize("evil", ["\x1b[2Jx", "x\x07", "x\ny", "\u202ex", "[red]x[/red]"])
def test_names_and_messages_cannot_move_the_cursor(evil: str) -> None:
    events = [run_started(evil), *climb(evil, 100), end(evil, 100, evil, "failed"), Note(evil)]
    shown = "\n".join(table(events) + lines(events))
    assert not set("\x1b\x07\u202e") & set(shown)
    assert len(table(events)) == 3


def test_the_time_left_runs_down_between_two_tellings() -> None:
    clock = Hand()
    board = Board(clock)
    board.take(run_started("trio", seconds=500))
    board.take(TimeLeft(60))
    clock.seconds = 20
    assert board.left() == "about 40 s left"
    clock.seconds = 70
    assert board.left() == "nearly done"


def test_a_log_has_a_line_for_each_climb_and_each_round() -> None:
    events: list[Event] = [
        Note("goroutine is left out: no Go toolchain"),
        BuildStarted("pthread", "cc -o x"),
        run_started("pthread", "trio"),
        *climb("pthread", 100, 200, 500),
        end("pthread", 500, "EAGAIN", "refused", limit="kernel.pid_max"),
        TimeLeft(30),
    ]
    for number in (1, 2):
        for name in ("trio", "pthread"):
            events += [SessionStarted(name, "short", number, 2), step(name, 100, purpose="short")]
            events += [end(name, 100, purpose="short")]
    assert lines([*events, SessionStarted("trio", "leak", 1, 1)]) == [
        "goroutine is left out: no Go toolchain",
        "building the runner of pthread: cc -o x",
        "pthread, trio (about 60 s left)",
        "pthread: 500 units, 1.17 KiB each; kernel.pid_max: EAGAIN (about 60 s left)",
        "repeat 1 of 2 (about 30 s left)",
        "repeat 2 of 2 (about 30 s left)",
        "leak check (about 30 s left)",
    ]


def pair(number: int, pairs: int = 13) -> list[Event]:
    """One pair of two sides, of bursts alone."""
    made: list[Event] = [PairStarted(number, pairs)]
    for row in ("trio (new)", "trio (base)"):
        made += [SessionStarted(row, "burst", number, 40), StepStarted(row, "burst", 10_000)]
        made += [step(row, 10_000, purpose="burst"), end(row, 10_000, purpose="burst")]
    return made


def test_in_pairs_a_row_says_which_pair_and_what_of_it() -> None:
    events: list[Event] = [run_started("trio (base)", "trio (new)"), *pair(1), *pair(2)[:3]]
    _, base, new, _ = table(events)
    assert base.split() == ["trio", "(base)", "10,000", "1.17", "KiB", "reached", "it"]
    assert "pair 2 of 13, burst: launching 10,000" in new


def test_a_log_of_pairs_has_a_line_where_it_was_silent_for_long_and_not_for_each() -> None:
    clock = Hand()
    file = io.StringIO()
    with live_view(Console(file=file, width=80), now=clock) as view:
        view(run_started("trio (base)", "trio (new)"))
        for number in range(1, 14):
            clock.seconds += 4
            for event in pair(number):
                view(event)
        view(Note("after 13 pairs: no regression in burst of trio"))
        view(end("trio (new)", 0, "the runner ended by SIGSEGV", "killed", "burst"))
    said = [line.partition(" (about")[0] for line in file.getvalue().splitlines()]
    assert said == [
        "trio (base), trio (new)",
        "pair 1 of 13",
        "pair 5 of 13",
        "pair 9 of 13",
        "pair 13 of 13",
        "after 13 pairs: no regression in burst of trio",
        "trio (new): the runner ended by SIGSEGV",
    ]


def test_a_log_that_was_silent_for_long_has_a_line_for_a_step() -> None:
    clock = Hand()
    file = io.StringIO()
    with live_view(Console(file=file), now=clock) as view:
        view(run_started("gevent", seconds=100))
        view(step("gevent", 100))
        clock.seconds = 20
        view(step("gevent", 200))
        view(step("gevent", 500))
    assert file.getvalue().splitlines()[1:] == [
        "gevent: 200 units, 1.17 KiB each (about 80 s left)"
    ]


def test_a_log_tells_of_a_repeat_that_broke() -> None:
    broken = end("trio", 0, "the runner hung", "failed", "short")
    said = lines([run_started("trio"), SessionStarted("trio", "short", 3, 6), broken])
    assert said[-1] == "trio, repeat 3 of 6: the runner hung"


def test_a_long_line_of_a_log_is_not_broken() -> None:
    assert lines([Note("word " * 50)]) == [("word " * 50).strip()]


def terminal() -> Console:
    return Console(file=io.StringIO(), force_terminal=True, width=80, height=24)


def written(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_on_a_terminal_the_table_is_drawn_in_its_place() -> None:
    console = terminal()
    with live_view(console, now=Hand()) as view:
        assert isinstance(view, TableView)
        view(run_started("trio"))
        once = len(written(console))
        view(StepStarted("trio", "climb", 100))
        assert "\x1b[1A" in written(console)[once:]
        assert "launching 100" in written(console)[once:]


def test_a_finished_step_is_drawn_with_what_follows_it() -> None:
    console = terminal()
    with live_view(console, now=Hand()) as view:
        view(run_started("trio"))
        once = written(console)
        view(step("trio", 100))
        view(TimeLeft(3))
        assert written(console) == once
        view(end("trio", 100))
        assert "1.17 KiB" in written(console)


def test_a_note_stays_above_the_table() -> None:
    console = terminal()
    with live_view(console, now=Hand()) as view:
        view(run_started("trio"))
        view(Note("gevent is left out"))
    assert "gevent is left out" in written(console)


@pytest.mark.parametrize("error", [None, KeyboardInterrupt, RuntimeError])
def test_the_terminal_is_restored_however_the_run_ends(
    error: type[BaseException] | None,
) -> None:
    shown = ended_by(error)
    assert HIDE_CURSOR in shown
    assert shown.rindex(SHOW_CURSOR) > shown.rindex(HIDE_CURSOR)


def test_the_table_goes_when_the_run_is_done_and_stays_when_it_was_cut_short() -> None:
    erase = "\x1b[1A\x1b[2K"
    assert ended_by(None).endswith(erase)
    assert not ended_by(KeyboardInterrupt).endswith(erase)


def ended_by(error: type[BaseException] | None) -> str:
    """What was written to the terminal in a run that an error ended."""
    console = terminal()
    with contextlib.suppress(KeyboardInterrupt, RuntimeError), live_view(console) as view:
        view(run_started("trio"))
        if error:
            raise error
    return written(console)


def test_no_color_is_honoured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    console = terminal()
    with live_view(console, now=Hand()) as view:
        view(run_started("trio"))
        view(SessionStarted("trio", "climb", 1, 1))
    assert "\x1b[1;36m" not in written(console)


def test_quiet_shows_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    with live_view(quiet=True) as view:
        assert type(view) is LiveView
        view(run_started("trio"))
        view(Note("a word"))
    assert capfd.readouterr() == ("", "")


def test_it_is_told_on_standard_error_alone(capsys: pytest.CaptureFixture[str]) -> None:
    with live_view() as view:
        view(Note("a word"))
    assert capsys.readouterr() == ("", "a word\n")


def test_a_log_is_no_terminal_though_colour_is_forced(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    with live_view() as view:
        assert isinstance(view, LinesView)
        view(run_started("trio", seconds=5))
    assert "\x1b[1A" not in capsys.readouterr().err


@pytest.mark.parametrize("is_terminal", [False, True])
def test_a_display_that_cannot_be_written_to_does_not_end_the_run(is_terminal: bool) -> None:
    with spoiled(os.open("/dev/full", os.O_WRONLY)) as full:
        console = Console(file=full, force_terminal=is_terminal)
        with live_view(console, now=Hand()) as view:
            for event in [run_started("trio"), Note("a word"), *climb("trio", 100)]:
                view(event)


def test_a_reader_that_went_away_does_not_end_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with spoiled(writing) as gone:
        monkeypatch.setattr(sys, "stderr", gone)
        with live_view() as view:
            view(Note("a word"))
            view(run_started("trio"))


@contextlib.contextmanager
def spoiled(descriptor: int) -> Iterator[io.TextIOWrapper]:
    """A file that nothing can be written to; closing it tries once more."""
    file = os.fdopen(descriptor, "w", buffering=1)
    try:
        yield file
    finally:
        with contextlib.suppress(OSError):
            file.close()


@pytest.mark.slow
def test_what_is_kept_does_not_grow_with_the_steps() -> None:
    class Nowhere(io.StringIO):
        def write(self, text: str) -> int:
            return len(text)

    def many(view: LiveView) -> None:
        for count in range(1, 20):
            for event in [*climb("trio", count), end("trio", count), TimeLeft(9), Note("a word")]:
                view(event)

    with live_view(Console(file=Nowhere(), force_terminal=True), now=Hand()) as view:
        many(view)
        tracemalloc.start()
        many(view)
        before = tracemalloc.get_traced_memory()[0]
        many(view)
        grown = tracemalloc.get_traced_memory()[0] - before
        tracemalloc.stop()
    assert grown < 20_000
