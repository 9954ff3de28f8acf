"""A result from elsewhere is untrusted: whatever is wrong, the file and the place are named."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from bench.errors import ResultError
from bench.model import file
from bench.model.decoding import decode
from bench.model.file import load
from outnumber import __version__
from tests.support.results import whole_run

GOOD: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(whole_run()))

# What the bytes are, and the whole message.
NOT_A_RESULT: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "empty: its run ended before anything was saved"),
    "cut short": (b'{"outnumber": 1, "version": "0', "cut short: the JSON ends too early"),
    "text": (b"hello", "not JSON: JSON is malformed: invalid character (byte 0)"),
    "two documents": (
        b'{"outnumber": 1}{}',
        "not JSON: JSON is malformed: trailing characters (byte 17)",
    ),
    "binary": (b"\xff\xfe\x00", "not JSON: JSON is malformed: invalid character (byte 0)"),
    "a list": (b"[]", "expected an object, not a list"),
    "someone else's": (
        b'{"benchmarks": []}',
        'not a result of outnumber, which begins with {"outnumber": 1',
    ),
    "null": (
        b'{"outnumber": null}',
        'not a result of outnumber, which begins with {"outnumber": 1',
    ),
    "a newer version": (
        b'{"outnumber": 3, "new": true}',
        f"""$.outnumber: version 3 of the format, but outnumber {__version__} reads up to 2; \
try `pip install --upgrade outnumber`""",
    ),
    "version 0": (
        b'{"outnumber": 0}',
        "$.outnumber: expected a version of the format, such as 2",
    ),
    "a version in words": (
        b'{"outnumber": "1"}',
        "$.outnumber: expected a version of the format, such as 2",
    ),
    "true for a version": (
        b'{"outnumber": true}',
        "$.outnumber: expected a version of the format, such as 2",
    ),
    "nested 100,000 arrays": (
        b'{"outnumber": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        "nested too deeply for a result",
    ),
    "nested 100,000 objects": (b'{"a":' * 100_000, "nested too deeply for a result"),
    "nested in what is not ours": (
        b'{"x": ' + b"[" * 100_000 + b"]" * 100_000 + b', "outnumber": 1}',
        "nested too deeply for a result",
    ),
    "a huge version": (
        b'{"outnumber": ' + b"9" * 5000 + b"}",
        "$.outnumber: the number is out of range",
    ),
    "nothing but the version": (b'{"outnumber": 1}', "version is missing"),
}


@pytest.mark.parametrize("name", NOT_A_RESULT)
def test_what_is_not_a_result_is_told_with_the_file(name: str, tmp_path: Path) -> None:
    content, message = NOT_A_RESULT[name]
    path = tmp_path / "r.json"
    path.write_bytes(content)
    with pytest.raises(ResultError) as error:
        load(path)
    hint = "" if "pip install" in message else f"; {file.ANOTHER}"
    assert str(error.value) == f"{path}: {message}{hint}"
    assert error.value.exit_code == 5


def put(*place: str | int, value: object) -> Callable[[dict[str, Any]], None]:
    """A change of a good result: `value` at `place`."""

    def change(tree: dict[str, Any]) -> None:
        inner: Any = tree
        for key in place[:-1]:
            inner = inner[key]
        inner[place[-1]] = value

    return change


STEP = ("sessions", 3, "steps", 0)
START = (*STEP, "samples", "start")

# A change of a good result, and the message without the file.
BROKEN: list[tuple[Callable[[dict[str, Any]], None], str]] = [
    (
        put(*STEP, "alive", value=-1),
        "$.sessions[3].steps[0].alive: expected a whole number of at least 0",
    ),
    (
        put(*STEP, "alive", value="many"),
        "$.sessions[3].steps[0].alive: expected a whole number, not a text",
    ),
    (
        put(*STEP, "alive", value=1.5),
        "$.sessions[3].steps[0].alive: expected a whole number, not a decimal number",
    ),
    (
        put(*STEP, "alive", value=None),
        "$.sessions[3].steps[0].alive: expected a whole number, not null",
    ),
    (
        put(*STEP, "alive", value=10**30),
        "$.sessions[3].steps[0].alive: expected a whole number of at most 9007199254740992",
    ),
    (
        put(*STEP, "seconds", "burst", value=-0.5),
        "$.sessions[3].steps[0].seconds[...]: expected a number of at least 0",
    ),
    (
        put(*STEP, "seconds", "burst", value=1e300),
        "$.sessions[3].steps[0].seconds[...]: expected a number of at most 1000000000",
    ),
    (
        put(*STEP, "readings", "user", "bytes", value=-5),
        "$.sessions[3].steps[0].readings[...].bytes: expected a whole number of at least 0",
    ),
    (
        put(*START, "counts", value=[-1]),
        "$.sessions[3].steps[0].samples[...].counts[0]: expected a whole number of at least 0",
    ),
    (
        put(*START, "counts", value=[1]),
        "$.sessions[3].steps[0].samples.start: 4 bins, but 1 counts",
    ),
    (
        put(*STEP, "samples", "awake_start_empty", "counts", value=[1, 2]),
        "$.sessions[3].steps[0].samples.awake_start_empty: 1 bins, but 2 counts",
    ),
    (
        put(*STEP, "counts", value={"futex_slots": -1}),
        "$.sessions[3].steps[0].counts[...]: expected a whole number of at least 0",
    ),
    (
        put(*START, "floors_ns", value=[100, 110, 110, 130]),
        "$.sessions[3].steps[0].samples.start.floors_ns: not in rising order",
    ),
    (
        lambda tree: tree["sessions"][3]["steps"][0]["seconds"].pop("burst"),
        "$.sessions[3].steps[0].seconds: burst is missing",
    ),
    (
        put(*STEP, "spawned", value=10**6),
        "$.sessions[3].steps[0].spawned: 1000000, more than the 1000 alive",
    ),
    (
        put("sessions", 3, "steps", 1, "alive", value=9),
        "$.sessions[3].steps[1].spawned: 9000, more than the 9 alive",
    ),
    (
        lambda tree: tree["sessions"][3]["steps"][1].update(alive=9, spawned=9),
        "$.sessions[3].steps[1].alive: 9, fewer than the 1000 of the step before",
    ),
    (
        put("sessions", 3, "case", value="perl"),
        "$.sessions[3].case: perl is not among $.cases",
    ),
    (
        put("sessions", 3, "round", value=1),
        "$.sessions[3]: the session pthread short 1 is there twice",
    ),
    (put("sessions", 3, "extra", value=1), "$.sessions[3]: unknown field extra"),
    (lambda tree: tree["sessions"][3].pop("stop"), "$.sessions[3]: stop is missing"),
    (
        lambda tree: tree["cases"].append(tree["cases"][0]),
        "$.cases[4]: the case pthread is there twice",
    ),
    (
        put("machine", "limits", value={"a": 1}),
        "$.machine.limits[...]: expected a text, not a whole number",
    ),
    (put("plan", "seed", value=True), "$.plan.seed: expected a whole number, not true or false"),
    (
        put("sessions", 3, "steps", value=[GOOD["sessions"][0]["steps"][0]] * 2001),
        "$.sessions[3].steps: longer than 2000",
    ),
]


@pytest.mark.parametrize(("change", "message"), BROKEN, ids=[message for _, message in BROKEN])
def test_what_is_wrong_in_a_result_is_told_with_its_place(
    change: Callable[[dict[str, Any]], object], message: str
) -> None:
    tree = copy.deepcopy(GOOD)
    change(tree)
    with pytest.raises(ResultError) as error:
        decode(msgspec.json.encode(tree))
    assert str(error.value) == message


@pytest.mark.parametrize("number", ["NaN", "Infinity", "1e999", "-1e999"])
def test_numbers_that_are_none_are_refused(number: str) -> None:
    tree = copy.deepcopy(GOOD)
    tree["sessions"][0]["seconds"] = "HERE"
    with pytest.raises(
        ResultError, match=r"not JSON|\$\.sessions\[0\]\.seconds: the number is out of range"
    ):
        decode(json.dumps(tree).replace('"HERE"', number).encode())


def test_a_good_result_is_taken_and_small_changes_of_white_space_too() -> None:
    assert decode(json.dumps(GOOD, indent=2).encode()) == whole_run()


def test_a_file_is_not_read_further_than_a_result_may_be_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file, "LARGEST_BYTES", 1 << 20)
    path = tmp_path / "large.json"
    path.write_bytes(b" " * ((1 << 20) + 1))
    with pytest.raises(ResultError, match=r"larger than 1 MiB: not a result; give a file that"):
        load(path)


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(ResultError) as error:
        load(tmp_path / "none.json")
    assert str(error.value) == (
        f"{tmp_path}/none.json: cannot be read: No such file or directory; "
        "give a file that outnumber wrote; outnumber run makes one"
    )


def test_a_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(ResultError, match=r"cannot be read: Is a directory; give a file that"):
        load(tmp_path)


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ('{"outnumber": 1', "; give a file that outnumber wrote; outnumber run makes one"),
        ('{"outnumber": 99}', "; try `pip install --upgrade outnumber`"),
    ],
)
def test_a_file_that_is_no_result_is_told_with_what_to_type(
    tmp_path: Path, text: str, end: str
) -> None:
    path = tmp_path / "here.json"
    path.write_text(text)
    with pytest.raises(ResultError) as error:
        load(path)
    assert str(error.value).endswith(end)


def test_an_error_never_carries_control_characters_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "\x1b[31mred.json"
    path.write_text('{"outnumber": 1, "\\u001b]0;title\\u0007\\u202e": ' + '"' + "x" * 1000 + '"}')
    with pytest.raises(ResultError) as error:
        load(path)
    assert str(error.value).isprintable()
    assert r"unknown field \x1b]0;title\x07\u202e" in str(error.value)


def test_a_long_name_in_an_error_is_cut() -> None:
    with pytest.raises(ResultError) as error:
        decode(b'{"outnumber": 1, "' + b"x" * 100_000 + b'": 1}')
    assert len(str(error.value)) < 400


@pytest.mark.parametrize("cut", range(1, 60))
def test_a_result_cut_anywhere_is_told_as_cut_short(cut: int) -> None:
    content = msgspec.json.encode(whole_run())
    with pytest.raises(ResultError, match="cut short: the JSON ends too early"):
        decode(content[: len(content) * cut // 60])
