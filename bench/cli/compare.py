"""`outnumber compare`: two stored results, judged as far as they bear a verdict; and what a
judgement ends with, here and in `ab`: its files, what a build's page shows of it, the exit code."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bench import files
from bench.cli import options
from bench.cli.options import flag, text
from bench.errors import UsageError

if TYPE_CHECKING:
    from bench.judging.verdicts import Judgement, Outcome

NOT_IN_TURN = (
    "the two results were not made in turn: what the machine did in between looks like a change of "
    "times; outnumber ab measures in pairs, which cancels that out"
)
NOT_ALIKE = "the results are not alike, so this comparison is advisory and decides nothing"
EXIT_CODES: dict[Outcome, int] = {
    "no regression": 0,
    "improvement": 0,
    "regression": 1,
    "inconclusive": 3,
    "not measured": 4,
}
STEP_SUMMARY = "GITHUB_STEP_SUMMARY"


def compare(
    base: Annotated[Path, typer.Argument(metavar="BASE", help="A result made by run or ab.")],
    new: Annotated[Path, typer.Argument(metavar="NEW", help="The result to compare with it.")],
    runtime: options.OnlyRuntimes = None,
    gate: options.Gates = None,
    unlike_ok: Annotated[
        bool, flag("Compare unlike machines; then decide nothing.", "--unlike-ok")
    ] = False,
    inconclusive_ok: options.InconclusiveOk = False,
    markdown: options.MarkdownFile = None,
    output: Annotated[
        Path | None, text("FOLDER", "Write the verdict's files here.", "--output", "-o")
    ] = None,
    quiet: Annotated[bool, flag("Print nothing.", "--quiet", "-q")] = False,
) -> int:
    """Compare two stored results of like machines."""
    from bench.judging import judge
    from bench.judging.verdicts import judgement
    from bench.model.file import load
    from bench.model.likeness import differences

    margins = options.gates(gate or [])
    results = load(base), load(new)
    if not unlike_ok:
        judge.refuse_unlike(*results)
    places = Places(output, markdown)
    places.refuse_unwritable()
    advisory, paired = bool(judge.unlike(*results)), judge.is_one_job(*results)
    made = judgement(
        judge.judged(*results, margins, runtime or []),
        (results[0], base),
        (results[1], new),
        paired=paired,
        advisory=advisory,
        differences=tuple(map(str, differences(*results))),
        warnings=(
            *((NOT_ALIKE,) if advisory else ()),
            *(results[0].warnings if paired else (NOT_IN_TURN,)),
        ),
    )
    return ended(made, places, quiet, inconclusive_ok)


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
            what = f"{folder}: a verdict"
            _refuse_unwritable(files.check_folder, folder, what, "-o")
            for name in NAMES if folder.is_dir() else ():
                _refuse_unwritable(files.check, folder / name, what, "-o")
        if self.markdown is not None and (folder != self.markdown.parent or folder.is_dir()):
            refuse_markdown(self.markdown)  # the folder of the verdict is made before the page


def refuse_markdown(path: Path) -> None:
    """Raises `UsageError` where the file of `--markdown` cannot be written."""
    _refuse_unwritable(files.check, path, f"--markdown: {path}: a page", "--markdown")


def _refuse_unwritable(check: Callable[[Path], None], path: Path, what: str, option: str) -> None:
    try:
        check(path)
    except OSError as error:
        raise UsageError(
            f"{what} cannot be written there: {error.strerror}; give another place with {option}"
        ) from error


def ended(judgement: Judgement, places: Places, quiet: bool, inconclusive_ok: bool) -> int:
    """Writes the judgement, shows it, and gives the exit code. Files come before what is printed,
    each whatever became of the others, and the verdict last: with it a job is done, and refused a
    second time. A disk that fails only now takes no verdict away: it is reported, and raised as
    `UsageError` where the exit code would be 0."""
    from reports.verdicts.files import make, write
    from reports.verdicts.table import markdown, print_judgement

    folder, page = places.folder, places.markdown
    writers: list[Callable[[], object]] = []
    if page is not None:
        writers.append(lambda: write_page(markdown(judgement), page))
    if folder is not None:
        writers = [lambda: make(folder), *writers, lambda: write(judgement, folder)]
    lost = []
    for writer in writers:
        try:
            writer()
        except UsageError as error:
            lost.append(str(error))
    add_to_step(lambda: markdown(judgement))
    if not quiet:
        print_judgement(judgement)
    code = exit_code(judgement, inconclusive_ok)
    if lost and code == 0:
        raise UsageError("\n".join(lost))
    for message in lost:
        typer.echo(f"outnumber: {message}", err=True)
    return code


def write_page(text: str, path: Path) -> None:
    """Writes a page to the file of `--markdown`. Raises `UsageError` where that cannot be."""
    try:
        files.write(path, text)
    except OSError as error:
        raise UsageError(f"--markdown: {path}: cannot be written: {error.strerror}") from error


def add_to_step(text: Callable[[], str]) -> None:
    """Adds a page to the summary of the GitHub step that this runs in, if it does."""
    place = os.environ.get(STEP_SUMMARY)
    if not place:
        return
    try:
        files.append(Path(place), text())
    except OSError as error:  # the verdict is none the worse for it
        typer.echo(f"outnumber: {STEP_SUMMARY} cannot be added to: {error.strerror}", err=True)
