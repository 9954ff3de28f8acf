"""`outnumber history`: runs night by night, and the nights at which a figure seems to have changed.

History nominates, `outnumber ab` confirms. So a check never ends with 1: that is for regressions
alone, and nights that were not made in turn cannot tell one. It ends with 3, inconclusive, where
something alarms, and `--fail-on none` makes that 0.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from bench.cli import options
from bench.cli.options import BadOption, choice, flag, text
from bench.errors import OutnumberError, UsageError
from bench.history import FOLDER

if TYPE_CHECKING:
    from bench.history.review import Review
    from bench.history.store import History, Point

INCONCLUSIVE = 3
FEWEST_LETTERS = 4  # of an id, a commit or a date
NO_CONTROL = "a change of the machine will look like a change of the unit"
# The variables in which CI names the commit: GitHub and Forgejo, GitLab, Jenkins, CircleCI,
# Buildkite, Bitbucket, Azure, Travis, Drone and Woodpecker.
COMMIT_VARIABLES = (
    "GITHUB_SHA", "CI_COMMIT_SHA", "GIT_COMMIT", "CIRCLE_SHA1", "BUILDKITE_COMMIT",
    "BITBUCKET_COMMIT", "BUILD_SOURCEVERSION", "TRAVIS_COMMIT", "DRONE_COMMIT_SHA",
)  # fmt: skip
LONGEST_COMMIT = 200
GIT_SECONDS = 10

Folder = Annotated[Path, text("DIR", "Where the history is kept.")]
Metrics = Annotated[
    list[str] | None,
    text("METRIC", "This figure: bytes, start from idle/0.99 (repeatable).", "--metric", "-m"),
]
Across = Annotated[
    list[str] | None,
    text("FACT", "Do not split the history when this changes: 'trio version' (repeatable)."),
]


app = typer.Typer(
    help="Keep runs night by night, draw their trends, nominate what changed.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.command()
def add(
    result: Annotated[
        list[Path], typer.Argument(metavar="RESULT...", help="Files made by run or ceiling.")
    ],
    commit: Annotated[
        str | None, text("SHA", "The commit that was tested.  [default: as CI or git says]")
    ] = None,
    folder: Folder = FOLDER,
) -> int:
    """Add runs to the history: a small file each, which git merges without a conflict.

    One that cannot be added is named, and the others are added all the same.
    """
    from bench.history.store import add as add_point
    from bench.history.store import point_of, refuse_unwritable
    from bench.model.decoding import printable
    from bench.model.file import load

    tested = current_commit() if commit is None else commit
    if commit is not None and (
        len(commit) > LONGEST_COMMIT or not re.fullmatch(r"[0-9A-Za-z][0-9A-Za-z._/+-]*", commit)
    ):
        raise BadOption(
            "--commit",
            f"'{printable(commit)}' is not a commit; give up to {LONGEST_COMMIT} letters, such as "
            "its SHA (git rev-parse HEAD prints it) or a tag",
        )
    refuse_unwritable(folder)
    faults: list[OutnumberError] = []
    for path in result:
        name = printable(str(path))
        try:
            loaded = load(path)
            try:
                point = point_of(loaded, tested)
            except UsageError as error:
                raise UsageError(f"{path}: {error}") from error
            added = add_point(folder, point)
        except OutnumberError as error:
            faults.append(error)
            continue
        if added is None:
            typer.echo(f"{name} is in {folder} already, as {point.id}; nothing was done", err=True)
            continue
        if point.control is None:
            typer.echo(f"{name} has no control: {NO_CONTROL}", err=True)
        typer.echo(added)
    if faults:
        gravest = max(faults, key=lambda error: error.exit_code)
        raise type(gravest)("\n".join(map(str, faults)))
    return 0


@app.command()
def show(
    runtime: options.OnlyRuntimes = None,
    metric: Metrics = None,
    across: Across = None,
    page: Annotated[Path | None, text("DIR", "Write a page with everything here.")] = None,
    figures: Annotated[Path | None, text("DIR", "Write SVG and PNG files here.")] = None,
    folder: Folder = FOLDER,
) -> int:
    """Draw the trends: in the terminal, as a page, or as figures."""
    review = _review(folder, runtime, metric, across)
    if page is None and figures is None:
        from reports.history.table import print_trends

        print_trends(review)
    if page is not None:
        from reports.history.page import write_page

        typer.echo(write_page(review, page))
    if figures is not None:
        from reports.draw.save import HISTORY, write_pictures
        from reports.history.charts import charts

        for path in write_pictures(charts(review), figures, ("svg", "png"), elsewhere=HISTORY):
            typer.echo(path)
    return 0


@app.command()
def check(
    runtime: options.OnlyRuntimes = None,
    metric: Metrics = None,
    across: Across = None,
    fail_on: Annotated[
        Literal["alarm", "none"], choice("Exit with 3 for an alarm, or never.")
    ] = "alarm",
    form: Annotated[
        Literal["table", "json", "markdown"],
        choice("Output format; json is for programs.", "--format"),
    ] = "table",
    markdown: options.MarkdownFile = None,
    folder: Folder = FOLDER,
) -> int:
    """Nominate the nights at which a figure seems to have changed, with what would confirm it."""
    from bench.cli.compare import add_to_step, refuse_markdown, write_page
    from reports.history.documents import as_json, as_markdown
    from reports.history.table import print_check

    review = _review(folder, runtime, metric, across)
    if markdown is not None:
        refuse_markdown(markdown)
        write_page(as_markdown(review), markdown)
    add_to_step(lambda: as_markdown(review))
    if form == "table":
        print_check(review)
    else:
        typer.echo(as_json(review) if form == "json" else as_markdown(review), nl=False)
    return INCONCLUSIVE if review.check.alarms and fail_on == "alarm" else 0


@app.command()
def acknowledge(
    point: Annotated[
        str,
        typer.Argument(
            metavar="POINT", help="The first run after the change: its id, commit or date."
        ),
    ],
    reason: Annotated[str, text("TEXT", "Why the change is right.")],
    runtime: Annotated[str | None, text("NAME", "Only this runtime.", "--runtime", "-r")] = None,
    metric: Annotated[str | None, text("METRIC", "Only this figure.", "--metric", "-m")] = None,
    yes: Annotated[bool, flag("Accept all figures of the run without asking.", "--yes")] = False,
    folder: Folder = FOLDER,
) -> int:
    """Accept a change: it alarms no more, and a new baseline begins there.

    Without --runtime and --metric it lists what it would accept, and asks.
    """
    from datetime import UTC, datetime

    from bench.history.store import LONGEST_REASON, VERSION, Acknowledgement, read
    from bench.history.store import acknowledge as keep

    if not 0 < len(reason.strip()) <= LONGEST_REASON:
        raise BadOption("--reason", f"say why, in up to {LONGEST_REASON} letters")
    history, runtime = read(folder), runtime and options.case(runtime)
    _known_runtimes(history, [runtime] if runtime else [])
    accepted_point = _the_point(history, point)
    if runtime is None and metric is None and not yes:
        _ask(history, accepted_point)
    accepted = Acknowledgement(
        history=VERSION,
        point=accepted_point.id,
        case=runtime,
        metric=options.figure_called(metric, "--metric").words if metric else None,
        reason=reason.strip(),
        on=datetime.now(UTC).isoformat(timespec="seconds"),
    )
    path = keep(folder, accepted)
    if path is None:
        typer.echo("that is acknowledged already; nothing was done", err=True)
    else:
        typer.echo(path)
    return 0


def _ask(history: History, point: Point) -> None:
    """Lists everything that would be accepted, and asks. Raises `UsageError` where nobody can
    answer."""
    from bench.history.review import review
    from reports.history import words
    from reports.wording.escape import plain

    lines = (
        f"This would accept every figure of the run {words.point_of(point)}:",
        *(f"  {line}" for line in words.acceptable(review(history), point)),
    )
    what = "\n".join(map(plain, lines))
    if sys.stdin is None or not sys.stdin.isatty():
        raise UsageError(
            f"{what}\nadd --yes to accept all of it, or --runtime NAME and --metric METRIC to "
            "accept one figure; outnumber history check prints a command for each"
        )
    typer.echo(what, err=True)
    typer.confirm("Accept all of it?", abort=True, err=True)


def _review(
    folder: Path,
    runtimes: Sequence[str] | None,
    metrics: Sequence[str] | None,
    across: Sequence[str] | None,
) -> Review:
    """The review of what was asked for. Raises `UsageError` for words that name nothing in it."""
    from bench.history.review import review
    from bench.history.store import read
    from bench.history.trends import fact_names

    history = read(folder)
    _known_runtimes(history, runtimes or [])
    figures = [options.figure_called(word, "--metric") for word in metrics or []]
    known = fact_names(history)
    for name in across or []:
        if name not in known:
            hint = options.nearest(name, known)
            raise BadOption("--across", f"nothing is called '{name}'{hint}")
    made = review(history, runtimes or (), figures, across or ())
    if not made.trends:
        wanted = ", ".join((*(runtimes or ()), *(metrics or ())))
        raise UsageError(f"{folder}: no run in it has {wanted or 'any of the usual figures'}")
    return made


def _known_runtimes(history: History, names: Iterable[str]) -> None:
    known = dict.fromkeys(runtime.key for p in history.points for runtime in p.cases)
    for name in names:
        if name not in known:
            hint = options.nearest(name, known)
            raise BadOption("--runtime", f"the history has no '{name}'{hint}")


def _the_point(history: History, text: str) -> Point:
    """The one point whose id, commit or date begins with `text`, in letters enough not to be
    chance. Raises `UsageError` where there is none, or more."""
    found = [
        point
        for point in history.points
        if len(text) >= FEWEST_LETTERS
        and any(one.startswith(text) for one in (point.id, point.commit or "", point.started))
    ]
    if len(found) == 1:
        return found[0]
    if not found:
        raise UsageError(
            f"no run of this history has an id, commit or date that begins with '{text}'; "
            "outnumber history check names them"
        )
    several = "\n".join(f"  {p.id}  {p.started}  {p.commit or ''}".rstrip() for p in found[:20])
    raise UsageError(f"'{text}' names {len(found)} runs; give the id of one:\n{several}")


def current_commit() -> str | None:
    """The commit of a run: as CI says, else as git says of the current folder; `None` where neither
    does."""
    for name in COMMIT_VARIABLES:
        if said := os.environ.get(name, "").strip():
            return said[:LONGEST_COMMIT]
    import subprocess

    command = ("git", "rev-parse", "--verify", "--quiet", "HEAD")
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=GIT_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() or None if done.returncode == 0 else None
