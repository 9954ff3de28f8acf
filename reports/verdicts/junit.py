"""A judgement as JUnit XML: a test case a gate.

A regression is a failure. What is inconclusive is skipped, not an error: nearly every reader of
this format counts an error among the failures, and noise must not look like one. The exit code
tells the two apart.
"""

from __future__ import annotations

from xml.etree import ElementTree

from bench.regression.verdicts import Judgement, Verdict
from reports.escape import plain
from reports.verdicts import words


def junit(judgement: Judgement) -> str:
    """The whole document. Ends with a newline."""
    gated = judgement.decision.gated
    suite = ElementTree.Element(
        "testsuite",
        name="outnumber",
        tests=str(len(gated)),
        failures=str(sum(_fails(judgement, verdict) for verdict in gated)),
        skipped=str(sum(not _fails(judgement, v) and _is_open(v) for v in gated)),
        errors="0",
    )
    for verdict in gated:
        suite.append(_case(judgement, verdict))
    ElementTree.indent(suite)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + (
        ElementTree.tostring(suite, encoding="unicode") + "\n"
    )


def _case(judgement: Judgement, verdict: Verdict) -> ElementTree.Element:
    case = ElementTree.Element(
        "testcase", classname=f"outnumber.{plain(verdict.runtime)}", name=words.name_of(verdict)
    )
    message = f"{words.verdict_of(verdict)}: {words.effect_of(verdict)}"
    detail = "\n".join((*map(plain, verdict.reasons), f"margin {words.margin_of(verdict)}"))
    if _fails(judgement, verdict):
        ElementTree.SubElement(case, "failure", message=message, type="regression").text = detail
    elif _is_open(verdict):
        ElementTree.SubElement(case, "skipped", message=message).text = detail
    else:
        ElementTree.SubElement(case, "system-out").text = f"{message}\n{detail}"
    return case


def _fails(judgement: Judgement, verdict: Verdict) -> bool:
    return verdict.verdict == "regression" and not judgement.advisory


def _is_open(verdict: Verdict) -> bool:
    return verdict.verdict != "no regression"
