"""Where the command begins: signals are taken over before anything that takes time is loaded."""

from __future__ import annotations

import sys

from bench import signals


def main() -> None:
    """Runs the command that was typed; a Ctrl-C ends it well from the first moment."""
    signals.install()
    try:
        from bench.cli.main import main as run
    except signals.Interrupted as error:
        print(f"outnumber: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
    run()
