"""Text from a stranger's result does no harm where it is shown."""

from __future__ import annotations

import pytest

from reports.wording import escape

HOSTILE = "a\x1b[31m\x9b2J\u202eb\u200fc\u2066d\x00e\x7f\nf\tg\r\u2028h\ufeff\U000e0041\ud800"


def test_control_characters_and_marks_of_direction_are_taken_out() -> None:
    assert escape.plain(HOSTILE) == "a[31m2Jbcde f g  h"
    assert escape.plain(HOSTILE).isprintable()


@pytest.mark.parametrize("text", ["µ", "naïve – “x”", "مهمة", "任務", "a_b (C)", "👍"])
def test_ordinary_text_of_any_script_stays(text: str) -> None:
    assert escape.plain(text) == text


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a|b", r"a\|b"),
        ("`c`", r"\`c\`"),
        ("line\nbreak", "line break"),
        ("<b>&amp;", "&lt;b&gt;&amp;amp;"),
        ("*x* _y_", r"\*x\* \_y\_"),
        ("vm.max_map_count", "vm.max_map_count"),
        ("[a](b)", r"\[a\](b)"),
        ("@me #1 $x$ ~s~", r"&#64;me \#1 \$x\$ \~s\~"),
        ("https://x.example", "h&#116;tps://x.example"),
        ("www.x.example", "w&#119;w.x.example"),
        (r"a\|b", r"a\\\|b"),
    ],
)
def test_markdown_sees_no_markup(text: str, told: str) -> None:
    assert escape.markdown(text) == told


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("=1+1", "'=1+1"),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'=1"),
        ("\r=1", "'=1"),
        (" =1", "'=1"),
        ("\u200b=1", "'=1"),
        ("asyncio", "asyncio"),
        ("a=1", "a=1"),
    ],
)
def test_a_spreadsheet_sees_no_formula(text: str, told: str) -> None:
    assert escape.csv(text) == told
