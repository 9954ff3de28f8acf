"""A report in a folder: the page, and beside it every figure and every table as files."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench import files
from bench.errors import UsageError
from reports.digest import Digest
from reports.draw.save import FORMATS, REPORT, pictures
from reports.page import drawing
from reports.page.html import SIGNED, html
from reports.page.model import Page, page
from reports.tables import report as tables
from reports.tables import summary
from reports.tables.report import SUMMARY, Titled
from reports.wording import escape

NAME = "report.html"
LONGEST = 40


@dataclass(frozen=True)
class Part:
    """One result of a report: what it is called, and the folder of its figures and tables."""

    label: str
    digest: Digest
    folder: Path


def write_report(digests: Mapping[str, Digest], folder: Path) -> Path:
    """Writes the report of the results, by their labels, into `folder`; returns the page's path.

    One result's figures and tables lie beside the page, those of several in a folder each. Files of
    an earlier report are replaced. Raises `UsageError` where there are others, before anything is
    written, and where the folder cannot be written. The page comes first, since by it a folder is
    known for ours again, whatever cuts the writing short.
    """
    parts = _parts(digests, folder)
    with _writing(folder):
        files.check_folder(folder)
        made = _page(parts)
        written = dict(_tables(made, parts, folder))
        _refuse_strange(folder, written)
        drawn: dict[Path, bytes] = {}
        for part in parts:
            drawn |= pictures(part.digest.charts, part.folder, FORMATS, elsewhere=REPORT)
        for place in dict.fromkeys((folder, *(part.folder for part in parts))):
            files.make_folder(place)
        files.write_all({folder / NAME: html(made), **drawn, **written})
    return folder / NAME


def labels(paths: Sequence[Path]) -> list[str]:
    """A name for each result file, by its stem: no two alike."""
    names: list[str] = []
    for path in paths:
        stem = escape.plain(path.stem)[:LONGEST] or "result"
        more = (f"{stem} ({number})" for number in range(2, len(paths) + 2))
        names.append(next(name for name in (stem, *more) if name not in names))
    return names


def _parts(digests: Mapping[str, Digest], folder: Path) -> list[Part]:
    if len(digests) == 1:
        return [Part(label, made, folder) for label, made in digests.items()]
    return [
        Part(label, made, folder / _name(place, label))
        for place, (label, made) in enumerate(digests.items(), start=1)
    ]


def _name(place: int, label: str) -> str:
    """A folder's name that every file system takes."""
    word = re.sub(r"[^A-Za-z0-9._-]+", "-", label).strip("-.")
    return f"{place}-{word}" if word else str(place)


def _page(parts: Sequence[Part]) -> Page:
    digests = [part.digest for part in parts]
    drawn = [drawing.pictures(made.charts) for made in digests]
    return page(digests, [part.label for part in parts], drawn)


def _tables(made: Page, parts: Sequence[Part], folder: Path) -> Iterator[tuple[Path, str]]:
    """Every table of figures as Markdown and CSV. The summary is the command's own, with its
    doubts."""
    for part in parts:
        metrics = part.digest.metrics
        for titled in part.digest.tables:
            yield from _written(titled, part.folder)
        text = _headed("Every figure", summary.as_markdown(metrics))
        yield part.folder / f"{SUMMARY}.md", text
        yield part.folder / f"{SUMMARY}.csv", summary.as_csv(metrics)
    for shared in (made.unlike, made.side_by_side):
        if shared:
            yield from _written(shared, folder)


def _written(titled: Titled, folder: Path) -> Iterator[tuple[Path, str]]:
    text = _headed(titled.title, tables.as_markdown(titled.table))
    yield folder / f"{titled.name}.md", text
    yield folder / f"{titled.name}.csv", tables.as_csv(titled.table)


def _headed(title: str, text: str) -> str:
    return f"# {escape.markdown(title)}\n\n{text}"


def _refuse_strange(folder: Path, made: Mapping[Path, str]) -> None:
    """What stands where an earlier report was is ours. Else only what is to be written there, or
    the beginning of it, as an older version that was cut short has left it."""
    there = {
        path: path.read_bytes()
        for path in (folder / NAME, *made)
        if path.exists() and files.is_there(path)
    }
    if SIGNED.encode() in there.get(folder / NAME, b"")[:2000]:
        return
    for path, content in there.items():
        if not files.as_bytes(made.get(path, "")).startswith(content):
            raise UsageError(
                f"{path} is there already, and is no report of outnumber's; "
                "move it away, or give another folder with -o"
            )


@contextlib.contextmanager
def _writing(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise UsageError(
            f"{folder}: the report cannot be written there: {error.strerror}; the result itself is "
            "safe, and outnumber report RESULT -o DIR writes it elsewhere"
        ) from error
