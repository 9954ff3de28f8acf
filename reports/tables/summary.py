"""`outnumber summary`: every figure of a result, for programs and for people."""

from __future__ import annotations

import csv
import io
import itertools
import json
from collections.abc import Iterable
from typing import Literal, get_args

import msgspec
from rich.table import Table
from rich.text import Text

from bench.derive.metrics import SCHEMA, Metric, figures
from bench.errors import UsageError
from bench.model.records import Result
from reports.console import Console
from reports.wording import escape, units
from reports.wording.doubted import marked, note

Format = Literal["table", "json", "csv", "markdown"]
FORMATS: tuple[Format, ...] = get_args(Format)
WIDTH = 100
HEADINGS = ("runtime", "figure (a unit)", "at", "value", "overhead", "95 % interval", "sweeps")
NAMES: dict[str, str] = {
    "bytes_per_unit": "bytes",
    "fixed_bytes": "fixed bytes (a process)",
    "leaked_bytes_per_unit": "leaked bytes",
    "uncollected_bytes_per_unit": "uncollected bytes",
    "burst_seconds_per_unit": "burst",
    "marginal_burst_seconds_per_unit": "marginal burst",
    "longest_spawn_seconds": "longest spawn",
    "user_seconds_per_unit": "user time",
    "system_seconds_per_unit": "system time",
    "gc_seconds_per_unit": "collector's time",
    "page_faults_per_unit": "page faults",
    "start_latency_seconds": "start from idle",
    "awake_start_latency_seconds": "start awake",
    "release_seconds_per_unit": "release",
    "ceiling": "ceiling",
}


def render(result: Result, format_: str, width: int = WIDTH) -> str:
    """The figures of `result` as text that ends with a newline. `width` is the table's, in columns.

    Raises `UsageError` where there is no such format.
    """
    metrics = figures(result)
    match format_:
        case "table":
            return as_table(metrics, width)
        case "json":
            return as_json(metrics)
        case "csv":
            return as_csv(metrics)
        case "markdown":
            return as_markdown(metrics)
        case _:
            raise UsageError(f"no format {format_!r}; give --format {'|'.join(FORMATS)}")


def as_json(metrics: Iterable[Metric]) -> str:
    """The stable interface for programs: an object a figure, on a line of its own. ASCII alone, so
    that no text of a result moves a terminal that it is printed on."""
    lines = ",\n  ".join(json.dumps(msgspec.to_builtins(metric)) for metric in metrics)
    return f'{{"schema": {SCHEMA}, "metrics": [\n  {lines}\n]}}\n'


def as_csv(metrics: Iterable[Metric]) -> str:
    """A row a figure under the keys of the JSON; unknown is an empty cell, warnings share one."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(Metric.__struct_encode_fields__)
    for metric in metrics:
        writer.writerow(map(_csv_cell, msgspec.structs.astuple(metric)))
    return out.getvalue()


def as_markdown(metrics: Iterable[Metric]) -> str:
    """A table for a page or a pull request, its doubts below it."""
    doubts = Doubts()
    lines = [_markdown_row(HEADINGS), "| --- | --- | ---: | ---: | ---: | ---: | ---: |"]
    for metric in metrics:
        cells = map(escape.markdown, (metric.case, *_cells(metric)))
        lines.append(_markdown_row((*cells, f"{metric.samples}{doubts.mark(metric)}")))
    notes = [f"- {number} {escape.markdown(doubt)}" for number, doubt in doubts.numbered()]
    why = escape.markdown(doubts.note)
    return "\n".join([*lines, *(["", why] if why else []), *(["", *notes] if notes else [])]) + "\n"


def as_table(metrics: Iterable[Metric], width: int = WIDTH) -> str:
    """A table for a terminal, a block of lines a runtime, its doubts below it."""
    doubts = Doubts()
    table = Table(box=None, pad_edge=False)
    for heading in HEADINGS[1:]:
        justify: Literal["left", "right"] = "left" if heading == HEADINGS[1] else "right"
        table.add_column(heading, justify=justify, overflow="fold")
    for runtime, block in itertools.groupby(metrics, key=lambda metric: metric.case):
        table.add_row(Text(escape.terminal(runtime), "bold"))
        for metric in block:
            name, *cells = map(escape.terminal, _cells(metric))
            row = (f"  {name}", *cells, f"{metric.samples}{doubts.mark(metric)}")
            table.add_row(*map(Text, row))
    notes = [Text(f"{number} {escape.terminal(doubt)}") for number, doubt in doubts.numbered()]
    why = [Text(doubts.note)] if doubts.note else []
    return _printed([table, *why, *notes], width)


class Doubts:
    """The warnings of a table, each told once under a number that its rows refer to, and why
    values bear the mark."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._marked: list[str | None] = []

    def mark(self, metric: Metric) -> str:
        """The numbers of a figure's warnings, ` (1, 4)`, or nothing."""
        self._marked.append(metric.doubt)
        marks = [self._numbers.setdefault(w, len(self._numbers) + 1) for w in metric.warnings]
        return f" ({', '.join(map(str, marks))})" if marks else ""

    @property
    def note(self) -> str:
        return note(self._marked)

    def numbered(self) -> list[tuple[str, str]]:
        return [(f"({number})", doubt) for doubt, number in self._numbers.items()]


def value_of(metric: Metric, value: float | None) -> str:
    """A value of this metric as a person reads it."""
    return value_of_name(metric.metric, value)


def value_of_name(name: str, value: float | None) -> str:
    """A value of the metric of this name as a person reads it."""
    if "seconds" in name:
        return units.seconds(value)
    if "bytes" in name:
        return units.size(value)
    return units.count(value) if name == "ceiling" else units.number(value)


def name_of(metric: Metric) -> str:
    """The figure in words: `bytes: kernel stack`; `start awake, 99 %`."""
    words = NAMES[metric.metric]
    if metric.part:
        return f"{words}: {metric.part.replace('_', ' ')}"
    return words if metric.quantile is None else f"{words}, {_quantile(metric.quantile)}"


def _cells(metric: Metric) -> tuple[str, ...]:
    at = units.count(metric.at) if metric.at is not None else ""
    value = marked(value_of(metric, metric.value), metric.doubt)
    return (name_of(metric), at, value, overhead(metric), interval(metric))


def overhead(metric: Metric) -> str:
    """The part of the value that the measuring takes; nothing where it takes none."""
    return "" if metric.overhead is None else value_of(metric, metric.overhead)


def interval(metric: Metric) -> str:
    """The interval, its unit once where both ends have the same; what stopped a ceiling."""
    if metric.low is None or metric.high is None:
        return ", ".join(word for word in (metric.status, metric.limit) if word)
    low, high = value_of(metric, metric.low), value_of(metric, metric.high)
    same = low.partition(" ")[2] == high.partition(" ")[2]
    return f"{low.partition(' ')[0] if same else low} to {high}"


def _quantile(quantile: float) -> str:
    return {0.5: "median", 1.0: "longest"}.get(quantile, f"{quantile:.0%}".replace("%", " %"))


def _printed(parts: Iterable[Table | Text], width: int) -> str:
    """What rich makes of `parts`, without colour and without spaces at the ends of lines."""
    out = io.StringIO()
    console = Console(file=out, width=width, color_system=None)
    for part in parts:
        console.print(part)
    return "".join(f"{line.rstrip()}\n" for line in out.getvalue().splitlines())


def _csv_cell(value: object) -> object:
    if isinstance(value, dict):
        value = tuple(f"{name}={one}" for name, one in value.items())
    if isinstance(value, tuple):
        return escape.csv("; ".join(map(str, value)))
    return escape.csv(value) if isinstance(value, str) else value


def _markdown_row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
