"""What runners that broke had to say, as a person reads it: why, and a few lines of their own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bench.model.records import Session, Stop
from reports.wording.escape import terminal

MOST_LINES = 6
CUT = "\n…\n"  # stands between the beginning and the end of what was long; the reason comes first


def last_words(sweeps: Iterable[Session]) -> list[str]:
    """Lines on the first sweep of each runtime that broke, free of control characters."""
    broken: dict[str, Stop] = {}
    for sweep in sweeps:
        if sweep.stop.status == "failed" or (
            sweep.stop.status == "killed" and not sweep.stop.limit
        ):
            broken.setdefault(sweep.case, sweep.stop)
    return [line for name, stop in broken.items() for line in _told(name, stop)]


def said(stop: Stop) -> list[str]:
    """The lines of its standard error that tell most; none where it was silent."""
    beginning, cut, _ = stop.stderr_tail.partition(CUT)
    lines = [line for line in map(_line, beginning.splitlines()) if line.strip()]
    return lines[:MOST_LINES] if cut else lines[-MOST_LINES:]


def _told(name: str, stop: Stop) -> Iterator[str]:
    lines = said(stop)
    colon = "; it said:" if lines else ""
    yield terminal(f"{name}: {stop.message}{colon}")
    yield from (f"  {line}" for line in lines)


def _line(text: str) -> str:
    """Without what could move a cursor, but indented as it was."""
    clean = terminal(text)
    return f"{' ' * (len(text) - len(text.lstrip(' ')))}{clean}"
