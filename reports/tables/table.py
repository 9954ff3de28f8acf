"""A table of a report as a value with a title, and how it becomes Markdown and CSV.

A cell stands there twice: in words for people, and raw (seconds, bytes, counts, `None` where
unknown) for programs. Every number of a report stands in one of these.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from reports.figures.chart import Doubts, Table
from reports.wording import escape

DOUBTS = "doubts"  # the last column of a CSV file


@dataclass(frozen=True)
class Titled:
    """A table with the name of its files, and its title."""

    name: str
    title: str
    table: Table


def sheet(
    name: str,
    title: str,
    headings: Sequence[str],
    rows: Iterable[Sequence[str]],
    numbers: Iterable[int] = (),
    doubts: Sequence[Doubts] | None = None,
) -> Titled:
    """A table of words alone; `numbers` are the columns that hold values, `doubts` those about the
    values of each row, whose cells carry the mark already."""
    words = tuple(tuple(map(escape.plain, row)) for row in rows)
    marks = tuple(place in set(numbers) for place in range(len(headings)))
    keys = tuple(heading.replace(" ", "_") for heading in headings)
    held = None if doubts is None else tuple(doubts)
    return Titled(name, title, Table(tuple(headings), keys, marks, words, words, held))


def as_markdown(table: Table) -> str:
    """The words of a table, for a page or a pull request, and below it why cells are marked."""
    return markdown_lines(table.headings, table.is_number, table.words, table.note)


def markdown_lines(
    headings: Iterable[str], is_number: Iterable[bool], rows: Iterable[Iterable[str]], note: str
) -> str:
    """A Markdown table of these cells, each of which is escaped, and the note below it."""
    cells = [map(escape.markdown, headings), ("---:" if n else "---" for n in is_number)]
    lines = [f"| {' | '.join(row)} |" for row in (*cells, *(map(escape.markdown, r) for r in rows))]
    return "\n".join([*lines, *(["", escape.markdown(note)] if note else [])]) + "\n"


def as_csv(table: Table) -> str:
    """The raw values of a table under its keys; unknown is an empty cell. Where values can be
    doubted, a last column names those of the row that are: `reached busy; limit_at few`."""
    keys, rows = table.keys, table.values
    if table.doubts is not None:
        keys = (*keys, DOUBTS)
        rows = tuple(
            (*row, "; ".join(f"{key} {name}" for key, name in about.items()))
            for row, about in zip(rows, table.doubts, strict=True)
        )
    return csv_text(keys, rows)


def csv_text(keys: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    """CSV of these keys and rows, whose text a spreadsheet takes for no formula."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(keys)
    for row in rows:
        writer.writerow(escape.csv(cell) if isinstance(cell, str) else cell for cell in row)
    return out.getvalue()
