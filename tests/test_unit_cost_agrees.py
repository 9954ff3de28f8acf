"""Whatever was recorded, a unit's parts, its total, the bar, its label and the table agree.

Unusual results come from a seeded generator: parts that fall, are unknown, come from other sources
or differ by orders of magnitude between sweeps of one runtime.
"""

from __future__ import annotations

import functools
import random
from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace

from bench.derive.memory import PARTS
from bench.derive.metrics import Metric, figures, find, series
from bench.model.records import Reading, Readings, Result
from reports.digest import digest
from reports.draw.canvas import WIDE, Canvas
from reports.draw.matplotlib_backend import draw
from reports.figures.chart import Chart
from reports.figures.shapes import StackRow
from reports.figures.unit_cost import PARTS as DRAWN
from reports.figures.unit_cost import unit_cost
from reports.palette import LIGHT
from reports.wording import units
from reports.wording.doubted import marked
from tests.support.decks import charts, opened, slide_of, values
from tests.support.results import Unit, altered, result, sweep

SEEDS = range(60)
RATES = (-16_384.0, -50.0, -0.01, 0.0, 0.0, 0.05, 3.0, 8.0, 1_152.0, 16_384.0)
SOURCES = ("smaps_rollup Anonymous+Swap", "cgroup v1 memory.kmem.usage_in_bytes", "meminfo")
READINGS = ("user", "rss", "kernel", "kernel_stack", "page_tables")


@functools.cache
def unusual(seed: int) -> Result:
    """Up to seven sweeps each of three runtimes; most of a runtime's sweeps are alike."""
    dice = random.Random(seed)
    sweeps = []
    for name in ("pthread", "asyncio", "trio"):
        usual = _unit(dice)
        for number in range(1, dice.randint(1, 7) + 1):
            one = sweep(unit=usual if dice.random() < 0.6 else _unit(dice), runtime=name)
            steps = tuple(altered(step, memory=_odd(step.readings, dice)) for step in one.steps)
            sweeps.append(replace(one, steps=steps, round=number))
    return result(*sweeps)


def _unit(dice: random.Random) -> Unit:
    """Often as a real one is, with parts that add up."""
    rates = RATES if dice.random() < 0.4 else RATES[3:]
    user, stack, tables, other = (dice.choice(rates) for _ in range(4))
    kernel = stack + tables + other if dice.random() < 0.7 else dice.choice(RATES)
    return Unit(user, kernel, stack, tables, rss=dice.choice(RATES), fixed=1 << 33)


def _odd(memory: Readings, dice: random.Random) -> Readings:
    """Now and then a reading is unknown, or comes from elsewhere."""
    for name in READINGS:
        fate = dice.random()
        if fate < 0.02:
            memory = memory | {name: Reading(bytes=None, source="unknown")}
        elif fate < 0.04:
            moved = replace(memory[name], source=dice.choice(SOURCES))
            memory = memory | {name: moved}
    return memory


@functools.cache
def figures_of(seed: int) -> tuple[Metric, ...]:
    return figures(unusual(seed))


@functools.cache
def chart_of(seed: int) -> Chart:
    return unit_cost(unusual(seed), figures_of(seed))


def rows_of(chart: Chart) -> Any:
    """The bars: the parts, and what is not divided where anything is."""
    return chart.plots[0].rows


def undivided(row: StackRow) -> float | None:
    return row.parts[len(DRAWN)] if len(row.parts) > len(DRAWN) else None


def agree(total: float, parts: float) -> bool:
    """Within what three digits show."""
    return abs(total - parts) <= 0.005 * abs(total) + 1e-9


def test_no_part_is_negative_and_a_total_is_user_and_kernel_memory() -> None:
    for seed in SEEDS:
        for one in figures_of(seed):
            if one.metric in ("bytes_per_unit", "fixed_bytes"):
                assert one.value is None or one.value >= 0, (seed, one)
        every = series(unusual(seed))
        known = {(s.case, s.part): s.samples for s in every if s.metric == "bytes_per_unit"}
        for runtime in {name for name, _ in known}:
            for samples in zip(*(known[runtime, part] for part in PARTS[:-1]), strict=True):
                agrees_with_its_parts(seed, *(one.value for one in samples))


def agrees_with_its_parts(
    seed: int,
    total: float | None,
    user: float | None,
    kernel: float | None,
    stack: float | None,
    tables: float | None,
    other: float | None,
) -> None:
    assert (total is None) == (None in (user, kernel)), seed
    if user is not None and kernel is not None:
        assert total == pytest.approx(user + kernel), seed
    if kernel is not None and stack is not None and tables is not None:
        rest = kernel - stack - tables
        assert other is None if rest < -1e-6 else other == pytest.approx(rest, abs=1e-6), seed


def test_bar_label_table_and_total_agree() -> None:
    for seed in SEEDS:
        bars_agree(seed)


def bars_agree(seed: int) -> None:
    chart = chart_of(seed)
    table = chart.table
    for row, words, raw in zip(rows_of(chart), table.words, table.values, strict=True):
        total = find(figures_of(seed), row.case, "bytes_per_unit", part="total")
        assert total is not None
        assert (row.total, row.low) == (total.value, total.low)
        at = table.headings.index("total per unit")
        assert raw[at] == total.value
        assert words[at] == marked(units.size(total.value), total.doubt)
        parts = row.parts[: len(DRAWN)]
        assert raw[2:6] == parts
        if total.value is None:
            assert undivided(row) is None
            assert row.said == "total unknown"
        else:
            assert row.said == words[at]
            assert agree(total.value, row.long)
            if None not in parts:
                assert parts == tuple(
                    part.value
                    for one in DRAWN
                    if (part := find(figures_of(seed), row.case, "bytes_per_unit", part=one.key))
                )


def test_the_generator_makes_every_kind_of_bar() -> None:
    rows = [row for seed in SEEDS for row in rows_of(chart_of(seed))]
    kinds: dict[str, Callable[[StackRow], bool]] = {
        "whole": lambda row: row.total is not None and None not in row.parts[: len(DRAWN)],
        "not divided": lambda row: undivided(row) is not None,
        "total unknown": lambda row: row.total is None and row.long > 0,
        "nothing known": lambda row: row.long == 0,
        "an interval": lambda row: row.low is not None,
    }
    for kind, fits in kinds.items():
        assert sum(map(fits, rows)) >= 5, kind


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(6))
def test_what_is_drawn_is_as_long_as_the_label_says(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    chart = chart_of(seed)
    bars: dict[float, float] = {}
    said: list[str] = []
    box, plate = Canvas.box, Canvas.plate

    def measured(
        canvas: Canvas, x: float, y: float, wide: float, high: float, colour: str, *rest: str
    ) -> None:
        if colour != canvas.theme.ground:  # a plate below words
            bars[y] = bars.get(y, 0.0) + wide
        box(canvas, x, y, wide, high, colour, *rest)

    def heard(canvas: Canvas, x: float, y: float, words: str, *how: Any, **more: Any) -> None:
        said.append(words)
        plate(canvas, x, y, words, *how, **more)

    monkeypatch.setattr(Canvas, "box", measured)
    monkeypatch.setattr(Canvas, "plate", heard)
    draw(chart, LIGHT, WIDE)
    rows = rows_of(chart)
    assert [words for words in said if "RSS" not in words] == [row.said for row in rows]
    known = [row.long for row in rows if row.long]
    drawn = list(bars.values())[len(bars) - len(known) :]  # the legend comes before the bars
    dots = [wide / size for wide, size in zip(drawn, known, strict=True)]
    assert not dots or max(dots) - min(dots) <= 0.005 * max(dots)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(0, len(SEEDS), 10))
def test_the_deck_stacks_what_the_total_says(seed: int) -> None:
    made = unusual(seed)
    (chart,) = charts(slide_of(opened(made), "bytes-per-unit"))
    *parts, total = values(chart).values()
    factor = {
        round(row.total / whole)
        for row, whole in zip(rows_of(chart_of(seed)), total, strict=True)
        if whole
    }
    assert factor <= {1, 1024}
    assert len(factor) <= 1
    for place, row in enumerate(rows_of(chart_of(seed))):
        stacked = sum(part[place] or 0 for part in parts)
        assert agree(row.long / max(factor, default=1024), stacked)
        assert (total[place] is None) == (row.total is None)


@pytest.mark.parametrize("seed", range(6))
def test_the_report_s_table_has_the_figure_s_totals(seed: int) -> None:
    made = unusual(seed)
    table = digest(made, figures_of(seed)).table("bytes-per-unit").table
    assert table.values == chart_of(seed).table.values
