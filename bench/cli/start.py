"""Where the command begins: signals are taken over before anything that takes time is loaded, and a
start that fails has an exit code of its own: Python's is 1, which here is a regression."""

from __future__ import annotations

import contextlib
import sys
from typing import NoReturn

FAULT = 70


def main() -> None:
    """Runs the command that was typed; a Ctrl-C ends it well from the first moment."""
    try:
        from bench import command, signals
        from bench.cli import guard
    except Exception as error:
        _fail(error)
    command.declare()
    signals.install()
    guard.guard()
    try:
        from bench.cli.main import main as run
    except signals.Interrupted as error:
        _tell(f"outnumber: {error}")
        sys.exit(error.exit_code)
    except Exception as error:
        _fail(error)
    run()


def _fail(error: Exception) -> NoReturn:
    """Ends the process. What is missing or broken is in the environment, as a rule."""
    import traceback

    _tell("".join(traceback.format_exception(error)))
    _tell(
        f"outnumber: it cannot start: {type(error).__name__}: {error}\n"
        f"expected an environment with all that it needs; type: {sys.executable} -m pip install "
        "--force-reinstall outnumber"
    )
    sys.exit(FAULT)


def _tell(message: str) -> None:
    """On standard error, where that is still read."""
    if sys.stderr is not None:
        with contextlib.suppress(OSError):
            print(message, file=sys.stderr, flush=True)
