"""The protocol's one parser: a table of lines, good and bad, with every expected message."""

from __future__ import annotations

import re

import pytest

from bench.measure.protocol import (
    Grown,
    Hello,
    Probed,
    ProtocolError,
    Refused,
    Rejected,
    Released,
    excerpt,
    parse,
)

GOOD = [
    (
        b'{"reply":"hello","contract":1,"runtime":"t","version":"2","unit":"u","facts":{"a":"b"}}',
        Hello(1, "t", "2", "u", {"a": "b"}),
    ),
    (
        b'{"reply":"hello","contract":1,"runtime":"t","version":"2","unit":"u"}',
        Hello(1, "t", "2", "u"),
    ),
    (b'{"reply":"grow","alive":7,"burst_ns":9}', Grown(7, 9)),
    (
        b'{"reply":"grow","alive":7,"burst_ns":9,"longest_spawn_ns":3,"gc_ns":null}',
        Grown(7, 9, 3, None),
    ),
    (
        b'{"reply":"grow","alive":7,"burst_ns":9,"refused":{"error":"EAGAIN","errno":11}}',
        Grown(7, 9, refused=Refused("EAGAIN", "", 11)),
    ),
    (
        b'{"reply":"probe","alive":7,"start_ns":[1,2],"empty_ns":[0,0]}',
        Probed(7, (1, 2), (0, 0)),
    ),
    (b'{"reply":"release","alive":0,"release_ns":5,"more":"said"}', Released(0, 5)),
    (b'{"reply":"error","message":"no"}', Rejected("no")),
]  # fmt: skip

BAD = [
    (b"", "Input data was truncated"),
    (b"grow 10", "JSON is malformed: invalid character (byte 0)"),
    (b"[]", "Expected `object`, got `array`"),
    (b'{"alive":7}', "Object missing required field `reply`"),
    (b'{"reply":"sing"}', "Invalid value 'sing' - at `$.reply`"),
    (b'{"reply":"grow","alive":7}', "Object missing required field `burst_ns`"),
    (b'{"reply":"grow","alive":"7","burst_ns":1}', "Expected `int`, got `str` - at `$.alive`"),
    (b'{"reply":"grow","alive":7.5,"burst_ns":1}', "Expected `int`, got `float` - at `$.alive`"),
    (b'{"reply":"grow","alive":7,"burst_ns":-1}', "Expected `int` >= 0 - at `$.burst_ns`"),
    (b'{"reply":"grow","alive":7,"burst_ns":NaN}', "JSON is malformed: invalid character"),
    (
        b'{"reply":"probe","alive":7,"start_ns":[1,"x"],"empty_ns":[]}',
        "Expected `int`, got `str` - at `$.start_ns[1]`",
    ),
    (
        b'{"reply":"probe","alive":7,"start_ns":[' + b"1," * 1_000 + b'1],"empty_ns":[]}',
        "Expected `array` of length <= 1000 - at `$.start_ns`",
    ),
    (b'{"reply":"error","message":"\xff"}', "can't decode byte 0xff"),
]


@pytest.mark.parametrize(("line", "reply"), GOOD)
def test_a_good_line_becomes_its_reply(line: bytes, reply: object) -> None:
    assert parse(line, 1) == reply


@pytest.mark.parametrize(("line", "message"), BAD)
def test_a_bad_line_is_told_with_its_number_and_its_fault(line: bytes, message: str) -> None:
    with pytest.raises(ProtocolError, match=f"^reply 12: .*{re.escape(message)}"):
        parse(line, 12)


def test_an_excerpt_is_short_and_printable() -> None:
    assert excerpt(b"\x1b[31mred\x07") == "'\\x1b[31mred\\x07'"
    assert excerpt(b"x" * 200) == f"'{'x' * 120}' and 80 bytes more"
