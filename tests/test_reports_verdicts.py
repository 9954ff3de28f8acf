"""A judgement as people and build servers read it: the words, the table, Markdown, JUnit, JSON."""

from __future__ import annotations

import io
from pathlib import Path
from xml.etree import ElementTree

import msgspec
import pytest
from msgspec.structs import replace

from bench.errors import UsageError
from bench.judging.verdicts import Judgement, Verdict
from reports.console import Console
from reports.verdicts import words
from reports.verdicts.files import junit, write
from reports.verdicts.table import markdown, print_judgement
from tests.support.judgements import (
    ABSENT,
    CEILING,
    CLEAR,
    FEW,
    HEAVIER,
    LEAK,
    LIGHTER,
    MISSING,
    MOVED,
    OPEN,
    SLOWER,
    TIGHTER,
    UNTRIED,
    judgement,
)

EVIL = '<script>|`@all`‮\x1b[31m\n=1+1"'


@pytest.mark.parametrize(
    ("verdicts", "said"),
    [
        ([CLEAR], "No regression in bytes per unit of asyncio."),
        (
            [CLEAR, replace(CLEAR, case="trio")],
            "No regression in bytes per unit of asyncio and trio.",
        ),
        (
            [HEAVIER, OPEN],
            (
                "Regression: bytes per unit of asyncio rose to 1.10 times the base: 1.12 → 1.24 "
                "KiB. "
                "Inconclusive: burst time per unit of asyncio varies too much to detect a "
                "change below +30 %."
            ),
        ),
        (
            [LEAK, CLEAR],
            (
                "Regression: leaked bytes per unit of asyncio rose by 201 B: 0 → 201 B. No "
                "regression in bytes per unit of asyncio."
            ),
        ),
        (
            [LIGHTER, OPEN],
            (
                "Improvement: bytes per unit of asyncio fell to 0.79 times the base: 1.12 KiB → "
                "910 B. "
                "Inconclusive: burst time per unit of asyncio varies too much to detect a "
                "change below +30 %."
            ),
        ),
        (
            [HEAVIER, replace(HEAVIER, case="trio", effect=1.3), LIGHTER, TIGHTER],
            (
                "Regression: bytes per unit of trio rose to 1.30 times the base: 1.12 → 1.24 KiB; "
                "bytes per unit of asyncio rose to 1.10 times the base: 1.12 → 1.24 KiB. "
                "Improvement: bytes per unit of asyncio fell to 0.79 times the base: 1.12 KiB → "
                "910 B; "
                "leaked bytes per unit of asyncio fell by 201 B: 201 → 0 B."
            ),
        ),
        (
            [CLEAR, replace(SLOWER, gated=False)],
            (
                "No regression in bytes per unit of asyncio. Advisory, not gated: burst time "
                "per unit of asyncio rose to 1.10 times the base: 9.04 → 9.95 µs."
            ),
        ),
        (
            [
                replace(
                    CEILING, verdict="improvement", event=None, base=698.0, new=998.0, effect=1.43
                )
            ],
            "Improvement: ceiling of pthread rose to 1.43 times the base: 698 → 998.",
        ),
        (
            [SLOWER],
            (
                "Regression: burst time per unit of asyncio rose to 1.10 times the base: 9.04 → "
                "9.95 µs."
            ),
        ),
        (
            [CEILING],
            (
                "Regression: ceiling of pthread fell to 0.70 times the base: 998 → 698, at "
                "another limit: the base "
                "side was stopped by pids.max = 1,000 (/a), the new side was stopped by "
                "vm.max_map_count = 65,530."
            ),
        ),
        (
            [replace(CEILING, event="limit of another value")],
            (
                "Regression: ceiling of pthread fell to 0.70 times the base: 998 → 698, the "
                "same limit having "
                "another value: the base side was stopped by pids.max = 1,000 (/a), the new side "
                "was stopped by vm.max_map_count = 65,530."
            ),
        ),
        (
            [replace(CEILING, event=None)],
            "Regression: ceiling of pthread fell to 0.70 times the base: 998 → 698.",
        ),
        (
            [replace(MOVED, gated=True)],
            (
                "Regression: page faults per unit of asyncio rose to 1.10 times the base: 1,152 "
                "→ 1,270."
            ),
        ),
        (
            [CLEAR, OPEN],
            (
                "Inconclusive: burst time per unit of asyncio varies too much to detect a "
                "change below +30 %. "
                "No regression in bytes per unit of asyncio."
            ),
        ),
        ([MISSING], "Could not be measured: bytes per unit of asyncio on the new side."),
        ([ABSENT], "Inconclusive: bytes per unit of asyncio is missing on one side."),
        (
            [UNTRIED, OPEN],
            (
                "Could not be measured: bytes per unit of asyncio on the new side. "
                "Inconclusive: burst time per unit of asyncio varies too much to detect a "
                "change below +30 %."
            ),
        ),
        (
            [HEAVIER, replace(MISSING, case="trio")],
            (
                "Regression: bytes per unit of asyncio rose to 1.10 times the base: 1.12 → 1.24 "
                "KiB. "
                "Could not be measured: bytes per unit of trio on the new side."
            ),
        ),
        (
            [ABSENT, replace(ABSENT, metric="burst_seconds_per_unit", part=None)],
            (
                "Inconclusive: bytes per unit and burst time per unit of asyncio are missing on "
                "one side."
            ),
        ),
        (
            [OPEN, replace(OPEN, case="trio")],
            (
                "Inconclusive: burst time per unit of asyncio and trio vary too much to detect "
                "a change below +30 %."
            ),
        ),
        (
            [FEW, replace(FEW, case="trio")],
            (
                "Inconclusive: bytes per unit of asyncio and trio (too few pairs: 6, at least 9 "
                "are needed)."
            ),
        ),
    ],
)
def test_a_judgement_is_one_plain_sentence(verdicts: list[Verdict], said: str) -> None:
    assert words.sentence(judgement(*verdicts)) == said


def test_an_advisory_judgement_says_so() -> None:
    said = words.sentence(judgement(HEAVIER, advisory=True))
    assert said.startswith("Advisory, since the results are not alike. Regression: ")


@pytest.mark.parametrize(
    ("verdict", "effect", "smallest", "margin", "word"),
    [
        (CLEAR, "1.001 (0.999–1.002)", "+1.2 %", "+1 %", "no regression"),
        (LEAK, "+201 B (+199 to +203)", "+12.0 B", "+10.0 B", "regression: leak"),
        (CEILING, "0.699 (0.699–0.700)", "−3 %", "−3 %", "regression: changed limit"),
        (MISSING, "–", "unknown", "+1 %", "could not be measured"),
        (ABSENT, "–", "unknown", "+1 %", "inconclusive: missing on one side"),
        (FEW, "1.001", "unknown", "+1 %", "inconclusive"),
        (
            replace(LEAK, low=-0.4, effect=3.0, high=2000.0),
            "+3.00 B (−0.400 B to +1.95 KiB)",
            "+12.0 B",
            "+10.0 B",
            "regression: leak",
        ),
    ],
)
def test_a_verdict_is_told_with_units_and_signs(
    verdict: Verdict, effect: str, smallest: str, margin: str, word: str
) -> None:
    assert words.effect_of(verdict) == effect
    assert words.smallest_of(verdict) == smallest
    assert words.margin_of(verdict) == margin
    assert words.verdict_of(verdict) == word


def printed(made: Judgement, width: int = 80) -> str:
    out = io.StringIO()
    print_judgement(made, Console(file=out, width=width, color_system=None))
    return out.getvalue()


def test_the_table_fits_a_terminal_and_cuts_no_figure() -> None:
    text = printed(judgement(HEAVIER, LEAK, OPEN, CEILING, MISSING, MOVED))
    assert max(map(len, text.splitlines())) <= 80
    assert "…" not in text
    for figure in (
        "1.12 → 1.24 KiB", "(1.090–1.110)", "+201 B", "(+199 to", "+203)", "(0.923–1.170)",
        "0 → 201 B", "998 → 698", "+30 %", "inconclusive", "no", "regression: leak",
    ):  # fmt: skip
        assert figure in text
    assert "base: Python 3.11" in text
    assert "also moved, not gated: asyncio, page faults" in text


def test_what_stands_behind_a_verdict_is_named() -> None:
    assert " pairs " in printed(judgement(CLEAR))
    assert " a side " in printed(judgement(CLEAR, paired=False))


def test_notes_are_told_once() -> None:
    doubted = [replace(one, reasons=("it was Tuesday",)) for one in (CLEAR, OPEN)]
    text = printed(judgement(*doubted, warnings=("mind the gap",), differences=("x: 1 against 2",)))
    assert text.count("it was Tuesday") == 1
    assert "bytes per unit and burst time per unit of asyncio: it was Tuesday" in text
    assert "mind the gap" in text
    assert "the two sides differ in x: 1 against 2" in text
    assert "no recorded fact differs" in printed(judgement(CLEAR))


def test_the_page_has_heading_sentence_table_and_how_to_read_it() -> None:
    text = markdown(judgement(HEAVIER, OPEN, MOVED, warnings=("mind the gap",)))
    heading, _, sentence, *_ = text.splitlines()
    assert heading == "### outnumber: regression (worst: bytes per unit of asyncio +10 %)"
    assert sentence.startswith("Regression: bytes per unit of asyncio")
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert len({row.count("|") for row in rows}) == 1
    assert len(rows) == 4
    assert "| asyncio | bytes | 1.12 → 1.24 KiB | 1.100 (1.090–1.110) | 13 | regression |" in text
    assert "made in turn, in random order" in text
    assert "Also moved, not gated:\n\n- asyncio, page faults" in text
    assert "- mind the gap" in text
    assert text.endswith("What is *advisory* decides nothing.\n")


def test_a_build_server_counts_a_regression_as_a_failure_and_doubt_as_skipped() -> None:
    suite = ElementTree.fromstring(junit(judgement(HEAVIER, OPEN, CLEAR, ABSENT, MOVED)))
    assert suite.attrib == {
        "name": "outnumber", "tests": "4", "failures": "1", "skipped": "2", "errors": "0",
    }  # fmt: skip
    assert [case[0].tag for case in suite] == ["failure", "skipped", "system-out", "skipped"]
    assert [case.get("name") for case in suite][:2] == ["bytes per unit", "burst time per unit"]
    assert suite[0].get("classname") == "outnumber.asyncio"
    assert suite[0][0].get("message") == "regression: 1.100 (1.090–1.110)"


def test_what_could_not_be_measured_is_an_error_and_said_to_be() -> None:
    made = judgement(UNTRIED, OPEN, MISSING, CLEAR)
    suite = ElementTree.fromstring(junit(made))
    assert suite.attrib == {
        "name": "outnumber", "tests": "4", "failures": "0", "skipped": "1", "errors": "2",
    }  # fmt: skip
    assert [case[0].tag for case in suite] == ["error", "skipped", "error", "system-out"]
    assert suite[0][0].get("message") == "could not be measured"
    assert markdown(made).startswith(
        "### outnumber: could not be measured\n\nCould not be measured:"
    )
    assert words.standing(made.decision) == (
        "no regression in bytes per unit of asyncio; inconclusive: burst time per unit of asyncio; "
        "could not be measured: bytes per unit and bytes per unit of asyncio"
    )


@pytest.mark.parametrize(
    ("verdicts", "said"),
    [
        ([CLEAR], "No regression"),
        ([LIGHTER, CLEAR], "Improvement (best: bytes per unit of asyncio −21 %)"),
        (
            [LIGHTER, OPEN, LEAK],
            (
                "Regression (worst: leaked bytes per unit of asyncio +201 B; best: bytes per "
                "unit of asyncio −21 %)"
            ),
        ),
        ([LIGHTER, OPEN], "Inconclusive (best: bytes per unit of asyncio −21 %)"),
        ([LIGHTER, MISSING], "Could not be measured (best: bytes per unit of asyncio −21 %)"),
        ([CLEAR, replace(SLOWER, gated=False)], "No regression"),
    ],
)
def test_the_first_line_says_what_was_found_worst_and_best(
    verdicts: list[Verdict], said: str
) -> None:
    assert words.headline(judgement(*verdicts)) == said


def test_an_improvement_passes_a_build() -> None:
    suite = ElementTree.fromstring(junit(judgement(LIGHTER, TIGHTER)))
    assert (suite.get("failures"), suite.get("skipped"), suite.get("errors")) == ("0", "0", "0")
    assert (suite[0][0].text or "").startswith("improvement: 0.790 (0.780–0.800)")


def test_what_decides_nothing_stands_beside_the_gates_and_says_so() -> None:
    made = judgement(CLEAR, replace(SLOWER, gated=False), replace(CLEAR, case="trio"))
    rows = [line for line in markdown(made).splitlines() if line.startswith("| ")]
    assert [row.split("|")[6].strip() for row in rows[2:]] == [
        "no regression", "advisory: regression", "no regression",
    ]  # fmt: skip
    assert "advisory:" in printed(made)


@pytest.mark.parametrize(
    ("verdicts", "steps"),
    [
        ([CLEAR, HEAVIER], []),
        (
            [OPEN],
            [
                "burst time per unit of asyncio: more pairs detect smaller changes: --pairs-max 80",
                (
                    "a wider margin, if that is small enough for you: "
                    "--gate burst_seconds_per_unit:20%"
                ),
                "a quieter machine; outnumber noise says which margins suit this one",
                "--inconclusive-ok lets a job pass that noise alone left open",
            ],
        ),
        (
            [MISSING],
            [
                (
                    "bytes per unit of asyncio: see why the runner broke or what it does not "
                    "report, then "
                    "mend that side, or gate other figures with --gate"
                ),
            ],
        ),
    ],
)
def test_what_to_type_stands_below_what_is_open(verdicts: list[Verdict], steps: list[str]) -> None:
    made = judgement(*verdicts, looks=(13, 20, 40))
    assert words.next_steps(made) == steps
    assert ("What to do:" in markdown(made)) == bool(steps)
    assert ("What to do:" in printed(made)) == bool(steps)


def test_an_advisory_regression_fails_nobody() -> None:
    suite = ElementTree.fromstring(junit(judgement(HEAVIER, advisory=True)))
    assert (suite.get("failures"), suite.get("skipped")) == ("0", "1")


def test_names_from_elsewhere_do_no_harm() -> None:
    evil = replace(CEILING, case=EVIL, reasons=(f"the new side was stopped by {EVIL}",))
    side = msgspec.structs.replace(judgement(evil).base, subject=EVIL)
    made = judgement(evil, base=side, warnings=(EVIL,), differences=(EVIL,))
    page, document, table = markdown(made), junit(made), printed(made, 400)
    assert "<script>" not in page
    assert "@all" not in page
    assert all("\x1b" not in text and "‮" not in text for text in (page, document, table))
    assert ElementTree.fromstring(document)[0].get("name") == "ceiling"
    rows = [line for line in page.splitlines() if line.startswith("|")]
    assert len(rows) == 3


def test_a_judgement_is_kept_with_every_sample(tmp_path: Path) -> None:
    made = judgement(HEAVIER, OPEN)
    path = write(made, tmp_path / "here")
    assert sorted(file.name for file in path.parent.iterdir()) == [
        "junit.xml", "verdict.json", "verdict.md",
    ]  # fmt: skip
    assert msgspec.json.decode(path.read_bytes(), type=Judgement) == made
    assert b'"outcome": "regression"' in path.read_bytes()
    assert b'"base_samples"' in path.read_bytes()


def test_a_verdict_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="the verdict cannot be written"):
        write(judgement(CLEAR), tmp_path / "file" / "here")
