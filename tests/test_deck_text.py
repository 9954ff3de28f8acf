"""What a deck measures: letters before they are placed, scales, formats of numbers."""

from __future__ import annotations

import pytest

from reports.draw.pptx_chart import Span, span
from reports.draw.scale import around, factor_of, step_of, unit_of
from reports.draw.slide_text import count_lines, cut, fit, kept, shortened, width
from reports.figures.shapes import Axis
from reports.wording import units


@pytest.mark.parametrize(
    ("text", "inches"),
    [
        ("", 0),
        ("a", 0.556),
        ("W", 0.944),
        ("名", 1.0),
        ("é", 0.75),
        ("…", 1.0),
        ("e\u0301", 0.556),
        ("m" * 3, 2.667),
    ],
)
def test_a_letter_is_as_wide_as_in_arial_bold_or_wider(text: str, inches: float) -> None:
    assert width(text, 72) == pytest.approx(inches)


def test_what_is_too_long_for_its_line_is_cut_with_an_ellipsis() -> None:
    assert cut("short\x1b enough", 2, 14) == "short enough"
    line = cut("kernel.threads-max " * 9, 2, 14)
    assert line.endswith("…")
    assert width(line, 14) <= 2 < width(f"{line}th", 14)
    assert cut("wide", 0.01, 14) == "…"
    assert shortened("a\nb" + "c" * 9, 6) == "a bcc…"


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", 1),
        ("aa aa", 1),
        ("aa aaa aa", 2),
        ("aa\u00a0aa aa", 2),
        ("a" * 10, 2),
        ("aa " + "a" * 20, 5),
    ],
)
def test_lines_are_broken_between_words_and_long_words_anywhere(text: str, lines: int) -> None:
    assert count_lines(text, 6 * 0.556, 72) == lines


def test_a_text_takes_the_first_size_at_which_it_fits_and_is_cut_at_the_last() -> None:
    words = "One thread takes the memory of many tasks. " * 3
    assert fit(words, 12, 1.5, (28, 20)).size == 28
    assert fit(words, 6, 1.2, (28, 20)).size == 20
    fitted = fit(words, 3, 0.7, (28, 20))
    assert (fitted.size, fitted.lines, fitted.text[-1]) == (20, 2, "…")
    assert fitted.height <= 0.7


def test_a_number_is_not_parted_from_its_unit() -> None:
    said = kept("34.9 KiB against 94 % of 2.00 s, at 19.3 million or 5 tasks")
    assert said == "34.9\u00a0KiB against 94\u00a0% of 2.00\u00a0s, at 19.3\u00a0million or 5 tasks"


@pytest.mark.parametrize(
    ("values", "ends"),
    [
        ((100, 1_000_000), (100, 1_000_000)),
        ((50, 20_000), (20, 50_000)),
        ((3,), (2, 20)),
        ((0.104, 0, 2600), (0.1, 5000)),
        ((), (1, 10)),
        ((9.99,), (5, 50)),
    ],
)
def test_a_logarithmic_scale_is_around_its_values(
    values: tuple[float, ...], ends: tuple[float, float]
) -> None:
    assert around(values) == pytest.approx(ends)


def test_steps_are_few_and_round() -> None:
    assert [step_of(high) for high in (43.2, 100, 1.3, 0)] == pytest.approx([10, 20, 0.5, 5e-13])
    assert [factor_of(1, 1e12, most) for most in (3, 4, 20, 0.1)] == [1e4, 1e3, 10, 1e12]
    assert unit_of(44_131, "bytes") == ("KiB", 1024)
    assert [unit_of(size, "bytes")[0] for size in (1, 1500, 3 << 20)] == ["B", "B", "MiB"]
    assert unit_of(5e9, "count") == ("", 1.0)


def spoken(format_: str, value: float) -> str:
    """What an office program makes of a format of one section."""
    number, _, unit = format_.strip('"\u00a0').partition('"')
    commas = len(number) - len(number.rstrip(","))
    digits = number.rstrip(",")
    said = f"{value / 1000**commas:,.{len(digits.partition('.')[2])}f}"
    word = unit.strip('"')
    return f"{said}{word}".replace("\u00a0", " ")


@pytest.mark.parametrize("value", [1.1269531, 9.996, 34.9, 43.21, 120.4, 999.4, 0.317])
def test_a_label_in_kib_says_what_the_reports_say(value: float) -> None:
    in_kib = Span(Axis("", "bytes"), 0, 50, 10, "KiB", 1024.0)
    assert spoken(in_kib.label(1024 * value, None), value) == f"{units.number(value)} KiB"


@pytest.mark.parametrize(
    "value", [3, 32_456, 999_499, 8_867_410, 19_273_901, 110_570_223_426, 5e15]
)
def test_a_label_of_a_count_is_rounded_where_it_is_long(value: float) -> None:
    said = spoken(span(Axis("", "count", log=True), 1, 1e16).label(value, None), value)
    assert said == (
        units.count(value) if value < 999_500 else units.rounded(value).removeprefix("about ")
    )


@pytest.mark.parametrize(
    ("made", "ticks"),
    [
        (span(Axis("", "bytes"), 0, 44_131), '#,##0"\u00a0KiB"'),
        (span(Axis("", "bytes"), 0, 1.9), '#,##0.0"\u00a0B"'),
        (
            span(Axis("", "bytes", log=True), 0.1 * 2**20, 30 * 2**20),
            '[>=1]#,##0"\u00a0MiB";[>0.2]General"\u00a0MiB";""',
        ),
        (span(Axis("", "bytes", log=True), 10_240, 102_400), '[>20]#,##0"\u00a0KiB";""'),
        (span(Axis("", "share"), 0, 1), "0\u00a0%"),
        (span(Axis("", "time"), 0, 864_000), "yyyy-mm-dd"),
    ],
)
def test_the_numbers_of_a_scale_have_the_digits_that_its_steps_need(made: Span, ticks: str) -> None:
    assert made.ticks == ticks
