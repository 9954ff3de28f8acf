"""A history as it is shown: in a terminal, in Markdown and JSON, as a page and as figures."""

from __future__ import annotations

import base64
import functools
import hashlib
import io
import itertools
import json
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace as changed

from bench.errors import UsageError
from bench.history.review import Review, review
from bench.history.store import VERSION, Acknowledgement, Fault
from bench.judging.gates import BURST, BYTES, CEILING, LEAK
from bench.model.records import CaseRecord
from reports.console import Console
from reports.draw.canvas import WIDE
from reports.draw.matplotlib_backend import draw
from reports.draw.matplotlib_curves import window
from reports.draw.save import embedded
from reports.history import charts, words
from reports.history.documents import as_json, as_markdown
from reports.history.page import NAME, page, write_page
from reports.history.table import BLOCKS, print_check, print_trends, spark
from reports.page.html import rendered
from reports.palette import LIGHT
from tests.support.histories import FIRST, burst_history, history, noise, shifted
from tests.support.markup import Markup
from tests.support.odd import LONG, NASTY

PYTHON = CaseRecord(
    runtime="asyncio", label="asyncio task", kind="task", language="Python", by_python=True
)
THREADS = CaseRecord(runtime="pthread", label="OS thread (C)", kind="thread", language="C")


@functools.cache
def eventful() -> Review:
    """One figure that got worse, one that went with the machine, one that was accepted."""
    made = history(
        {
            ("asyncio", BURST): shifted(noise(60, 1), 50, 1.2),
            ("asyncio", BYTES): noise(60, 2, spread=0.0003, level=1152),
            ("asyncio", LEAK): [0.0] * 60,
            ("pthread", BURST): shifted(noise(60, 3, level=3e-5), 40, 1.3),
            ("pthread", CEILING): [22_362.0] * 60,
            ("trio", BURST): [
                None if night in (20, 21) else value
                for night, value in enumerate(shifted(noise(60, 5, level=2e-5), 35, 0.8))
            ],
        },
        control=shifted(noise(60, 9, spread=0.01, level=0.04), 40, 1.25),
        facts={8: {"machine": {"kernel": "6.19.1"}}, 0: {"setting": {"stack-size": "65536"}}},
        acknowledged=[
            Acknowledgement(
                history=VERSION, point=f"{35:016x}", case="trio", reason="meant", on="2026-10-20"
            )
        ],
        runtimes={"asyncio": PYTHON, "pthread": THREADS},
    )
    return review(made)


@functools.cache
def hostile() -> Review:
    """Every text of it is meant to do harm."""
    nasty = CaseRecord(runtime=NASTY, label=NASTY, kind="task", language=NASTY)
    long = CaseRecord(runtime=LONG, label=LONG, kind="thread", language="Python", by_python=True)
    made = history(
        {
            (NASTY, BURST): shifted(noise(40, 1), 30, 1.3),
            (LONG, BURST): shifted(noise(40, 2), 30, 1.3),
        },
        facts={0: {"setting": {NASTY: NASTY}}, 2: {"machine": {"kernel": NASTY, NASTY: LONG}}},
        acknowledged=[
            Acknowledgement(history=VERSION, point=f"{5:016x}", reason=NASTY, on=NASTY),
            Acknowledgement(history=VERSION, point=f"{999:016x}", reason="lost", on="never"),
        ],
        runtimes={NASTY: nasty, LONG: long},
    )
    points = tuple(changed(point, commit=NASTY, command=NASTY) for point in made.points)
    fault = Fault("strange\x1b[31m.jsonl", 3, f"<script> {NASTY}")
    return review(replace(made, points=points, faults=(fault,), folder=Path(NASTY)))


def shown(made: Review, width: int = 120) -> str:
    out = io.StringIO()
    print_trends(made, Console(file=out, width=width, color_system=None))
    return out.getvalue()


def checked(made: Review) -> str:
    out = io.StringIO()
    print_check(made, Console(file=out, width=200, color_system=None))
    return out.getvalue()


# In the terminal


def test_a_trend_is_a_line_with_what_happened_in_it() -> None:
    lines = [line.split() for line in shown(eventful()).splitlines() if line]
    (burst,) = (line for line in lines if line[:2] == ["burst", "100,000"] and "▲" in line[-1])
    assert burst[2] == "60"
    before, after = burst[-1].split("▲")
    assert len(after) == 10
    assert "┊" not in after
    assert max(before[1:]) < min(after)
    (accepted,) = (line for line in lines if "◇" in line[-1] and len(line) > 5)
    assert accepted[2:4] == ["58", "(−2)"]
    (control,) = (line for line in lines if line[:4] == ["fixed", "work", "in", "C"])
    assert control[4] == "60"


def test_what_stands_beside_a_count_of_nights_is_explained_where_it_stands() -> None:
    said = "(−1) runs without this quantity"
    assert said in shown(eventful())
    assert said not in shown(review(burst_history(noise(12, 1))))


def test_a_nomination_says_where_how_much_and_what_to_type() -> None:
    said = checked(eventful())
    assert re.search(
        r"▲ asyncio, burst time per unit: \d\.\d\d → \d\.\d\d µs, 1\.\d\d\d times "
        r"\(\d\.\d+–\d\.\d+\), between "
        r"2026-10-20 \(49c0ffee00\) and 2026-10-21 \(50c0ffee00\); worse \(p 0\.001, 52 nights\); "
        r"machine speed unchanged \(×\d\.\d\d\d\)",
        said,
    )
    assert (
        "    outnumber ab --runtime asyncio --base-python before/bin/python --new-python "
        "after/bin/python --at 100000 --gate burst_seconds_per_unit\n"
    ) in said
    assert (
        "    outnumber history acknowledge 0000000000000032 --runtime asyncio --metric "
        "burst_seconds_per_unit --reason '…'\n"
    ) in said


def test_a_ceiling_is_confirmed_at_no_count() -> None:
    made = history(
        {("pthread", CEILING): shifted([30_000.0] * 40, 30, 0.5)}, runtimes={"pthread": THREADS}
    )
    assert "--new-runner after.toml --gate ceiling\n" in checked(review(made))


def test_a_history_elsewhere_is_named_in_what_accepts_a_change() -> None:
    made = replace(burst_history(shifted(noise(40, 2), 30, 1.3)), folder=Path("the nights"))
    said = "--reason '…' --folder 'the nights'"
    found = review(made)
    assert f"{said}\n" in checked(found)
    assert f"{said}\n" in as_markdown(found)
    assert json.loads(as_json(found))["nominations"][0]["acknowledge"].endswith(said)


def test_what_the_machine_did_is_held_against_no_unit() -> None:
    said = checked(eventful())
    told = " ".join(said.split())
    assert "machine (p 0.001, 52 nights); machine slower (control ×1.2" in said
    assert "the machine changed, not the unit" in told
    assert "before.toml" not in said  # there is nothing to confirm
    assert said.splitlines()[-1].startswith(
        "Suspected changes: burst time per unit of asyncio (×1."
    )
    assert "pthread" not in said.splitlines()[-1]


def test_a_job_confirms_with_the_variables_of_the_nights() -> None:
    made = history(
        {("asyncio", BURST): shifted(noise(40, 3), 30, 1.3)},
        facts={0: {"setting": {"env PYTHONMALLOC": "debug", "stack-size": "65536"}}},
        runtimes={"asyncio": PYTHON},
    )
    assert (
        "--new-python after/bin/python --base-env PYTHONMALLOC=debug --new-env PYTHONMALLOC=debug "
        "--at 100000 "
    ) in checked(review(made))


def test_threads_are_confirmed_with_their_settings_and_runners_of_two_files() -> None:
    made = history(
        {("pthread", BURST): shifted(noise(40, 3), 30, 1.3)},
        facts={0: {"setting": {"stack-size": "65536"}}},
        runtimes={"pthread": THREADS},
    )
    assert (
        "outnumber ab --base-runner before.toml --new-runner after.toml --base-set "
        "stack-size=65536 --new-set stack-size=65536 --at 10000 --gate burst_seconds_per_unit"
    ) in checked(review(made))


def test_a_border_says_what_changed_and_what_the_figures_did_across_it() -> None:
    (line,) = (line for line in shown(eventful(), 1000).splitlines() if line.startswith("┊ 2026"))
    assert line.startswith("┊ 2026-09-09 (08c0ffee00): kernel: 6.18.0 against 6.19.1 – asyncio: ")
    assert re.search(
        r"asyncio: bytes per unit 1\.000 times, leaked bytes per unit 0 → 0 B, "
        r"burst time per unit \d\.\d+ times",
        line,
    )


def test_accepted_changes_are_shown_with_their_reasons() -> None:
    assert "◇ 2026-10-06 (35c0ffee00), everything of trio: meant" in shown(eventful())


@pytest.mark.parametrize(
    ("nights", "said"),
    [
        (9, "No verdict yet: no figure has 10 nights that were measured alike."),
        (20, "No alarm in 1 figure (advisory until 30 nights)."),
        (40, "No alarm in 1 figure."),
    ],
)
def test_where_nothing_is_nominated_it_says_how_much_that_means(nights: int, said: str) -> None:
    assert words.sentence(review(burst_history(noise(nights, 1))).check) == said


def test_what_keeps_nights_from_a_verdict_is_told_with_what_to_type() -> None:
    facts = {night: {"version": {"asyncio version": f"0.{night}"}} for night in range(20)}
    notes = words.notes(review(burst_history(noise(20, 1), facts=facts)))
    assert (
        notes[0]
        == "no verdict on burst time per unit of asyncio: fewer than 10 nights measured alike"
    )
    assert notes[1].endswith("if it is what is being tested, add --across 'asyncio version'")
    assert notes[2].startswith("20 of 20 runs have no control: ")


def test_broken_lines_lost_points_and_open_ends_are_told() -> None:
    notes = words.notes(hostile())
    assert notes[0].startswith("a line was left out: strange[31m.jsonl, line 3: <script>")
    assert notes[1] == "an acknowledged point is not in this history: 00000000000003e7"


def test_noise_is_not_blown_up_to_the_full_height() -> None:
    (trend,) = review(burst_history(noise(40, 1, spread=0.001))).trends
    assert {text for text, _ in spark(trend, {}, 100)} <= set(BLOCKS[3:5])


def test_a_line_that_is_too_long_keeps_its_end() -> None:
    values = [1.0] * 30 + [2.0] * 5
    (trend,) = review(burst_history(values)).trends
    pieces = spark(trend, {}, 10)
    assert len(pieces) == 10
    assert "".join(text for text, _ in pieces) == f"…{BLOCKS[0] * 4}{BLOCKS[-1] * 5}"


@pytest.mark.parametrize("width", [40, 80, 200])
def test_a_hostile_history_moves_no_terminal(width: int) -> None:
    text = shown(hostile(), width)
    assert not set(text) & {"\x1b", "\u202e", "\r", "\t"}


# For programs and pull requests


def test_json_has_an_object_a_nomination() -> None:
    tree = json.loads(as_json(eventful()))
    assert (tree["schema"], tree["runs"], tree["alarms"], tree["judged"]) == (1, 60, 1, 6)
    first, second = tree["nominations"]
    assert (first["runtime"], first["metric"], first["alarm"], first["machine"]) == (
        "asyncio",
        "burst_seconds_per_unit",
        True,
        False,
    )
    assert first["first"]["point"] == f"{50:016x}"
    assert first["low"] < first["effect"] < first["high"]
    assert (second["alarm"], second["machine"], second["confirm"]) == (False, True, None)


def test_json_of_a_hostile_history_is_ascii() -> None:
    text = as_json(hostile())
    assert text.isascii()
    assert NASTY in [one["runtime"] for one in json.loads(text)["nominations"]]


def test_markdown_has_a_row_a_nomination_and_commands_for_what_alarms() -> None:
    text = as_markdown(eventful())
    assert text.startswith("### outnumber history: suspected changes\n")
    rows = [line for line in text.splitlines() if line.startswith("| ")]
    assert [row.split(" | ")[0] for row in rows] == ["| runtime", "| ---", "| asyncio", "| pthread"]
    assert text.count("```sh\n") == 1
    assert "outnumber ab --runtime asyncio" in text


def test_markdown_without_a_nomination_has_no_table() -> None:
    text = as_markdown(review(burst_history(noise(40, 1), control=[0.04] * 40)))
    assert text == "### outnumber history: no alarm\n\nNo alarm in 1 figure.\n"


def test_markdown_of_hostile_names_keeps_its_cells_and_its_fences() -> None:
    text = as_markdown(hostile())
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert {row.replace(r"\|", "").count("|") for row in rows} == {7}
    blocks = text.split("```")
    assert len(blocks) == 5
    outside = "".join(blocks[::2])
    assert "<b>" not in outside
    assert "<script>" not in outside


# As figures


def test_a_chart_has_a_row_a_runtime_and_a_dot_a_night() -> None:
    made = charts.charts(eventful())
    assert [one.name for one in made] == [
        "trend-bytes-per-unit",
        "trend-leaked-bytes-per-unit",
        "trend-burst-seconds-per-unit",
        "trend-ceiling",
        "trend-control",
    ]
    burst = made[2]
    rows: Any = burst.plots[0].rows
    assert [(row.case, len(row.points)) for row in rows] == [
        ("asyncio", 60),
        ("pthread", 60),
        ("trio", 58),
    ]
    assert [len(segment) for segment in rows[0].segments] == [8, 52]
    signs = {(row.case, dot.sign) for row in rows for dot in row.points if dot.sign}
    assert signs == {("asyncio", "up"), ("pthread", "up"), ("trio", "accepted")}
    assert re.fullmatch(
        r"Burst time per unit, night by night: a change is suspected for asyncio "
        r"\(×1\.\d\d, 2026-10-21\); "
        r"with the machine: pthread \(×1\.\d\d, 2026-10-11\)\.",
        burst.title,
    )
    assert "2 runs of trio are without it" in burst.caption


def test_a_title_says_what_was_not_judged() -> None:
    made = {("asyncio", BURST): noise(4, 1), ("trio", BURST): noise(4, 2)}
    (few,) = charts.charts(review(history(made)))
    assert few.title == "Burst time per unit, night by night: no verdict yet."
    made[("asyncio", BURST)] = noise(12, 1)
    (some,) = charts.charts(review(history(made)))
    assert some.title == (
        "Burst time per unit, night by night: no change is suspected, and there is no verdict "
        "on trio."
    )
    made |= {(name, BURST): noise(4, 3) for name in ("a", "b", "c")}
    (more,) = charts.charts(review(history(made)))
    assert more.title.endswith("and there is no verdict on 4 of 5 runtimes.")


def test_one_run_without_a_figure_is_one_run() -> None:
    values = [None, *noise(3, 1)]
    (one,) = charts.charts(review(history({("asyncio", BURST): values})))
    assert "1 run of asyncio is without it" in one.caption


@pytest.mark.parametrize(
    ("minutes", "ticks", "name"),
    [
        ((0,), [], "2026-09-01, UTC"),
        ((0, 3), [], "2026-09-01, UTC"),
        ((0, 40, 270), ["03:00", "04:00", "05:00", "06:00", "07:00"], "2026-09-01, UTC"),
        ((0, 1500), ["06:00", "12:00", "18:00", "00:00"], "2026-09-01 to 2026-09-02, UTC"),
        ((0, 3000), ["2026-09-02", "2026-09-03"], None),
    ],
)
def test_the_runs_of_one_day_are_told_apart_by_the_clock(
    minutes: Sequence[int], ticks: list[str], name: str | None
) -> None:
    from matplotlib.text import Text

    made = burst_history(noise(len(minutes), 1))
    points = tuple(
        changed(point, started=(FIRST + timedelta(minutes=after)).isoformat())
        for point, after in zip(made.points, minutes, strict=True)
    )
    (one,) = charts.charts(review(replace(made, points=points)))
    figure = draw(one, LIGHT, WIDE)
    said = [artist.get_text() for artist in figure.artists if isinstance(artist, Text)]
    clock = [words for words in said if re.fullmatch(r"\d\d:\d\d|\d{4}-\d\d-\d\d", words)]
    assert clock == ticks or (not ticks and len(clock) >= 5)
    assert [words for words in said if words.endswith(", UTC")] == ([name] if name else [])


def test_the_runs_of_one_day_take_the_whole_width() -> None:
    low, high = window([1_000_000.0, 1_020_000.0])
    assert (low, high) == (1_000_000.0, 1_020_000.0)
    assert window([1_000_000.0]) == (998_200.0, 1_001_800.0)


def test_a_charts_table_has_the_values_of_every_night() -> None:
    table = charts.charts(eventful())[2].table
    assert len(table.values) == 178
    row = dict(zip(table.keys, table.values[50], strict=True))
    assert (row["runtime"], row["segment"], row["change"]) == ("asyncio", 2, "up")
    assert table.words[50][table.keys.index("commit")] == "50c0ffee00"


@pytest.mark.parametrize("made", [eventful, hostile], ids=["eventful", "hostile"])
def test_every_chart_can_be_drawn(made: object) -> None:
    for one in charts.charts(made()):  # type: ignore[operator]
        svg = embedded(draw(one, LIGHT, WIDE))
        assert svg.startswith("<svg")
        assert not set(svg) & {"\x1b", "\u202e"}


def test_a_history_of_one_night_can_be_drawn() -> None:
    (one,) = charts.charts(review(burst_history([4e-6])))
    assert embedded(draw(one, LIGHT, WIDE)).startswith("<svg")


# As a page

BLANK = "data:,"


@functools.cache
def html(name: str) -> str:
    """The page with stand-ins for its figures, whose drawing takes long."""
    from unittest import mock

    from reports.page.model import Picture

    made = eventful() if name == "eventful" else hostile()
    blank = Picture(light=BLANK, dark=BLANK, light_narrow=BLANK, dark_narrow=BLANK)
    drawn = {one.name: blank for one in charts.charts(made)}
    with mock.patch("reports.history.page.pictures", return_value=drawn):
        return rendered("trends.html.j2", page=page(made))


EACH = pytest.mark.parametrize("name", ["eventful", "hostile"])


@EACH
def test_the_page_asks_for_nothing_and_runs_nothing(name: str) -> None:
    made = Markup(html(name))
    addresses = list(made.attributes("src", "srcset", "href", "action"))
    assert [one for one in addresses if not one.startswith(("data:,", "#"))] == []
    assert made.all("script", "iframe", "object", "embed", "form", "base", "svg") == []
    for element in made.elements:
        assert [a for a in element.attributes if a == "style" or a.startswith("on")] == []
    (style,) = re.findall(r"<style>(.*?)</style>", html(name), re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"default-src 'none'; img-src data:; style-src 'sha256-{digest}'" in html(name)


@EACH
def test_headings_are_in_order_and_every_address_leads_somewhere(name: str) -> None:
    made = Markup(html(name))
    levels = [int(e.name[1]) for e in made.elements if re.fullmatch(r"h\d", e.name)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(next_ <= level + 1 for level, next_ in itertools.pairwise(levels))
    ids = [e.attributes["id"] for e in made.elements if "id" in e.attributes]
    assert len(set(ids)) == len(ids)
    links = [e.attributes["href"][1:] for e in made.all("a")]
    assert set(links) <= set(ids)


def test_the_page_tells_what_was_nominated_with_what_to_type() -> None:
    made = Markup(html("eventful"))
    assert made.one("h1").text.startswith("Suspected changes: burst time per unit of asyncio")
    dates = re.findall(r"<h1>.*</h1>", html("eventful"))[0].count('<span class="value">2026-')
    assert dates == made.one("h1").text.count("2026-") > 0  # none is broken at its hyphens
    code = [element.text for element in made.all("code")]
    assert len(code) == 3
    assert "git worktree add --detach before-code 49c0ffee" in code[0]
    assert "outnumber ab --runtime asyncio --base-python" in code[0]
    sections = [element.text for element in made.all("h2")]
    assert sections == [
        *("Suspected changes", "Trends", "Measured differently", "Accepted changes", "Notes"),
    ]


def test_hostile_names_are_text_in_the_page() -> None:
    text = html("hostile")
    assert "<b>" not in text
    assert "<script>" not in text
    assert not set(text) & {"\x1b", "\u202e"}
    assert "日本語" in text


def test_a_page_is_replaced_and_a_file_of_somebody_else_is_not(tmp_path: Path) -> None:
    made = review(burst_history(noise(12, 1)))
    path = write_page(made, tmp_path / "new")
    assert path == write_page(made, tmp_path / "new")
    (tmp_path / NAME).write_text("precious")
    with pytest.raises(UsageError, match="no page of outnumber's"):
        write_page(made, tmp_path)
    assert (tmp_path / NAME).read_text() == "precious"


def test_a_page_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match=r"cannot be written there.*--page"):
        write_page(review(burst_history(noise(12, 1))), tmp_path / "file")
