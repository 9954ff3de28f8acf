"""The protocol's one parser: a runner's line becomes a typed reply, or an error with its place.

The contract is `runners/README.md`. Unknown fields are let through, so that a runner may say more
than it is asked; everything that is read is checked.
"""

from __future__ import annotations

from typing import Annotated

import msgspec

CONTRACT = 1
LONGEST_LINE = 65_536
MOST_PROBED = 1_000

Count = Annotated[int, msgspec.Meta(ge=0)]
Nanoseconds = Annotated[int, msgspec.Meta(ge=0)]


class Refused(msgspec.Struct, frozen=True):
    """Why the runtime launched no more: an errno's or exception's name, and its words."""

    error: str
    message: str = ""
    errno: int | None = None


class Reply(msgspec.Struct, frozen=True, tag_field="reply"):
    """One line from a runner."""


class Hello(Reply, frozen=True, tag="hello"):
    contract: int
    runtime: str
    version: str
    unit: str
    facts: dict[str, str] = {}


class Grown(Reply, frozen=True, tag="grow"):
    alive: Count
    burst_ns: Nanoseconds
    longest_spawn_ns: Nanoseconds | None = None
    gc_ns: Nanoseconds | None = None
    refused: Refused | None = None


class Probed(Reply, frozen=True, tag="probe"):
    alive: Count
    start_ns: Annotated[tuple[Nanoseconds, ...], msgspec.Meta(max_length=MOST_PROBED)]
    empty_ns: Annotated[tuple[Nanoseconds, ...], msgspec.Meta(max_length=MOST_PROBED)]
    refused: Refused | None = None


class Released(Reply, frozen=True, tag="release"):
    alive: Count
    release_ns: Nanoseconds


class Rejected(Reply, frozen=True, tag="error"):
    """The runner's answer to a command that is no command."""

    message: str


AnyReply = Hello | Grown | Probed | Released | Rejected
_decoder: msgspec.json.Decoder[AnyReply] = msgspec.json.Decoder(AnyReply)


class ProtocolError(Exception):
    """A line that breaks the contract; the message gives its number, its fault and its text."""


def parse(line: bytes, number: int) -> AnyReply:
    """The reply in `line`, the runner's `number`th (from 1). Raises `ProtocolError`."""
    try:
        return _decoder.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ProtocolError(f"reply {number}: {error}: {excerpt(line)}") from error


def excerpt(line: bytes, most: int = 120) -> str:
    """The beginning of a line as printable text in quotes, for an error message."""
    text = ascii(line[:most].decode("utf-8", "replace"))
    return f"{text} and {len(line) - most} bytes more" if len(line) > most else text
