"""The command line's shell, and the one place where errors become exit codes.

0 done (a limit reached is done) · 1 a regression and nothing else · 2 usage · 3 inconclusive ·
4 could not measure · 5 unreadable result · 70 a fault of ours · 128 + n ended by signal n.
"""

from __future__ import annotations

import contextlib
import resource
import sys
import traceback
from dataclasses import astuple
from typing import Annotated

import typer

from bench import signals
from bench.cli import completion, guard, readers, working
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
from bench.errors import FAULT, MeasureError, OutnumberError, is_refusal
from outnumber import __version__

USAGE = 2

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
    show_completion: Annotated[
        completion.Shell | None,
        typer.Option(
            callback=completion.show,
            is_eager=True,
            metavar="[SHELL]",
            help="Print the script that completes commands in bash, zsh or fish.",
        ),
    ] = None,
    install_completion: Annotated[
        completion.Shell | None,
        typer.Option(
            callback=completion.install,
            is_eager=True,
            metavar="[SHELL]",
            help="Install that script for this shell, or for the one named.",
        ),
    ] = None,
) -> None:
    """How many threads, goroutines and tasks can you launch, and what stops you?"""


def main() -> None:
    """Runs the command that was typed and ends the process with its exit code."""
    signals.install()
    readers.settle_width()
    readers.forgive()
    guard.guard()
    if completion.is_asked():
        completion.answer(app)
        sys.exit(0)
    code = _code_of_run()
    lost = readers.flushed()
    if lost is not None:
        _tell(
            f"outnumber: standard output cannot be written: {lost}; make room, or send it elsewhere"
        )
    sys.exit(code or (USAGE if lost is not None else 0))


def _code_of_run() -> int:
    try:
        words = completion.with_shell(sys.argv[1:])
        doing = working.DOING.get(working.command_of(words), "")
        with working.working(doing, quiet=not doing or not working.QUIET.isdisjoint(words)):
            return int(app(words, prog_name="outnumber", standalone_mode=False) or 0)
    except typer.TyperException as error:
        return _tell_usage(error)
    except typer.Abort:
        _tell("outnumber: cancelled")
        return USAGE
    except (OutnumberError, signals.Interrupted) as error:
        _tell(f"outnumber: {error}".replace("\n", "\n  "))  # no text can forge a line of ours
        return error.exit_code
    except Exception as error:
        if is_refusal(error):
            return _tell_refusal(error)
        return _tell_fault()
    except SystemExit:
        return _tell_fault()


def _tell_refusal(error: Exception) -> int:
    """The harness itself was refused memory, a descriptor, a process: its limit is named."""
    limit, evidence = None, (_plainly(error),)
    with contextlib.suppress(Exception):  # what names it may be refused as well
        from bench.limits.start import refused_start
        from bench.system import System

        limit, _, evidence = astuple(refused_start(System(), repr(error)))
    name = f"{limit}: " if limit else ""
    _tell(f"outnumber: the harness itself was refused: {error!r}\n  {name}{'; '.join(evidence)}")
    return MeasureError.exit_code


def _plainly(error: BaseException) -> str:
    """The limit that refused something to the harness, told with what was left to it: no file is
    read, and hardly any memory taken."""
    pairs = (
        ("RLIMIT_AS", "--as"),
        ("RLIMIT_DATA", "--data"),
        ("RLIMIT_NPROC", "--nproc"),
        ("RLIMIT_NOFILE", "--nofile"),
    )
    wanted = pairs[:2] if isinstance(error, MemoryError | ImportError) else pairs
    for name, option in wanted:
        soft, _ = resource.getrlimit(getattr(resource, name))
        if soft != resource.RLIM_INFINITY:
            return f"{name} is {soft:,}; type: prlimit {option}=unlimited outnumber …"
    return f"{error}"


def _tell_fault() -> int:
    """Ours to mend; a library's own exit code would be a verdict."""
    _tell(traceback.format_exc())
    _tell(f"outnumber {__version__}: a fault of ours; please report the above")
    return FAULT


def _tell(message: str) -> None:
    """On standard error, where that is still read: the exit code stays what it is in any case."""
    with contextlib.suppress(OSError):
        typer.echo(message, err=True)


def _tell_usage(error: typer.TyperException) -> int:
    """Shows a usage error the way typer does: with its usage line and the hint at --help."""
    if isinstance(getattr(error, "message", None), str):  # no library's inside stands in it
        error.message = error.message.removeprefix("Value error, ")
    with contextlib.suppress(OSError):
        getattr(error, "show", lambda: _tell(f"outnumber: {error}"))()
    return USAGE


if __name__ == "__main__":
    main()
