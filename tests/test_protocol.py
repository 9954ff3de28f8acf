"""The protocol's one parser: a table of lines, good and bad, with every expected message."""

from __future__ import annotations

import json
import re

import pytest

from bench.engine.protocol import (
    WHOLE,
    Greeted,
    Grown,
    Performed,
    Probed,
    ProtocolError,
    Refused,
    Rejected,
    Released,
    excerpt,
    parse,
)
from bench.model.records import MOST

GOOD = [
    (
        b'{"reply":"hello","contract":1,"runtime":"t","version":"2","unit":"u","facts":{"a":"b"}}',
        Greeted(1, "t", "2", "u", {"a": "b"}),
    ),
    (
        b'{"reply":"hello","contract":1,"runtime":"t","version":"2","unit":"u"}',
        Greeted(1, "t", "2", "u"),
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
        b'{"reply":"grow","alive":7,"burst_ns":9,"counts":{"futex_slots":16,"x":0}}',
        Grown(7, 9, counts={"futex_slots": 16, "x": 0}),
    ),
    (
        b'{"reply":"probe","alive":7,"start_ns":[1,2],"empty_ns":[0,0]}',
        Probed(7, (1, 2), (0, 0)),
    ),
    (b'{"reply":"release","alive":0,"release_ns":5,"more":"said"}', Released(0, 5)),
    (b'{"reply":"error","message":"no"}', Rejected("no")),
    (
        (b'{"reply":"hello","contract":2,"runtime":"t","version":"2","unit":"u",'
        b'"units":["gate","own"],"acts":["ring"]}'),
        Greeted(2, "t", "2", "u", units=("gate", "own"), acts=("ring",)),
    ),
    (
        b'{"reply":"act","act":"collect","alive":7,"took_ns":9}',
        Performed("collect", 7, 9, 0, {}, {}, "done"),
    ),
    (
        (b'{"reply":"act","act":"ring","alive":7,"took_ns":9,"ops":14,"outcome":"stuck","more":1,'
        b'"samples":{"got_ns":[1,2],"unheard of":[3,4]},"counts":{"futex_slots":16,"x":0}}'),
        Performed(
            "ring", 7, 9, 14, {"got_ns": (1, 2), "unheard of": (3, 4)},
            {"futex_slots": 16, "x": 0}, "stuck",
        ),
    ),
]  # fmt: skip


def hello(**fields: object) -> bytes:
    """A hello with some of its fields replaced."""
    known = {"contract": 1, "runtime": "t", "version": "2", "unit": "u"}
    return json.dumps({"reply": "hello", **known, **fields}).encode()


def act(**fields: object) -> bytes:
    """An act's reply with some of its fields replaced."""
    known = {"act": "ring", "alive": 7, "took_ns": 9}
    return json.dumps({"reply": "act", **known, **fields}).encode()


BITS = "refused.errno: expected an errno of 32 bits"
BAD = [
    (b"", "cut short"),
    (b"grow 10", "JSON is malformed: invalid character (byte 0)"),
    (b"[]", "expected an object, not a list"),
    (b'{"alive":7}', "reply is missing"),
    (b'{"reply":"sing"}', "reply: unknown value 'sing'"),
    (b'{"reply":"grow","alive":7}', "burst_ns is missing"),
    (b'{"reply":"grow","alive":"7","burst_ns":1}', f"alive: {WHOLE}, not a text"),
    (b'{"reply":"grow","alive":7.5,"burst_ns":1}', f"alive: {WHOLE}, not a decimal number"),
    (b'{"reply":"grow","alive":7,"burst_ns":-1}', f"burst_ns: {WHOLE}"),
    (b'{"reply":"grow","alive":7,"burst_ns":18446744073709551615}', f"burst_ns: {WHOLE}"),
    (b'{"reply":"grow","alive":7,"burst_ns":%d}' % (MOST + 1), f"burst_ns: {WHOLE}"),
    (b'{"reply":"probe","alive":7,"start_ns":[100000000000000000],"empty_ns":[]}', "start_ns[0]"),
    (b'{"reply":"release","alive":0,"release_ns":1e400}', "release_ns"),
    (
        b'{"reply":"grow","alive":7,"burst_ns":9,"refused":{"error":"E","errno":%d}}' % (2**70),
        "errno",
    ),
    (b'{"reply":"grow","alive":7,"burst_ns":9,"refused":{"error":"%s"}}' % (b"E" * 201), "error"),
    (hello(facts={"x": "y" * 10_001}), "facts[...]: longer than 10000"),
    (hello(facts={"x" * 201: "y"}), "longer than 200"),
    (hello(facts={str(n): "" for n in range(201)}), "facts: longer than 200"),
    (hello(version="9" * 201), "version: longer than 200"),
    (b'{"reply":"error","message":"\\ud800"}', "cut short"),
    (b'{"reply":"grow","alive":7,"burst_ns":NaN}', "JSON is malformed: invalid character"),
    (
        b'{"reply":"probe","alive":7,"start_ns":[1,"x"],"empty_ns":[]}',
        f"start_ns[1]: {WHOLE}, not a text",
    ),
    (
        b'{"reply":"probe","alive":7,"start_ns":[' + b"1," * 1_000 + b'1],"empty_ns":[]}',
        "start_ns: longer than 1000",
    ),
    (b'{"reply":"error","message":"\xff"}', "can't decode byte 0xff"),
    (hello(units="gate"), "units: expected a list, not a text"),
    (hello(acts=[1]), "acts[0]: expected a text, not a whole number"),
    (hello(acts=["a"] * 101), "acts: longer than 100"),
    (hello(acts=["a" * 201]), "acts[0]: longer than 200"),
    (b'{"reply":"act","alive":7,"took_ns":9}', "act is missing"),
    (act(act="r" * 201), "act: longer than 200"),
    (act(took_ns=None), f"took_ns: {WHOLE}"),
    (act(took_ns=-1), f"took_ns: {WHOLE}"),
    (act(ops=1.5), f"ops: {WHOLE}, not a decimal number"),
    (act(outcome=0), "outcome: expected a text, not a whole number"),
    (
        act(samples={"a": [1, 2], "b": [1]}),
        "samples: columns of 1 to 2 numbers; expected equal lengths",
    ),
    (act(samples={"a": [1] * 1_001}), "samples[...]: longer than 1000"),
    (act(samples={"a": ["1"]}), f"samples[...][0]: {WHOLE}, not a text"),
    (act(samples={"a": [-1]}), f"samples[...][0]: {WHOLE}"),
    (act(samples={"a": [MOST + 1]}), f"samples[...][0]: {WHOLE}"),
    (act(samples={"a": [0.5]}), f"samples[...][0]: {WHOLE}, not a decimal number"),
    (act(samples={"a": 1}), "samples[...]: expected a list, not a whole number"),
    (act(samples=[1]), "samples: expected an object, not a list"),
    (act(samples={"a" * 201: [1]}), "longer than 200"),
    (act(samples={str(n): [] for n in range(201)}), "samples: longer than 200"),
    (act(counts={"a": -1}), f"counts[...]: {WHOLE}"),
    (act(counts={"a": "1"}), f"counts[...]: {WHOLE}, not a text"),
    (act(counts={str(n): 0 for n in range(201)}), "counts: longer than 200"),
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
