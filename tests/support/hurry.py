"""What a test's command leaves out of what a user's does: looks at how busy the machine is."""

from __future__ import annotations

import functools
from collections.abc import Callable

import typer

from bench.cli import main as cli
from bench.cli import streams
from bench.engine import quiet


def hurry() -> None:
    """For the rest of this process: no command says that it takes long, and none looks, before it
    begins, whether the machine does other work. Both depend on how busy the machine is."""
    assert streams.PATIENCE_SECONDS
    assert quiet.LOOK_SECONDS
    streams.PATIENCE_SECONDS = 3600
    quiet.LOOK_SECONDS = 0


@functools.cache
def built() -> Callable[..., object]:
    """The command line, which typer makes anew in each command and takes longer over than most
    commands take."""
    return typer.main.get_command(cli.app)
