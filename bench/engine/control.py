"""The control of a run: taken again and again between its sweeps, or given up with a word."""

from __future__ import annotations

from collections.abc import Callable

from bench.engine import events
from bench.engine.ledger import Ledger
from bench.engine.reference import CONTROL
from bench.engine.rig import Rig
from bench.errors import MeasureError


class ControlTaker:
    """Times the control and keeps what it says. A run goes on without one."""

    def __init__(
        self, rig: Rig, ledger: Ledger, observe: events.Observer, warn: Callable[[str], None]
    ) -> None:
        self._rig = rig
        self._ledger = ledger
        self._observe = observe
        self._warn = warn
        self._is_there = False

    def prepare(self) -> None:
        """Builds it on first use, outside the run's time."""

        def announce(command: str) -> None:
            self._observe(events.BuildStarted(CONTROL.name, command))

        self._is_there = self._done(lambda: self._rig.prepare_control(announce))

    def take(self) -> None:
        """One sample, unless there is no control here."""
        if self._is_there:
            self._is_there = self._done(
                lambda: self._ledger.add_control(self._rig.control_seconds())
            )

    def _done(self, what: Callable[[], None]) -> bool:
        try:
            what()
        except MeasureError as error:
            self._warn(f"no control was measured: {error}")
            return False
        return True
