"""`outnumber limits`: what can stop a launch here, before anything much is launched."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from bench.cli import options
from bench.errors import MeasureError

if TYPE_CHECKING:
    from bench.cli.choose import Chosen
    from bench.experiments.ceiling import Quest
    from bench.model.records import Session


class Format(StrEnum):
    """How limits are written. `json` is the stable interface for programs."""

    table = "table"
    json = "json"


def limits(
    runtime: options.Runtimes = None,
    runner: options.Runners = None,
    form: Annotated[Format, typer.Option("--format", help="How to write it.")] = Format.table,
    stack_size: options.StackSize = None,
    futex_slots: options.FutexSlots = None,
    python: options.Python = None,
    env: options.Variables = None,
) -> int:
    """Say how many of each unit will fit, and which limit will bind. Launches 3,000 at most."""
    from bench.cli import choose
    from bench.experiments.ceiling import Quest
    from reports.tables.limits import limits_json, print_limits

    chosen = choose.chosen(runtime, runner, python, env)
    quest = Quest(
        chosen.entries,
        settings=choose.settings_of(
            chosen.entries, {"stack-size": stack_size, "futex-slots": futex_slots}, chosen.tools
        ),
    )
    sweeps = _pilots(quest, chosen)
    if form is Format.json:
        typer.echo(limits_json(sweeps))
    else:
        print_limits(sweeps)
    if all(sweep.stop.status == "failed" for sweep in sweeps):
        raise MeasureError("no pilot could be launched; its runner's own words stand above")
    return 0


def _pilots(quest: Quest, chosen: Chosen) -> tuple[Session, ...]:
    from bench.cli.session import machine_rig
    from bench.experiments.ceiling import pilots

    rig = machine_rig(chosen.tools)
    return pilots(quest, rig, chosen.available, lambda message: typer.echo(message, err=True))
