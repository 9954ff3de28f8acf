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
    python: options.Python = None,
    env: options.Variables = None,
) -> int:
    """Say how many of each unit will fit, and which limit will bind. Launches 3,000 at most."""
    from bench.cli import choose
    from bench.cli.session import machine_rig
    from bench.experiments.ceiling import Quest, pilots
    from reports.tables.limits import limits_json, print_limits

    chosen = choose.chosen(runtime, runner, python, env)
    settings = choose.settings_of(
        chosen.entries, {"stack-size": stack_size, "futex-slots": futex_slots}, chosen.tools
    )
    sessions = pilots(
        Quest(chosen.entries, settings=settings),
        machine_rig(chosen.tools),
        chosen.available,
        lambda message: typer.echo(message, err=True),
    )
    if form == "json":
        typer.echo(limits_json(sessions))
    else:
        print_limits(sessions)
    if all(one.stop.status == "failed" for one in sessions):
        raise MeasureError("no pilot could be launched; its runner's own words stand above")
    return 0
