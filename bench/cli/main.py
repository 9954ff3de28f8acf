"""The command line's shell: THE list of commands, and the one place where errors become exit codes.

0 done (a limit reached is done) · 1 a regression and nothing else · 2 usage · 3 inconclusive ·
4 could not measure · 5 unreadable result · 70 an internal error · 128 + n ended by signal n.
"""

from __future__ import annotations

import contextlib
import resource
import sys
import traceback
from collections.abc import Callable, Sequence
from dataclasses import astuple
from typing import Annotated, NamedTuple

import typer

from bench import signals
from bench.cli import completion, streams
from bench.cli.ab import ab
from bench.cli.ceiling import ceiling
from bench.cli.compare import compare
from bench.cli.configured import KEYS_OF, Configured
from bench.cli.exec import exec_
from bench.cli.export import export
from bench.cli.history import app as history
from bench.cli.limits import limits
from bench.cli.noise import noise
from bench.cli.report import explain, report, summary
from bench.cli.run import run
from bench.cli.runtimes import runtimes
from bench.cli.slides import slides
from bench.errors import FAULT, MeasureError, OutnumberError, is_refusal
from outnumber import __version__

USAGE = 2
HELP = "How many threads, goroutines and tasks can you launch, and what stops you?"
# What the extra `figures` brings, by its import's name: an installation may do without.
OF_FIGURES = {"matplotlib": "matplotlib", "numpy": "numpy", "pptx": "python-pptx"}


class Command(NamedTuple):
    """A command, and what it says that it does where it prints nothing for a second."""

    name: str
    program: Callable[..., int] | typer.Typer
    doing: str


COMMANDS = (
    Command("run", run, "looking at this machine and its runtimes"),
    Command("limits", limits, "launching up to 3,000 units of each runtime, to see what they use"),
    Command("ceiling", ceiling, "looking at this machine and its runtimes"),
    Command("ab", ab, "looking at both sides"),
    Command("exec", exec_, "looking at this machine and its runtimes"),
    Command("compare", compare, "comparing the two results"),
    Command("noise", noise, "looking at this machine and its runtimes"),
    Command("history", history, "reading the history"),
    Command("runtimes", runtimes, "looking for runtimes; with --check, trying the runner"),
    Command("summary", summary, "computing the figures of the result"),
    Command("explain", explain, "computing the figures of the result"),
    Command("report", report, "drawing the page and its figures"),
    Command("slides", slides, "drawing the figures"),
    Command("export", export, "computing the figures of the result"),
)

app = typer.Typer(
    help=HELP,
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,  # rich takes as long to load as all the rest of --help
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command in COMMANDS:
    if isinstance(command.program, typer.Typer):
        app.add_typer(command.program, name=command.name)
    elif command.name in KEYS_OF:
        app.command(command.name, cls=Configured)(command.program)
    else:
        app.command(command.name)(command.program)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"outnumber {__version__}")
        raise typer.Exit


@app.callback(help=HELP)
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
    pass


def main() -> None:
    """Runs the command that was typed and ends the process with its exit code."""
    signals.install()
    streams.settle_width()
    streams.forgive()
    streams.guard()
    if completion.is_asked():
        completion.answer(app)
        sys.exit(0)
    code = _code_of_run(completion.with_shell(sys.argv[1:]))
    lost = streams.flushed()
    if lost is not None:
        _say(
            f"outnumber: standard output cannot be written: {lost}; make room, or send it elsewhere"
        )
    sys.exit(code or (USAGE if lost is not None else 0))


def doing(words: Sequence[str]) -> str:
    """What the command among the words that were typed does; empty where there is none."""
    known = {command.name: command.doing for command in COMMANDS}
    return next((known[word] for word in words if word in known), "")


def _code_of_run(words: list[str]) -> int:
    work = doing(words)
    try:
        with streams.working(work, quiet=not work or not {"--quiet", "-q"}.isdisjoint(words)):
            return int(app(words, prog_name="outnumber", standalone_mode=False) or 0)
    except typer.TyperException as error:
        # As typer does, with its usage line and the hint at --help, but no word of its inside.
        if isinstance(getattr(error, "message", None), str):
            error.message = error.message.removeprefix("Value error, ")
        with contextlib.suppress(OSError):
            show = getattr(error, "show", None)
            show() if show else _say(f"outnumber: {error}")
        return USAGE
    except typer.Abort:
        _say("outnumber: cancelled")
        return USAGE
    except (OutnumberError, signals.Interrupted) as error:
        _say(f"outnumber: {error}".replace("\n", "\n  "))  # no text can forge a line of ours
        return error.exit_code
    except (Exception, SystemExit) as error:  # a library's own exit code would be a verdict
        library = str(getattr(error, "name", "")).partition(".")[0]
        if isinstance(error, ModuleNotFoundError) and library in OF_FIGURES:
            needed = f"this command needs {OF_FIGURES[library]}, which is not installed"
            _say(f"outnumber: {needed}; type: pip install 'outnumber[figures]'")
            return USAGE
        if isinstance(error, Exception) and is_refusal(error):
            return _code_of_refusal(error)
        _say(traceback.format_exc())
        _say(f"outnumber {__version__}: internal error; please report the above")
        return FAULT


def _code_of_refusal(error: Exception) -> int:
    """The harness itself was refused memory, a descriptor, a process: its limit is named."""
    limit, evidence = None, (f"{error}",)
    # A limit of this process that is set at all is the likely one. No file is read for it, and
    # hardly any memory taken.
    options = {"AS": "--as", "DATA": "--data", "NPROC": "--nproc", "NOFILE": "--nofile"}
    if isinstance(error, MemoryError | ImportError):
        options = {"AS": "--as", "DATA": "--data"}
    for name, option in options.items():
        soft, _ = resource.getrlimit(getattr(resource, f"RLIMIT_{name}"))
        if soft != resource.RLIM_INFINITY:
            evidence = (f"RLIMIT_{name} is {soft:,}; type: prlimit {option}=unlimited outnumber …",)
            break
    with contextlib.suppress(Exception):  # what names it exactly may be refused as well
        from bench.limits.recognise import refused_start
        from bench.system import System

        limit, _, evidence = astuple(refused_start(System(), repr(error)))
    name = f"{limit}: " if limit else ""
    _say(f"outnumber: outnumber itself ran into a limit: {error!r}\n  {name}{'; '.join(evidence)}")
    return MeasureError.exit_code


def _say(message: str) -> None:
    """On standard error, where that is still read: the exit code stays what it is in any case."""
    with contextlib.suppress(OSError):
        typer.echo(message, err=True)


if __name__ == "__main__":
    main()
