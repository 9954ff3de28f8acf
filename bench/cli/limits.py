"""`outnumber limits`: what can stop a launch here, before anything much is launched."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from bench.cli import options
from bench.errors import MeasureError


def limits(
    runtime: options.Runtimes = None,
    runner: options.Runners = None,
    form: Annotated[
        Literal["table", "json"],
        typer.Option("--format", help="Output format; json is for programs."),
    ] = "table",
    stack_size: options.StackSize = None,
    futex_slots: options.FutexSlots = None,
    python: options.Pythons = None,
    env: options.Variables = None,
) -> int:
    """Say how many of each unit will fit, and which limit will bind. Launches 3,000 at most."""
    from bench.cli import choose
    from bench.experiments.ceiling import CeilingOptions, pilots
    from reports.tables.limits import limits_json, print_limits

    settings = {"stack-size": stack_size, "futex-slots": futex_slots}
    targets = choose.chosen(runtime, runner, python, env, settings)
    sessions = pilots(CeilingOptions(), targets, lambda text: typer.echo(text, err=True))
    if form == "json":
        typer.echo(limits_json(sessions))
    else:
        print_limits(sessions)
    if all(one.stop.status == "failed" for one in sessions):
        raise MeasureError("no trial runner could be launched; its own error output is above")
    return 0
