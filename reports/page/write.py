"""A report in a folder: the page, and beside it every figure and every table as files."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from bench import files
from bench.errors import UsageError
from reports.digest import SUMMARY, Digest
from reports.draw import can_draw
from reports.draw.save import FORMATS, REPORT, pictures
from reports.page import drawing
from reports.page.html import SIGNED, html
from reports.page.model import ReportPage, page
from reports.tables import summary
from reports.tables.table import Titled, as_csv, as_markdown
from reports.wording import escape

NAME = "report.html"
LONGEST = 40


def write_report(digests: Mapping[str, Digest], folder: Path) -> Path:
    """Writes the report of the results, by their labels, into `folder`; returns the page's path.

    Where nothing can draw, the page has no pictures, and no figures lie beside it. One result's
    figures and tables lie beside the page, those of several in a folder each. Files of
    an earlier report are replaced. Raises `UsageError` where there are others, before anything is
    written, and where the folder cannot be written. The page comes first, since by it a folder is
    recognised as ours again, wherever the writing is cut short.
    """
    parts = []
    for number, (label, made) in enumerate(digests.items(), start=1):
        word = re.sub(r"[^A-Za-z0-9._-]+", "-", label).strip("-.")  # any file system takes it
        name = f"{number}-{word}" if word else str(number)
        parts.append((folder / name if len(digests) > 1 else folder, made))
    try:
        files.check_folder(folder)
        drawn = [drawing.pictures(made.charts) if can_draw() else {} for _, made in parts]
        whole = page([made for _, made in parts], list(digests), drawn)
        written = dict(_tables(whole, parts, folder))
        _refuse_strange(folder, written)
        figures: dict[Path, bytes] = {}
        for place, made in parts if can_draw() else ():
            figures |= pictures(made.charts, place, FORMATS, elsewhere=REPORT)
        for place in dict.fromkeys((folder, *(place for place, _ in parts))):
            files.make_folder(place)
        files.write_all({folder / NAME: html(whole), **figures, **written})
    except OSError as error:
        raise UsageError(
            f"{folder}: the report cannot be written there: {error.strerror}; the result itself is "
            "safe, and outnumber report RESULT -o DIR writes it elsewhere"
        ) from error
    return folder / NAME


def labels(paths: Sequence[Path]) -> list[str]:
    """A name for each result file, by its stem: no two alike."""
    names: list[str] = []
    for path in paths:
        stem = escape.plain(path.stem)[:LONGEST] or "result"
        more = (f"{stem} ({number})" for number in range(2, len(paths) + 2))
        names.append(next(name for name in (stem, *more) if name not in names))
    return names


def _tables(
    whole: ReportPage, parts: Sequence[tuple[Path, Digest]], folder: Path
) -> Iterator[tuple[Path, str]]:
    """Every table as Markdown and CSV. The summary is the command's own, with its warnings."""
    for place, made in parts:
        for titled in made.tables:
            words, values = as_markdown(titled.table), as_csv(titled.table)
            if titled.name == SUMMARY:
                words = summary.as_markdown(made.metrics)
                values = summary.as_csv(made.result, made.metrics)
            yield from _written(titled, place, words, values)
    for shared in (whole.unlike, whole.side_by_side):
        if shared:
            yield from _written(shared, folder, as_markdown(shared.table), as_csv(shared.table))


def _written(titled: Titled, folder: Path, words: str, values: str) -> Iterator[tuple[Path, str]]:
    yield folder / f"{titled.name}.md", f"# {escape.markdown(titled.title)}\n\n{words}"
    yield folder / f"{titled.name}.csv", values


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
