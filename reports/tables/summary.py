"""`outnumber summary`: every metric of a result, for programs and for people."""

from __future__ import annotations

import io
import itertools
import json
from collections.abc import Iterable, Mapping
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
from reports.wording.doubted import marked, note
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


def table(metrics: Iterable[Metric]) -> Table:
    """A row for each metric."""
    return tabulate(COLUMNS, list(metrics), lambda m: {"value": m.doubt} if m.doubt else {})


def _overhead(metric: Metric) -> str:
    return "" if metric.overhead is None else value_of(metric, metric.overhead)


def _interval(metric: Metric) -> str:
    """The interval; of a count where launching stopped, why it did."""
    return interval(metric) or ", ".join(word for word in (metric.status, metric.limit) if word)


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


class Notes:
    """The warnings of a table, each once under a number that its rows refer to, and why values
    carry the mark."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._doubts: list[str | None] = []

    def cells(self, metric: Metric) -> list[str]:
        """The cells of a row but the case, with the numbers of its warnings: `6 (1, 4)`."""
        self._doubts.append(metric.doubt)
        cells = [column.said(metric) for column in SHOWN[1:]]
        value = [column.key for column in SHOWN[1:]].index("value")
        cells[value] = marked(cells[value], metric.doubt)
        marks = [self._numbers.setdefault(w, len(self._numbers) + 1) for w in metric.warnings]
        cells[-1] += f" ({', '.join(map(str, marks))})" if marks else ""
        return cells

    @property
    def why(self) -> str:
        return note(self._doubts)

    def numbered(self) -> list[tuple[str, str]]:
        return [(f"({number})", warning) for warning, number in self._numbers.items()]


def as_markdown(metrics: Iterable[Metric]) -> str:
    """A table for a page or a pull request, with its warnings below it."""
    notes = Notes()
    rows = [(metric.case, *notes.cells(metric)) for metric in metrics]
    headings, numbers = zip(*((column.heading, column.is_number) for column in SHOWN), strict=True)
    lines = markdown_lines(headings, numbers, rows, notes.why)
    numbered = [f"- {number} {escape.markdown(words)}\n" for number, words in notes.numbered()]
    return "".join([lines, *(["\n", *numbered] if numbered else [])])


def as_table(metrics: Iterable[Metric], width: int = WIDTH) -> str:
    """A table for a terminal, a block of lines for each case, with its warnings below it."""
    notes = Notes()
    made = RichTable(box=None, pad_edge=False)
    for column in SHOWN[1:]:
        made.add_column(
            column.heading, justify="right" if column.is_number else "left", overflow="fold"
        )
    for case, block in itertools.groupby(metrics, key=lambda metric: metric.case):
        made.add_row(Text(escape.plain(case), "bold"))
        for metric in block:
            name, *cells = map(escape.plain, notes.cells(metric))
            made.add_row(f"  {name}", *map(Text, cells))
    out = io.StringIO()
    console = Console(file=out, width=width, color_system=None)
    console.print(made)
    for line in (*filter(None, (notes.why,)), *map(" ".join, notes.numbered())):
        console.print(Text(escape.plain(line)))
    return "".join(f"{line.rstrip()}\n" for line in out.getvalue().splitlines())
