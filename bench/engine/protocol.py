"""The protocol's one parser: a runner's line becomes a typed reply, or an error with its place.

The contract is `runners/README.md`. Fields that are not known are let through, so that a runner may
say more than it is asked; everything that is read is checked by the bounds of the records that are
to keep it: what is accepted here can be saved and read again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import msgspec
from msgspec import Meta

from bench.errors import UsageError
from bench.faults import placed
from bench.model.records import (
    DEFAULT_UNIT,
    MOST,
    MOST_SAMPLES,
    Columns,
    Count,
    Counts,
    Errno,
    Facts,
    Nanoseconds,
    Text,
    Word,
)

CONTRACTS = (1, 2)  # that this harness speaks
APART = "apart"  # in the hello of a runner of contract 1 that collects by a command of its own
COLLECT = "collect"
WHOLE = f"expected a whole number from 0 to {MOST}"
BITS = "expected an errno of 32 bits"
LONGEST_LINE = 65_536
MOST_PROBED = MOST_SAMPLES

Samples = Annotated[tuple[Nanoseconds, ...], Meta(max_length=MOST_PROBED)]
Words = Annotated[tuple[Word, ...], Meta(max_length=100)]


class Refused(msgspec.Struct, frozen=True):
    """Why the runtime launched no more: an errno's or exception's name, and its words."""

    error: Word
    message: Text = ""
    errno: Errno | None = None


class Reply(msgspec.Struct, frozen=True, tag_field="reply"):
    """One line from a runner."""

    def durations(self) -> dict[str, int | None]:
        """How long parts of its answering took, in nanoseconds: none took longer than all of it."""
        return {}


class Greeted(Reply, frozen=True, tag="hello"):
    """`collects` is of contract 1, `units` and `acts` are of contract 2."""

    contract: Count
    runtime: Word
    version: Word
    unit: Text
    facts: Facts = {}
    collects: Word | None = None
    units: Words = (DEFAULT_UNIT,)
    acts: Words = ()

    @property
    def collecting(self) -> str | None:
        """The command by which it collects garbage apart from the release, if it does."""
        if self.contract == 1:
            return COLLECT if self.collects == APART else None
        return f"act {COLLECT}" if COLLECT in self.acts else None


class Grown(Reply, frozen=True, tag="grow"):
    alive: Count
    burst_ns: Nanoseconds
    longest_spawn_ns: Nanoseconds | None = None
    gc_ns: Nanoseconds | None = None
    counts: Counts = {}
    refused: Refused | None = None

    def durations(self) -> dict[str, int | None]:
        return {
            "burst_ns": self.burst_ns,
            "longest_spawn_ns": self.longest_spawn_ns,
            "gc_ns": self.gc_ns,
        }


class Probed(Reply, frozen=True, tag="probe"):
    alive: Count
    start_ns: Samples
    empty_ns: Samples
    refused: Refused | None = None

    def durations(self) -> dict[str, int | None]:
        return {"start_ns": sum(self.start_ns), "empty_ns": sum(self.empty_ns)}


class Released(Reply, frozen=True, tag="release"):
    alive: Count
    release_ns: Nanoseconds

    def durations(self) -> dict[str, int | None]:
        return {"release_ns": self.release_ns}


class Collected(Reply, frozen=True, tag="collect"):
    """Of contract 1: garbage has been collected, apart from the release."""

    alive: Count


class Performed(Reply, frozen=True, tag="act"):
    """The living units have performed an operation and are parked again."""

    act: Word
    alive: Count
    took_ns: Nanoseconds
    ops: Count = 0
    samples: Columns = {}
    counts: Counts = {}
    outcome: Word = "done"

    def __post_init__(self) -> None:
        lengths = {len(column) for column in self.samples.values()}
        if len(lengths) > 1:
            raise ValueError(
                f"samples: columns of {min(lengths)} to {max(lengths)} numbers; "
                "expected equal lengths"
            )

    def durations(self) -> dict[str, int | None]:
        return {"took_ns": self.took_ns}


class Rejected(Reply, frozen=True, tag="error"):
    """The runner's answer to a command that is no command."""

    message: str


AnyReply = Greeted | Grown | Probed | Released | Collected | Performed | Rejected
_decoder: msgspec.json.Decoder[AnyReply] = msgspec.json.Decoder(AnyReply)


class ProtocolError(Exception):
    """A line that breaks the contract; the message gives its number, its fault and its text."""


def parse(line: bytes, number: int) -> AnyReply:
    """The reply in `line`, the runner's `number`th (from 1). Raises `ProtocolError`."""
    try:
        return _decoder.decode(line)
    except RecursionError:
        fault = "nested too deeply"
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        place, fault = placed(str(error))
        name = place.removeprefix("$").removeprefix(".")
        if fault.startswith("expected a whole number"):
            wanted = BITS if name.endswith("errno") else WHOLE
            fault = ", ".join((wanted, *filter(None, [fault.partition(", ")[2]])))
        fault = f"{name}: {fault}" if name else fault
    raise ProtocolError(f"reply {number}: {fault}: {excerpt(line)}")


def excerpt(line: bytes, most: int = 120) -> str:
    """The beginning of a line as printable text in quotes, for an error message."""
    text = ascii(line[:most].decode("utf-8", "replace"))
    return f"{text} and {len(line) - most} bytes more" if len(line) > most else text


def act_command(name: str, options: Mapping[str, str]) -> tuple[str, ...]:
    """The words that ask for an act. Raises `UsageError` for one that is no single word."""
    words = ("act", name, *(f"{key}={value}" for key, value in options.items()))
    for word in words:
        if word.split() != [word] or not word.isprintable():
            raise UsageError(f"{word!r} cannot be said to a runner; leave spaces out")
    return words
