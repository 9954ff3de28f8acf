"""Reading a history: untrusted input, of which a broken line is named and the rest is kept.

All files of the folder that end in `.jsonl` are read, whatever they are called and however many
lines they have, so that old ones may be joined.
"""

from __future__ import annotations

import errno
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from bench import quantities
from bench.errors import UsageError
from bench.faults import placed
from bench.history import format1
from bench.history.records import VERSION, Acknowledgement, Point
from bench.model.decoding import printable
from outnumber import __version__

SUFFIX = ".jsonl"
AGAIN = "delete the line, and add that run once more"
LONGEST_LINE = 4 * 2**20  # a night of ten runtimes has some 25 KB


@dataclass(frozen=True)
class Fault:
    """A line that could not be read: where it stands, and why."""

    file: str
    line: int
    reason: str

    def __str__(self) -> str:
        return f"{self.file}, line {self.line}: {self.reason}"


@dataclass(frozen=True)
class History:
    """What a folder holds: its points by their dates, each once, and what could not be read."""

    folder: Path
    points: tuple[Point, ...]
    acknowledged: tuple[Acknowledgement, ...]
    faults: tuple[Fault, ...]


class _LineVersion(msgspec.Struct):
    """The version alone: a line of another one need not fit this version's types."""

    history: Any = None


def read(folder: Path) -> History:
    """Everything in a folder. Raises `UsageError` where there is none, or no point in it."""
    if not folder.is_dir():
        raise UsageError(
            f"{printable(str(folder))}: no such folder; outnumber history add RESULT makes one, "
            "--folder says where it is"
        )
    faults: list[Fault] = []
    lines = list(_records(folder, faults))
    points = {line.id: line for line in lines if isinstance(line, Point)}
    if not points:
        told = "".join(f"\n  {fault}" for fault in faults)
        raise UsageError(
            f"{printable(str(folder))}: no point of a history in it; outnumber history add RESULT "
            f"adds one{told}"
        )
    return History(
        folder=folder,
        points=tuple(sorted(points.values(), key=lambda point: (when(point), point.id))),
        acknowledged=tuple(line for line in lines if isinstance(line, Acknowledgement)),
        faults=tuple(faults),
    )


def is_whole(path: Path) -> bool:
    """Whether the file can be read and holds no broken line."""
    try:
        for _, line in _lines(path):
            _decoded(line)
    except (OSError, ValueError):
        return False
    return True


def check_line(line: bytes) -> None:
    """Raises `ValueError` where the line could not be read again."""
    if len(line) > LONGEST_LINE:
        raise ValueError(f"a line has at most {LONGEST_LINE >> 20} MiB")
    _decoded(line)


def when(point: Point) -> datetime:
    """When the point's run began; without a zone it is taken for UTC. Raises `ValueError` where it
    is no date."""
    moment = datetime.fromisoformat(point.started)
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def _records(folder: Path, faults: list[Fault]) -> Iterator[Point | Acknowledgement]:
    """The sound lines of all files, in the order of their names."""
    for path in sorted(folder.glob(f"*{SUFFIX}")):
        number = 0
        try:
            for number, line in _lines(path):
                try:
                    yield _decoded(line)
                except ValueError as error:
                    faults.append(Fault(printable(str(path)), number, str(error)))
        except OSError as error:
            faults.append(Fault(printable(str(path)), number + 1, f"unreadable: {error.strerror}"))


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """The lines that hold something, by their numbers; a file without any is one empty line."""
    number = 0
    if not path.is_file():  # opening a pipe would wait for whoever writes into it
        raise OSError(errno.EINVAL, "not an ordinary file")
    with path.open("rb") as file:
        while line := file.readline(LONGEST_LINE):
            number += 1
            if line.strip():
                yield number, line
    if not number:
        yield 1, b""


def _decoded(line: bytes) -> Point | Acknowledgement:
    """Raises `ValueError` with what is wrong."""
    if not line:
        raise ValueError("empty: its writing was cut short; delete the file, and add once more")
    try:
        version = _checked(msgspec.json.decode(line, type=_LineVersion).history)
        record = format1.decoded(line) if version == 1 else _of_today(line)
    except RecursionError:
        raise ValueError(f"nested too deeply for a line of a history; {AGAIN}") from None
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        place, what = placed(str(error))
        said = what if place == "$" else f"{place}: {what}"
        raise ValueError(f"{printable(said)}; {AGAIN}") from None
    if isinstance(record, Point):
        _check(record)
    return record


def _of_today(line: bytes) -> Point | Acknowledgement:
    return msgspec.json.decode(line, type=Point | Acknowledgement)


def _checked(version: object) -> int:
    if isinstance(version, int) and not isinstance(version, bool) and 1 <= version <= VERSION:
        return version
    raise ValueError(
        f"version {printable(str(version))} of the format, but outnumber {__version__} reads up to "
        f"{VERSION}; try `pip install --upgrade outnumber`, or {AGAIN}"
    )


def _check(point: Point) -> None:
    """What types cannot say: a date that is none, and figures that are there twice."""
    try:
        when(point)
    except (ValueError, OverflowError):
        raise ValueError(f"{printable(point.started)} is no date; {AGAIN}") from None
    for place, each in enumerate(point.kept):
        if each.metric not in {one.name for one in quantities.all_()}:
            unknown = printable(each.metric)
            raise ValueError(f"$.kept[{place}].metric: unknown value '{unknown}'; {AGAIN}")
    names = Counter((each.case, each.metric, each.part, each.quantile) for each in point.kept)
    for (runtime, metric, *_), times in names.items():
        if times > 1:
            raise ValueError(f"{metric} of {printable(runtime)} is there twice; {AGAIN}")
