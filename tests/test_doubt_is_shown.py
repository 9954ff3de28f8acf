"""Every place where a value reaches a person: a doubted one bears the mark there, and the reason
stands there once.

The result is made up: every quantity of one runtime is doubted with each doubt in turn, and its
values are like no other runtime's, so that they are found again wherever they are shown.
"""

from __future__ import annotations

import dataclasses
import functools
import io
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from msgspec.structs import replace

from bench import quantities
from bench.derive.doubts import DOUBTS, MARK, REASONS
from bench.derive.metrics import Metric, figures
from bench.engine.events import RunStarted, SessionFinished, StepFinished
from bench.history.review import Review, review
from bench.history.store import point_of
from bench.judging.gates import BURST, MetricName
from bench.judging.verdicts import Judgement
from bench.model.records import Reading, Result, Session, Status
from reports.console import Console
from reports.deck.deck import deck
from reports.digest import Digest, digest
from reports.draw.canvas import SHAPES
from reports.draw.matplotlib_backend import draw
from reports.explanation.explain import explain
from reports.explanation.text import as_markdown as explained
from reports.exports.formats import FORMATS, export
from reports.exports.metrics import doubted as doubted_lines
from reports.figures.chart import Chart
from reports.history.charts import charts as trend_charts
from reports.history.documents import as_markdown as trends_markdown
from reports.history.table import print_trends
from reports.live import LinesView, LiveView, TableView
from reports.page import sheets
from reports.page.drawing import PHONE
from reports.page.html import html
from reports.palette import LIGHT
from reports.tables.columns import Fitted, table_of
from reports.tables.comparison import compare, finding
from reports.tables.limits import print_ceilings, print_limits
from reports.tables.summary import render
from reports.tables.table import as_markdown
from reports.verdicts import words as verdict_words
from reports.verdicts.files import junit
from reports.verdicts.table import markdown as verdict_markdown
from reports.verdicts.table import print_judgement
from reports.wording.metrics import value_of
from tests.support.histories import history
from tests.support.judgements import CLEAR, SLOWER, judgement
from tests.support.markup import Markup
from tests.support.results import MEMINFO, Unit, allowing, altered, leak_sweep, result, sweep

DOUBTED = "asyncio"
APPLY = {one.name: one.doubts for one in quantities.all_()}
NAMES = sorted({name for names in APPLY.values() for name in names})
N, CEILING = 70_310, 70_313
OWN = Unit(
    user=7_717,
    kernel=313,
    kernel_stack=0,
    page_tables=71,
    rss=6_317,
    kernel_source=MEMINFO,
    burst=3.37e-5,
    marginal=4.39e-5,
    start_ns=(71_300,) * 90 + (83_700,) * 9 + (97_900,),
    empty_ns=(1_370,) * 9,
    awake_ns=(41_300,) * 90 + (53_700,) * 9 + (67_900,),
)
OTHERS = {
    "pthread": Unit(user=8_481, kernel=27_202, kernel_stack=16_384, kernel_source=MEMINFO),
    "trio": Unit(user=2_088, kernel=25, kernel_source=MEMINFO, burst=6e-6),
}
LIMITS = (
    allowing("vm.max_map_count", 73_337, take=2.93),
    allowing("MemAvailable", 91_733, measure="bytes", value=24 << 30, take=5_213.0),
)


def own(number: int, doubt: str | None) -> Unit:
    """The unit as the process of this number measures it: the middle ones agree, and the ends of
    the interval are other values."""
    share = 1 + 0.03 * (number - 3 if number < 4 else number - 4)
    empty = 30_000 if doubt == "overhead" else OWN.empty_ns[0]
    made = {
        name: getattr(OWN, name) * share
        for name in ("user", "rss", "burst", "marginal", "page_tables", "kernel")
    }
    return Unit(
        **made,
        fixed=round(1_713_000 * share),
        kernel_stack=0,
        kernel_source=MEMINFO,
        start_ns=[round(sample * share) for sample in OWN.start_ns],
        awake_ns=[round(sample * share) for sample in OWN.awake_ns or ()],
        empty_ns=(empty,) * 9,
    )


def doubted(one: Session, doubt: str | None) -> Session:
    """The sweep with the evidence for the doubt."""
    share = 1 + 0.03 * (one.round - 3 if one.round < 4 else one.round - 4)
    steps = [
        altered(
            step,
            minor_faults=round(0.377 * share * step.spawned),
            longest_spawn_seconds=1.77e-3 * share,
            uncollected=(kept := step.readings.get("collected")) and _more(kept, 17.3 * step.alive),
            release_seconds=step.seconds.get("release") and 3.37e-6 * share * step.alive,
        )
        for step in one.steps
    ]
    if doubt in ("unproved", "restless"):
        steps = [replace(step, doubts=(doubt,)) for step in steps]
    return replace(one, steps=tuple(steps), others_share=0.6 if doubt == "busy" else 0.0)


def _more(reading: Reading, more: float) -> Reading:
    return replace(reading, bytes=(reading.bytes or 0) + round(more))


def sweeps_of(name: str, doubt: str | None) -> Iterator[Session]:
    status: Status = "refused" if name == DOUBTED else "max"
    unit = own(3, doubt) if name == DOUBTED else OTHERS[name]
    climb = sweep((700, 7_031, N), unit, runtime=name, purpose="climb", status=status)
    if name == DOUBTED:
        stop = replace(climb.stop, limit="vm.max_map_count", count=CEILING)
        climb = replace(climb, limits=LIMITS, stop=stop)
    yield climb
    for number in range(1, 6 if doubt == "few" and name == DOUBTED else 7):
        unit = own(number, doubt) if name == DOUBTED else OTHERS[name]
        yield sweep((7_031, N), unit, runtime=name, number=number)
    leaked = 3.71 if name == DOUBTED else 0.0
    yield leak_sweep(leaked, runtime=name)


@functools.cache
def made_up(doubt: str | None, *others: str) -> Result:
    """A run of the doubted runtime and others; without a doubt it is the same otherwise."""
    names = (DOUBTED, *others)
    return result(
        *(
            doubted(one, doubt) if name == DOUBTED else one
            for name in names
            for one in sweeps_of(name, doubt)
        )
    )


def both(doubt: str | None) -> Result:
    return made_up(doubt, *OTHERS)


@functools.cache
def figures_of(doubt: str | None, *others: str) -> tuple[Metric, ...]:
    return figures(made_up(doubt, *others))


@functools.cache
def numbers(doubt: str) -> dict[str, str]:
    """The digits of each doubted value as they are shown, with the metric that it is of; those that
    another runtime shares are left out."""
    metrics = figures_of(doubt, *OTHERS)
    sound = {
        _digits(metric, value)
        for metric in metrics
        if metric.doubt is None
        for value in (metric.low, metric.high, metric.value)
        if value is not None
    }
    found = {_digits(m, m.value): m.metric for m in metrics if m.doubt and m.value is not None}
    return {digits: name for digits, name in found.items() if digits not in sound and digits != "0"}


def _digits(metric: Metric, value: float | None) -> str:
    return value_of(metric, value).partition(" ")[0]


def unmarked(text: str, doubt: str) -> list[str]:
    """Where a doubted value stands without the mark."""
    found = []
    for digits in numbers(doubt):
        for hit in re.finditer(rf"(?<![\d.,]){re.escape(digits)}(?![\d.,]*\d)", text):
            before, after = text[: hit.start()], text[hit.end() : hit.end() + 14]
            if before.endswith(" to ") or re.match(r"( [a-zA-Zµ]+)? to ", after):
                continue  # an end of an interval, beside the value
            if not re.match(rf"\s?(KiB|MiB|B|ns|µs|ms|s|/s)?{MARK}", after):
                found.append(text[max(0, hit.start() - 30) : hit.end() + 15])
    return found


# The places: each gives its blocks, a block being a table, a figure or a text that stands alone.

Place = Callable[[Result], Iterator[str]]
PLACES: dict[str, Place] = {}


def place(name: str) -> Callable[[Place], Place]:
    def kept(one: Place) -> Place:
        PLACES[name] = one
        return one

    return kept


DIGESTS: dict[int, tuple[Result, Digest]] = {}


def digested(made: Result) -> Digest:
    """A run's, made once."""
    if id(made) not in DIGESTS:
        DIGESTS[id(made)] = made, digest(made, figures(made))
    return DIGESTS[id(made)][1]


def printed(what: Any, width: int) -> str:
    out = io.StringIO()
    Console(file=out, width=width, color_system=None).print(what)
    return out.getvalue()


@place("the final table")
def _(made: Result) -> Iterator[str]:
    compared = compare(made, figures(made))
    yield printed(Fitted(compared), 140)
    yield printed(Fitted(compared), 80)
    yield as_markdown(table_of(compared))


@place("the last line")
def _(made: Result) -> Iterator[str]:
    yield finding(compare(made, figures(made)))


@place("summary")
def _(made: Result) -> Iterator[str]:
    yield render(made, "table")
    yield render(made, "markdown")


@place("explain")
def _(made: Result) -> Iterator[str]:
    yield explained(explain(digested(made)))


@place("the tables of a report")
def _(made: Result) -> Iterator[str]:
    whole = digested(made)
    shown = (
        *whole.tables,
        sheets.nearest(whole),
        sheets.endings(whole),
        sheets.side_by_side(["one", "other"], [whole.comparison] * 2),
    )
    yield from (as_markdown(titled.table) for titled in shown)


@place("titles")
def _(made: Result) -> Iterator[str]:
    """A title stands over its figure, below which the note is."""
    yield from (f"{chart.title} {chart.note}" for chart in digested(made).charts)


@place("pictures")
def _(made: Result) -> Iterator[str]:
    for chart in digested(made).charts:
        for shape in (*SHAPES.values(), PHONE):
            yield _drawn(chart, shape)


def _drawn(chart: Chart, shape: Any) -> str:
    from matplotlib.text import Text

    artists = draw(chart, LIGHT, shape).artists
    return " ".join(one.get_text() for one in artists if isinstance(one, Text))


@place("the page")
def _(made: Result) -> Iterator[str]:
    from reports.figures.all import names
    from reports.page.model import Picture, page

    pictures = dict.fromkeys(names(), Picture("data:,", "data:,", "data:,", "data:,"))
    text = html(page([digested(made)], ["run"], [pictures]))
    yield Markup(text).one("main").text
    for region in re.findall(TABLE, text, re.DOTALL):
        yield Markup(f"<main>{region}</main>").one("main").text


@place("the deck")
def _(made: Result) -> Iterator[str]:
    from pptx import Presentation

    for slide in Presentation(io.BytesIO(deck(digested(made), LIGHT, ()))).slides:
        words = [shape.text_frame.text for shape in slide.shapes if shape.has_text_frame]
        yield "\n".join(words).replace("\u00a0", " ")
        yield slide.notes_slide.notes_text_frame.text


@place("limits")
def _(made: Result) -> Iterator[str]:
    """What it says of each runtime stands in a block of its own."""
    climbs = [one for one in made.sessions if one.purpose == "climb" and one.limits]
    out = io.StringIO()
    print_limits(climbs, Console(file=out, width=120, color_system=None))
    yield out.getvalue()


@place("ceiling")
def _(made: Result) -> Iterator[str]:
    out = io.StringIO()
    print_ceilings(made, Console(file=out, width=120, color_system=None))
    yield out.getvalue()


TABLE = r'<div class="region".*?</div>(?:\s*<p class="note">.*?</p>)?'
# In these a block holds several tables or sentences, each with its reason.
# Places that show only values which some doubts cannot spoil.
SPOILED = {
    "limits": ("unproved", "restless"),
    "ceiling": ("unproved", "restless"),
    "the last line": ("unproved", "restless", "busy", "few"),
}
SEVERAL = ("explain", "the page", "the deck", "pictures")


@pytest.mark.parametrize("doubt", NAMES)
def test_the_made_up_run_doubts_every_quantity_that_the_doubt_can_spoil(doubt: str) -> None:
    about = {m.metric: m.doubt for m in figures_of(doubt, *OTHERS) if m.case == DOUBTED and m.doubt}
    once = (
        {"leaked_bytes_per_unit", "uncollected_bytes_per_unit", "ceiling"}
        if doubt == "few"
        else set()
    )
    spoiled = {name for name, doubts in APPLY.items() if doubt in doubts} - once
    assert {*about.values()} == {doubt}
    assert spoiled <= {*about}
    assert set(numbers(doubt).values()) >= spoiled - {"ceiling"} or doubt == "overhead"


@pytest.mark.slow
@pytest.mark.parametrize("doubt", NAMES)
@pytest.mark.parametrize("name", PLACES)
def test_a_doubted_value_bears_the_mark_and_the_reason_stands_once(name: str, doubt: str) -> None:
    for made in (both(doubt), made_up(doubt)):
        blocks = list(PLACES[name](made))
        assert [hit for block in blocks for hit in unmarked(block, doubt)] == []
        for block in blocks:
            told = block.count(REASONS[doubt])
            assert MARK not in block or told, block
            assert told <= 1 or name in SEVERAL, block
    assert any(MARK in block for block in blocks) is (doubt in SPOILED.get(name, NAMES))


@pytest.mark.slow
@pytest.mark.parametrize("name", PLACES)
def test_without_a_doubt_there_is_no_mark_and_no_reason(name: str) -> None:
    # A climb is one process, of whose start latencies alone there is no interval.
    made = both(None)
    sweeps = [untimed(one) if one.purpose == "climb" else one for one in made.sessions]
    for block in PLACES[name](replace(made, sessions=tuple(sweeps))):
        assert MARK not in block
        assert not any(one.reason in block for one in DOUBTS), block


def untimed(one: Session) -> Session:
    bare = (altered(step, latencies=None, awake_latencies=None) for step in one.steps)
    return replace(one, steps=tuple(bare))


def told_live(made: Result, view: Callable[[Console], LiveView]) -> str:
    """What a view shows of the climb of the doubted runtime."""
    out = io.StringIO()
    console = Console(file=out, width=100, color_system=None, force_terminal=True)
    climb = made.sessions[0]
    each = next(m.value for m in figures(made) if m.part == "total")
    with view(console) as shown:
        shown(RunStarted(made.cases, 60.0))
        for step in climb.steps:
            shown(StepFinished(climb.case, "climb", step, each))
        shown(SessionFinished(climb.case, "climb", climb.stop))
    return out.getvalue()


@pytest.mark.parametrize("doubt", ["unproved", "restless"])
@pytest.mark.parametrize("view", [TableView, LinesView])
def test_the_live_view_marks_what_a_step_leaves_in_doubt(
    view: Callable[[Console, Callable[[], float]], LiveView], doubt: str
) -> None:
    said = told_live(made_up(doubt), lambda console: view(console, lambda: 0.0))
    last = said[said.rindex("asyncio") :]
    assert "7.84 KiB†" in last
    assert ("70,313†" in last) == (doubt in APPLY["ceiling"])
    assert last.count(REASONS[doubt]) == 1
    sound = told_live(made_up(None), lambda console: view(console, lambda: 0.0))
    assert "7.84 KiB" in sound
    assert MARK not in sound


@pytest.mark.parametrize("doubt", NAMES)
@pytest.mark.parametrize("form", FORMATS)
def test_an_export_says_beside_a_value_why_it_is_doubted(form: str, doubt: str) -> None:
    made = export(both(doubt), form)
    assert made.text is not None
    known = [one for one in made.doubted if one.metric.value is not None]
    assert {one.metric.case for one in known} == {DOUBTED}
    told = made.text.count(REASONS[doubt])
    assert told == 0 if form == "bencher" else 0 < told <= len(known)
    if form == "go":
        assert made.text.count("# doubted: BenchmarkOutnumber/runtime=asyncio/") == len(known)
    (line,) = doubted_lines(made.doubted)
    assert (
        line
        == f"doubted (†): {len(known)} figure{'s'[: len(known) != 1]} of asyncio: {REASONS[doubt]}"
    )
    sound = export(made_up(None, *OTHERS), form)
    assert sound.doubted == ()
    assert sound.text is not None
    assert "doubt" not in sound.text


def nights(doubt: str | None) -> Review:
    """Twenty nights of a burst and of a start latency, the last three with the doubt."""
    key, start = ("asyncio", BURST), ("asyncio", MetricName(quantities.START.name, quantile=0.5))
    values = [4.13e-6] * 17 + [4.37e-6, 4.39e-6, 4.41e-6]
    made = history({key: values, start: [value * 1.7 for value in values]})
    points = [
        replace(point, kept=tuple(replace(kept, doubt=doubt) for kept in point.kept))
        if place >= 17
        else point
        for place, point in enumerate(made.points)
    ]
    return review(dataclasses.replace(made, points=tuple(points)))


def told_by_a_history(made: Review) -> Iterator[str]:
    out = io.StringIO()
    print_trends(made, Console(file=out, width=110, color_system=None))
    yield out.getvalue()
    yield trends_markdown(made)
    for chart in trend_charts(made):
        yield as_markdown(chart.table)
        yield from (_drawn(chart, shape) for shape in SHAPES.values())


@pytest.mark.slow
@pytest.mark.parametrize("doubt", NAMES)
def test_a_history_marks_the_nights_whose_value_is_doubted(doubt: str) -> None:
    terminal, text, *others = told_by_a_history(nights(doubt))
    assert (
        f"† {REASONS[doubt]}, in 3 of 20 runs: burst time per unit and start latency from idle, "
        "median of asyncio" in text
    )
    assert "4.41 µs†" in terminal
    assert "1.063† times" in terminal
    assert "(×1.06†, " in terminal
    assert "4.13 µs†" not in terminal
    table = next(one for one in others if "| 4.41 µs† |" in one)
    assert table.count("µs† |") == 3
    assert all(one.count(REASONS[doubt]) == 1 for one in others if "began" in one and MARK in one)
    drawn = [one for one in others if "a run" in one and f"○ doubted {MARK}" in one]
    assert len(drawn) == 2 * len(SHAPES)
    assert all(one.count(REASONS[doubt]) == 1 for one in drawn)
    sound = "".join(told_by_a_history(nights(None)))
    assert MARK not in sound
    assert "○" not in sound


def test_a_point_keeps_the_doubt_and_the_overhead_of_each_figure() -> None:
    kept = point_of(made_up("overhead"), None).kept
    starts = [one for one in kept if one.metric == "start_latency_seconds"]
    assert {one.doubt for one in starts} == {"overhead"}
    assert [one.overhead for one in starts] == [pytest.approx(30e-6, rel=0.01)] * len(starts)


def judged(doubt: str | None) -> Judgement:
    """A gate on bytes that is clear, one on the burst that got worse and one beside, doubted."""
    reason = (f"† {REASONS[doubt]} in 3 of 4 processes",) if doubt else ()
    about = {"base_doubt": None, "new_doubt": doubt, "reasons": reason}
    slower = replace(SLOWER, **about)
    beside = replace(SLOWER, runtime="trio", gated=False, **about)
    return judgement(CLEAR, slower, beside)


def told_by_a_verdict(made: Judgement) -> Iterator[str]:
    for width in (80, 120):
        out = io.StringIO()
        print_judgement(made, Console(file=out, width=width, color_system=None))
        yield out.getvalue()
    yield verdict_markdown(made)
    yield junit(made)


@pytest.mark.parametrize("doubt", NAMES)
def test_a_verdict_marks_the_values_and_the_effect_that_rest_on_doubted_processes(
    doubt: str,
) -> None:
    made = judged(doubt)
    for block in told_by_a_verdict(made):
        assert not re.search(r"(9\.95 µs|1\.100)(?!†)", block), block
        assert "1.001†" not in block
        assert " ".join(block.split()).count(f"{REASONS[doubt]} in 3 of 4 processes") == 1, block
    assert "+10 %†" in verdict_words.headline(made)
    assert MARK not in "".join(told_by_a_verdict(judged(None)))
