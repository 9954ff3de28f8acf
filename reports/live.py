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
from bench.model.records import Stop
from reports.console import Console
from reports.tables.comparison import REASONS
from reports.wording import units
from reports.wording.doubted import marked, note, stated
from reports.wording.escape import terminal

# A log line is due for a step only where the log has been silent for so long.
SILENT_SECONDS = 15.0


@dataclass
class Row:
    """What is known of one runtime. `doing` is empty where it is not its turn; `bytes_per_unit` is
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
        if event.purpose == "leak":
            return
        if event.step.alive >= self.reached:
            self.reached = event.step.alive
            self.reached_doubt = gravest(COUNT.intersection(event.step.doubts))
        if event.bytes_per_unit is not None and event.step.alive >= self.measured_at:
            self.measured_at = event.step.alive
            self.bytes_per_unit = event.bytes_per_unit
            self.bytes_doubt = gravest(MEMORY.intersection(event.step.doubts))

    def finish_sweep(self, event: events.SweepFinished) -> None:
        """What stopped the climb stays, unless a later sweep came to grief."""
        self.doing = ""
        is_broken = event.stop.status in ("failed", "killed", "interrupted")
        if is_broken or event.purpose == "climb" or not self.stopped:
            self.reached = max(self.reached, event.stop.count)
            self.stopped = ended(event.stop)
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


@dataclass
class Board:
    """The state of the run, as far as events have told it."""

    now: Callable[[], float]
    rows: dict[str, Row] = field(default_factory=dict)
    _ends: float | None = None
    _pair: str = ""
    _sweep: str = ""

    def take(self, event: events.Event) -> None:
        match event:
            case events.RunStarted():
                self.rows = {runtime.key: Row(runtime.key) for runtime in event.runtimes}
                self._ends = self.now() + event.seconds
            case events.TimeLeft():
                self._ends = self.now() + event.seconds
            case events.PairStarted():
                self._pair = pair(event)
            case events.SweepStarted():
                self._sweep = self._heading(event)
                self.row(event.runtime).doing = self._sweep or "starting"
            case events.StepStarted() if event.purpose != "leak":
                launching = f"launching {units.count(event.count)}"
                prefix = f"{self._sweep}: " if self._sweep else ""
                self.row(event.runtime).doing = prefix + launching
            case events.StepFinished():
                self.row(event.runtime).finish_step(event)
            case events.SweepFinished():
                self.row(event.runtime).finish_sweep(event)

    def _heading(self, event: events.SweepStarted) -> str:
        if self._pair:
            return f"{self._pair}, {PAIRED[event.purpose]}"
        return "" if event.purpose == "climb" else heading(event)

    @property
    def in_pairs(self) -> bool:
        """Whether the run is made of pairs, which say for themselves where they are."""
        return bool(self._pair)

    def row(self, name: str) -> Row:
        return self.rows.setdefault(name, Row(name))

    def left(self) -> str:
        """The time left in words, empty where it is not known."""
        if self._ends is None:
            return ""
        seconds = max(0.0, self._ends - self.now())
        return f"about {rounded(seconds)} left" if seconds >= 1 else "nearly done"


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
        self._board.take(event)
        if isinstance(event, events.BuildStarted | events.Note):
            self._console.print(Text(told(event)), soft_wrap=True)
        elif shows(event):
            self._draw()

    def _draw(self) -> None:
        self._live.start()
        self._live.update(drawn(self._board), refresh=True)


class LinesView(LiveView):
    """A line now and then, for a log: each climb's end, each round, whatever went wrong, and a
    climb's step where nothing has been said for a while."""

    def __init__(self, console: Console, now: Callable[[], float]) -> None:
        self._board = Board(now)
        self._console = console
        self._now = now
        self._said_at = now()
        self._heading = ""

    def _show(self, event: events.Event) -> None:
        self._board.take(event)
        line = self._line(event)
        if line:
            self._said_at = self._now()
            self._console.print(Text(line), soft_wrap=True)

    def _line(self, event: events.Event) -> str:
        match event:
            case events.BuildStarted() | events.Note():
                return told(event)
            case events.RunStarted():
                return self._with_time(", ".join(self._board.rows))
            case events.PairStarted():
                silent = self._now() - self._said_at >= SILENT_SECONDS
                return self._with_time(pair(event)) if silent or event.number == 1 else ""
            case events.SweepStarted() if event.purpose != "climb" and not self._board.in_pairs:
                return self._new_heading(heading(event))
            case events.StepFinished() if event.purpose == "climb":
                silent = self._now() - self._said_at >= SILENT_SECONDS
                return self._with_time(self._reached(event.runtime)) if silent else ""
            case events.SweepFinished():
                return self._end(event)
            case _:
                return ""

    def _new_heading(self, text: str) -> str:
        if text == self._heading:
            return ""
        self._heading = text
        return self._with_time(text)

    def _end(self, event: events.SweepFinished) -> str:
        if event.purpose == "climb":
            return self._with_time(f"{self._reached(event.runtime)}; {reason(event.stop)}")
        if event.stop.status == "max":
            return ""
        where = f", {self._heading}" if self._heading else ""
        return terminal(f"{event.runtime}{where}: {reason(event.stop)}")

    def _reached(self, name: str) -> str:
        row = self._board.row(name)
        cost = f", {row.cost()} each" if row.cost() else ""
        return stated(f"{name}: {row.count()} units{cost}", row.doubts, "")

    def _with_time(self, text: str) -> str:
        left = self._board.left()
        return terminal(f"{text} ({left})" if left else text)


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
    console = console or _standard_error()
    return TableView(console, now) if console.is_interactive else LinesView(console, now)


def _standard_error() -> Console:
    # FORCE_COLOR makes rich take a log for a terminal, whose cursor could be moved.
    is_terminal = sys.stderr is not None and sys.stderr.isatty()
    return _Standard(stderr=True, highlight=False, force_interactive=None if is_terminal else False)


def shows(event: events.Event) -> bool:
    """Whether this event is worth a new drawing. What a finished step changes is drawn at once with
    what follows it; a leak's short cycles change nothing that is shown."""
    match event:
        case events.RunStarted() | events.SweepStarted() | events.SweepFinished():
            return True
        case events.StepStarted():
            return event.purpose != "leak"
        case _:
            return False


def drawn(board: Board) -> Group:
    """The table, why cells are marked, and the time left. Numbers are never cut, words are."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("runtime", overflow="ellipsis", max_width=24)
    table.add_column("units", justify="right", no_wrap=True, min_width=9)
    table.add_column("a unit", justify="right", no_wrap=True, min_width=8)
    table.add_column(one_line("now, or what stopped it"), overflow="ellipsis")
    for row in board.rows.values():
        reached = row.count() if row.reached else ""
        cells = (row.name, reached, row.cost(), row.doing or row.stopped)
        table.add_row(*(one_line(cell) for cell in cells), style=style_of(row))
    why = note(doubt for row in board.rows.values() for doubt in row.doubts)
    return Group(table, *([Text(why)] if why else []), one_line(board.left()))


def one_line(text: str) -> Text:
    """Text that is cut where there is no room, not wrapped, so that a row stays a row."""
    return Text(terminal(text), no_wrap=True, overflow="ellipsis")


def style_of(row: Row) -> str:
    if row.doing:
        return "bold cyan"
    if row.is_broken:
        return "red"
    return "" if row.stopped else "dim"


# What each kind of sweep tells of a pair.
PAIRED: dict[str, str] = {
    "short": "bytes",
    "burst": "burst",
    "leak": "leak",
    "climb": "ceiling",
}


def pair(event: events.PairStarted) -> str:
    return f"pair {event.number} of {event.pairs}"


def heading(event: events.SweepStarted) -> str:
    """Which part of the run a sweep belongs to."""
    if event.purpose == "climb":
        return "climb"
    if event.purpose == "leak":
        return "looking for leaks"
    if event.purpose == "burst":
        return f"burst {event.round} of {event.rounds}"
    return f"short sweep {event.round} of {event.rounds}"


def reason(stop: Stop) -> str:
    """Why a sweep ended, the limit's name first where it is known."""
    return f"{stop.limit}: {stop.message}" if stop.limit else stop.message


def ended(stop: Stop) -> str:
    """The same for a runtime's row, where a later sweep may reach what the climb had to skip."""
    return REASONS["budget"] if stop.status == "budget" else reason(stop)


def told(event: events.BuildStarted | events.Note) -> str:
    """What is said once, and stays."""
    if isinstance(event, events.Note):
        return terminal(event.message)
    return terminal(f"building the runner of {event.runtime}: {event.command}")


def rounded(seconds: float) -> str:
    """A time to wait, no finer than it can be foretold: `45 s`, `3 min`."""
    return f"{math.ceil(seconds)} s" if seconds < 100 else f"{math.ceil(seconds / 60)} min"
