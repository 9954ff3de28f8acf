"""The options that several commands share, each declared once, and values as people type them.

A number is digits, with a point, with an exponent, or with thousands grouped by `_` or `,`; a unit
may follow. Every parser raises typer's usage error, which names the text and what to type instead;
what can be told only later is a `BadOption`.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bench.errors import UsageError

if TYPE_CHECKING:
    from bench.derive.series import Dimension
    from bench.judging.gates import Margin, MetricName

MOST = 1_000_000_000
LARGEST = 2**50
MOST_FUTEX_SLOTS = 2**20  # of 64 bytes each
LONGEST = 32  # characters of one number
LONGEST_VALUE = 900  # of a variable: a line of a history has room for it
NUMBER = r"((?:\d{1,3}(?:[_,]\d{3})+|\d+)(?:\.\d+)?(?:e\+?\d{1,2})?)"
COUNTS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9}
SIZES = {"": 1, "k": 1024, "m": 1024**2, "g": 1024**3, "t": 1024**4}
SHARES = {"%": Fraction(1, 100)}
# Of a gate's margin, by its quantity's dimension.
MARGIN_UNITS: dict[Dimension, dict[str, float]] = {
    "bytes": {"B": 1.0, "KiB": 2.0**10, "MiB": 2.0**20},
    "seconds": {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0},
    "count": {"": 1.0},
}


class BadOption(UsageError):
    """A value that an option cannot have. A project's file may have set it, which then is named in
    place of the option (`bench.cli.configured`)."""

    def __init__(self, option: str, message: str) -> None:
        super().__init__(f"{option}: {message}")
        self.option, self.message = option, message


def size(text: str) -> int:
    """Bytes of `65536`, `64KiB`, `64K`, `8MiB` or `1.5GiB`; a unit counts in steps of 1,024."""
    bytes_ = _scaled(text, SIZES, r"(?:i?b)?")
    if not bytes_ or bytes_.denominator != 1:
        raise typer.BadParameter(f"'{text}' is not a size; type a number of bytes, or 64KiB, 8MiB")
    if bytes_ > LARGEST:
        raise typer.BadParameter(
            f"'{text}' is more than any machine has; type 64KiB or 8MiB, for example"
        )
    return int(bytes_)


@dataclass(frozen=True)
class Amount:
    """A number of bytes, or a share of the whole; the other one is `None`."""

    bytes: int | None = None
    share: float | None = None


def amount(text: str) -> Amount:
    """A size, or 0, or a share of the whole: `10%`."""
    if (share := _scaled(text, SHARES)) is not None:
        if share > 1:
            raise typer.BadParameter(f"'{text}' is more than 100%; type 10%, for example")
        return Amount(share=float(share))
    return Amount(bytes=0 if _scaled(text, SIZES) == 0 else size(text))


def count(text: str, least: int = 1, most: int = MOST, example: str = "1000000 or 1M") -> int:
    """A positive whole number: `1000000`, `1_000_000`, `1M`, `1e6`."""
    number = _scaled(text, COUNTS)
    if number is None or number.denominator != 1 or not least <= number <= most:
        raise typer.BadParameter(
            f"'{text}' is not a whole number from {least} to {most:,}; type {example}, for example"
        )
    return int(number)


def count_or_zero(text: str) -> int:
    """The same, or 0."""
    return count(text, 0, MOST, "7")


def pairs(text: str) -> int:
    """How many pairs a job has: at least one, at most as many as a job may have."""
    from bench.judging.looks import FARTHEST

    return count(text, 1, FARTHEST, "20")


def futex_slots(text: str) -> int:
    """How many slots a futex hash is to have: a power of two, and no more than anybody's
    threads."""
    number = _scaled(text, COUNTS)
    slots = int(number) if number is not None and number.denominator == 1 else 0
    if not 2 <= slots <= MOST_FUTEX_SLOTS or slots & (slots - 1):
        raise typer.BadParameter(
            f"'{text}' is not a power of two from 2 to {MOST_FUTEX_SLOTS:,}; type 16384"
        )
    return slots


def seconds(text: str) -> float:
    """A duration of at least a second: `90`, `90s`, `3m`, `1.5h`, `2m30s`."""
    found = re.fullmatch(
        rf"(?:{NUMBER}h)?\s*(?:{NUMBER}m)?\s*(?:{NUMBER}s?)?",
        text.strip(),
        re.IGNORECASE | re.ASCII,
    )
    parts = [_exact(part) for part in found.groups("0")] if found else []
    total = sum(part * unit for part, unit in zip(parts, (3600, 60, 1), strict=False))
    if not 1 <= total <= MOST:
        raise typer.BadParameter(
            f"'{text}' is not a duration of a second or more; type 90, 90s or 3m, for example"
        )
    return float(total)


def _scaled(text: str, units: Mapping[str, int | Fraction], tail: str = "") -> Fraction | None:
    """The number in `text` times its unit; `None` where it is no such number."""
    names = "|".join(map(re.escape, units))
    found = re.fullmatch(rf"{NUMBER}\s*({names}){tail}", text.strip(), re.IGNORECASE | re.ASCII)
    return _exact(found[1]) * units[found[2].lower()] if found else None


def _exact(number: str) -> Fraction:
    """Without the rounding of a float; nobody means a text of a million digits, which is 0."""
    return Fraction(re.sub("[_,]", "", number)) if len(number) <= LONGEST else Fraction(0)


def variables(texts: Iterable[str], option: str = "--env") -> dict[str, str]:
    """Variables of an environment, from words such as `GOGC=50`."""
    found: dict[str, str] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]{0,99}", name):
            raise BadOption(option, f"'{text}' is not NAME=VALUE; type one such as GOGC=50")
        if name in found:
            raise BadOption(option, f"{name} is given twice; give it once")
        if len(value) > LONGEST_VALUE or not value.isprintable():
            raise BadOption(
                option,
                f"the value of {name} is kept in the result; give it printable text of at most "
                f"{LONGEST_VALUE} characters",
            )
        found[name] = value
    return found


def gates(texts: Iterable[str]) -> dict[MetricName, Margin | None]:
    """The metrics to judge, from words such as `burst` or `bytes_per_unit/rss:2%`, each with its
    margin or `None` for the usual one."""
    found: dict[MetricName, Margin | None] = {}
    for text in texts:
        name, colon, margin = text.partition(":")
        figure = figure_called(name, "--gate")
        if figure in found:
            raise BadOption("--gate", f"{figure.words} is given twice; give it once")
        found[figure] = _margin(figure, margin) if colon else None
    return found


def figure_called(name: str, option: str) -> MetricName:
    """The figure of this name, or of one that tables show: `burst`, `bytes: kernel stack`,
    `start from idle, 99 %`, `start-latency/0.99`."""
    from bench.judging.gates import TOTAL, metric_names, split_about

    name, about = split_about(name)

    def plain(words: str) -> str:
        return " ".join(re.sub(r"[-_:,/\s]+", " ", words).lower().split())

    known = metric_names()
    short: dict[str, MetricName] = {}
    for figure in known.values():
        quantity, detail = figure.quantity, figure.words.partition("/")[2]
        cut = re.sub(r"(_seconds)?(_per_unit)?$", "", quantity.name)
        short |= {plain(one): figure for one in (figure.label, figure.short)}
        for one in (quantity.label, quantity.short, cut):
            short[plain(f"{one} {detail}")] = figure
            if figure.quantile == 0.5 or figure.part == TOTAL:
                short |= {plain(one): figure, plain(f"{one} {figure.part}"): figure}
    if (found := known.get(name) or short.get(plain(name))) is None:
        raise BadOption(option, f"no figure is called '{name}'{nearest(name, known)}")
    return replace(found, with_=about)


def _margin(figure: MetricName, text: str) -> Margin:
    from bench.judging.gates import LEAK, Margin

    match = re.fullmatch(r"(\d+(?:\.\d*)?|\.\d+)\s*(\S*)", text.strip())
    value, unit = (float(match[1]), match[2]) if match else (0.0, "")
    if value == 0:
        raise BadOption(
            "--gate", f"'{text}' is not a margin above 0; type one such as 1%, 10B or 50ns"
        )
    if unit == "%" and figure == LEAK:
        raise BadOption(
            "--gate",
            "a leak has no share to be a margin, since the usual one is 0; give bytes: "
            f"{figure.words}:10B",
        )
    if unit == "%" and figure.quantity.better == "higher" and value >= 100:
        raise BadOption("--gate", f"a margin of {value:.0f}% lets {figure.words} fall to nothing")
    if unit == "%":
        return Margin(value / 100)
    units = MARGIN_UNITS[figure.quantity.dimension]
    if unit not in units:
        kinds = " or ".join(filter(None, ("" if figure == LEAK else "%", *units)))
        raise BadOption(
            "--gate", f"the margin '{text}' does not fit {figure.words}: its unit is {kinds}"
        )
    return Margin(value * units[unit], absolute=True)


def nearest(name: str, known: Iterable[str]) -> str:
    """A hint at what `name` was meant to be, and all that there is."""
    names = list(known)
    close = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    hint = f"; did you mean {close[0]}?" if close else ""
    return f"{hint} There are: {', '.join(names)}." if hint else f"; there are {', '.join(names)}"


def case(text: str) -> str:
    """A case's key, from `RUNTIME[:UNIT[,NAME=VALUE…]]`. A name of an earlier version is taken for
    today's."""
    from bench.model.records import DEFAULT_UNIT, RENAMED

    key, *settings = text.split(",")
    if key.endswith(f":{DEFAULT_UNIT}") and not settings:  # as no key has it
        key = key.removesuffix(f":{DEFAULT_UNIT}")
    return ",".join((RENAMED.get(key, key), *settings))


def _runtimes(begun: str) -> list[str]:
    """The runtimes whose names begin so, for a shell that completes."""
    from runners.catalogue import shipped

    return [entry.name for entry in shipped() if entry.name.startswith(begun)]


def number(words: str, *names: str, parser: Callable[[str], int] = count) -> Any:
    """An option that takes a number."""
    return typer.Option(*names, parser=parser, metavar="N", help=words)


def duration(words: str, *names: str) -> Any:
    """An option that takes a time."""
    return typer.Option(*names, parser=seconds, metavar="SECONDS", help=words)


def text(metavar: str, words: str, *names: str) -> Any:
    """An option that takes words or a path."""
    return typer.Option(*names, metavar=metavar, help=words)


def flag(words: str, *names: str) -> Any:
    """An option that takes nothing."""
    return typer.Option(*names, help=words, show_default=False)


def choice(words: str, *names: str) -> Any:
    """An option that takes one of a few words."""
    return typer.Option(*names, help=words)


ResultFile = Annotated[Path, typer.Argument(metavar="RESULT", help="A file made by run.")]
Runtimes = Annotated[
    list[str] | None,
    typer.Option(
        "--runtime",
        "-r",
        metavar="NAME",
        parser=case,
        autocompletion=_runtimes,
        help="Measure this runtime (repeatable).",
    ),
]
OnlyRuntimes = Annotated[
    list[str] | None,
    typer.Option(
        "--runtime", "-r", metavar="NAME", parser=case, help="Only this runtime (repeatable)."
    ),
]
Runners = Annotated[
    list[Path] | None,
    text("FILE.toml", "Measure a runner of your own (repeatable).", "--runner"),
]
Units = Annotated[int | None, number("Units per process.  [default: 10,000; threads 1,000]")]
StackSize = Annotated[
    int | None,
    typer.Option(parser=size, metavar="SIZE", help="Stack of each thread: 64KiB, 8MiB."),
]
FutexSlots = Annotated[
    int | None,
    number(
        "Slots of the hash in which the kernel finds sleeping threads: 16384.", parser=futex_slots
    ),
]
Python = Annotated[str | None, text("PATH", "Python interpreter for the Python runners.")]
Pythons = Annotated[
    list[str] | None,
    text("PATH", "Python interpreter for the Python runners (repeatable: they are compared)."),
]
Variables = Annotated[
    list[str] | None,
    text("NAME=VALUE", "Set a variable for the runners: PYTHONMALLOC=debug (repeatable).", "--env"),
]
Seed = Annotated[
    int | None,
    number("Seed of the random order; the result records it.", parser=count_or_zero),
]
WaitForQuiet = Annotated[
    float | None, duration("Wait until the machine is quiet, at most that long.")
]
Gates = Annotated[
    list[str] | None,
    text("FIGURE[:MARGIN]", "Judge this figure instead: burst:5% (repeatable)."),
]
InconclusiveOk = Annotated[
    bool, flag("Exit with 0 instead of 3.", "--inconclusive-ok/--no-inconclusive-ok")
]
MarkdownFile = Annotated[
    Path | None, text("FILE", "Write the page for a pull request here too.", "--markdown")
]
Output = Annotated[
    Path | None, text("FILE", "Result file.  [default: in outnumber-results/]", "--output", "-o")
]
Force = Annotated[bool, flag("Overwrite an existing FILE.", "--force")]
Quiet = Annotated[bool, flag("Print the result's path, nothing else.", "--quiet", "-q")]
