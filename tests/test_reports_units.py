"""Scaling: three significant digits, the unit that suits, unknown said as such."""

from __future__ import annotations

import pytest

from reports.wording import units


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (0, "0 B"),
        (0.3, "0.300 B"),
        (5, "5.00 B"),
        (961, "961 B"),
        (999.4, "999 B"),
        (999.6, "0.976 KiB"),
        (1024, "1.00 KiB"),
        (1154, "1.13 KiB"),
        (16_384, "16.0 KiB"),
        (35_683, "34.8 KiB"),
        (1023 * 1024, "0.999 MiB"),
        (24 << 30, "24.0 GiB"),
        (5 << 60, "5,240,000 TiB"),
        (-3.2, "-3.20 B"),
        (1e-17, "0 B"),
        (None, "unknown"),
    ],
)
def test_bytes_are_told_in_binary_units(value: float | None, told: str) -> None:
    assert units.size(value) == told


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (0, "0 s"),
        (5e-10, "0.500 ns"),
        (4.5e-7, "450 ns"),
        (9.996e-6, "10.0 µs"),
        (9.996e-7, "1.00 µs"),
        (0.6, "600 ms"),
        (1.2, "1.20 s"),
        (1234, "1,230 s"),
        (None, "unknown"),
    ],
)
def test_seconds_are_told_in_the_unit_that_suits(value: float | None, told: str) -> None:
    assert units.seconds(value) == told


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (units.rate(83_333.3), "83,300/s"),
        (units.rate(0.5), "0.500/s"),
        (units.rate(None), "unknown"),
        (units.count(1_000_000), "1,000,000"),
        (units.count(0), "0"),
        (units.count(None), "unknown"),
        (units.ratio(31.2), "31"),
        (units.ratio(1234.5), "1,234"),
        (units.ratio(9.96), "10"),
        (units.ratio(7.34), "7.3"),
        (units.ratio(0.96), "1.0"),
        (units.ratio(0.853), "0.85"),
        (units.ratio(None), "unknown"),
        (units.number(12_345.6), "12,300"),
        (units.number(0.25), "0.250"),
        (units.number(None), "unknown"),
    ],
)
def test_rates_counts_and_ratios(told: str, expected: str) -> None:
    assert told == expected


@pytest.mark.parametrize("exponent", range(-9, 13))
@pytest.mark.parametrize("digits", [1.0, 1.005, 1.0249, 5.5, 9.994, 9.996])
def test_no_size_has_more_than_three_digits_nor_is_off_by_more_than_half_a_percent(
    exponent: int, digits: float
) -> None:
    value = digits * 10.0**exponent
    for told, scale in (
        (units.size(value * 1000), {"B": 1e-3, "KiB": 1.024, "MiB": 1048.576, "GiB": 2**30 / 1e3}),
        (units.seconds(value), {"ns": 1e-9, "µs": 1e-6, "ms": 1e-3, "s": 1.0}),
    ):
        amount, _, unit = told.partition(" ")
        if unit in scale and amount != "0" and unit != "s":
            assert len(amount.replace(".", "").lstrip("0").replace(",", "")) <= 3
            assert float(amount.replace(",", "")) * scale[unit] == pytest.approx(value, rel=0.0051)
