"""A history as it is kept: a folder of small files, each made once and never changed, each line of
which is one JSON object that says its `kind`.

Two writers never meet, since a file that is there is not replaced, and two branches of git that
both added some merge without a conflict. A name begins with the date, for people. What is read is
untrusted: a broken line is named and the rest is kept. All files of the folder that end in `.jsonl`
are read, whatever they are called and however many lines they have, so that old ones may be joined.

Version history of the format (`Point.history`, `Acknowledgement.history`):
    2  `cases` and `case`, which were `runtimes` and `runtime`; `StoredMetric.with` came to it, with
       a default;
    1  the first, still read; `StoredMetric.doubt` and `overhead` came to it, with defaults.
"""

from __future__ import annotations

import errno
import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta

from bench import files, quantities
from bench.derive.metrics import figures
from bench.errors import MeasureError, UsageError
from bench.faults import placed
from bench.judging.gates import MetricName
from bench.model.decoding import encode, printable
from bench.model.format1 import Runtime
from bench.model.likeness import Topic, facts_of
from bench.model.records import (
    BURST,
    MOST,
    RENAMED,
    USER,
    CaseRecord,
    Count,
    Record,
    Result,
    Seconds,
    Status,
    Text,
)
from outnumber import __version__

VERSION: Final = 2
SUFFIX = ".jsonl"
LONGEST_REASON = 1000
LONGEST_LINE = 4 * 2**20  # a night of ten runtimes has some 25 KB
AGAIN = "delete the line, and add that run once more"
PAIRED = ("ab", "noise")  # commands whose processes are made in pairs

Words = Annotated[str, Meta(max_length=200)]
Id = Annotated[str, Meta(pattern=r"^[0-9a-f]{16}$")]
Number = Annotated[float, Meta(ge=-1e18, le=1e18)]
Whole = Annotated[int, Meta(ge=-MOST, le=MOST)]
Plain = Annotated[str, Meta(pattern=r"\A[A-Za-z0-9_ .+-]{1,100}\Z")]  # it names files too
Quantile = Annotated[float, Meta(ge=0, le=1)]


class StoredMetric(Record, frozen=True, kw_only=True, omit_defaults=True):
    """One figure of one case, as it was derived that night, with its doubt and the measuring
    overhead in it. Seconds and bytes only; what is unknown is left out."""

    case: Words
    metric: Words
    part: Plain | None = None
    quantile: Quantile | None = None
    with_: Annotated[dict[Plain, Plain | Whole | Number], Meta(max_length=20)] = msgspec.field(
        default_factory=dict, name="with"
    )
    at: Count | None = None
    value: Number
    low: Number | None = None
    high: Number | None = None
    samples: Count
    status: Status | None = None
    limit: Words | None = None
    doubt: Words | None = None
    overhead: Number | None = None


class Point(Record, frozen=True, kw_only=True, omit_defaults=True, tag="point", tag_field="kind"):
    """One run in a history: when, of which commit, made on what, and every known figure.

    `id` is a hash of what was measured, so that nothing is added twice; `cases` are those that
    ran. `facts` are those of `bench.model.likeness`; `control` is as in the result.
    """

    history: Literal[2]
    id: Id
    started: Words
    commit: Words | None = None
    command: Words
    cases: Annotated[tuple[CaseRecord, ...], Meta(max_length=1000)]
    facts: dict[Topic, dict[Text, Text]]
    control: Annotated[tuple[Seconds, ...], Meta(max_length=20_000)] | None = None
    kept: Annotated[tuple[StoredMetric, ...], Meta(max_length=50_000)] = ()


class Acknowledgement(
    Record, frozen=True, kw_only=True, omit_defaults=True, tag="acknowledged", tag_field="kind"
):
    """Somebody has seen that figures changed at a point, and said why: it alarms no more, and a new
    baseline begins there. `None` for case or metric means all; `metric` is in the words that
    `--metric` takes."""

    history: Literal[2]
    point: Id
    case: Words | None = None
    metric: Words | None = None
    reason: Annotated[str, Meta(min_length=1, max_length=LONGEST_REASON)]
    on: Words


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


def point_of(result: Result, commit: str | None) -> Point:
    """The point of a result. Raises `UsageError` for what is no nightly run, was cut short, or
    holds no figure."""
    if result.side is not None or result.command in PAIRED:
        raise UsageError(
            f"made by outnumber {result.command}, one side of a job of pairs: a history is made of "
            "results of outnumber run or outnumber ceiling"
        )
    if result.finished is None:
        raise UsageError(
            "its run was cut short before its end, and a part of a night is not judged beside "
            f"whole ones; make the run again with outnumber {result.command}, and add that"
        )
    # Of a ceiling's run the ceiling alone, since its units weigh at another count each night.
    kept = tuple(
        StoredMetric(**{name: getattr(metric, name) for name in StoredMetric.__struct_fields__})
        for metric in figures(result)
        if metric.value is not None and (result.command != "ceiling" or metric.status is not None)
    )
    if not kept:
        raise UsageError("it holds no figure: nothing was measured in that run")
    try:
        started = datetime.fromisoformat(result.started).isoformat(timespec="seconds")
    except ValueError:
        raise UsageError(f"its beginning is no date: {result.started[:60]!r}") from None
    names = {each.case for each in kept}
    return Point(
        history=VERSION,
        id=id_of(result),
        started=started,
        commit=commit,
        command=result.command,
        cases=tuple(case for case in result.cases if case.key in names),
        facts=facts_of(result),
        control=result.control,
        kept=kept,
    )


def id_of(result: Result) -> str:
    """A hash over what was measured and when: the same however the file was written, and by a later
    version that knows of more to store."""
    sessions = [
        [session.case, session.purpose, session.round]
        + [[step.alive, step.seconds.get(BURST), step.read(USER).bytes] for step in session.steps]
        for session in result.sessions
    ]
    measured = [result.command, result.started, result.plan.seed, sessions]
    return hashlib.sha256(msgspec.json.encode(measured)).hexdigest()[:16]


def add(folder: Path, point: Point) -> Path | None:
    """Adds a point: the path of its file, or `None` where the folder has it already.

    Raises `UsageError` where the folder cannot be written, `MeasureError` where the disk will not
    have it; nothing is left behind then.
    """
    stem = when(point).strftime("%Y-%m-%dT%H-%M-%S")
    return _write(folder / f"{stem}-{point.id}{SUFFIX}", point)


def acknowledge(folder: Path, acknowledgement: Acknowledgement) -> Path | None:
    """Keeps an acknowledgement as `add` keeps a point; `None` where the same is there, for whatever
    reason it was made."""
    what = (acknowledgement.point, acknowledgement.case, acknowledgement.metric)
    name = hashlib.sha256(msgspec.json.encode(what)).hexdigest()[:16]
    return _write(folder / f"acknowledged-{name}{SUFFIX}", acknowledgement)


def refuse_unwritable(folder: Path) -> None:
    """Raises `UsageError` where nothing can be added to the folder, or no such folder made."""
    try:
        files.check_folder(folder)
    except OSError as error:
        raise UsageError(
            f"{folder} cannot be written: {error.strerror}; give another folder with --folder"
        ) from error


def _write(path: Path, record: Point | Acknowledgement) -> Path | None:
    """One line in a new file; `None` where that is there. One that is there and broken, as an older
    version may have left it, is nothing: it is replaced."""
    refuse_unwritable(path.parent)
    content = encode(record) + b"\n"
    try:
        check_line(content)
    except ValueError as error:
        raise UsageError(f"{path.name}: a history cannot hold that: {error}") from error
    try:
        files.make_folder(path.parent)
        files.write(path, content, replace=path.exists() and not is_whole(path))
    except FileExistsError:
        return None
    except OSError as error:
        raise MeasureError(f"{path} could not be saved: {error.strerror}") from error
    return path


def read(folder: Path) -> History:
    """Everything in a folder. Raises `UsageError` where there is none, or no point in it."""
    if not folder.is_dir():
        raise UsageError(
            f"{printable(str(folder))}: no such folder; outnumber history add RESULT makes one, "
            "--folder says where it is"
        )
    faults: list[Fault] = []
    lines: list[Point | Acknowledgement] = []
    for path in sorted(folder.glob(f"*{SUFFIX}")):
        number = 0
        try:
            for number, line in _lines(path):
                try:
                    lines.append(_decoded(line))
                except ValueError as error:
                    faults.append(Fault(printable(str(path)), number, str(error)))
        except OSError as error:
            faults.append(Fault(printable(str(path)), number + 1, f"unreadable: {error.strerror}"))
    points = {line.id: line for line in lines if isinstance(line, Point)}
    if not points:
        found = "".join(f"\n  {fault}" for fault in faults)
        raise UsageError(
            f"{printable(str(folder))}: no point of a history in it; outnumber history add RESULT "
            f"adds one{found}"
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


class _LineVersion(msgspec.Struct):
    """The version alone: a line of another one need not fit this version's types."""

    history: Any = None


def _decoded(line: bytes) -> Point | Acknowledgement:
    """Raises `ValueError` with what is wrong."""
    if not line:
        raise ValueError("empty: its writing was cut short; delete the file, and add once more")
    try:
        version = msgspec.json.decode(line, type=_LineVersion).history
        if not isinstance(version, int) or isinstance(version, bool) or not 1 <= version <= VERSION:
            raise ValueError(
                f"version {printable(str(version))} of the format, but outnumber {__version__} "
                f"reads up to {VERSION}; try `pip install --upgrade outnumber`, or {AGAIN}"
            )
        record: Point | Acknowledgement
        if version == 1:
            record = msgspec.convert(_of_format1(line), type=Point | Acknowledgement)
        else:
            record = msgspec.json.decode(line, type=Point | Acknowledgement)
    except RecursionError:
        raise ValueError(f"nested too deeply for a line of a history; {AGAIN}") from None
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        place, what = placed(str(error))
        said = what if place == "$" else f"{place}: {what}"
        raise ValueError(f"{printable(said)}; {AGAIN}") from None
    if isinstance(record, Point):
        _check(record)
    return record


def _of_format1(line: bytes) -> dict[str, Any]:
    """A line of format 1 under the names of today; its values are not checked yet. Raises what
    msgspec raises."""
    fields = msgspec.json.decode(line, type=dict[str, Any]) | {"history": VERSION}
    if "runtimes" in fields:
        runtimes = msgspec.convert(fields.pop("runtimes"), type=tuple[Runtime, ...])
        fields["cases"] = msgspec.to_builtins([runtime.case() for runtime in runtimes])
    kept = fields.get("kept")
    for each in (fields, *(kept if isinstance(kept, list) else ())):
        if isinstance(each, dict) and "runtime" in each:
            name = each.pop("runtime")
            each["case"] = RENAMED.get(name, name) if isinstance(name, str) else name
    facts = fields.get("facts")
    for topic in facts.values() if isinstance(facts, dict) else ():
        if isinstance(topic, dict):  # the name of a runtime's fact begins with the runtime's
            for name in [name for name in topic if name.partition(" ")[0] in RENAMED]:
                runtime, space, rest = name.partition(" ")
                topic[f"{RENAMED[runtime]}{space}{rest}"] = topic.pop(name)
    return fields


def _check(point: Point) -> None:
    """What types cannot say: a date that is none, and metrics that no quantity has the name of or
    that are there twice."""
    try:
        when(point)
    except (ValueError, OverflowError):
        raise ValueError(f"{printable(point.started)} is no date; {AGAIN}") from None
    known = {quantity.name for quantity in quantities.all_()}
    for place, each in enumerate(point.kept):
        if each.metric not in known:
            unknown = printable(each.metric)
            raise ValueError(f"$.kept[{place}].metric: unknown value '{unknown}'; {AGAIN}")
    names = Counter((each.case, MetricName.of(each)) for each in point.kept)
    for (case, metric), times in names.items():
        if times > 1:
            name = f"{metric.metric} of {printable(case)}"
            raise ValueError(f"{name} is there twice; {AGAIN}")
