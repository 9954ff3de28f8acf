"""A run as it goes: a table on a terminal, lines in a log, nothing with `--quiet`.

Everything goes to standard error, so that standard output holds what the run found and no more.
Nothing is drawn but when an event arrives, and no thread draws: between two events a runner is
being measured, and a display that ticked would be measured with it. What is kept does not grow with
the events. A display that cannot be written to is given up; the run goes on.
"""

from __future__ import annotations

import contextlib
import math
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType

from rich.console import Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from bench.derive.doubts import COUNT, MEMORY, gravest
from bench.engine import events
from bench.model.records import CLIMB, LEAK, Stop
from bench.quantities import BYTES
from reports.console import Console
from reports.tables.comparison import REASONS
from reports.wording import units
from reports.wording.doubted import marked, note, stated
from reports.wording.escape import plain
from reports.wording.runs import PURPOSES

# A log line is due for a step only where the log has been silent for so long.
SILENT_SECONDS = 15.0


@dataclass
class CaseProgress:
    """What is known of one case. `doing` is empty where it is not its turn; `bytes_per_unit` is
    that of the largest count so far. The doubts are about those two."""

    name: str
    reached: int = 0
    measured_at: int = 0
    bytes_per_unit: float | None = None
    reached_doubt: str | None = None
    bytes_doubt: str | None = None
    doing: str = ""
    stopped: str = ""
    is_broken: bool = False

    def finish_step(self, event: events.StepFinished) -> None:
        step = event.step
        if event.purpose == LEAK:  # its few units say nothing new
            return
        if step.alive >= self.reached:
            self.reached = step.alive
            self.reached_doubt = gravest(COUNT.intersection(step.doubts))
        if event.bytes_per_unit is not None and step.alive >= self.measured_at:
            self.measured_at = step.alive
            self.bytes_per_unit = event.bytes_per_unit
            self.bytes_doubt = gravest(MEMORY.intersection(step.doubts))

    def finish_session(self, event: events.SessionFinished) -> None:
        """What stopped the climb stays, unless a later session breaks. Out of time is said in
        short: a later session may reach what the climb had to skip."""
        self.doing, stop = "", event.stop
        is_broken = stop.status in ("failed", "killed", "interrupted")
        if is_broken or event.purpose == CLIMB or not self.stopped:
            self.reached = max(self.reached, stop.count)
            self.stopped = REASONS["budget"] if stop.status == "budget" else reason(stop)
            self.is_broken = is_broken

    def cost(self) -> str:
        if self.bytes_per_unit is None:
            return ""
        return marked(units.size(self.bytes_per_unit), self.bytes_doubt)

    def count(self) -> str:
        return marked(units.count(self.reached), self.reached_doubt)

    @property
    def doubts(self) -> tuple[str | None, ...]:
        return (self.reached_doubt, self.bytes_doubt)

    @property
    def style(self) -> str:
        if self.doing:
            return "bold cyan"
        return "red" if self.is_broken else "" if self.stopped else "dim"


@dataclass
class Board:
    """The state of the run, by the events so far. `pair` is empty where the run is not made of
    pairs; `session` names the part of the run, and is empty in a climb."""

    now: Callable[[], float]
    rows: dict[str, CaseProgress] = field(default_factory=dict)
    pair: str = ""
    session: str = ""
    _ends: float | None = None

    def take(self, event: events.Event) -> None:
        match event:
            case events.RunStarted():
                self.rows = {case.key: CaseProgress(case.key) for case in event.runtimes}
                self._ends = self.now() + event.seconds
            case events.TimeLeft():
                self._ends = self.now() + event.seconds
            case events.PairStarted():
                self.pair = f"pair {event.number} of {event.pairs}"
            case events.SessionStarted():
                self.session = self._named(event)
                self.row(event.runtime).doing = self.session or "starting"
            case events.StepStarted() if event.purpose != LEAK:
                launching = f"launching {units.count(event.count)}"
                self.row(event.runtime).doing = ": ".join(filter(None, (self.session, launching)))
            case events.StepFinished():
                self.row(event.runtime).finish_step(event)
            case events.SessionFinished():
                self.row(event.runtime).finish_session(event)

    def _named(self, event: events.SessionStarted) -> str:
        name = PURPOSES.get(event.purpose, event.purpose)
        if self.pair:
            return f"{self.pair}, {name}"
        if event.purpose == CLIMB:
            return ""
        return f"{name} {event.round} of {event.rounds}" if event.rounds > 1 else name

    def row(self, name: str) -> CaseProgress:
        return self.rows.setdefault(name, CaseProgress(name))

    def left(self) -> str:
        """The time left in words, no finer than it can be predicted; empty where it is unknown."""
        if self._ends is None:
            return ""
        seconds = self._ends - self.now()
        if seconds < 1:
            return "nearly done"
        left = f"{math.ceil(seconds)} s" if seconds < 100 else f"{math.ceil(seconds / 60)} min"
        return f"about {left} left"


class LiveView:
    """Shows a run while it goes. This one shows nothing; `live_view` chooses.

    A context manager, and what it gives is an `Observer`.
    """

    _is_lost = False

    def __enter__(self) -> LiveView:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Leaves the terminal as it was."""

    def __call__(self, event: events.Event) -> None:
        """Takes in what happened, and draws where there is something new to see."""
        if self._is_lost:
            return
        try:
            self._show(event)
        except OSError:
            self._is_lost = True

    def _show(self, event: events.Event) -> None:
        """What a view does with an event."""


class TableView(LiveView):
    """A table that is drawn anew in its place. It goes when the run is done, and stays to be read
    where the run was cut short."""

    def __init__(self, console: Console, now: Callable[[], float]) -> None:
        self._board = Board(now)
        self._console = console
        self._live = Live(
            console=console, auto_refresh=False, redirect_stdout=False, redirect_stderr=False
        )

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._live.transient = error is None
        with contextlib.suppress(OSError):
            self._live.stop()

    def _show(self, event: events.Event) -> None:
        """What a finished step changes is drawn at once with what follows it; a leak check's short
        cycles change nothing that is shown."""
        self._board.take(event)
        match event:
            case events.BuildStarted() | events.Note():
                self._console.print(Text(message(event)), soft_wrap=True)
            case events.StepStarted(purpose=purpose) if purpose == LEAK:
                pass
            case (
                events.RunStarted()
                | events.SessionStarted()
                | events.SessionFinished()
                | events.StepStarted()
            ):
                self._live.start()
                self._live.update(drawn(self._board), refresh=True)


class LinesView(LiveView):
    """A line now and then, for a log: each climb's end, each round, whatever went wrong, and a
    climb's step or a pair where the log has been silent for a while."""

    def __init__(self, console: Console, now: Callable[[], float]) -> None:
        self._board = Board(now)
        self._console = console
        self._now = now
        self._last_line_at = now()
        self._heading = ""

    def _show(self, event: events.Event) -> None:
        self._board.take(event)
        if line := self._line(event):
            self._last_line_at = self._now()
            self._console.print(Text(line), soft_wrap=True)

    def _line(self, event: events.Event) -> str:
        silent = self._now() - self._last_line_at >= SILENT_SECONDS
        match event:
            case events.BuildStarted() | events.Note():
                return message(event)
            case events.RunStarted():
                return self._with_time(", ".join(self._board.rows))
            case events.PairStarted() if silent or event.number == 1:
                return self._with_time(self._board.pair)
            case events.SessionStarted() if not self._board.pair:
                new, self._heading = self._board.session != self._heading, self._board.session
                return self._with_time(self._heading) if new and self._heading else ""
            case events.StepFinished() if event.purpose == CLIMB and silent:
                return self._with_time(self._reached(event.runtime))
            case events.SessionFinished() if event.purpose == CLIMB:
                return self._with_time(f"{self._reached(event.runtime)}; {reason(event.stop)}")
            case events.SessionFinished() if event.stop.status != "max":
                where = f", {self._heading}" if self._heading else ""
                return plain(f"{event.runtime}{where}: {reason(event.stop)}")
            case _:
                return ""

    def _reached(self, name: str) -> str:
        row = self._board.row(name)
        cost = f", {row.cost()} each" if row.cost() else ""
        return stated(f"{name}: {row.count()} units{cost}", row.doubts, "")

    def _with_time(self, text: str) -> str:
        left = self._board.left()
        return plain(f"{text} ({left})" if left else text)


class _Standard(Console):
    """A console whose reader may go away without ending the run, which rich would."""

    def on_broken_pipe(self) -> None:
        self.quiet = True


def live_view(
    console: Console | None = None,
    quiet: bool = False,
    now: Callable[[], float] = time.monotonic,
) -> LiveView:
    """The view that suits: on `console`, by default standard error."""
    if quiet:
        return LiveView()
    if console is None:
        # FORCE_COLOR makes rich take a log for a terminal, whose cursor could be moved.
        terminal = sys.stderr is not None and sys.stderr.isatty()
        interactive = None if terminal else False
        console = _Standard(stderr=True, highlight=False, force_interactive=interactive)
    return TableView(console, now) if console.is_interactive else LinesView(console, now)


def drawn(board: Board) -> Group:
    """The table, why cells are marked, and the time left. A row stays a line: numbers are never
    cut, words are."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("runtime", overflow="ellipsis", max_width=24)
    table.add_column("units", justify="right", no_wrap=True, min_width=9)
    table.add_column(BYTES.label, justify="right", no_wrap=True, min_width=8)
    table.add_column(_one_line("now, or why it stopped"), overflow="ellipsis")
    for row in board.rows.values():
        reached = row.count() if row.reached else ""
        cells = (row.name, reached, row.cost(), row.doing or row.stopped)
        table.add_row(*(_one_line(cell) for cell in cells), style=row.style)
    why = note(doubt for row in board.rows.values() for doubt in row.doubts)
    return Group(table, *([Text(why)] if why else []), _one_line(board.left()))


def _one_line(text: str) -> Text:
    return Text(plain(text), no_wrap=True, overflow="ellipsis")


def reason(stop: Stop) -> str:
    """Why a session ended, the limit's name first where it is known."""
    return f"{stop.limit}: {stop.message}" if stop.limit else stop.message


def message(event: events.BuildStarted | events.Note) -> str:
    """What is shown once, and stays."""
    if isinstance(event, events.Note):
        return plain(event.message)
    return plain(f"building the runner of {event.runtime}: {event.command}")
