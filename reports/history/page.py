"""A history as one HTML file, of the same kind as the page of a result: no script, nothing from
elsewhere, and what a history holds is text in it and never markup."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path

from bench import files
from bench.errors import UsageError
from bench.history.review import Review, suspected_changes
from reports.figures.chart import Column, tabulate
from reports.history import words
from reports.history.charts import charts
from reports.history.table import borders
from reports.page.drawing import pictures
from reports.page.html import SIGNED, rendered
from reports.page.model import Figure
from reports.tables.table import Titled

NAME = "history.html"


@dataclass(frozen=True)
class SuspectedRow:
    """The nominations of one change in words, with what to type; `confirm` is empty where it is the
    machine."""

    heading: str
    sentences: tuple[str, ...]
    confirm: str
    accept: str


@dataclass(frozen=True)
class TrendsPage:
    """What the page shows: the template lays it out and decides nothing."""

    headline: str
    byline: str
    nominated: tuple[SuspectedRow, ...]
    figures: tuple[Figure, ...]
    borders: Titled | None
    accepted: Titled | None
    notes: tuple[str, ...]

    @property
    def contents(self) -> tuple[tuple[str, str], ...]:
        """The addresses on the page, and what each is called."""
        optional = (("borders", self.borders), ("accepted", self.accepted))
        return (
            ("nominated", "Suspected changes"),
            ("trends", "Trends"),
            *((key, titled.title) for key, titled in optional if titled),
            ("known", "Notes"),
        )


def write_page(review: Review, folder: Path) -> Path:
    """Writes `history.html` into `folder` and returns its path; an earlier one is replaced.

    Raises `UsageError` where a file of that name is not ours, and where it cannot be written.
    """
    path = folder / NAME
    text = rendered("trends.html.j2", page=page(review))
    try:
        files.check_folder(folder)
        if (
            path.exists()
            and files.is_there(path)
            and SIGNED not in path.read_text("utf-8", "replace")[:2000]
        ):
            raise UsageError(
                f"{path} is there already, and is no page of outnumber's; move it away, or give "
                "another folder with --page"
            )
        files.make_folder(folder)
        files.write(path, text)
    except OSError as error:
        raise UsageError(
            f"{path}: the page cannot be written there: {error.strerror}; give another folder with "
            "--page"
        ) from error
    return path


def page(review: Review) -> TrendsPage:
    """The page of a history."""
    made = charts(review)
    drawn = pictures(made)
    return TrendsPage(
        headline=words.sentence(review.check),
        byline=words.heading(review),
        nominated=tuple(
            SuspectedRow(
                heading=f"{change.case.key}, {words.names_of(change.nominations)}",
                sentences=tuple(f"{words.nominated(one)}." for one in change.nominations),
                confirm="" if change.is_machine else "\n".join((*change.prepare, change.confirm)),
                accept="\n".join(change.accept),
            )
            for change in suspected_changes(review.check.nominations, review.history)
        ),
        figures=tuple(
            Figure(
                one.heading[:1].upper() + one.heading[1:],
                one,
                drawn[one.name],
                Titled(one.name, one.title, one.table),
            )
            for one in made
        ),
        borders=_titled(
            "borders",
            "Measured differently",
            ("from", "what changed", "shifts across it, not judged"),
            borders(review.segment_starts),
        ),
        accepted=_titled(
            "accepted", "Accepted changes", ("from", "of", "why"), words.accepted(review)
        ),
        notes=tuple(words.notes(review)),
    )


def _titled(
    key: str, title: str, headings: Sequence[str], rows: Iterable[tuple[str, ...]]
) -> Titled | None:
    """A table of words; `None` where it has no rows."""
    columns = [
        Column(heading, heading, itemgetter(place), is_number=False)
        for place, heading in enumerate(headings)
    ]
    made = list(rows)
    return Titled(key, title, tabulate(columns, made)) if made else None
