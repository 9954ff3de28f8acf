"""The command line's shell, and the one place where errors become exit codes.

0 done (a limit reached is done) · 1 a regression and nothing else · 2 usage · 3 inconclusive ·
4 could not measure · 5 unreadable result · 70 a fault of ours · 128 + n ended by signal n.
"""

from __future__ import annotations

import contextlib
import errno
import os
import sys
import traceback
from typing import Annotated, TextIO

import typer

from bench import __version__, signals
from bench.cli.ab import ab
from bench.cli.ceiling import ceiling
from bench.cli.compare import compare
from bench.cli.explain import explain
from bench.cli.export import export
from bench.cli.history import app as history
from bench.cli.limits import limits
from bench.cli.noise import noise
from bench.cli.report import report
from bench.cli.run import run
from bench.cli.runtimes import runtimes
from bench.cli.slides import slides
from bench.cli.summary import summary
from bench.errors import MeasureError, OutnumberError

USAGE = 2
FAULT = 70
CLOSED_PIPE = 0  # the reader has seen enough: no failure, and above all no regression
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)

app = typer.Typer(
    help="How many threads, goroutines and tasks can you launch, and what stops you?",
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,  # rich takes as long to load as all the rest of --help
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(run)
app.command()(limits)
app.command()(ceiling)
app.command()(ab)
app.command()(compare)
app.command()(noise)
app.add_typer(history, name="history")
app.command()(runtimes)
app.command()(summary)
app.command()(explain)
app.command()(report)
app.command()(slides)
app.command()(export)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"outnumber {__version__}")
        raise typer.Exit


@app.callback()
def _outnumber(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version and exit."
        ),
    ] = False,
) -> None:
    """How many threads, goroutines and tasks can you launch, and what stops you?"""


def main() -> None:
    """Runs the command that was typed and ends the process with its exit code."""
    signals.install()
    code = _code_of_run()
    full = _flush(sys.stdout)
    _flush(sys.stderr)
    sys.exit(code if full is None else _tell_full(full))


def _code_of_run() -> int:
    try:
        return int(app(prog_name="outnumber", standalone_mode=False) or 0)
    except typer.TyperException as error:
        return _tell_usage(error)
    except typer.Abort:
        _tell("outnumber: given up, nothing was done")
        return USAGE
    except (OutnumberError, signals.Interrupted) as error:
        _tell(f"outnumber: {error}")
        return error.exit_code
    except BrokenPipeError:
        _forget(sys.stdout)
        return CLOSED_PIPE
    except SystemExit as end:  # how typer ends at a closed pipe: with 1, which is a regression here
        if not isinstance(end.__context__, BrokenPipeError):
            raise
        _forget(sys.stdout)
        return CLOSED_PIPE
    except Exception as error:  # anything else is ours to mend
        return _tell_other(error)


def _tell(message: str) -> None:
    """On standard error, where that is still read: the exit code stays what it is in any case."""
    with contextlib.suppress(OSError):
        typer.echo(message, err=True)


def _tell_usage(error: typer.TyperException) -> int:
    """Shows a usage error the way typer does: with its usage line and the hint at --help."""
    with contextlib.suppress(OSError):
        getattr(error, "show", lambda: _tell(f"outnumber: {error}"))()
    return USAGE


def _tell_other(error: Exception) -> int:
    """Standard output, which alone is written to without a name, may not take more."""
    if isinstance(error, OSError) and error.filename is None and error.errno in FULL:
        return _tell_full(error)
    _tell("".join(traceback.format_exception(error)))
    _tell(f"outnumber {__version__}: a fault of ours; please report the above")
    return FAULT


def _tell_full(error: OSError) -> int:
    """What was measured is in its file by then; what is lost is what would have been shown."""
    _forget(sys.stdout)
    _tell(
        f"outnumber: standard output cannot be written: {error.strerror}; "
        "make room there, or send it elsewhere, and type the command again"
    )
    return MeasureError.exit_code


def _flush(stream: TextIO | None) -> OSError | None:
    """Empties a stream, which is `None` where it was closed before we began. What nobody reads is
    forgotten here: at the interpreter's last flush it would make the exit code 120. Answers with
    what else went wrong, which is lost as well."""
    try:
        if stream is not None:
            stream.flush()
    except BrokenPipeError:
        _forget(stream)
    except OSError as error:
        _forget(stream)
        return error
    return None


def _forget(stream: TextIO | None) -> None:
    """Points a stream at nothing, so that the interpreter's last flush cannot fail."""
    if stream is not None:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


if __name__ == "__main__":
    main()
