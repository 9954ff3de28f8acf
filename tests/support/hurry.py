"""What a test's command leaves out of what a user's does, as it takes long, or depends on how busy
the machine is."""

from __future__ import annotations

import functools
from collections.abc import Callable

import typer

from bench.cli import main as cli
from bench.cli import streams
from bench.engine import quiet
from bench.experiments.population import PopulationRun

LEFT_OUT = (
    (streams, "PATIENCE_SECONDS", 3600),
    (quiet, "LOOK_SECONDS", 0),
    (PopulationRun, "_look_for_leaks", lambda run: None),
)


def hurry() -> None:
    """For the rest of this process: no command says that it takes long, none looks before it begins
    whether the machine does other work, and a run is without its leak check."""
    for place, name, value in LEFT_OUT:
        assert hasattr(place, name)
        setattr(place, name, value)


@functools.cache
def built() -> Callable[..., object]:
    """The command line, which typer makes anew in each command and takes longer over than most
    commands take."""
    return typer.main.get_command(cli.app)
