"""`summary`: the stable JSON, and what spreadsheets, pages and people read."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from bench.errors import UsageError
from bench.model.records import Result
from reports.tables.summary import FORMATS, render
from tests.support.results import Unit, leak_sweep, result, runtime, sweep, whole_run

KEYS = [
    *("case", "runtime", "unit", "settings", "python", "host"),
    *(
        "metric",
        "part",
        "at",
        "with",
        "quantile",
        "value",
        "low",
        "high",
        "samples",
        "better",
    ),
    *("source", "status", "limit", "where", "predicted", "projected"),
    *("doubt", "overhead", "warnings"),
]
SLOW = Unit(burst=1e-3, marginal=1e-3)
SMALL = result(
    sweep((100, 1000), SLOW, purpose="climb", status="refused", limit="vm.max_map_count"),
    *[sweep((100, 1000), SLOW, number=number) for number in (1, 2)],
    leak_sweep(12.0, units=1000),
)
HOSTILE = 'ev|il`<b>\x1b[31m\u202e\n=x"'


def hostile() -> Result:
    """A run whose every text is meant to do harm."""
    one = sweep(runtime=HOSTILE, purpose="climb", status="refused", limit=f"={HOSTILE}")
    one = replace(one, warnings=(f"@{HOSTILE}",), stop=replace(one.stop, where=f"+{HOSTILE}"))
    return result(one, runtimes=[replace(runtime(HOSTILE), label=HOSTILE)])


def metrics_of(text: str) -> list[dict[str, Any]]:
    tree = json.loads(text)
    assert list(tree) == ["schema", "metrics"]
    assert tree["schema"] == 2
    return list(tree["metrics"])


def test_json_has_an_object_a_figure_with_the_documented_keys_in_their_order() -> None:
    metrics = metrics_of(render(whole_run(), "json"))
    assert len(metrics) == 4 * 27
    assert all(list(metric) == KEYS for metric in metrics)
    assert metrics[0] == {
        "case": "pthread",
        "runtime": "pthread",
        "unit": "gate",
        "settings": {},
        "python": None,
        "host": None,
        "metric": "bytes_per_unit",
        "part": "total",
        "at": 10_000,
        "with": {},
        "quantile": None,
        "value": 35_683,
        "low": 35_683,
        "high": 35_683,
        "samples": 6,
        "better": "lower",
        "source": "smaps_rollup Anonymous+Swap + cgroup v1 memory.kmem.usage_in_bytes",
        "status": None,
        "limit": None,
        "where": None,
        "predicted": None,
        "projected": None,
        "doubt": None,
        "overhead": None,
        "warnings": [],
    }


def test_json_of_a_run_without_figures_is_an_empty_list() -> None:
    assert metrics_of(render(result(), "json")) == []


def test_csv_has_the_keys_of_the_json_and_a_row_a_figure() -> None:
    rows = list(csv.reader(io.StringIO(render(SMALL, "csv"))))
    assert rows[0] == KEYS
    assert len(rows) == 28
    total = dict(zip(KEYS, rows[1], strict=True))
    assert (total["value"], total["low"], total["at"]) == ("1024.0", "", "1000")
    assert total["warnings"] == "no confidence interval (2 of 6 repeats)"


def test_csv_keeps_numbers_numbers_and_makes_formulas_text() -> None:
    rows = list(csv.reader(io.StringIO(render(hostile(), "csv"))))
    ceiling = dict(zip(KEYS, rows[-1], strict=True))
    assert ceiling["limit"].startswith("'=")
    assert ceiling["where"].startswith("'+")
    assert ceiling["warnings"].startswith("'@")
    assert float(ceiling["value"]) == 100_000
    negative = sweep(purpose="climb")
    assert "\x1b" not in render(result(negative), "csv")


def test_a_table_is_read_from_top_to_bottom() -> None:
    lines = render(SMALL, "table", 100).splitlines(keepends=True)
    assert (
        "".join(lines[:10])
        == """\
quantity                                at       value  overhead              95 % interval  repeats
asyncio
  bytes per unit: total              1,000   1.00 KiB†                                         2 (1)
  bytes per unit: user               1,000  0.977 KiB†                                         2 (1)
  bytes per unit: kernel             1,000     24.0 B†                                         2 (1)
  bytes per unit: kernel stack       1,000        0 B†                                         2 (1)
  bytes per unit: page tables        1,000     8.00 B†                                         2 (1)
  bytes per unit: kernel other       1,000     16.0 B†                                         2 (1)
  bytes per unit: rss                1,000      900 B†                                         2 (1)
  memory of the empty process                1.91 MiB†                                         2 (1)
"""
    )


def test_the_overhead_of_a_start_stands_beside_its_value() -> None:
    lines = [line.split() for line in render(SMALL, "table").splitlines()]
    for start in ("from idle", "awake"):
        name = ["start", "latency", *f"{start}, 99".split()]
        (line,) = (line for line in lines if line[: len(name)] == name)
        assert line[len(name) :] == ["%", "1,000", "130", "ns†", "5.00", "ns", "2", "(1)"]


def test_each_doubt_stands_once_below_the_table() -> None:
    lines = render(SMALL, "table", 100).splitlines()
    assert lines[-1] == "(1) no confidence interval (2 of 6 repeats)"
    assert lines[-2] == "† too few samples for an interval."
    assert lines[-3].split() == ["ceiling", "1,000", "refused,", "vm.max_map_count", "1"]


def test_markdown_is_one_table_and_its_doubts() -> None:
    lines = render(SMALL, "markdown").splitlines()
    assert lines[:3] == [
        "| runtime | quantity | at | value | overhead | 95 % interval | repeats |",
        "| --- | --- | ---: | ---: | ---: | ---: | ---: |",
        "| asyncio | bytes per unit: total | 1,000 | 1.00 KiB† |  |  | 2 (1) |",
    ]
    assert lines[-4:-2] == ["", "† too few samples for an interval."]
    assert lines[-2:] == ["", "- (1) no confidence interval (2 of 6 repeats)"]


def test_markdown_of_hostile_names_keeps_its_cells() -> None:
    lines = render(hostile(), "markdown").splitlines()
    rows = [line for line in lines if line.startswith("|")]
    assert {row.replace(r"\|", "").count("|") for row in rows} == {8}
    assert "<b>" not in "".join(lines)


@pytest.mark.parametrize("format_", FORMATS)
def test_no_format_lets_control_characters_through(format_: str) -> None:
    text = render(hostile(), format_)
    assert not set(text) & {"\x1b", "\u202e", "\r", "\t"}


@pytest.mark.parametrize("format_", FORMATS)
def test_unknown_is_told_in_every_format(format_: str) -> None:
    text = render(result(sweep((), status="failed")), format_)
    assert {"json": '"value": null', "csv": "asyncio,gate,,,,ceiling,,,,,,,,0"}.get(
        format_, "unknown"
    ) in text


def test_a_format_that_is_not_there_is_told() -> None:
    with pytest.raises(UsageError) as error:
        render(whole_run(), "yaml")
    assert str(error.value) == "no format 'yaml'; give --format table|json|csv|markdown"


def test_every_key_is_explained() -> None:
    page = (Path(__file__).parents[1] / "docs" / "summary.md").read_text(encoding="utf-8")
    assert [key for key in KEYS if f"`{key}`" not in page] == []
