"""No command is silent for long: after a second without output it says what it is doing.

The line goes to standard error, once, by a thread that ends with the work. While a runner is
measured no such thread is there: the live view has spoken by then.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import typer

from bench.cli import guard

PATIENCE_SECONDS = 1.0
DOING: Mapping[str, str] = {
    "run": "looking at this machine and its runtimes",
    "limits": "launching up to 3,000 units of each runtime, to see what they use",
    "ceiling": "looking at this machine and its runtimes",
    "ab": "looking at both sides",
    "compare": "comparing the two results",
    "noise": "looking at this machine and its runtimes",
    "runtimes": "looking for runtimes; with --check, trying the runner",
    "summary": "computing the figures of the result",
    "explain": "computing the figures of the result",
    "report": "drawing the page and its figures",
    "slides": "drawing the figures",
    "export": "computing the figures of the result",
    "history": "reading the history",
}
QUIET = frozenset({"--quiet", "-q"})


@contextmanager
def working(doing: str, quiet: bool = False) -> Iterator[None]:
    """Says what is being done, unless that takes under a second or something else is printed."""
    before = guard.writes()

    def say() -> None:
        if guard.writes() == before:
            typer.echo(f"outnumber: {doing} ...", err=True)

    timer = threading.Timer(PATIENCE_SECONDS, say)
    timer.daemon = True
    if not quiet:
        timer.start()
    try:
        yield
    finally:
        timer.cancel()


def command_of(words: Sequence[str]) -> str:
    """The command among the words that were typed; empty where there is none."""
    return next((word for word in words if word in DOING), "")
