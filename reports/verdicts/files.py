"""A judgement as files in one folder: JSON with every sample, Markdown, JUnit XML."""

from __future__ import annotations

from pathlib import Path

import msgspec

from bench import files
from bench.errors import UsageError
from bench.judging.verdicts import Judgement
from bench.model.decoding import encode
from reports.verdicts.junit import junit
from reports.verdicts.markdown import markdown

NAMES = JSON, MARKDOWN, JUNIT = "verdict.json", "verdict.md", "junit.xml"


def make(folder: Path) -> None:
    """Makes the folder. Raises `UsageError` where that cannot be."""
    try:
        files.make_folder(folder)
    except OSError as error:
        raise UsageError(f"{folder}: the verdict cannot be written: {error.strerror}") from error


def write(judgement: Judgement, folder: Path) -> Path:
    """Writes all three, the JSON last, and returns its path. Raises `UsageError` where that cannot
    be."""
    pretty = msgspec.json.format(encode(judgement), indent=1) + b"\n"
    make(folder)
    try:
        files.write_all(
            {
                folder / MARKDOWN: markdown(judgement),
                folder / JUNIT: junit(judgement),
                folder / JSON: pretty,
            }
        )
    except OSError as error:
        raise UsageError(f"{folder}: the verdict cannot be written: {error.strerror}") from error
    return folder / JSON
