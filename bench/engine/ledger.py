"""The result while it grows: each finished session is added and the file written anew."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import msgspec

from bench.model.decoding import fault_of
from bench.model.records import (
    LONGEST_WORD,
    MOST,
    VERSION,
    CaseRecord,
    Machine,
    Plan,
    Result,
    Session,
    Side,
    Spec,
    Stop,
)
from bench.signals import held
from outnumber import __version__

USED_UP = "the time budget was used up"


class Ledger:
    """Holds the result of one run and gives it to `save` after every change worth keeping."""

    def __init__(
        self,
        command: str,
        machine: Machine,
        plan: Plan,
        runtimes: tuple[CaseRecord, ...],
        save: Callable[[Result], None],
        spec: Spec | None = None,
        side: Side | None = None,
    ) -> None:
        self._save = save
        self.result = Result(
            outnumber=VERSION,
            version=__version__,
            command=command,
            started=_now(),
            finished=None,
            machine=machine,
            plan=plan,
            cases=runtimes,
            side=side,
            spec=spec,
        )

    def add(self, session: Session) -> None:
        """Keeps a session, finished or broken; a signal waits until it is on disk."""
        with held():
            self._change(sessions=(*self.result.sessions, _readable(session)))
            self._save(self.result)

    def add_control(self, seconds: float) -> None:
        """Keeps one sample of the control; it is saved with the next session."""
        self._change(control=(*(self.result.control or ()), seconds))

    def leave_out(self, name: str, reason: str) -> None:
        """Notes that a runtime is not part of the run, and why."""
        self._describe(name, reason=reason)

    def note_version(self, name: str, version: str) -> None:
        """Keeps the version that a runner gave of its own runtime, which is the surest."""
        self._describe(name, version=version)

    def give_up(self, name: str, pair: int) -> None:
        """Notes that no more pairs of a runtime are made, since it cannot be measured here."""
        if (side := self.result.side) is not None:
            given_up = side.given_up | {name: pair}
            self._change(side=msgspec.structs.replace(side, given_up=given_up))

    def warn(self, message: str) -> None:
        self._change(warnings=(*self.result.warnings, message))

    def finish(self) -> Result:
        """Stamps the end of the run."""
        with held():
            self._change(finished=_now())
            self._save(self.result)
        return self.result

    def _describe(self, name: str, **facts: str) -> None:
        self._change(
            cases=tuple(
                msgspec.structs.replace(runtime, **facts) if runtime.key == name else runtime
                for runtime in self.result.cases
            )
        )

    def _change(self, **fields: object) -> None:
        self.result = msgspec.structs.replace(self.result, **fields)


def _readable(session: Session) -> Session:
    """The session, or where it holds what no result may (a kernel that reports nonsense), what is
    left of it: the others are kept and can be read."""
    fault = fault_of(session)
    if fault is None:
        return session
    count = min(max(session.stop.count, 0), MOST)
    stop = Stop(status="failed", count=count, message=f"the session cannot be recorded: {fault}")
    return Session(
        case=session.case[:LONGEST_WORD],
        purpose=session.purpose[:LONGEST_WORD],
        round=session.round,
        started_seconds=session.started_seconds,
        seconds=session.seconds,
        stop=stop,
    )


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
