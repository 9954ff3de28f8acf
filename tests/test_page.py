"""The page as a value and as HTML: self-contained, in order, and deaf to what a result holds."""

from __future__ import annotations

import base64
import csv
import functools
import hashlib
import io
import itertools
import re
from pathlib import Path

import pytest
from msgspec.structs import replace

from bench.derive.metrics import figures
from bench.model.records import Result
from reports.digest import Digest, digest
from reports.figures.all import FIGURES
from reports.figures.all import names as figure_names
from reports.page import sheets
from reports.page.html import html
from reports.page.model import Picture, ReportPage, page
from reports.page.write import labels
from reports.tables import summary
from reports.tables.table import Titled, as_csv, as_markdown
from reports.wording import escape
from reports.wording.escape import plain
from tests.support.markup import Markup
from tests.support.odd import ODD
from tests.support.results import result, sweep
from tests.support.runs import HOSTILE, every_runtime, hostile_run, ran, run_of, runtime

HEADINGS = [entry.heading for entry in FIGURES]
PICTURE = Picture("data:,light", "data:,dark", "data:,light-narrow", "data:,dark-narrow")
OTHER = "other"


def paged(*results: Result) -> ReportPage:
    """A page of these results, without the work of drawing."""
    digests = [digest(made, figures(made)) for made in results]
    names = [OTHER, "run", "third"][: len(results)] if len(results) > 1 else ["run"]
    return page(digests, names, [dict.fromkeys(figure_names(), PICTURE)] * len(results))


def unlike(made: Result) -> Result:
    """The same on another machine with another trio."""
    machine = replace(made.machine, kernel="5.10.0", cpus=64)
    runtimes = tuple(replace(one, version="99") for one in made.cases)
    return replace(made, machine=machine, cases=runtimes)


@functools.cache
def text(name: str) -> str:
    """The HTML of a page that several tests look at."""
    return html(paged(*PAGES[name]))


@functools.cache
def markup(name: str) -> Markup:
    return Markup(text(name))


PAGES: dict[str, tuple[Result, ...]] = {
    "one result": (every_runtime(),),
    "two results": (every_runtime(), unlike(run_of("pthread", "asyncio", "trio"))),
    "the same twice": (every_runtime(), every_runtime()),
    "hostile": (hostile_run(),),
    "hostile twice": (hostile_run(), every_runtime()),
    **{name: (made,) for name, made in ODD.items()},
}
EACH = pytest.mark.parametrize("name", PAGES)


# Self-contained


@EACH
def test_the_page_asks_for_nothing_and_leads_nowhere(name: str) -> None:
    addresses = list(markup(name).attributes("src", "srcset", "href", "action", "poster", "data"))
    assert addresses
    assert [one for one in addresses if not one.startswith(("data:,", "#"))] == []
    assert "url(" not in text(name)
    assert "@import" not in text(name)


@EACH
def test_there_is_no_script_and_no_style_but_the_one_that_the_policy_names(name: str) -> None:
    made = markup(name)
    assert made.all("script", "iframe", "object", "embed", "form", "base", "svg") == []
    for element in made.elements:
        assert [a for a in element.attributes if a == "style" or a.startswith("on")] == []
    style = re.findall(r"<style>(.*?)</style>", text(name), re.DOTALL)
    digest_ = base64.b64encode(hashlib.sha256("".join(style).encode()).digest()).decode()
    (policy,) = (
        element.attributes["content"]
        for element in made.all("meta")
        if element.attributes.get("http-equiv") == "Content-Security-Policy"
    )
    assert policy.split("; ") == [
        "default-src 'none'",
        "img-src data:",
        f"style-src 'sha256-{digest_}'",
        "base-uri 'none'",
        "form-action 'none'",
    ]


@EACH
def test_the_policy_stands_before_all_that_it_rules(name: str) -> None:
    names = [element.name for element in markup(name).elements[:4]]
    assert names == ["html", "head", "meta", "meta"]
    assert markup(name).elements[3].attributes["http-equiv"] == "Content-Security-Policy"


# Readable for everybody


@EACH
def test_headings_are_in_order_and_there_is_one_of_the_first_level(name: str) -> None:
    levels = [int(e.name[1]) for e in markup(name).all("h1", "h2", "h3", "h4", "h5")]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert [pair for pair in itertools.pairwise(levels) if pair[1] > pair[0] + 1] == []


@EACH
def test_every_address_on_the_page_leads_somewhere_once(name: str) -> None:
    ids = list(markup(name).attributes("id"))
    assert len(set(ids)) == len(ids)
    wanted = {one[1:] for one in markup(name).attributes("href") if one.startswith("#")}
    assert wanted
    assert wanted <= set(ids)


@EACH
def test_every_table_has_a_caption_and_headings_with_a_scope(name: str) -> None:
    tables = markup(name).all("table")
    assert len(tables) == len(markup(name).all("caption"))
    assert all(caption.text for caption in markup(name).all("caption"))
    assert {th.attributes["scope"] for th in markup(name).all("th")} <= {"col", "row"}
    regions = [e for e in markup(name).all("div") if e.attributes.get("role") == "region"]
    assert len(regions) == len(tables)
    assert all(region.attributes["tabindex"] == "0" for region in regions)
    assert len({region.attributes["aria-label"] for region in regions}) == len(regions)


@EACH
def test_every_figure_says_in_words_what_it_shows(name: str) -> None:
    images = markup(name).all("img")
    assert len(images) == 6 * len(PAGES[name])
    assert all(len(image.attributes["alt"].split()) > 5 for image in images)


def test_the_page_has_its_landmarks_and_a_way_past_the_contents() -> None:
    made = markup("one result")
    for landmark in ("header", "nav", "main", "footer"):
        assert made.one(landmark)
    first = made.all("a")[0]
    assert (first.attributes["class"], first.attributes["href"]) == ("skip", "#main")
    assert made.one("html").attributes["lang"] == "en"


def test_each_figure_has_a_dark_and_a_narrow_drawing() -> None:
    sources = markup("one result").all("source")[:3]
    assert [source.attributes["srcset"] for source in sources] == [
        "data:,dark-narrow",
        "data:,dark",
        "data:,light-narrow",
    ]
    assert markup("one result").all("img")[0].attributes["src"] == "data:,light"
    assert [
        ("dark" in s.attributes["media"], "max-width" in s.attributes["media"]) for s in sources
    ] == [
        (True, True),
        (True, False),
        (False, True),
    ]


# What stands there


def test_one_result_is_shown_with_all_its_parts_in_their_order() -> None:
    assert [heading.text for heading in markup("one result").all("h2")] == [
        "Side by side",
        "Figures",
        "Why tasks outnumber threads",
        "Limits",
        "How it was measured",
        "Machine and versions",
        "Caveats",
        "Every value",
    ]
    headings = [heading.text for heading in markup("one result").all("h3")]
    assert headings[:6] == HEADINGS
    assert "What tasks give up" in headings


def test_the_finding_is_the_headline() -> None:
    headline = markup("one result").one("h1").text
    assert headline.startswith("One OS thread (C) takes as much memory as 31 asyncio tasks: ")


def test_the_explanation_stands_there_whole_with_its_numbers_kept_together() -> None:
    made = paged(every_runtime())
    words = markup("one result").one("main").text
    for sentence in made.views[0].explanation.sentences:
        assert sentence.text in words
    assert '<span class="value">34.8 KiB</span>' in text("one result")


def test_the_missing_is_told_below_its_figure() -> None:
    few = [
        caption.text for caption in Markup(html(paged(run_of("trio", short=1)))).all("figcaption")
    ]
    assert few[1].endswith("Missing in this run: trio: no confidence interval (1 of 6 repeats).")
    enough = [caption.text for caption in markup("one result").all("figcaption")]
    assert "Missing in this run" not in enough[1]


def test_several_results_begin_with_what_differs_between_them() -> None:
    headings = [heading.text for heading in markup("two results").all("h2")]
    assert headings == ["What differs", "Side by side", "Figures", OTHER, "run"]
    tables = [table.text for table in markup("two results").all("table")[:2]]
    assert "machine kernel 6.18.0 5.10.0" in tables[0]
    assert "version trio version unknown 99" in tables[0]
    assert f"runtime quantity {OTHER} run pthread reached 30,000 30,000" in tables[1]
    assert "gevent bytes per unit 7.95 KiB –" in tables[1]


def test_figures_of_results_at_unlike_counts_have_their_counts_beside_them() -> None:
    one = result(*(sweep((1000, 10_000), number=number) for number in range(1, 7)))
    other = result(*(sweep(number=number) for number in range(1, 7)))
    made = Markup(html(paged(one, other)))
    differing, beside = (table.text for table in made.all("table")[:2])
    assert "measuring asyncio units alive 10,000 100,000" in differing
    assert "measuring asyncio units in a burst 1,000 10,000" in differing
    assert "asyncio bytes per unit 1.00 KiB at 10,000 1.00 KiB at 100,000" in beside
    assert "asyncio burst time per unit 10.0 µs at 1,000 10.0 µs at 10,000" in beside
    assert "asyncio reached 10,000 100,000" in beside
    bylines = [one.text for one in made.all("p") if one.attributes.get("class") == "byline"]
    assert "Bytes per unit are measured with 10,000 units alive." in bylines[0]
    assert "Bytes per unit are measured with 100,000 units alive." in bylines[1]
    alike = markup("the same twice").one("main").text
    assert " at 10,000" not in alike.split("Figures")[0]
    assert "Bytes per unit are measured" not in markup("the same twice").one("header").text


def test_results_that_differ_in_nothing_are_told_to() -> None:
    words = markup("the same twice").one("main").text
    assert words.startswith(
        "What differs These machines, versions, settings and counts do not differ"
    )


def test_figures_of_several_results_stand_beside_each_other_kind_by_kind() -> None:
    alts = [image.attributes["alt"] for image in markup("the same twice").all("img")]
    assert alts[0::2] == alts[1::2]
    kinds = [h.text for h in markup("the same twice").all("h3") if h.text in HEADINGS]
    assert kinds == HEADINGS


def test_a_run_without_caveats_says_so() -> None:
    words = Markup(html(paged(every_runtime()))).one("main").text
    assert "no leak check was made" in words
    assert "This run has no caveats." not in words
    nothing = Markup(html(paged(result()))).one("main").text
    assert "This run has no caveats." in nothing


# Its own tables


def rows(titled: Titled) -> list[tuple[str, ...]]:
    return list(titled.table.words)


def digested(made: Result) -> Digest:
    return digest(made, figures(made))


def test_the_nearest_limit_is_told_with_what_lifts_it() -> None:
    limit = replace(ran("pthread")[0].limits[0], lift="sysctl -w kernel.pid_max=65536")
    made = digested(result(*ran("pthread", limits=(limit,)), sweep(runtime="asyncio")))
    assert rows(sheets.nearest(made)) == [
        (
            *("pthread", "kernel.pid_max", "the machine", "32,456", "30,000"),
            "sysctl -w kernel.pid_max=65536",
        ),
        ("asyncio", "unknown", "", "unknown", "100,000", ""),
    ]


def test_how_each_climb_ended_is_told_and_every_sweep_that_broke() -> None:
    broken = sweep(runtime="asyncio", number=3, status="failed")
    made = digested(result(*ran("asyncio"), broken))
    assert rows(sheets.endings(made)) == [
        ("asyncio", "climb", "1,000,000", "this run's cap", "its message", ""),
        ("asyncio", "repeat 3", "100,000", "runner failed", "its message", ""),
    ]


def test_what_was_doubted_is_told_with_whose_figures_it_is() -> None:
    made = replace(
        run_of("asyncio", short=1),
        warnings=("the machine was busy",),
        cases=(runtime("asyncio"), replace(runtime("trio"), reason="pip install trio")),
    )
    told = rows(sheets.caveats(digested(made)))
    assert told[0] == ("the whole run", "the machine was busy")
    assert told[1] == ("trio", "left out: pip install trio")
    assert (
        "asyncio: leaked bytes per unit; uncollected bytes per unit",
        "no leak check was made",
    ) in told


def test_where_the_bytes_were_read_is_told_once_for_all_alike() -> None:
    told = rows(sheets.sources(digested(every_runtime())))
    assert ("user", "smaps_rollup Anonymous+Swap", "all") in told
    assert len(told) == 5


def test_what_was_asked_for_and_the_machine_are_told() -> None:
    made = digested(every_runtime())
    assert ("command", "outnumber run") in rows(sheets.run(made))
    assert ("time budget", "none") in rows(sheets.run(made))
    assert ("memory", "24.0 GiB") in rows(sheets.machine(made))
    assert ("governor", "unknown") in rows(sheets.machine(made))
    assert ("limit RLIMIT_NPROC", "unlimited") in rows(sheets.machine(made))


def test_two_files_of_one_name_are_told_apart() -> None:
    paths = [Path("a/run.json"), Path("b/run.json"), Path("run (2).json"), Path("\x1b.json")]
    assert labels(paths) == ["run", "run (2)", "run (2) (2)", "result"]


# What a hostile result may not do


@pytest.mark.parametrize("name", ["hostile", "hostile twice", "hostile names"])
def test_hostile_names_are_text_in_the_page(name: str) -> None:
    words = text(name)
    assert all(character.isprintable() or character == "\n" for character in words)
    assert not re.search(r"<(?:script|img src=x|b>\$)", words)
    assert name == "hostile names" or "{{ 7*7 }}{% raw %}" in words
    assert "javascript:" not in "".join(markup(name).attributes("href", "src", "srcset"))


def test_every_hostile_name_is_shown_and_none_is_a_tag() -> None:
    whole = " ".join(markup("hostile").one("main").text.split())
    for harm in HOSTILE:
        assert " ".join(plain(harm).split()) in whole


def test_hostile_names_are_text_in_markdown() -> None:
    for titled in digested(hostile_run()).tables:
        written = as_markdown(titled.table)
        lines = written.partition("\n\n")[0].splitlines()  # without why cells are marked
        assert len(lines) == 2 + len(titled.table.words)
        assert "<" not in written
        assert all(line.startswith("| ") and line.endswith(" |") for line in lines)
        cells = {len(re.findall(r"(?<!\\)\|", line)) for line in lines}
        assert len(cells) == 1
    assert "<" not in summary.as_markdown(digested(hostile_run()).metrics)


def test_no_cell_of_a_table_is_a_formula_for_a_spreadsheet() -> None:
    made = digested(hostile_run())
    written = [as_csv(titled.table) for titled in made.tables]
    for whole in (*written, summary.as_csv(made.result, made.metrics)):
        for line in csv.reader(io.StringIO(whole)):
            for cell in line:
                assert not re.match(r"[=+@\t\r]|-(?![\d.]+(e-?\d+)?$)", cell), cell
                assert escape.plain(cell) == cell


def test_a_table_s_csv_has_raw_values_under_its_keys() -> None:
    made = digested(every_runtime()).table("comparison").table
    head, first, *_ = csv.reader(io.StringIO(as_csv(made)))
    assert head[:6] == [
        *("runtime", "reached", "stopped", "limit", "limit_at", "bytes_per_unit_total"),
    ]
    assert first[:5] == ["pthread", "30000", "this run's cap", "kernel.pid_max", "32456"]
    assert first[5] == "35683.0"


def test_a_table_s_markdown_has_its_words() -> None:
    made = digested(every_runtime()).table("comparison").table
    lines = as_markdown(made).splitlines()
    assert lines[1] == "| --- | ---: | --- | --- |" + 8 * " ---: |"
    assert lines[2].startswith("| pthread | 30,000 | this run's cap | kernel.pid_max |")
