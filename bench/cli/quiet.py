"""What is said of a busy machine before anything is measured on it, and the wait for its quiet."""

from __future__ import annotations

from collections.abc import Sequence

import typer

from bench.engine.quiet import busy_share, wait_until_quiet
from bench.engine.rig import Rig
from bench.model.records import Result

SUGGESTED_SECONDS = 60


def heed_load(rig: Rig, wait_seconds: float | None, quiet: bool) -> None:
    """Says on standard error that the machine is busy, and what to do; waits where that was asked
    for, and goes on in any case. `quiet`: says nothing."""

    def say(words: str) -> None:
        if not quiet:
            typer.echo(words, err=True)

    share = busy_share(rig)
    if share is None:
        return
    busy = f"The machine is busy: other work takes {share:.0%} of its processors"
    if wait_seconds is None:
        say(
            f"{busy}. Times that suffer are marked busy; end that work first, or add "
            f"--wait-for-quiet {SUGGESTED_SECONDS}."
        )
        return
    say(f"{busy}. Waiting until it is quiet, at most {wait_seconds:g} s.")
    if not wait_until_quiet(rig, wait_seconds):
        say(f"It is still busy after {wait_seconds:g} s; measuring all the same.")


def report_busy(results: Sequence[Result], quiet: bool) -> None:
    """Says after the run which runtimes were measured while the machine was busy."""
    from reports.wording.runs import busy_line

    line = None if quiet else busy_line(*results)
    if line is not None:
        typer.echo(line)
