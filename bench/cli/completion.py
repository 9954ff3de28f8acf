"""Completion of commands and options in bash, zsh and fish, by typer."""

from __future__ import annotations

import os
from enum import StrEnum

import typer

from bench.errors import UsageError

VARIABLE = "_OUTNUMBER_COMPLETE"  # a shell sets it when it asks for completions
OPTIONS = ("--show-completion", "--install-completion")


class Shell(StrEnum):
    """The shells that can be served; `auto` is the one that the command was typed in."""

    auto = "auto"
    bash = "bash"
    zsh = "zsh"
    fish = "fish"


def with_shell(words: list[str]) -> list[str]:
    """The command's words, with `auto` where no shell follows one of the two options."""
    return [*words, Shell.auto.value] if words and words[-1] in OPTIONS else words


def answer(app: typer.Typer) -> None:
    """Prints what a shell asks for in its variables. A question that makes no sense has no answer:
    any message would stand in the user's prompt."""
    from typer.completion import completion_init  # type: ignore[attr-defined]

    completion_init()
    try:
        app(prog_name="outnumber", standalone_mode=False)
    except (Exception, SystemExit):  # typer ends the process, with 1 where it knows no answer
        return


def show(shell: Shell | None) -> None:
    """Prints the script that completes `outnumber` in this shell, and ends the command."""
    from typer.completion import get_completion_script  # type: ignore[attr-defined]

    if shell is not None:
        name = _named(shell)
        typer.echo(get_completion_script(prog_name="outnumber", complete_var=VARIABLE, shell=name))
        raise typer.Exit


def install(shell: Shell | None) -> None:
    """Puts that script where the shell finds it, and ends the command."""
    from typer.completion import install  # type: ignore[attr-defined]

    if shell is not None:
        try:
            name, path = install(_named(shell), prog_name="outnumber", complete_var=VARIABLE)
        except (OSError, RuntimeError) as error:  # the second: there is no home folder
            raise UsageError(
                f"the completion cannot be installed: {error}; outnumber --show-completion prints "
                "it, to be put where your shell finds it"
            ) from error
        typer.echo(f"{name} completes outnumber from its next start on, by {path}")
        raise typer.Exit


def is_asked() -> bool:
    """Whether a shell has started the command to ask for completions."""
    return VARIABLE in os.environ


def _named(shell: Shell) -> str:
    """The shell's name. Raises `UsageError` where the one that the command was typed in is none of
    those that can be served."""
    if shell is not Shell.auto:
        return shell.value
    import shellingham

    try:
        name = str(shellingham.detect_shell()[0])
    except shellingham.ShellDetectionFailure:
        name = "unknown"
    if name not in {*Shell} - {Shell.auto}:
        raise UsageError(
            f"no completion for this shell ({name}); name one: --show-completion bash, zsh or fish"
        )
    return name
