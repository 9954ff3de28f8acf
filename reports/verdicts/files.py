"""A judgement as files in one folder: JSON with every sample, Markdown, JUnit XML.

In JUnit XML a gate is a test case. A regression is a failure, what could not be measured an error,
and an improvement passes. What is inconclusive is skipped, not an error: nearly every reader of
this format counts an error among the failures, and noise must not look like one. The exit code
tells them apart.
"""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import msgspec

from bench import files
from bench.errors import UsageError
from bench.judging.verdicts import Judgement, Verdict
from bench.model.decoding import encode
from reports.verdicts import words
from reports.verdicts.table import markdown
from reports.wording.escape import plain

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


def junit(judgement: Judgement) -> str:
    """The whole document. Ends with a newline."""
    gated = judgement.decision.gated
    suite = ElementTree.Element(
        "testsuite",
        name="outnumber",
        tests=str(len(gated)),
        failures=str(sum(_fails(judgement, verdict) for verdict in gated)),
        skipped=str(sum(_is_skipped(judgement, verdict) for verdict in gated)),
        errors=str(sum(verdict.is_unmeasured for verdict in gated)),
    )
    for verdict in gated:
        suite.append(_case(judgement, verdict))
    ElementTree.indent(suite)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + (
        ElementTree.tostring(suite, encoding="unicode") + "\n"
    )


def _case(judgement: Judgement, verdict: Verdict) -> ElementTree.Element:
    case = ElementTree.Element(
        "testcase", classname=f"outnumber.{plain(verdict.case)}", name=words.name_of(verdict)
    )
    effect = "" if verdict.effect is None else f": {words.effect_of(verdict)}"
    message = f"{words.verdict_of(verdict)}{effect}"
    detail = "\n".join((*map(plain, verdict.reasons), f"margin {words.margin_of(verdict)}"))
    if _fails(judgement, verdict):
        ElementTree.SubElement(case, "failure", message=message, type="regression").text = detail
    elif verdict.is_unmeasured:
        ElementTree.SubElement(case, "error", message=message, type="unmeasured").text = detail
    elif _is_skipped(judgement, verdict):
        ElementTree.SubElement(case, "skipped", message=message).text = detail
    else:
        ElementTree.SubElement(case, "system-out").text = f"{message}\n{detail}"
    return case


def _fails(judgement: Judgement, verdict: Verdict) -> bool:
    return verdict.verdict == "regression" and not judgement.advisory


def _is_skipped(judgement: Judgement, verdict: Verdict) -> bool:
    is_settled = verdict.is_cleared or verdict.is_unmeasured
    return not is_settled and not _fails(judgement, verdict)
