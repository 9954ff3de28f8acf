"""`outnumber summary`: every metric of a result, for programs and for people."""

from __future__ import annotations

import io
import itertools
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import msgspec
from rich.table import Table as RichTable
from rich.text import Text

from bench.derive.metrics import Metric, figures
from bench.errors import UsageError
from bench.model.records import Case, Result
from reports.console import Console
from reports.figures.chart import Column, Table, tabulate
from reports.tables.table import csv_text, markdown_lines
from reports.wording import escape, units
from reports.wording.metrics import interval, name_of, value_of

Format = Literal["table", "json", "csv", "markdown"]
FORMATS: tuple[Format, ...] = get_args(Format)
SCHEMA = 2  # of the JSON; all keys of schema 1 have kept their meaning
WIDTH = 100
OF_CASE = ("case", "runtime", "unit", "settings", "python", "host")


def render(result: Result, format_: str, width: int = WIDTH) -> str:
    """The metrics of `result` as text that ends with a newline. `width` is the table's, in columns.

    Raises `UsageError` where there is no such format.
    """
    metrics = figures(result)
    match format_:
        case "table":
            return as_table(metrics, width)
        case "json":
            return as_json(result, metrics)
        case "csv":
            return as_csv(result, metrics)
        case "markdown":
            return as_markdown(metrics)
        case _:
            raise UsageError(f"no format {format_!r}; give --format {'|'.join(FORMATS)}")


# For programs


def objects(result: Result, metrics: Iterable[Metric]) -> list[dict[str, object]]:
    """The stable interface: each metric under the keys of schema 2, with the parts of its case."""
    cases: Mapping[str, Case] = {case.key: case for case in result.cases}
    made: list[dict[str, object]] = []
    for metric in metrics:
        case = cases.get(metric.case) or Case(runtime=metric.case)
        about = {key: getattr(case, key) for key in OF_CASE[1:]}
        made.append({"case": metric.case, **about, **msgspec.to_builtins(metric)})
    return made


def as_json(result: Result, metrics: Iterable[Metric]) -> str:
    """An object for each metric, on a line of its own. ASCII alone, so that no text of a result
    moves a terminal that it is printed on."""
    lines = ",\n  ".join(map(json.dumps, objects(result, metrics)))
    return f'{{"schema": {SCHEMA}, "metrics": [\n  {lines}\n]}}\n'


def as_csv(result: Result, metrics: Iterable[Metric]) -> str:
    """A row for each metric under the keys of the JSON. Unknown is an empty cell; several values
    share one: `calls=100; via=c`."""
    rows = [map(_flat, row.values()) for row in objects(result, metrics)]
    return csv_text((*OF_CASE, *Metric.__struct_encode_fields__[1:]), rows)


def _flat(value: object) -> object:
    if isinstance(value, Mapping):
        value = [f"{key}={one}" for key, one in value.items()]
    return "; ".join(map(str, value)) if isinstance(value, list | tuple) else value


# For people


def table(metrics: Sequence[Metric]) -> Table:
    """A row for each metric."""
    return tabulate(COLUMNS, metrics, lambda m: {"value": m.doubt} if m.doubt else {})


def _overhead(metric: Metric) -> str:
    return "" if metric.overhead is None else value_of(metric, metric.overhead)


def _interval(metric: Metric) -> str:
    """The interval; of a count where launching stopped, why it did."""
    return interval(metric) or ", ".join(
        escape.plain(word) for word in (metric.status, metric.limit) if word
    )


COLUMNS: tuple[Column[Metric], ...] = (
    Column("runtime", "runtime", lambda m: escape.plain(m.case), is_number=False),
    Column("quantity", "quantity", name_of, is_number=False),
    Column("at", "at", lambda m: m.at, lambda at: "" if at is None else units.count(at)),
    Column("value", "value", lambda m: m.value, cell=lambda m: value_of(m, m.value)),
    Column("overhead", "overhead", lambda m: m.overhead, cell=_overhead),
    Column("95 % interval", "interval", _interval),
    Column("repeats", "samples", lambda m: m.samples),
    Column("read from", "source", lambda m: escape.plain(m.source), is_number=False),
)
SHOWN = COLUMNS[:-1]  # without the sources, for which a terminal has no room


@dataclass(frozen=True)
class MetricRows:
    """The cells of each metric's row but the source, with the numbers of its warnings behind the
    last: `6 (1, 4)`. `notes` are the warnings, each once, and `why` says why values are marked."""

    cells: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...]
    why: str


def _rows(metrics: Sequence[Metric]) -> MetricRows:
    made = table(metrics)
    numbers: dict[str, int] = {}
    cells = []
    for metric, row in zip(metrics, made.words, strict=True):
        marks = [numbers.setdefault(warning, len(numbers) + 1) for warning in metric.warnings]
        *first, last = row[: len(SHOWN)]
        cells.append((*first, f"{last} ({', '.join(map(str, marks))})" if marks else last))
    notes = tuple(f"({number}) {warning}" for warning, number in numbers.items())
    return MetricRows(tuple(cells), notes, made.note)


def as_markdown(metrics: Sequence[Metric]) -> str:
    """A table for a page or a pull request, with its warnings below it."""
    rows = _rows(metrics)
    headings, numbers = zip(*((column.heading, column.is_number) for column in SHOWN), strict=True)
    lines = markdown_lines(headings, numbers, rows.cells, rows.why)
    notes = [f"- {escape.markdown(note)}\n" for note in rows.notes]
    return "".join([lines, *(["\n", *notes] if notes else [])])


def as_table(metrics: Sequence[Metric], width: int = WIDTH) -> str:
    """A table for a terminal, a block of lines for each case, with its warnings below it."""
    rows = _rows(metrics)
    made = RichTable(box=None, pad_edge=False)
    for column in SHOWN[1:]:
        made.add_column(
            column.heading, justify="right" if column.is_number else "left", overflow="fold"
        )
    for case, block in itertools.groupby(rows.cells, key=lambda row: row[0]):
        made.add_row(Text(case, "bold"))
        for _, name, *cells in block:
            made.add_row(f"  {name}", *map(Text, cells))
    out = io.StringIO()
    console = Console(file=out, width=width, color_system=None)
    console.print(made)
    for line in (*filter(None, (rows.why,)), *rows.notes):
        console.print(Text(escape.plain(line)))
    return "".join(f"{line.rstrip()}\n" for line in out.getvalue().splitlines())
