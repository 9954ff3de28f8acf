"""One experiment from beginning to end: its place held, its view open, its result saved and shown.

A busy machine is reported before anything is measured on it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import typer
from msgspec import Struct

from bench import files
from bench.clock import RealClock
from bench.engine.cache import default_cache
from bench.engine.quiet import busy_share, wait_until_quiet
from bench.engine.rig import MachineRig, Rig
from bench.engine.toolchain import Tools
from bench.errors import MeasureError, UsageError
from bench.experiments import Experiment
from bench.experiments.base import Target, spec_of
from bench.machine import fingerprint
from bench.model.file import ResultFile
from bench.model.records import Result
from bench.signals import Interrupted
from bench.system import System
from reports.live import live_view

FOLDER = Path("outnumber-results")
SUGGESTED_SECONDS = 60


@dataclass(frozen=True)
class Place:
    """Where the result goes: a file, or `None` for a new one in `outnumber-results/`."""

    output: Path | None
    force: bool

    def opened(self) -> ResultFile:
        """The place, claimed; says what of an earlier run will be replaced."""
        if self.output is None:
            return ResultFile.open_new(FOLDER, datetime.now())
        make_default_folder(self.output)
        file = ResultFile.open(self.output, force=self.force)
        if file.replaces:
            typer.echo(file.replaces, err=True)
        return file


def make_default_folder(path: Path) -> None:
    """Makes `outnumber-results/` where something is to go into it, and no other folder. Raises
    `UsageError`."""
    try:
        if path.parent == FOLDER:
            files.make_folder(FOLDER)
    except OSError as error:
        raise UsageError(f"{FOLDER} cannot be made here: {error.strerror}; give -o FILE") from error


def machine_rig(tools: Tools) -> MachineRig:
    """This machine, to launch on."""
    return MachineRig(System(), RealClock(), tools, default_cache())


def carry_out(
    experiment: Experiment,
    wish: Struct,
    targets: Sequence[Target],
    place: Place,
    quiet: bool,
    wait_seconds: float | None = None,
) -> tuple[Result, Path]:
    """Runs an experiment on these cases; the result's place is claimed before anything is launched.
    A busy machine is reported first, and waited for up to `wait_seconds`."""
    spec = spec_of(experiment.name, wish, targets)
    with place.opened() as file, live_view(quiet=quiet) as observe:
        try:
            heed_load(targets[0].rig, wait_seconds, quiet)
            made = experiment.run_of(wish, targets, fingerprint(System()), observe, file.save, spec)
            return made.run(), file.path
        except Interrupted as cut:
            cut.add(kept(file))
            raise


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


def kept(file: ResultFile) -> str:
    """What is there of a run that was cut short, and what to type to see it."""
    if file.saved is None:
        return "nothing was measured yet"
    if not has_steps(file.saved):
        return f"nothing was measured yet; {file.path} says what was tried"
    command = "noise" if file.saved.command == "noise" else "summary"
    return f"what was measured until then is kept; type: outnumber {command} {file.path}"


def has_steps(result: Result) -> bool:
    """Whether anything was measured."""
    return any(session.steps for session in result.sessions)


def report_busy(results: Sequence[Result], quiet: bool) -> None:
    """Says after the run which runtimes were measured while the machine was busy."""
    from reports.wording.runs import busy_line

    line = None if quiet else busy_line(*results)
    if line is not None:
        typer.echo(line)


def refuse_nothing(result: Result, path: Path, quiet: bool) -> None:
    """Raises `MeasureError` where nothing was measured: with the runners' last words, unless they
    have been shown already."""
    if has_steps(result):
        return
    from reports.wording.runs import failures

    words = failures(result.sessions) if quiet else []
    for name, stop in {one.case: one.stop for one in result.sessions}.items():
        if stop.limit is not None:
            words.append(f"{name}: {stop.limit} refused the start: {stop.evidence[0]}")
    message = f"nothing could be measured; {path} says what was tried"
    raise MeasureError("\n".join((message, *words)))
