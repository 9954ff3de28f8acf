"""What broke is told with the runner's own words: few of them, and harmless."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from bench.model.records import Session, Status
from reports.wording.last_words import last_words
from tests.support.results import sweep


def broken(
    name: str, tail: str = "", status: Status = "failed", limit: str | None = None
) -> Session:
    made = sweep((100,), runtime=name, status=status, limit=limit)
    return replace(made, stop=replace(made.stop, stderr_tail=tail))


def test_a_traceback_ends_with_what_it_was_about() -> None:
    tail = "Traceback:\n" + "".join(f"  line {n}\n" for n in range(20)) + "\nKeyError: 'x'\n"
    assert last_words([broken("trio", tail)]) == [
        "trio: its message; it said:",
        *(f"    line {n}" for n in range(15, 20)),
        "  KeyError: 'x'",
    ]


def test_of_what_was_cut_in_the_middle_the_beginning_tells_why() -> None:
    tail = "fatal error: why\n\ngoroutine 1:\n…\ngoroutine 99999:\nmain.go:44"
    assert last_words([broken("goroutine", tail)]) == [
        "goroutine: its message; it said:",
        "  fatal error: why",
        "  goroutine 1:",
    ]


def test_each_runtime_speaks_once_and_only_if_it_broke() -> None:
    sweeps = [
        sweep(runtime="asyncio"),
        broken("a", "first"),
        broken("a", "second"),
        broken("b"),
        broken("c", "kernel", "killed", "memory.max"),
        broken("d", "who?", "killed"),
        broken("e", "no more", "refused"),
    ]
    assert last_words(sweeps) == [
        "a: its message; it said:",
        "  first",
        "b: its message",
        "d: its message; it said:",
        "  who?",
    ]


@pytest.mark.parametrize("evil", ["\x1b[2J", "\x07", "\u202e", "\r", "\x9b31m"])
def test_the_words_cannot_move_the_cursor(evil: str) -> None:
    lines = last_words([broken(f"a{evil}", f"{evil}oh{evil}\n{evil}")])
    assert not set("\x1b\x07\u202e\r\x9b\n") & set("".join(lines))
    assert "oh" in lines[1]
