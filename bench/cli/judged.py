"""What a judgement ends with: its files, what a build's page shows of it, and the exit code."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from bench.errors import UsageError

if TYPE_CHECKING:
    from bench.regression.verdicts import Judgement, Word

EXIT_CODES: dict[Word, int] = {"no regression": 0, "regression": 1, "inconclusive": 3}
STEP_SUMMARY = "GITHUB_STEP_SUMMARY"


def exit_code(judgement: Judgement, inconclusive_ok: bool) -> int:
    """1 for a regression and nothing else; an advisory judgement fails nobody."""
    outcome = judgement.decision.outcome
    if judgement.advisory or (outcome == "inconclusive" and inconclusive_ok):
        return 0
    return EXIT_CODES[outcome]


def show(judgement: Judgement, quiet: bool) -> None:
    """Prints the table and its sentence, and adds the page to a GitHub step's summary."""
    from reports.verdicts.markdown import markdown
    from reports.verdicts.table import print_judgement

    if not quiet:
        print_judgement(judgement)
    add_to_step(lambda: markdown(judgement))


def add_to_step(text: Callable[[], str]) -> None:
    """Adds a page to the summary of the GitHub step that this runs in, if it does."""
    place = os.environ.get(STEP_SUMMARY)
    if not place:
        return
    try:
        with Path(place).open("a", encoding="utf-8") as file:
            file.write(text())
    except OSError as error:  # the verdict is none the worse for it
        typer.echo(f"outnumber: {STEP_SUMMARY} cannot be added to: {error.strerror}", err=True)


def write_markdown(judgement: Judgement, path: Path) -> None:
    """Writes the page where it was asked for. Raises `UsageError` where that cannot be."""
    from reports.verdicts.markdown import markdown

    write_text(markdown(judgement), path)


def write_text(text: str, path: Path) -> None:
    """Writes a page to the file of `--markdown`. Raises `UsageError` where that cannot be."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"--markdown: {path}: cannot be written: {error.strerror}") from error
