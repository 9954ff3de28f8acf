"""A judgement as files in one folder: JSON with every sample, Markdown, JUnit XML."""

from __future__ import annotations

from pathlib import Path

import msgspec

from bench.errors import UsageError
from bench.regression.verdicts import Judgement
from reports.verdicts.junit import junit
from reports.verdicts.markdown import markdown

NAMES = JSON, MARKDOWN, JUNIT = "verdict.json", "verdict.md", "junit.xml"


def write(judgement: Judgement, folder: Path) -> Path:
    """Writes all three and returns the JSON's path. Raises `UsageError` where that cannot be."""
    pretty = msgspec.json.format(msgspec.json.encode(judgement), indent=1) + b"\n"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / MARKDOWN).write_text(markdown(judgement), encoding="utf-8")
        (folder / JUNIT).write_text(junit(judgement), encoding="utf-8")
        (folder / JSON).write_bytes(pretty)
    except OSError as error:
        raise UsageError(f"{folder}: the verdict cannot be written: {error.strerror}") from error
    return folder / JSON
