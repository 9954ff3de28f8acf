"""What a judgement ends with: its files, what a build's page shows of it, and the exit code."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from bench import files
from bench.errors import UsageError

if TYPE_CHECKING:
    from bench.judging.verdicts import Judgement, Outcome

EXIT_CODES: dict[Outcome, int] = {
    "no regression": 0,
    "improvement": 0,
    "regression": 1,
    "inconclusive": 3,
    "not measured": 4,
}
STEP_SUMMARY = "GITHUB_STEP_SUMMARY"


def exit_code(judgement: Judgement, inconclusive_ok: bool) -> int:
    """1 for a regression and nothing else, 4 where a gate could not be measured; an advisory
    judgement fails nobody. What is inconclusive may pass only where noise alone leaves it open."""
    decision = judgement.decision
    if judgement.advisory or (inconclusive_ok and decision.may_pass):
        return 0
    return EXIT_CODES[decision.outcome]


@dataclass(frozen=True)
class Places:
    """Where a judgement is written: its folder of files, and a copy of its page; `None` nowhere."""

    folder: Path | None
    markdown: Path | None = None

    def refuse_unwritable(self) -> None:
        """Raises `UsageError` for a place where nothing can be written, before there is a verdict
        whose exit code that would take away."""
        from reports.verdicts.files import NAMES

        if (folder := self.folder) is not None:
            _refuse_unwritable(files.check_folder, folder, f"{folder}: a verdict", "-o")
            for name in NAMES if folder.is_dir() else ():
                _refuse_unwritable(files.check, folder / name, f"{folder}: a verdict", "-o")
        if self.markdown is not None and (folder != self.markdown.parent or folder.is_dir()):
            refuse_markdown(self.markdown)  # the folder of the verdict is made before the page


def refuse_markdown(path: Path) -> None:
    """Raises `UsageError` where the file of `--markdown` cannot be written."""
    _refuse_unwritable(files.check, path, f"--markdown: {path}: a page", "--markdown")


def ended(judgement: Judgement, places: Places, quiet: bool, inconclusive_ok: bool) -> int:
    """Writes the judgement, shows it, and gives the exit code. Files come before what is printed. A
    disk that fails only now takes no verdict away: it is told, and raised as `UsageError` where the
    exit code would be 0."""
    lost = [*_written(judgement, places)]
    show(judgement, quiet)
    code = exit_code(judgement, inconclusive_ok)
    if lost and code == 0:
        raise UsageError("\n".join(lost))
    for message in lost:
        typer.echo(f"outnumber: {message}", err=True)
    return code


def show(judgement: Judgement, quiet: bool) -> None:
    """Adds the page to a GitHub step's summary, and prints the table and its sentence."""
    from reports.verdicts.markdown import markdown
    from reports.verdicts.table import print_judgement

    add_to_step(lambda: markdown(judgement))
    if not quiet:
        print_judgement(judgement)


def add_to_step(text: Callable[[], str]) -> None:
    """Adds a page to the summary of the GitHub step that this runs in, if it does."""
    place = os.environ.get(STEP_SUMMARY)
    if not place:
        return
    try:
        files.append(Path(place), text())
    except OSError as error:  # the verdict is none the worse for it
        typer.echo(f"outnumber: {STEP_SUMMARY} cannot be added to: {error.strerror}", err=True)


def write_markdown(judgement: Judgement, path: Path) -> None:
    """Writes the page where it was asked for. Raises `UsageError` where that cannot be."""
    from reports.verdicts.markdown import markdown

    write_text(markdown(judgement), path)


def write_text(text: str, path: Path) -> None:
    """Writes a page to the file of `--markdown`. Raises `UsageError` where that cannot be."""
    try:
        files.write(path, text)
    except OSError as error:
        raise UsageError(f"--markdown: {path}: cannot be written: {error.strerror}") from error


def _written(judgement: Judgement, places: Places) -> Iterator[str]:
    """Writes what was asked for, each file whatever became of the others; gives what failed. The
    verdict comes last: with it a job is done, and refused a second time."""
    from reports.verdicts.files import make, write

    writers: list[Callable[[], object]] = []
    if (folder := places.folder) is not None:
        writers.append(lambda: make(folder))
    if (page := places.markdown) is not None:
        writers.append(lambda: write_markdown(judgement, page))
    if folder is not None:
        writers.append(lambda: write(judgement, folder))
    for writer in writers:
        try:
            writer()
        except UsageError as error:
            yield str(error)


def _refuse_unwritable(check: Callable[[Path], None], path: Path, what: str, option: str) -> None:
    try:
        check(path)
    except OSError as error:
        raise UsageError(
            f"{what} cannot be written there: {error.strerror}; give another place with {option}"
        ) from error
