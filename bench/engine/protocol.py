"""The protocol's one parser: a runner's line becomes a typed reply, or an error with its place.

The contract is `runners/README.md`. Unknown fields are let through, so that a runner may say more
than it is asked; everything that is read is checked, by the bounds of the records that are to keep
it: what is accepted here can be saved and read again.
"""

from __future__ import annotations

from typing import Annotated

import msgspec

from bench.faults import placed
from bench.model.records import MOST, Count, Counts, Errno, Facts, Nanoseconds, Text, Word

CONTRACT = 1
APART = "apart"  # in the hello of a runner that collects by a command of its own
WHOLE = f"expected a whole number from 0 to {MOST}"
BITS = "expected an errno of 32 bits"
LONGEST_LINE = 65_536
MOST_PROBED = 1_000


class Refused(msgspec.Struct, frozen=True):
    """Why the runtime launched no more: an errno's or exception's name, and its words."""

    error: Word
    message: Text = ""
    errno: Errno | None = None


class Reply(msgspec.Struct, frozen=True, tag_field="reply"):
    """One line from a runner."""


class Hello(Reply, frozen=True, tag="hello"):
    contract: Count
    runtime: Word
    version: Word
    unit: Text
    facts: Facts = {}
    collects: Word | None = None


class Grown(Reply, frozen=True, tag="grow"):
    alive: Count
    burst_ns: Nanoseconds
    longest_spawn_ns: Nanoseconds | None = None
    gc_ns: Nanoseconds | None = None
    counts: Counts = {}
    refused: Refused | None = None


class Probed(Reply, frozen=True, tag="probe"):
    alive: Count
    start_ns: Annotated[tuple[Nanoseconds, ...], msgspec.Meta(max_length=MOST_PROBED)]
    empty_ns: Annotated[tuple[Nanoseconds, ...], msgspec.Meta(max_length=MOST_PROBED)]
    refused: Refused | None = None


class Released(Reply, frozen=True, tag="release"):
    alive: Count
    release_ns: Nanoseconds


class Collected(Reply, frozen=True, tag="collect"):
    """Garbage has been collected, by a runner that does so apart from the release."""

    alive: Count


class Rejected(Reply, frozen=True, tag="error"):
    """The runner's answer to a command that is no command."""

    message: str


AnyReply = Hello | Grown | Probed | Released | Collected | Rejected
_decoder: msgspec.json.Decoder[AnyReply] = msgspec.json.Decoder(AnyReply)


class ProtocolError(Exception):
    """A line that breaks the contract; the message gives its number, its fault and its text."""


def parse(line: bytes, number: int) -> AnyReply:
    """The reply in `line`, the runner's `number`th (from 1). Raises `ProtocolError`."""
    try:
        return _decoder.decode(line)
    except RecursionError:
        raise ProtocolError(f"reply {number}: nested too deeply: {excerpt(line)}") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ProtocolError(f"reply {number}: {_fault(str(error))}: {excerpt(line)}") from error


def durations(reply: AnyReply) -> dict[str, int]:
    """What a reply says of how long parts of its answering took, in nanoseconds: none can have
    taken longer than the answer."""
    match reply:
        case Grown():
            known = {
                "burst_ns": reply.burst_ns,
                "longest_spawn_ns": reply.longest_spawn_ns,
                "gc_ns": reply.gc_ns,
            }
            return {name: took for name, took in known.items() if took is not None}
        case Probed():
            rounds = {"start_ns": reply.start_ns, "empty_ns": reply.empty_ns}
            return {name: sum(each) for name, each in rounds.items()}
        case Released():
            return {"release_ns": reply.release_ns}
        case _:
            return {}


def _fault(message: str) -> str:
    """What is wrong with a reply, after its field, in the contract's words."""
    place, what = placed(message)
    name = place.removeprefix("$").removeprefix(".")
    if what.startswith("expected a whole number"):
        got = what.partition(", ")[2]
        what = BITS if name.endswith("errno") else WHOLE
        what = f"{what}, {got}" if got else what
    return f"{name}: {what}" if name else what


def excerpt(line: bytes, most: int = 120) -> str:
    """The beginning of a line as printable text in quotes, for an error message."""
    text = ascii(line[:most].decode("utf-8", "replace"))
    return f"{text} and {len(line) - most} bytes more" if len(line) > most else text
