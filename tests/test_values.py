"""Values as people type them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import typer

from bench.cli import options
from bench.cli.options import Amount

READ: list[tuple[Callable[[str], object], dict[str, object]]] = [
    (
        options.count,
        {
            "1": 1, "1000000": 10**6, "1_000_000": 10**6, "1,000,000": 10**6, "100k": 10**5,
            "1M": 10**6, "1m": 10**6, "1.5M": 1_500_000, "1e6": 10**6, "2.5e3": 2500, " 7 ": 7,
            "1G": 10**9,
        },
    ),
    (options.count_or_zero, {"0": 0, "7": 7, "1k": 1000}),
    (options.pairs, {"1": 1, "20": 20}),
    (
        options.size,
        {
            "65536": 65_536, "64KiB": 65_536, "64K": 65_536, "64kb": 65_536, "8MiB": 2**23,
            "8 MiB": 2**23, "1.5GiB": 3 * 2**29, "1e6": 10**6, "1T": 2**40,
        },
    ),
    (
        options.amount,
        {
            "0": Amount(0), "2GiB": Amount(2**31), "10%": Amount(share=0.1),
            "12.5 %": Amount(share=0.125), "0%": Amount(share=0.0), "100%": Amount(share=1.0),
        },
    ),
    (
        options.seconds,
        {
            "1": 1, "90": 90, "90s": 90, "3m": 180, "3M": 180, "1.5h": 5400, "2m30s": 150,
            "2m30": 150, "1h 5m": 3900, "0.5m": 30, "1e3": 1000,
        },
    ),
]  # fmt: skip
REFUSED: list[tuple[Callable[[str], object], list[str]]] = [
    (options.count, ["", "0", "-1", "1.5", "1e", "e6", "1e99", "1__0", "12,34", "M", "1 0", "2G"]),
    (options.count, ["nan", "inf", "１", "1MiB", "10%", "9" * 40, "1k k"]),
    (options.count_or_zero, ["-0", "-1", "0.5", "x"]),
    (options.pairs, ["0", "1000000"]),
    (options.size, ["", "0", "-1", "1.3", "64Q", "2PiB", "999999T", "10%", "nan"]),
    (options.amount, ["101%", "-1%", "%", "x", ""]),
    (options.seconds, ["", "0", "0.5", "-3m", "3x", "30s2m", "1h1h", "nan", "inf", "1e99", "m"]),
]


@pytest.mark.parametrize(
    ("parse", "text", "value"),
    [
        pytest.param(parse, text, value, id=f"{parse.__name__} {text}")
        for parse, table in READ
        for text, value in table.items()
    ],
)
def test_a_number_is_read_as_people_type_it(
    parse: Callable[[str], object], text: str, value: object
) -> None:
    assert parse(text) == value


@pytest.mark.parametrize(
    ("parse", "text"),
    [
        pytest.param(parse, text, id=f"{parse.__name__} {text[:12]}")
        for parse, table in REFUSED
        for text in table
    ],
)
def test_what_is_no_such_number_is_refused_with_what_to_type(
    parse: Callable[[str], object], text: str
) -> None:
    with pytest.raises(typer.BadParameter) as refused:
        parse(text)
    assert refused.value.message.startswith(f"'{text}' is ")
    assert "; type " in refused.value.message
