"""From a record to bytes, and from the bytes of a file to a `Result`, taking nothing on trust.

Every fault is a `ResultError` whose message begins with the place in the file, where it has one.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from bench.errors import ResultError
from bench.faults import placed
from bench.model import format1
from bench.model.records import BURST, VERSION, Result, Session, Step
from outnumber import __version__

LONGEST_MESSAGE = 300
CUT_SHORT = "cut short: the JSON ends too early"


class NewerResultError(ResultError):
    """A result of a later version, which says for itself what to type."""


class _ResultVersion(msgspec.Struct):
    """The first key alone: a file of another version need not fit this version's types."""

    outnumber: Any = None


def decode(content: bytes) -> Result:
    """The result in `content`. Raises `ResultError` with the place of what is wrong."""
    try:
        version = _checked(msgspec.json.decode(content, type=_ResultVersion).outnumber)
        if version == 1:
            result = format1.decode(content)
        else:
            result = msgspec.json.decode(content, type=Result)
    except RecursionError:
        raise ResultError("nested too deeply for a result") from None
    except msgspec.ValidationError as error:
        raise ResultError(_placed(str(error))) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ResultError(_not_json(content, str(error))) from None
    for fault in _faults(result):
        for today, then in format1.PLACES.items() if version == 1 else ():
            fault = fault.replace(today, then)
        raise ResultError(fault)
    return result


def encode(record: object) -> bytes:
    """A record as JSON. Half a character, as the name of a file may hold one, is shown escaped:
    JSON has none."""
    try:
        return msgspec.json.encode(record)
    except UnicodeEncodeError:
        return msgspec.json.encode(_whole(msgspec.to_builtins(record)))


def fault_of(session: Session) -> str | None:
    """Why a session could not be read again if it were saved; `None` where it could."""
    try:
        again = msgspec.json.decode(encode(session), type=Session)
    except msgspec.ValidationError as error:
        return _placed(str(error))
    return next(_session_faults("$", again), None)


def _whole(value: Any) -> Any:
    match value:
        case str():
            return value.encode("utf-8", "backslashreplace").decode()
        case dict():
            return {_whole(key): _whole(one) for key, one in value.items()}
        case list() | tuple():
            return [_whole(one) for one in value]
        case _:
            return value


def printable(text: str) -> str:
    """`text` with what could move a cursor escaped, and not longer than a message may be: an error
    quotes the file that it complains of."""
    plain = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
    return plain if len(plain) <= LONGEST_MESSAGE else plain[:LONGEST_MESSAGE] + " …"


def _checked(version: object) -> int:
    if version is None:
        raise ResultError('not a result of outnumber, which begins with {"outnumber": 1')
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise ResultError(f"$.outnumber: expected a version of the format, such as {VERSION}")
    if version > VERSION:
        raise NewerResultError(
            f"$.outnumber: version {printable(str(version))} of the format, but outnumber "
            f"{__version__} reads up to {VERSION}; try `pip install --upgrade outnumber`"
        )
    return version


def _placed(message: str) -> str:
    """What is wrong in a result, after its place; the whole is no place."""
    place, what = placed(message)
    return printable(what) if place == "$" else f"{printable(place)}: {printable(what)}"


def _not_json(content: bytes, message: str) -> str:
    if not content:
        return "empty: its run ended before anything was saved"
    # A cut within a number reads as a bad number: the missing end shows it.
    begun, ended = content.lstrip().startswith(b"{"), content.rstrip().endswith(b"}")
    if "truncated" in message or (begun and not ended):
        return f"{CUT_SHORT}"
    return f"not JSON: {printable(message)}"


def _faults(result: Result) -> Iterator[str]:
    """What types cannot say: names that are there twice or not at all, and broken histograms."""
    yield from _twice("$.cases", [runtime.key for runtime in result.cases], "the case")
    sessions = [f"{s.case} {s.purpose} {s.round}" for s in result.sessions]
    yield from _twice("$.sessions", sessions, "the session")
    names = {runtime.key for runtime in result.cases}
    for number, session in enumerate(result.sessions):
        place = f"$.sessions[{number}]"
        if session.case not in names:
            yield f"{place}.case: {printable(session.case)} is not among $.cases"
        yield from _session_faults(place, session)


def _twice(place: str, keys: Sequence[str], what: str) -> Iterator[str]:
    seen: set[str] = set()
    for number, key in enumerate(keys):
        if key in seen:
            yield f"{place}[{number}]: {what} {printable(key)} is there twice"
        seen.add(key)


def _session_faults(place: str, session: Session) -> Iterator[str]:
    for number, step in enumerate(session.steps):
        yield from _step_faults(f"{place}.steps[{number}]", step)
    if session.purpose != "leak":
        for number, (one, next_) in enumerate(itertools.pairwise(session.steps), start=1):
            if next_.alive < one.alive:
                yield (
                    f"{place}.steps[{number}].alive: {next_.alive}, fewer than the {one.alive} "
                    "of the step before"
                )


def _step_faults(place: str, step: Step) -> Iterator[str]:
    if step.spawned > step.alive:
        yield f"{place}.spawned: {step.spawned}, more than the {step.alive} alive"
    if BURST not in step.seconds:
        yield f"{place}.seconds: {BURST} is missing"
    for name, bins in step.samples.items():
        where, floors = f"{place}.samples.{printable(name)}", bins.floors_ns
        if len(floors) != len(bins.counts):
            yield f"{where}: {len(floors)} bins, but {len(bins.counts)} counts"
        if any(one >= next_ for one, next_ in itertools.pairwise(floors)):
            yield f"{where}.floors_ns: not in rising order"
