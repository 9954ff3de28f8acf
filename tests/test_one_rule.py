"""Each name has one value wherever it is shown: table, page, figures' data, deck, explanation and
summary, also where climb and repeats differ by a factor of two."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator

import pytest

from bench.results.figures import figures
from bench.results.records import Result
from reports.charts.chart import Table
from reports.charts.spawn import Spawns
from reports.digest import Digest, digest
from reports.explanation.tell import explain
from reports.explanation.text import Number
from reports.summary import name_of
from reports.tables import SUMMARY
from tests.support.decks import charts, opened, points, slide_of, values
from tests.support.results import Unit, result, sweep
from tests.support.runs import runtime

# What is shown: the runtime, the name in the summary's words, and the count where it has one.
Name = tuple[str, str, object]
Shown = tuple[Name, float]

REPEATS = Unit(start_ns=(200,) * 100, awake_ns=(150,) * 100, burst=2e-5, marginal=4e-5)
CLIMB = Unit(
    user=2000,
    kernel=48,
    start_ns=(100,) * 100,
    awake_ns=(75,) * 100,
    burst=1e-5,
    marginal=2e-5,
)
STARTS = ("from idle", "awake")
QUANTILES = {
    "start_median_seconds": "median",
    "start_p90_seconds": "90 %",
    "start_p99_seconds": "99 %",
    "start_longest_seconds": "longest",
}


def unlike(repeats: int, top: int) -> Result:
    """A climb of two runtimes to `top` and as many repeats to 10,000, which are twice as slow and
    take half as much memory."""
    names = ("pthread", "asyncio")
    sweeps = [
        one
        for name in names
        for one in (
            sweep((100, 1000, 10_000, top), CLIMB, runtime=name, purpose="climb"),
            *(sweep((1000, 10_000), REPEATS, runtime=name, number=n) for n in range(repeats)),
        )
    ]
    return result(*sweeps, runtimes=[runtime(name) for name in names])


CASES = {
    "repeats and a climb": unlike(6, 30_000),
    "two repeats": unlike(2, 30_000),
    "a climb alone": unlike(0, 30_000),
    "a climb as far as the repeats": unlike(6, 10_001),
}


def rows_of(table: Table) -> Iterator[dict[str, object]]:
    return (dict(zip(table.keys, row, strict=True)) for row in table.values)


def of_comparison(made: Digest) -> Iterator[Shown]:
    for row in made.comparison.rows:
        shown = {
            ("bytes: total", row.bytes_at): row.total_bytes,
            ("bytes: rss", row.bytes_at): row.rss_bytes,
            ("start from idle, median", row.start_at): row.idle_start_seconds,
            ("start awake, median", row.start_at): row.awake_start_seconds,
            ("overhead from idle", row.start_at): row.start_overhead_seconds,
            ("bursts a second", row.burst_at): row.burst_units_per_second,
            ("ceiling", None): row.reached,
        }
        for (name, at), value in shown.items():
            if value is not None:
                yield (row.name, name, at), value


def of_summary(made: Digest) -> Iterator[Shown]:
    for metric in made.metrics:
        if metric.value is None:
            continue
        yield (metric.runtime, name_of(metric), metric.at), metric.value
        if metric.metric == "burst_seconds_per_unit":
            yield (metric.runtime, "bursts a second", metric.at), 1 / metric.value
        if metric.overhead is not None:
            start = name_of(metric).partition(",")[0].removeprefix("start ")
            yield (metric.runtime, f"overhead {start}", metric.at), metric.overhead


def of_tables(made: Digest) -> Iterator[Shown]:
    for row in rows_of(made.table("spawn").table):
        for key, quantile in QUANTILES.items():
            yield from shown(row, f"start {row['start']}, {quantile}", row["units"], key)
        yield from shown(row, f"overhead {row['start']}", row["units"], "overhead_seconds")
        yield from shown(row, "bursts a second", row["burst_units"], "burst_units_per_second")
    for row in rows_of(made.table("where-time-goes").table):
        yield from shown(row, "marginal burst", row["at"], "wall_seconds")
        yield from shown(row, "system time", row["at"], "system_seconds")
        yield from shown(row, "page faults", row["at"], "page_faults")
    for row in rows_of(made.table("bytes-per-unit").table):
        yield from shown(row, "bytes: total", row["at"], "total_bytes")
        yield from shown(row, "bytes: rss", row["at"], "rss_bytes")
        yield from shown(row, "bytes: kernel stack", row["at"], "kernel_stack_bytes")


def shown(row: dict[str, object], name: str, at: object, key: str) -> Iterator[Shown]:
    value = row[key]
    if isinstance(value, int | float):
        yield (str(row["runtime"]), name, at), value


def of_figures(made: Digest) -> Iterator[Shown]:
    """The two starts that stand in the picture without a count."""
    spawned = made.chart("spawn")
    assert isinstance(spawned, Spawns)
    for row in spawned.rows:
        for one in row.starts:
            for quantile, words in zip(one.quantiles, QUANTILES.values(), strict=True):
                if quantile.value is not None:
                    name = f"start {one.start.name}, {words}"
                    yield (row.runtime, name, one.units), quantile.value
                    yield (row.runtime, name, None), quantile.value


def of_deck(made: Digest) -> Iterator[Shown]:
    rates, latencies = charts(slide_of(opened(made.result), "spawn"))
    labels = {row.label: row.name for row in made.comparison.rows}
    for label, rate in zip(labels, values(rates)["burst, units a second"], strict=True):
        assert rate is not None
        yield (labels[label], "bursts a second", None), rate
    for name, known in points(latencies).items():
        label, start, _ = name.split(", ")
        for (micro, _), words in zip(known, QUANTILES.values(), strict=True):
            yield (labels[label], f"start {start}, {words}", None), micro / 1e6


def of_explanation(made: Digest) -> Iterator[Shown]:
    for sentence in explain(made).sentences:
        for piece in sentence.pieces:
            if isinstance(piece, Number) and piece.place.table == SUMMARY:
                runtime_, name = piece.place.row
                if piece.place.column == "value":
                    yield (runtime_, name, None), piece.value


SOURCES: tuple[Callable[[Digest], Iterator[Shown]], ...] = (
    of_summary,
    of_comparison,
    of_tables,
    of_figures,
    of_deck,
    of_explanation,
)


@pytest.mark.parametrize("case", CASES)
def test_each_name_has_one_value_wherever_it_is_shown(case: str) -> None:
    made = digest(CASES[case], figures(CASES[case]))
    found: dict[Name, list[tuple[str, float]]] = defaultdict(list)
    for source in SOURCES:
        for key, value in source(made):
            found[key].append((source.__name__, value))
    headlines = {(m.runtime, name_of(m)): m.at for m in made.metrics}
    for (one, what, at), places in list(found.items()):
        if at is None:  # a name without a count is that of the summary
            found[one, what, headlines.get((one, what), _burst_at(made, one))] += places
    unlike_ = {
        key: places
        for key, places in found.items()
        if any(value != pytest.approx(places[0][1], rel=1e-6) for _, value in places)
    }
    assert unlike_ == {}
    assert {place for places in found.values() for place, _ in places} == {
        source.__name__ for source in SOURCES
    }
    assert any(len({place for place, _ in places}) > 3 for places in found.values())


def _burst_at(made: Digest, runtime_: str) -> int | None:
    """The count of `bursts a second`, which the summary has as its inverse."""
    return next(row.burst_at for row in made.comparison.rows if row.name == runtime_)
