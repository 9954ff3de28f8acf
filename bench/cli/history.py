"""`outnumber history`: runs night by night, and the nights at which a figure seems to have changed.

History nominates, `outnumber ab` confirms. So a check never ends with 1: that is for regressions
alone, and nights that were not made in turn cannot tell one. It ends with 3, inconclusive, where
something alarms, and `--fail-on none` makes that 0.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bench.cli import options, values
from bench.errors import UsageError
from bench.history import FOLDER

if TYPE_CHECKING:
    from bench.history.reading import History
    from bench.history.records import Point
    from bench.history.review import Review
    from bench.judging.gates import Figure
    from bench.model.records import Result

INCONCLUSIVE = 3
FEWEST_LETTERS = 4  # of an id, a commit or a date
NO_CONTROL = "a machine that changes will not be told from a unit that does"

Folder = Annotated[
    Path, typer.Option(metavar="DIR", help="Where the history is kept.", show_default=True)
]
Metrics = Annotated[
    list[str] | None,
    typer.Option(
        "--metric",
        "-m",
        metavar="METRIC",
        help="This figure, such as bytes_per_unit or start_latency_seconds/0.99; may be repeated.",
    ),
]
Across = Annotated[
    list[str] | None,
    typer.Option(
        metavar="FACT",
        help="Do not split the history when this changes: 'trio version' (repeatable).",
    ),
]


class FailOn(StrEnum):
    """What makes a check end with 3."""

    alarm = "alarm"
    none = "none"


class Format(StrEnum):
    """How a check is written. `json` is for programs."""

    table = "table"
    json = "json"
    markdown = "markdown"


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
        str | None,
        typer.Option(metavar="SHA", help="What was tested.  [default: as CI or git says]"),
    ] = None,
    folder: Folder = FOLDER,
) -> int:
    """Add runs to the history: a small file each, which git merges without a conflict.

    One that cannot be added is named, and the others are added all the same.
    """
    from bench.cli.commit import checked, current_commit
    from bench.errors import OutnumberError
    from bench.history.folder import add as add_point
    from bench.history.folder import refuse_unwritable
    from bench.model.decoding import printable
    from bench.model.file import load

    tested = current_commit() if commit is None else checked(commit)
    refuse_unwritable(folder)
    faults: list[OutnumberError] = []
    for path in result:
        name = printable(str(path))
        try:
            point = _point(path, load(path), tested)
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
    runtime: options.Runtimes = None,
    metric: Metrics = None,
    across: Across = None,
    page: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Write a page with everything into it.")
    ] = None,
    figures: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Write a figure a metric, as SVG and PNG.")
    ] = None,
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
    runtime: options.Runtimes = None,
    metric: Metrics = None,
    across: Across = None,
    fail_on: Annotated[
        FailOn, typer.Option(help="End with 3 for an alarm, or never.")
    ] = FailOn.alarm,
    form: Annotated[Format, typer.Option("--format", help="How to write it.")] = Format.table,
    markdown: options.MarkdownFile = None,
    folder: Folder = FOLDER,
) -> int:
    """Nominate the nights at which a figure seems to have changed, with what would confirm it."""
    from bench.cli.judged import refuse_markdown

    review = _review(folder, runtime, metric, across)
    if markdown is not None:
        refuse_markdown(markdown)
    _tell(review, form, markdown)
    alarmed = bool(review.check.alarms) and fail_on is FailOn.alarm
    return INCONCLUSIVE if alarmed else 0


@app.command()
def acknowledge(
    point: Annotated[
        str,
        typer.Argument(
            metavar="POINT", help="The first run after the change: its id, commit or date."
        ),
    ],
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why the change is right.")],
    runtime: Annotated[
        str | None, typer.Option("--runtime", "-r", metavar="NAME", help="Only this runtime.")
    ] = None,
    metric: Annotated[
        str | None, typer.Option("--metric", "-m", metavar="METRIC", help="Only this figure.")
    ] = None,
    yes: Annotated[
        bool, typer.Option("--yes", help="Accept all figures of the run without a question.")
    ] = False,
    folder: Folder = FOLDER,
) -> int:
    """Accept a change: it alarms no more, and a new baseline begins there.

    Without --runtime and --metric it lists what it would accept, and asks.
    """
    from datetime import UTC, datetime

    from bench.history.folder import acknowledge as keep
    from bench.history.reading import read
    from bench.history.records import LONGEST_REASON, VERSION, Acknowledgement

    if not 0 < len(reason.strip()) <= LONGEST_REASON:
        raise UsageError(f"--reason: say why, in up to {LONGEST_REASON} letters")
    history = read(folder)
    _known_runtimes(history, [runtime] if runtime else [])
    _known_figures([metric] if metric else [])
    found = _the_point(history, point)
    if runtime is None and metric is None and not yes:
        _ask(history, found)
    accepted = Acknowledgement(
        history=VERSION,
        point=found.id,
        case=runtime,
        metric=metric,
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
    import sys

    from bench.history.review import review
    from reports.history import words
    from reports.wording.escape import terminal

    lines = (
        f"This would accept every figure of the run {words.point_of(point)}:",
        *(f"  {line}" for line in words.acceptable(review(history), point)),
    )
    what = "\n".join(map(terminal, lines))
    if sys.stdin is None or not sys.stdin.isatty():
        raise UsageError(
            f"{what}\nadd --yes to accept all of it, or --runtime NAME and --metric METRIC to "
            "accept one figure; outnumber history check prints a command for each"
        )
    typer.echo(what, err=True)
    typer.confirm("Accept all of it?", abort=True, err=True)


def _point(path: Path, result: Result, commit: str | None) -> Point:
    from bench.history.points import point_of

    try:
        return point_of(result, commit)
    except UsageError as error:
        raise UsageError(f"{path}: {error}") from error


def _review(
    folder: Path,
    runtimes: Sequence[str] | None,
    metrics: Sequence[str] | None,
    across: Sequence[str] | None,
) -> Review:
    """The review of what was asked for. Raises `UsageError` for words that name nothing in it."""
    from bench.history.reading import read
    from bench.history.review import review
    from bench.history.trends import fact_names

    history = read(folder)
    _known_runtimes(history, runtimes or [])
    figures = _known_figures(metrics or [])
    known = fact_names(history)
    for name in across or []:
        if name not in known:
            raise UsageError(f"--across: nothing is called '{name}'{values.nearest(name, known)}")
    made = review(history, runtimes or (), figures, across or ())
    if not made.trends:
        wanted = ", ".join((*(runtimes or ()), *(metrics or ())))
        raise UsageError(f"{folder}: no run in it has {wanted or 'any of the usual figures'}")
    return made


def _known_runtimes(history: History, names: Iterable[str]) -> None:
    known = dict.fromkeys(runtime.key for p in history.points for runtime in p.cases)
    for name in names:
        if name not in known:
            raise UsageError(f"--runtime: the history has no '{name}'{values.nearest(name, known)}")


def _known_figures(words: Iterable[str]) -> list[Figure]:
    from bench.cli.gates import figure_called

    return [figure_called(word, "--metric") for word in words]


def _the_point(history: History, text: str) -> Point:
    """The one point that `text` names. Raises `UsageError` where there is none, or more."""
    found = [point for point in history.points if _names(text, point)]
    if len(found) == 1:
        return found[0]
    if not found:
        raise UsageError(
            f"no run of this history has an id, commit or date that begins with '{text}'; "
            "outnumber history check names them"
        )
    several = "\n".join(f"  {p.id}  {p.started}  {p.commit or ''}".rstrip() for p in found[:20])
    raise UsageError(f"'{text}' names {len(found)} runs; give the id of one:\n{several}")


def _names(text: str, point: Point) -> bool:
    """Whether `text` begins the point's id, commit or date, in letters enough not to be chance."""
    named = (point.id, point.commit or "", point.started)
    return len(text) >= FEWEST_LETTERS and any(one.startswith(text) for one in named)


def _tell(review: Review, form: Format, markdown: Path | None) -> None:
    """Writes the check's page where that was asked for or a GitHub step shows it, and prints it."""
    from bench.cli.judged import add_to_step, write_text
    from reports.history.markdown import as_markdown

    if markdown is not None:
        write_text(as_markdown(review), markdown)
    add_to_step(lambda: as_markdown(review))
    if form is Format.table:
        from reports.history.table import print_check

        print_check(review)
    elif form is Format.json:
        from reports.history.data import as_json

        typer.echo(as_json(review), nl=False)
    else:
        typer.echo(as_markdown(review), nl=False)
