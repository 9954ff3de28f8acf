"""Whatever was recorded, a unit's parts, its total, the bar, its label and the table agree.

Unusual results come from a seeded generator: parts that fall, are unknown, come from other sources
or differ by orders of magnitude between sweeps of one runtime.
"""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from msgspec.structs import replace

from bench.derive.doubts import MARK
from bench.derive.memory import PARTS
from bench.derive.metrics import figures, find, series
from bench.model.records import Reading, Readings, Result
from reports.deck.figures.unit_cost import _data
from reports.digest import digest
from reports.draw.canvas import WIDE, Canvas
from reports.draw.draw import draw
from reports.figures.unit_cost import PARTS as DRAWN
from reports.figures.unit_cost import Cost, UnitCost, unit_cost
from reports.palette import LIGHT
from reports.wording import units
from reports.wording.doubted import marked
from tests.support.results import Unit, altered, result, sweep

SEEDS = range(150)
RATES = (-16_384.0, -50.0, -0.01, 0.0, 0.0, 0.05, 3.0, 8.0, 1_152.0, 16_384.0)
SOURCES = ("smaps_rollup Anonymous+Swap", "cgroup v1 memory.kmem.usage_in_bytes", "meminfo")
READINGS = ("user", "rss", "kernel", "kernel_stack", "page_tables")


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


def chart_of(made: Result) -> UnitCost:
    return unit_cost(made, figures(made))


def agree(total: float, parts: float) -> bool:
    """Within what three digits show."""
    return abs(total - parts) <= 0.005 * abs(total) + 1e-9


@pytest.mark.parametrize("seed", SEEDS)
def test_no_part_is_negative_and_a_total_is_user_and_kernel_memory(seed: int) -> None:
    made = unusual(seed)
    for one in figures(made):
        if one.metric in ("bytes_per_unit", "fixed_bytes"):
            assert one.value is None or one.value >= 0, one
    known = {(s.case, s.part): s.samples for s in series(made) if s.metric == "bytes_per_unit"}
    for runtime in {name for name, _ in known}:
        for place, total in enumerate(known[runtime, "total"]):
            parts = [known[runtime, part][place].value for part in PARTS[1:-1]]
            user, kernel, stack, tables, other = parts
            assert (total.value is None) == (None in (user, kernel))
            if user is not None and kernel is not None:
                assert total.value == pytest.approx(user + kernel)
            if kernel is not None and stack is not None and tables is not None:
                rest = kernel - stack - tables
                assert other is None if rest < -1e-6 else other == pytest.approx(rest, abs=1e-6)


@pytest.mark.parametrize("seed", SEEDS)
def test_bar_label_table_and_total_agree(seed: int) -> None:
    made = unusual(seed)
    chart = chart_of(made)
    for row, words, values in zip(chart.rows, chart.table.words, chart.table.values, strict=True):
        total = find(figures(made), row.runtime, "bytes_per_unit", part="total")
        assert total is not None
        assert row.total == total.value
        assert row.low == total.low
        headings = chart.table.headings
        assert values[headings.index("total a unit")] == total.value
        assert words[headings.index("total a unit")] == marked(units.size(total.value), total.doubt)
        known = sum(part or 0 for part in row.parts)
        assert values[2:6] == row.parts
        if total.value is None:
            assert row.undivided is None
            assert row.known == known
        else:
            assert row.known == total.value
            assert agree(total.value, known + (row.undivided or 0))
            if None not in row.parts:
                assert row.parts == tuple(
                    part.value
                    for name, _ in DRAWN
                    if (part := find(figures(made), row.runtime, "bytes_per_unit", part=name))
                )


def test_the_generator_makes_every_kind_of_bar() -> None:
    rows = [row for seed in SEEDS for row in chart_of(unusual(seed)).rows]
    kinds: dict[str, Callable[[Cost], bool]] = {
        "whole": lambda row: row.total is not None and None not in row.parts,
        "not divided": lambda row: row.undivided is not None,
        "total unknown": lambda row: row.total is None and row.known > 0,
        "nothing known": lambda row: row.known == 0,
        "an interval": lambda row: row.low is not None,
    }
    for kind, fits in kinds.items():
        assert sum(map(fits, rows)) >= 5, kind


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(12))
def test_what_is_drawn_is_as_long_as_the_label_says(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    chart = chart_of(unusual(seed))
    bars: dict[float, float] = {}
    said: list[str] = []
    box, plate = Canvas.box, Canvas.plate

    def measured(
        canvas: Canvas, x: float, y: float, wide: float, high: float, colour: str, *rest: str
    ) -> None:
        if colour != canvas.theme.ground:  # a plate below words
            bars[y] = bars.get(y, 0.0) + wide
        box(canvas, x, y, wide, high, colour, *rest)

    def heard(canvas: Canvas, x: float, y: float, words: str, size: float, **how: bool) -> None:
        said.append(words)
        plate(canvas, x, y, words, size, **how)

    monkeypatch.setattr(Canvas, "box", measured)
    monkeypatch.setattr(Canvas, "plate", heard)
    draw(chart, LIGHT, WIDE)
    totals = [units.size(row.total) if row.total is not None else None for row in chart.rows]
    assert [words.removesuffix(MARK) for words in said] == [
        total or "total unknown" for total in totals
    ]
    known = [row.known for row in chart.rows if row.known]
    drawn = list(bars.values())[len(bars) - len(known) :]  # the legend comes before the bars
    dots = [wide / size for wide, size in zip(drawn, known, strict=True)]
    assert not dots or max(dots) - min(dots) <= 0.005 * max(dots)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_deck_stacks_what_the_total_says(seed: int) -> None:
    chart = chart_of(unusual(seed))
    data = _data(chart.rows, 1024)
    *parts, total = list(data)
    for place, row in enumerate(chart.rows):
        stacked = sum(list(one.values)[place] or 0 for one in parts)
        assert agree(row.known / 1024, stacked)
        assert list(total.values)[place] == (None if row.total is None else row.total / 1024)


@pytest.mark.parametrize("seed", range(20))
def test_the_report_s_table_has_the_figure_s_totals(seed: int) -> None:
    made = unusual(seed)
    table = digest(made, figures(made)).table("bytes-per-unit").table
    assert table.values == chart_of(made).table.values
